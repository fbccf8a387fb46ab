package board

import (
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
	counted counted
	spells  spells
}

func newPublic(of id.Station, nozzles []wire.Nozzle) public {
	p := public{
		channel: wire.PublicStation(of), pumps: make(map[int]wire.Pump, len(nozzles)),
		tariff: wire.Tariff{Prices: []wire.GradePrice{}}, spells: spells{},
	}
	for _, n := range nozzles {
		p.pumps[n.Number] = pumpOf(n, n.Since)
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

// pumpOf is a nozzle as the public sees it. What one shows that does not answer
// is not known.
func pumpOf(n wire.Nozzle, since time.Time) wire.Pump {
	p := wire.Pump{Number: n.Number, Grade: n.Grade, State: publicState(n), Since: since, Price: n.Price}
	if n.State == wire.NozzleOffline {
		p.Price = 0
	}
	return p
}

// show tells the public of a nozzle, if what they see of it has changed.
func (b *Board) show(at time.Time, n wire.Nozzle) {
	old, known := b.public.pumps[n.Number]
	p := pumpOf(n, old.Since)
	if known && p == old {
		return
	}
	if !known || p.State != old.State {
		p.Since = at
	}
	if known && old.State == wire.PumpBusy && p.State == wire.PumpFree && p.Grade == old.Grade {
		b.public.spells.add(p.Grade, at.Sub(old.Since))
	}
	b.public.pumps[n.Number] = p
	b.tell(at, wire.KindPump, p)
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
		snap = b.public.snap()
		at = wire.Position{Ch: b.public.channel, Ep: b.epoch, Seq: b.public.seq}
	})
	return snap, at, err
}

// View is what every driver may see, and when pumpd last spoke: zero while it
// is away.
func (b *Board) View(ctx context.Context) (wire.StationSnap, time.Time, error) {
	var snap wire.StationSnap
	var seen time.Time
	err := b.wait(ctx, func() { snap, seen = b.public.snap(), b.seenAt })
	return snap, seen, err
}

func (p public) snap() wire.StationSnap {
	return wire.StationSnap{Pumps: p.all(), Tariff: p.tariff, Queue: p.queue}
}
