package realtime

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// chunkBytes is what a reader has to take within one write deadline: a slow
// line may carry a large snapshot as long as it moves.
const chunkBytes = 16 << 10

// boundedConn is the way out of one connection. Frames of ours and the
// control frames of the WebSocket library leave through it one after the
// other; what has begun to leave always goes on first, so that none lands
// inside another.
type boundedConn struct {
	net.Conn
	raw     syscall.RawConn // nil: it cannot be tried without waiting
	early   []byte          // what the HTTP server had read already; the reader's
	timeout time.Duration
	now     func() time.Time

	mu     sync.Mutex
	rest   [][]byte // of frames that have begun to leave
	broken error    // a write failed: the peer has half a frame
	shut   bool     // the closing frame has left: nothing follows it
}

// errShut says that a connection has said that it closes.
var errShut = errors.New("realtime: the connection is closing")

// Read reads what came early, then from the connection.
func (c *boundedConn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write writes a control frame of the WebSocket library, which hands each over
// in one piece.
func (c *boundedConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.sendLocked([][]byte{p}); err != nil {
		return 0, err
	}
	c.shut = len(p) > 0 && p[0]&opMask == opClose
	return len(p), nil
}

// send writes what is left of earlier frames and then these, waiting as long
// as the peer takes chunkBytes within the deadline. It may be called by
// anybody who may wait.
func (c *boundedConn) send(pieces [][]byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sendLocked(pieces)
}

func (c *boundedConn) sendLocked(pieces [][]byte) error {
	switch {
	case c.broken != nil:
		return c.broken
	case c.shut:
		return errShut
	}
	rest := c.rest
	c.rest = nil
	if err := c.sendAll(append(rest, pieces...)); err != nil {
		c.broken = fmt.Errorf("writing to the peer: %w", err)
		return c.broken
	}
	return nil
}

// sendAll writes pieces, small ones joined, with a deadline for each chunk. It
// leaves no deadline behind: an expired one would refuse every later try.
func (c *boundedConn) sendAll(pieces [][]byte) error {
	for len(pieces) > 0 {
		var chunk []byte
		chunk, pieces = nextChunk(pieces)
		if err := c.SetWriteDeadline(c.now().Add(c.timeout)); err != nil {
			return fmt.Errorf("bounding the write: %w", err)
		}
		if _, err := c.Conn.Write(chunk); err != nil {
			return err
		}
	}
	return c.SetWriteDeadline(time.Time{})
}

// nextChunk takes at most chunkBytes off the front of pieces.
func nextChunk(pieces [][]byte) (chunk []byte, rest [][]byte) {
	first := pieces[0]
	switch {
	case len(first) > chunkBytes:
		pieces[0] = first[chunkBytes:]
		return first[:chunkBytes], pieces
	case len(pieces) == 1:
		return first, nil
	}
	taken := 0
	for n := 0; taken < len(pieces); taken++ {
		if n += len(pieces[taken]); n > chunkBytes {
			break
		}
		chunk = append(chunk, pieces[taken]...)
	}
	return chunk, pieces[taken:]
}

// tryer is the scratch of trying: one shard's, so that a try allocates nothing.
type tryer struct {
	pieces  [][]byte
	written int
	err     error
	attempt func(fd uintptr) bool
}

func newTryer() *tryer {
	t := &tryer{}
	t.attempt = t.write
	return t
}

// write writes once and never asks to be called again when the kernel is full.
func (t *tryer) write(fd uintptr) bool {
	if len(t.pieces) == 1 {
		t.written, t.err = unix.Write(int(fd), t.pieces[0])
	} else {
		t.written, t.err = unix.Writev(int(fd), t.pieces)
	}
	return true
}

// outcome is what a try came to.
type outcome int

const (
	wrote    outcome = iota // all of it has left
	partly                  // some has left, the connection keeps the rest
	untaken                 // nothing has left and nothing is kept
	hopeless                // the connection is broken
)

// try writes pieces if that can be done without waiting for anybody. It keeps
// no reference to the slice.
func (c *boundedConn) try(t *tryer, pieces [][]byte) (outcome, error) {
	if c.raw == nil || !c.mu.TryLock() {
		return untaken, nil
	}
	defer c.mu.Unlock()
	switch {
	case c.broken != nil:
		return hopeless, c.broken
	case c.shut:
		return hopeless, errShut
	case len(c.rest) > 0:
		return untaken, nil
	}
	t.pieces, t.written, t.err = pieces, 0, nil
	err := c.raw.Write(t.attempt)
	written := max(0, t.written)
	if err == nil && t.err != nil && !errors.Is(t.err, unix.EAGAIN) && !errors.Is(t.err, unix.EINTR) {
		err = t.err
	}
	t.pieces = nil
	if err != nil {
		c.broken = fmt.Errorf("writing to the peer: %w", err)
		return hopeless, c.broken
	}
	if c.rest = after(pieces, written); len(c.rest) > 0 {
		return partly, nil
	}
	return wrote, nil
}

// after is what is left of pieces behind the first n bytes, in a slice of its own.
func after(pieces [][]byte, n int) [][]byte {
	for i, p := range pieces {
		if n < len(p) {
			return append([][]byte{p[n:]}, pieces[i+1:]...)
		}
		n -= len(p)
	}
	return nil
}

// rawOf finds the connection of the kernel under c, through wrappers that say
// what they wrap. There is none where bytes change on the way, as under TLS.
func rawOf(c net.Conn) syscall.RawConn {
	for range 4 { // nobody wraps deeper
		switch t := c.(type) {
		case *tls.Conn:
			return nil
		case *net.TCPConn:
			raw, err := t.SyscallConn()
			if err != nil {
				return nil
			}
			return raw
		case interface{ NetConn() net.Conn }:
			c = t.NetConn()
		default:
			return nil
		}
	}
	return nil
}
