package realtime

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/wire"
)

// conn is one socket. Its reader is the only goroutine it has: what goes out
// is written by its shard, or by a goroutine made while the peer has to be
// waited for. Whoever ends it only marks it; the closing runs by itself.
//
// Locks are taken in this order: conn, ring, audience, shard; and conn, server.
type conn struct {
	server *Server
	shard  *shard
	ws     socket
	line   *boundedConn
	remote string
	peer   Peer        // set once, by enlist
	device *deviceSide // of a pumpd, else nil; set once, by enlist

	once    sync.Once
	over    atomic.Bool
	code    int // why it ended, set by end
	closing sync.WaitGroup

	mu       sync.Mutex
	welcomed bool // before it nothing is sent
	cursors  []*cursor
	turn     int      // which of them is read first
	told     [][]byte // frames of the connection's own, sent before all else

	spoke      atomic.Bool   // something was sent since the sweeper looked
	wants      atomic.Uint32 // of the sweeper: wantBeat, wantPing
	unanswered atomic.Int32  // pings

	due      time.Time     // the reader's: see allowed
	nextPing time.Time     // the sweeper's
	slot     int           // of the sweeper; guarded by the server
	place    int           // in its slot; guarded by the server
	seat     *list.Element // in the line of guests; guarded by the server
	marked   bool          // on the shard's list; guarded by the shard
	queued   bool          // for this round; the shard's own
	handed   bool          // to a goroutine; the shard's own
}

// socket is what the WebSocket library does for a connection.
type socket interface {
	Read(ctx context.Context) (websocket.MessageType, []byte, error)
	Close(code websocket.StatusCode, reason string) error
}

// end closes the connection with a code, after a problem if there is one. It
// returns at once: the closing handshake may take seconds.
func (c *conn) end(code int, p *wire.Problem) {
	c.once.Do(func() {
		c.code = code
		c.over.Store(true)
		c.closing.Add(1)
		go c.close(code, p)
	})
}

func (c *conn) close(code int, p *wire.Problem) {
	defer c.closing.Done()
	c.cancelDevice()
	if p != nil {
		if frame, err := encodeFrame(wire.Frame{K: wire.KindProblem, D: wire.Body(p)}); err == nil {
			// A peer that cannot be told is closed all the same.
			_ = c.line.send([][]byte{frame})
		}
	}
	_ = c.ws.Close(websocket.StatusCode(code), reason(code))
}

// reason is the word beside a close code, for a reader of a trace.
func reason(code int) string {
	switch code {
	case wire.CloseGoingAway:
		return "going away"
	case wire.CloseSlow:
		return "too slow"
	case wire.CloseHelloTimeout:
		return "no hello in time"
	case wire.CloseBadTicket:
		return "bad ticket"
	case wire.CloseFactOrder:
		return "fact out of order"
	case wire.CloseTooOld:
		return "version not served"
	case wire.CloseForbidden:
		return "forbidden"
	case wire.CloseRevoked:
		return "revoked"
	case wire.CloseBadFrame:
		return "bad frame"
	}
	return ""
}

// finish waits until a connection that ends is closed.
func (c *conn) finish() {
	c.closing.Wait()
	c.server.metrics.closed(c.code)
}

// cut closes the socket without a word, also one that is just being closed
// with words.
func (c *conn) cut() { _ = innermost(c.line.Conn).Close() }

// broke ends a connection that could not be written.
func (c *conn) broke(err error) {
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		c.logs(slog.LevelWarn, "a reader took nothing", "waited", c.server.limits.Write)
		c.end(wire.CloseSlow, nil)
		return
	}
	c.end(wire.CloseGoingAway, nil)
}

