package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// upkeepBatch bounds what one transaction of the upkeep touches, so that no
// sale waits long for it.
const upkeepBatch = 500

// ExpirePending ends every reservation of money whose time has passed and
// counts them. A reservation that is posted or voided at the same moment is
// left to whoever was first.
func (f *Flow) ExpirePending(ctx context.Context) (int, error) {
	now := f.now()
	due, err := ledger.Due(ctx, f.DB, now, upkeepBatch)
	if err != nil {
		return 0, err
	}
	expired := 0
	for _, p := range due {
		end := p
		end.ID, end.Kind, end.Resolves, end.ExpiresAt, end.At = id.New[id.Transfer](f.IDs), ledger.Expire, p.ID, time.Time{}, now
		err := f.DB.InTx(ctx, "expiring a reservation", func(ctx context.Context, tx *mysql.Tx) error {
			return ledger.Record(ctx, tx, end)
		})
		switch {
		case errors.Is(err, ledger.ErrRecorded), errors.Is(err, ledger.ErrGuard):
			// Resolved meanwhile: its id is taken, or nothing is reserved.
		case err != nil:
			return expired, err
		default:
			expired++
		}
	}
	return expired, nil
}

// PruneResults forgets the results of commands older than keep and counts
// them. A repeat of such a command is then judged anew: its sale is paid or
// resolved long since, and that refuses it.
func (f *Flow) PruneResults(ctx context.Context, keep time.Duration) (removed int64, err error) {
	before := f.now().Add(-keep)
	for {
		result, err := f.DB.ExecContext(ctx, "DELETE FROM command_result WHERE at < ? ORDER BY at LIMIT ?", before, upkeepBatch)
		if err != nil {
			return removed, fmt.Errorf("pruning results of commands: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return removed, fmt.Errorf("pruning results of commands: %w", err)
		}
		removed += n
		if n < upkeepBatch {
			return removed, nil
		}
	}
}
