// Linebench measures how close the DART driver comes to what a 9600-baud line
// allows: the time to poll every address once, for 1, 8 and 32 addresses, at
// rest and with every one of them fuelling.
//
// The line is in memory and carries bytes at 9600 baud, 11 bits each, in real
// time. The arithmetic minimum of a cycle is what its own bytes take, plus
// the simulated dispensers' fixed turnaround for each question, plus the gap
// that the driver documents after each word on the line. The driver's own
// work, its timers and the scheduler are what comes on top.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/port"
	"forecourt/pumpd/internal/simulator"
)

const (
	baud = 9600
	// repetitions of each measurement, rotated over all cases.
	repetitions = 5
	// goal is the most that a cycle may take, over its minimum.
	goal = 1.2
	// pollsEach is how many polls one measurement has at least.
	pollsEach = 16
	// patience lets a stall of this machine show as time, not as a torn
	// answer; it is in nobody's way otherwise.
	patience = 500 * time.Millisecond
	// bound ends a run that hangs.
	bound = 55 * time.Second
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	ok, err := run(ctx, os.Stdout, time.Now)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "linebench:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// benchCase is one line with its measurements.
type benchCase struct {
	addresses int
	busy      bool
	line      *countedLine
	driver    *dart.Driver
	took      []time.Duration // per cycle
	least     []time.Duration
}

func (c *benchCase) name() string {
	load := "idle"
	if c.busy {
		load = "fuelling"
	}
	return fmt.Sprintf("%2d addresses, %s", c.addresses, load)
}

// run measures and prints; it answers whether every case met the goal.
func run(ctx context.Context, out io.Writer, now func() time.Time) (bool, error) {
	cases, stop, err := startAll(ctx, now)
	defer stop()
	if err != nil {
		return false, err
	}
	for rep := range repetitions {
		for i := range cases {
			if err := cases[(i+rep)%len(cases)].measure(ctx, now); err != nil {
				return false, err
			}
		}
	}
	fmt.Fprintf(out, "DART poll cycle at %d baud, %d bits a byte; turnaround %v, gap %v; %d repetitions, rotated\n",
		baud, dart.BitsPerByte, simulator.DefaultTurnaround, dart.DefaultGap, repetitions)
	all := true
	for _, c := range cases {
		all = c.print(out) && all
	}
	return all, nil
}

// startAll starts every case, all at once, since getting to know a line takes
// longer than measuring it. They are measured one after the other.
func startAll(ctx context.Context, now func() time.Time) (cases []*benchCase, stop func(), err error) {
	for _, addresses := range []int{1, 8, 32} {
		cases = append(cases, &benchCase{addresses: addresses}, &benchCase{addresses: addresses, busy: true})
	}
	stops, errs := make([]func(), len(cases)), make([]error, len(cases))
	var starting sync.WaitGroup
	for i, c := range cases {
		starting.Go(func() { stops[i], errs[i] = c.start(ctx, now) })
	}
	starting.Wait()
	stop = func() {
		for _, s := range stops {
			if s != nil {
				s()
			}
		}
	}
	return cases, stop, errors.Join(errs...)
}

// start builds the line and brings the driver to know every address.
func (c *benchCase) start(ctx context.Context, now func() time.Time) (stop func(), err error) {
	station, sides, err := c.station(now)
	if err != nil {
		return nil, err
	}
	wire := port.NewWire(baud, false, now)
	face, err := simulator.NewDART(station, simulator.DARTConfig{
		Name: "line", Sides: sides, Turnaround: simulator.DefaultTurnaround, Now: now,
	})
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- face.Serve(ctx, wire.Device()) }()
	stop = func() {
		_ = wire.Close()
		<-done
	}
	c.line = &countedLine{Line: wire.Host(), wire: wire}
	config := dart.Config{Now: now, Timings: dart.Timings{Answer: patience, InterByte: patience}}
	for _, s := range sides {
		config.Points = append(config.Points, dart.Side{Address: s.Address, Nozzles: 1})
	}
	if c.driver, err = dart.New(c.line, config); err == nil {
		err = c.cycle(ctx)
	}
	if err == nil {
		err = c.cycle(ctx) // the first brought everything that had to be told once
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// station makes the pumps; busy ones are fuelling without a bound that a run
// could reach.
func (c *benchCase) station(now func() time.Time) (*simulator.Station, []simulator.DARTSide, error) {
	config := simulator.StationConfig{Now: now}
	var sides []simulator.DARTSide
	for i := range c.addresses {
		config.Pumps = append(config.Pumps, simulator.PumpConfig{
			Number: i, FlowMLPerSecond: 667,
			Nozzles: []simulator.NozzleConfig{{Nozzle: i + 1, Price: 750}},
		})
		sides = append(sides, simulator.DARTSide{Address: dart.FirstAddress + byte(i), Pump: i})
	}
	s, err := simulator.NewStation(config)
	if err != nil || !c.busy {
		return s, sides, err
	}
	for i := range c.addresses {
		s.Do(i, func(p *simulator.Pump) {
			p.Lift(1)
			err = p.Authorize(driver.Order{Nozzle: 1})
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return s, sides, nil
}

// cycle polls every address once.
func (c *benchCase) cycle(ctx context.Context) error {
	for _, p := range c.driver.Points() {
		r, err := c.driver.Poll(ctx, p)
		if err != nil {
			return err
		}
		if busy := r.State == driver.Fuelling; busy != c.busy {
			return fmt.Errorf("address %02X is %s", int(p), r.State)
		}
	}
	return nil
}

// measure times some cycles and works out the least they could have taken.
func (c *benchCase) measure(ctx context.Context, now func() time.Time) error {
	cycles := max(1, pollsEach/c.addresses)
	c.line.reset()
	begin := now()
	for range cycles {
		if err := c.cycle(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
	}
	took := now().Sub(begin)
	c.took = append(c.took, took/time.Duration(cycles))
	c.least = append(c.least, c.line.least()/time.Duration(cycles))
	return nil
}

// print shows median and range; the ratio is the median of the repetitions'
// own ratios.
func (c *benchCase) print(out io.Writer) bool {
	ratios := make([]float64, len(c.took))
	for i := range c.took {
		ratios[i] = c.took[i].Seconds() / c.least[i].Seconds()
	}
	slices.Sort(ratios)
	slices.Sort(c.took)
	slices.Sort(c.least)
	mid := len(ratios) / 2
	verdict := "PASS"
	if ratios[mid] > goal {
		verdict = "MISS"
	}
	fmt.Fprintf(out, "%-24s cycle %8.1f ms (%.1f-%.1f), minimum %8.1f ms, ratio %.3f (%.3f-%.3f), goal <= %.1f: %s\n",
		c.name(), milli(c.took[mid]), milli(c.took[0]), milli(c.took[len(c.took)-1]), milli(c.least[mid]),
		ratios[mid], ratios[0], ratios[len(ratios)-1], goal, verdict)
	return verdict == "PASS"
}

func milli(d time.Duration) float64 { return d.Seconds() * 1000 }

// countedLine counts what the arithmetic needs.
type countedLine struct {
	driver.Line
	wire      *port.Wire
	before    int // bytes carried at the last reset
	words     int // frames sent by the host
	questions int // of those, frames that are answered
}

// Send counts a frame: ACK and NAK are not answered.
func (l *countedLine) Send(ctx context.Context, frame []byte) error {
	l.words++
	if kind := dart.Kind(frame[1] >> 4); kind != dart.Ack && kind != dart.Nak {
		l.questions++
	}
	return l.Line.Send(ctx, frame)
}

func (l *countedLine) reset() { l.before, l.words, l.questions = l.wire.Carried(), 0, 0 }

// least is what the line itself needed since reset.
func (l *countedLine) least() time.Duration {
	bytes := l.wire.Carried() - l.before
	return time.Duration(bytes)*dart.BitsPerByte*time.Second/baud +
		time.Duration(l.questions)*simulator.DefaultTurnaround + time.Duration(l.words)*dart.DefaultGap
}
