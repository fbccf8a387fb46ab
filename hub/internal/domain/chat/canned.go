package chat

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// cannedRow is a row of table chat_canned.
type cannedRow struct {
	ID    id.Canned
	Title string
	Code  string
	Parts string
}

const cannedQuery = "SELECT id, title, code, parts FROM chat_canned WHERE station = ?"

func (r cannedRow) canned() (wire.Canned, error) {
	c := wire.Canned{ID: r.ID, Title: r.Title, Keys: r.Code}
	if err := json.Unmarshal([]byte(r.Parts), &c.Parts); err != nil {
		return c, fmt.Errorf("reading canned reply %s: %w", r.ID, err)
	}
	return c, nil
}

// CannedOf lists the replies a station keeps ready, in its order.
func (s *Store) CannedOf(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]wire.Canned, error) {
	return canned(ctx, q, cannedQuery+" ORDER BY place", at)
}

// LockCanned lists the replies as CannedOf and holds them.
func (s *Store) LockCanned(ctx context.Context, tx sqlx.QueryerContext, at id.Station) ([]wire.Canned, error) {
	return canned(ctx, tx, cannedQuery+" ORDER BY place FOR UPDATE", at)
}

func canned(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]wire.Canned, error) {
	var rows []cannedRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading canned replies: %w", err)
	}
	list := make([]wire.Canned, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.canned(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Canned reads one reply of a station, or answers ErrNone.
func (s *Store) Canned(ctx context.Context, q sqlx.QueryerContext, at id.Station, which id.Canned) (wire.Canned, error) {
	var row cannedRow
	err := sqlx.GetContext(ctx, q, &row, cannedQuery+" AND id = ?", at, which)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Canned{}, ErrNone
	}
	if err != nil {
		return wire.Canned{}, fmt.Errorf("reading canned reply %s: %w", which, err)
	}
	return row.canned()
}

// PutCanned adds a reply at the end of the station's list, or replaces it in
// its place.
func (s *Store) PutCanned(ctx context.Context, tx sqlx.ExecerContext, at id.Station, c wire.Canned, now time.Time) error {
	parts, err := json.Marshal(c.Parts)
	if err != nil {
		return fmt.Errorf("encoding canned reply %s: %w", c.ID, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO chat_canned (id, station, place, title, code, parts, changed_at)
		SELECT ?, ?, COALESCE(MAX(place), 0) + 1, ?, ?, ?, ? FROM chat_canned WHERE station = ?
		ON DUPLICATE KEY UPDATE title = VALUES(title), code = VALUES(code), parts = VALUES(parts), changed_at = VALUES(changed_at)`,
		c.ID, at, c.Title, c.Keys, string(parts), now, at)
	if err != nil {
		return fmt.Errorf("storing canned reply %s: %w", c.ID, err)
	}
	return nil
}

// DropCanned removes a reply and reports whether it was there.
func (s *Store) DropCanned(ctx context.Context, tx sqlx.ExecerContext, at id.Station, which id.Canned) (bool, error) {
	result, err := tx.ExecContext(ctx, "DELETE FROM chat_canned WHERE station = ? AND id = ?", at, which)
	if err != nil {
		return false, fmt.Errorf("removing canned reply %s: %w", which, err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
