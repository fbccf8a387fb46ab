package mysql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forecourt/hub/internal/platform/clock"
)

// lockPoll is how often a lock held by a server that is just stopping is tried.
const lockPoll = 50 * time.Millisecond

// takeLock locks the file at path for this process or answers ErrInUse at
// once. The lock ends with the last descriptor of the file returned, so also
// when the process is killed.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening lock %s: %w", path, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, filepath.Dir(path))
	}
	return nil, fmt.Errorf("locking %s: %w", path, err)
}

// awaitLock waits for the lock at path. Its holder is the server of a hub that
// is gone, and about to end too.
func awaitLock(ctx context.Context, path string, limit time.Duration) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		f, err := takeLock(path)
		if !errors.Is(err, ErrInUse) {
			return f, err
		}
		if clock.Sleep(ctx, lockPoll) != nil {
			pid, _ := os.ReadFile(filepath.Join(filepath.Dir(path), pidFile))
			return nil, fmt.Errorf("mysql: the database of an earlier hub is still running, process %s; end it with SIGTERM: %w",
				strings.TrimSpace(string(pid)), err)
		}
	}
}

// Running reports whether a hub runs a private server in dir, and where it
// listens. It is how a command line tool joins a hub at work.
func Running(dir string) (Endpoint, bool, error) {
	path := filepath.Join(dir, hubLock)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return Endpoint{}, false, nil
	}
	f, err := takeLock(path)
	if errors.Is(err, ErrInUse) {
		return endpointIn(dir), true, nil
	}
	if err != nil {
		return Endpoint{}, false, err
	}
	return Endpoint{}, false, f.Close()
}
