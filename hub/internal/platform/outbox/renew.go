package outbox

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Renew gives every channel a new epoch: after a restore, positions of before
// may be of events that are no more, and whoever follows has to take a snapshot.
// No hub may be at work on the database.
func Renew(ctx context.Context, tx *mysql.Tx, ids *id.Maker) error {
	var channels []wire.Channel
	if err := tx.SelectContext(ctx, &channels, "SELECT channel FROM stream ORDER BY channel"); err != nil {
		return fmt.Errorf("listing the channels: %w", err)
	}
	for _, ch := range channels {
		if _, err := tx.ExecContext(ctx, "UPDATE stream SET epoch = ? WHERE channel = ?", id.New[id.Epoch](ids), ch); err != nil {
			return fmt.Errorf("renewing the epoch of %s: %w", ch, err)
		}
	}
	return nil
}
