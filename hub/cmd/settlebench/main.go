// Settlebench measures what a full settlement costs: sale, ledger and outbox,
// durable, from the fact on the socket to its acknowledgement, through the hub's
// own ingest and flow. It is held against the least that a durable write can be
// on the same server in the same run: one INSERT of two rows, committed by
// itself.
//
// It starts a private database server in a directory of its own and measures
// both sides at 1, 8 and 64 writers, in rotating order. The bare side is that
// many connections, each with one insert at a time. The settlements come as
// they do in a station: all writers are pumps of one pumpd, which keeps up to 64
// facts in flight (wire.MaxFactsInFlight), so they share those 64, and ingest
// takes into one transaction what waits. It ends with PASS when the ratio
// reaches the goal everywhere, no transaction had to be run again and the books
// agree.
//
// The last line is not judged: one sale at a time, the next only after the
// acknowledgement. Every settlement is then a transaction of twelve round trips
// of its own, against one round trip.
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

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// The measurement.
const (
	// goal is the least ratio of settlements to bare inserts, in percent.
	goal = 50
	// limit bounds the whole run.
	limit = 90 * time.Second
	// warmUp lets pools, caches and chains fill before the first figure.
	warmUp = 500 * time.Millisecond
)

// errMissed says that the goal was missed; the figures say by how much.
var errMissed = errors.New("goal missed")

func main() {
	repeats := flag.Int("repeats", 5, "how often each figure is taken")
	each := flag.Duration("each", time.Second, "how long each figure is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, *repeats, *each); err != nil {
		fmt.Fprintln(os.Stderr, "settlebench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, repeats int, each time.Duration) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return mysql.WithScratch(ctx, log, func(s mysql.Scratch) error {
		keys, err := vault.Load(filepath.Join(s.Dir, "keys"), rand.Reader, vault.Options{MayCreate: true})
		if err != nil {
			return err
		}
		bench, err := newBench(ctx, s.DB, s.Endpoint, keys, log)
		if err != nil {
			return err
		}
		defer bench.link.Close()
		return bench.compare(ctx, repeats, each)
	})
}
