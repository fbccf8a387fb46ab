// Package ingest is the hub's ear for pumpd: facts are decoded strictly, kept
// in the order of their journal, taken into the database in batches and
// acknowledged after the commit; statuses go straight to the board; what pumpd
// should make true goes back.
//
// # What it promises
//
//   - A fact is acknowledged after it is committed and never before. While the
//     database is away nothing is acknowledged and the batch is tried again,
//     with growing waits, until it is in or the connection ends; then pumpd
//     replays it. Nothing is lost and, facts being numbered, nothing is taken
//     twice.
//   - Statuses do not wait for facts: the boards stay live without a database.
//   - A fact with a field this hub does not know, of a kind it does not know, or
//     that is no fact at all closes the connection and reaches nobody. A hole
//     in the numbers closes it too, so that pumpd replays.
//   - At most wire.MaxFactsInFlight facts wait per connection.
//   - The whole desired state goes out on connect and after every change.
//   - A station's nozzles go offline when its last pumpd is gone, not when an
//     old connection ends that a new one has replaced.
package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Facts is what ingest asks of package flow.
type Facts interface {
	// Acked is the last fact of the journal that is committed.
	Acked(ctx context.Context, src flow.Source) (uint64, error)
	// TakeFacts commits facts and tells the last that is committed now.
	TakeFacts(ctx context.Context, src flow.Source, facts []flow.Fact) (acked uint64, err error)
	// Want is what should be true of the station.
	Want(ctx context.Context, s id.Station) (wire.Want, error)
}

// Board is what ingest asks of a station's board.
type Board interface {
	Report(ctx context.Context, at time.Time, s wire.Status) error
	DeviceAway(ctx context.Context) error
}

// Out is the way back to a connected pumpd. Its methods return at once.
type Out interface {
	// Ack says that facts up to seq are committed.
	Ack(seq uint64)
	// Want sends the whole desired state.
	Want(w wire.Want)
	// End closes the connection with a close code of wire, telling p first
	// if it is not nil.
	End(code int, p *wire.Problem)
}

// Deps is what an Intake stands on.
type Deps struct {
	Facts Facts
	// Board is the station's board; false if the hub keeps none.
	Board func(id.Station) (Board, bool)
	// Metrics counts; from NewMetrics.
	Metrics *Metrics
	// Log takes what failed. Now is the clock, for durations.
	Log *slog.Logger
	Now func() time.Time
}

// Intake is the ear for all pumpds of a hub.
type Intake struct {
	deps Deps
	work sync.WaitGroup // links whose last batch is still on its way

	mu       sync.Mutex
	stations map[id.Station]map[*Link]struct{}
}

// New makes an Intake.
func New(deps Deps) *Intake {
	return &Intake{deps: deps, stations: map[id.Station]map[*Link]struct{}{}}
}

// ackedTimeout bounds the question where a journal stands. Without an answer
// pumpd is welcomed all the same: it replays all it still holds, and what was
// taken before is passed over.
const ackedTimeout = 2 * time.Second

// awayTimeout bounds telling a board that its pumpd is gone; a board answers
// at once or has ended.
const awayTimeout = 5 * time.Second

// Open begins a pumpd's link and tells the last fact of its journal that is
// committed, zero if that is not known.
func (i *Intake) Open(ctx context.Context, src flow.Source, out Out) (*Link, uint64, error) {
	board, ok := i.deps.Board(src.Station)
	if !ok {
		return nil, 0, wire.NewProblem(wire.ProblemNotFound, "the hub keeps no board of station "+src.Station.String())
	}
	asking, cancel := context.WithTimeout(ctx, ackedTimeout)
	defer cancel()
	acked, err := i.deps.Facts.Acked(asking, src)
	if err != nil {
		i.deps.Log.Warn("where a journal stands is not known; it will be replayed", "journal", src.Journal, "error", err)
		acked = 0
	}
	l := newLink(i, src, board, out, acked)
	i.enlist(l)
	i.work.Add(1)
	go func() {
		defer i.work.Done()
		l.work()
	}()
	return l, acked, nil
}

// Changed says that what a station's pumpds should make true has changed. It
// returns at once; hand it to flow.OnWant.
func (i *Intake) Changed(s id.Station) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for l := range i.stations[s] {
		l.wantChanged()
	}
}

// Wait returns when the last batches of closed links are done, for an orderly
// end after the sockets are closed.
func (i *Intake) Wait() { i.work.Wait() }

func (i *Intake) enlist(l *Link) {
	i.mu.Lock()
	defer i.mu.Unlock()
	links := i.stations[l.src.Station]
	if links == nil {
		links = map[*Link]struct{}{}
		i.stations[l.src.Station] = links
	}
	links[l] = struct{}{}
	i.deps.Metrics.links.Inc()
}

// dismiss takes a link off the list. The board hears of it under the same
// lock, so that a link which opens now reports after that.
func (i *Intake) dismiss(l *Link) {
	i.mu.Lock()
	defer i.mu.Unlock()
	links := i.stations[l.src.Station]
	delete(links, l)
	i.deps.Metrics.links.Dec()
	if len(links) > 0 {
		return
	}
	delete(i.stations, l.src.Station)
	ctx, cancel := context.WithTimeout(context.Background(), awayTimeout)
	defer cancel()
	if err := l.board.DeviceAway(ctx); err != nil {
		i.deps.Log.Debug("a board was not told that its pumpd is away", "station", l.src.Station, "error", err)
	}
}
