// Package clock is where time and chance enter the hub: the wall clock in the
// precision the database keeps, waiting that ends with its context, and jitter.
//
// Everything else is handed a `func() time.Time` and never asks the machine,
// so that a test decides what time it is.
package clock

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"time"
	_ "time/tzdata" // a machine without zone files must not move a station's midnight
)

// StationZone is the zone whose midnight ends a station's day, unless the
// configuration names another.
const StationZone = "Asia/Shanghai"

// Now is the present in UTC, to the millisecond: what DATETIME(3) holds, so
// that a time read back from the database equals the one written.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Zone loads a time zone by its IANA name.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("loading time zone %q: %w", name, err)
	}
	return zone, nil
}

// Sleep waits for d or until ctx ends; it returns the context's error then.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Random is the machine's source of secrets and ids.
func Random() io.Reader { return rand.Reader }

// Jitter is a random duration in [d/2, d], so that those who failed together
// do not come back together.
func Jitter(d time.Duration) time.Duration {
	if d <= 1 {
		return d
	}
	return d/2 + mrand.N(d/2+1)
}

// Backoff is the wait before try number n (from 0): first doubled n times, at
// most limit, jittered.
func Backoff(n int, first, limit time.Duration) time.Duration {
	d := first
	for ; n > 0 && d < limit; n-- {
		d *= 2
	}
	return Jitter(min(d, limit))
}
