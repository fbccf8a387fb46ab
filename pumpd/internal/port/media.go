package port

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"go.bug.st/serial"
)

// serialMedium is a serial port of this machine.
type serialMedium struct {
	port serial.Port
	wait time.Duration // the read time-out that is set
}

func (m *serialMedium) read(buf []byte, d time.Duration) (int, error) {
	if d != m.wait {
		if err := m.port.SetReadTimeout(d); err != nil {
			return 0, fmt.Errorf("setting the read time-out: %w", err)
		}
		m.wait = d
	}
	return m.port.Read(buf)
}

func (m *serialMedium) write(b []byte) error {
	for len(b) > 0 {
		n, err := m.port.Write(b)
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		b = b[n:]
	}
	return nil
}

// drop forgets what the driver of the port has buffered. That it could not
// is seen at the next read.
func (m *serialMedium) drop() { _ = m.port.ResetInputBuffer() }

func (m *serialMedium) close() error { return m.port.Close() }

// tcpMedium is a serial port behind a gateway.
type tcpMedium struct {
	conn net.Conn
	now  func() time.Time
}

func (m *tcpMedium) read(buf []byte, d time.Duration) (int, error) {
	if err := m.conn.SetReadDeadline(m.now().Add(d)); err != nil {
		return 0, err
	}
	n, err := m.conn.Read(buf)
	if n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		return n, nil
	}
	return n, err
}

func (m *tcpMedium) write(b []byte) error {
	if err := m.conn.SetWriteDeadline(m.now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := m.conn.Write(b)
	return err
}

// dropWithin is the shortest wait in which a read surely takes what is there;
// a deadline already past would take nothing.
const dropWithin = time.Millisecond

// drop reads away what has come.
func (m *tcpMedium) drop() {
	const most = 16 // reads; a line cannot have more between two frames
	var buf [256]byte
	for range most {
		n, err := m.read(buf[:], dropWithin)
		if n == 0 || err != nil {
			return
		}
	}
}

func (m *tcpMedium) close() error { return m.conn.Close() }

// echo knows which of our own bytes may still come back.
type echo struct {
	frames [][]byte // sent, oldest first; the first may be begun
	seen   []byte   // received, equal to the beginning of the first frame
}

// maxEchoes bounds the frames that wait for their echo; an adapter that lost
// more does not echo.
const maxEchoes = 4

// expect notes a frame that was sent.
func (e *echo) expect(frame []byte) {
	if len(e.frames) == maxEchoes {
		e.frames, e.seen = e.frames[1:], nil
	}
	e.frames = append(e.frames, append([]byte(nil), frame...))
}

// filter answers the received bytes that are not echo. Bytes that began like
// an echo and went on otherwise are answered with the rest.
func (e *echo) filter(received []byte) []byte {
	var foreign []byte
	for _, b := range received {
		e.seen = append(e.seen, b)
		for len(e.seen) > 0 && !e.matches() {
			if len(e.frames) > 0 {
				e.frames = e.frames[1:] // its echo was lost: perhaps it is the next one's
				continue
			}
			foreign = append(foreign, e.seen...)
			e.seen = nil
		}
	}
	return foreign
}

// matches says that what was seen begins the first frame, and takes the
// frame away once it is whole.
func (e *echo) matches() bool {
	if len(e.frames) == 0 || len(e.seen) > len(e.frames[0]) || string(e.frames[0][:len(e.seen)]) != string(e.seen) {
		return false
	}
	if len(e.seen) == len(e.frames[0]) {
		e.frames, e.seen = e.frames[1:], nil
	}
	return true
}
