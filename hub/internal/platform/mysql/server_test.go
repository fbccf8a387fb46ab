package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
)

func options(dir string) mysql.ServerOptions {
	return mysql.ServerOptions{Dir: dir, Tiny: true, Test: true, Log: slog.New(slog.DiscardHandler)}
}

// shortDir is a directory whose path leaves room for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func startServer(t *testing.T, dir string) *mysql.Server {
	t.Helper()
	server, err := mysql.StartServer(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server
}

func provision(t *testing.T, server *mysql.Server) *mysql.DB {
	t.Helper()
	db, err := mysql.Provision(t.Context(), server.Endpoint, mysql.Database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// await polls until ok, for at most 30 seconds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !ok() {
		if clock.Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestKilledServerLosesNothingAcknowledged kills mariadbd again and again
// under writers: every acknowledged row is there, a row nobody acknowledged is
// one whose outcome was unknown, and the same DB goes on working.
func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	server := startServer(t, shortDir(t))
	db := provision(t, server)
	const kills, writers = 3, 8
	w := &writerRun{db: db}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for i := range writers {
		w.wg.Go(func() { w.write(ctx, i) })
	}
	for k := range kills {
		want := w.acked.Load() + 50
		await(t, "fifty more acknowledged rows", func() bool { return w.acked.Load() >= want })
		if err := syscall.Kill(server.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		await(t, "a restart", func() bool { return server.Restarts() == k+1 })
	}
	want := w.acked.Load() + 50
	await(t, "writing after the last kill", func() bool { return w.acked.Load() >= want })
	stop()
	w.wg.Wait()
	w.check(t)
}

// writerRun counts what writers were told.
type writerRun struct {
	db             *mysql.DB
	wg             sync.WaitGroup
	acked, unknown atomic.Int64
	rows           sync.Map // key -> acknowledged
}

// write writes rows under keys of its own until ctx ends.
func (w *writerRun) write(ctx context.Context, writer int) {
	for n := 0; ctx.Err() == nil; n++ {
		key := "k/" + string(rune('a'+writer)) + "/" + time.Duration(n).String()
		err := w.db.InTx(ctx, "writing", func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO stream (channel, epoch, seq) VALUES (?, ?, ?)", key, make([]byte, 16), n)
			return err
		})
		switch {
		case err == nil:
			w.rows.Store(key, true)
			w.acked.Add(1)
		case errors.Is(err, mysql.ErrUnknownOutcome):
			w.rows.Store(key, false)
			w.unknown.Add(1)
		default:
			_ = clock.Sleep(ctx, 20*time.Millisecond) // away: clients come back with a wait
		}
	}
}

func (w *writerRun) check(t *testing.T) {
	t.Helper()
	var keys []string
	if err := w.db.SelectContext(t.Context(), &keys, "SELECT channel FROM stream"); err != nil {
		t.Fatal(err)
	}
	present := map[string]bool{}
	for _, key := range keys {
		present[key] = true
		if _, told := w.rows.Load(key); !told {
			t.Errorf("row %s is there, and its writer was told that it is not", key)
		}
	}
	w.rows.Range(func(key, acked any) bool {
		if acked.(bool) && !present[key.(string)] {
			t.Errorf("row %s was acknowledged and is gone", key)
		}
		return true
	})
	t.Logf("%d acknowledged, %d unknown, %d present", w.acked.Load(), w.unknown.Load(), len(keys))
}

func TestASecondHubIsRefused(t *testing.T) {
	dir := shortDir(t)
	startServer(t, dir)
	_, err := mysql.StartServer(t.Context(), options(dir))
	if !errors.Is(err, mysql.ErrInUse) {
		t.Errorf("second hub: %v, want %v", err, mysql.ErrInUse)
	}
}

func TestRunningFindsTheServerOfAnotherProcess(t *testing.T) {
	dir := shortDir(t)
	if _, running, err := mysql.Running(dir); running || err != nil {
		t.Errorf("before: running %v, %v", running, err)
	}
	server, err := mysql.StartServer(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	endpoint, running, err := mysql.Running(dir)
	if err != nil || !running || endpoint != server.Endpoint {
		t.Errorf("meanwhile: %+v, %v, %v", endpoint, running, err)
	}
	if db, err := mysql.OpenAdmin(t.Context(), endpoint.AdminDSN(""), slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	} else if err := errors.Join(db.Health(t.Context()), db.Close()); err != nil {
		t.Error(err)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, running, err := mysql.Running(dir); running || err != nil {
		t.Errorf("after: running %v, %v", running, err)
	}
}

// TestAKilledHubTakesItsServerAlong: the next hub waits for the old server to
// end and goes on with the data.
func TestAKilledHubTakesItsServerAlong(t *testing.T) {
	dir := shortDir(t)
	hub, serverPID := hubProcess(t, dir)
	if err := hub.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = hub.Wait() // killed, as asked
	server := startServer(t, dir)
	// It is gone, or a zombie that nobody has collected yet.
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", serverPID)); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("the killed hub's server still runs: %s", stat)
	}
	if err := provision(t, server).Health(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAServerThatCannotStartShowsItsLog(t *testing.T) {
	dir := shortDir(t)
	server, err := mysql.StartServer(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "data", "ibdata1"), 100); err != nil {
		t.Fatal(err)
	}
	_, err = mysql.StartServer(t.Context(), options(dir))
	if err == nil || !strings.Contains(err.Error(), "err.log") || !strings.Contains(err.Error(), "ibdata1") {
		t.Errorf("error = %v, want the end of the log in it", err)
	}
	if _, running, err := mysql.Running(dir); running || err != nil {
		t.Errorf("after a failed start: running %v, %v", running, err)
	}
}

func TestServerRefusesWhatWouldFailLater(t *testing.T) {
	long := filepath.Join(shortDir(t), strings.Repeat("x", 100))
	if _, err := mysql.StartServer(t.Context(), options(long)); err == nil || !strings.Contains(err.Error(), "socket path") {
		t.Errorf("long path: %v", err)
	}
	others := shortDir(t)
	if err := os.Chown(others, 12345, -1); err == nil { // only root can give a directory away
		if _, err := mysql.StartServer(t.Context(), options(others)); err == nil || !strings.Contains(err.Error(), "belongs to user 12345") {
			t.Errorf("another user's directory: %v", err)
		}
	}
	newer := shortDir(t)
	if err := os.WriteFile(filepath.Join(newer, "version"), []byte("99.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mysql.StartServer(t.Context(), options(newer)); err == nil || !strings.Contains(err.Error(), "written by MariaDB 99.1") {
		t.Errorf("newer data: %v", err)
	}
}

func TestTheDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(shortDir(t), "db")
	startServer(t, dir)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v; want 0700", info.Mode(), err)
	}
}
