package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"forecourt/shared/wire"
)

// exchange is one request and its answer, for its log line. Only the
// request's own goroutine touches it.
type exchange struct {
	id      string
	who     string
	pattern string
	problem *wire.Problem
	cause   error
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	e, _ := ctx.Value(exchangeKey{}).(*exchange)
	return e
}

// failed notes why the answer is a problem.
func (e *exchange) failed(p *wire.Problem, cause error) { e.problem, e.cause = p, cause }

// known notes who asks.
func known(ctx context.Context, who string) {
	if e := exchangeOf(ctx); e != nil {
		e.who = who
	}
}

// watched is a ResponseWriter that remembers what was answered.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets the socket server reach what is below.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// around is everything that every request goes through: an id, a log line, a
// metric, headers, and an end to panics. The log line has no query, no header
// and no body: that is where secrets are.
func (a *api) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &exchange{id: a.deps.NewRequestID()}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
		ww := &watched{ResponseWriter: w}
		began := a.deps.Now()
		header(ww.Header(), r, e)
		defer func() {
			if crash := recover(); crash != nil {
				a.crashed(ww, r, crash)
			}
			a.record(ww, r, e, a.deps.Now().Sub(began))
		}()
		next.ServeHTTP(ww, r)
	})
}

// header sets what every answer carries. Nothing here is a page, so a browser
// gets no leave to do anything with it.
func header(h http.Header, r *http.Request, e *exchange) {
	h.Set("Request-Id", e.id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// crashed answers for a handler that panicked. The stack goes to the log only.
func (a *api) crashed(w *watched, r *http.Request, crash any) {
	if err, ok := crash.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(crash) // the server's own way to drop a connection
	}
	a.deps.Log.Error("a handler panicked", "panic", fmt.Sprint(crash), "stack", string(debug.Stack()))
	if w.status == 0 {
		writeProblem(w, r, wire.NewProblem(wire.ProblemInternal, ""), errors.New("panic"))
	}
}

// record writes the log line and the metric of one request.
func (a *api) record(w *watched, r *http.Request, e *exchange, took time.Duration) {
	status := w.status
	switch {
	case status == 0:
		status = http.StatusOK
	case status >= http.StatusInternalServerError && hungUp(r, e):
		status = statusHungUp
	}
	a.metrics.observe(e.pattern, status, took)
	attrs := []slog.Attr{
		slog.String("request", e.id), slog.String("method", clip(r.Method)), slog.String("path", clip(r.URL.Path)),
		slog.Int("status", status), slog.Int64("bytes", w.bytes), slog.Duration("took", took), slog.String("remote", r.RemoteAddr),
	}
	if e.who != "" {
		attrs = append(attrs, slog.String("who", e.who))
	}
	level := slog.LevelInfo
	if e.problem != nil {
		attrs = append(attrs, slog.String("problem", string(e.problem.Type)))
		if !personal[e.problem.Type] {
			attrs = append(attrs, slog.String("detail", e.problem.Detail))
		}
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		if status >= statusHungUp {
			attrs = append(attrs, slog.Any("error", e.cause))
		}
	}
	if quiet[e.pattern] && level == slog.LevelInfo {
		level = slog.LevelDebug
	}
	a.deps.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// statusHungUp stands in the log and the metrics for an answer that nobody waited
// for. It is what web servers have made customary, not of RFC 9110.
const statusHungUp = 499

// hungUp reports whether a request failed because whoever asked went away: a phone
// in a tunnel is no fault of the hub's, and nothing for its operator to look into.
func hungUp(r *http.Request, e *exchange) bool {
	return r.Context().Err() != nil && errors.Is(e.cause, context.Canceled)
}

// personal lists the problems whose detail tells whoever asked of themselves:
// it is for them and not for the log.
var personal = map[wire.ProblemType]bool{wire.ProblemTripRefused: true}

// quiet lists what is asked every few seconds by machines, and the files of
// pages, dozens at once.
var quiet = map[string]bool{"GET /healthz": true, "GET /metrics": true, "GET " + sitePath: true}

// maxLogged bounds what a client can put into a log line.
const maxLogged = 120

func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged] + "..."
	}
	return s
}

// route finds the handler, answers what has none with a problem, and notes the
// pattern for the metric.
func (a *api) route(w http.ResponseWriter, r *http.Request) {
	handler, pattern := a.mux.Handler(r)
	if pattern != "" {
		if e := exchangeOf(r.Context()); e != nil {
			e.pattern = pattern
		}
		a.mux.ServeHTTP(w, r)
		return
	}
	found := &headerOnly{header: http.Header{}}
	handler.ServeHTTP(found, r)
	p := wire.NewProblem(wire.ProblemNotFound, "no such address")
	if found.status == http.StatusMethodNotAllowed {
		p = wire.NewProblem(wire.ProblemBadRequest, "this address does not take that method")
		p.Status = found.status
		w.Header().Set("Allow", found.header.Get("Allow"))
	}
	writeProblem(w, r, p, nil)
}

// headerOnly hears what the mux would have answered.
type headerOnly struct {
	header http.Header
	status int
}

func (h *headerOnly) Header() http.Header         { return h.header }
func (h *headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (h *headerOnly) WriteHeader(status int)      { h.status = status }
