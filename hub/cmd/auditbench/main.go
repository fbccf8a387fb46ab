// Auditbench measures the security log: a million rows are written, sealed,
// searched and verified on a private server of its own. It ends with PASS when
// every search, of twenty-five that people would make, takes less than a second
// each time, and the log is found sound.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/audit/audittest"
	"forecourt/hub/internal/platform/mysql"
)

// The measurement.
const (
	// goal is what no search may take.
	goal = time.Second
	// limit bounds the whole run.
	limit = 10 * time.Minute
	// interval lies between two rows: a million of them are a year and a half.
	interval = 45 * time.Second
	page     = 100
)

// errMissed says that the goal was missed; the figures say by how much.
var errMissed = errors.New("goal missed")

func main() {
	rows := flag.Int("rows", 1_000_000, "how many rows the log has")
	repeats := flag.Int("repeats", 5, "how often each search is made")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, *rows, *repeats); err != nil {
		fmt.Fprintln(os.Stderr, "auditbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows, repeats int) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return mysql.WithScratch(ctx, log, func(s mysql.Scratch) error {
		return measure(ctx, s.DB, filepath.Join(s.Dir, "anchors"), rows, repeats, log)
	})
}

func measure(ctx context.Context, db *mysql.DB, dir string, rows, repeats int, log *slog.Logger) error {
	key, err := audit.NewKey([32]byte{1})
	if err != nil {
		return err
	}
	anchors := audit.NewAnchors(dir)
	begin := time.Now().Add(-time.Duration(rows) * interval)
	if err := timed("written", rows, func() error { return audittest.Fill(ctx, db, rows, begin, interval) }); err != nil {
		return err
	}
	sealer := audit.NewSealer(audit.SealerDeps{DB: db, Key: key, Anchors: anchors, Now: time.Now, Log: log})
	if err := timed("sealed", rows, func() error { return sealer.Close(ctx) }); err != nil {
		return err
	}
	slow, err := search(ctx, db, audittest.Questions(rows, begin, interval), repeats)
	if err != nil {
		return err
	}
	var report audit.Report
	if err := timed("verified", rows, func() (err error) {
		report, err = audit.Verify(ctx, db, key, anchors)
		return err
	}); err != nil {
		return err
	}
	sound := report.Finding == nil && report.Size == int64(rows) && report.Anchors == 1
	verdict := "PASS"
	if slow >= goal || !sound {
		verdict = "MISS"
	}
	fmt.Printf("slowest search %v, goal: under %v; log sound: %t  %s\n", slow.Round(time.Millisecond), goal, sound, verdict)
	if verdict != "PASS" {
		return errMissed
	}
	return nil
}

// timed does something to rows and prints how fast.
func timed(what string, rows int, do func() error) error {
	begin := time.Now()
	if err := do(); err != nil {
		return err
	}
	took := time.Since(begin)
	fmt.Printf("%-9s %d rows in %v, %.0f rows/s\n", what, rows, took.Round(10*time.Millisecond), float64(rows)/took.Seconds())
	return nil
}

// search makes every search several times and returns the slowest of all, the
// first time of each included.
func search(ctx context.Context, db *mysql.DB, questions []audittest.Question, repeats int) (slowest time.Duration, err error) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "search\trows\tfirst\tmedian\tslowest")
	for _, q := range questions {
		q.Ask.Limit = page
		var took []time.Duration
		var found []audit.Entry
		for range repeats {
			begin := time.Now()
			if found, err = audit.Find(ctx, db, q.Ask); err != nil {
				return slowest, err
			}
			took = append(took, time.Since(begin))
		}
		first, sorted := took[0], slices.Sorted(slices.Values(took))
		worst := sorted[len(sorted)-1]
		slowest = max(slowest, worst)
		fmt.Fprintf(w, "%s\t%d\t%v\t%v\t%v\n", q.Name, len(found), ms(first), ms(sorted[len(sorted)/2]), ms(worst))
	}
	return slowest, w.Flush()
}

func ms(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
