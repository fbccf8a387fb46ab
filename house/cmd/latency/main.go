// Command latency measures pump to screen: from the last byte of a
// dispenser's reply on a simulated line to the frame at a subscribed client,
// with 8, 64 and 512 nozzles fuelling at once on one hub, split into stages.
//
// The line is tapped from outside, so the first moment does not depend on what
// our own driver thinks. All clocks are this machine's. The wait for the next
// poll is the line's own and is shown apart, as the time between two readings
// of one nozzle.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
	"forecourt/house/internal/robot"
	"forecourt/house/internal/scenario"
	"forecourt/house/internal/tap"
	"forecourt/shared/unit"
)

// goalP99 is the promise, for 64 nozzles.
const (
	goalP99     = 50 * time.Millisecond
	goalNozzles = 64
)

func main() {
	seconds := flag.Int("seconds", 10, "how long each size is measured each time")
	repeats := flag.Int("repeats", 3, "how often each size is measured")
	only := flag.Int("only", 0, "measure this many nozzles only")
	flag.Parse()
	sizes := []int{8, goalNozzles, 512}
	if *only > 0 {
		sizes = []int{*only}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	met, err := run(ctx, sizes, *repeats, time.Duration(*seconds)*time.Second)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(2)
	}
	if !met {
		os.Exit(1)
	}
}

// run measures every size as often as asked, the order rotated, and reports
// whether the goal was met.
func run(ctx context.Context, sizes []int, repeats int, span time.Duration) (bool, error) {
	fmt.Printf("pump to client, %d cores, %d times %v a size, order rotated; medians over the repetitions, ranges in brackets\n", runtime.NumCPU(), repeats, span)
	fmt.Println("half the lines jsonPTS (100 ms pace), half DART at 9600 baud, at most 8 nozzles a line, every nozzle fuelling")
	measured := map[int][]stages{}
	for r := range repeats {
		for i := range sizes {
			n := sizes[(i+r)%len(sizes)]
			m, err := measure(ctx, n, span)
			if err != nil {
				return false, fmt.Errorf("measuring %d nozzles: %w", n, err)
			}
			measured[n] = append(measured[n], m)
		}
	}
	fmt.Printf("%8s %9s  %-34s %-17s %-17s %-17s %s\n", "nozzles", "readings", "whole, p50 and p99", "line to pumpd", "pumpd to board", "board to client", "between two readings")
	met := true
	for _, n := range sizes {
		fmt.Printf("%8d %s", n, row(measured[n]))
		if n == goalNozzles {
			verdict := "PASS"
			if worst := slices.Max(each(measured[n], whole, 99)); worst == 0 || worst >= goalP99 {
				verdict, met = "MISS", false
			}
			fmt.Printf("  every p99 < %v: %s", goalP99, verdict)
		}
		fmt.Println()
	}
	return met, nil
}

// row prints one size.
func row(runs []stages) string {
	readings := 0
	for _, r := range runs {
		readings += len(r.whole)
	}
	p50, p99 := each(runs, whole, 50), each(runs, whole, 99)
	text := fmt.Sprintf("%9d  %-34s", readings, ms(middle(p50))+" / "+ms(middle(p99))+" ["+ms(slices.Min(p99))+"-"+ms(slices.Max(p99))+"]")
	for _, stage := range []func(stages) []time.Duration{
		func(s stages) []time.Duration { return s.line },
		func(s stages) []time.Duration { return s.bridge },
		func(s stages) []time.Duration { return s.fan },
	} {
		text += fmt.Sprintf(" %-17s", ms(middle(each(runs, stage, 50)))+" / "+ms(middle(each(runs, stage, 99))))
	}
	between := func(s stages) []time.Duration { return s.between }
	return text + " " + ms(middle(each(runs, between, 50)))
}

func whole(s stages) []time.Duration { return s.whole }

// each is a percentile of one stage in every repetition.
func each(runs []stages, stage func(stages) []time.Duration, percent int) []time.Duration {
	var out []time.Duration
	for _, r := range runs {
		out = append(out, scenario.Percentile(stage(r), percent))
	}
	return out
}

func middle(d []time.Duration) time.Duration {
	return scenario.Percentile(sorted(slices.Clone(d)), 50)
}

// measure runs one size.
func measure(ctx context.Context, n int, span time.Duration) (stages, error) {
	dir, err := os.MkdirTemp("", "forecourt-latency-")
	if err != nil {
		return stages{}, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return stages{}, err
	}
	lines := plan.Even(n)
	taps := map[string]*tap.Tap{}
	defer func() {
		for _, t := range taps {
			t.Close()
		}
	}()
	h, err := house.Open(ctx, house.Options{
		Bin: filepath.Dir(self), Dir: dir, Lines: lines, Baud: 9600, LogLevel: "warn",
		Tap: func(line, to string) (string, error) {
			t, err := tap.Open(to)
			if err != nil {
				return "", err
			}
			taps[line] = t
			return t.Address(), nil
		},
	})
	if err != nil {
		return stages{}, err
	}
	defer h.Close()
	r := newRecorder(lines, taps)
	if err := follow(ctx, h, r, n, span); err != nil {
		return stages{}, err
	}
	return r.stages(), nil
}

// follow lets every nozzle fuel and a client watch for a while.
func follow(ctx context.Context, h *house.House, r *recorder, n int, span time.Duration) error {
	client, session, err := h.Till(ctx, "latency")
	if err != nil {
		return err
	}
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	till := robot.New(client, session, h.IDs(), r.see)
	ended := make(chan error, 1)
	go func() { ended <- till.Follow(watch) }()
	if err := awaitIdle(ctx, till, n); err != nil {
		return err
	}
	for nozzle := 1; nozzle <= n; nozzle++ {
		const enough unit.Fen = 90_000 // more than flows in the time
		if err := h.Truth.Lift(ctx, nozzle, enough); err != nil {
			return err
		}
	}
	r.start(time.Now().Add(5*time.Second), span) // the lifts and first drops are not steady
	select {
	case <-ctx.Done():
	case <-time.After(span + 6*time.Second):
	}
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	return till.FoldError()
}

// awaitIdle waits until every nozzle is seen idle.
func awaitIdle(ctx context.Context, till *robot.Robot, n int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		idle := 0
		for _, nozzle := range till.Nozzles() {
			if nozzle.State == "idle" && nozzle.Price > 0 {
				idle++
			}
		}
		if idle == n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d nozzles are idle: %w", idle, n, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func ms(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func sorted(d []time.Duration) []time.Duration {
	slices.Sort(d)
	return d
}
