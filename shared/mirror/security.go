package mirror

import (
	"bytes"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Security is the alerts of a station that nobody has taken note of: the fold
// of channel security/ID. It holds at most wire.MaxAlertsInSnap, the newest;
// when one of these has been noted, an older one that had to go does not come
// back by itself.
type Security struct {
	place
	alerts map[id.Alert]wire.Alert
}

// NewSecurity makes an empty Security that waits for its first snapshot.
func NewSecurity() *Security { return &Security{alerts: map[id.Alert]wire.Alert{}} }

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Security) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "security") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindAlert:
		return event(&m.place, f, m.setAlert)
	}
	return Change{}, m.unknown(f)
}

func (m *Security) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.SecuritySnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: security snapshot: %w", err)
	}
	m.begin(f)
	clear(m.alerts)
	for _, a := range snap.Alerts {
		m.keep(a)
	}
	m.evict()
	return Change{All: true}, nil
}

// keep holds an alert until somebody has taken note of it.
func (m *Security) keep(a wire.Alert) {
	if a.SeenAt.IsZero() {
		m.alerts[a.ID] = a
	} else {
		delete(m.alerts, a.ID)
	}
}

func (m *Security) setAlert(a wire.Alert) Change {
	m.keep(a)
	changed := []id.Alert{a.ID}
	for _, gone := range m.evict() {
		if gone != a.ID {
			changed = append(changed, gone)
		}
	}
	return Change{Alerts: changed}
}

// evict forgets the oldest alerts beyond the bound.
func (m *Security) evict() []id.Alert {
	var gone []id.Alert
	for i, a := range m.Alerts() {
		if i >= wire.MaxAlertsInSnap {
			delete(m.alerts, a.ID)
			gone = append(gone, a.ID)
		}
	}
	return gone
}

// Alerts lists the open alerts, newest first.
func (m *Security) Alerts() []wire.Alert {
	list := make([]wire.Alert, 0, len(m.alerts))
	for _, a := range m.alerts {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b wire.Alert) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return list
}

// Alert is one open alert; false if it is not held.
func (m *Security) Alert(which id.Alert) (wire.Alert, bool) {
	a, ok := m.alerts[which]
	return a, ok
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Security) Snap() wire.SecuritySnap { return wire.SecuritySnap{Alerts: m.Alerts()} }
