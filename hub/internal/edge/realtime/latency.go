package realtime

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// latency is a histogram that takes many equal observations at once: a batch
// that leaves to two thousand readers is one entry, not two thousand.
type latency struct {
	desc   *prometheus.Desc
	bounds []float64

	mu     sync.Mutex
	counts []uint64 // by bucket; the last is everything beyond
	total  uint64
	sum    float64
}

func newLatency(name, help string, bounds []float64) *latency {
	return &latency{
		desc: prometheus.NewDesc(name, help, nil, nil), bounds: bounds, counts: make([]uint64, len(bounds)+1),
	}
}

// observe counts the same seconds so many times.
func (l *latency) observe(seconds float64, times uint64) {
	bucket, _ := slices.BinarySearch(l.bounds, seconds)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[bucket] += times
	l.total += times
	l.sum += seconds * float64(times)
}

// Describe implements prometheus.Collector.
func (l *latency) Describe(to chan<- *prometheus.Desc) { to <- l.desc }

// Collect implements prometheus.Collector.
func (l *latency) Collect(to chan<- prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	buckets, upTo := make(map[float64]uint64, len(l.bounds)), uint64(0)
	for i, bound := range l.bounds {
		upTo += l.counts[i]
		buckets[bound] = upTo
	}
	to <- prometheus.MustNewConstHistogram(l.desc, l.total, l.sum, buckets)
}
