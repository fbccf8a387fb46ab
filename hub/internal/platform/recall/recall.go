// Package recall remembers who was let in, for the minutes in which the
// database cannot be asked.
//
// It is a fallback and never a shortcut: whoever uses it asks the database
// first, so that a revoked token ends at once while the database answers, and
// within the memory's keep when it does not. It is bounded, and safe for
// concurrent use.
package recall

import (
	"sync"
	"time"
)

// Key names what is remembered: the SHA-256 of a token.
type Key [32]byte

// Memory remembers values of type V.
type Memory[V any] struct {
	now   func() time.Time
	keep  time.Duration
	limit int

	mu      sync.Mutex
	entries map[Key]entry[V]
}

type entry[V any] struct {
	value V
	until time.Time
}

// New makes a Memory of at most limit values, each kept for keep after it was
// last remembered.
func New[V any](now func() time.Time, keep time.Duration, limit int) *Memory[V] {
	return &Memory[V]{now: now, keep: keep, limit: limit, entries: map[Key]entry[V]{}}
}

// Remember keeps v under key until keep has passed, or end if that is sooner;
// a zero end sets no end. A full memory of young values keeps what it has.
func (m *Memory[V]) Remember(key Key, v V, end time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	until := now.Add(m.keep)
	if !end.IsZero() && end.Before(until) {
		until = end
	}
	if _, known := m.entries[key]; !known && len(m.entries) >= m.limit {
		m.sweep(now)
		if len(m.entries) >= m.limit {
			return
		}
	}
	m.entries[key] = entry[V]{value: v, until: until}
}

// Recall returns what was remembered under key, if it is still kept.
func (m *Memory[V]) Recall(key Key) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || !m.now().Before(e.until) {
		var none V
		return none, false
	}
	return e.value, true
}

// Forget drops what is kept under key.
func (m *Memory[V]) Forget(key Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

func (m *Memory[V]) sweep(now time.Time) {
	for key, e := range m.entries {
		if !now.Before(e.until) {
			delete(m.entries, key)
		}
	}
}
