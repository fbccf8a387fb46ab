package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"
)

// anchoring is how the second place is doing, and what goes wrong with the
// sealer. Writing there runs beside the sealer: a share that hangs holds up
// nothing but itself.
type anchoring struct {
	mu      sync.Mutex
	size    int64     // of the last checkpoint it has
	at      time.Time // when it got that
	running chan struct{}
	failed  error // the last try's
	sealing error // the last round's
}

// errSlow says that the second place has not answered a whole minute.
var errSlow = errors.New("the second place does not answer")

// has reports whether the second place has a checkpoint of that size.
func (a *anchoring) has(size int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.size >= size
}

// start writes there, unless an earlier try still runs.
func (a *anchoring) start(size int64, now func() time.Time, log *slog.Logger, write func() error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running != nil {
		a.failed = errSlow
		log.Error("the log's second place does not answer")
		return
	}
	done := make(chan struct{})
	a.running = done
	go func() {
		err := write()
		a.mu.Lock()
		defer a.mu.Unlock()
		defer close(done)
		a.running, a.failed = nil, err
		if err == nil {
			a.size, a.at = size, now()
			return
		}
		log.Error("the log was not written to its second place", "error", err)
	}()
}

// wait waits until no try runs, and answers how the last ended.
func (a *anchoring) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a.mu.Lock()
	running := a.running
	a.mu.Unlock()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return fmt.Errorf("anchoring the log: %w", errSlow)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

// report notes how a round went; what is new is logged.
func (s *Sealer) report(err error) {
	a := &s.state
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) && (a.sealing == nil || a.sealing.Error() != err.Error()) {
		s.Log.Error("the log was not sealed", "error", err)
	}
	a.sealing = err
}

// State is how well the log is kept.
type State struct {
	// Size counts the sealed rows, Root is that of their tree; Waiting counts
	// rows without a seal.
	Size    int64
	Root    tlog.Hash
	Waiting int
	// SealedAt is the last seal.
	SealedAt time.Time
	// AnchoredAt is the last checkpoint that this process wrote to the second
	// place, Anchor where that is.
	AnchoredAt time.Time
	Anchor     string
	// Verified is the last complete check, Problem what it found; or what
	// keeps the log from being sealed or anchored now.
	Verified time.Time
	Problem  string
}

// State tells how well the log is kept.
func (s *Sealer) State(ctx context.Context) (State, error) {
	st, err := s.stored(ctx)
	if err != nil {
		return st, err
	}
	if s.Anchors != nil {
		st.Anchor = s.Anchors.String()
	}
	a := &s.state
	a.mu.Lock()
	defer a.mu.Unlock()
	st.AnchoredAt = a.at
	for _, problem := range []error{a.failed, a.sealing} {
		if st.Problem == "" && problem != nil {
			st.Problem = problem.Error()
		}
	}
	return st, nil
}

// stored is the part of the state that is in the database.
func (s *Sealer) stored(ctx context.Context) (State, error) {
	var st State
	size, err := sealedRows(ctx, s.DB)
	if err != nil {
		return st, err
	}
	st.Size = size
	if st.Root, err = rootAt(ctx, s.DB, size); err != nil {
		st.Problem = err.Error() // it is what verifying would find
	}
	if err := s.lastSeal(ctx, &st); err != nil {
		return st, err
	}
	check, found, err := LastCheck(ctx, s.DB)
	if err != nil {
		return st, err
	}
	if found {
		st.Verified = check.At
		if st.Problem == "" {
			st.Problem = check.Problem
		}
	}
	return st, nil
}

// lastSeal reads when the last row was sealed and counts those after it that
// wait.
func (s *Sealer) lastSeal(ctx context.Context, st *State) error {
	s.mu.Lock()
	from := s.top - lookBack
	s.mu.Unlock()
	err := s.DB.GetContext(ctx, &st.Waiting, `SELECT COUNT(*) FROM audit a LEFT JOIN audit_seal s ON s.row_id = a.id
		WHERE a.n >= ? AND s.row_id IS NULL`, from)
	if err != nil {
		return fmt.Errorf("counting rows without a seal: %w", err)
	}
	var times []time.Time
	err = s.DB.SelectContext(ctx, &times, "SELECT at FROM audit_seal ORDER BY seq DESC LIMIT 1")
	if err != nil {
		return fmt.Errorf("reading the last seal: %w", err)
	}
	if len(times) > 0 {
		st.SealedAt = times[0]
	}
	return nil
}

// Sealed reads sealed rows after number after, in their order, at most limit.
func Sealed(ctx context.Context, q sqlx.QueryerContext, after uint64, limit int) ([]Entry, error) {
	var rows []stored
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+columns+`, s.seq
		FROM audit_seal s JOIN audit a ON a.id = s.row_id WHERE s.seq > ? ORDER BY s.seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading sealed rows: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	return entries, nil
}

// SealedSize is the number of the last sealed row, zero if there is none.
func SealedSize(ctx context.Context, q sqlx.QueryerContext) (uint64, error) {
	size, err := sealedRows(ctx, q)
	return uint64(size), err
}
