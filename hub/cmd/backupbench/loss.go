package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

const (
	// leastLife and mostLife bound how long a machine lives that is to be lost,
	// after its log has begun to be shipped.
	leastLife = 2 * time.Second
	mostLife  = 6 * time.Second
	// readyWithin bounds the wait for its first backup.
	readyWithin = 2 * time.Minute
)

// measureLoss loses machines and counts what was lost with them.
func measureLoss(ctx context.Context, dir string, times int, r *report, log *slog.Logger) error {
	lost := &figure{name: "changes lost, ms", form: "%.0f"}
	rows := &figure{name: "rows lost", form: "%.0f"}
	took := &figure{name: "restored in, s", form: "%.1f"}
	for n := range times {
		at := filepath.Join(dir, fmt.Sprintf("x%d", n))
		l, err := loseOne(ctx, at, log)
		if err := errors.Join(err, os.RemoveAll(at)); err != nil {
			return fmt.Errorf("loss %d: %w", n+1, err)
		}
		note("loss %d: %v and %d of %d rows, restored in %v", n+1, l.lost, l.committed-l.restored, l.committed, l.took.Round(10*time.Millisecond))
		lost.add(float64(l.lost.Microseconds()) / 1000)
		rows.add(float64(l.committed - l.restored))
		took.seconds(l.took)
	}
	table(fmt.Sprintf("a machine lost %d times, a row committed every %v", times, rowEvery), lost, rows, took)
	worst := slices.Max(lost.taken)
	r.line(fmt.Sprintf("lost at worst %.0f ms, goal: at most %v", worst, goalLoss), worst <= float64(goalLoss.Milliseconds()))
	return nil
}

// loss is what one machine took along.
type loss struct {
	committed, restored int64 // rows
	lost, took          time.Duration
}

// loseOne lets a machine live in dir, kills it, deletes all but its place of
// backups and what an operator has on paper, and restores.
func loseOne(ctx context.Context, dir string, log *slog.Logger) (l loss, err error) {
	h, err := newHouse(dir, log)
	if err != nil {
		return l, err
	}
	at, err := h.live(ctx)
	if err != nil {
		return l, err
	}
	l.committed = int64(len(at))
	if err := os.RemoveAll(h.cfg.Data); err != nil {
		return l, fmt.Errorf("losing the data: %w", err)
	}
	found := &finder{prover: prover{house: h}}
	l.took, err = timed(func() error { return h.restoreLost(ctx, found) })
	if err != nil {
		return l, err
	}
	l.restored = found.rows
	if found.rows < 1 || found.rows != found.last || found.rows > l.committed+1 {
		return l, fmt.Errorf("%d rows were restored, the last of them %d, of %d: there are holes", found.rows, found.last, l.committed)
	}
	// The row after the last that was told may have been committed, too.
	l.restored = min(l.restored, l.committed)
	l.lost = at[l.committed-1].Sub(at[l.restored-1])
	return l, nil
}

// live has a process be the machine until it is killed, and answers when each row
// was committed.
func (h *house) live(ctx context.Context) (at []time.Time, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-doomed", h.dir)
	cmd.Stderr = os.Stderr
	alive, err := cmd.StdinPipe() // its end is the end of whoever holds the other
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = alive.Close() }() // nothing is written to it
	told, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a machine: %w", err)
	}
	timer := time.AfterFunc(readyWithin, func() { _ = cmd.Process.Kill() }) // it hangs
	defer timer.Stop()
	lines := bufio.NewReader(told)
	var server int
	if _, err := fmt.Fscanln(lines, &server); err != nil {
		return nil, errors.Join(fmt.Errorf("the machine did not come up: %w", err), cmd.Wait())
	}
	timer.Reset(leastLife + rand.N(mostLife-leastLife))
	for {
		var micro int64
		if _, err := fmt.Fscanln(lines, &micro); err != nil {
			break
		}
		at = append(at, time.UnixMicro(micro))
	}
	// The hub is dead; its server would be told to end, and dies before it can.
	killed := syscall.Kill(server, syscall.SIGKILL)
	_ = cmd.Wait() // it was killed
	if len(at) == 0 {
		return nil, errors.Join(errors.New("the machine committed nothing"), killed)
	}
	return at, nil
}

// restoreLost restores the newest there is at the place.
func (h *house) restoreLost(ctx context.Context, p *finder) error {
	if err := os.MkdirAll(h.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("making a new machine: %w", err)
	}
	k, err := h.keeper(h.cfg.Data, h.cfg.Backup.Dir, p)
	if err != nil {
		return err
	}
	newest, err := k.Choose(ctx, wire.RestoreAsk{})
	if err == nil {
		_, err = k.Restore(ctx, newest)
	}
	return errors.Join(err, k.Close())
}

// finder looks at what was restored. There are no sales to prove.
type finder struct {
	prover
	rows, last int64
}

// Prove implements backup.Prover.
func (f *finder) Prove(ctx context.Context, e mysql.Endpoint) (checks []wire.BackupCheck, err error) {
	db, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), f.log)
	if err != nil {
		return nil, err
	}
	err = db.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(id), 0) FROM bench_row").Scan(&f.rows, &f.last)
	return nil, errors.Join(err, db.Close())
}

// closeAfter ends a process when whoever started it has ended.
func closeAfter(stdin io.Reader, end func()) {
	_, _ = io.Copy(io.Discard, stdin) // until its end
	end()
}
