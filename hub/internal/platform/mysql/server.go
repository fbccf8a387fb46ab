package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// readyTimeout bounds the wait for a starting server; recovery after a
	// crash of a busy station took four seconds.
	readyTimeout = 2 * time.Minute
	// readyPoll is how often a starting server is asked.
	readyPoll = 20 * time.Millisecond
	// orphanTimeout bounds the wait for the server of a hub that was killed:
	// it is told to stop when its hub ends, and needs a second or two.
	orphanTimeout = time.Minute
	// stopTimeout is how long Stop waits when its context sets no end.
	stopTimeout = time.Minute
	// tailLines of err.log go into an error.
	tailLines = 20
	// tailBytes bounds what is read of err.log for them.
	tailBytes = 16 << 10
)

// ErrInUse says that another hub runs in the same data directory.
var ErrInUse = errors.New("mysql: another hub is using this data directory")

// ServerOptions says how to run a private server.
type ServerOptions struct {
	// Dir is its directory, made if missing: mode 0700, on a local disk, with
	// a path short enough for a socket.
	Dir string
	// Tiny uses as little memory as possible, for tests and small boxes. It
	// is as durable as otherwise.
	Tiny bool
	// AtRest is the key (AtRestBytes) that everything on disk is encrypted
	// with; nil leaves it in clear. It never lies on disk itself. What is on
	// disk in clear is encrypted in the background; what is encrypted is
	// refused without its key.
	AtRest []byte
	// Log receives starts, ends and restarts.
	Log *slog.Logger
	// Replaying makes a scratch server that only replays a binary log and
	// proves what it then holds: it keeps no binary log of its own, and what it
	// has acknowledged may be lost in a power cut, for it can be made again.
	// Once it has stopped, its directory is as good as any.
	Replaying bool
	// Test relaxes what only costs time in tests: tables share one file. Not
	// for a station.
	Test bool
}

// Server is a private mariadbd: a child process that listens on a socket in
// its own directory, ends when the hub ends however that ends, and is started
// again, with growing waits, when it ends by itself.
type Server struct {
	Endpoint
	dir     string
	bin     binaries
	profile profile
	log     *slog.Logger
	// atRest is the key of encryption at rest, nil for none; adopting says that
	// what was in clear until now is to be encrypted.
	atRest   []byte
	adopting bool

	hub   *os.File // held while this hub runs; a second one is refused
	child *os.File // inherited by mariadbd and held while that runs

	quit chan struct{} // closed by Stop
	done chan struct{} // closed when the last child has ended

	mu       sync.Mutex
	stopping bool
	process  *os.Process // nil between children
	ended    error       // how the last child ended, nil before the first
	restarts int
}

// StartServer starts a private server, initialising its directory the first
// time, and returns when it answers. It refuses with ErrInUse when another
// hub has the directory, and with ErrNoServer when there is no mariadbd.
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("locating the database directory: %w", err)
	}
	bin, err := findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(dir); err != nil {
		return nil, err
	}
	s := &Server{
		Endpoint: endpointIn(dir), dir: dir, bin: bin, profile: chooseProfile(o), log: o.Log, atRest: o.AtRest,
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	if err := s.prepare(ctx); err != nil {
		s.unlock()
		return nil, err
	}
	go s.supervise()
	err = s.awaitReady(ctx)
	if err == nil && !o.Replaying {
		err = s.forgetClear(ctx)
	}
	if err != nil {
		stopped := s.Stop(context.WithoutCancel(ctx))
		return nil, errors.Join(fmt.Errorf("starting the database: %w%s", err, s.logTail()), stopped)
	}
	return s, nil
}

// prepare takes the locks and makes the directory ready for a first child.
func (s *Server) prepare(ctx context.Context) error {
	var err error
	if s.hub, err = takeLock(filepath.Join(s.dir, hubLock)); err != nil {
		return err
	}
	if s.child, err = awaitLock(ctx, filepath.Join(s.dir, serverLock), orphanTimeout); err != nil {
		return err
	}
	if err := s.checkVersion(); err != nil {
		return err
	}
	if err := s.checkAtRest(ctx); err != nil {
		return err
	}
	return s.install(ctx)
}

// awaitReady returns when the server answers, or with an error when its first
// child ends or time is up.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for it to answer: %w", ctx.Err())
		case <-tick.C:
		}
		if err := s.lastEnd(); err != nil {
			return err
		}
		if db, err := OpenAdmin(ctx, s.AdminDSN(""), slog.New(slog.DiscardHandler)); err == nil {
			return db.Close()
		} else if errors.Is(err, ErrSnapshotIsolation) {
			return err
		}
	}
}

// Stop asks the server to end and waits until it has, at most until ctx ends.
// It is never killed: what it has not written yet it writes first.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	s.terminate()
	select {
	case <-s.done:
		s.unlock()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping the database: it is still writing: %w", ctx.Err())
	}
}

// Restarts counts how often the server ended by itself and was started again.
func (s *Server) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// PID is the process id of the running server, 0 between two of them.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Pid
}

func (s *Server) lastEnd() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

func (s *Server) unlock() {
	for _, f := range []*os.File{s.child, s.hub} {
		if f != nil {
			_ = f.Close() // closing releases the lock; nothing was written
		}
	}
}

// logTail is the end of err.log, to be shown with an error.
func (s *Server) logTail() string {
	f, err := os.Open(filepath.Join(s.dir, logFile))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	buf := make([]byte, min(info.Size(), tailBytes))
	n, _ := f.ReadAt(buf, info.Size()-int64(len(buf)))
	return "\nthe end of its log, " + f.Name() + ":\n" + lastLines(string(buf[:n]), tailLines)
}

// lastLines keeps the last n lines of text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
