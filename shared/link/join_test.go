package link

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rooms makes a fake hub answer every channel asked for, by the hello or by a
// join, with its snapshot at 10, and tells what it was sent.
func rooms(h *fakeHub) (sent chan wire.Frame, conns chan *websocket.Conn) {
	epoch := id.New[id.Epoch](testIDs)
	sent, conns = make(chan wire.Frame, 64), make(chan *websocket.Conn, 8)
	h.script = func(ctx context.Context, c *websocket.Conn, at []wire.Position) {
		conns <- c
		for _, p := range at {
			send(c, wire.Frame{K: wire.KindSnap, Ch: p.Ch, Ep: epoch, Seq: 10, D: wire.Body(wire.ChatSnap{})})
		}
		for {
			select {
			case <-ctx.Done():
				return
			case f := <-h.got:
				if f.K == wire.KindJoin {
					send(c, wire.Frame{K: wire.KindSnap, Ch: f.Ch, Ep: epoch, Seq: 10, D: wire.Body(wire.ChatSnap{})})
				}
				sent <- f
			}
		}
	}
	return sent, conns
}

func chatEvent(ch wire.Channel, seq uint64) wire.Frame {
	return wire.Frame{K: wire.KindMessage, Ch: ch, Seq: seq, D: wire.Body(wire.Message{})}
}

func TestC016JoinedChannelsSurviveEveryLoss(t *testing.T) {
	h := newFakeHub()
	sent, conns := rooms(h)
	live, told, _ := start(t, h, LiveOptions{})
	chat, other := wire.Chat(id.New[id.Thread](testIDs)), wire.Chat(id.New[id.Thread](testIDs))
	told.next(t) // the snapshot of the test channel
	first := take(t, conns)
	for range 2 { // twice is once
		if err := live.Join(chat); err != nil {
			t.Fatal(err)
		}
	}
	if f := take(t, sent); f.K != wire.KindJoin || f.Ch != chat {
		t.Fatalf("joining sends %+v", f)
	}
	if f := told.next(t); f.K != wire.KindSnap || f.Ch != chat {
		t.Fatalf("a joined channel begins with %+v", f)
	}
	send(first, chatEvent(chat, 11))
	if f := told.next(t); f.Seq != 11 {
		t.Fatalf("got %+v", f)
	}
	_ = first.CloseNow()
	take(t, told.lost)
	if err := live.Join(other); err != nil { // with or without a connection
		t.Fatal(err)
	}
	second := take(t, conns)
	hellos, _ := h.seen()
	if at := hellos[1].Resume[1]; at.Ch != chat || at.Seq != 11 || at.Ep.IsZero() {
		t.Errorf("resumed at %+v", at)
	}
	for found := false; !found; { // other, by the hello or after it
		f := told.next(t)
		found = f.K == wire.KindSnap && f.Ch == other
	}
	live.Leave(chat)
	live.Leave(chat)
	for f := take(t, sent); f.K != wire.KindLeave || f.Ch != chat; f = take(t, sent) {
		if f.Ch != other {
			t.Fatalf("leaving sends %+v", f)
		}
	}
	send(second, chatEvent(chat, 12), chatEvent(other, 11))
	if f := told.next(t); f.Ch != other || f.Seq != 11 {
		t.Errorf("after leaving: %+v", f)
	}
}

// What was on its way for a channel that was left and joined again is neither
// news nor a hole.
func TestJoiningAgainStartsAfresh(t *testing.T) {
	p := newPositions([]wire.Channel{testChannel})
	chat := wire.Chat(id.New[id.Thread](testIDs))
	epoch := id.New[id.Epoch](testIDs)
	snap := wire.Frame{K: wire.KindSnap, Ch: chat, Ep: epoch, Seq: 10}
	steps := []struct {
		name string
		do   func()
		f    wire.Frame
		news bool
	}{
		{"joined", func() { p.add(chat) }, snap, true},
		{"event", nil, chatEvent(chat, 11), true},
		{"left", func() { p.drop(chat) }, chatEvent(chat, 12), false},
		{"joined again", func() { p.add(chat) }, chatEvent(chat, 13), false},
		{"snapshot", nil, wire.Frame{K: wire.KindSnap, Ch: chat, Ep: epoch, Seq: 13}, true},
		{"event", nil, chatEvent(chat, 14), true},
		{"refused", nil, wire.Frame{K: wire.KindRefused, Ch: chat}, true},
	}
	for _, s := range steps {
		if s.do != nil {
			s.do()
		}
		if news, err := p.take(s.f); news != s.news || err != nil {
			t.Errorf("%s: %v, %v", s.name, news, err)
		}
	}
	p.drop(chat)
	p.add(chat)
	p.begin() // a new connection: its hello asked for the snapshot
	if _, err := p.take(chatEvent(chat, 20)); !errors.Is(err, ErrGap) {
		t.Errorf("an event before the snapshot that the hello asked for: %v", err)
	}
}

