package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"forecourt/hub/internal/domain/board"
	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/edge/httpapi"
	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// boards keeps a board for every station and tells it what is configured, what
// is charged and who stands at its nozzles.
type boards struct {
	flow  *flow.Flow
	db    *mysql.DB
	sink  board.Sink
	epoch func() id.Epoch
	now   func() time.Time
	log   *slog.Logger

	running sync.WaitGroup
	wake    chan struct{} // holds one: dirty is not empty

	mu     sync.Mutex
	byID   map[id.Station]*board.Board
	names  map[id.Station]string
	dirty  map[id.Station]news
	stands []claim.Stand             // to be told, in order
	at     map[id.Member]claim.Stand // where members stand, as last told
	odd    []flow.Mispriced          // to be raised

	alarm func(context.Context, flow.Mispriced) error
}

// news is what a station's board has to be told.
type news struct{ nozzles, prices bool }

func newBoards(f *flow.Flow, db *mysql.DB, sink board.Sink, epoch func() id.Epoch, now func() time.Time, log *slog.Logger) *boards {
	return &boards{
		flow: f, db: db, sink: sink, epoch: epoch, now: now, log: log, wake: make(chan struct{}, 1),
		byID: map[id.Station]*board.Board{}, names: map[id.Station]string{}, dirty: map[id.Station]news{},
		at: map[id.Member]claim.Stand{}, alarm: f.Mispriced,
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
		made.OnMispriced(func(m board.Mispriced) { b.mispriced(s.ID, m) })
		b.mu.Lock()
		b.byID[s.ID], b.names[s.ID] = made, s.Name
		b.mu.Unlock()
		b.running.Go(func() { made.Run(working) })
		b.log.Info("the board runs", "station", s.Name, "id", s.ID, "nozzles", len(nozzles))
		if err := b.inform(ctx, s.ID); err != nil {
			return fmt.Errorf("telling the board of %s: %w", s.Name, err)
		}
	}
	b.tidy()
	return nil
}

// inform has a new board told what is charged and who stands at its nozzles.
func (b *boards) inform(ctx context.Context, s id.Station) error {
	b.mark(s, news{prices: true})
	stands, err := b.flow.LiveClaims(ctx, s)
	for _, stand := range stands {
		b.claimed(stand)
	}
	return err
}

// tidy forgets members who were waited for in vain.
func (b *boards) tidy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	maps.DeleteFunc(b.at, func(_ id.Member, s claim.Stand) bool { return !s.Until.IsZero() && !now.Before(s.Until) })
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

// publicSnapshot is what every driver may see of a station, as it is now.
func (b *boards) publicSnapshot(ctx context.Context, s id.Station) (wire.StationSnap, wire.Position, error) {
	b.mu.Lock()
	found, ok := b.byID[s]
	name := b.names[s]
	b.mu.Unlock()
	if !ok {
		return wire.StationSnap{}, wire.Position{}, errNoBoard(s)
	}
	snap, at, err := found.PublicSnapshot(ctx)
	snap.Station = name
	return snap, at, err
}

// fuelling is what a member who stands at a nozzle sees, nil if they do not.
func (b *boards) fuelling(ctx context.Context, m id.Member) *wire.Fuelling {
	b.mu.Lock()
	found := b.byID[b.at[m].Station]
	b.mu.Unlock()
	if found == nil {
		return nil
	}
	f, err := found.Fuelling(ctx, m)
	if err != nil && ctx.Err() == nil {
		b.log.Warn("a board was not asked what a member sees", "error", err)
	}
	return f
}

// changed says that what a station asks of its nozzles has changed. It returns
// at once.
func (b *boards) changed(s id.Station) { b.mark(s, news{nozzles: true}) }

// frames hears of new prices among what was committed. It returns at once.
func (b *boards) frames(frames []wire.Frame) {
	for _, f := range frames {
		if f.K != wire.KindPrices {
			continue
		}
		if family, name := f.Ch.Split(); family == "desk" {
			if s, err := id.Parse[id.Station](name); err == nil {
				b.mark(s, news{prices: true})
			}
		}
	}
}

// claimed says who stands at a nozzle. It returns at once.
func (b *boards) claimed(s claim.Stand) {
	b.mu.Lock()
	b.stands = append(b.stands, s)
	if !s.Over {
		b.at[s.Member] = s
	} else if at := b.at[s.Member]; at.Station == s.Station && at.Nozzle == s.Nozzle {
		delete(b.at, s.Member)
	}
	b.mu.Unlock()
	b.nudge()
}

// mark notes what a station's board has to be told.
func (b *boards) mark(s id.Station, n news) {
	b.mu.Lock()
	known := b.dirty[s]
	b.dirty[s] = news{known.nozzles || n.nozzles, known.prices || n.prices}
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

// run hands to the boards what has changed until ctx ends.
func (b *boards) run(ctx context.Context) {
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		b.place(ctx)
		err := errors.Join(b.raise(ctx), b.configure(ctx))
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

// place tells the boards who stands where, in the order it was heard. A board
// that has ended needs to know no more.
func (b *boards) place(ctx context.Context) {
	b.mu.Lock()
	stands := b.stands
	b.stands = nil
	b.mu.Unlock()
	for _, s := range stands {
		b.mu.Lock()
		found, ok := b.byID[s.Station]
		b.mu.Unlock()
		if !ok {
			continue
		}
		tell := found.Assign
		if s.Over {
			tell = found.Release
		}
		err := tell(ctx, board.Stand{Nozzle: s.Nozzle, Member: s.Member, Sale: s.Sale, Until: s.Until})
		if err != nil && ctx.Err() == nil {
			b.log.Warn("a board was not told who stands at a nozzle", "station", s.Station, "error", err)
		}
	}
}

// configure tells every dirty board what it is configured for and what is
// charged.
func (b *boards) configure(ctx context.Context) error {
	b.mu.Lock()
	dirty := b.dirty
	b.dirty = map[id.Station]news{}
	b.mu.Unlock()
	var failed error
	for s, n := range dirty {
		if err := b.configureOne(ctx, s, n); err != nil {
			failed = err
			b.mark(s, n)
		}
	}
	return failed
}

func (b *boards) configureOne(ctx context.Context, s id.Station, n news) error {
	b.mu.Lock()
	found, ok := b.byID[s]
	b.mu.Unlock()
	if !ok {
		return nil
	}
	if n.nozzles {
		nozzles, err := b.flow.Nozzles(ctx, s)
		if err != nil {
			return err
		}
		if err := found.Configure(ctx, nozzles); err != nil {
			return err
		}
	}
	if !n.prices {
		return nil
	}
	prices, err := b.flow.Prices(ctx, s)
	if err != nil {
		return err
	}
	return found.Tariff(ctx, wire.Tariff{Since: prices.Since, Prices: prices.Prices})
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
