// Package outbox is the hub's lossless news: events are written by the very
// transaction that makes them true, numbered without a hole, and handed on
// once it is committed.
//
// # What it promises
//
//   - Nothing uncommitted is published, nothing committed stays unpublished:
//     when the process dies, or a connection breaks around COMMIT, the table
//     still has the event and the Feed finds it.
//   - Within a channel, numbers are dense and rise in the order of the
//     commits: the channel's counter is one row, locked by Append to the end
//     of its transaction. So Append comes last, and the lock is short.
//   - A Feed hands on each channel's frames in that order, each exactly once
//     in the life of the process.
//   - A channel's epoch is made with its counter and lives as long.
//   - In the table, events are sealed and bound to their channel and number: a
//     stolen database does not tell what people wrote or paid, and a moved or
//     changed event is refused.
//   - Forget removes what was said in a channel; who follows it takes a
//     snapshot.
//
// # Who blocks whom
//
// Writers of one channel wait for each other from Append to COMMIT, writers of
// different channels do not. Subscribers are called under the Feed's lock by
// whoever committed: they must be quick, and must not call the Feed.
package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Event is one piece of news.
type Event struct {
	// Kind says what Body is; the kind's class is ClassEvent.
	Kind wire.Kind
	// Body is of the kind's type in package wire.
	Body any
	// At is when it happened.
	At time.Time
}

// Append writes events into channel ch, in order, as part of tx, and has feed
// hand them on once tx is committed. It takes the channel's lock: nothing else
// may be locked after it. Several channels are appended to in ascending order.
func Append(ctx context.Context, tx *mysql.Tx, feed *Feed, ch wire.Channel, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	last, err := feed.number(ctx, tx, ch, len(events))
	if err != nil {
		return fmt.Errorf("numbering events of %s: %w", ch, err)
	}
	frames := make([]wire.Frame, len(events))
	rows := make([]row, len(events))
	for i, e := range events {
		seq := last - uint64(len(events)-1-i)
		frames[i] = wire.Frame{K: e.Kind, Ch: ch, Seq: seq, At: e.At, D: wire.Body(e.Body)}
		rows[i] = row{Channel: ch, Seq: seq, Kind: e.Kind, Body: feed.seal(ch, seq, frames[i].D), At: e.At}
	}
	_, err = tx.NamedExecContext(ctx, `INSERT INTO outbox (channel, seq, kind, body, at)
		VALUES (:channel, :seq, :kind, :body, :at)`, rows)
	if err != nil {
		return fmt.Errorf("writing events of %s: %w", ch, err)
	}
	tx.AfterCommit(func() { feed.take(ch, frames) })
	return nil
}

// row is a row of table outbox.
type row struct {
	Channel wire.Channel
	Seq     uint64
	Kind    wire.Kind
	Body    []byte // JSON, sealed
	At      time.Time
}

// number takes n numbers of channel ch under its lock and returns the last.
func (f *Feed) number(ctx context.Context, tx *mysql.Tx, ch wire.Channel, n int) (uint64, error) {
	// LAST_INSERT_ID(x) hands x back with the UPDATE's own answer.
	const next = "UPDATE stream SET seq = LAST_INSERT_ID(seq + ?), moved_at = ? WHERE channel = ?"
	result, err := tx.ExecContext(ctx, next, n, clock.Now(), ch)
	if err != nil {
		return 0, err
	}
	if found, err := result.RowsAffected(); err != nil {
		return 0, err
	} else if found == 0 {
		if err := create(ctx, tx, ch); err != nil {
			return 0, err
		}
		return f.number(ctx, tx, ch, n)
	}
	last, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	// The lock is ours, so what came before is committed: a feed that meets
	// the channel for the first time begins here.
	f.begin(ch, uint64(last)-uint64(n))
	return uint64(last), nil
}

// create makes the counter of a channel unless another has made it meanwhile.
func create(ctx context.Context, db sqlx.ExecerContext, ch wire.Channel) error {
	epoch := id.New[id.Epoch](id.NewMaker(clock.Now, clock.Random()))
	_, err := db.ExecContext(ctx, "INSERT INTO stream (channel, epoch, seq, moved_at) VALUES (?, ?, 0, ?)", ch, epoch, clock.Now())
	if err != nil && !mysql.IsDuplicate(err) {
		return fmt.Errorf("making the counter of %s: %w", ch, err)
	}
	return nil
}

