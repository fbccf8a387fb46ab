package chat

import (
	"sync"
	"time"
)

const (
	// maxBuckets bounds the buckets of one Limit: more people than that do not
	// write within one refill.
	maxBuckets = 20_000
	// keepBuckets is how many are left when there are too many.
	keepBuckets = maxBuckets * 3 / 4
)

// Limit lets each key do something so many times a span: a bucket of tokens
// that refills steadily. Counts live in memory; a restart forgives. It is safe
// for concurrent use.
type Limit struct {
	times int
	each  time.Duration // one token comes back in
	now   func() time.Time

	mu   sync.Mutex
	full map[[16]byte]time.Time // when the bucket will be full again
}

// NewLimit makes a Limit of times each span.
func NewLimit(times int, span time.Duration, now func() time.Time) *Limit {
	return &Limit{times: times, each: span / time.Duration(times), now: now, full: map[[16]byte]time.Time{}}
}

// Take takes a token of key and reports whether there was one.
func (l *Limit) Take(key [16]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	if full.Add(l.each).Sub(now) > time.Duration(l.times)*l.each {
		return false
	}
	if len(l.full) >= maxBuckets {
		l.forget(now)
	}
	l.full[key] = full.Add(l.each)
	return true
}

// forget drops full buckets, and any buckets until there is room for a while:
// then somebody is let through too often rather than memory growing.
func (l *Limit) forget(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
	for key := range l.full {
		if len(l.full) <= keepBuckets {
			return
		}
		delete(l.full, key)
	}
}
