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
	online      *prometheus.GaugeVec
	published   *prometheus.CounterVec
	frames      prometheus.Counter
	messages    prometheus.Counter
	bytes       prometheus.Counter
	skipped     prometheus.Counter
	refused     prometheus.Counter
	refusedJoin prometheus.Counter
	closes      *prometheus.CounterVec
	rounds      prometheus.Counter
	built       prometheus.Counter
	reused      prometheus.Counter
	handed      prometheus.Counter
	resyncs     prometheus.Counter
	changes     prometheus.Counter
	send        *latency
}

// sendBuckets are seconds; the goal from pump to screen is 0.05.
func sendBuckets() []float64 {
	return []float64{.001, .002, .005, .01, .015, .02, .03, .05, .1, .2, .5, 1, 5}
}

// NewMetrics registers the metrics of the sockets.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: "forecourt_live_" + name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: "forecourt_live_" + name, Help: help}, []string{label})
	}
	gauges := func(name, help, label string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: "forecourt_live_" + name, Help: help}, []string{label})
	}
	send := newLatency("forecourt_live_send_seconds",
		"From the arrival of a pumpd's status (or the commit of a sale) to the end of the write to a socket.", sendBuckets())
	reg.MustRegister(send)
	return &Metrics{
		connections: gauges("connections", "Sockets that said hello, by who holds them.", "peer"),
		online:      gauges("online", "People who are there, however many sockets they have.", "who"),
		published:   counters("published_total", "Frames published, by class.", "class"),
		frames:      counter("frames_sent_total", "Frames written to sockets."),
		messages:    counter("messages_sent_total", "Messages written to sockets; one carries several frames."),
		bytes:       counter("sent_bytes_total", "Bytes of messages written to sockets."),
		skipped:     counter("ticks_skipped_total", "Ticks that newer ones replaced before they were sent."),
		refused:     counter("refused_total", "Hellos and messages that were refused."),
		refusedJoin: counter("refused_joins_total", "Channels that were refused or taken away."),
		closes:      counters("closed_total", "Sockets closed, by close code; 4008 is a slow reader.", "code"),
		rounds:      counter("rounds_total", "Rounds of the writer shards."),
		built:       counter("batches_built_total", "Batches encoded for a position of a channel."),
		reused:      counter("batches_reused_total", "Batches sent again to another socket at the same position."),
		handed:      counter("handovers_total", "Sockets that could not be written at once and were given a goroutine."),
		resyncs:     counter("resyncs_total", "Readers that fell behind and were put onto a snapshot."),
		changes:     counter("presence_changes_total", "People who came or went."),
		send:        send,
	}
}

// tally is what has left to some sockets and is not counted yet; counting for
// every socket alone would cost as much as a good part of its write.
type tally struct {
	messages, frames, bytes int
	built, reused           int
	skipped                 uint64
	live                    []usage
}

// usage is how many readers have just had a batch that was news to them.
type usage struct {
	batch   *batch
	readers uint64
}

// add takes in what has left to one socket.
func (t *tally) add(out *output) {
	t.messages += out.messages
	t.frames += out.frames
	t.bytes += out.bytes
	t.built += out.built
	t.reused += out.reused
	t.skipped += out.skipped
	for _, b := range out.live {
		t.used(b)
	}
}

func (t *tally) used(b *batch) {
	for i := len(t.live) - 1; i >= 0; i-- {
		if t.live[i].batch == b {
			t.live[i].readers++
			return
		}
	}
	t.live = append(t.live, usage{b, 1})
}

// sent counts what a tally holds and empties it.
func (m *Metrics) sent(t *tally, now time.Time) {
	if t.messages == 0 {
		return
	}
	m.messages.Add(float64(t.messages))
	m.frames.Add(float64(t.frames))
	m.bytes.Add(float64(t.bytes))
	m.built.Add(float64(t.built))
	m.reused.Add(float64(t.reused))
	m.skipped.Add(float64(t.skipped))
	for _, u := range t.live {
		for _, at := range u.batch.stamps {
			m.send.observe(max(0, now.Sub(at).Seconds()), u.readers)
		}
	}
	clear(t.live)
	*t = tally{live: t.live[:0]}
}

// closed counts a connection's end. Codes outside the catalogue are one.
func (m *Metrics) closed(code int) {
	label := "other"
	if reason(code) != "" {
		label = strconv.Itoa(code)
	}
	m.closes.WithLabelValues(label).Inc()
}
