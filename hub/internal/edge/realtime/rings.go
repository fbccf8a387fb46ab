package realtime

import (
	"sync"
	"time"

	"forecourt/shared/wire"
)

// idleFor is how long a ring stays that nobody follows: who comes back within
// it continues from memory.
const idleFor = time.Minute

// Bounds of the log of a channel that belongs to one person or one
// conversation: there are thousands, and the store knows what they forget.
const (
	privateEvents = 256
	privateBytes  = 256 << 10
)

// rings is every channel that somebody follows or may come back to.
type rings struct {
	shards    int
	maxEvents int
	maxBytes  int
	now       func() time.Time

	mu        sync.Mutex
	byChannel map[wire.Channel]*ring
	quiet     []quiet // oldest first
}

// quiet is a ring that nobody followed at an instant.
type quiet struct {
	ring  *ring
	since time.Time
}

func newRings(l *Limits, now func() time.Time) *rings {
	return &rings{
		shards: l.Shards, maxEvents: l.RingEvents, maxBytes: l.RingBytes, now: now,
		byChannel: map[wire.Channel]*ring{},
	}
}

// private reports whether a family has a channel for each person or
// conversation. Events nobody follows are not held for them.
func private(family string) bool { return family == familyDriver || family == familyChat }

// lasting reports whether a family's news is in memory only, so that it is
// held even while nobody follows.
func lasting(family string) bool { return family == familyForecourt || family == familyStation }

// get is the ring of a channel; if there is none it is created, or nil.
func (s *rings) get(ch wire.Channel, create bool) *ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.byChannel[ch]
	if r != nil || !create {
		return r
	}
	family, _ := ch.Split()
	r = newRing(ch, s.shards, s.maxEvents, s.maxBytes)
	if private(family) {
		r.maxEvents, r.maxBytes = min(r.maxEvents, privateEvents), min(r.maxBytes, privateBytes)
	}
	r.idleSince = s.now()
	s.byChannel[ch] = r
	s.quiet = append(s.quiet, quiet{r, r.idleSince})
	return r
}

// publishTo is the ring an event or tick goes into, or nil if nobody would
// miss it there: whoever follows later asks the store.
func (s *rings) publishTo(ch wire.Channel) *ring {
	family, _ := ch.Split()
	return s.get(ch, !private(family))
}

// idle notes that nobody follows a ring any more.
func (s *rings) idle(r *ring, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = append(s.quiet, quiet{r, since})
}

// remove takes a dead ring off the list.
func (s *rings) remove(r *ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byChannel[r.channel] == r {
		delete(s.byChannel, r.channel)
	}
}

// sweep drops the rings that nobody has followed for idleFor.
func (s *rings) sweep(now time.Time) {
	for {
		q, ok := s.due(now)
		if !ok {
			return
		}
		if q.ring.retire(q.since) {
			s.remove(q.ring)
		}
	}
}

func (s *rings) due(now time.Time) (quiet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.quiet) == 0 || now.Sub(s.quiet[0].since) < idleFor {
		return quiet{}, false
	}
	q := s.quiet[0]
	s.quiet[0] = quiet{}
	s.quiet = s.quiet[1:]
	return q, true
}

// retire ends a ring that nobody has followed since an instant, unless its
// news cannot be had again.
func (r *ring) retire(since time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.followers > 0 || !r.idleSince.Equal(since) || (r.placed && lasting(r.family)) {
		return false
	}
	r.dead = true
	return true
}
