package scenario

import (
	"slices"
	"sync"
	"time"

	"forecourt/shared/wire"
)

// maxSamples bounds what a stopwatch keeps.
const maxSamples = 200_000

// stopwatch measures from the dispenser's answer, by pumpd's clock, to the
// frame at the client; all clocks are this machine's.
type stopwatch struct {
	mu      sync.Mutex
	samples []time.Duration
}

// see takes the time of a running figure.
func (s *stopwatch) see(f wire.Frame) {
	if f.K != wire.KindReading {
		return
	}
	now := time.Now()
	reading, err := wire.Read[wire.Reading](f.D)
	if err != nil || reading.SeenAt.IsZero() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.samples) < maxSamples {
		s.samples = append(s.samples, now.Sub(reading.SeenAt))
	}
}

func (s *stopwatch) sorted() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.samples))
}

// Percentile picks from sorted samples; 0 if there are none.
func Percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
