package desk

import (
	"errors"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// mirrors are the folded channels of the station, with the list of sales kept
// until something changes: every drawing asks for it several times.
type mirrors struct {
	forecourt *mirror.Forecourt
	desk      *mirror.Desk
	post      *mirror.Post // takes the desk's place for an attendant; nil for others
	list      []wire.Sale
	listed    bool
}

func newMirrors() *mirrors {
	return &mirrors{forecourt: mirror.NewForecourt(), desk: mirror.NewDesk()}
}

// newPostMirrors are those of an attendant: the live pumps, and of what is sold
// only what is sold at their own nozzles.
func newPostMirrors() *mirrors {
	m := newMirrors()
	m.post = mirror.NewPost()
	return m
}

// apply folds a frame into the mirror it belongs to.
func (m *mirrors) apply(f wire.Frame) error {
	_, err := m.forecourt.Apply(f)
	m.listed = false
	if m.post != nil {
		_, postErr := m.post.Apply(f)
		return errors.Join(err, postErr)
	}
	_, deskErr := m.desk.Apply(f)
	return errors.Join(err, deskErr)
}

func (m *mirrors) pumpsReady() bool { return m.forecourt.Started() }

func (m *mirrors) deskReady() bool {
	if m.post != nil {
		return m.post.Started()
	}
	return m.desk.Started()
}

func (m *mirrors) nozzles() []wire.Nozzle           { return m.forecourt.Nozzles() }
func (m *mirrors) nozzle(n int) (wire.Nozzle, bool) { return m.forecourt.Nozzle(n) }
func (m *mirrors) proofs() []wire.NozzleProof       { return m.desk.Proofs() }
func (m *mirrors) roster() wire.Roster              { return m.desk.Roster() }

func (m *mirrors) sale(s id.Sale) (wire.Sale, bool) {
	if m.post != nil {
		r, ok := m.post.Refuel(s)
		return saleOf(r), ok
	}
	return m.desk.Sale(s)
}

func (m *mirrors) prices() wire.PriceBoard {
	if m.post != nil {
		return m.post.Prices()
	}
	return m.desk.Prices()
}

// sales lists every known sale: those that wait for a hand, oldest first,
// then the settled ones. The list belongs to the mirror.
func (m *mirrors) sales() []wire.Sale {
	switch {
	case m.listed:
	case m.post != nil:
		m.list, m.listed = salesOf(m.post.Refuels()), true
	default:
		m.list, m.listed = m.desk.Sales(), true
	}
	return m.list
}

// saleOf draws a delivery as the sale it is, without what an attendant does not
// know: who paid how, and the totalizer.
func saleOf(r wire.Refuel) wire.Sale {
	sale := wire.Sale{
		ID: r.Sale, Number: r.Number, Nozzle: r.Nozzle, Grade: r.Grade, State: r.State,
		Volume: r.Volume, Amount: r.Amount, Price: r.Price, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
	}
	switch r.State {
	case wire.SaleUnpaid:
		sale.Due = r.Amount
	case wire.SaleMissing:
		sale.After = r.Volume // what moved is all there is to say
	}
	return sale
}

func salesOf(refuels []wire.Refuel) []wire.Sale {
	out := make([]wire.Sale, 0, len(refuels))
	for _, r := range refuels {
		out = append(out, saleOf(r))
	}
	return out
}
