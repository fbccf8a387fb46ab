package claim

import (
	"sync"
	"time"

	"forecourt/shared/id"
)

const (
	// maxMisses is how many wrong codes a member may type in missWindow: more
	// than any thumb needs, and far too few to find a nozzle by guessing.
	maxMisses  = 10
	missWindow = 10 * time.Minute
	// maxMissing bounds the members whose misses are remembered.
	maxMissing = 10_000
)

// Misses counts the wrong codes that members type. The zero value is ready; it
// is safe for concurrent use.
type Misses struct {
	mu   sync.Mutex
	seen map[id.Member]missed
}

type missed struct {
	count int
	until time.Time
}

// May reports whether a member may try another code at now.
func (m *Misses) May(who id.Member, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := m.seen[who]
	return seen.count < maxMisses || !now.Before(seen.until)
}

// Missed notes a wrong code.
func (m *Misses) Missed(who id.Member, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[id.Member]missed{}
	}
	seen := m.seen[who]
	if !now.Before(seen.until) {
		seen = missed{until: now.Add(missWindow)}
	}
	if len(m.seen) >= maxMissing {
		m.forget(now)
	}
	seen.count++
	m.seen[who] = seen
}

// forget makes room: what has passed goes, and if all is young, everything.
func (m *Misses) forget(now time.Time) {
	for who, seen := range m.seen {
		if !now.Before(seen.until) {
			delete(m.seen, who)
		}
	}
	if len(m.seen) >= maxMissing {
		clear(m.seen)
	}
}