// Position is the last event of channel ch that q sees: asked inside a
// transaction that reads a snapshot, the two belong together.
func (f *Feed) Position(ctx context.Context, q sqlx.QueryerContext, ch wire.Channel) (wire.Position, error) {
	pos := wire.Position{Ch: ch}
	err := sqlx.GetContext(ctx, q, &pos, "SELECT channel AS ch, epoch AS ep, seq FROM stream WHERE channel = ?", ch)
	if !errors.Is(err, sql.ErrNoRows) {
		if err != nil {
			err = fmt.Errorf("reading the position of %s: %w", ch, err)
		}
		return pos, err
	}
	// Nothing has happened yet as q sees it. The counter is made beside q's
	// transaction, which may be a reading one; its epoch is what matters.
	if err := create(ctx, f.db, ch); err != nil {
		return pos, err
	}
	err = f.db.GetContext(ctx, &pos.Ep, "SELECT epoch FROM stream WHERE channel = ?", ch)
	if err != nil {
		return pos, fmt.Errorf("reading the epoch of %s: %w", ch, err)
	}
	return pos, nil
}

// Since returns the events after pos, oldest first, at most limit of them. ok
// is false when they cannot be told from here: pos is of another epoch, is
// ahead of the channel, or what follows it has been pruned. Then a snapshot is
// the way on.
func (f *Feed) Since(ctx context.Context, pos wire.Position, limit int) (frames []wire.Frame, ok bool, err error) {
	now, err := f.Position(ctx, f.db, pos.Ch)
	if err != nil {
		return nil, false, err
	}
	if now.Ep != pos.Ep || pos.Seq > now.Seq {
		return nil, false, nil
	}
	frames, err = f.read(ctx, pos.Ch, pos.Seq, now.Seq, limit)
	if err != nil {
		return nil, false, err
	}
	whole := pos.Seq == now.Seq || (len(frames) > 0 && frames[0].Seq == pos.Seq+1)
	return frames, whole, nil
}

// read returns events after, up to and including upTo, oldest first. At an
// event that cannot be opened it ends, with those before it and a
// *SealedError.
func (f *Feed) read(ctx context.Context, ch wire.Channel, after, upTo uint64, limit int) ([]wire.Frame, error) {
	var rows []row
	err := f.db.SelectContext(ctx, &rows, `SELECT channel, seq, kind, body, at FROM outbox
		WHERE channel = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`, ch, after, upTo, limit)
	if err != nil {
		return nil, fmt.Errorf("reading events of %s: %w", ch, err)
	}
	frames := make([]wire.Frame, 0, len(rows))
	for _, r := range rows {
		body, err := f.unseal(r)
		if err != nil {
			return frames, err
		}
		frames = append(frames, wire.Frame{K: r.Kind, Ch: r.Channel, Seq: r.Seq, At: r.At, D: body})
	}
	return frames, nil
}

// Forget removes, as part of tx, all events of some channels: of somebody who
// is erased. The channels go on, with the next number.
func Forget(ctx context.Context, tx *mysql.Tx, channels ...wire.Channel) error {
	for batch := range slices.Chunk(channels, forgetBatch) {
		statement, args, err := sqlx.In("DELETE FROM outbox WHERE channel IN (?)", batch)
		if err != nil {
			return fmt.Errorf("preparing to forget channels: %w", err)
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("forgetting %d channels: %w", len(batch), err)
		}
	}
	return nil
}

// forgetBatch bounds the channels of one DELETE.
const forgetBatch = 500

// pruneBatch bounds one DELETE, so that no writer waits long for it.
const pruneBatch = 1000

// Prune removes events that happened longer than keep ago. Who still needed
// them takes a snapshot.
func (f *Feed) Prune(ctx context.Context, keep time.Duration) (removed int64, err error) {
	before := clock.Now().Add(-keep)
	for {
		result, err := f.db.ExecContext(ctx, "DELETE FROM outbox WHERE at < ? ORDER BY at LIMIT ?", before, pruneBatch)
		if err != nil {
			return removed, fmt.Errorf("pruning the outbox: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return removed, fmt.Errorf("pruning the outbox: %w", err)
		}
		removed += n
		if n < pruneBatch {
			return removed, nil
		}
	}
}
