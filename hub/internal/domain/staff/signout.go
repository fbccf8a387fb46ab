package staff

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
)

// SignAllOut ends every session in a database that no hub serves: after a
// restore, ones that were ended since would be open again.
func SignAllOut(ctx context.Context, tx *mysql.Tx) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM staff_session"); err != nil {
		return fmt.Errorf("ending the sessions of staff: %w", err)
	}
	return nil
}
