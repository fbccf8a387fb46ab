package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/clock"
)

// Bounds of running a transaction again. Twelve tries with these waits last
// about two seconds, longer than any honest contention.
const (
	maxTries   = 12
	firstWait  = 2 * time.Millisecond
	waitsLimit = 250 * time.Millisecond
)

// Tx is a running transaction.
type Tx struct {
	*sqlx.Tx
	after []func()
}

// AfterCommit keeps fn to be run once the transaction is committed, after
// those kept before it. It is dropped when the transaction is not, or when
// that is unknown. fn must not block: the caller of InTx waits for it.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// InTx runs fn in a transaction and commits it. what says what is being done,
// for errors: "taking payment".
//
// When the server answers with a deadlock, a lock wait timeout or a row
// changed since it was read, the whole of fn runs again in a new transaction,
// a bounded number of times; so fn has no effect outside tx. An error of fn
// rolls back and is returned, wrapped. ErrUnknownOutcome is returned when the
// connection broke around COMMIT.
//
// Rule for fn: what decides a write is read FOR UPDATE or by a conditional
// UPDATE. A plain SELECT opens a snapshot, and a later lock on a row that
// another transaction has changed since is refused (1020) and costs a run.
func (db *DB) InTx(ctx context.Context, what string, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 0; ; try++ {
		err := db.once(ctx, fn)
		if err == nil {
			return nil
		}
		if !Retryable(err) || try+1 == maxTries {
			return fmt.Errorf("%s: %w", what, err)
		}
		db.retries.Add(1)
		if clock.Sleep(ctx, clock.Backoff(try, firstWait, waitsLimit)) != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// once runs fn in one transaction.
func (db *DB) once(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	inner, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	// After a commit this does nothing. It also ends what a panic of fn left.
	// The outcome of a rollback does not matter: the server rolls back what
	// it does not hear a COMMIT for.
	defer func() { _ = inner.Rollback() }()
	tx := &Tx{Tx: inner}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	// A context that has ended by now ends here with certainty; once COMMIT is
	// on its way only the server's answer counts.
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := inner.Commit(); err != nil {
		return commitError(err)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// commitError tells a commit that the server refused, or that was never sent,
// from one nobody knows the outcome of.
func commitError(err error) error {
	refused := number(err) != 0 && !slices.Contains(awayNumbers, number(err))
	unsent := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if refused || unsent {
		return fmt.Errorf("committing: %w", err)
	}
	return fmt.Errorf("%w: %w", ErrUnknownOutcome, err)
}
