package mysql_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// accounts makes n rows of the stream table, which serves as a table of
// counters here, each holding start.
func accounts(t *testing.T, db *mysql.DB, start int64, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := db.ExecContext(t.Context(),
			"INSERT INTO stream (channel, epoch, seq) VALUES (?, ?, ?)", name, make([]byte, 16), start); err != nil {
			t.Fatal(err)
		}
	}
}

func balance(t *testing.T, db *mysql.DB, name string) int64 {
	t.Helper()
	var v int64
	if err := db.GetContext(t.Context(), &v, "SELECT seq FROM stream WHERE channel = ?", name); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestReadComputeWriteLosesNothing is the anomaly MariaDB has by default: two
// transactions read, compute and write, and one update is lost. Under the
// hub's settings the server refuses the later one and InTx runs it again.
func TestReadComputeWriteLosesNothing(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 0, "a")
	const writers, each = 4, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := addOne(t.Context(), db, "a"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := balance(t, db, "a"); got != writers*each {
		t.Errorf("%d increments left %d", writers*each, got)
	}
	if db.Retries() == 0 {
		t.Error("no transaction was run again: the test did not collide, or collisions went unseen")
	}
}

// addOne is deliberately the wrong way to add: it reads, computes, writes. It
// repeats past InTx's own bound, for the collisions here are provoked.
func addOne(ctx context.Context, db *mysql.DB, name string) error {
	for {
		err := db.InTx(ctx, "adding", func(ctx context.Context, tx *mysql.Tx) error {
			var v int64
			if err := tx.GetContext(ctx, &v, "SELECT seq FROM stream WHERE channel = ?", name); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "UPDATE stream SET seq = ? WHERE channel = ?", v+1, name)
			return err
		})
		if !mysql.Retryable(err) {
			return err
		}
	}
}

func TestInTxRunsAgainAfterADeadlock(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 0, "a", "b")
	var both sync.WaitGroup // the first try of each waits until both hold one row
	both.Add(2)
	var done sync.WaitGroup
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		done.Go(func() {
			var first sync.Once
			err := db.InTx(t.Context(), "crossing", func(ctx context.Context, tx *mysql.Tx) error {
				for _, name := range order {
					if _, err := tx.ExecContext(ctx, "UPDATE stream SET seq = seq + 1 WHERE channel = ?", name); err != nil {
						return err
					}
					first.Do(func() { both.Done(); both.Wait() })
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if a, b := balance(t, db, "a"), balance(t, db, "b"); a != 2 || b != 2 {
		t.Errorf("balances %d and %d, want 2 and 2", a, b)
	}
	if db.Retries() != 1 {
		t.Errorf("%d transactions ran again, want the one the server chose", db.Retries())
	}
}

func TestInTxRollsBackAndKeepsTheError(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 5, "a")
	refused := errors.New("refused")
	ran := false
	err := db.InTx(t.Context(), "taking", func(ctx context.Context, tx *mysql.Tx) error {
		tx.AfterCommit(func() { ran = true })
		if _, err := tx.ExecContext(ctx, "UPDATE stream SET seq = 0 WHERE channel = 'a'"); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("error = %v, want the function's own", err)
	}
	if got := balance(t, db, "a"); got != 5 {
		t.Errorf("balance %d after a rollback, want 5", got)
	}
	if ran {
		t.Error("AfterCommit ran without a commit")
	}
}

func TestInTxRollsBackWhenItsFunctionPanics(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 5, "a")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.InTx(t.Context(), "taking", func(ctx context.Context, tx *mysql.Tx) error {
			if _, err := tx.ExecContext(ctx, "UPDATE stream SET seq = 0 WHERE channel = 'a'"); err != nil {
				return err
			}
			panic("programming error")
		})
	}()
	if got := balance(t, db, "a"); got != 5 {
		t.Errorf("balance %d after a panic, want 5", got)
	}
}

func TestAfterCommitRunsInOrderOnceCommitted(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 0, "a")
	var order []int
	err := db.InTx(t.Context(), "adding", func(ctx context.Context, tx *mysql.Tx) error {
		for i := range 3 {
			tx.AfterCommit(func() {
				if balance(t, db, "a") != 7 {
					t.Error("AfterCommit ran before others could see the commit")
				}
				order = append(order, i)
			})
		}
		_, err := tx.ExecContext(ctx, "UPDATE stream SET seq = 7 WHERE channel = 'a'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(order) != 3 || order[0] != 0 || order[1] != 1 || order[2] != 2 {
		t.Errorf("AfterCommit ran in order %v", order)
	}
}

func TestInTxEndsWithItsContext(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 0, "a")
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, "adding", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE stream SET seq = 1 WHERE channel = 'a'")
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want canceled", err)
	}
	if got := balance(t, db, "a"); got != 0 {
		t.Errorf("balance %d: a cancelled transaction was committed", got)
	}
}

func TestTimesAndTextComeBackAsWritten(t *testing.T) {
	db := mysqltest.New(t)
	at := time.Date(2026, 11, 22, 23, 59, 59, 987e6, time.UTC)
	const body = "加油站 \U0001F697 'x' \\ \""
	if _, err := db.ExecContext(t.Context(),
		"INSERT INTO outbox (channel, seq, kind, body, at) VALUES ('c', 1, 'k', ?, ?)", body, at); err != nil {
		t.Fatal(err)
	}
	var row struct {
		Body string
		At   time.Time
	}
	if err := db.GetContext(t.Context(), &row, "SELECT body, at FROM outbox"); err != nil {
		t.Fatal(err)
	}
	if !row.At.Equal(at) || row.At.Location() != time.UTC || row.Body != body {
		t.Errorf("read back %v %q, wrote %v %q", row.At, row.Body, at, body)
	}
}

func TestStrictModeRefusesToCutOff(t *testing.T) {
	db := mysqltest.New(t)
	_, err := db.ExecContext(t.Context(),
		"INSERT INTO outbox (channel, seq, kind, body, at) VALUES ('c', 1, ?, '', NOW())", string(make([]byte, 33)))
	if err == nil {
		t.Error("a text longer than its column was cut off instead of refused")
	}
}

func TestRowsAffectedMeansRowsMatched(t *testing.T) {
	db := mysqltest.New(t)
	accounts(t, db, 5, "a")
	result, err := db.ExecContext(t.Context(), "UPDATE stream SET seq = 5 WHERE channel = 'a' AND seq = 5")
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := result.RowsAffected(); n != 1 {
		t.Errorf("a conditional UPDATE that matched and changed nothing answered %d, want 1", n)
	}
}
