package realtime

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func join(at wire.Position) wire.Frame {
	return wire.Frame{K: wire.KindJoin, Ch: at.Ch, Ep: at.Ep, Seq: at.Seq}
}

func leave(ch wire.Channel) wire.Frame { return wire.Frame{K: wire.KindLeave, Ch: ch} }

// refusedBy reads a refused frame of a channel.
func refusedBy(t *testing.T, c *client, ch wire.Channel, want wire.ProblemType) {
	t.Helper()
	f := c.frame()
	p, err := wire.Read[wire.Problem](f.D)
	if f.K != wire.KindRefused || f.Ch != ch || err != nil || p.Type != want {
		t.Fatalf("got %s of %s: %s", f.K, f.Ch, f.D)
	}
}

func TestJoinAndLeaveAfterTheHello(t *testing.T) {
	h := newHub(t, Limits{})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 0)
	h.desk.bump()
	c.say(join(h.ask(h.desk.ch)))
	at := c.upTo(h.desk.ch, wire.Position{}, 1)
	h.desk.bump()
	at = c.upTo(h.desk.ch, at, 2)
	c.say(leave(h.desk.ch), leave(h.desk.ch), join(wire.Position{Ch: h.forecourt.ch, Ep: h.forecourt.epoch}))
	h.forecourt.bump()
	c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch}, 1) // it has left by now
	h.desk.bump()
	h.desk.bump()
	c.say(join(at))
	if f := c.frame(); f.Ch != h.desk.ch || f.Seq != 3 {
		t.Errorf("after joining again at 2: got %s %d of %s", f.K, f.Seq, f.Ch)
	}
	c.upTo(h.desk.ch, wire.Position{Ep: at.Ep, Seq: 3}, 4)
	c.say(join(h.ask(h.desk.ch)))
	f := c.frame()
	if f.K != wire.KindSnap {
		t.Errorf("joining what is followed, without a position: got %s %d", f.K, f.Seq)
	}
	c.upTo(h.desk.ch, wire.Position{Ep: f.Ep, Seq: f.Seq}, 4) // it may be a moment old
}

func TestJoiningWhatTheTableForbidsClosesTheSocket(t *testing.T) {
	h := newHub(t, Limits{})
	for name, ch := range map[string]wire.Channel{
		"support": wire.Support(h.station), "another station": wire.Desk(id.New[id.Station](h.ids)), "nothing": "",
	} {
		c := h.enter(h.cashier())
		c.say(join(h.ask(ch)))
		if code := c.code(); code != wire.CloseForbidden {
			t.Errorf("%s: closed with %d", name, code)
		}
	}
}

func TestAConversationIsForItsPartiesOnly(t *testing.T) {
	h := newHub(t, Limits{})
	driver, agent := h.driver(), h.agent()
	ours, theirs := h.chat(driver, agent), h.chat(agent)
	ours.bump()
	c := h.enter(driver, h.ask(ours.ch), h.ask(theirs.ch))
	refused, snapped := false, false
	for range 2 {
		f := c.frame()
		refused = refused || (f.K == wire.KindRefused && f.Ch == theirs.ch)
		snapped = snapped || (f.K == wire.KindSnap && f.Ch == ours.ch)
	}
	if !refused || !snapped {
		t.Fatalf("refused the other's: %v, began with one's own: %v", refused, snapped)
	}
	theirs.bump()
	c.say(join(h.ask(theirs.ch)))
	refusedBy(t, c, theirs.ch, wire.ProblemNotYourThread)
	ours.bump()
	c.upTo(ours.ch, wire.Position{Ep: ours.epoch, Seq: 1}, 2)
}

func TestEvictTakesOffWhoIsNoLongerAParty(t *testing.T) {
	h := newHub(t, Limits{})
	driver, agent := h.driver(), h.agent()
	chat := h.chat(driver, agent)
	d, a := h.enter(driver, h.ask(chat.ch)), h.enter(agent, h.ask(chat.ch), h.ask(h.forecourt.ch))
	d.upTo(chat.ch, wire.Position{}, 0)
	a.upTo(chat.ch, wire.Position{}, 0)
	h.leaves(chat.ch, agent)
	chat.bump()
	for {
		f := a.frame()
		if f.K == wire.KindRefused && f.Ch == chat.ch {
			break
		}
		if f.Ch == chat.ch {
			t.Fatalf("got %s %d of a conversation handed on", f.K, f.Seq)
		}
	}
	d.upTo(chat.ch, wire.Position{Ep: chat.epoch}, 1)
	h.forecourt.bump()
	a.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch}, 1)
	a.say(wire.Frame{K: wire.KindTyping, Ch: chat.ch})
	h.leaves(chat.ch, agent) // and again: nothing happens
	chat.bump()
	if err := pinged(a); err != nil {
		t.Error(err)
	}
	if len(h.typed) > 0 {
		t.Error("who was taken off is still heard typing")
	}
}

