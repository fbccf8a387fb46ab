package mirror

import (
	"bytes"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Desk is what a till works on: the fold of channel desk/ID. It holds every
// sale that waits for a hand and the newest wire.MaxSettledInSnap others.
type Desk struct {
	place
	station string
	sales   map[id.Sale]wire.Sale
	prices  wire.PriceBoard
	proofs  map[int]wire.NozzleProof
	roster  wire.Roster
}

// NewDesk makes an empty Desk that waits for its first snapshot.
func NewDesk() *Desk {
	return &Desk{sales: map[id.Sale]wire.Sale{}, proofs: map[int]wire.NozzleProof{}}
}

// Waiting reports whether a sale in this state waits for a hand. A state that
// a newer hub invented does not: the list of those that do must not grow for
// want of understanding.
func Waiting(s wire.SaleState) bool {
	switch s {
	case wire.SaleOpen, wire.SaleUnpaid, wire.SaleQuarantined, wire.SaleMissing:
		return true
	}
	return false
}

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Desk) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "desk") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindSale:
		return event(&m.place, f, m.sale)
	case wire.KindPrices:
		return event(&m.place, f, m.setPrices)
	case wire.KindProof:
		return event(&m.place, f, m.proof)
	case wire.KindRoster:
		return event(&m.place, f, m.setRoster)
	}
	return Change{}, m.unknown(f)
}

// event reads the body of the next event and folds it.
func event[B any](p *place, f wire.Frame, fold func(B) Change) (Change, error) {
	next, err := p.follows(f)
	if err != nil || !next {
		return Change{}, err
	}
	body, err := wire.Read[B](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: %s: %w", f.K, err)
	}
	p.seq = f.Seq
	return fold(body), nil
}

func (m *Desk) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.DeskSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: desk snapshot: %w", err)
	}
	m.begin(f)
	m.station, m.prices, m.roster = snap.Station, snap.Prices, snap.Roster
	clear(m.sales)
	for _, s := range snap.Sales {
		m.sales[s.ID] = s
	}
	clear(m.proofs)
	for _, p := range snap.Proofs {
		m.proofs[p.Nozzle] = p
	}
	m.evict()
	return Change{All: true}, nil
}

func (m *Desk) sale(s wire.Sale) Change {
	m.sales[s.ID] = s
	return salesChanged(s.ID, m.evict())
}

// evict forgets the oldest settled sales beyond the bound.
func (m *Desk) evict() []id.Sale {
	return evictSettled(m.sales, func(s wire.Sale) wire.SaleState { return s.State })
}

func (m *Desk) setPrices(p wire.PriceBoard) Change {
	m.prices = p
	return Change{Prices: true}
}

func (m *Desk) proof(p wire.NozzleProof) Change {
	m.proofs[p.Nozzle] = p
	return Change{Proofs: []int{p.Nozzle}}
}

func (m *Desk) setRoster(r wire.Roster) Change {
	m.roster = r
	return Change{Roster: true}
}

// olderID orders sales by age: ids rise with the time of making.
func olderID(a, b id.Sale) int { return bytes.Compare(a[:], b[:]) }

// Station is the name over the door.
func (m *Desk) Station() string { return m.station }

// Sales lists the sales that wait for a hand, oldest first, then the settled
// ones, oldest first.
func (m *Desk) Sales() []wire.Sale {
	list := make([]wire.Sale, 0, len(m.sales))
	for _, s := range m.sales {
		list = append(list, copied(s))
	}
	slices.SortFunc(list, func(a, b wire.Sale) int {
		if wa, wb := Waiting(a.State), Waiting(b.State); wa != wb {
			if wa {
				return -1
			}
			return 1
		}
		return olderID(a.ID, b.ID)
	})
	return list
}

// Sale is one sale; false if it is not held.
func (m *Desk) Sale(sale id.Sale) (wire.Sale, bool) {
	s, ok := m.sales[sale]
	return copied(s), ok
}

// copied shares nothing with the mirror's own sale.
func copied(s wire.Sale) wire.Sale {
	s.Reasons = slices.Clone(s.Reasons)
	if s.Payment != nil {
		payment := *s.Payment
		s.Payment = &payment
	}
	return s
}

// Prices is the price board.
func (m *Desk) Prices() wire.PriceBoard { return copiedPrices(m.prices) }

// Proofs lists the totalizer proofs by nozzle number.
func (m *Desk) Proofs() []wire.NozzleProof { return sorted(m.proofs) }

// Roster is who is responsible for which nozzles.
func (m *Desk) Roster() wire.Roster {
	posts := slices.Clone(m.roster.Posts)
	for i := range posts {
		posts[i] = copiedPost(posts[i])
	}
	return wire.Roster{Posts: posts}
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Desk) Snap() wire.DeskSnap {
	return wire.DeskSnap{Station: m.station, Sales: m.Sales(), Prices: m.Prices(), Proofs: m.Proofs(), Roster: m.Roster()}
}
