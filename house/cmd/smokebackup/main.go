// Command smokebackup destroys a station's machine while it sells, brings it
// back from its backups with two sheets of paper, kills the hub in the middle of
// a backup, of a restore and before a switch, and counts what was lost. It
// exits non-zero on any miss.
//
//	smokebackup [-seed N] [-dir DIR]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"forecourt/house/internal/disaster"
	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
	"forecourt/shared/wire"
)

func main() {
	seed := flag.Uint64("seed", 7, "what decides when cars come")
	dir := flag.String("dir", "", "where everything is kept; a temporary directory if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *seed, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "smoke-backup: MISS:", err)
		stop()
		os.Exit(1)
	}
	fmt.Println("smoke-backup: all well")
}

func run(ctx context.Context, seed uint64, dir string) error {
	keep := dir != ""
	if !keep {
		made, err := os.MkdirTemp("", "forecourt-backup-")
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
	report, err := disaster.Run(ctx, disaster.Options{
		House: house.Options{Bin: filepath.Dir(self), Dir: dir, Lines: plan.Varied(), Speed: 40, Seed: seed},
		Sell:  20 * time.Second, Progress: os.Stdout,
	})
	print(report, time.Since(began))
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return fmt.Errorf("%w (logs in %s)", err, dir)
	}
	if keep {
		return nil
	}
	return os.RemoveAll(dir)
}

func print(r disaster.Report, took time.Duration) {
	fmt.Printf("machine destroyed     with %d nozzles delivering; %d deliveries while there was no hub\n", r.Busy, r.Away)
	show("everything lost", r.Machine)
	show("to a moment, serving", r.Moment)
	show("a backup, hub killed", r.Planned)
	fmt.Printf("killed in the middle  of a backup at %v, of a restore at %v: the live data untouched\n", r.Kills[wire.BackupMaking], r.Kills[wire.BackupRestoring])
	fmt.Printf("pictures              %d of %d came back with the machine: the first was in the backup, the second came after it\n", r.Pictures, r.Sent)
	fmt.Printf("raw search            %d MiB of backups: no name, no phone, of members or staff\n", r.Searched>>20)
	fmt.Printf("sales known before    %d, all there as they were\n", r.Kept)
	for line := range strings.Lines(r.Verified) {
		fmt.Printf("hub verify            %s", line)
	}
	fmt.Printf("took                  %v\n", took.Round(time.Second))
}

// show prints a return from the backups.
func show(what string, r disaster.Return) {
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
	fmt.Printf("%-21s changes lost %.3f s; sales lost after pumpd told them again %d; payments lost %d\n",
		what, r.Lost.Changes().Seconds(), r.Count.Dispensed-r.Count.Stored, len(r.Lost.Payments))
	for _, p := range r.Lost.Payments {
		fmt.Printf("                      - %s, acknowledged %d ms before the end\n", p.Paid.Symbol(), r.Lost.At.Sub(p.At).Milliseconds())
	}
	if r.Told != nil {
		fmt.Printf("                      foretold: %d sales, %d payments of %s\n", r.Told.Sales, r.Told.Payments, r.Told.Amount.Symbol())
	}
	fmt.Printf("                      without a hub for %s; restoring and proving took %s\n", seconds(r.Down), seconds(r.Restore))
	fmt.Printf("                      then dispensed %d, stored %d, paid %d; %s L, %s\n",
		r.Count.Dispensed, r.Count.Stored, r.Count.Paid, r.Count.Litres, r.Count.Money.Symbol())
}
