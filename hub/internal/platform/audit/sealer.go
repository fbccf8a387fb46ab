package audit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
)

// How the sealer works.
const (
	// sealEvery is how long a row waits for its seal, at most.
	sealEvery = time.Second
	// signEvery is how many rounds lie between two signed checkpoints: a
	// minute's rows are what somebody who steals the database while the hub
	// runs could still change unseen.
	signEvery = 60
	// sweepEvery is how many rounds lie between two looks at all rows: they
	// find what became visible later than the sealer waits for.
	sweepEvery = 3600
	// markEvery and marksKept say how long the sealer waits for numbers that
	// it has not seen: ten minutes, far longer than a transaction lasts.
	markEvery = 60
	marksKept = 10
	// lookBack bounds how many numbers below the highest are looked at in one
	// round, so that a round stays quick while many are written.
	lookBack = 10_000
	// sealBatch bounds the rows of one transaction, and scan the numbers looked
	// at by one statement: none takes long, however long the log is.
	sealBatch = 1000
	scan      = 100_000
	// stopTimeout bounds the last round, anchorStop the wait for the second
	// place in it.
	stopTimeout = 10 * time.Second
	anchorStop  = 5 * time.Second
)

// SealerDeps is what a Sealer works with.
type SealerDeps struct {
	DB *mysql.DB
	// Key signs the checkpoints.
	Key *Key
	// Anchors is the second place; nil for none.
	Anchors *Anchors
	Now     func() time.Time
	Log     *slog.Logger
}

// Sealer numbers and hashes the rows of the log, signs what came out and writes
// that down in the second place. One is meant to run; a second, of another
// process, does no harm: the numbers are unique, whoever comes late begins
// again from what is there.
//
// It goes by rounds and not by the clock: a clock that is set back or forward
// changes nothing but the times it notes.
type Sealer struct {
	SealerDeps

	mu     sync.Mutex // held while sealing; what follows is its own
	loaded bool
	tree   tree
	lastAt time.Time // of the last seal, which the next is not before
	round  int
	marks  []int64 // the highest number of each minute, oldest first
	top    int64   // the highest number sealed
	signed int64   // the size of the last checkpoint

	state anchoring
}

// NewSealer makes a Sealer. Nothing runs before Run.
func NewSealer(d SealerDeps) *Sealer { return &Sealer{SealerDeps: d} }

// Run seals until ctx ends, and then once more, with a last checkpoint.
func (s *Sealer) Run(ctx context.Context) error {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.report(s.beat(ctx))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := s.Close(last)
	s.report(err)
	return err
}

