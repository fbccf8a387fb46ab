package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
)

const (
	// verifyBatch bounds the rows in memory.
	verifyBatch = 2000
	// lateAfter is how much older than the seal before it a row may be: no
	// transaction lasts as long, and no clock is set back so far by itself.
	lateAfter = time.Hour
	// maxLate bounds the late rows that a report names.
	maxLate = 10
)

// Report is what Verify found.
type Report struct {
	// Checkpoint is the log as it was read.
	Checkpoint
	// Checkpoints and Anchors count the signed checkpoints, of the database
	// and of the second place, that the log was proved against.
	Checkpoints, Anchors int
	// Unsigned counts the rows after the last of them, Waiting those without a
	// seal.
	Unsigned, Waiting int64
	// Late names rows that were dated over an hour before rows sealed earlier,
	// at most ten, and LateCount counts them: the clock was set back, or
	// somebody wrote into the log what the hub did not.
	Late      []Entry
	LateCount int64
	// Finding is the first fault, nil if there is none.
	Finding *Finding
}

// Verify works the whole log out again from its rows, in one snapshot, beside
// the hub at work, and holds it against every signed checkpoint of the database
// and of the second place (nil for none). What it finds is in the report; the
// error is about reading.
//
// It holds verifyBatch rows in memory, however long the log is.
func Verify(ctx context.Context, db *mysql.DB, key *Key, place *Anchors) (Report, error) {
	return verify(ctx, db, place, &verifier{key: key})
}

// VerifyRestored is Verify for a log that was restored as it was at an earlier
// moment: what the second place holds beyond its end is of what came after, and
// no fault.
func VerifyRestored(ctx context.Context, db *mysql.DB, key *Key, place *Anchors) (Report, error) {
	return verify(ctx, db, place, &verifier{key: key, restored: true})
}

func verify(ctx context.Context, db *mysql.DB, place *Anchors, v *verifier) (Report, error) {
	if place != nil {
		// Opened before the snapshot: what is anchored by now is committed.
		notes, err := place.open()
		if err != nil {
			return v.report, err
		}
		defer notes.close()
		v.notes = notes
	}
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return v.report, fmt.Errorf("verifying the log: %w", err)
	}
	// Nothing was written: how it ends does not matter.
	defer func() { _ = tx.Rollback() }()
	v.q = tx
	err = v.run(ctx)
	v.report.Size, v.report.Root = v.tree.size, v.tree.root()
	if found := (*Finding)(nil); errors.As(err, &found) {
		v.report.Finding = found
		return v.report, nil
	}
	return v.report, err
}

// verifier is one run of Verify. Its steps answer with a *Finding at the first
// fault.
type verifier struct {
	key *Key
	// restored is whether the second place may be ahead of the log.
	restored bool

	q      sqlx.QueryerContext
	notes  *opened
	report Report

	size   int64 // as the seals have it
	tree   tree
	buf    []byte
	signed signatures

	batchAt, beforeAt time.Time // of the seals in hand and of those before
	maxN              int64
}

func (v *verifier) run(ctx context.Context) error {
	var err error
	if v.size, err = sealedRows(ctx, v.q); err != nil {
		return err
	}
	if err := v.signed.open(ctx, v); err != nil {
		return err
	}
	defer v.signed.close()
	for v.tree.size < v.size {
		if err := v.batch(ctx); err != nil {
			return err
		}
	}
	if err := v.end(ctx); err != nil {
		return err
	}
	return v.unsealed(ctx)
}

// sealed is a row with its seal.
type sealed struct {
	raw
	seq   int64
	rowID []byte
	leaf  []byte
	seal  time.Time
}

