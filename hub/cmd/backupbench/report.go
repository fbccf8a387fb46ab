package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// report prints what was measured as soon as it was, and remembers misses.
type report struct{ missed bool }

// line prints a figure with its verdict.
func (r *report) line(text string, reached bool) {
	verdict := "PASS"
	if !reached {
		verdict, r.missed = "MISS", true
	}
	fmt.Printf("%s  %s\n", text, verdict)
}

func (r *report) verdict() error {
	if r.missed {
		return errMissed
	}
	return nil
}

// figure is something measured in every round.
type figure struct {
	name  string
	taken []float64
	form  string // how one is printed
}

func (f *figure) add(v float64) { f.taken = append(f.taken, v) }

// seconds adds a time.
func (f *figure) seconds(d time.Duration) { f.add(d.Seconds()) }

// table prints figures, each a median with its range.
func table(title string, figures ...*figure) {
	fmt.Println(title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tmedian\trange\trounds")
	for _, f := range figures {
		if len(f.taken) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t"+f.form+"\t"+f.form+"-"+f.form+"\t%d\n",
			f.name, median(f.taken), slices.Min(f.taken), slices.Max(f.taken), len(f.taken))
	}
	_ = w.Flush() // to the standard output
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// quantile is the time that a share of a thousand of some times is not above.
func quantile(times []time.Duration, perMille int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)-1, len(sorted)*perMille/1000)]
}

// inTurn does two things, the second first in every other round.
func inTurn(round int, first, second func() error) error {
	sides := []func() error{first, second}
	if round%2 == 1 {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		if err := side(); err != nil {
			return err
		}
	}
	return nil
}
