package measure

import (
	"math"
	"time"
)

// Latencies counts how late messages were, to 20 microseconds, up to ten
// seconds; what is later counts as ten.
type Latencies struct {
	counts []uint32
	n      uint64
}

const (
	grain   = 20 * time.Microsecond
	longest = 10 * time.Second
)

// NewLatencies makes an empty count.
func NewLatencies() *Latencies {
	return &Latencies{counts: make([]uint32, int(longest/grain)+1)}
}

// Add counts one message.
func (l *Latencies) Add(d time.Duration) {
	l.counts[min(max(0, int(d/grain)), len(l.counts)-1)]++
	l.n++
}

// Reset forgets everything.
func (l *Latencies) Reset() {
	clear(l.counts)
	l.n = 0
}

// Quantile is the lateness that a share of the messages did not exceed, in
// milliseconds. Those that never came are infinitely late.
func (l *Latencies) Quantile(share float64, never uint64) float64 {
	want := uint64(math.Ceil(share * float64(l.n+never)))
	var seen uint64
	for i, c := range l.counts {
		seen += uint64(c)
		if seen >= want && seen > 0 {
			return float64(time.Duration(i)*grain) / float64(time.Millisecond)
		}
	}
	return math.Inf(1)
}
