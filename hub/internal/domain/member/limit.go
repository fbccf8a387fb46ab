package member

import (
	"slices"
	"sync"
	"time"
)

// rate is a number of events within a time.
type rate struct {
	count  int
	within time.Duration
}

// limiterKeys bounds how many keys a limiter remembers. A flood of more than
// these within an hour is refused altogether: each event costs a text message.
const limiterKeys = 20_000

// limiter bounds how often something happens for a key. It forgets with the
// process, which a flood cannot make happen.
type limiter struct {
	now   func() time.Time
	rates []rate
	keep  time.Duration // the longest of rates
	limit int           // keys

	mu     sync.Mutex
	events map[string][]time.Time // oldest first, never older than keep
}

func newLimiter(now func() time.Time, rates ...rate) *limiter {
	l := &limiter{now: now, rates: rates, limit: limiterKeys, events: map[string][]time.Time{}}
	for _, r := range rates {
		l.keep = max(l.keep, r.within)
	}
	return l
}

// take counts an event for key, or says how long it must wait.
func (l *limiter) take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	past := young(l.events[key], now.Add(-l.keep))
	for _, r := range l.rates {
		if n := len(past) - r.count; n >= 0 {
			wait = max(wait, r.within-now.Sub(past[n]))
		}
	}
	if wait > 0 {
		return wait
	}
	if past == nil && !l.room(now) {
		return l.keep
	}
	l.events[key] = append(past, now)
	return 0
}

// undo takes back the last event of key: nothing came of it.
func (l *limiter) undo(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if past := l.events[key]; len(past) > 1 {
		l.events[key] = past[:len(past)-1]
	} else {
		delete(l.events, key)
	}
}

// room reports whether there is room for one more key, after forgetting the
// old ones if need be.
func (l *limiter) room(now time.Time) bool {
	if len(l.events) < l.limit {
		return true
	}
	for key, past := range l.events {
		if left := young(past, now.Add(-l.keep)); left == nil {
			delete(l.events, key)
		}
	}
	return len(l.events) < l.limit
}

// young is what of past came after since; nil if nothing.
func young(past []time.Time, since time.Time) []time.Time {
	i := slices.IndexFunc(past, func(at time.Time) bool { return at.After(since) })
	if i < 0 {
		return nil
	}
	return past[i:]
}
