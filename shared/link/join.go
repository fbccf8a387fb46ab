package link

import (
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrTooMany says that a Live follows as many channels as one hello may resume.
var ErrTooMany = errors.New("link: more channels than wire.MaxResume")

// typingEvery is the least time between two signs of writing in one
// conversation: each is good for longer than that.
const typingEvery = 2 * time.Second

// Join begins to follow a channel: at once if there is a connection, with the
// next one otherwise, and again after every loss. Its snapshot comes first.
// The hub may refuse it, which Handler is told as a frame of wire.KindRefused.
// ErrTooMany if there is no room; joining twice is no error.
func (l *Live) Join(ch wire.Channel) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	if !l.positions.add(ch) {
		return fmt.Errorf("%w: %s", ErrTooMany, ch)
	}
	if conn := l.current(); conn != nil {
		// A failed write ends the connection; the next one asks again.
		_ = l.ask(conn, ch)
	}
	return nil
}

// Leave ends following a channel.
func (l *Live) Leave(ch wire.Channel) {
	l.asking.Lock()
	defer l.asking.Unlock()
	if !l.positions.follows(ch) {
		return
	}
	l.positions.drop(ch)
	if conn := l.current(); conn != nil {
		_ = l.unask(conn, ch) // as in Join
	}
}

// Typing tells the other party of a conversation that follows it that this
// one is writing, at most every two seconds. Nothing is told while there is no
// connection, or if the conversation is not followed.
func (l *Live) Typing(t id.Thread) {
	ch := wire.Chat(t)
	if !l.positions.follows(ch) || !l.mayType(t) {
		return
	}
	_ = l.Send(wire.Frame{K: wire.KindTyping, Ch: ch}) // it is worth nothing later
}

// mayType takes the turn of a conversation, if it has one.
func (l *Live) mayType(t id.Thread) bool {
	now := l.way.opts.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.typed[t]; ok && now.Sub(last) < typingEvery {
		return false
	}
	for other, last := range l.typed {
		if now.Sub(last) >= typingEvery {
			delete(l.typed, other)
		}
	}
	l.typed[t] = now
	return true
}

func (l *Live) current() *websocket.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

// ask joins a channel on a connection, unless it is followed there already.
func (l *Live) ask(conn *websocket.Conn, ch wire.Channel) error {
	if l.asked[ch] {
		return nil
	}
	l.asked[ch] = true
	return say(conn, wire.Frame{K: wire.KindJoin, Ch: ch})
}

// unask leaves a channel on a connection, if it is followed there.
func (l *Live) unask(conn *websocket.Conn, ch wire.Channel) error {
	if !l.asked[ch] {
		return nil
	}
	delete(l.asked, ch)
	return say(conn, wire.Frame{K: wire.KindLeave, Ch: ch})
}

func say(conn *websocket.Conn, f wire.Frame) error {
	message, err := wire.Encode(f)
	if err != nil {
		return err
	}
	return write(conn, message)
}

// settle begins a connection whose hello asked for resume: what was joined or
// left since that was put together is made up for. It puts the connection to
// use.
func (l *Live) settle(conn *websocket.Conn, resume []wire.Position) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	l.asked = map[wire.Channel]bool{}
	for _, at := range resume {
		l.asked[at.Ch] = true
		if !l.positions.follows(at.Ch) {
			if err := l.unask(conn, at.Ch); err != nil {
				return err
			}
		}
	}
	for _, ch := range l.positions.channels() {
		if err := l.ask(conn, ch); err != nil {
			return err
		}
	}
	l.use(conn)
	return nil
}

// take moves on past a frame and reports whether it is news. A frame that does
// not follow makes its channel start again; a refused channel is left, or
// asked for again if the hub could only not tell just now.
func (l *Live) take(f wire.Frame) (news bool, err error) {
	news, err = l.positions.take(f)
	switch {
	case err != nil:
		l.positions.forget(f.Ch)
	case news && f.K == wire.KindRefused && f.Ch != "":
		news = l.refused(f)
	}
	return news, err
}

// rejoinAfter is how long a channel that the hub could not give just now, its
// database being away, is left before it is asked for again.
const rejoinAfter = 2 * time.Second

// refused takes a channel off the list and reports true, or sees to it that it
// is asked for again.
func (l *Live) refused(f wire.Frame) (final bool) {
	l.asking.Lock()
	defer l.asking.Unlock()
	delete(l.asked, f.Ch)
	problem, err := wire.Read[wire.Problem](f.D)
	if err != nil || !problem.Retry {
		l.positions.drop(f.Ch)
		return true
	}
	l.positions.forget(f.Ch)
	time.AfterFunc(rejoinAfter, func() { l.rejoin(f.Ch) })
	return false
}

// rejoin asks for a channel again, if it is still wanted and there is a
// connection; the next connection asks by itself.
func (l *Live) rejoin(ch wire.Channel) {
	l.asking.Lock()
	defer l.asking.Unlock()
	conn := l.current()
	if conn == nil || !l.positions.follows(ch) {
		return
	}
	_ = l.ask(conn, ch) // as in Join
}
