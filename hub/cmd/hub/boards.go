package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"forecourt/hub/internal/domain/board"
	"forecourt/hub/internal/edge/httpapi"
	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// boards keeps a board for every station and tells it what is configured.
type boards struct {
	flow  *flow.Flow
	db    *mysql.DB
	sink  board.Sink
	epoch func() id.Epoch
	now   func() time.Time
	log   *slog.Logger

	running sync.WaitGroup
	wake    chan struct{} // holds one: dirty is not empty

	mu    sync.Mutex
	byID  map[id.Station]*board.Board
	dirty map[id.Station]bool // whose configuration has changed
}

func newBoards(f *flow.Flow, db *mysql.DB, sink board.Sink, epoch func() id.Epoch, now func() time.Time, log *slog.Logger) *boards {
	return &boards{
		flow: f, db: db, sink: sink, epoch: epoch, now: now, log: log, wake: make(chan struct{}, 1),
		byID: map[id.Station]*board.Board{}, dirty: map[id.Station]bool{},
	}
}

// refresh starts the boards of stations that have none; they run until
// working ends. It is asked again now and then, for stations set up meanwhile.
func (b *boards) refresh(ctx, working context.Context) error {
	stations, err := setup.Stations(ctx, b.db)
	if err != nil {
		return err
	}
	for _, s := range stations {
		if _, ok := b.of(s.ID); ok {
			continue
		}
		nozzles, err := b.flow.Nozzles(ctx, s.ID)
		if err != nil {
			return fmt.Errorf("reading the nozzles of %s: %w", s.Name, err)
		}
		made := board.New(s.ID, nozzles, b.epoch, b.sink, b.now)
		b.mu.Lock()
		b.byID[s.ID] = made
		b.mu.Unlock()
		b.running.Go(func() { made.Run(working) })
		b.log.Info("the board runs", "station", s.Name, "id", s.ID, "nozzles", len(nozzles))
	}
	return nil
}

// of is the board of a station.
func (b *boards) of(s id.Station) (ingest.Board, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.byID[s]
	return found, ok
}

// snapshot is a station's board as it is now.
func (b *boards) snapshot(ctx context.Context, s id.Station) (wire.ForecourtSnap, wire.Position, error) {
	b.mu.Lock()
	found, ok := b.byID[s]
	b.mu.Unlock()
	if !ok {
		return wire.ForecourtSnap{}, wire.Position{}, errNoBoard(s)
	}
	return found.Snapshot(ctx)
}

// changed says that what a station asks of its nozzles has changed. It returns
// at once.
func (b *boards) changed(s id.Station) {
	b.mu.Lock()
	b.dirty[s] = true
	b.mu.Unlock()
	b.nudge()
}

func (b *boards) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// The waits before a configuration that could not be read is read again.
const (
	firstReread = 100 * time.Millisecond
	lastReread  = 5 * time.Second
)

// run hands changed configurations to the boards until ctx ends.
func (b *boards) run(ctx context.Context) {
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		err := b.configure(ctx)
		if err == nil {
			failures = 0
			continue
		}
		b.log.Warn("a board was not told what has changed; trying again", "error", err)
		if clock.Sleep(ctx, clock.Backoff(failures, firstReread, lastReread)) != nil {
			return
		}
		failures++
		b.nudge()
	}
}

// configure tells every dirty board what it is configured for.
func (b *boards) configure(ctx context.Context) error {
	b.mu.Lock()
	dirty := b.dirty
	b.dirty = map[id.Station]bool{}
	b.mu.Unlock()
	var failed error
	for s := range dirty {
		if err := b.configureOne(ctx, s); err != nil {
			failed = err
			b.mu.Lock()
			b.dirty[s] = true
			b.mu.Unlock()
		}
	}
	return failed
}

func (b *boards) configureOne(ctx context.Context, s id.Station) error {
	b.mu.Lock()
	found, ok := b.byID[s]
	b.mu.Unlock()
	if !ok {
		return nil
	}
	nozzles, err := b.flow.Nozzles(ctx, s)
	if err != nil {
		return err
	}
	return found.Configure(ctx, nozzles)
}

// health is how every board is doing.
func (b *boards) health(ctx context.Context) ([]httpapi.StationHealth, error) {
	b.mu.Lock()
	list := make(map[id.Station]*board.Board, len(b.byID))
	for s, found := range b.byID {
		list[s] = found
	}
	b.mu.Unlock()
	var all []httpapi.StationHealth
	for s, found := range list {
		h, err := found.Health(ctx)
		if err != nil {
			return all, fmt.Errorf("asking the board of %s: %w", s, err)
		}
		seen := int64(-1)
		if !h.DeviceSeenAt.IsZero() {
			seen = max(0, b.now().Sub(h.DeviceSeenAt).Milliseconds())
		}
		all = append(all, httpapi.StationHealth{
			Station: s, DeviceSeenMS: seen, OldestUnackedMS: h.OldestUnacked.Milliseconds(), Offline: h.Offline, Nozzles: h.Nozzles,
		})
	}
	return all, nil
}

// wait returns when every board has ended.
func (b *boards) wait() { b.running.Wait() }