// logs writes a line about the connection. It keeps no logger of its own: ten
// thousand of them would be more than all else a connection holds.
func (c *conn) logs(level slog.Level, message string, args ...any) {
	args = append(args, "remote", c.remote)
	if c.peer.known() {
		args = append(args, "as", c.peer.label())
	}
	if !c.peer.Device.IsZero() {
		args = append(args, "device", c.peer.Device)
	}
	if !c.peer.Member.IsZero() {
		args = append(args, "member", c.peer.Member)
	}
	c.server.log.Log(context.Background(), level, message, args...)
}

// tell packs a frame of the connection's own; the connection is locked.
func (c *conn) tell(f wire.Frame) {
	frame, err := encodeFrame(f)
	if err != nil {
		c.logs(slog.LevelError, "a frame does not encode", "kind", f.K, "error", err)
		return
	}
	c.told = append(c.told, frame)
}

// channels counts what the connection follows.
func (c *conn) channels() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.cursors)
}

// open lets everything out that waits for the welcome.
func (c *conn) open() {
	c.spoke.Store(true) // the welcome
	c.mu.Lock()
	c.welcomed = true
	c.mu.Unlock()
	c.shard.mark(c)
}

// gather packs what is new for the connection, and reports whether there is
// more than one output holds. The channels take turns, a batch each, so that
// a flood in one does not silence another.
func (c *conn) gather(out *output, now time.Time) (more bool) {
	out.reset()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() || !c.welcomed {
		return false
	}
	for _, frame := range c.told {
		out.add(frame, 1)
	}
	c.told = nil
	c.gatherDevice(out, now)
	for busy := true; busy && !out.full(); {
		busy = false
		for range c.cursors {
			if out.full() {
				break
			}
			c.turn = (c.turn + 1) % len(c.cursors)
			busy = c.gatherFrom(c.cursors[c.turn], out, now) || busy
		}
	}
	c.gatherSigns(out)
	if len(out.pieces) > 0 {
		c.spoke.Store(true)
	}
	return out.full()
}

// gatherFrom packs one piece of a channel and reports whether another may be
// had at once.
func (c *conn) gatherFrom(cur *cursor, out *output, now time.Time) bool {
	if cur.waiting || cur.unsure {
		return false
	}
	if len(cur.backlog) > 0 {
		out.add(cur.backlog[0].frame, cur.backlog[0].frames)
		cur.backlog = slices.Delete(cur.backlog, 0, 1)
		return true
	}
	news := cur.ring.news.Load()
	if cur.checked == news {
		return false
	}
	t, v := cur.ring.next(cur)
	if t.batch != nil {
		out.addBatch(t)
	}
	switch v {
	case full:
		return true
	case fallen:
		if !c.resync(cur, now) {
			return false
		}
		return c.snapshot(cur, out, news, now)
	case lost:
		return c.snapshot(cur, out, news, now)
	default:
		cur.checked = news
		return false
	}
}

// snapshot packs a channel's snapshot if there is one to be had now; otherwise
// it sees to it that one is built, and the ring wakes us.
func (c *conn) snapshot(cur *cursor, out *output, news uint64, now time.Time) bool {
	frame, build := cur.ring.snapshotFor(cur, now, c.server.limits.SnapshotFor)
	if build {
		c.server.buildSnapshot(cur.ring)
	}
	if frame == nil {
		cur.checked = news
		return false
	}
	out.add(frame, 1)
	return true
}

// resyncApart is how long a reader that fell behind has to keep up after it
// was put onto a snapshot; one that cannot is closed and resumes.
const resyncApart = 10 * time.Second

// resync puts a cursor that fell out of its ring onto a snapshot, or closes
// the connection.
func (c *conn) resync(cur *cursor, now time.Time) bool {
	c.logs(slog.LevelWarn, "a reader fell behind", "channel", cur.ring.channel, "seq", cur.seq)
	if !cur.resynced.IsZero() && now.Sub(cur.resynced) < resyncApart {
		c.end(wire.CloseSlow, nil)
		return false
	}
	cur.resynced, cur.life = now, 0
	c.server.metrics.resyncs.Inc()
	return true
}
