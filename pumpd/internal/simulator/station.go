package simulator

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// StationConfig describes a Station.
type StationConfig struct {
	// Pumps by their unique numbers.
	Pumps []PumpConfig
	// Seed makes cars and faults repeatable.
	Seed uint64
	// Cars lets cars come from the start.
	Cars bool
	// Pace is how much faster than life the cars' own waits pass; 1 is
	// life. The flow of fuel is the pumps' own.
	Pace int64
	// Now is the clock.
	Now func() time.Time
	// Log tells what cars do, at debug level.
	Log *slog.Logger
}

// Station owns pumps, cars and faults under one mutex. It is safe for
// concurrent use.
type Station struct {
	config  StationConfig
	mu      sync.Mutex
	pumps   map[int]*Pump
	order   []int
	first   map[int]int64 // by station nozzle: totalizer when the station was first set up
	base    map[int]int   // by station nozzle: deliveries before this run
	at      map[int]place // by station nozzle
	traffic *traffic
	faults  map[string]*faultFeed
}

// place is where a nozzle is: its pump, and its number there from 1.
type place struct{ pump, nozzle int }

// step is how often Run moves pumps and cars: four times a display's own
// refresh is plenty, and cheap.
const step = 50 * time.Millisecond

// NewStation makes a station whose pumps are all at rest.
func NewStation(config StationConfig) (*Station, error) {
	config.Pace = max(config.Pace, 1)
	s := &Station{
		config: config, pumps: make(map[int]*Pump), first: make(map[int]int64),
		base: make(map[int]int), at: make(map[int]place), faults: make(map[string]*faultFeed),
	}
	for _, pc := range config.Pumps {
		if s.pumps[pc.Number] != nil {
			return nil, fmt.Errorf("simulator: pump %d is configured twice", pc.Number)
		}
		for i, n := range pc.Nozzles {
			if _, twice := s.first[n.Nozzle]; twice {
				return nil, fmt.Errorf("simulator: nozzle %d is configured twice", n.Nozzle)
			}
			s.first[n.Nozzle] = int64(n.Total)
			s.at[n.Nozzle] = place{pump: pc.Number, nozzle: i + 1}
		}
		s.pumps[pc.Number] = NewPump(pc)
		s.order = append(s.order, pc.Number)
	}
	s.traffic = newTraffic(config)
	return s, nil
}

// Do brings a pump up to now and calls fn with it, alone. It answers false
// if there is no such pump.
func (s *Station) Do(pump int, fn func(*Pump)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pumps[pump]
	if p == nil {
		return false
	}
	p.Advance(s.config.Now())
	fn(p)
	return true
}

// DoAt is Do by a station's nozzle; fn is also told its number at the pump.
func (s *Station) DoAt(nozzle int, fn func(p *Pump, n int)) bool {
	s.mu.Lock()
	at, ok := s.at[nozzle]
	s.mu.Unlock()
	return ok && s.Do(at.pump, func(p *Pump) { fn(p, at.nozzle) })
}

// View copies a pump as it is now; the zero View if there is no such pump.
func (s *Station) View(pump int) View {
	var v View
	s.Do(pump, func(p *Pump) { v = p.View() })
	return v
}

// Advance brings all pumps and cars up to now.
func (s *Station) Advance() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	for _, number := range s.order {
		p := s.pumps[number]
		p.Advance(now)
		s.traffic.move(p, now)
	}
}

// SetCars lets cars come, or no more. Those at a pump finish either way.
func (s *Station) SetCars(run bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic.open = run
}

// Run moves pumps and cars until ctx ends.
func (s *Station) Run(ctx context.Context) error {
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.Advance()
		}
	}
}

// NozzleTruth is what truly left one nozzle.
type NozzleTruth struct {
	Nozzle     int   `json:"nozzle"`
	First      int64 `json:"first_ml"`
	Totalizer  int64 `json:"totalizer_ml"`
	Deliveries int   `json:"deliveries"`
	// Busy says that a delivery runs, so that Totalizer is ahead of what
	// any finished sale can tell; Held, that a finished sale waits for
	// its release.
	Busy bool `json:"busy"`
	Held bool `json:"held"`
}

// Truth lists every nozzle in the order of the configuration, all at one moment.
func (s *Station) Truth() []NozzleTruth {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []NozzleTruth
	for _, number := range s.order {
		p := s.pumps[number]
		p.Advance(s.config.Now())
		for i, n := range p.config.Nozzles {
			out = append(out, NozzleTruth{
				Nozzle: n.Nozzle, First: s.first[n.Nozzle], Totalizer: int64(p.totals[i]),
				Deliveries: s.base[n.Nozzle] + p.counts[i],
				Busy:       p.phase >= flowing && p.flow.nozzle == i+1,
				Held:       p.held && p.last.Nozzle == i+1,
			})
		}
	}
	return out
}
