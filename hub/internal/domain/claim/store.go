package claim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

const columns = "id, station, nozzle, member, at, until"

// Near reads the claims that a new one of a member at a nozzle would meet: the
// nozzle's and the member's, live or not, by id.
func Near(ctx context.Context, q sqlx.QueryerContext, s id.Station, nozzle int, m id.Member) ([]Claim, error) {
	return list(ctx, q, "SELECT "+columns+" FROM claim WHERE station = ? AND nozzle = ? UNION SELECT "+columns+
		" FROM claim WHERE member = ? ORDER BY id", s, nozzle, m)
}

// Lock reads, and holds, claims by their ids in ascending order; one that is
// gone is left out.
func Lock(ctx context.Context, tx sqlx.QueryerContext, ids []id.Claim) ([]Claim, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return list(ctx, tx, "SELECT "+columns+" FROM claim WHERE id IN (?"+strings.Repeat(", ?", len(ids)-1)+
		") ORDER BY id FOR UPDATE", anys(ids)...)
}

// Live reads the claims of a station that still wait at now, by nozzle.
func Live(ctx context.Context, q sqlx.QueryerContext, s id.Station, now time.Time) ([]Claim, error) {
	return list(ctx, q, "SELECT "+columns+" FROM claim WHERE station = ? AND until > ? ORDER BY nozzle", s, now)
}

// Insert adds a claim. One that is there for its nozzle or its member is the
// server's duplicate-key error.
func Insert(ctx context.Context, tx sqlx.ExecerContext, c Claim) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO claim ("+columns+") VALUES (?, ?, ?, ?, ?, ?)",
		c.ID, c.Station, c.Nozzle, c.Member, c.At, c.Until)
	if err != nil {
		return fmt.Errorf("inserting a claim: %w", err)
	}
	return nil
}

// Delete removes claims, spent or replaced, and counts those that were there.
func Delete(ctx context.Context, tx sqlx.ExecerContext, ids []id.Claim) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	return remove(ctx, tx, "DELETE FROM claim WHERE id IN (?"+strings.Repeat(", ?", len(ids)-1)+")", anys(ids)...)
}

// Prune removes claims that ended before, at most limit of them, and counts
// them.
func Prune(ctx context.Context, tx sqlx.ExecerContext, before time.Time, limit int) (int64, error) {
	return remove(ctx, tx, "DELETE FROM claim WHERE until < ? ORDER BY until LIMIT ?", before, limit)
}

func remove(ctx context.Context, tx sqlx.ExecerContext, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("removing claims: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("removing claims: %w", err)
	}
	return n, nil
}

func list(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Claim, error) {
	var claims []Claim
	if err := sqlx.SelectContext(ctx, q, &claims, query, args...); err != nil {
		return nil, fmt.Errorf("reading claims: %w", err)
	}
	return claims, nil
}

func anys(ids []id.Claim) []any {
	out := make([]any, len(ids))
	for i, v := range ids {
		out[i] = v
	}
	return out
}
