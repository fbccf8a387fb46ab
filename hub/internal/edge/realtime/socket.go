package realtime

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Buffers of a socket. What comes in is small, and a large fact is read past
// the buffer. Through the write buffer go the library's control frames only,
// each of at most 127 bytes, so that each is one write.
const (
	readBufferBytes  = 512
	writeBufferBytes = 256
)

// slimWriter hands the WebSocket library a connection of our own with small
// buffers, and keeps it.
type slimWriter struct {
	http.ResponseWriter
	limits *Limits
	now    func() time.Time
	line   *boundedConn
}

// Hijack takes the connection over from the HTTP server.
func (w *slimWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking over the connection: %w", err)
	}
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		return nil, nil, fmt.Errorf("reading what came with the request: %w", err)
	}
	boundKernel(conn, w.limits.SendBuffer)
	w.line = &boundedConn{
		Conn: conn, raw: rawOf(conn), early: append([]byte(nil), early...), timeout: w.limits.Write, now: w.now,
	}
	return w.line, bufio.NewReadWriter(
		bufio.NewReaderSize(w.line, readBufferBytes), bufio.NewWriterSize(w.line, writeBufferBytes)), nil
}

// boundKernel bounds what the kernel holds for a reader that takes nothing.
// Where the connection is not TCP there is nothing to bound.
func boundKernel(c net.Conn, bytes int) {
	if t, ok := innermost(c).(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(bytes) // a wish: the connection works without it
	}
}

// innermost is the connection under all wrappers that say what they wrap.
func innermost(c net.Conn) net.Conn {
	for range 4 { // nobody wraps deeper
		t, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = t.NetConn()
	}
	return c
}
