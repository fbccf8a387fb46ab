package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics is what the intake tells Prometheus.
type Metrics struct {
	links    prometheus.Gauge
	statuses prometheus.Counter
	facts    *prometheus.CounterVec
	refused  prometheus.Counter
	retries  prometheus.Counter
	settle   prometheus.Histogram
	batch    prometheus.Histogram
}

// NewMetrics registers the metrics of the intake.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		links:    f.NewGauge(prometheus.GaugeOpts{Name: "forecourt_ingest_links", Help: "Connected pumpds."}),
		statuses: f.NewCounter(prometheus.CounterOpts{Name: "forecourt_ingest_statuses_total", Help: "Statuses received."}),
		facts:    f.NewCounterVec(prometheus.CounterOpts{Name: "forecourt_ingest_facts_total", Help: "Facts received, repeated ones too, by kind."}, []string{"kind"}),
		refused:  f.NewCounter(prometheus.CounterOpts{Name: "forecourt_ingest_refused_total", Help: "Frames of pumpds that were refused."}),
		retries:  f.NewCounter(prometheus.CounterOpts{Name: "forecourt_ingest_retries_total", Help: "Times that facts or wishes had to wait for the database."}),
		settle: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "forecourt_ingest_settle_seconds",
			Help:    "Time to take a batch of facts, until it is durable.",
			Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}),
		batch: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "forecourt_ingest_batch_facts",
			Help:    "Facts taken in one transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64},
		}),
	}
}

// took counts a batch that is committed.
func (m *Metrics) took(facts int, d time.Duration) {
	m.batch.Observe(float64(facts))
	m.settle.Observe(d.Seconds())
}
