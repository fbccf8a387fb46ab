package realtime

import (
	"context"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// DeviceOut is the way back to a connected pumpd. Its methods return at once
// and may be called from any goroutine, also after the connection has ended.
type DeviceOut interface {
	// Ack says that facts up to seq are committed; a later call replaces one
	// that has not left yet.
	Ack(seq uint64)
	// Want sends the whole desired state; a later call replaces one that has
	// not left yet.
	Want(w wire.Want)
	// End closes the connection with a close code of wire, telling p first
	// if it is not nil.
	End(code int, p *wire.Problem)
}

// DeviceSession takes what a connected pumpd says. The socket's reader calls
// it, one call at a time, in order.
type DeviceSession interface {
	// Take takes the frames of one message, received at the given instant.
	// What it cannot take it ends the connection for, through DeviceOut.
	Take(ctx context.Context, received time.Time, frames []wire.Frame)
	// Close says that the connection is gone.
	Close()
}

// OpenDevice begins a pumpd's session and tells the last fact of its journal
// that is committed; zero if none is, or none can be known now.
type OpenDevice func(ctx context.Context, p Peer, journal id.Journal, out DeviceOut) (DeviceSession, uint64, error)

// slots is what waits to go to a device: one acknowledgement and one desired
// state at most.
type slots struct {
	ackDue  bool
	ack     uint64
	wantDue bool
	want    wire.Want
}

// Ack implements DeviceOut.
func (c *conn) Ack(seq uint64) {
	c.mu.Lock()
	c.out.ack, c.out.ackDue = max(seq, c.out.ack), true
	c.mu.Unlock()
	c.nudge()
}

// Want implements DeviceOut.
func (c *conn) Want(w wire.Want) {
	c.mu.Lock()
	if !c.out.wantDue || w.Rev >= c.out.want.Rev {
		c.out.want, c.out.wantDue = w, true
	}
	c.mu.Unlock()
	c.nudge()
}

// End implements DeviceOut.
func (c *conn) End(code int, p *wire.Problem) { c.end(code, p) }

// nextForDevice packs what waits in the slots.
func (c *conn) nextForDevice(m *message) {
	c.mu.Lock()
	due := c.out
	c.out.ackDue, c.out.wantDue, c.out.want = false, false, wire.Want{}
	c.mu.Unlock()
	if due.ackDue {
		c.addFrame(m, wire.Frame{K: wire.KindAck, Seq: due.ack})
	}
	if due.wantDue {
		c.addFrame(m, wire.Frame{K: wire.KindWant, At: c.server.deps.Now(), D: wire.Body(due.want)})
	}
}

// addFrame encodes a frame into a message of any length: a desired state of
// hundreds of nozzles is larger than a batch, and rare.
func (c *conn) addFrame(m *message, f wire.Frame) {
	line, err := wire.Encode(f)
	if err != nil {
		c.log.Error("a frame does not encode", "kind", f.K, "error", err)
		return
	}
	if len(m.buf) > 0 {
		m.buf = append(m.buf, '\n')
	}
	m.buf = append(m.buf, line...)
	m.frames++
}

// listenDevice reads a pumpd until its connection ends. A pumpd reports every
// second; one that says nothing is taken for gone.
func (c *conn) listenDevice(session DeviceSession) {
	silence := time.AfterFunc(c.server.limits.Silence, func() { c.end(wire.CloseGoingAway, nil) })
	defer silence.Stop()
	for {
		frames, err := c.read()
		if err != nil {
			return
		}
		silence.Stop()
		session.Take(c.ctx, c.server.deps.Now(), frames)
		if c.ctx.Err() != nil {
			return
		}
		silence.Reset(c.server.limits.Silence)
	}
}
