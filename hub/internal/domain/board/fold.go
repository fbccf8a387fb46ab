package board

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"forecourt/hub/internal/domain/station"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// fresh is a nozzle that nothing was heard of yet.
func fresh(n station.Nozzle, at time.Time) wire.Nozzle {
	return wire.Nozzle{
		Number:    n.Number,
		Dispenser: n.Dispenser,
		Grade:     n.Grade,
		Mode:      n.Mode,
		Hold:      n.Hold,
		State:     wire.NozzleOffline,
		Since:     at,
	}
}

// report folds a status in.
func (b *Board) report(at time.Time, s wire.Status) {
	b.seenAt, b.unacked = at, max(0, s.OldestUnackedMS)
	for _, heard := range s.Nozzles {
		old, known := b.nozzles[heard.Nozzle]
		if !known || !believable(heard) {
			b.ignored++
			continue
		}
		b.put(at, old, merged(old, heard, at), heard.SeenAt)
	}
	b.recount(at)
}

// deviceAway takes every nozzle offline.
func (b *Board) deviceAway() {
	b.seenAt, b.unacked = time.Time{}, 0
	at := b.now()
	for _, old := range b.all() {
		gone := old
		gone.State, gone.Fault = wire.NozzleOffline, ""
		if old.State != gone.State {
			gone.Since = at
		}
		b.put(at, old, gone, time.Time{})
	}
	b.recount(at)
}

// configure takes the station's word on its nozzles.
func (b *Board) configure(nozzles []station.Nozzle) {
	at := b.now()
	asked := make(map[int]station.Nozzle, len(nozzles))
	for _, n := range nozzles {
		asked[n.Number] = n
	}
	before := len(b.nozzles)
	maps.DeleteFunc(b.nozzles, func(number int, _ wire.Nozzle) bool {
		_, stays := asked[number]
		return !stays
	})
	maps.DeleteFunc(b.odd, func(number int, _ odd) bool {
		_, stays := b.nozzles[number]
		return !stays
	})
	if len(b.nozzles) < before {
		b.epoch, b.seq = b.epochs(), 0
		b.beat() // the stream learns of its new epoch at once
		b.public = b.public.without(b.nozzles)
		b.leave(at)
	}
	for _, number := range slices.Sorted(maps.Keys(asked)) {
		n := asked[number]
		old, known := b.nozzles[number]
		if !known {
			b.event(at, fresh(n, at))
			continue
		}
		changed := old
		changed.Dispenser, changed.Grade, changed.Mode, changed.Hold = n.Dispenser, n.Grade, n.Mode, n.Hold
		b.put(at, old, changed, time.Time{})
	}
	b.recount(at)
}

// merged is a nozzle after a status entry.
func merged(old wire.Nozzle, heard wire.NozzleStatus, at time.Time) wire.Nozzle {
	n := old
	n.State = heard.State
	n.Sale = heard.Sale
	n.Volume, n.Amount, n.Price = heard.Volume, heard.Amount, heard.Price
	n.Preset = heard.Preset
	n.Totalizer = heard.Totalizer
	n.Fault = heard.Fault
	if n.State != old.State {
		n.Since = at
	}
	return n
}

// put keeps a nozzle's new state and sends what is new of it: an event, a
// tick, or nothing. seenAt is when the dispenser told it.
func (b *Board) put(at time.Time, old, changed wire.Nozzle, seenAt time.Time) {
	if changed == old {
		return
	}
	still := changed
	still.Volume, still.Amount = old.Volume, old.Amount
	if still != old {
		b.event(at, changed)
	} else {
		b.nozzles[changed.Number] = changed
		b.sink.Tick(changed.Number, b.frame(wire.KindReading, at, wire.Reading{
			Number: changed.Number, Volume: changed.Volume, Amount: changed.Amount, SeenAt: seenAt,
		}))
	}
	b.accompany(at, changed, seenAt)
}

// event keeps a nozzle's new state and numbers it.
func (b *Board) event(at time.Time, n wire.Nozzle) {
	b.nozzles[n.Number] = n
	b.seq++
	b.sink.Event(b.frame(wire.KindNozzle, at, n))
	b.show(at, n)
}

// beat sends the hub's clock.
func (b *Board) beat() {
	now := b.now()
	b.tire(now)
	b.forgetCount(now)
	b.comparePrices(now)
	b.tick(now)
}

// tick tells the tills the hub's clock and what goes with it.
func (b *Board) tick(now time.Time) {
	b.sink.Tick(BeatKey, b.frame(wire.KindBeat, now, wire.Beat{
		Now: now, DeviceSeenAt: b.seenAt, OldestUnackedMS: b.unacked,
		Waiting: b.public.counted.waiting, CountedAt: b.public.counted.at,
	}))
}

// frame is a frame at the board's position.
func (b *Board) frame(k wire.Kind, at time.Time, body any) wire.Frame {
	return wire.Frame{K: k, Ch: b.channel, Ep: b.epoch, Seq: b.seq, At: at, D: wire.Body(body)}
}

// all is every nozzle, by number.
func (b *Board) all() []wire.Nozzle {
	return slices.SortedFunc(maps.Values(b.nozzles), func(x, y wire.Nozzle) int {
		return cmp.Compare(x.Number, y.Number)
	})
}

// maxFaultText bounds the word a technician reads; longer ones come from no
// driver of ours.
const maxFaultText = 200

// believable reports whether a status entry can be shown.
func believable(s wire.NozzleStatus) bool {
	return knownState(s.State) && len(s.Fault) <= maxFaultText &&
		shown(s.Volume) && shown(s.Amount) && shown(s.Price) && shown(s.Totalizer) &&
		shown(s.Preset.Money) && shown(s.Preset.Volume)
}

// shown reports whether a display can carry the figure.
func shown[Q unit.Quantity](q Q) bool { return q >= 0 && unit.InRange(q) }

// knownState reports whether a screen knows how to draw the state.
func knownState(s wire.NozzleState) bool {
	switch s {
	case wire.NozzleOffline, wire.NozzleFault, wire.NozzleClosed, wire.NozzleIdle, wire.NozzleCalling,
		wire.NozzleAuthorized, wire.NozzleFuelling, wire.NozzlePaused, wire.NozzleStopped, wire.NozzleFinished:
		return true
	}
	return false
}
