package board

import (
	"context"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// FuellingKey is the key of a member's fuelling among the ticks of their
// channel.
const FuellingKey = 1

// Stand is a member at a nozzle.
type Stand struct {
	// Nozzle is where, Member who.
	Nozzle int
	Member id.Member
	// Sale is the delivery that was given to them; zero while they wait for
	// it. Litres and money of a delivery are shown under this id only.
	Sale id.Sale
	// Until ends the waiting; zero means no end.
	Until time.Time
}

// stand is a Stand and the last that was said of it.
type stand struct {
	Stand
	last wire.Fuelling
}

// Assign says that a member stands at a nozzle: from now on they are sent what
// it does, and the figures of their delivery, until that has ended.
// It takes the place of whoever stood there before.
func (b *Board) Assign(ctx context.Context, s Stand) error {
	return b.ask(ctx, func() { b.assign(s) })
}

// Release says that a member waits at a nozzle no more, or, told by Sale, that
// their delivery there has ended; that ends the waiting for it too. Who stands
// there by now, or another delivery, is left alone.
func (b *Board) Release(ctx context.Context, s Stand) error {
	return b.ask(ctx, func() {
		st, ok := b.stands[s.Nozzle]
		if ok && st.Member == s.Member && (st.Sale.IsZero() || st.Sale == s.Sale) {
			b.over(b.now(), st)
		}
	})
}

// Fuelling is what a member who stands at a nozzle sees, nil if they do not.
func (b *Board) Fuelling(ctx context.Context, m id.Member) (*wire.Fuelling, error) {
	var found *wire.Fuelling
	err := b.wait(ctx, func() {
		for _, st := range b.stands {
			if st.Member == m && (found == nil || !st.Sale.IsZero()) {
				f := st.last
				found = &f
			}
		}
	})
	return found, err
}

func (b *Board) assign(s Stand) {
	n, known := b.nozzles[s.Nozzle]
	if !known {
		return
	}
	at := b.now()
	if old, ok := b.stands[s.Nozzle]; ok && old.Member != s.Member {
		b.over(at, old)
	}
	b.stands[s.Nozzle] = stand{Stand: s}
	b.accompany(at, n, time.Time{})
}

// accompany sends the member who stands at a nozzle what it does.
func (b *Board) accompany(at time.Time, n wire.Nozzle, seenAt time.Time) {
	st, ok := b.stands[n.Number]
	if !ok {
		return
	}
	own := !st.Sale.IsZero() && n.Sale == st.Sale
	begun := !st.last.Sale.IsZero()
	if !own && !st.Sale.IsZero() && (begun || !n.Sale.IsZero()) {
		// The dispenser is past it.
		b.over(at, st)
		return
	}
	f := wire.Fuelling{
		Station: b.station, Nozzle: n.Number, Grade: n.Grade, State: n.State, Price: n.Price, SeenAt: st.last.SeenAt,
	}
	if !seenAt.IsZero() {
		f.SeenAt = seenAt
	}
	if own {
		f.Sale, f.Volume, f.Amount = n.Sale, n.Volume, n.Amount
	}
	st.last = f
	if own && complete(n.State) {
		b.over(at, st)
		return
	}
	b.stands[n.Number] = st
	b.fuelling(at, st)
}

// complete reports whether no more fuel will run in the delivery in hand.
func complete(s wire.NozzleState) bool {
	return s == wire.NozzleFinished || s == wire.NozzleIdle || s == wire.NozzleClosed
}

// over ends a stand and says so, with the last figures.
func (b *Board) over(at time.Time, st stand) {
	delete(b.stands, st.Nozzle)
	st.last.Over = true
	b.fuelling(at, st)
}

// leave ends the stands at nozzles that were taken away.
func (b *Board) leave(at time.Time) {
	for number, st := range b.stands {
		if _, stays := b.nozzles[number]; !stays {
			b.over(at, st)
		}
	}
}

// tire ends the stands of members who have waited long enough.
func (b *Board) tire(now time.Time) {
	for _, st := range b.stands {
		if st.Sale.IsZero() && !st.Until.IsZero() && !now.Before(st.Until) {
			b.over(now, st)
		}
	}
}

// fuelling sends a member the last of their stand. The channel's epoch and
// numbers are the outbox's, so the tick carries none.
func (b *Board) fuelling(at time.Time, st stand) {
	b.sink.Tick(FuellingKey, wire.Frame{K: wire.KindFuelling, Ch: wire.DriverOf(st.Member), At: at, D: wire.Body(st.last)})
}
