package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

const (
	// breath is left between two batches of a hub that serves, so that tills
	// have the database for themselves half of the time.
	breath = 20 * time.Millisecond
	// idleSteps is how many steps without work pass between two looks whether
	// the last uses of an old key have gone: minutes.
	idleSteps = 60
	// markOwn is set when every member's field was found sealed with the
	// member's own key.
	markOwn = "own"
)

// Rotate makes a new data key that seals from now on. What the old ones sealed
// is sealed anew by Step, which whoever serves calls. While an earlier rotation
// is under way it answers wire.ProblemRotating.
func (r *Ring) Rotate(ctx context.Context) (wire.KeyRing, error) {
	var fresh vault.DataKey
	if _, err := io.ReadFull(r.random, fresh.Secret[:]); err != nil {
		return wire.KeyRing{}, fmt.Errorf("reading randomness: %w", err)
	}
	err := r.db.InTx(ctx, "rotating the data key", func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := readDataKeys(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		if rotating(rows) {
			return wire.NewProblem(wire.ProblemRotating, "an earlier rotation is not done")
		}
		fresh.ID = 0
		for _, row := range rows {
			// The new key is wrapped with the master key that the others are.
			if _, err := r.masterOf(row.KEK); err != nil {
				return err
			}
			fresh.ID = max(fresh.ID, row.ID+1)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE data_key SET state = 'opening', swept_at = NULL WHERE purpose = 'seal' AND state = 'active'"); err != nil {
			return fmt.Errorf("retiring the old data key: %w", err)
		}
		return r.insert(ctx, tx, dataKey{Purpose: vault.PurposeSeal, ID: fresh.ID, State: wire.KeyActive}, fresh.Secret)
	})
	if err != nil {
		return wire.KeyRing{}, err
	}
	if _, err := r.refresh(ctx); err != nil {
		return wire.KeyRing{}, err
	}
	return r.Status(ctx)
}

// rotating reports whether something is still to be sealed anew.
func rotating(rows []dataKey) bool {
	for _, row := range rows {
		if row.State == wire.KeyOpening && !row.SweptAt.Valid {
			return true
		}
	}
	return false
}

// sweep is how far this process has come with sealing anew. It is a shortcut
// only: the rows themselves say what is to be done.
type sweep struct {
	mu      sync.Mutex // one step at a time
	to      uint32     // the key that everything is sealed with in the end
	running bool
	columns []column
	at      int    // the column looked at; -1 for members' keys
	after   []byte // the last key of it that was looked at
	changed int    // rows found in this pass over all columns that were to be sealed anew
	broken  int    // rows in it that do not open
	clean   bool   // the last pass found nothing to do
	idle    int    // steps without work since
}

// Step takes up what other processes did to the keys and seals at most one
// batch of rows anew. It returns how many; none means that nothing is left.
func (r *Ring) Step(ctx context.Context) (done int, err error) {
	s := &r.sweep
	s.mu.Lock()
	defer s.mu.Unlock()
	r.forgetLost()
	rows, err := r.refresh(ctx)
	if err != nil {
		return 0, err
	}
	if due, err := r.due(ctx, rows); err != nil || !due {
		return 0, err
	}
	for s.running {
		if s.to != r.Active() {
			s.start(r.Active(), s.columns)
		}
		done, err := r.stepOnce(ctx)
		if err != nil || done > 0 {
			return done, err
		}
	}
	return 0, nil
}

// due reports whether there is work, and begins a pass if one is.
func (r *Ring) due(ctx context.Context, rows []dataKey) (bool, error) {
	s := &r.sweep
	if s.running {
		return true, nil
	}
	due := rotating(rows)
	if !due {
		own, err := r.marked(ctx, markOwn)
		if err != nil {
			return false, err
		}
		due = !own
	}
	if !due && opening(rows) {
		s.idle++
		if s.clean && s.broken == 0 && s.to == r.Active() {
			if s.idle%idleSteps == 0 {
				return false, r.retire(ctx, rows)
			}
		} else {
			// Another process swept; or some rows did not open, and may by now.
			due = s.idle%idleSteps == 1
		}
	}
	if !due {
		return false, nil
	}
	columns, err := r.presentColumns(ctx)
	if err != nil {
		return false, err
	}
	s.start(r.Active(), columns)
	return true, nil
}

// opening reports whether a key only opens.
func opening(rows []dataKey) bool {
	for _, row := range rows {
		if row.State == wire.KeyOpening {
			return true
		}
	}
	return false
}

// start begins a pass.
func (s *sweep) start(to uint32, columns []column) {
	s.to, s.columns, s.running, s.clean = to, columns, true, false
	s.at, s.after, s.changed, s.broken = -1, nil, 0, 0
}

