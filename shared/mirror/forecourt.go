package mirror

import (
	"fmt"

	"forecourt/shared/wire"
)

// Forecourt is the live pumps of a station: the fold of channel forecourt/ID.
type Forecourt struct {
	place
	nozzles map[int]tile
	beat    wire.Beat
	beatSeq uint64
}

// tile is one nozzle and the last event that touched it.
type tile struct {
	wire.Nozzle
	seq uint64
}

// NewForecourt makes an empty Forecourt that waits for its first snapshot.
func NewForecourt() *Forecourt { return &Forecourt{nozzles: map[int]tile{}} }

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Forecourt) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "forecourt") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindNozzle:
		return m.nozzle(f)
	case wire.KindReading:
		return m.reading(f)
	case wire.KindBeat:
		return m.tickOfClock(f)
	}
	return Change{}, m.unknown(f)
}

func (m *Forecourt) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.ForecourtSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: forecourt snapshot: %w", err)
	}
	m.begin(f)
	m.beatSeq = f.Seq
	clear(m.nozzles)
	for _, n := range snap.Nozzles {
		m.nozzles[n.Number] = tile{n, f.Seq}
	}
	return Change{All: true}, nil
}

func (m *Forecourt) nozzle(f wire.Frame) (Change, error) {
	next, err := m.follows(f)
	if err != nil || !next {
		return Change{}, err
	}
	n, err := wire.Read[wire.Nozzle](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: nozzle: %w", err)
	}
	m.seq = f.Seq
	m.nozzles[n.Number] = tile{n, f.Seq}
	return Change{Nozzles: []int{n.Number}}, nil
}

// reading takes running figures, unless they were made before the last event
// of the nozzle: that event's figures are newer.
func (m *Forecourt) reading(f wire.Frame) (Change, error) {
	r, err := wire.Read[wire.Reading](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: reading: %w", err)
	}
	t, known := m.nozzles[r.Number]
	if !known || f.Seq < t.seq || (t.Volume == r.Volume && t.Amount == r.Amount) {
		return Change{}, nil
	}
	t.Volume, t.Amount = r.Volume, r.Amount
	m.nozzles[r.Number] = t
	return Change{Nozzles: []int{r.Number}}, nil
}

func (m *Forecourt) tickOfClock(f wire.Frame) (Change, error) {
	b, err := wire.Read[wire.Beat](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: beat: %w", err)
	}
	if f.Seq < m.beatSeq || !m.Started() {
		return Change{}, nil
	}
	m.beat, m.beatSeq = b, f.Seq
	return Change{Beat: true}, nil
}

// Nozzles lists every nozzle by number.
func (m *Forecourt) Nozzles() []wire.Nozzle {
	tiles := sorted(m.nozzles)
	list := make([]wire.Nozzle, len(tiles))
	for i, t := range tiles {
		list[i] = t.Nozzle
	}
	return list
}

// Nozzle is one nozzle by its number; false if there is none.
func (m *Forecourt) Nozzle(number int) (wire.Nozzle, bool) {
	t, ok := m.nozzles[number]
	return t.Nozzle, ok
}

// Beat is the last tick of the hub's clock; the zero Beat before the first.
func (m *Forecourt) Beat() wire.Beat { return m.beat }

// Snap is the state as a snapshot of the channel would give it.
func (m *Forecourt) Snap() wire.ForecourtSnap { return wire.ForecourtSnap{Nozzles: m.Nozzles()} }
