package line

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// play runs the schedule for a while: a look at a living point costs talk, at
// a dead one silence. It returns the looks at each point and the time spent.
func play(s *schedule, alive []bool, talk, silence, from, length time.Duration) (looks []int, spent []time.Duration, longest []time.Duration) {
	now := time.Unix(0, 0).Add(from)
	end := now.Add(length)
	looks, spent, longest = make([]int, len(alive)), make([]time.Duration, len(alive)), make([]time.Duration, len(alive))
	last := make([]time.Time, len(alive))
	for i := range last {
		last[i] = now
	}
	for now.Before(end) {
		i, wait := s.next(now)
		now = now.Add(wait)
		began := now
		longest[i] = max(longest[i], now.Sub(last[i]))
		last[i] = now
		looks[i]++
		if alive[i] {
			now = now.Add(talk)
			s.answered(i, began)
		} else {
			now = now.Add(silence)
			s.missed(i, began, now)
		}
		spent[i] += now.Sub(began)
	}
	return looks, spent, longest
}

// A controller tells all its pumps in one answer. While each point kept a pace
// of its own, a pump that had once been held up took its share of that answer
// up to a whole pace late, for ever, and its figures reached the till old.
func TestPointsOfALineAreDueTogether(t *testing.T) {
	const pace = 100 * time.Millisecond
	s, now := newSchedule(3, pace), time.Unix(0, 0)
	for i, heldUp := range []time.Duration{0, 30 * time.Millisecond, 40 * time.Millisecond} {
		now = now.Add(heldUp)
		if point, wait := s.next(now); point != i || wait != 0 {
			t.Fatalf("point %d in %v, want %d now", point, wait, i)
		}
		s.answered(i, now)
	}
	_, wait := s.next(now)
	if now = now.Add(wait); !now.Equal(time.Unix(0, 0).Add(pace)) {
		t.Fatalf("the next round begins at %v", now.Sub(time.Unix(0, 0)))
	}
	for range 3 {
		point, wait := s.next(now)
		if wait != 0 {
			t.Errorf("point %d waits %v in its own round", point, wait)
		}
		s.answered(point, now)
	}
}

func TestLivingPointsAreLookedAtInTurn(t *testing.T) {
	looks, _, _ := play(newSchedule(4, 0), []bool{true, true, true, true}, 10*time.Millisecond, 0, 0, 10*time.Second)
	for i, n := range looks {
		if n != 250 {
			t.Errorf("point %d was looked at %d times, want 250", i, n)
		}
	}
}

func TestPaceIsTheLeastTimeBetweenLooks(t *testing.T) {
	looks, _, _ := play(newSchedule(2, 100*time.Millisecond), []bool{true, true}, time.Millisecond, 0, 0, 10*time.Second)
	if looks[0] < 100 || looks[0] > 101 || looks[1] < 100 || looks[1] > 101 {
		t.Errorf("looked %v times in ten seconds at a pace of 100 ms", looks)
	}
}

// Thirty-one dead addresses on one line with a living one.
func TestDeadAddressesStarveNobody(t *testing.T) {
	alive := make([]bool, 32)
	alive[7] = true
	s := newSchedule(len(alive), 0)
	play(s, alive, 20*time.Millisecond, 60*time.Millisecond, 0, 30*time.Second) // until the dead are known
	_, spent, longest := play(s, alive, 20*time.Millisecond, 60*time.Millisecond, 31*time.Second, time.Minute)
	if spent[7] < 45*time.Second {
		t.Errorf("the living point had %v of a minute", spent[7])
	}
	if longest[7] > 100*time.Millisecond {
		t.Errorf("the living point waited %v", longest[7])
	}
	for i, wait := range longest {
		if !alive[i] && wait > LongestRest+time.Second {
			t.Errorf("dead point %d waited %v", i, wait)
		}
	}
}

func TestScheduleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alive := rapid.SliceOfN(rapid.Bool(), 1, 32).Draw(t, "alive")
		pace := time.Duration(rapid.IntRange(0, 200).Draw(t, "pace")) * time.Millisecond
		talk, silence := 15*time.Millisecond, 60*time.Millisecond
		s := newSchedule(len(alive), pace)
		play(s, alive, talk, silence, 0, 30*time.Second)
		looks, _, longest := play(s, alive, talk, silence, 31*time.Second, time.Minute)
		round := max(pace, time.Duration(len(alive))*talk+silence) + silence + talk
		for i, ok := range alive {
			if looks[i] == 0 {
				t.Fatalf("point %d was forgotten", i)
			}
			if ok && longest[i] > round {
				t.Fatalf("living point %d waited %v, a round is %v", i, longest[i], round)
			}
		}
	})
}

func TestOfflineOnceAndAliveAgain(t *testing.T) {
	s, now := newSchedule(1, 0), time.Unix(0, 0)
	offline := 0
	for range 3 * MissesToOffline {
		if s.missed(0, now, now) {
			offline++
		}
	}
	if offline != 1 {
		t.Errorf("offline was told %d times", offline)
	}
	if _, wait := s.next(now); wait != LongestRest {
		t.Errorf("the next look is in %v", wait)
	}
	s.answered(0, now)
	if _, wait := s.next(now); wait != 0 {
		t.Errorf("after an answer the next look is in %v", wait)
	}
}
