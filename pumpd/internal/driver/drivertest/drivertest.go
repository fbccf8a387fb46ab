// Package drivertest is the conformance suite that every driver runs against
// a simulated pump: what package driver promises, asked of each protocol.
//
// A protocol's test brings a Rig, which connects a face of a simulated
// station to a driver, and calls Run. Every reading and every sale that a
// driver gives is compared with what the simulated pump truly did, whatever
// is done to the line in between.
package drivertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
)

// The simulated pump that every rig gets, and the name of the fault feed
// that its face must ask for each frame it sends.
const (
	Pump = 1
	Face = "face"
)

// Rig connects one protocol's driver to one simulated pump.
type Rig struct {
	// Virtual runs each test in a synctest bubble, where waiting costs
	// nothing; the transport must then be in memory. Otherwise the pump
	// runs on a clock of its own that waiting moves.
	Virtual bool
	// Start connects pump Pump of the station, with its two nozzles, and
	// answers how to reach it. What it starts ends by t.Cleanup.
	Start func(t *testing.T, s *simulator.Station) Bench
}

// Bench is a started rig.
type Bench struct {
	// Point is the protocol's address of the pump.
	Point driver.Point
	// Open makes a driver on the line, as a restarted process would. The
	// one before is closed by then.
	Open func() driver.Driver
}

// Run runs the suite. What a driver has no capability for is not asked.
func Run(t *testing.T, rig Rig) {
	var probe driver.Driver
	rig.run(t, "Points", func(b *bench) {
		probe = b.driver
		b.pointsAreListed()
	})
	cases := mandatory()
	if _, ok := probe.(driver.Authorizer); ok {
		cases = append(cases, authorizing()...)
	}
	if _, ok := probe.(driver.Stopper); ok {
		cases = append(cases, stopping()...)
	}
	if _, ok := probe.(driver.EmergencyStopper); ok {
		cases = append(cases, testCase{"EmergencyStop", (*bench).emergencyStop})
	}
	if _, ok := probe.(driver.Suspender); ok {
		cases = append(cases, testCase{"SuspendAndResume", (*bench).suspendAndResume})
	}
	if _, ok := probe.(driver.Pricer); ok {
		cases = append(cases, pricing()...)
	}
	if _, ok := probe.(driver.Totalizer); ok {
		cases = append(cases, testCase{"Totals", (*bench).totals})
	}
	if _, ok := probe.(driver.Recaller); ok {
		cases = append(cases, testCase{"Recall", (*bench).recall})
	}
	for _, c := range cases {
		rig.run(t, c.name, c.do)
	}
	for seed := range rig.seeds() {
		for _, c := range faulty() {
			rig.run(t, fmt.Sprintf("%s/%d", c.name, seed), c.do, seed)
		}
	}
}

// seeds is how many different runs of bad luck each fault gets: virtual time
// makes them cheap.
func (r Rig) seeds() uint64 {
	const real, virtual = 1, 4
	if r.Virtual {
		return virtual
	}
	return real
}

type testCase struct {
	name string
	do   func(*bench)
}

// The simulated pump: two nozzles that have dispensed before, and a flow a
// little under a real one's.
const (
	firstPrice  = 750
	secondPrice = 798
	firstTotal  = 1_234_560
	secondTotal = 98_765_430
	flowPerSec  = 600
	startDelay  = 500 * time.Millisecond
)

// pollEvery is the pause between polls, a slow line's cycle.
const pollEvery = 100 * time.Millisecond

func (r Rig) run(t *testing.T, name string, do func(*bench), seed ...uint64) {
	t.Run(name, func(t *testing.T) {
		body := func(t *testing.T) { do(r.start(t, append(seed, 1)[0])) }
		if r.Virtual {
			synctest.Test(t, body)
		} else {
			body(t)
		}
	})
}

