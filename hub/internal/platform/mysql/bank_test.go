package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"forecourt/hub/internal/platform/mysql"
)

// bank is a server whose database "paper" has accounts that money moves
// between: their sum never changes.
type bank struct {
	*mysql.Server
	db    *mysql.DB
	dir   string
	key   []byte
	moves atomic.Int64
}

const (
	bankAccounts = 50
	bankStart    = 1000
)

// openBank starts a server with accounts, and money that moves until the test
// or stop ends it.
func openBank(t *testing.T, key []byte) (b *bank, stop func()) {
	t.Helper()
	b = &bank{dir: shortDir(t), key: key}
	server, err := mysql.StartServer(t.Context(), mysql.ServerOptions{Dir: b.dir, Tiny: true, AtRest: key, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b.Server, b.db = server, paper(t, server)
	t.Cleanup(func() { _ = b.db.Close() })
	for _, statement := range []string{
		"CREATE TABLE account (id INT PRIMARY KEY, fen BIGINT NOT NULL, note VARBINARY(40) NOT NULL, at DATETIME(3) NOT NULL) ENGINE=InnoDB",
		"CREATE TABLE move (n BIGINT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(80) NOT NULL) ENGINE=InnoDB",
	} {
		b.exec(t, statement)
	}
	for i := range bankAccounts {
		b.exec(t, "INSERT INTO account (id, fen, note, at) VALUES (?, ?, ?, NOW(3))", i, bankStart, []byte{0, '\n', 0xff, '\'', byte(i)})
	}
	return b, b.keepMoving(t)
}

func (b *bank) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// keepMoving moves money until stop is called.
func (b *bank) keepMoving(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := b.move(ctx, (n*7+w)%bankAccounts, (n*3+w+1)%bankAccounts); err != nil && ctx.Err() == nil && !mysql.Unavailable(err) {
					t.Error(err)
					return
				}
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

func (b *bank) move(ctx context.Context, from, to int) error {
	return b.db.InTx(ctx, "moving", func(ctx context.Context, tx *mysql.Tx) error {
		first, second := min(from, to), max(from, to)
		for _, id := range []int{first, second} {
			by := 1
			if id == from {
				by = -1
			}
			if _, err := tx.ExecContext(ctx, "UPDATE account SET fen = fen + ?, at = NOW(3) WHERE id = ?", by, id); err != nil {
				return err
			}
		}
		if from == to { // both were the same account and took one away twice
			_, err := tx.ExecContext(ctx, "UPDATE account SET fen = fen + 2 WHERE id = ?", from)
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO move (word) VALUES (?)", told)
		tx.AfterCommit(func() { b.moves.Add(1) })
		return err
	})
}

// awaitMoves waits until n more moves are committed.
func (b *bank) awaitMoves(t *testing.T, n int64) {
	t.Helper()
	want := b.moves.Load() + n
	await(t, "money to move", func() bool { return b.moves.Load() >= want })
}

// sumsOf are the sums of a server's paper database.
func sumsOf(t *testing.T, e mysql.Endpoint) mysql.Sums {
	t.Helper()
	sums, err := mysql.TakeSums(t.Context(), e, "paper")
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// restore makes a server of a copy, without anything of the log.
func restore(t *testing.T, stream io.Reader, key []byte) *mysql.Server {
	t.Helper()
	dir := shortDir(t)
	if err := mysql.Unpack(t.Context(), dir, stream); err != nil {
		t.Fatal(err)
	}
	if err := mysql.Prepare(t.Context(), dir, key, quiet); err != nil {
		t.Fatal(err)
	}
	server, err := mysql.StartServer(t.Context(), mysql.ServerOptions{Dir: dir, Tiny: true, AtRest: key, Replaying: true, Log: quiet})
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

// logFile is a file of the log with the events between two positions.
func logFile(t *testing.T, e mysql.Endpoint, from, to mysql.Position) []byte {
	t.Helper()
	file := mysql.LogHeader()
	err := mysql.Tail(t.Context(), e, from, to, func(event mysql.LogEvent) error {
		file = append(file, event.Raw...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func writeAll(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

func totalOf(t *testing.T, e mysql.Endpoint) (total int64) {
	t.Helper()
	admin, err := mysql.OpenAdmin(t.Context(), e.AdminDSN("paper"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if err := admin.GetContext(t.Context(), &total, "SELECT SUM(fen) FROM account"); err != nil {
		t.Fatal(err)
	}
	return total
}

// failing is a writer that fails after so many bytes.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

// reading is a reader that fails at its end.
type reading struct {
	io.Reader
	err error
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = r.err
	}
	return n, err
}

// childrenNamed lists this process's children that run a program.
func childrenNamed(t *testing.T, name string) []int { return childrenOf(t, os.Getpid(), name) }

func childrenOf(t *testing.T, of int, name string) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, stat := range stats {
		content, err := os.ReadFile(stat)
		if err != nil {
			continue // it ended meanwhile
		}
		var pid, parent int
		var comm, state string
		if _, err := fmt.Sscanf(string(content), "%d %s %s %d", &pid, &comm, &state, &parent); err != nil {
			continue
		}
		if parent == of && strings.Contains(comm, name[:min(len(name), 15)]) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// threadsOf counts the threads of a process, and those that stand back.
func threadsOf(t *testing.T, pid int) (all, back int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(filepath.Base(thread))
		if err != nil {
			t.Fatal(err)
		}
		if nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, id); err == nil && nice != 20 {
			back++
		}
	}
	return len(threads), back
}
