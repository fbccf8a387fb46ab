package realtime

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/wire"
)

// conn is one socket: a reader, which is the goroutine that serves it, and a
// writer. Whoever ends it only marks it; the closing runs by itself.
type conn struct {
	server *Server
	ws     *websocket.Conn
	log    *slog.Logger
	peer   Peer

	ctx    context.Context // ends when the connection is ending
	cancel context.CancelFunc
	wake   chan struct{} // holds one: there may be news
	once   sync.Once
	code   int           // why it ended, set by end
	closed chan struct{} // the closing is done

	cursors []*cursor // the writer's
	turn    int       // which of them is read first; the writer's

	mu  sync.Mutex
	out slots
}

// nudge wakes the writer without waiting.
func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// end closes the connection with a code, after a problem if there is one. It
// returns at once: the closing handshake may take seconds.
func (c *conn) end(code int, p *wire.Problem) {
	c.once.Do(func() {
		c.code = code
		c.cancel()
		go c.close(code, p)
	})
}

func (c *conn) close(code int, p *wire.Problem) {
	defer close(c.closed)
	if p != nil {
		if line, err := wire.Encode(wire.Frame{K: wire.KindProblem, D: wire.Body(p)}); err == nil {
			// A peer that cannot be told is closed all the same.
			_ = c.ws.Write(context.Background(), websocket.MessageText, line)
		}
	}
	_ = c.ws.Close(websocket.StatusCode(code), reasons[code])
}

// reasons are the words beside the close codes, for a reader of a trace.
var reasons = map[int]string{
	wire.CloseGoingAway:    "going away",
	wire.CloseSlow:         "too slow",
	wire.CloseHelloTimeout: "no hello in time",
	wire.CloseBadTicket:    "bad ticket",
	wire.CloseFactOrder:    "fact out of order",
	wire.CloseTooOld:       "version not served",
	wire.CloseForbidden:    "forbidden",
	wire.CloseRevoked:      "revoked",
	wire.CloseBadFrame:     "bad frame",
}

// finish ends the connection, whatever happened, and waits until it is closed.
func (c *conn) finish() {
	c.end(int(websocket.StatusNormalClosure), nil)
	<-c.closed
	c.server.metrics.closed(c.code)
}

// errNotText says that a peer sent a binary message.
var errNotText = errors.New("realtime: not a text message")

// read reads the frames of one message. What is not frames ends the connection.
func (c *conn) read() ([]wire.Frame, error) {
	typ, message, err := c.ws.Read(context.Background())
	if err != nil {
		return nil, err
	}
	if typ != websocket.MessageText {
		err = errNotText
	}
	var frames []wire.Frame
	if err == nil {
		frames, err = wire.Decode(message)
	}
	if err != nil {
		c.server.metrics.refused.Inc()
		c.end(wire.CloseBadFrame, wire.NewProblem(wire.ProblemBadRequest, err.Error()))
		return nil, err
	}
	return frames, nil
}

// listenScreen reads a screen until its connection ends. After its hello a
// screen has nothing to say; commands go by HTTPS.
func (c *conn) listenScreen() {
	for {
		frames, err := c.read()
		if err != nil {
			return
		}
		if len(frames) > 0 {
			c.server.metrics.refused.Inc()
			c.end(wire.CloseBadFrame, wire.NewProblem(wire.ProblemBadRequest, "a screen sends nothing after its hello"))
			return
		}
	}
}

// beatEvery is how long the hub stays silent at most towards a peer that has
// no news: one that follows no channel with a beat of its own, as a pumpd does,
// would take the hub for gone.
const beatEvery = 1500 * time.Millisecond

// write sends what is new until the connection ends. It is the only one that
// writes frames after the welcome.
func (c *conn) write() {
	ping, beat := time.NewTicker(c.server.limits.Ping), time.NewTicker(beatEvery)
	defer ping.Stop()
	defer beat.Stop()
	var m message
	spoke := true
	for {
		m.reset()
		more, ok := c.next(&m)
		if !ok {
			return
		}
		if m.frames > 0 {
			spoke = true
			if !c.send(&m) || (!more && !c.pause(ping)) {
				return
			}
			continue
		}
		select {
		case <-c.ctx.Done():
			return
		case <-c.wake:
		case <-ping.C:
			c.tryLine()
		case <-beat.C:
			if !spoke && !c.sendBeat(&m) {
				return
			}
			spoke = false
		}
	}
}

// sendBeat says that the hub is there.
func (c *conn) sendBeat(m *message) bool {
	now := c.server.deps.Now()
	c.addFrame(m, wire.Frame{K: wire.KindBeat, At: now, D: wire.Body(wire.Beat{Now: now})})
	return c.send(m)
}

// pause keeps the window between two messages. A device waits for nobody.
func (c *conn) pause(ping *time.Ticker) bool {
	if c.peer.bridge() {
		return c.ctx.Err() == nil
	}
	window := time.NewTimer(c.server.limits.Window)
	defer window.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return false
		case <-ping.C:
			c.tryLine()
		case <-window.C:
			return true
		}
	}
}

// next packs the next message. more says that another is waiting already, ok
// that the connection goes on. The channels take turns to be first, so that a
// flood in one does not silence another.
func (c *conn) next(m *message) (more, ok bool) {
	if c.peer.bridge() {
		c.nextForDevice(m)
		return false, true
	}
	for i := range c.cursors {
		place := (c.turn + i) % len(c.cursors)
		cur := c.cursors[place]
		switch cur.ring.read(cur, m) {
		case drained:
		case full:
			c.turn = place + 1
			return true, true
		case lost:
			if m.frames > 0 { // a snapshot travels alone; first what is packed
				c.turn = place
				return true, true
			}
			if c.snapshot(cur, m) {
				return true, true
			}
		case fallen:
			c.log.Warn("a reader fell behind", "channel", cur.ring.channel, "seq", cur.seq)
			c.end(wire.CloseSlow, nil)
			return false, false
		}
	}
	return false, true
}

// snapshot packs a channel's snapshot if there is one to be had now; otherwise
// it sees to it that one is built.
func (c *conn) snapshot(cur *cursor, m *message) bool {
	line, build := cur.ring.snapshotFor(cur, c.server.deps.Now(), c.server.limits.SnapshotFor)
	if build {
		c.server.buildSnapshot(cur.ring)
	}
	return line != nil && m.add(line, time.Time{}, false)
}

// send writes a message. A peer that does not take it in time is cut.
func (c *conn) send(m *message) bool {
	err := c.ws.Write(context.Background(), websocket.MessageText, m.buf)
	if err != nil {
		if isTimeout(err) {
			c.log.Warn("a reader took nothing", "waited", c.server.limits.Write)
			c.end(wire.CloseSlow, nil)
		} else {
			c.end(wire.CloseGoingAway, nil)
		}
		return false
	}
	c.server.metrics.sent(m, c.server.deps.Now())
	return true
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// tryLine pings a screen, so that one that vanished without a word does not
// stay for ever. A pumpd is known by its reports.
func (c *conn) tryLine() {
	if !c.peer.bridge() {
		go c.ping()
	}
}

func (c *conn) ping() {
	// Not the connection's context: cancelling it inside a write would cut
	// the line before the close code is out. Closing ends the wait as well.
	ctx, cancel := context.WithTimeout(context.Background(), c.server.limits.Ping)
	defer cancel()
	if err := c.ws.Ping(ctx); err != nil && c.ctx.Err() == nil {
		c.end(wire.CloseGoingAway, nil)
	}
}
