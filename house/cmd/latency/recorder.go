package main

import (
	"sync"
	"time"

	"forecourt/house/internal/plan"
	"forecourt/house/internal/tap"
	"forecourt/shared/wire"
)

// stages are the sorted times of each stage.
type stages struct {
	whole, line, bridge, fan, between []time.Duration
}

// recorder takes the time of every reading that arrives.
type recorder struct {
	lineOf map[int]*tap.Tap

	mu          sync.Mutex
	from, until time.Time
	seen        []sample
	last        map[int]time.Time
	between     []time.Duration
}

// sample is one reading on its way.
type sample struct {
	nozzle               int
	answered, board, got time.Time
}

func newRecorder(lines []plan.Line, taps map[string]*tap.Tap) *recorder {
	r := &recorder{lineOf: map[int]*tap.Tap{}, last: map[int]time.Time{}}
	for _, l := range lines {
		for _, p := range l.Points {
			for _, n := range p.Nozzles {
				r.lineOf[n] = taps[l.Name]
			}
		}
	}
	return r
}

// start says which span counts.
func (r *recorder) start(from time.Time, span time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.from, r.until = from, from.Add(span)
}

// see takes a frame as it arrives.
func (r *recorder) see(f wire.Frame) {
	if f.K != wire.KindReading {
		return
	}
	got := time.Now()
	reading, err := wire.Read[wire.Reading](f.D)
	if err != nil || reading.SeenAt.IsZero() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if got.Before(r.from) || got.After(r.until) {
		return
	}
	r.seen = append(r.seen, sample{reading.Number, reading.SeenAt, f.At, got})
	if before, ok := r.last[reading.Number]; ok {
		r.between = append(r.between, reading.SeenAt.Sub(before))
	}
	r.last[reading.Number] = reading.SeenAt
}

// stages splits each reading's time: the reply's last byte on the line,
// pumpd's clock when it had read it, the hub's clock when the board had it,
// the client's when the frame was there.
func (r *recorder) stages() stages {
	r.mu.Lock()
	defer r.mu.Unlock()
	var s stages
	for _, one := range r.seen {
		reply, ok := r.lineOf[one.nozzle].LastBefore(one.answered)
		if !ok {
			continue
		}
		s.whole = append(s.whole, one.got.Sub(reply))
		s.line = append(s.line, one.answered.Sub(reply))
		s.bridge = append(s.bridge, one.board.Sub(one.answered))
		s.fan = append(s.fan, one.got.Sub(one.board))
	}
	s.between = sorted(r.between)
	sorted(s.whole)
	sorted(s.line)
	sorted(s.bridge)
	sorted(s.fan)
	return s
}
