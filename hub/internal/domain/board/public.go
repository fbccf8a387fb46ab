package board

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// public is what every driver may see of the station, and how far its stream
// has got. The owner's, as all of the board.
type public struct {
	channel wire.Channel
	seq     uint64
	pumps   map[int]wire.Pump
	tariff  wire.Tariff
	queue   wire.Queue // as last sent
}

func newPublic(of id.Station, nozzles []wire.Nozzle) public {
	p := public{
		channel: wire.PublicStation(of), pumps: make(map[int]wire.Pump, len(nozzles)),
		tariff: wire.Tariff{Prices: []wire.GradePrice{}},
	}
	for _, n := range nozzles {
		p.pumps[n.Number] = wire.Pump{Number: n.Number, Grade: n.Grade, State: publicState(n), Since: n.Since}
	}
	p.queue = p.count()
	return p
}

// without is the public's view of the nozzles that are left, in a new life of
// its stream. Its queue is to be sent, so that the stream learns of that.
func (p public) without(left map[int]wire.Nozzle) public {
	maps.DeleteFunc(p.pumps, func(number int, _ wire.Pump) bool {
		_, stays := left[number]
		return !stays
	})
	p.seq, p.queue = 0, wire.Queue{}
	return p
}

// publicState is what a driver needs to know of a nozzle: whether to drive up
// to it. A finished delivery still has its car in front of the nozzle.
func publicState(n wire.Nozzle) wire.PumpState {
	if n.Mode == wire.ModeClosed || n.Hold != wire.HoldNone {
		return wire.PumpOff
	}
	switch n.State {
	case wire.NozzleIdle:
		return wire.PumpFree
	case wire.NozzleCalling, wire.NozzleAuthorized, wire.NozzleFuelling, wire.NozzlePaused, wire.NozzleFinished:
		return wire.PumpBusy
	}
	return wire.PumpOff
}

// show tells the public of a nozzle, if what they see of it has changed.
func (b *Board) show(at time.Time, n wire.Nozzle) {
	old, known := b.public.pumps[n.Number]
	p := wire.Pump{Number: n.Number, Grade: n.Grade, State: publicState(n), Since: old.Since}
	if known && p == old {
		return
	}
	if !known || p.State != old.State {
		p.Since = at
	}
	b.public.pumps[n.Number] = p
	b.tell(at, wire.KindPump, p)
}

// recount tells the public how busy it is, if that has changed.
func (b *Board) recount(at time.Time) {
	queue := b.public.count()
	if slices.Equal(queue.Grades, b.public.queue.Grades) && b.public.queue.Grades != nil {
		return
	}
	b.public.queue = queue
	b.tell(at, wire.KindQueue, queue)
}

// count counts the nozzles of each grade by state, the grades in the order of
// the nozzles.
func (p public) count() wire.Queue {
	grades := []wire.GradeQueue{}
	for _, pump := range p.all() {
		i := slices.IndexFunc(grades, func(g wire.GradeQueue) bool { return g.Grade == pump.Grade })
		if i < 0 {
			i = len(grades)
			grades = append(grades, wire.GradeQueue{Grade: pump.Grade})
		}
		switch pump.State {
		case wire.PumpFree:
			grades[i].Free++
		case wire.PumpBusy:
			grades[i].Busy++
		default:
			grades[i].Off++
		}
	}
	return wire.Queue{Grades: grades}
}

// all is every pump, by number.
func (p public) all() []wire.Pump {
	return slices.SortedFunc(maps.Values(p.pumps), func(x, y wire.Pump) int { return cmp.Compare(x.Number, y.Number) })
}

// tell numbers an event of the public's stream.
func (b *Board) tell(at time.Time, k wire.Kind, body any) {
	b.public.seq++
	b.sink.Event(wire.Frame{K: k, Ch: b.public.channel, Ep: b.epoch, Seq: b.public.seq, At: at, D: wire.Body(body)})
}

// Tariff takes the prices in force as drivers see them.
func (b *Board) Tariff(ctx context.Context, t wire.Tariff) error {
	return b.ask(ctx, func() {
		t.Prices = append([]wire.GradePrice{}, t.Prices...)
		old := b.public.tariff
		if !t.Since.Equal(old.Since) || !slices.Equal(t.Prices, old.Prices) {
			b.public.tariff = t
			b.tell(b.now(), wire.KindTariff, t)
		}
	})
}

// PublicSnapshot is what every driver may see and the position it is true at.
// The station's name is for whoever knows it to fill in.
func (b *Board) PublicSnapshot(ctx context.Context) (wire.StationSnap, wire.Position, error) {
	var snap wire.StationSnap
	var at wire.Position
	err := b.wait(ctx, func() {
		p := b.public
		snap = wire.StationSnap{Pumps: p.all(), Tariff: p.tariff, Queue: p.queue}
		at = wire.Position{Ch: p.channel, Ep: b.epoch, Seq: p.seq}
	})
	return snap, at, err
}