func (r Rig) start(t *testing.T, seed uint64) *bench {
	b := &bench{T: t, keys: make(map[string]driver.Sale)}
	now := time.Now
	b.sleep = time.Sleep
	if !r.Virtual {
		clock := &manualClock{at: time.Now()}
		now, b.sleep = clock.now, clock.add
	}
	s, err := simulator.NewStation(simulator.StationConfig{
		Pumps: []simulator.PumpConfig{{
			Number: Pump, FlowMLPerSecond: flowPerSec, StartDelay: startDelay,
			Nozzles: []simulator.NozzleConfig{
				{Nozzle: 1, Price: firstPrice, Total: firstTotal},
				{Nozzle: 2, Price: secondPrice, Total: secondTotal},
			},
		}},
		Seed: seed, Now: now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.station = s
	b.Bench = r.Start(t, s)
	b.driver = b.Open()
	t.Cleanup(func() { b.close() })
	return b
}

// manualClock is the pump's clock where time cannot be virtual.
type manualClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *manualClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *manualClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is one running test.
type bench struct {
	*testing.T
	Bench
	station *simulator.Station
	driver  driver.Driver
	sleep   func(time.Duration)
	keys    map[string]driver.Sale
	noisy   bool // faults are on: errors are expected
}

func (b *bench) close() {
	if err := b.driver.Close(); err != nil {
		b.Errorf("Close: %v", err)
	}
}

// restart closes the driver and makes a new one, as after a crash.
func (b *bench) restart() {
	b.close()
	b.driver = b.Open()
}

// pump does something to the simulated pump.
func (b *bench) pump(do func(*simulator.Pump)) { b.station.Do(Pump, do) }

func (b *bench) lift(n int) { b.pump(func(p *simulator.Pump) { p.Lift(n) }) }
func (b *bench) hang()      { b.pump((*simulator.Pump).Hang) }

// poll asks once and checks the answer against the truth.
func (b *bench) poll() (driver.Reading, error) {
	b.Helper()
	r, err := b.driver.Poll(b.Context(), b.Point)
	if err != nil {
		known := errors.Is(err, driver.ErrNoAnswer) || errors.Is(err, driver.ErrGarbled) ||
			(b.noisy && errors.Is(err, driver.ErrLine)) // a device that dials in is gone until it dials again
		if !known {
			b.Fatalf("Poll: %v, want ErrNoAnswer or ErrGarbled at worst", err)
		}
		return r, err
	}
	b.checkReading(r)
	return r, nil
}

// until polls until the reading is as wanted. It is bounded; a driver that
// never gets there fails.
func (b *bench) until(what string, want func(driver.Reading) bool) driver.Reading {
	b.Helper()
	const most = 400
	var r driver.Reading
	var err error
	for range most {
		r, err = b.poll()
		if err == nil && want(r) {
			return r
		}
		if err != nil && !b.noisy {
			b.Fatalf("waiting for %s: Poll: %v", what, err)
		}
		b.sleep(pollEvery)
	}
	b.Fatalf("never got to %s; last reading %+v, %v", what, r, err)
	return r
}

func (b *bench) untilState(s driver.State) driver.Reading {
	b.Helper()
	return b.until(s.String(), func(r driver.Reading) bool { return r.State == s })
}

// untilSale polls until exactly one finished sale is reported.
func (b *bench) untilSale() driver.Sale {
	b.Helper()
	r := b.until("a finished sale", func(r driver.Reading) bool { return len(r.Finished) > 0 })
	if len(r.Finished) != 1 {
		b.Fatalf("%d finished sales, want 1: %+v", len(r.Finished), r.Finished)
	}
	return r.Finished[0]
}

// release lets the sale go and polls until it is gone.
func (b *bench) release(s driver.Sale) {
	b.Helper()
	b.must("Release", func(ctx context.Context) error { return b.driver.Release(ctx, b.Point, s) })
	b.until("no sale after Release", func(r driver.Reading) bool { return len(r.Finished) == 0 })
}

// must runs an idempotent command; on a noisy line it may take a few tries.
func (b *bench) must(what string, do func(context.Context) error) {
	b.Helper()
	const tries = 40
	var err error
	for range tries {
		if err = do(b.Context()); err == nil {
			return
		}
		if !b.noisy {
			break
		}
		b.sleep(pollEvery)
	}
	b.Fatalf("%s: %v", what, err)
}
