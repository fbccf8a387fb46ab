// Command smoke starts the real programs, lets simulated cars fuel through
// each protocol while a till takes their money, kills each program on the way,
// lets a driver and an agent talk while the hub is killed, shows what each role
// receives of one member and that an altered log is found, and prints what was
// counted. It exits non-zero on any miss.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
	"forecourt/house/internal/scenario"
)

// goalP99 is the promise of pump to screen.
const goalP99 = 50 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "smoke: MISS:", err)
		stop()
		os.Exit(1)
	}
	fmt.Println("smoke: all well")
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "forecourt-smoke-")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	began := time.Now()
	report, err := scenario.Run(ctx, scenario.Options{
		House: house.Options{Bin: filepath.Dir(self), Dir: dir, Lines: plan.Varied(), Speed: 30, Seed: 7},
		Kills: 6, Seed: 7, BetweenMin: 1500 * time.Millisecond, BetweenMax: 2500 * time.Millisecond, AtLeast: 20 * time.Second,
		Progress: os.Stdout,
	})
	print(report, time.Since(began))
	if err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	if err := verdict(report); err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	if err := converse(ctx, filepath.Dir(self), filepath.Join(dir, "talk")); err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	if err := share(ctx, filepath.Dir(self), filepath.Join(dir, "privacy")); err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	return os.RemoveAll(dir)
}

func print(r scenario.Report, took time.Duration) {
	label := "deliveries traced"
	for _, t := range r.Traces {
		fmt.Printf("%-21s %s: %d of %d, %d points\n", label, t.Way, t.Traced, t.Sales, t.Points)
		label = ""
	}
	fmt.Printf("sales                 dispensed %d, stored %d, paid %d\n", r.Dispensed, r.Stored, r.Paid)
	fmt.Printf("litres, money         %s L, %s\n", r.Litres, r.Money.Symbol())
	fmt.Printf("kills survived        pumpd %d, hub %d, mariadbd %d\n", r.Kills["pumpd"], r.Kills["hub"], r.Kills["mariadbd"])
	fmt.Printf("pump to client        p50 %v, p99 %v over %d readings (goal p99 < %v)\n",
		scenario.Percentile(r.Latency, 50).Round(10*time.Microsecond), scenario.Percentile(r.Latency, 99).Round(10*time.Microsecond), len(r.Latency), goalP99)
	fmt.Printf("took                  %v\n", took.Round(time.Second))
}

func verdict(r scenario.Report) error {
	if err := r.Err(); err != nil {
		return err
	}
	if r.Dispensed == 0 || r.Dispensed != r.Stored || r.Stored != r.Paid {
		return fmt.Errorf("dispensed %d, stored %d, paid %d are not equal", r.Dispensed, r.Stored, r.Paid)
	}
	const ways = 3 // of plan.Varied
	if len(r.Traces) != ways {
		return fmt.Errorf("deliveries came in %d ways, not %d", len(r.Traces), ways)
	}
	for _, t := range r.Traces {
		if err := t.Err(); err != nil {
			return err
		}
	}
	for _, victim := range []string{"pumpd", "hub", "mariadbd"} {
		if r.Kills[victim] == 0 {
			return fmt.Errorf("%s was never killed", victim)
		}
	}
	if p99 := scenario.Percentile(r.Latency, 99); len(r.Latency) == 0 || p99 >= goalP99 {
		return fmt.Errorf("pump to client took %v", p99)
	}
	return nil
}
