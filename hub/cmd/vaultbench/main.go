// Vaultbench measures what sealing costs, on a private database server in a
// directory of its own.
//
// In nanoseconds, as medians over repetitions: to seal and to open a phone
// number with the house's key and with a member's own, to make a blind index,
// and to open a member's wrapped key.
//
// In milliseconds: a page of fifty members read from the database and opened,
// name, phone and ID number, with their keys ready in memory and with keys that
// must be read and unwrapped first.
//
// In rows a second: what a rotation seals anew, against the same rows swapped by
// the same pages and batches for bytes of the same length that nobody encrypts,
// in the same run. Both sides take turns at going first. It is done for members'
// keys, which is what a rotation of a station with members is, and for a sealed
// column. It ends with PASS when both reach the goal.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// The measurement.
const (
	// goal is the least ratio of rotated rows to rows merely updated, in
	// percent.
	goal = 70
	// limit bounds the whole run.
	limit = 5 * time.Minute
)

// errMissed says that the goal was missed; the figures say by how much.
var errMissed = errors.New("goal missed")

func main() {
	repeats := flag.Int("repeats", 7, "how often each figure is taken")
	rows := flag.Int("rows", 5000, "members in the database")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, max(*repeats, 1), max(*rows, pageRows)); err != nil {
		fmt.Fprintln(os.Stderr, "vaultbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, repeats, rows int) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return mysql.WithScratch(ctx, log, func(s mysql.Scratch) (err error) {
		b := &bench{
			db: s.DB, rows: rows, repeats: repeats, ids: id.NewMaker(clock.Now, rand.Reader),
			options: keyring.Options{
				DB: s.DB, Source: vault.File{Dir: filepath.Join(s.Dir, "keys")}, Random: rand.Reader, Now: clock.Now, Log: log,
				Erasures: filepath.Join(s.Dir, "keys", "erasures"),
			},
		}
		if b.ring, err = keyring.Open(ctx, b.options); err != nil {
			return err
		}
		if err := b.fill(ctx); err != nil {
			return err
		}
		return errors.Join(b.cells(), b.pages(ctx), b.rotation(ctx))
	})
}
