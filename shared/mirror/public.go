package mirror

import (
	"fmt"
	"slices"

	"forecourt/shared/wire"
)

// Public is what any driver may see of a station: the fold of channel
// station/ID.
type Public struct {
	place
	station string
	pumps   map[int]wire.Pump
	tariff  wire.Tariff
	queue   wire.Queue
}

// NewPublic makes an empty Public that waits for its first snapshot.
func NewPublic() *Public { return &Public{pumps: map[int]wire.Pump{}} }

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Public) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "station") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindPump:
		return event(&m.place, f, m.pump)
	case wire.KindTariff:
		return event(&m.place, f, m.setTariff)
	case wire.KindQueue:
		return event(&m.place, f, m.setQueue)
	}
	return Change{}, m.unknown(f)
}

func (m *Public) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.StationSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: station snapshot: %w", err)
	}
	m.begin(f)
	m.station, m.tariff, m.queue = snap.Station, snap.Tariff, snap.Queue
	clear(m.pumps)
	for _, p := range snap.Pumps {
		m.pumps[p.Number] = p
	}
	return Change{All: true}, nil
}

func (m *Public) pump(p wire.Pump) Change {
	m.pumps[p.Number] = p
	return Change{Pumps: []int{p.Number}}
}

func (m *Public) setTariff(t wire.Tariff) Change {
	m.tariff = t
	return Change{Tariff: true}
}

func (m *Public) setQueue(q wire.Queue) Change {
	m.queue = q
	return Change{Queue: true}
}

// Station is the name over the door.
func (m *Public) Station() string { return m.station }

// Pumps lists every pump by number.
func (m *Public) Pumps() []wire.Pump { return sorted(m.pumps) }

// Tariff is the prices in force.
func (m *Public) Tariff() wire.Tariff {
	t := m.tariff
	t.Prices = slices.Clone(t.Prices)
	return t
}

// Queue is how busy the forecourt is.
func (m *Public) Queue() wire.Queue {
	q := m.queue
	q.Grades = slices.Clone(q.Grades)
	return q
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Public) Snap() wire.StationSnap {
	return wire.StationSnap{Station: m.station, Pumps: m.Pumps(), Tariff: m.Tariff(), Queue: m.Queue()}
}
