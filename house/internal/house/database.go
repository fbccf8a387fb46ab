package house

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"forecourt/house/internal/process"
)

// KillDatabase ends the hub's private database server at once, as a crash
// would. It reports false if none was running just then.
func (h *House) KillDatabase() (bool, error) {
	pid := h.databasePID()
	if pid == 0 {
		return false, nil // it is just being started or stopped
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return false, fmt.Errorf("killing the database: %w", err)
	}
	return true, nil
}

// databasePID is the process of the hub's private database, 0 if none runs.
func (h *House) databasePID() int {
	text, err := os.ReadFile(h.path("hub/db/pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !h.ours(pid) {
		return 0
	}
	return pid
}

// ours reports whether a process is this house's database: a stale file may
// name a process that has nothing to do with us.
func (h *House) ours(pid int) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.Contains(string(line), "mariadbd") && strings.Contains(string(line), h.path("hub/db"))
}

// SQL runs statements on the hub's private database as its administrator,
// behind the hub's back: what somebody does who has the machine.
func (h *House) SQL(ctx context.Context, statements string) (string, error) {
	return process.Run(ctx, "mariadb", "--no-defaults", "--socket="+h.path("hub/db/s.sock"), "--user=root",
		"--batch", "--skip-column-names", "--database=forecourt", "--execute="+statements)
}

// Verify has the hub check its log, its sales and its books; what it prints is
// returned also when it finds something.
func (h *House) Verify(ctx context.Context) (string, error) { return h.hub(ctx, "verify") }