func TestARefusedChannelIsNotAskedForAgain(t *testing.T) {
	h := newFakeHub()
	_, conns := rooms(h)
	live, told, _ := start(t, h, LiveOptions{})
	chat := wire.Chat(id.New[id.Thread](testIDs))
	told.next(t)
	if err := live.Join(chat); err != nil {
		t.Fatal(err)
	}
	told.next(t)
	c := take(t, conns)
	send(c, wire.Frame{K: wire.KindRefused, Ch: chat, D: wire.Body(wire.NewProblem(wire.ProblemNotYourThread, ""))})
	f := told.next(t)
	if p, err := wire.Read[wire.Problem](f.D); f.K != wire.KindRefused || err != nil || p.Type != wire.ProblemNotYourThread {
		t.Fatalf("the handler is told %+v", f)
	}
	_ = c.CloseNow()
	take(t, conns)
	if hellos, _ := h.seen(); len(hellos[1].Resume) != 1 || hellos[1].Resume[0].Ch != testChannel {
		t.Errorf("resumed %+v", hellos[1].Resume)
	}
	if err := live.Join(chat); err != nil {
		t.Fatal(err)
	}
	if f := told.next(t); f.K != wire.KindSnap {
		t.Errorf("joined again: %+v", f)
	}
}

// The hub cannot tell just now whose conversation it is, its database being
// away. That is no answer: the handler hears nothing of it, and the channel is
// asked for again on the same connection.
func TestAChannelThatCannotBeHadJustNowIsAskedForAgain(t *testing.T) {
	h := newFakeHub()
	sent, conns := rooms(h)
	live, told, _ := start(t, h, LiveOptions{})
	chat := wire.Chat(id.New[id.Thread](testIDs))
	told.next(t)
	if err := live.Join(chat); err != nil {
		t.Fatal(err)
	}
	told.next(t)
	take(t, sent)
	c := take(t, conns)
	send(c, wire.Frame{K: wire.KindRefused, Ch: chat, D: wire.Body(wire.NewProblem(wire.ProblemStorage, ""))})
	if f := take(t, sent); f.K != wire.KindJoin || f.Ch != chat {
		t.Fatalf("sent %+v", f)
	}
	if f := told.next(t); f.K != wire.KindSnap || f.Ch != chat {
		t.Errorf("the handler is told %+v", f)
	}
}

func TestChannelsHaveABound(t *testing.T) {
	live := newTestClient(t, Options{BaseURL: "http://127.0.0.1:1"}).Live(LiveOptions{Handler: newTape()})
	for range wire.MaxResume {
		if err := live.Join(wire.Chat(id.New[id.Thread](testIDs))); err != nil {
			t.Fatal(err)
		}
	}
	last := wire.Chat(id.New[id.Thread](testIDs))
	if err := live.Join(last); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	live.Leave(live.positions.channels()[0])
	if err := live.Join(last); err != nil {
		t.Errorf("after leaving one: %v", err)
	}
}

// Joins and leaves from another goroutine, across cuts, end in what was asked
// for last.
func TestJoinsDuringConnectingAreMadeUpFor(t *testing.T) {
	h := newFakeHub()
	sent, _ := rooms(h)
	chat, other := wire.Chat(id.New[id.Thread](testIDs)), wire.Chat(id.New[id.Thread](testIDs))
	var live atomic.Pointer[Live]
	h.welcome = func(*websocket.Conn, wire.Hello) bool { // after the hello, before its welcome
		l := live.Load()
		if err := l.Join(chat); err != nil {
			t.Error(err)
		}
		l.Leave(other)
		return false
	}
	c := newTestClient(t, Options{BaseURL: serve(t, h)})
	told := newTape()
	l := c.Live(LiveOptions{Channels: []wire.Channel{testChannel, other}, Handler: told})
	live.Store(l)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	kinds := []wire.Kind{take(t, sent).K, take(t, sent).K}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []wire.Kind{wire.KindJoin, wire.KindLeave}) {
		t.Errorf("sent %v", kinds)
	}
	cancel()
	take(t, ended)
}

func TestTypingIsSaidSparingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		h.beat = 0
		sent, _ := rooms(h)
		live, told, end := startVirtual(t, h, newPipes(), LiveOptions{Silence: time.Hour})
		defer end()
		thread, stranger := id.New[id.Thread](testIDs), id.New[id.Thread](testIDs)
		live.Typing(thread) // no connection
		<-told.connected
		if err := live.Join(wire.Chat(thread)); err != nil {
			t.Fatal(err)
		}
		live.Typing(stranger) // not followed
		said := 0
		for range 100 { // ten seconds of keys
			live.Typing(thread)
			<-time.After(100 * time.Millisecond)
		}
		synctest.Wait()
		for len(sent) > 0 {
			f := <-sent
			if f.K == wire.KindTyping {
				said++
				if f.Ch != wire.Chat(thread) {
					t.Errorf("said %+v", f)
				}
			}
		}
		if said != 5 {
			t.Errorf("said %d times in ten seconds, want 5", said)
		}
		if len(live.typed) > 1 {
			t.Errorf("%d conversations are remembered", len(live.typed))
		}
	})
}

// A line that the hub tries with pings alone is not silent.
func TestPingsAreNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		h.script = func(ctx context.Context, c *websocket.Conn, _ []wire.Position) {
			for ctx.Err() == nil {
				select {
				case <-ctx.Done():
				case <-time.After(15 * time.Second):
					_ = c.Ping(ctx)
				}
			}
		}
		_, told, end := startVirtual(t, h, newPipes(), LiveOptions{Silence: DriverSilence})
		defer end()
		<-told.connected
		<-time.After(10 * time.Minute)
		if len(told.lost) != 0 {
			t.Errorf("lost: %v", <-told.lost)
		}
	})
}
