package realtime

import (
	"context"
	"log/slog"
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

// deviceSide is what the connection of a pumpd has more than a screen's: a
// session, and what waits to go to the device: one acknowledgement and one
// desired state at most.
type deviceSide struct {
	ctx     context.Context // ends when the connection is ending
	cancel  context.CancelFunc
	session DeviceSession

	// What follows is guarded by the connection.
	ackDue  bool
	ack     uint64
	wantDue bool
	want    wire.Want
}

// becomeDevice gives a connection what a pumpd's has more. It may have ended
// already.
func (c *conn) becomeDevice() {
	d := &deviceSide{}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	c.mu.Lock()
	c.device = d
	c.mu.Unlock()
	if c.over.Load() {
		d.cancel()
	}
}

// cancelDevice ends what is being done for a device whose connection ends.
func (c *conn) cancelDevice() {
	c.mu.Lock()
	d := c.device
	c.mu.Unlock()
	if d != nil {
		d.cancel()
	}
}

// Ack implements DeviceOut.
func (c *conn) Ack(seq uint64) {
	c.mu.Lock()
	c.device.ack, c.device.ackDue = max(seq, c.device.ack), true
	c.mu.Unlock()
	c.shard.mark(c)
}

// Want implements DeviceOut.
func (c *conn) Want(w wire.Want) {
	c.mu.Lock()
	if !c.device.wantDue || w.Rev >= c.device.want.Rev {
		c.device.want, c.device.wantDue = w, true
	}
	c.mu.Unlock()
	c.shard.mark(c)
}

// End implements DeviceOut.
func (c *conn) End(code int, p *wire.Problem) { c.end(code, p) }

// gatherDevice packs what waits for the device; the connection is locked. A
// desired state of hundreds of nozzles is larger than a batch, and rare.
func (c *conn) gatherDevice(out *output, now time.Time) {
	d := c.device
	if d == nil {
		return
	}
	if d.ackDue {
		d.ackDue = false
		c.pack(out, wire.Frame{K: wire.KindAck, Seq: d.ack})
	}
	if d.wantDue {
		c.pack(out, wire.Frame{K: wire.KindWant, At: now, D: wire.Body(d.want)})
		d.wantDue, d.want = false, wire.Want{}
	}
}

func (c *conn) pack(out *output, f wire.Frame) {
	frame, err := encodeFrame(f)
	if err != nil {
		c.logs(slog.LevelError, "a frame does not encode", "kind", f.K, "error", err)
		return
	}
	out.add(frame, 1)
}

// listenDevice reads a pumpd until its connection ends. A pumpd reports every
// second; one that says nothing is taken for gone.
func (c *conn) listenDevice() {
	silence := time.AfterFunc(c.server.limits.Silence, func() { c.end(wire.CloseGoingAway, nil) })
	defer silence.Stop()
	for {
		frames, err := c.read()
		if err != nil {
			return
		}
		silence.Stop()
		c.device.session.Take(c.device.ctx, c.server.deps.Now(), frames)
		if c.over.Load() {
			return
		}
		silence.Reset(c.server.limits.Silence)
	}
}
