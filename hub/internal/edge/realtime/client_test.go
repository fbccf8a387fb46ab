package realtime

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// client is a peer of a test.
type client struct {
	t       testing.TB
	ws      *websocket.Conn
	pending []wire.Frame
}

// dial opens a socket without a hello.
func dial(t testing.TB, url string, opts *websocket.DialOptions) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url, opts)
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	ws.SetReadLimit(wire.MaxFrameOutBytes)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{t: t, ws: ws}
}

// say sends frames as one message.
func (c *client) say(frames ...wire.Frame) {
	c.t.Helper()
	var lines []string
	for _, f := range frames {
		line, err := wire.Encode(f)
		if err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	c.raw(websocket.MessageText, strings.Join(lines, "\n"))
}

func (c *client) raw(typ websocket.MessageType, text string) {
	c.t.Helper()
	if err := c.ws.Write(context.Background(), typ, []byte(text)); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// hello says hello as a peer that resumes.
func (h *hub) hello(p Peer, resume ...wire.Position) wire.Frame {
	hello := wire.Hello{V: wire.Version, Min: wire.MinVersion, Ticket: h.ticket(p), Resume: resume}
	if p.bridge() {
		hello.Journal = id.New[id.Journal](h.ids)
	}
	return wire.Frame{K: wire.KindHello, D: wire.Body(hello)}
}

// enter dials, says hello and takes the welcome.
func (h *hub) enter(p Peer, resume ...wire.Position) *client {
	h.t.Helper()
	c := dial(h.t, h.url, nil)
	c.say(h.hello(p, resume...))
	if f := c.frame(); f.K != wire.KindWelcome {
		h.t.Fatalf("got %q instead of a welcome", f.K)
	}
	return c
}

// try reads the next frame within a few seconds.
func (c *client) try() (wire.Frame, error) {
	for len(c.pending) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_, message, err := c.ws.Read(ctx)
		cancel()
		if err != nil {
			return wire.Frame{}, err
		}
		if c.pending, err = wire.Decode(message); err != nil {
			return wire.Frame{}, err
		}
	}
	f := c.pending[0]
	c.pending = c.pending[1:]
	return f, nil
}

func (c *client) frame() wire.Frame {
	c.t.Helper()
	f, err := c.try()
	if err != nil {
		c.t.Fatalf("reading a frame: %v", err)
	}
	return f
}

// code reads until the socket is closed and tells the close code.
func (c *client) code() int {
	for {
		if _, err := c.try(); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

// upTo reads events of one channel until seq, and fails on a hole or a
// reorder. It returns where the channel began: after the first snapshot, or
// after from.
func (c *client) upTo(ch wire.Channel, from wire.Position, seq uint64) wire.Position {
	c.t.Helper()
	at := from
	for at.Seq < seq || at.Ep.IsZero() {
		f := c.frame()
		switch {
		case f.Ch != ch:
		case f.K == wire.KindSnap:
			at = wire.Position{Ch: ch, Ep: f.Ep, Seq: f.Seq}
		case wire.Kinds[f.K].Class == wire.ClassEvent:
			if f.Seq != at.Seq+1 {
				c.t.Fatalf("event %d came after %d", f.Seq, at.Seq)
			}
			at.Seq = f.Seq
		}
	}
	return at
}
