// Backupbench measures what backups cost and what they give back, at a million
// sales, on a private server of its own that is set up as a station's is: files
// encrypted, every commit on disk and in the binary log.
//
// copy: a whole backup, made as the hub has it made, in a process that stands back
// (copied, summed, compressed, encrypted, stored in a directory and read back),
// against mariadb-backup alone, writing to a file what the same server gives it.
//
// restore: a rehearsal until the restored data answers and every table was held
// against the manifest, against loading a mariadb-dump of the same database with
// the client. The logical side is spared all that is ours: its server is there
// already, writes no binary log and syncs once a second, and nothing is proved
// of what it loaded.
//
// settle: how long a settlement takes, through the hub's own ingest and flow
// from the fact to its acknowledgement, while backups are made and while none
// is: at the rate of a busy station, and as many as eight writers can.
//
// loss: a process with a server commits a row every few milliseconds and ships
// the log to a directory at the rhythm of one. At a random moment both are
// killed and all but the directory is deleted. What was restored from it ends
// before what was committed by the loss.
//
// Both sides of a figure take turns at going first; figures are medians over the
// rounds. It ends with PASS when all goals are reached and the books agree.
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
	"strings"
	"syscall"
	"time"
)

// The measurement.
const (
	// limit bounds the whole run: loading a dump of a million sales takes
	// minutes, five times.
	limit = 3 * time.Hour
	// goalCopy, goalRestore and goalSettle are ratios in percent.
	goalCopy    = 500
	goalRestore = 20
	goalSettle  = 150
	goalLoss    = time.Second
)

// errMissed says that a goal was missed; the figures say by how much.
var errMissed = errors.New("a goal was missed")

// parts are the measurements, in the order they are made.
func parts() []string { return []string{"copy", "restore", "settle", "loss"} }

// settings is what a run is asked for.
type settings struct {
	sales, rounds, losses int
	each                  time.Duration
	dir                   string
	only                  []string
}

func main() {
	var s settings
	flag.IntVar(&s.sales, "sales", 1_000_000, "how many sales the station has made")
	flag.IntVar(&s.rounds, "rounds", 5, "how often each figure is taken")
	flag.IntVar(&s.losses, "losses", 10, "how often the machine is lost")
	flag.DurationVar(&s.each, "each", 10*time.Second, "how long settlements are watched, at least")
	flag.StringVar(&s.dir, "dir", "", "where to work; needs about eight times the database, which is 2 GB at a million sales")
	only := flag.String("only", strings.Join(parts(), ","), "which figures to take")
	doomed := flag.String("doomed", "", "used by the program itself: be the machine that is lost, in this directory")
	working := flag.String("working", "", "used by the program itself: be the process that makes a backup, in this directory")
	flag.Parse()
	s.only = strings.Split(*only, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var err error
	switch {
	case *doomed != "":
		err = beDoomed(ctx, *doomed)
	case *working != "":
		err = work(ctx, *working, flag.Args())
	default:
		err = run(ctx, s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "backupbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	for _, name := range s.only {
		if !slices.Contains(parts(), name) {
			return fmt.Errorf("-only %s: there are %s", name, strings.Join(parts(), ", "))
		}
	}
	s.rounds, s.losses = max(s.rounds, 1), max(s.losses, 1)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	dir, err := os.MkdirTemp(s.dir, "bkb") // a socket's path must be short
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &report{}
	if slices.ContainsFunc(s.only, func(name string) bool { return name != "loss" }) {
		if err := measureStation(ctx, filepath.Join(dir, "a"), s, r, log); err != nil {
			return err
		}
	}
	if slices.Contains(s.only, "loss") {
		if err := measureLoss(ctx, dir, s.losses, r, log); err != nil {
			return err
		}
	}
	return r.verdict()
}

// measureStation takes the figures of a station with many sales.
func measureStation(ctx context.Context, dir string, s settings, r *report, log *slog.Logger) (err error) {
	h, err := openHouse(ctx, dir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	b, err := newStation(ctx, h)
	if err != nil {
		return err
	}
	if err := b.fill(ctx, s.sales); err != nil {
		return err
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context, settings, *report) error
	}{{"copy", h.measureCopy}, {"restore", h.measureRestore}, {"settle", b.measureSettle}} {
		if !slices.Contains(s.only, part.name) {
			continue
		}
		if err := part.measure(ctx, s, r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return h.books(ctx, r)
}
