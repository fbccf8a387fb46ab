package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"forecourt/shared/wire"
)

// figures is what was measured with one number of writers.
type figures struct {
	writers      int
	ahead        int  // sales that each writer keeps in flight
	judged       bool // whether the goal is for these
	bare, settle []float64
	ratio        []float64 // of each repetition
	again        uint64    // transactions that had to be run again
}

// compare measures and reports.
func (b *bench) compare(ctx context.Context, repeats int, each time.Duration) error {
	const window = wire.MaxFactsInFlight
	all := []*figures{
		{writers: 1, ahead: window, judged: true},
		{writers: 8, ahead: window / 8, judged: true},
		{writers: 64, ahead: window / 64, judged: true},
		{writers: 1, ahead: 1},
	}
	if err := b.measure(ctx, &figures{writers: 8, ahead: 1}, true, warmUp); err != nil {
		return err
	}
	for r := range repeats {
		for i := range all {
			// Every number of writers takes every place in the order, and
			// each side goes first as often as the other.
			if err := b.measure(ctx, all[(i+r)%len(all)], (i+r)%2 == 0, each); err != nil {
				return err
			}
		}
	}
	return b.report(ctx, all, repeats, each)
}

// measure takes one pair of figures.
func (b *bench) measure(ctx context.Context, f *figures, bareFirst bool, each time.Duration) error {
	var bare, settled float64
	sides := []func() error{
		func() (err error) {
			bare, err = rate(f.writers, each, func(until time.Time) (int, error) { return b.bare(ctx, until) })
			return err
		},
		func() (err error) {
			before := b.db.Retries()
			settled, err = rate(f.writers, each, func(until time.Time) (int, error) { return b.settle(ctx, f.ahead, until) })
			f.again += b.db.Retries() - before
			return err
		},
	}
	if !bareFirst {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		if err := side(); err != nil {
			return err
		}
	}
	f.bare, f.settle, f.ratio = append(f.bare, bare), append(f.settle, settled), append(f.ratio, settled/bare)
	return nil
}

// report prints the figures and says whether the goal was reached.
func (b *bench) report(ctx context.Context, all []*figures, repeats int, each time.Duration) error {
	fmt.Printf("full settlement (sale + ledger + outbox) against a bare two-row insert, durable, medians of %d x %s\n", repeats, each)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "writers\tin flight\tbare/s\trange\tsettled/s\trange\tratio\trange\trun again\t\t")
	passed := true
	for _, f := range all {
		verdict := "PASS"
		switch {
		case !f.judged:
			verdict = "-"
		case median(f.ratio)*100 < goal || f.again > 0:
			verdict, passed = "MISS", false
		}
		fmt.Fprintf(w, "%d\t%d\t%.0f\t%.0f-%.0f\t%.0f\t%.0f-%.0f\t%.2f\t%.2f-%.2f\t%d\t%s\t\n", f.writers, f.writers*f.ahead,
			median(f.bare), slices.Min(f.bare), slices.Max(f.bare),
			median(f.settle), slices.Min(f.settle), slices.Max(f.settle),
			median(f.ratio), slices.Min(f.ratio), slices.Max(f.ratio), f.again, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	sound, err := b.books(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("goal: ratio of at least %.2f, nothing run again\n", float64(goal)/100)
	if !passed || !sound {
		return errMissed
	}
	return nil
}

// books checks that every sale made is stored once and that all agrees.
func (b *bench) books(ctx context.Context) (bool, error) {
	audit, err := b.flow.Audit(ctx, b.station)
	if err != nil {
		return false, err
	}
	counts := b.flow.Counts()
	sound := audit.Sound() && counts.Sales == b.seq && counts.Quarantined+counts.Missing == 0
	fmt.Printf("books: %d sales made, %d settled, %d transfers, %d events, agree: %t\n",
		b.seq, counts.Sales, audit.Ledger.Transfers, b.news.Load(), sound)
	return sound, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
