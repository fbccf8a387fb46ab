package media

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of the sweep.
const (
	// unusedAge is how long an upload waits for its message: longer than a
	// phone stays out of reach with a message in its outbox.
	unusedAge = 24 * time.Hour
	// orphanAge is how long an object may be without a row, and uploadAge how
	// long an upload may take: so much shorter that the sweep never meets one.
	orphanAge = time.Hour
	uploadAge = orphanAge / 2
	// sweepBatch bounds what one call removes, so that no call takes long.
	sweepBatch = 200
)

// Sweep removes uploads that no message took within a day, and objects that no
// upload holds, at most a bounded number of each. It answers how many objects
// it removed. What the object store does not remove now is tried again.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	if err := s.dropUnused(ctx); err != nil {
		return 0, err
	}
	return s.dropOrphans(ctx)
}

// dropUnused removes the rows of uploads nobody took, and lists their objects
// as held by nobody.
func (s *Store) dropUnused(ctx context.Context) error {
	var due []id.Media
	err := s.DB.SelectContext(ctx, &due, "SELECT id FROM media WHERE used_at IS NULL AND at < ? ORDER BY at LIMIT ?",
		s.now().Add(-unusedAge), sweepBatch)
	if err != nil {
		return fmt.Errorf("looking for unused uploads: %w", err)
	}
	for _, m := range due {
		if err := s.dropOne(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// dropOne removes one row, unless a message took the upload meanwhile.
func (s *Store) dropOne(ctx context.Context, m id.Media) error {
	return s.DB.InTx(ctx, "removing an unused upload", func(ctx context.Context, tx *mysql.Tx) error {
		var r row
		err := tx.GetContext(ctx, &r, rowQuery+" WHERE id = ? AND used_at IS NULL FOR UPDATE", m)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading upload %s: %w", m, err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM media WHERE id = ?", m); err != nil {
			return fmt.Errorf("removing upload %s: %w", m, err)
		}
		// Nobody is writing these: they are due at once.
		return list(ctx, tx, keysOf(r.Key, r.Kind), s.now().Add(-orphanAge))
	})
}

// Forget removes, as part of tx, all uploads of a member's conversations,
// whoever sent them. Their objects are swept away soon after the commit.
func (s *Store) Forget(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	var rows []row
	err := tx.SelectContext(ctx, &rows, rowQuery+" WHERE subject = ? FOR UPDATE", m)
	if err != nil {
		return fmt.Errorf("reading a member's uploads: %w", err)
	}
	var keys []string
	for _, r := range rows {
		keys = append(keys, keysOf(r.Key, r.Kind)...)
	}
	for batch := range slices.Chunk(keys, sweepBatch) {
		// Nobody is writing these: they are due at once.
		if err := list(ctx, tx, batch, s.now().Add(-orphanAge)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM media WHERE subject = ?", m); err != nil {
		return fmt.Errorf("removing a member's uploads: %w", err)
	}
	return nil
}

// announce lists objects that are about to be stored.
func (s *Store) announce(ctx context.Context, keys []string) error {
	return list(ctx, s.DB, keys, s.now())
}

// list adds objects to those nobody holds, in one statement.
func list(ctx context.Context, tx sqlx.ExecerContext, keys []string, at time.Time) error {
	args := make([]any, 0, 2*len(keys))
	for _, key := range keys {
		args = append(args, key, at)
	}
	values := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(keys)), ", ")
	if _, err := tx.ExecContext(ctx, "INSERT INTO media_orphan (object_key, at) VALUES "+values, args...); err != nil {
		return fmt.Errorf("listing objects nobody holds: %w", err)
	}
	return nil
}

// dropOrphans removes the objects nobody holds.
func (s *Store) dropOrphans(ctx context.Context) (removed int, err error) {
	var keys []string
	err = s.DB.SelectContext(ctx, &keys, "SELECT object_key FROM media_orphan WHERE at <= ? ORDER BY at LIMIT ?",
		s.now().Add(-orphanAge), sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("looking for objects nobody holds: %w", err)
	}
	for _, key := range keys {
		if err := s.dropObject(ctx, key); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// dropObject removes one object nobody holds. One that cannot be removed goes
// to the end of the line, so that it does not keep the others.
func (s *Store) dropObject(ctx context.Context, key string) error {
	failed := s.Objects.Delete(ctx, key)
	forget, args := "DELETE FROM media_orphan WHERE object_key = ?", []any{key}
	if failed != nil {
		forget, args = "UPDATE media_orphan SET at = ? WHERE object_key = ?", []any{s.now(), key}
		failed = fmt.Errorf("%w: removing %s: %w", wire.NewProblem(wire.ProblemStorage, "the object store did not answer"), key, failed)
	}
	if _, err := s.DB.ExecContext(ctx, forget, args...); err != nil {
		return errors.Join(failed, fmt.Errorf("forgetting an object nobody holds: %w", err))
	}
	return failed
}
