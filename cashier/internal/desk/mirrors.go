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
	list      []wire.Sale
	listed    bool
}

func newMirrors() *mirrors {
	return &mirrors{forecourt: mirror.NewForecourt(), desk: mirror.NewDesk()}
}

// apply folds a frame into the mirror it belongs to.
func (m *mirrors) apply(f wire.Frame) error {
	_, err := m.forecourt.Apply(f)
	_, deskErr := m.desk.Apply(f)
	m.listed = false
	return errors.Join(err, deskErr)
}

func (m *mirrors) pumpsReady() bool { return m.forecourt.Started() }
func (m *mirrors) deskReady() bool  { return m.desk.Started() }

func (m *mirrors) nozzles() []wire.Nozzle           { return m.forecourt.Nozzles() }
func (m *mirrors) nozzle(n int) (wire.Nozzle, bool) { return m.forecourt.Nozzle(n) }
func (m *mirrors) sale(s id.Sale) (wire.Sale, bool) { return m.desk.Sale(s) }
func (m *mirrors) prices() wire.PriceBoard          { return m.desk.Prices() }
func (m *mirrors) proofs() []wire.NozzleProof       { return m.desk.Proofs() }

// sales lists every known sale: those that wait for a hand, oldest first,
// then the settled ones. The list belongs to the mirror.
func (m *mirrors) sales() []wire.Sale {
	if !m.listed {
		m.list, m.listed = m.desk.Sales(), true
	}
	return m.list
}
