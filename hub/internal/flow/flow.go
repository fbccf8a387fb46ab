// Package flow joins the domains: every step that touches more than one of
// them is a function here, and is one transaction.
//
// # What it promises
//
//   - A fact of a device is taken once, in order, and acknowledged after the
//     commit (TakeFacts). Bad figures never reject a fact: they quarantine the
//     sale. So a journal never gets stuck behind one.
//   - A command of a person takes effect once. Its id is its key: a repeat gets
//     the first result, the same key with another request is refused. Refusals
//     are *wire.Problem and change nothing; they are not kept.
//   - Every change of a sale, a price or a proof is an event of the station's
//     desk channel, written by the transaction that made it true.
//   - Whoever changes what pumpd should make true has the functions of OnWant
//     called after the commit.
//
// # Lock order
//
// Every transaction locks in this order and skips what it does not need: the
// position of a device's journal, chains by nozzle, accounts by id, sales and
// payments, nozzles by number, the station, the desk channel's counter. What
// is decided by a read is read outside the transaction and guarded by a
// conditional UPDATE inside it, or read with a lock.
package flow

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Deps is what a Flow works with.
type Deps struct {
	DB   *mysql.DB
	Feed *outbox.Feed
	Now  func() time.Time
	IDs  *id.Maker
	Log  *slog.Logger
}

// Flow runs the steps. It is safe for concurrent use.
type Flow struct {
	Deps

	mu    sync.Mutex
	lanes map[id.Station]*lane
	wants []func(id.Station)

	counts counts
}

// New makes a Flow.
func New(d Deps) *Flow {
	return &Flow{Deps: d, lanes: map[id.Station]*lane{}}
}

// counts is the Flow's counters.
type counts struct {
	facts, sales, duplicates, quarantined, missing, payments atomic.Uint64
}

// Counts is what a Flow has done since it was made.
type Counts struct {
	// Facts and Sales count facts taken and sales judged.
	Facts, Sales uint64
	// Duplicates counts deliveries that were told again and had no effect.
	Duplicates uint64
	// Quarantined and Missing count the sales that came to be so.
	Quarantined, Missing uint64
	// Payments counts payments taken.
	Payments uint64
}

// Counts reads the counters.
func (f *Flow) Counts() Counts {
	c := &f.counts
	return Counts{
		Facts: c.facts.Load(), Sales: c.sales.Load(), Duplicates: c.duplicates.Load(),
		Quarantined: c.quarantined.Load(), Missing: c.missing.Load(), Payments: c.payments.Load(),
	}
}

// OnWant has fn called with the station after every commit that changed what
// pumpd should make true there. fn must not block. Call it before the Flow is
// used.
func (f *Flow) OnWant(fn func(id.Station)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wants = append(f.wants, fn)
}

// wanted calls the functions of OnWant.
func (f *Flow) wanted(s id.Station) {
	f.mu.Lock()
	fns := f.wants
	f.mu.Unlock()
	for _, fn := range fns {
		fn(s)
	}
}

// now is the clock, as the database keeps times.
func (f *Flow) now() time.Time { return moment(f.Now()) }

// moment is t in UTC, to the millisecond and never rounded up.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Want is what should be true of the station's nozzles now, of one moment.
func (f *Flow) Want(ctx context.Context, s id.Station) (wire.Want, error) {
	var want wire.Want
	err := f.read(ctx, "reading what is wanted", func(ctx context.Context, q reader) error {
		st, err := station.Load(ctx, q, s)
		if err != nil {
			return err
		}
		nozzles, err := station.Nozzles(ctx, q, s)
		if err != nil {
			return err
		}
		prices, err := station.PricesOf(ctx, q, s, st.PriceSet)
		want = station.Want(st, nozzles, prices, f.now())
		return err
	})
	return want, err
}

// Nozzles lists the station's nozzles by number.
func (f *Flow) Nozzles(ctx context.Context, s id.Station) ([]station.Nozzle, error) {
	return station.Nozzles(ctx, f.DB, s)
}

// problemOf turns an error of the station's domain into what a person is told.
func problemOf(err error) error {
	if errors.Is(err, station.ErrNone) {
		return wire.NewProblem(wire.ProblemNotFound, err.Error())
	}
	return err
}
