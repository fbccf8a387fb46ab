package backup

import (
	"context"

	"forecourt/hub/internal/platform/mysql"
)

// tools is the version of MariaDB here, or why copying and restoring cannot be
// done. Asking starts a program; what was once found stays found.
func (k *Keeper) tools(ctx context.Context) (string, error) {
	if v := k.server.Load(); v != nil {
		return *v, nil
	}
	version, err := mysql.Tools(ctx)
	if err == nil {
		k.server.Store(&version)
	}
	return version, err
}
