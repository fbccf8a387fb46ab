package sale

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// LockUnsettled holds all of a member's sales, so that none is added until the
// end of tx, and counts those that somebody still has to settle: what runs, is
// unpaid, or waits to be judged.
func LockUnsettled(ctx context.Context, tx sqlx.QueryerContext, m id.Member) (int, error) {
	var states []wire.SaleState
	err := sqlx.SelectContext(ctx, tx, &states, "SELECT state FROM sale FORCE INDEX (sale_member) WHERE member = ? ORDER BY id FOR UPDATE", m)
	if err != nil {
		return 0, fmt.Errorf("locking a member's sales: %w", err)
	}
	unsettled := 0
	for _, s := range states {
		if s == wire.SaleOpen || s == wire.SaleUnpaid || s == wire.SaleQuarantined {
			unsettled++
		}
	}
	return unsettled, nil
}

// Loosen makes a member's sales nobody's and counts them. The caller holds
// them. The sales, and the money, stay as they are.
func Loosen(ctx context.Context, tx sqlx.ExecerContext, m id.Member) (int64, error) {
	result, err := tx.ExecContext(ctx, "UPDATE sale SET member = NULL WHERE member = ?", m)
	if err != nil {
		return 0, fmt.Errorf("loosening a member's sales: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("loosening a member's sales: %w", err)
	}
	return n, nil
}
