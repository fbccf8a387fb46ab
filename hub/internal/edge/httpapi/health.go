package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// healthTimeout bounds a look at the hub's health.
const healthTimeout = 2 * time.Second

// StationHealth is how one station's live side is doing.
type StationHealth struct {
	// Station is which.
	Station id.Station `json:"station"`
	// DeviceSeenMS is how long ago pumpd last spoke; -1 if it is away.
	DeviceSeenMS int64 `json:"device_seen_ms"`
	// OldestUnackedMS is the age of the oldest fact pumpd still holds.
	OldestUnackedMS int64 `json:"oldest_unacked_ms"`
	// Offline counts the nozzles that do not answer, of Nozzles in all.
	Offline int `json:"offline"`
	Nozzles int `json:"nozzles"`
}

// Health is the answer of /healthz.
type Health struct {
	// Status is "ok", "degraded" (screens live, but the database or a pumpd
	// is away) or "down" (the boards cannot be served).
	Status string `json:"status"`
	// Database is "ok" or "away".
	Database string `json:"database"`
	// Version is the program's, told to operators only; Protocol the socket's.
	Version  string `json:"version,omitempty"`
	Protocol int    `json:"protocol"`
	// Now is the hub's clock.
	Now time.Time `json:"now"`
	// Stations holds each station's live side, for operators: who asks on this
	// machine, or from an address that may read the metrics.
	Stations []StationHealth `json:"stations"`
}

// health registers what operators and their machines ask.
func (a *api) health() {
	a.mux.HandleFunc("GET /healthz", a.healthz)
	exposed := promhttp.HandlerFor(a.deps.Metrics, promhttp.HandlerOpts{Registry: a.deps.Metrics})
	a.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !a.inside(r) {
			writeProblem(w, r, wire.NewProblem(wire.ProblemForbidden, "metrics are read on this machine, or from an address in the configuration"), nil)
			return
		}
		exposed.ServeHTTP(w, r)
	})
}

// healthz answers 503 only when the boards cannot be served: with the
// database away pumps go on and screens stay live, and a restart would make
// it worse.
func (a *api) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	h := Health{Status: "ok", Database: "ok", Version: a.deps.Version, Protocol: wire.Version, Now: a.deps.Now()}
	code := http.StatusOK
	if err := a.deps.Ping(ctx); err != nil {
		h.Status, h.Database = "degraded", "away"
	}
	stations, err := a.deps.Stations(ctx)
	h.Stations = append([]StationHealth{}, stations...)
	for _, s := range stations {
		if s.DeviceSeenMS < 0 {
			h.Status = "degraded"
		}
	}
	if err != nil {
		h.Status, code = "down", http.StatusServiceUnavailable
	}
	if !a.inside(r) {
		h.Version, h.Stations = "", []StationHealth{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(h) // the client may be gone
}

// inside reports whether a request comes from this machine, or from an address
// of the configuration. One that came through a proxy is the proxy's client's.
func (a *api) inside(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	addr := peer.Addr().Unmap()
	if addr.IsLoopback() {
		return true
	}
	for _, p := range a.deps.MetricsFrom {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
