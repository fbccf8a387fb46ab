package realtime

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics is what the sockets tell Prometheus.
type Metrics struct {
	connections *prometheus.GaugeVec
	published   *prometheus.CounterVec
	frames      prometheus.Counter
	messages    prometheus.Counter
	bytes       prometheus.Counter
	skipped     prometheus.Counter
	refused     prometheus.Counter
	closes      *prometheus.CounterVec
	send        prometheus.Histogram
}

// sendBuckets are seconds; the goal from pump to screen is 0.05.
func sendBuckets() []float64 {
	return []float64{.001, .002, .005, .01, .015, .02, .03, .05, .1, .2, .5, 1, 5}
}

// NewMetrics registers the metrics of the sockets.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	return &Metrics{
		connections: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "forecourt_live_connections", Help: "Sockets that said hello, by who holds them.",
		}, []string{"peer"}),
		published: f.NewCounterVec(prometheus.CounterOpts{
			Name: "forecourt_live_published_total", Help: "Frames published, by class.",
		}, []string{"class"}),
		frames:   counter("forecourt_live_frames_sent_total", "Frames written to sockets."),
		messages: counter("forecourt_live_messages_sent_total", "Messages written to sockets; one carries several frames."),
		bytes:    counter("forecourt_live_sent_bytes_total", "Bytes of messages written to sockets."),
		skipped:  counter("forecourt_live_ticks_skipped_total", "Ticks that newer ones replaced before they were sent."),
		refused:  counter("forecourt_live_refused_total", "Hellos and messages that were refused."),
		closes: f.NewCounterVec(prometheus.CounterOpts{
			Name: "forecourt_live_closed_total", Help: "Sockets closed, by close code; 4008 is a slow reader.",
		}, []string{"code"}),
		send: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "forecourt_live_send_seconds",
			Help:    "From the arrival of a pumpd's status (or the commit of a sale) to the end of the write to a socket.",
			Buckets: sendBuckets(),
		}),
	}
}

// sent counts a message that has left.
func (m *Metrics) sent(msg *message, now time.Time) {
	m.messages.Inc()
	m.frames.Add(float64(msg.frames))
	m.bytes.Add(float64(len(msg.buf)))
	m.skipped.Add(float64(msg.skipped))
	for _, at := range msg.stamps {
		m.send.Observe(max(0, now.Sub(at).Seconds()))
	}
}

// closed counts a connection's end. Codes outside the catalogue are one.
func (m *Metrics) closed(code int) {
	label := "other"
	if _, known := reasons[code]; known {
		label = strconv.Itoa(code)
	}
	m.closes.WithLabelValues(label).Inc()
}
