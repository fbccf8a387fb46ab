package mirror

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Support is the queue of a station's support agents: the fold of channel
// support/ID. It holds every open conversation and at most
// wire.MaxClosedInSnap closed ones, those that closed last; when one of these
// is reopened, an older one does not come back by itself.
type Support struct {
	place
	cases    map[id.Thread]wire.Case
	canned   []wire.Canned
	agents   []wire.Agent
	settings wire.SupportSettings
	audience wire.Audience
	heard    uint64 // the event that audience is not older than
}

// NewSupport makes an empty Support that waits for its first snapshot.
func NewSupport() *Support { return &Support{cases: map[id.Thread]wire.Case{}} }

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Support) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "support") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindCase:
		return event(&m.place, f, m.setCase)
	case wire.KindCanned:
		return event(&m.place, f, m.setCanned)
	case wire.KindSupport:
		return event(&m.place, f, m.setSettings)
	case wire.KindAgents:
		return event(&m.place, f, m.setAgents)
	case wire.KindAudience:
		return m.setAudience(f)
	}
	return Change{}, m.unknown(f)
}

func (m *Support) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.SupportSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: support snapshot: %w", err)
	}
	m.begin(f)
	m.canned, m.agents, m.settings = snap.Canned, snap.Agents, snap.Settings
	m.audience, m.heard = snap.Audience, f.Seq
	clear(m.cases)
	for _, c := range snap.Cases {
		m.cases[c.Thread.ID] = c
	}
	m.evict()
	return Change{All: true}, nil
}

func (m *Support) setCase(c wire.Case) Change {
	m.cases[c.Thread.ID] = c
	changed := []id.Thread{c.Thread.ID}
	for _, gone := range m.evict() {
		if gone != c.Thread.ID {
			changed = append(changed, gone)
		}
	}
	return Change{Cases: changed}
}

// evict forgets the conversations that closed first, beyond the bound.
func (m *Support) evict() []id.Thread {
	closed := m.in(closedState)
	if len(closed) <= wire.MaxClosedInSnap {
		return nil
	}
	var gone []id.Thread
	for _, c := range closed[wire.MaxClosedInSnap:] {
		delete(m.cases, c.Thread.ID)
		gone = append(gone, c.Thread.ID)
	}
	return gone
}

func (m *Support) setCanned(list wire.CannedList) Change {
	m.canned = list.Canned
	return Change{Canned: true}
}

func (m *Support) setSettings(s wire.SupportSettings) Change {
	m.settings = s
	return Change{Support: true}
}

func (m *Support) setAgents(list wire.AgentList) Change {
	m.agents = list.Agents
	return Change{Agents: true}
}

func (m *Support) setAudience(f wire.Frame) (Change, error) {
	a, err := wire.Read[wire.Audience](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: audience: %w", err)
	}
	if !m.Started() || f.Seq < m.heard {
		return Change{}, nil
	}
	m.audience, m.heard = a, f.Seq
	return Change{Audience: true}, nil
}

// The order of the lists: waiting, active, closed. A state that a newer hub
// invented is listed with the active ones.
const (
	waitingState = iota
	activeState
	closedState
)

func rank(s wire.ThreadState) int {
	switch s {
	case wire.ThreadWaiting:
		return waitingState
	case wire.ThreadClosed:
		return closedState
	}
	return activeState
}

// listed orders conversations: the waiting ones by who has waited longest,
// the active ones by age, so that no row moves under a finger, the closed ones
// by who closed last.
func listed(a, b wire.Case) int {
	if by := cmp.Compare(rank(a.Thread.State), rank(b.Thread.State)); by != 0 {
		return by
	}
	byID := bytes.Compare(a.Thread.ID[:], b.Thread.ID[:])
	switch rank(a.Thread.State) {
	case waitingState:
		return cmp.Or(a.Thread.WaitingSince.Compare(b.Thread.WaitingSince), byID)
	case closedState:
		return cmp.Or(b.Thread.ClosedAt.Compare(a.Thread.ClosedAt), -byID)
	}
	return byID
}

// in lists the conversations of one rank, in order.
func (m *Support) in(which int) []wire.Case {
	var list []wire.Case
	for _, c := range m.cases {
		if rank(c.Thread.State) == which {
			list = append(list, copiedCase(c))
		}
	}
	slices.SortFunc(list, listed)
	return list
}

// copiedCase shares nothing with the mirror's own.
func copiedCase(c wire.Case) wire.Case {
	c.Thread = copiedThread(c.Thread)
	if c.Last != nil {
		last := *c.Last
		c.Last = &last
	}
	return c
}

// Waiting lists the conversations that wait for an agent, longest first.
func (m *Support) Waiting() []wire.Case { return m.in(waitingState) }

// Active lists the conversations with an agent, oldest first.
func (m *Support) Active() []wire.Case { return m.in(activeState) }

// Closed lists the conversations that are over, last closed first.
func (m *Support) Closed() []wire.Case { return m.in(closedState) }

// Cases lists all of them: waiting, active, closed.
func (m *Support) Cases() []wire.Case {
	list := make([]wire.Case, 0, len(m.cases))
	return append(append(append(list, m.Waiting()...), m.Active()...), m.Closed()...)
}

// Case is one conversation; false if it is not held.
func (m *Support) Case(t id.Thread) (wire.Case, bool) {
	c, ok := m.cases[t]
	return copiedCase(c), ok
}

// Canned lists the replies kept ready, in the station's order.
func (m *Support) Canned() []wire.Canned {
	list := slices.Clone(m.canned)
	for i := range list {
		list[i].Parts = copiedParts(list[i].Parts)
	}
	return list
}

// Agents lists who answers, by number.
func (m *Support) Agents() []wire.Agent { return slices.Clone(m.agents) }

// Settings is how support works here.
func (m *Support) Settings() wire.SupportSettings {
	s := m.settings
	s.Hours, s.Blocked = slices.Clone(s.Hours), slices.Clone(s.Blocked)
	return s
}

// Audience is who is connected.
func (m *Support) Audience() wire.Audience {
	a := m.audience
	a.Agents, a.Threads = slices.Clone(a.Agents), slices.Clone(a.Threads)
	return a
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Support) Snap() wire.SupportSnap {
	return wire.SupportSnap{
		Cases: m.Cases(), Canned: m.Canned(), Agents: m.Agents(), Settings: m.Settings(), Audience: m.Audience(),
	}
}