// stepOnce looks at the next page and moves on.
func (r *Ring) stepOnce(ctx context.Context) (done int, err error) {
	s := &r.sweep
	switch {
	case s.at < 0:
		done, err = r.rewrapPage(ctx)
	case s.at < len(s.columns):
		done, err = r.resealPage(ctx, s.columns[s.at])
	default:
		return 0, r.endPass(ctx)
	}
	return done, err
}

// next turns to the next column.
func (s *sweep) next() { s.at, s.after = s.at+1, nil }

// endPass ends a pass. One that changed something is followed by another: what
// a process that did not know the new key wrote behind it is found then.
func (r *Ring) endPass(ctx context.Context) error {
	s := &r.sweep
	if s.changed > 0 {
		s.start(s.to, s.columns)
		return nil
	}
	rows, err := r.refresh(ctx)
	if err != nil {
		return err
	}
	err = r.db.InTx(ctx, "ending a rotation", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE data_key SET swept_at = ? WHERE purpose = 'seal' AND state = 'opening' AND id < ? AND swept_at IS NULL",
			r.now(), s.to)
		if err != nil {
			return fmt.Errorf("noting that a key is swept: %w", err)
		}
		return r.mark(ctx, tx, markOwn)
	})
	if err != nil {
		return err
	}
	s.running, s.clean, s.idle = false, true, 0
	if s.broken > 0 {
		r.log.Error("fields that do not open were left as they are; they were changed or damaged", "fields", s.broken)
		return nil
	}
	return r.retire(ctx, rows)
}

// retire retires the keys that nothing is sealed with any more. It is called
// when a pass has found nothing but, perhaps, events of the outbox.
func (r *Ring) retire(ctx context.Context, rows []dataKey) error {
	for _, row := range rows {
		if row.State != wire.KeyOpening || row.ID >= r.sweep.to {
			continue
		}
		used, err := r.used(ctx, row)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if _, err := r.db.ExecContext(ctx, "UPDATE data_key SET state = 'retired' WHERE purpose = 'seal' AND id = ? AND state = 'opening'", row.ID); err != nil {
			return fmt.Errorf("retiring data key %d: %w", row.ID, err)
		}
		r.log.Info("a data key is retired: nothing is sealed with it any more", "key", row.ID)
	}
	return nil
}

// used reports whether something is sealed with a key that is not sealed anew:
// events, which are pruned, and objects from before they had keys of their own.
func (r *Ring) used(ctx context.Context, row dataKey) (used bool, err error) {
	query, args := `SELECT EXISTS (SELECT 1 FROM member_key WHERE data_key = ?)
		OR EXISTS (SELECT 1 FROM outbox WHERE SUBSTRING(body, 1, 1) = 0x01 AND SUBSTRING(body, 3, 4) = ?)`, []any{row.ID, idBytes(row.ID)}
	if row.Adopted {
		query += " OR EXISTS (SELECT 1 FROM media WHERE content_key IS NULL)"
	}
	if err := r.db.GetContext(ctx, &used, query, args...); err != nil {
		return false, fmt.Errorf("looking for uses of data key %d: %w", row.ID, err)
	}
	return used, nil
}

// RotateAll seals everything anew without a pause and returns how many rows
// that were.
func (r *Ring) RotateAll(ctx context.Context) (done int, err error) {
	for {
		n, err := r.Step(ctx)
		done += n
		if err != nil || n == 0 {
			return done, err
		}
	}
}

// Work is RotateAll for a hub that serves: with a breath between batches. It is
// called every few seconds.
func (r *Ring) Work(ctx context.Context) error {
	for {
		n, err := r.Step(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := clock.Sleep(ctx, breath); err != nil {
			return nil //nolint:nilerr // the round is over; the next goes on
		}
	}
}

// mark notes that something happened.
func (r *Ring) mark(ctx context.Context, tx *mysql.Tx, what string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO key_mark (mark, at) VALUES (?, ?) ON DUPLICATE KEY UPDATE at = VALUES(at)", what, r.now())
	if err != nil {
		return fmt.Errorf("noting %q: %w", what, err)
	}
	return nil
}

// marked reports whether something ever happened.
func (r *Ring) marked(ctx context.Context, what string) (bool, error) {
	var yes bool
	if err := r.db.GetContext(ctx, &yes, "SELECT EXISTS (SELECT 1 FROM key_mark WHERE mark = ?)", what); err != nil {
		return false, fmt.Errorf("looking for %q: %w", what, err)
	}
	return yes, nil
}

// refused reports whether err says that a field cannot be opened, whatever is
// tried.
func refused(err error) bool {
	return errors.Is(err, vault.ErrRefused) || errors.Is(err, vault.ErrUnknownKey)
}

// idBytes is a data key's id as it stands in what it sealed.
func idBytes(key uint32) []byte {
	return []byte{byte(key >> 24), byte(key >> 16), byte(key >> 8), byte(key)}
}

// least is the key before all keys of a column.
func least(after []byte) []byte {
	if after == nil {
		return bytes.Repeat([]byte{0}, 16)
	}
	return after
}
