package flow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrFactOrder says that facts came with a hole before them: the device
// replays from what is acknowledged.
var ErrFactOrder = errors.New("flow: a fact is missing before this one")

// Source is where facts come from.
type Source struct {
	Device  id.Device
	Station id.Station
	// Journal numbers the facts.
	Journal id.Journal
}

// Fact is one fact of a journal.
type Fact struct {
	Seq  uint64
	At   time.Time
	Kind wire.Kind
	// Body is the kind's type in package wire, by value.
	Body any
}

// takeTries bounds how often a batch is taken anew after it met what another
// had stored. The second try knows all of it; a third is for a day's end.
const takeTries = 3

// Acked is the last fact of the source's journal that is taken.
func (f *Flow) Acked(ctx context.Context, src Source) (uint64, error) {
	var seq uint64
	err := f.DB.GetContext(ctx, &seq, "SELECT seq FROM fact_position WHERE device = ? AND journal = ?", src.Device, src.Journal)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading a journal's position: %w", err)
	}
	return seq, nil
}

// TakeFacts takes facts of one source, in one transaction, and returns the
// last that is taken now. Facts that were taken before are passed over. With a
// hole in their numbers, what comes before the hole is taken and the error is
// ErrFactOrder.
//
// Batches of one station follow each other; those of different stations do not
// wait for each other.
func (f *Flow) TakeFacts(ctx context.Context, src Source, facts []Fact) (acked uint64, err error) {
	l := f.lane(src.Station)
	l.mu.Lock()
	defer l.mu.Unlock()
	careful := false
	for range takeTries {
		acked, err = l.take(ctx, f, src, facts, careful)
		if err == nil || errors.Is(err, ErrFactOrder) {
			return acked, err
		}
		l.forget()
		if !mysql.IsDuplicate(err) && !errors.Is(err, errStale) {
			return 0, err
		}
		// Something of it is stored already. Look first, then take.
		careful = true
	}
	return 0, err
}

// take takes what is next of the facts in one transaction.
func (l *lane) take(ctx context.Context, f *Flow, src Source, facts []Fact, careful bool) (acked uint64, err error) {
	if err := l.prepare(ctx, f, src, facts); err != nil {
		return 0, fmt.Errorf("preparing to take facts: %w", err)
	}
	position := l.positions[src]
	next, hole := following(position, facts)
	if len(next) == 0 {
		return position, hole
	}
	var b *batch
	err = f.DB.InTx(ctx, "taking facts", func(ctx context.Context, tx *mysql.Tx) error {
		b = newBatch(f, l, src, careful)
		if err := b.move(ctx, tx, position, next[len(next)-1].Seq); err != nil {
			return err
		}
		return b.run(ctx, tx, next)
	})
	if err != nil {
		return 0, err
	}
	l.ordinal, l.positions[src] = b.ordinal, b.position
	b.count()
	return b.position, hole
}

// following is the facts that follow a position without a hole, and the error
// of the hole after them.
func following(position uint64, facts []Fact) (next []Fact, hole error) {
	for _, fact := range facts {
		if fact.Seq <= position {
			continue
		}
		if fact.Seq != position+1 {
			return next, fmt.Errorf("%w: %d after %d", ErrFactOrder, fact.Seq, position)
		}
		position = fact.Seq
		next = append(next, fact)
	}
	return next, nil
}

// errStale says that what the lane remembered is no longer so.
var errStale = errors.New("flow: remembered state is out of date")