// batch takes the next rows.
func (v *verifier) batch(ctx context.Context) error {
	first := v.tree.size + 1
	list, err := v.read(ctx, first)
	if err != nil {
		return err
	}
	nodes, err := v.hashes(ctx, first, first+verifyBatch-1)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return v.finding(FaultDeleted, first, nil, "the seal of the row is gone")
	}
	for i := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.row(ctx, &list[i], nodes); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) read(ctx context.Context, first int64) ([]sealed, error) {
	rows, err := v.q.QueryContext(ctx, "SELECT s.seq, s.row_id, s.leaf, s.at, "+rawColumns+`
		FROM audit_seal s LEFT JOIN audit a ON a.id = s.row_id WHERE s.seq >= ? AND s.seq < ? ORDER BY s.seq`,
		first, first+verifyBatch)
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	list := make([]sealed, 0, verifyBatch)
	for rows.Next() {
		var s sealed
		if err := rows.Scan(append([]any{&s.seq, &s.rowID, &s.leaf, &s.seal}, s.fields()...)...); err != nil {
			return nil, fmt.Errorf("reading the log: %w", err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	return list, nil
}

// row takes one row.
func (v *verifier) row(ctx context.Context, s *sealed, nodes *nodes) error {
	want := v.tree.size + 1
	if s.seq != want {
		return v.finding(FaultDeleted, want, nil, "the seal of the row is gone")
	}
	if s.id == nil {
		return v.finding(FaultDeleted, want, s.rowID, "the row is gone, its seal is there")
	}
	leaf, filled := s.raw.leaf(v.buf)
	v.buf = filled
	if err := v.place(ctx, s, leaf, nodes); err != nil {
		return err
	}
	if err := v.written(s); err != nil {
		return err
	}
	first, stored := v.tree.add(leaf, nodes.room[:0])
	for i, hash := range stored {
		if nodes.at(first+int64(i)) != hash {
			return v.finding(FaultTree, want, s.rowID, "a hash of the tree above the row is not that of the rows")
		}
	}
	v.dated(s)
	return v.signed.upTo(ctx, v)
}

// written holds a row to the hub's own way of writing: id and time are of one
// moment.
func (v *verifier) written(s *sealed) error {
	if asID(s.rowID).Time().Equal(s.at.Time) {
		return nil
	}
	return v.finding(FaultInserted, s.seq, s.rowID, "its id is not of its time: the hub did not write it")
}

// dated notes a row that is much older than the seals before it.
func (v *verifier) dated(s *sealed) {
	v.maxN = max(v.maxN, s.n.Int64)
	if s.seal.After(v.batchAt) {
		v.beforeAt, v.batchAt = v.batchAt, s.seal
	}
	if v.beforeAt.IsZero() || v.beforeAt.Sub(s.at.Time) <= lateAfter {
		return
	}
	v.late(Entry{ID: asID(s.rowID), N: uint64(s.seq), Row: Row{At: s.at.Time, Action: string(s.action)}})
}

func (v *verifier) late(e Entry) {
	if v.report.LateCount++; len(v.report.Late) < maxLate {
		v.report.Late = append(v.report.Late, e)
	}
}

// end looks at what there is beyond the last row.
func (v *verifier) end(ctx context.Context) error {
	if err := v.tail(ctx); err != nil {
		return err
	}
	if err := v.signed.rest(ctx, v); err != nil {
		return err
	}
	v.report.Unsigned = v.size - v.signed.last
	return nil
}

// unsealed looks at the rows without a seal: what the sealer has long passed
// would have one.
func (v *verifier) unsealed(ctx context.Context) error {
	for from := int64(math.MinInt64); ; {
		rows, next, err := waiting(ctx, v.q, from, verifyBatch)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := v.passed(&rows[i]); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		from = next
	}
}

// passed looks at a row without a seal.
func (v *verifier) passed(r *raw) error {
	v.report.Waiting++
	late := v.batchAt.Sub(r.at.Time) > lateAfter
	switch {
	case !asID(r.id).Time().Equal(r.at.Time):
		return v.finding(FaultInserted, v.size+1, r.id, "it has no seal, and its id is not of its time: the hub did not write it")
	case late && r.n.Int64 < v.maxN:
		return v.finding(FaultInserted, v.size+1, r.id, "it has no seal, and its number was passed long ago: the hub did not write it")
	case late:
		v.late(Entry{ID: asID(r.id), Row: Row{At: r.at.Time, Action: string(r.action)}})
	}
	return nil
}
