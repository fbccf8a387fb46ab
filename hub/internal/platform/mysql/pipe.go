package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipeBytes is what a program may print ahead of whoever reads it, and how much
// of it is taken at a time.
const pipeBytes = 256 << 10

// pipeInto starts a program and gives it what write writes on its standard
// input. When write fails the program is killed: what it read is not whole.
func pipeInto(ctx context.Context, t task, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in, feeder, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	t.in = in
	p, err := begin(ctx, t)
	if err != nil {
		return errors.Join(err, feeder.Close())
	}
	own := write(feeder)
	if own != nil && !stoppedReading(own) {
		cancel() // before it sees an end that looks like a whole one
	}
	closed := feeder.Close()
	ended := p.end(ctx)
	if own != nil && (ended == nil || !stoppedReading(own)) {
		return own
	}
	return errors.Join(ended, closed)
}

// pipeOut runs a program and hands w what it prints. An error of w, returned as
// it is, ends the program: nobody takes the rest.
func pipeOut(ctx context.Context, t task, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	printed, out, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("making a pipe: %w", err), closeAll(t.lent))
	}
	defer func() { _ = printed.Close() }()                       // it is only read
	_, _ = unix.FcntlInt(out.Fd(), unix.F_SETPIPE_SZ, pipeBytes) // fewer turns; what is not granted is no loss
	t.out = out
	p, err := begin(ctx, t)
	if err != nil {
		return err
	}
	_, own := io.CopyBuffer(w, struct{ io.Reader }{printed}, make([]byte, pipeBytes))
	if own != nil {
		cancel()
	}
	ended := p.end(ctx)
	if own != nil {
		return own
	}
	return ended
}

// stoppedReading reports whether err says only that a program no longer took
// what it was fed. Why is said by that program.
func stoppedReading(err error) bool { return errors.Is(err, syscall.EPIPE) }

// remarks is the end of what a program said on standard error, line by line.
type remarks struct {
	hear func(line string)

	mu      sync.Mutex
	partial []byte
	lines   []string
}

// Write takes a piece of the program's standard error. It never fails.
func (r *remarks) Write(piece []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range piece {
		switch {
		case b == '\n' || b == '\r':
			r.take()
		case len(r.partial) < saidBytes:
			r.partial = append(r.partial, b)
		}
	}
	return len(piece), nil
}

// take ends a line.
func (r *remarks) take() {
	line := strings.TrimSpace(string(r.partial))
	r.partial = r.partial[:0]
	if line == "" {
		return
	}
	if r.hear != nil {
		r.hear(line)
	}
	r.lines = append(r.lines, line)
	r.lines = r.lines[max(0, len(r.lines)-saidLines):]
}

// finish ends the last line: nothing follows.
func (r *remarks) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.take()
}

// quoted is what was said at the end, below an error.
func (r *remarks) quoted() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(r.lines, "\n")
}