// beat is one round.
func (s *Sealer) beat(ctx context.Context) error {
	if _, err := s.Seal(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	due := s.round%signEvery == 1
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.Sign(ctx)
}

// Close seals and signs what there is and waits, a bounded time, until the
// second place has it.
func (s *Sealer) Close(ctx context.Context) error {
	if _, err := s.Seal(ctx); err != nil {
		return err
	}
	if err := s.Sign(ctx); err != nil {
		return err
	}
	return s.state.wait(ctx, anchorStop)
}

// Seal seals every row that is committed and not sealed, and counts them.
func (s *Sealer) Seal(ctx context.Context) (sealed int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
	if err := s.prepare(ctx); err != nil {
		s.loaded = false
		return 0, err
	}
	for from := s.from(); ; {
		rows, next, err := waiting(ctx, s.DB, from, sealBatch)
		if err != nil || len(rows) == 0 && next == 0 {
			return sealed, err
		}
		if from = next; len(rows) == 0 {
			continue
		}
		err = s.seal(ctx, rows)
		if mysql.IsDuplicate(err) {
			s.loaded = false // another sealer was first: its rows are sealed
			return sealed, nil
		}
		if err != nil {
			s.loaded = false
			return sealed, err
		}
		sealed += len(rows)
		s.top = max(s.top, rows[len(rows)-1].n.Int64)
		if next == 0 {
			return sealed, nil
		}
	}
}

// from is the lowest number that this round looks at. What lies below is
// sealed, or was never committed, or is found by the next sweep.
func (s *Sealer) from() int64 {
	if s.round%sweepEvery == 1 {
		return 0
	}
	from := s.top - lookBack
	if len(s.marks) == marksKept {
		from = max(from, s.marks[0])
	}
	return from
}

// prepare makes sure that the sealer knows the tree and, now and then, notes
// how far the numbers have come.
func (s *Sealer) prepare(ctx context.Context) error {
	if s.round%markEvery == 1 {
		var highest int64
		if err := s.DB.GetContext(ctx, &highest, "SELECT COALESCE(MAX(n), 0) FROM audit"); err != nil {
			return fmt.Errorf("reading the highest number of the log: %w", err)
		}
		s.marks = append(s.marks, highest)
		s.marks = s.marks[max(0, len(s.marks)-marksKept):]
	}
	if s.loaded {
		return nil
	}
	size, err := sealedRows(ctx, s.DB)
	if err != nil {
		return err
	}
	if s.tree, err = loadTree(ctx, s.DB, size); err != nil {
		return fmt.Errorf("reading the log's tree, which hub verify would look at: %w", err)
	}
	if err := s.loadEnd(ctx); err != nil {
		return err
	}
	s.loaded = true
	return nil
}

// loadEnd reads where the log ends.
func (s *Sealer) loadEnd(ctx context.Context) error {
	var ends []struct {
		At time.Time
		N  int64
	}
	err := s.DB.SelectContext(ctx, &ends, `SELECT s.at, COALESCE(a.n, 0) AS n FROM audit_seal s LEFT JOIN audit a ON a.id = s.row_id
		ORDER BY s.seq DESC LIMIT ?`, sealBatch)
	if err != nil {
		return fmt.Errorf("reading the end of the log: %w", err)
	}
	for i, end := range ends {
		s.top = max(s.top, end.N)
		if i == 0 {
			s.lastAt = end.At
		}
	}
	if err := s.DB.GetContext(ctx, &s.signed, "SELECT COALESCE(MAX(size), 0) FROM audit_checkpoint"); err != nil {
		return fmt.Errorf("reading the last checkpoint: %w", err)
	}
	return nil
}

// waiting reads rows without a seal from number from on, in their order, at
// most limit. next is the number to go on from, zero at the end of the log.
func waiting(ctx context.Context, q sqlx.QueryerContext, from int64, limit int) (list []raw, next int64, err error) {
	rows, err := q.QueryContext(ctx, "SELECT "+rawColumns+` FROM audit a LEFT JOIN audit_seal s ON s.row_id = a.id
		WHERE a.n >= ? AND a.n < ? AND s.row_id IS NULL ORDER BY a.n LIMIT ?`, from, from+scan, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("looking for rows without a seal: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r raw
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, 0, fmt.Errorf("reading a row without a seal: %w", err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("looking for rows without a seal: %w", err)
	}
	if len(list) == limit {
		return list, list[limit-1].n.Int64 + 1, nil
	}
	// The numbers may have a hole of any size.
	err = sqlx.GetContext(ctx, q, &next, "SELECT COALESCE(MIN(n), 0) FROM audit WHERE n >= ?", from+scan)
	if err != nil {
		return nil, 0, fmt.Errorf("looking for rows without a seal: %w", err)
	}
	return list, next, nil
}

// seal numbers rows and grows the tree by them, in one transaction. A number
// or a row that is taken is the server's duplicate-key error.
func (s *Sealer) seal(ctx context.Context, rows []raw) error {
	at := s.Now().UTC().Truncate(time.Millisecond)
	if at.Before(s.lastAt) {
		at = s.lastAt
	}
	var next tree
	err := s.DB.InTx(ctx, "sealing the log", func(ctx context.Context, tx *mysql.Tx) error {
		next = s.tree
		var seals, nodes []any
		var buf []byte
		for i := range rows {
			leaf, filled := rows[i].leaf(buf)
			buf = filled
			first, stored := next.add(leaf, nil)
			seals = append(seals, next.size, rows[i].id, leaf[:], at)
			for j := range stored {
				nodes = append(nodes, first+int64(j), stored[j][:])
			}
		}
		if err := insert(ctx, tx, "INSERT INTO audit_seal (seq, row_id, leaf, at) VALUES ", 4, seals); err != nil {
			return err
		}
		return insert(ctx, tx, "INSERT INTO audit_node (idx, hash) VALUES ", 2, nodes)
	})
	if err != nil {
		return err
	}
	s.tree, s.lastAt = next, at
	return nil
}

// insert inserts rows of width columns in one statement.
func insert(ctx context.Context, tx *mysql.Tx, statement string, width int, values []any) error {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	more := strings.Repeat(", "+one, len(values)/width-1)
	if _, err := tx.ExecContext(ctx, statement+one+more, values...); err != nil {
		return fmt.Errorf("storing %d hashes of the log: %w", len(values)/width, err)
	}
	return nil
}

// Sign signs what the tree is now, unless that is signed already, and hands the
// checkpoint to the second place.
func (s *Sealer) Sign(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.prepare(ctx); err != nil {
		s.loaded = false
		return err
	}
	if s.tree.size > s.signed {
		if err := s.sign(ctx); err != nil {
			return err
		}
	}
	return s.anchor(ctx)
}

// sign stores a checkpoint of the tree. One that is there already was made by
// another sealer.
func (s *Sealer) sign(ctx context.Context) error {
	c := Checkpoint{Size: s.tree.size, Root: s.tree.root(), At: s.Now().UTC().Truncate(time.Millisecond)}
	signed, err := s.Key.Seal(c)
	if err != nil {
		return err
	}
	_, err = s.DB.ExecContext(ctx, "INSERT INTO audit_checkpoint (size, root, at, note) VALUES (?, ?, ?, ?)",
		c.Size, c.Root[:], c.At, string(signed))
	if err != nil && !mysql.IsDuplicate(err) {
		return fmt.Errorf("storing a checkpoint: %w", err)
	}
	s.signed = c.Size
	return nil
}

// anchor hands the last checkpoint to the second place, if it has it not.
func (s *Sealer) anchor(ctx context.Context) error {
	if s.Anchors == nil || s.signed == 0 || s.state.has(s.signed) {
		return nil
	}
	var row struct {
		Size int64
		Note string
	}
	err := s.DB.GetContext(ctx, &row, "SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
	if err != nil {
		return fmt.Errorf("reading the last checkpoint: %w", err)
	}
	place, public := s.Anchors, s.Key.Public()
	s.state.start(row.Size, s.Now, s.Log, func() error { return place.append(public, []byte(row.Note)) })
	return nil
}

// Verify works the whole log out again and notes what it found. What was found
// is in the report.
func (s *Sealer) Verify(ctx context.Context) (Report, error) {
	report, err := Verify(ctx, s.DB, s.Key, s.Anchors)
	if err != nil {
		return report, err
	}
	return report, NoteCheck(ctx, s.DB, s.Now(), report)
}
