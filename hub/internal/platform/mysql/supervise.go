package mysql

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"forecourt/hub/internal/platform/clock"
)

const (
	// firstRestart and restartLimit bound the wait before a server that ended
	// is started again.
	firstRestart = 100 * time.Millisecond
	restartLimit = 10 * time.Second
	// healthyAfter is how long a child must live for its end to count as the
	// first in a row.
	healthyAfter = 30 * time.Second
)

var errStopping = errors.New("the server is being stopped")

// supervise runs one child after the other until Stop.
//
// The goroutine stays locked to its thread to the end of the thread: Linux
// sends a child its parent-death signal when the thread that started it ends,
// not the process.
func (s *Server) supervise() {
	runtime.LockOSThread()
	defer close(s.done)
	for failures := 0; ; failures++ {
		began := clock.Now()
		err := s.runChild()
		if s.finished(err) {
			return
		}
		if clock.Now().Sub(began) > healthyAfter {
			failures = 0
		}
		wait := clock.Backoff(failures, firstRestart, restartLimit)
		s.log.Error("the database ended; starting it again", "how", err, "wait", wait, "log", filepath.Join(s.dir, logFile))
		select {
		case <-s.quit:
			return
		case <-time.After(wait):
		}
	}
}

// runChild starts mariadbd and returns how it ended.
func (s *Server) runChild() error {
	cmd := exec.Command(s.bin.server, s.arguments()...)
	cmd.Env = childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // a Ctrl-C meant for the hub is the hub's to handle
		Pdeathsig: syscall.SIGTERM, // a hub that is killed takes its server along
	}
	started, err := s.lend(cmd, s.child)
	if err != nil {
		return err
	}
	err = s.start(cmd)
	started()
	if err != nil {
		return err
	}
	s.log.Info("the database starts", "pid", cmd.Process.Pid, "socket", s.Socket, "version", s.bin.version)
	err = cmd.Wait()
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("mariadbd ended: %w", err)
}

// start starts cmd unless Stop has been called; from here on terminate
// reaches it.
func (s *Server) start(cmd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return errStopping
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting mariadbd: %w", err)
	}
	s.process = cmd.Process
	return nil
}

// finished notes the end of a child and reports whether it was the last.
func (s *Server) finished(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process, s.ended = nil, err
	if !s.stopping {
		s.restarts++
	}
	return s.stopping
}

// terminate makes the running child the last and asks it to end.
func (s *Server) terminate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.stopping = true
		close(s.quit)
	}
	if s.process != nil {
		// It may have ended this moment; then there is nobody to tell.
		_ = s.process.Signal(syscall.SIGTERM)
	}
}

// profile holds what differs between a station's server and a tiny one.
type profile struct {
	bufferPool, redoLog string
	extra               []string
	replaying           bool
}

func chooseProfile(o ServerOptions) profile {
	p := profile{bufferPool: "256M", redoLog: "128M", replaying: o.Replaying}
	if o.Tiny {
		p.bufferPool, p.redoLog = "24M", "16M"
		p.extra = []string{"--innodb-log-buffer-size=2M", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M"}
	}
	if o.Test {
		p.extra = append(p.extra, "--innodb-file-per-table=OFF", "--max-connections=500")
	}
	return p
}

// arguments is mariadbd's command line.
func (s *Server) arguments() []string {
	in := func(name string) string { return filepath.Join(s.dir, name) }
	name, err := userName()
	if err != nil {
		name = "root" // only root has to name a user at all
	}
	return append([]string{
		"--no-defaults", "--user=" + name,
		"--datadir=" + in(dataDir), "--tmpdir=" + in(tmpDir), "--socket=" + s.Socket, "--pid-file=" + in(pidFile),
		"--log-error=" + in(logFile), "--skip-networking", "--skip-name-resolve",
		"--local-infile=OFF", "--symbolic-links=OFF", "--performance-schema=OFF",
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--sql-mode=" + sqlMode,
		"--server-id=1", "--innodb-snapshot-isolation=ON",
		"--thread-cache-size=0", // a thread that stood back (TakeSums) must serve nobody else
		"--innodb-buffer-pool-size=" + s.profile.bufferPool, "--innodb-log-file-size=" + s.profile.redoLog,
	}, slices.Concat(s.commitArguments(), s.profile.extra)...)
}

// commitArguments say what a COMMIT is worth. Every one is on disk, in the redo
// log and in the binary log, before it is answered; but for a server that only
// replays, where waiting for each would take ten times as long.
func (s *Server) commitArguments() []string {
	if s.profile.replaying {
		return []string{
			"--innodb-flush-log-at-trx-commit=0", "--max-allowed-packet=" + maxPacket, "--event-scheduler=OFF",
			"--innodb-flush-method=fsync", // what it is asked for was written a moment ago, and is still in the system's memory
		}
	}
	return []string{
		"--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1",
		// As durable, and as quick. mariadb-backup reads the redo log through the
		// system's memory twenty times a second; of a log that is written past
		// it, every look would come from the disk, in the way of the next commit.
		// MariaDB 10.8.4 and later know it.
		"--loose-innodb-log-file-buffering=ON",
		"--log-bin=" + filepath.Join(s.dir, "binlog"), "--binlog-format=ROW", "--max-binlog-size=64M", "--expire-logs-days=7",
	}
}
