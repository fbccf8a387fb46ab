package realtime

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Buffers of a socket. A batch leaves in one write of the write buffer; what
// comes in is small, and a large fact is read past the buffer.
const (
	readBufferBytes  = 512
	writeBufferBytes = 4096
)

// slimWriter hands the WebSocket library a connection of our own: with a
// deadline on every write and small buffers.
type slimWriter struct {
	http.ResponseWriter
	limits Limits
	now    func() time.Time
}

// Hijack takes the connection over from the HTTP server.
func (w slimWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	raw, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking over the connection: %w", err)
	}
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		return nil, nil, fmt.Errorf("reading what came with the request: %w", err)
	}
	boundKernel(raw, w.limits.SendBuffer)
	c := &boundedConn{Conn: raw, early: append([]byte(nil), early...), timeout: w.limits.Write, now: w.now}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, readBufferBytes), bufio.NewWriterSize(c, writeBufferBytes)), nil
}

// boundKernel bounds what the kernel holds for a reader that takes nothing.
// Where the connection is not TCP there is nothing to bound.
func boundKernel(c net.Conn, bytes int) {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = t.NetConn()
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(bytes) // a wish: the connection works without it
	}
}

// boundedConn gives every write a deadline. A context per write would cost
// more and closes the connection just the same.
type boundedConn struct {
	net.Conn
	early   []byte // what the HTTP server had read already
	timeout time.Duration
	now     func() time.Time
}

// Read reads what came early, then from the connection.
func (c *boundedConn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write writes all of p before the deadline or fails for good.
func (c *boundedConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(c.now().Add(c.timeout)); err != nil {
		return 0, fmt.Errorf("bounding the write: %w", err)
	}
	return c.Conn.Write(p)
}
