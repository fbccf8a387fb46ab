package mysql_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/mysql"
)

// TestTheLogGrowsWhileCommitsAreHeldBack: on a server where nothing was written for
// ten milliseconds, mariadb-backup may keep everybody from committing for 200 ms,
// because the thread that copies its log has read all there is. So something is
// written at that moment, of which nothing stays, in the binary log neither.
func TestTheLogGrowsWhileCommitsAreHeldBack(t *testing.T) {
	b, stop := openBank(t, nil)
	stop()
	at, before := sumsOf(t, b.Endpoint).At, inserts(t, b)
	if _, err := (mysql.Copy{Dir: b.dir, Log: quiet}).Stream(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	if inserts(t, b) == before {
		t.Error("nothing was written beside the copy")
	}
	var rows int
	if err := b.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM mysql.forecourt_pulse").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if now := sumsOf(t, b.Endpoint).At; rows != 0 || now != at {
		t.Errorf("%d rows are left of it, and the binary log went from %s to %s", rows, at, now)
	}
}

// inserts is how many rows were ever written by a statement.
func inserts(t *testing.T, b *bank) (n int) {
	t.Helper()
	var name string
	if err := b.db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Com_insert'").Scan(&name, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestReadingAheadTellsOfEveryDataFile: its progress is that of the whole.
func TestReadingAheadTellsOfEveryDataFile(t *testing.T) {
	b, stop := openBank(t, nil)
	stop()
	b.exec(t, "FLUSH TABLES account, move FOR EXPORT") // the files stay as long as they are
	var want, told int64
	err := filepath.WalkDir(filepath.Join(b.dir, "data"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".ibd") || strings.HasPrefix(e.Name(), "undo") || e.Name() == "ibdata1") {
			info, err := e.Info()
			want += info.Size()
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (mysql.Copy{Dir: b.dir, Log: quiet}).ReadAhead(t.Context(), func(n int64) { told += n }); err != nil {
		t.Fatal(err)
	}
	if told != want || told == 0 {
		t.Errorf("%d bytes were told of, the files have %d", told, want)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (mysql.Copy{Dir: b.dir, Log: quiet}).ReadAhead(gone, func(int64) {}); err == nil {
		t.Error("it did not end with its context")
	}
}

// TestThreadsThatSumStandBack: the thread of a connection that sums yields to all
// others, for good; so it ends with the connection and serves nobody else.
func TestThreadsThatSumStandBack(t *testing.T) {
	b, stop := openBank(t, nil)
	stop()
	conn, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if n := idleThreads(t, b.dir); n != 0 {
		t.Fatalf("%d threads stand back before", n)
	}
	if err := mysql.StandBack(t.Context(), b.Endpoint, conn); err != nil {
		t.Fatal(err)
	}
	if n := idleThreads(t, b.dir); n != 1 {
		t.Errorf("%d threads stand back, not one", n)
	}
	if _, err := conn.ExecContext(t.Context(), "SET GLOBAL thread_cache_size = 8"); err != nil {
		t.Fatal(err)
	}
	_ = sumsOf(t, b.Endpoint)
	if n := idleThreads(t, b.dir); n != 1 {
		t.Errorf("%d threads stand back where threads are kept for others", n)
	}
}

// idleThreads counts the threads of a server that have the policy SCHED_IDLE:
// field 41 of their stat, the 39th behind the name (proc_pid_stat(5)).
func idleThreads(t *testing.T, dir string) (n int) {
	t.Helper()
	const policyField, schedIdle = 38, "5"
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	stats, err := filepath.Glob(filepath.Join("/proc", strings.TrimSpace(string(pid)), "task", "*", "stat"))
	if err != nil || len(stats) == 0 {
		t.Fatalf("%d threads, %v", len(stats), err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(after); len(fields) > policyField && fields[policyField] == schedIdle {
			n++
		}
	}
	return n
}
