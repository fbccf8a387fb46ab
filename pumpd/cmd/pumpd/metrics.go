package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"forecourt/pumpd/internal/journal"
	"forecourt/shared/wire"
)

// meter counts for Prometheus; it is a line.Meter.
type meter struct {
	registry               *prometheus.Registry
	looked, missed, garble *prometheus.CounterVec
	facts                  *prometheus.CounterVec
	connected              atomic.Bool
}

func newMeter(j *journal.Journal, now func() time.Time) *meter {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "forecourt", Subsystem: "pumpd", Name: name, Help: help}, []string{label})
	}
	m := &meter{
		registry: prometheus.NewRegistry(),
		looked:   counter("polls_total", "Looks at fuelling points that were answered.", "line"),
		missed:   counter("missed_total", "Looks that were not answered, or not readably.", "line"),
		garble:   counter("garbled_total", "Looks whose answer was no good frame.", "line"),
		facts:    counter("facts_total", "Facts journaled.", "kind"),
	}
	gauge := func(name, help string, value func() int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "forecourt", Subsystem: "pumpd", Name: name, Help: help},
			func() float64 { return float64(value()) })
	}
	m.registry.MustRegister(
		m.looked, m.missed, m.garble, m.facts,
		gauge("journal_bytes", "Size of the journal.", j.Bytes),
		gauge("journal_last_fact", "Number of the last fact.", func() int64 { return int64(j.Last()) }),
		gauge("journal_acked_fact", "Last fact that the hub acknowledged.", func() int64 { return int64(j.Acked()) }),
		gauge("oldest_unacked_seconds", "Age of the oldest fact that the hub has not acknowledged.", func() int64 {
			return int64(unackedAge(j, now()).Seconds())
		}),
		gauge("hub_connected", "1 while connected to the hub.", func() int64 {
			if m.connected.Load() {
				return 1
			}
			return 0
		}),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func unackedAge(j *journal.Journal, now time.Time) time.Duration {
	at, ok := j.OldestUnacked()
	if !ok {
		return 0
	}
	return max(0, now.Sub(at))
}

func (m *meter) Looked(line string)       { m.looked.WithLabelValues(line).Inc() }
func (m *meter) Missed(line string)       { m.missed.WithLabelValues(line).Inc() }
func (m *meter) Garbled(line string)      { m.garble.WithLabelValues(line).Inc() }
func (m *meter) Journaled(kind wire.Kind) { m.facts.WithLabelValues(string(kind)).Inc() }

// health is the answer of /healthz: the journal decides, the hub may be away.
type health struct {
	Journal          string `json:"journal"`
	HubConnected     bool   `json:"hub_connected"`
	OldestUnackedSec int64  `json:"oldest_unacked_seconds"`
}

// handler serves /metrics and /healthz.
func (m *meter) handler(j *journal.Journal, now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		h := health{Journal: "ok", HubConnected: m.connected.Load(), OldestUnackedSec: int64(unackedAge(j, now()).Seconds())}
		w.Header().Set("Content-Type", "application/json")
		if err := j.Room(); err != nil {
			h.Journal = err.Error()
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h) // the client may have gone
	})
	return mux
}
