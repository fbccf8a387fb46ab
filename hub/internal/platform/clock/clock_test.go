package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/hub/internal/platform/clock"
)

func TestNowIsWhatTheDatabaseKeeps(t *testing.T) {
	now := clock.Now()
	if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
		t.Fatalf("Now() = %v, want UTC to the millisecond", now)
	}
}

func TestZone(t *testing.T) {
	zone, err := clock.Zone(clock.StationZone)
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC).In(zone).Day(); got != 23 {
		t.Errorf("16:00 UTC is day %d at the station, want 23", got)
	}
	if _, err := clock.Zone("Nowhere/Land"); err == nil {
		t.Error("an unknown zone was accepted")
	}
}

func TestSleepWaitsOrEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := clock.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != time.Minute {
			t.Errorf("slept %v, want 1m", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := clock.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep past its context = %v, want deadline exceeded", err)
		}
	})
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	for n, want := range []time.Duration{10, 20, 40, 80, 100, 100} {
		want *= time.Millisecond
		for range 100 {
			got := clock.Backoff(n, 10*time.Millisecond, 100*time.Millisecond)
			if got < want/2 || got > want {
				t.Fatalf("Backoff(%d) = %v, want between %v and %v", n, got, want/2, want)
			}
		}
	}
}
