// Package mysqltest gives tests a real MariaDB: one private, tiny and durable
// server for a test process, and a fresh, migrated database for each test.
//
// Use it with
//
//	func TestMain(m *testing.M) { os.Exit(mysqltest.Main(m)) }
//
// which stops the server at the end and fails the run when goroutines are
// left over. A test process that dies takes its server along.
package mysqltest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/hub/internal/platform/mysql"
)

// setupTimeout bounds making the server and each database.
const setupTimeout = 2 * time.Minute

// process is the server that the tests of a process share, started by the
// first that asks: one for each would cost a second each.
type process struct {
	once   sync.Once
	dir    string
	server *mysql.Server
	err    error
	count  atomic.Int64
}

// shared is the one process there is. Package testing offers no other place
// that TestMain and the tests both reach.
var shared = sync.OnceValue(func() *process { return new(process) })

// Main runs the tests, stops the server and reports leaked goroutines. The
// result is the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if err := shared().stop(); err != nil {
		fmt.Fprintln(os.Stderr, "mysqltest:", err)
		return 1
	}
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "mysqltest: goroutines left over:", err)
		return 1
	}
	return 0
}

// New makes a fresh, migrated database and opens it as the application's
// user, with that user's rights. It is dropped when the test ends.
func New(t testing.TB) *mysql.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	server := Server(t)
	name := fmt.Sprintf("t%d", shared().count.Add(1))
	db, err := mysql.Provision(ctx, server.Endpoint, name, Log(t))
	if err != nil {
		t.Fatalf("mysqltest: making database %s: %v", name, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("mysqltest: closing database %s: %v", name, err)
		}
	})
	return db
}

// Server is the process's server. Do not stop it: other tests use it too.
func Server(t testing.TB) *mysql.Server {
	t.Helper()
	p := shared()
	p.once.Do(p.start)
	if p.err != nil {
		t.Fatalf("mysqltest: starting the server: %v", p.err)
	}
	return p.server
}

// Log is a logger into the test's own log, from warnings on.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (p *process) start() {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	// Not t.TempDir: the server outlives the test, and a socket's path must
	// be short.
	if p.dir, p.err = os.MkdirTemp("", "fdb"); p.err != nil {
		return
	}
	p.server, p.err = mysql.StartServer(ctx, mysql.ServerOptions{
		Dir: p.dir, Tiny: true, Test: true, Log: slog.New(slog.DiscardHandler),
	})
}

func (p *process) stop() error {
	if p.server != nil {
		if err := p.server.Stop(context.Background()); err != nil {
			return err
		}
	}
	if p.dir == "" {
		return nil
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return fmt.Errorf("removing the server's directory: %w", err)
	}
	return nil
}
