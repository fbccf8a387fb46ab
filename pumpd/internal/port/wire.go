package port

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver"
)

// bitsPerByte of a paced line: start, eight, parity, stop.
const bitsPerByte = 11

// byteTime is how long one byte is on a line; 0 baud is no time at all.
func byteTime(baud int) time.Duration {
	if baud <= 0 {
		return 0
	}
	return bitsPerByte * time.Second / time.Duration(baud)
}

// Wire is a half-duplex line in memory. Bytes take their time on it, whoever
// sends: what is sent while it is busy follows after. Host is the driver's
// end, Device the dispenser's. It is safe for concurrent use.
type Wire struct {
	now      func() time.Time
	perByte  time.Duration
	mu       sync.Mutex
	busy     time.Time
	closed   chan struct{}
	toHost   lane
	toDevice lane
	carried  int
	echoes   bool
}

// lane is one direction.
type lane struct {
	bytes []timed
	wake  chan struct{}
}

// timed is a byte and when it has arrived.
type timed struct {
	b  byte
	at time.Time
}

// NewWire makes a line of a baud rate, 0 for one that takes no time. With
// echoes the host hears its own bytes, as on some adapters.
func NewWire(baud int, echoes bool, now func() time.Time) *Wire {
	return &Wire{
		now: now, perByte: byteTime(baud), echoes: echoes, closed: make(chan struct{}),
		toHost: lane{wake: make(chan struct{}, 1)}, toDevice: lane{wake: make(chan struct{}, 1)},
	}
}

// Close ends both ends.
func (w *Wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
	default:
		close(w.closed)
	}
	return nil
}

// Carried counts the bytes sent in both directions so far.
func (w *Wire) Carried() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.carried
}

// Host is the driver's end.
func (w *Wire) Host() *Port { return newPort(hostEnd{w}, w.now, w.echoes) }

// Device is the dispenser's end: Read waits for bytes until Close.
func (w *Wire) Device() io.ReadWriteCloser { return deviceEnd{w} }

// put sends bytes down a lane.
func (w *Wire) put(data []byte, lanes ...*lane) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
		return io.ErrClosedPipe
	default:
	}
	at := w.now()
	if w.busy.After(at) {
		at = w.busy
	}
	w.carried += len(data)
	for _, b := range data {
		at = at.Add(w.perByte)
		for _, l := range lanes {
			l.bytes = append(l.bytes, timed{b, at})
		}
	}
	w.busy = at
	for _, l := range lanes {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// take reads what has arrived on a lane; next is how long until more will.
func (w *Wire) take(l *lane, buf []byte) (n int, next time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for n < len(buf) && n < len(l.bytes) && !l.bytes[n].at.After(now) {
		buf[n] = l.bytes[n].b
		n++
	}
	l.bytes = l.bytes[n:]
	if len(l.bytes) > 0 {
		return n, max(l.bytes[0].at.Sub(now), 1)
	}
	return n, never
}

// never is longer than any wait.
const never = 24 * time.Hour

// wait reads from a lane, at most for d.
func (w *Wire) wait(l *lane, buf []byte, d time.Duration) (int, error) {
	end := w.now().Add(d)
	for {
		n, next := w.take(l, buf)
		if n > 0 {
			return n, nil
		}
		left := min(end.Sub(w.now()), next)
		if left <= 0 {
			return 0, nil
		}
		timer := time.NewTimer(left)
		select {
		case <-w.closed:
			timer.Stop()
			return 0, io.EOF
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// hostEnd is the medium of the host's Port.
type hostEnd struct{ w *Wire }

func (h hostEnd) read(buf []byte, d time.Duration) (int, error) { return h.w.wait(&h.w.toHost, buf, d) }

func (h hostEnd) write(b []byte) error {
	if h.w.echoes {
		return h.w.put(b, &h.w.toDevice, &h.w.toHost)
	}
	return h.w.put(b, &h.w.toDevice)
}

func (h hostEnd) drop() {
	var buf [256]byte
	for n := 1; n > 0; {
		n, _ = h.w.take(&h.w.toHost, buf[:])
	}
}

func (h hostEnd) close() error { return h.w.Close() }

type deviceEnd struct{ w *Wire }

func (d deviceEnd) Read(buf []byte) (int, error) {
	for {
		n, err := d.w.wait(&d.w.toDevice, buf, never)
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (d deviceEnd) Write(b []byte) (int, error) {
	if err := d.w.put(b, &d.w.toHost); err != nil {
		return 0, fmt.Errorf("%w: %w", driver.ErrLine, err)
	}
	return len(b), nil
}

func (d deviceEnd) Close() error { return d.w.Close() }

// Pace makes writes to a connection take as long as on a serial line, byte by
// byte. A write ends early with ctx. Each byte goes out at the end of its
// time, counted from the start, so that late timers do not add up.
func Pace(ctx context.Context, w io.Writer, baud int, now func() time.Time) io.Writer {
	if baud <= 0 {
		return w
	}
	return writerFunc(func(data []byte) (int, error) {
		begin := now()
		for i := range data {
			due := begin.Add(time.Duration(i+1) * byteTime(baud))
			timer := time.NewTimer(due.Sub(now()))
			select {
			case <-ctx.Done():
				timer.Stop()
				return i, ctx.Err()
			case <-timer.C:
			}
			if _, err := w.Write(data[i : i+1]); err != nil {
				return i, err
			}
		}
		return len(data), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
