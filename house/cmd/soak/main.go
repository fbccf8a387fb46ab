// Command soak kills pumpd, the hub and its database at 200 random moments
// while a station sells, and counts every litre and fen afterwards.
//
//	soak [-kills N] [-seed N] [-dir DIR]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/scenario"
)

func main() {
	kills := flag.Int("kills", 200, "programs to kill")
	seed := flag.Uint64("seed", 1, "what decides when and which")
	dir := flag.String("dir", "", "where everything is kept; a temporary directory if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *kills, *seed, *dir)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak: MISS:", err)
		os.Exit(1)
	}
	fmt.Println("soak: all well")
}

func run(ctx context.Context, kills int, seed uint64, dir string) error {
	keep := dir != ""
	if !keep {
		made, err := os.MkdirTemp("", "forecourt-soak-")
		if err != nil {
			return err
		}
		dir = made
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	began := time.Now()
	report, err := scenario.Run(ctx, scenario.Options{
		House: house.Options{Bin: filepath.Dir(self), Dir: dir, Speed: 30, Seed: seed},
		Kills: kills, Seed: seed, BetweenMin: 300 * time.Millisecond, BetweenMax: 3 * time.Second,
		Progress: os.Stdout,
	})
	fmt.Printf("sales dispensed %d, stored %d, paid %d; %s L, %s\n", report.Dispensed, report.Stored, report.Paid, report.Litres, report.Money.Symbol())
	fmt.Printf("kills pumpd %d, hub %d, mariadbd %d in %v; started again by themselves %d\n",
		report.Kills["pumpd"], report.Kills["hub"], report.Kills["mariadbd"], time.Since(began).Round(time.Second), report.Revived)
	if err == nil {
		err = report.Err()
	}
	if err == nil && (report.Dispensed != report.Stored || report.Stored != report.Paid) {
		err = fmt.Errorf("the three counts are not equal")
	}
	if err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	if keep {
		return nil
	}
	return os.RemoveAll(dir)
}
