package member

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
)

// SignAllOut ends every session, and forgets every one-time code, in a database
// that no hub serves: after a restore, ones that were used since would be good
// again.
func SignAllOut(ctx context.Context, tx *mysql.Tx) error {
	for _, statement := range []string{"DELETE FROM member_session", "DELETE FROM login_code"} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("ending the sessions of members: %w", err)
		}
	}
	return nil
}
