package mirror

import (
	"errors"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrSnapshot says that an event was folded, but that what follows from it is
// only in a snapshot: what waits at the nozzles of a new post.
var ErrSnapshot = errors.New("mirror: a snapshot is needed for what this event began")

// Post is what an attendant's till works on: the fold of channel post/STAFF.
// It holds every delivery at their nozzles that waits for a hand and the newest
// wire.MaxSettledInSnap others, and nothing of any other nozzle: a delivery at
// a nozzle that is not theirs is not kept, whoever sent it.
type Post struct {
	place
	station string
	post    wire.Post
	refuels map[id.Sale]wire.Refuel
	prices  wire.PriceBoard
}

// NewPost makes an empty Post that waits for its first snapshot.
func NewPost() *Post { return &Post{refuels: map[id.Sale]wire.Refuel{}} }

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
// After wire.KindPost it answers ErrSnapshot: the post is the new one, what was
// held of nozzles that are no longer theirs is gone, and what waits at the new
// ones comes with the snapshot.
func (m *Post) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "post") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindRefuel:
		return event(&m.place, f, m.setRefuel)
	case wire.KindPrices:
		return event(&m.place, f, m.setPrices)
	case wire.KindPost:
		return m.setPost(f)
	case wire.KindSkip:
		return Change{}, m.skip(f)
	}
	return Change{}, m.unknown(f)
}

func (m *Post) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.PostSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: post snapshot: %w", err)
	}
	m.begin(f)
	m.station, m.post, m.prices = snap.Station, snap.Post, snap.Prices
	clear(m.refuels)
	for _, r := range snap.Refuels {
		m.keep(r)
	}
	m.evict()
	return Change{All: true}, nil
}

// keep holds a delivery if it is at one of their nozzles.
func (m *Post) keep(r wire.Refuel) bool {
	if !m.Has(r.Nozzle) {
		return false
	}
	m.refuels[r.Sale] = r
	return true
}

func (m *Post) setRefuel(r wire.Refuel) Change {
	if !m.keep(r) {
		return Change{}
	}
	return salesChanged(r.Sale, m.evict())
}

// evict forgets the oldest settled deliveries beyond the bound.
func (m *Post) evict() []id.Sale {
	return evictSettled(m.refuels, func(r wire.Refuel) wire.SaleState { return r.State })
}

func (m *Post) setPrices(p wire.PriceBoard) Change {
	m.prices = p
	return Change{Prices: true}
}

func (m *Post) setPost(f wire.Frame) (Change, error) {
	change, err := event(&m.place, f, func(p wire.Post) Change {
		m.post = p
		return Change{Post: true}
	})
	if err != nil || !change.Post {
		return change, err
	}
	for sale, r := range m.refuels {
		if !m.Has(r.Nozzle) {
			delete(m.refuels, sale)
		}
	}
	return change, ErrSnapshot
}

// skip steps over something that is not theirs.
func (m *Post) skip(f wire.Frame) error {
	next, err := m.follows(f)
	if next {
		m.seq = f.Seq
	}
	return err
}

// Station is the name over the door.
func (m *Post) Station() string { return m.station }

// Post is what they are responsible for.
func (m *Post) Post() wire.Post { return copiedPost(m.post) }

// Has reports whether a nozzle is theirs.
func (m *Post) Has(nozzle int) bool { return slices.Contains(m.post.Nozzles, nozzle) }

// Refuels lists the deliveries that wait for a hand, oldest first, then the
// settled ones, oldest first.
func (m *Post) Refuels() []wire.Refuel {
	list := make([]wire.Refuel, 0, len(m.refuels))
	for _, r := range m.refuels {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b wire.Refuel) int {
		if wa, wb := Waiting(a.State), Waiting(b.State); wa != wb {
			if wa {
				return -1
			}
			return 1
		}
		return olderID(a.Sale, b.Sale)
	})
	return list
}

// Refuel is one delivery; false if it is not held.
func (m *Post) Refuel(sale id.Sale) (wire.Refuel, bool) {
	r, ok := m.refuels[sale]
	return r, ok
}

// Prices is the price board.
func (m *Post) Prices() wire.PriceBoard { return copiedPrices(m.prices) }

// Snap is the state as a snapshot of the channel would give it.
func (m *Post) Snap() wire.PostSnap {
	return wire.PostSnap{Station: m.station, Post: m.Post(), Refuels: m.Refuels(), Prices: m.Prices()}
}

// copiedPost and copiedPrices share nothing with the mirror's own.
func copiedPost(p wire.Post) wire.Post {
	p.Nozzles = slices.Clone(p.Nozzles)
	return p
}

func copiedPrices(p wire.PriceBoard) wire.PriceBoard {
	p.Prices, p.Nozzles = slices.Clone(p.Prices), slices.Clone(p.Nozzles)
	return p
}
