package line

import "time"

// Pacing of the looks.
const (
	// MissesToOffline is how many looks in a row must go unanswered before a
	// point counts as offline: three to five is what station controllers use.
	MissesToOffline = 4
	// FirstRest and LongestRest bound the wait between two looks at an
	// address that does not answer; it doubles in between.
	FirstRest   = 500 * time.Millisecond
	LongestRest = 10 * time.Second
)

// schedule says whom to look at next. Points that answer are looked at in
// turn, back to back or as far apart as the pace says; those that are dead
// ever more rarely, and never two dead ones within one round of the living,
// so that they starve nobody. It is pure: it is told the time.
//
// All points of a line are due at the same moments, a pace apart, and are then
// looked at back to back. A controller that tells all its pumps in one answer
// is so asked once a round, and no pump's share of the answer lies about
// until that pump's own turn.
type schedule struct {
	pace  time.Duration
	start time.Time // of the first look: the moments are counted from it
	slots []slot
	last  int // looked at last among the living
	since int // looks at the living since the last look at a dead one
}

// slot is one point's place in the schedule.
type slot struct {
	misses int
	rest   time.Duration // of a dead one
	due    time.Time
}

func (s *slot) dead() bool { return s.misses >= MissesToOffline }

func newSchedule(points int, pace time.Duration) *schedule {
	return &schedule{pace: pace, slots: make([]slot, points), last: points - 1}
}

// next is the point to look at, and how long to wait first.
func (s *schedule) next(now time.Time) (point int, wait time.Duration) {
	living, dead := s.soonestLiving(now), s.soonestDead()
	if living < 0 {
		return dead, max(0, s.slots[dead].due.Sub(now))
	}
	untilLiving := max(0, s.slots[living].due.Sub(now))
	if dead < 0 {
		return living, untilLiving
	}
	untilDead := max(0, s.slots[dead].due.Sub(now))
	if untilDead < untilLiving || (untilDead == 0 && s.since >= s.living()) {
		return dead, untilDead
	}
	return living, untilLiving
}

// soonestLiving goes round from the one looked at last: the first that is due,
// or the one that will be due first; -1 when none lives.
func (s *schedule) soonestLiving(now time.Time) int {
	best := -1
	for k := range s.slots {
		i := (s.last + 1 + k) % len(s.slots)
		if s.slots[i].dead() {
			continue
		}
		if !s.slots[i].due.After(now) {
			return i
		}
		if best < 0 || s.slots[i].due.Before(s.slots[best].due) {
			best = i
		}
	}
	return best
}

func (s *schedule) soonestDead() int {
	best := -1
	for i := range s.slots {
		if s.slots[i].dead() && (best < 0 || s.slots[i].due.Before(s.slots[best].due)) {
			best = i
		}
	}
	return best
}

func (s *schedule) living() int {
	n := 0
	for i := range s.slots {
		if !s.slots[i].dead() {
			n++
		}
	}
	return n
}

// answered notes a look that began at a time and was answered.
func (s *schedule) answered(i int, began time.Time) {
	s.turn(i)
	s.slots[i] = slot{due: s.nextRound(began)}
}

// nextRound is the first moment of a round after t.
func (s *schedule) nextRound(t time.Time) time.Time {
	if s.pace <= 0 {
		return t
	}
	if s.start.IsZero() {
		s.start = t
	}
	return s.start.Add((t.Sub(s.start)/s.pace + 1) * s.pace)
}

// missed notes a look without an answer, and reports whether the point is
// offline from now on.
func (s *schedule) missed(i int, began, now time.Time) (offline bool) {
	s.turn(i)
	v := &s.slots[i]
	v.misses++
	v.due = s.nextRound(began)
	if v.dead() {
		v.rest = min(max(2*v.rest, FirstRest), LongestRest)
		v.due = now.Add(v.rest)
	}
	return v.misses == MissesToOffline
}

// turn notes whose turn it was.
func (s *schedule) turn(i int) {
	if s.slots[i].dead() {
		s.since = 0
		return
	}
	s.last = i
	s.since++
}

// reset forgets who was dead: the line is new.
func (s *schedule) reset() {
	clear(s.slots)
	s.since = 0
}
