package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// framesPerSecond and framesAtOnce bound what a screen may say: joining,
	// leaving and typing are as fast as people.
	framesPerSecond = 20
	framesAtOnce    = 40
	// partyTimeout bounds asking whether somebody is a party of a conversation.
	partyTimeout = 10 * time.Second
	// partyTries bounds asking again because somebody was taken off meanwhile.
	partyTries = 3
)

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
		c.reject(err.Error())
		return nil, err
	}
	return frames, nil
}

// reject ends the connection for something that no honest peer sends.
func (c *conn) reject(why string) {
	c.server.metrics.refused.Inc()
	c.end(wire.CloseBadFrame, wire.NewProblem(wire.ProblemBadRequest, why))
}

// listenScreen reads a screen until its connection ends.
func (c *conn) listenScreen() {
	for {
		frames, err := c.read()
		if err != nil {
			return
		}
		for _, f := range frames {
			if !c.allowed(c.server.deps.Now()) {
				c.reject("too many frames")
				return
			}
			if !c.take(f) {
				return
			}
		}
	}
}

// allowed reports whether the screen may say one thing more now. It keeps one
// instant: when the next frame would be due if they came evenly.
func (c *conn) allowed(now time.Time) bool {
	const apart = time.Second / framesPerSecond
	if c.due.Before(now) {
		c.due = now
	}
	if c.due.Sub(now) > (framesAtOnce-1)*apart {
		return false
	}
	c.due = c.due.Add(apart)
	return true
}

// take does what a screen asks for after its hello, and reports whether the
// connection goes on. Commands go by HTTPS.
func (c *conn) take(f wire.Frame) bool {
	switch f.K {
	case wire.KindJoin:
		if !mayJoin(c.peer, f.Ch) {
			c.server.metrics.refused.Inc()
			c.end(wire.CloseForbidden, wire.NewProblem(wire.ProblemForbidden, string(f.Ch)))
			return false
		}
		c.join(wire.Position{Ch: f.Ch, Ep: f.Ep, Seq: f.Seq})
	case wire.KindLeave:
		if cur := c.cursorOf(f.Ch); cur != nil {
			c.leave(cur, nil)
		}
	case wire.KindTyping:
		c.typing(f.Ch)
	case wire.KindPing:
		c.answerPing()
	default:
		c.reject(fmt.Sprintf("a screen does not send %q", f.K))
		return false
	}
	return true
}

// answerPing answers a screen that asks whether the hub is there: pages in a browser
// or in WeChat do not see the socket's own pings, and a line that died without
// a word would look alive to them for minutes.
func (c *conn) answerPing() {
	c.mu.Lock()
	c.tell(wire.Frame{K: wire.KindPong, D: wire.Body(wire.Beat{Now: c.server.deps.Now()})})
	c.mu.Unlock()
	c.shard.mark(c)
}

// typing tells that the peer is writing, in a conversation that it follows.
func (c *conn) typing(ch wire.Channel) {
	family, _ := ch.Split()
	if family != familyChat || c.server.deps.Typing == nil || c.cursorOf(ch) == nil {
		return // it may have been taken off a moment ago
	}
	if t, err := threadOf(ch); err == nil {
		c.server.deps.Typing(c.peer, t)
	}
}

func threadOf(ch wire.Channel) (id.Thread, error) {
	var t id.Thread
	_, name := ch.Split()
	err := t.UnmarshalText([]byte(name))
	return t, err
}

// join follows a channel that the table allows, from a position. Following it
// already, the connection goes on from the position given now. What it may not
// have it is told, and goes on.
func (c *conn) join(from wire.Position) {
	if old := c.cursorOf(from.Ch); old != nil {
		c.leave(old, nil)
	}
	if c.channels() >= wire.MaxResume {
		c.refuse(from.Ch, wire.NewProblem(wire.ProblemTooMany, "too many channels"))
		return
	}
	if family, _ := from.Ch.Split(); family != familyChat {
		c.follow(from, false)
		return
	}
	c.joinChat(from)
}

// joinChat follows a conversation that the peer is a party of. Somebody may be
// taken off while that is asked, before there is a cursor to be found: then it
// is asked again.
func (c *conn) joinChat(from wire.Position) {
	problem := notYours(from.Ch)
	for range partyTries {
		r := c.server.rings.get(from.Ch, true)
		before := r.evicted()
		if problem = c.partyOf(from.Ch); problem != nil {
			break
		}
		cur := c.follow(from, true)
		if cur.ring == r && r.evicted() == before {
			c.confirm(cur)
			return
		}
		if !c.leave(cur, nil) {
			return // taken off and told
		}
		problem = wire.NewProblem(wire.ProblemTooMany, "the conversation is changing hands")
	}
	c.refuse(from.Ch, problem)
}

// partyOf is nil if the peer is a party of the conversation, else why it may
// not follow it.
func (c *conn) partyOf(ch wire.Channel) *wire.Problem {
	t, err := threadOf(ch)
	if err != nil || c.server.deps.Party == nil {
		return notYours(ch)
	}
	ctx, cancel := context.WithTimeout(c.server.ctx, partyTimeout)
	defer cancel()
	switch ok, err := c.server.deps.Party(ctx, c.peer, t); {
	case err != nil:
		c.server.log.Warn("who is a party could not be asked", "channel", ch, "error", err)
		return wire.NewProblem(wire.ProblemStorage, "")
	case !ok:
		return notYours(ch)
	}
	return nil
}
