package httpapi

import (
	"sync"
	"time"
)

// limiter bounds how often one address may try something: a bucket of tries
// that fills up again one by one. Locking out a person or a code for good is
// the stores' business; this keeps a flood away from them.
type limiter struct {
	tries int           // a full bucket
	every time.Duration // how long one try takes to come back
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

// bucket is when it was or will be full.
type bucket struct{ full time.Time }

// maxBuckets bounds the addresses remembered; beyond it those whose bucket is
// full again are forgotten.
const maxBuckets = 10_000

func newLimiter(tries int, every time.Duration, now func() time.Time) *limiter {
	return &limiter{tries: tries, every: every, now: now, buckets: map[string]bucket{}}
}

// allow takes a try out of the key's bucket. Without one left it says how long
// until there is.
func (l *limiter) allow(key string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if len(l.buckets) >= maxBuckets {
		l.sweep(now)
	}
	b := l.buckets[key]
	if b.full.Before(now) {
		b.full = now
	}
	after := b.full.Add(l.every)
	if over := after.Sub(now) - time.Duration(l.tries)*l.every; over > 0 {
		return over, false
	}
	if _, have := l.buckets[key]; !have && len(l.buckets) >= maxBuckets {
		return l.every, false // more addresses at once than any station has
	}
	l.buckets[key] = bucket{full: after}
	return 0, true
}

func (l *limiter) sweep(now time.Time) {
	for key, b := range l.buckets {
		if !b.full.After(now) {
			delete(l.buckets, key)
		}
	}
}