// TestEvictFindsWhoIsJustJoining has the parties change while somebody who was
// one has been asked about, but does not follow yet.
func TestEvictFindsWhoIsJustJoining(t *testing.T) {
	h := newHub(t, Limits{})
	agent := h.agent()
	chat := h.chat(agent)
	var asked atomic.Int32
	h.server.deps.Party = func(ctx context.Context, p Peer, thread id.Thread) (bool, error) {
		was, err := h.party(ctx, p, thread)
		if asked.Add(1) == 1 {
			h.leaves(chat.ch, agent)
		}
		return was, err
	}
	c := h.enter(agent, h.ask(chat.ch))
	chat.bump()
	refusedBy(t, c, chat.ch, wire.ProblemNotYourThread)
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestAConversationThatChangesHandsAllTheTimeIsRefusedForNow(t *testing.T) {
	h := newHub(t, Limits{})
	agent := h.agent()
	chat := h.chat(agent)
	h.server.deps.Party = func(context.Context, Peer, id.Thread) (bool, error) {
		h.server.Evict(chat.ch, func(Peer) bool { return true })
		return true, nil
	}
	refusedBy(t, h.enter(agent, h.ask(chat.ch)), chat.ch, wire.ProblemTooMany)
}

func TestWhoCannotBeAskedAboutIsRefusedForNow(t *testing.T) {
	h := newHub(t, Limits{})
	driver := h.driver()
	chat := h.chat(driver)
	h.server.deps.Party = func(context.Context, Peer, id.Thread) (bool, error) {
		return false, errors.New("the database is away")
	}
	refusedBy(t, h.enter(driver, h.ask(chat.ch)), chat.ch, wire.ProblemStorage)
}

func TestAChannelThatDoesNotExistIsRefused(t *testing.T) {
	h := newHub(t, Limits{})
	driver := h.driver()
	nowhere := wire.Chat(id.New[id.Thread](h.ids))
	h.parties[nowhere] = map[Peer]bool{driver: true}
	station := wire.PublicStation(h.station) // this hub makes no such snapshots
	refusedBy(t, h.enter(driver, h.ask(nowhere)), nowhere, wire.ProblemNotFound)
	refusedBy(t, h.enter(driver, h.ask(station)), station, wire.ProblemNotFound)
}

func TestTypingIsHeardOfThoseWhoFollow(t *testing.T) {
	h := newHub(t, Limits{})
	driver := h.driver()
	chat := h.chat(driver)
	c := h.enter(driver, h.ask(chat.ch))
	c.upTo(chat.ch, wire.Position{}, 0)
	_, name := chat.ch.Split()
	c.say(wire.Frame{K: wire.KindTyping, Ch: wire.Chat(id.New[id.Thread](h.ids))},
		wire.Frame{K: wire.KindTyping, Ch: h.forecourt.ch}, wire.Frame{K: wire.KindTyping, Ch: chat.ch})
	if got := <-h.typed; got != "phone in "+name || len(h.typed) > 0 {
		t.Errorf("heard %q and %d more", got, len(h.typed))
	}
}

func TestNobodyFollowsMoreThanSoManyChannels(t *testing.T) {
	h := newHub(t, Limits{})
	driver := h.driver()
	var asked []wire.Position
	for range wire.MaxResume {
		asked = append(asked, h.ask(h.chat(driver).ch))
	}
	more := h.chat(driver)
	c := h.enter(driver, asked...)
	for range asked {
		if f := c.frame(); f.K != wire.KindSnap {
			t.Fatalf("got %s of %s", f.K, f.Ch)
		}
	}
	c.say(join(h.ask(more.ch)))
	refusedBy(t, c, more.ch, wire.ProblemTooMany)
	c.say(leave(asked[0].Ch), join(h.ask(more.ch)))
	c.upTo(more.ch, wire.Position{}, 0)
}

func TestAScreenThatSaysTooMuchIsClosed(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		driver := h.driver()
		chat := h.chat(driver)
		c.say(h.hello(driver, h.ask(chat.ch)))
		c.upTo(chat.ch, wire.Position{}, 0)
		typing := wire.Frame{K: wire.KindTyping, Ch: chat.ch}
		code := make(chan int)
		go func() { code <- c.code() }()
		for range framesAtOnce {
			c.say(typing)
		}
		for range 10 * framesPerSecond {
			time.Sleep(time.Second / framesPerSecond)
			c.say(typing)
		}
		synctest.Wait()
		if want := framesAtOnce + 10*framesPerSecond; len(h.typed) != want {
			t.Errorf("%d of %d were heard", len(h.typed), want)
		}
		c.say(typing, typing)
		if got := <-code; got != wire.CloseBadFrame {
			t.Errorf("closed with %d", got)
		}
	})
}

func TestAPageThatAsksWhetherTheHubIsThereIsAnswered(t *testing.T) {
	h := newHub(t, Limits{})
	c := h.enter(h.driver())
	c.say(wire.Frame{K: wire.KindPing})
	f := c.frame()
	if beat, err := wire.Read[wire.Beat](f.D); f.K != wire.KindPong || f.Ch != "" || err != nil || beat.Now.IsZero() {
		t.Errorf("got %s of %q: %s", f.K, f.Ch, f.D)
	}
}
