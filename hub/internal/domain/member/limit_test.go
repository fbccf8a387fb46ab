package member

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestALimiterRemembersABoundedNumberOfKeys: past the bound it refuses, until
// the oldest can be forgotten.
func TestALimiterRemembersABoundedNumberOfKeys(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(func() time.Time { return now }, rate{2, time.Hour})
	l.limit = 100
	for n := range 150 {
		if wait := l.take(fmt.Sprint(n)); (wait == 0) != (n < 100) {
			t.Fatalf("key %d waits %v", n, wait)
		}
	}
	if wait := l.take("7"); wait != 0 {
		t.Errorf("a key that is known waits %v", wait)
	}
	now = now.Add(time.Hour)
	if wait := l.take("new"); wait != 0 || len(l.events) != 1 {
		t.Errorf("after an hour it waits %v and %d keys are kept", wait, len(l.events))
	}
}

// TestALimiterNeverLetsMoreThrough compares it with counting by hand.
func TestALimiterNeverLetsMoreThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		l := newLimiter(func() time.Time { return now }, rate{1, time.Minute}, rate{5, time.Hour})
		var let []time.Time
		within := func(d time.Duration) (n int) {
			for _, at := range let {
				if now.Sub(at) < d {
					n++
				}
			}
			return n
		}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "seconds")) * time.Second)
			may := within(time.Minute) < 1 && within(time.Hour) < 5
			wait := l.take("k")
			if (wait == 0) != may {
				t.Fatalf("at %v it waits %v, %d were let through in the minute and %d in the hour",
					now, wait, within(time.Minute), within(time.Hour))
			}
			if wait == 0 {
				let = append(let, now)
				continue
			}
			now = now.Add(wait) // the wait it names is the one that is needed
			if l.take("k") != 0 {
				t.Fatalf("after the wait it named it still waits")
			}
			let = append(let, now)
		}
	})
}
