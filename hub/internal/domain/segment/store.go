package segment

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

// ErrNone says that a station has no such segment.
var ErrNone = errors.New("segment: no such segment")

// row is a row of table segment.
type row struct {
	ID        id.Segment
	Name      string
	Rule      string `db:"rule_json"`
	Members   int
	CountedAt time.Time `db:"counted_at"`
	By        string    `db:"made_by"`
}

const query = "SELECT id, name, rule_json, members, counted_at, made_by FROM segment WHERE station = ?"

func (r row) segment() (wire.Segment, error) {
	s := wire.Segment{ID: r.ID, Name: r.Name, Members: r.Members, CountedAt: r.CountedAt, By: r.By}
	if err := json.Unmarshal([]byte(r.Rule), &s.Rule); err != nil {
		return s, fmt.Errorf("reading the rule of segment %s: %w", r.ID, err)
	}
	return s, nil
}

// List is a station's segments, by name.
func List(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]wire.Segment, error) {
	return list(ctx, q, query+" ORDER BY name", at)
}

func list(ctx context.Context, q sqlx.QueryerContext, text string, at id.Station) ([]wire.Segment, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, q, &rows, text, at); err != nil {
		return nil, fmt.Errorf("reading segments: %w", err)
	}
	segments := make([]wire.Segment, len(rows))
	for i, r := range rows {
		var err error
		if segments[i], err = r.segment(); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// Load reads one segment of a station, or answers ErrNone.
func Load(ctx context.Context, q sqlx.QueryerContext, at id.Station, which id.Segment) (wire.Segment, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, query+" AND id = ?", at, which)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Segment{}, ErrNone
	}
	if err != nil {
		return wire.Segment{}, fmt.Errorf("reading segment %s: %w", which, err)
	}
	return r.segment()
}

// Put adds a segment of a station, or replaces the one of its id. A name that
// another one has is the server's duplicate-key error.
func Put(ctx context.Context, tx sqlx.ExecerContext, at id.Station, s wire.Segment, now time.Time) error {
	rule, err := json.Marshal(s.Rule)
	if err != nil {
		return fmt.Errorf("encoding the rule of segment %s: %w", s.ID, err)
	}
	n, err := changed(tx.ExecContext(ctx, `UPDATE segment SET name = ?, rule_json = ?, members = ?, counted_at = ?,
			made_by = ?, changed_at = ? WHERE station = ? AND id = ?`,
		s.Name, string(rule), s.Members, s.CountedAt, s.By, now, at, s.ID))
	if err == nil && n == 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO segment (id, station, name, rule_json, members, counted_at, made_by, changed_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, s.ID, at, s.Name, string(rule), s.Members, s.CountedAt, s.By, now)
	}
	if err != nil {
		return fmt.Errorf("storing segment %s: %w", s.ID, err)
	}
	return nil
}

// Drop removes a segment of a station, or answers ErrNone.
func Drop(ctx context.Context, tx sqlx.ExecerContext, at id.Station, which id.Segment) error {
	n, err := changed(tx.ExecContext(ctx, "DELETE FROM segment WHERE station = ? AND id = ?", at, which))
	if err != nil {
		return fmt.Errorf("removing segment %s: %w", which, err)
	}
	if n == 0 {
		return ErrNone
	}
	return nil
}

// Count stores how many a segment chose at a time, unless its rule was changed
// since: then whoever changed it has counted anew.
func Count(ctx context.Context, db sqlx.ExecerContext, which id.Segment, members int, at time.Time) error {
	_, err := db.ExecContext(ctx, "UPDATE segment SET members = ?, counted_at = ? WHERE id = ? AND changed_at <= ?",
		members, at, which, at)
	if err != nil {
		return fmt.Errorf("counting segment %s: %w", which, err)
	}
	return nil
}

func changed(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
