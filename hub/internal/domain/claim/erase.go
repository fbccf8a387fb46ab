package claim

import (
	"context"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

// Of lists a member's claims, live or not, by id.
func Of(ctx context.Context, q sqlx.QueryerContext, m id.Member) ([]Claim, error) {
	return list(ctx, q, "SELECT "+columns+" FROM claim WHERE member = ? ORDER BY id", m)
}

// DeleteOf removes a member's claims and counts them: they are erased.
func DeleteOf(ctx context.Context, tx sqlx.ExecerContext, m id.Member) (int64, error) {
	return remove(ctx, tx, "DELETE FROM claim WHERE member = ?", m)
}
