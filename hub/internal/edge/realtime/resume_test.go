package realtime

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// store is the outbox of a test: one channel, whose events are counted.
type store struct {
	ch wire.Channel

	mu     sync.Mutex
	epoch  id.Epoch
	seq    uint64
	pruned uint64 // events up to here are gone
	fail   error
	asked  int
	pad    string
	gate   chan struct{} // if there is one, every answer waits for it
	late   bool          // the answer is read after the wait, not before
}

func (s *store) frame(seq uint64) wire.Frame {
	return wire.Frame{K: wire.KindMessage, Ch: s.ch, Seq: seq, At: time.Now(), D: wire.Body(counted{seq, s.pad})}
}

// commit adds events and returns the frames of them.
func (s *store) commit(n int) []wire.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	var frames []wire.Frame
	for range n {
		s.seq++
		frames = append(frames, s.frame(s.seq))
	}
	return frames
}

// wait is the time the database takes.
func (s *store) wait(read func()) {
	s.mu.Lock()
	gate, late := s.gate, s.late
	s.mu.Unlock()
	if gate != nil && late {
		<-gate
	}
	s.mu.Lock()
	read()
	s.mu.Unlock()
	if gate != nil && !late {
		<-gate
	}
}

func (s *store) since(_ context.Context, at wire.Position, limit int) (frames []wire.Frame, ok bool, err error) {
	s.wait(func() {
		s.asked++
		if err = s.fail; err != nil || at.Ep != s.epoch || at.Seq > s.seq || at.Seq < s.pruned {
			return
		}
		ok = true
		for seq := at.Seq + 1; seq <= s.seq && len(frames) < limit; seq++ {
			frames = append(frames, s.frame(seq))
		}
	})
	return frames, ok, err
}

func (s *store) snapshot(context.Context, wire.Channel) (body any, at wire.Position, err error) {
	s.wait(func() {
		body, at, err = counted{N: s.seq}, wire.Position{Ch: s.ch, Ep: s.epoch, Seq: s.seq}, s.fail
	})
	return body, at, err
}

// deskInStore is a hub whose desk channel is in a store.
func deskInStore(t *testing.T, limits Limits) (*hub, *store) {
	h := newHub(t, limits)
	st := &store{ch: h.desk.ch, epoch: h.desk.epoch}
	h.server.deps.Since = st.since
	h.server.deps.Snapshots[familyDesk] = st.snapshot
	return h, st
}

func TestC016ResumeFromTheStoreAfterARestart(t *testing.T) {
	h, st := deskInStore(t, Limits{})
	st.pad = string(make([]byte, 100)) // many messages' worth
	st.commit(500)
	at := wire.Position{Ch: st.ch, Ep: st.epoch, Seq: 7}
	c := h.enter(h.cashier(), at)
	c.upTo(st.ch, at, 500)
	h.server.Publish(st.commit(3))
	c.upTo(st.ch, wire.Position{Ep: st.epoch, Seq: 500}, 503)
	again := h.enter(h.cashier(), wire.Position{Ch: st.ch, Ep: st.epoch, Seq: 502})
	again.upTo(st.ch, wire.Position{Ep: st.epoch, Seq: 502}, 503)
	if st.asked != 1 {
		t.Errorf("the store was asked %d times; what the ring holds needs no store", st.asked)
	}
}

func TestWhatTheStoreCannotTellIsASnapshot(t *testing.T) {
	for name, test := range map[string]func(*store) wire.Position{
		"pruned":        func(s *store) wire.Position { s.pruned = 50; return wire.Position{Ep: s.epoch, Seq: 49} },
		"ahead":         func(s *store) wire.Position { return wire.Position{Ep: s.epoch, Seq: 3001} },
		"too much":      func(s *store) wire.Position { return wire.Position{Ep: s.epoch, Seq: 1} },
		"another epoch": func(*store) wire.Position { return wire.Position{Ep: id.New[id.Epoch](newIDs()), Seq: 2999} },
		"too large": func(s *store) wire.Position {
			s.pad = string(make([]byte, 2000))
			return wire.Position{Ep: s.epoch, Seq: 2100}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, st := deskInStore(t, Limits{})
			st.commit(3000)
			at := test(st)
			at.Ch = st.ch
			if f := h.enter(h.cashier(), at).frame(); f.K != wire.KindSnap || f.Seq != 3000 {
				t.Errorf("got %s %d", f.K, f.Seq)
			}
		})
	}
}

func TestLiveEventsWaitForWhatWasMissed(t *testing.T) {
	h, st := deskInStore(t, Limits{})
	st.commit(10)
	st.gate = make(chan struct{})
	at := wire.Position{Ch: st.ch, Ep: st.epoch, Seq: 5}
	c := h.enter(h.cashier(), at, h.ask(h.forecourt.ch))
	if f := c.frame(); f.Ch != h.forecourt.ch {
		t.Fatalf("while the store is asked: got %s of %s", f.K, f.Ch)
	}
	h.server.Publish(st.commit(4))
	h.forecourt.bump()
	if f := c.frame(); f.Ch != h.forecourt.ch || f.Seq != 1 {
		t.Fatalf("while the store is asked: got %s %d of %s", f.K, f.Seq, f.Ch)
	}
	close(st.gate)
	c.upTo(st.ch, at, 14)
}

func TestAStoreThatFailsIsASnapshotOnceItIsBack(t *testing.T) {
	h, st := deskInStore(t, Limits{SnapshotRetry: 10 * time.Millisecond})
	st.commit(10)
	st.fail = errors.New("the database is away")
	c := h.enter(h.cashier(), wire.Position{Ch: st.ch, Ep: st.epoch, Seq: 5})
	for asked := 0; asked == 0; {
		st.mu.Lock()
		asked = st.asked
		st.mu.Unlock()
	}
	st.mu.Lock()
	st.fail = nil
	st.mu.Unlock()
	if f := c.frame(); f.K != wire.KindSnap || f.Seq != 10 {
		t.Errorf("got %s %d", f.K, f.Seq)
	}
}

func TestRingsThatNobodyFollowsGoAway(t *testing.T) {
	h := newHub(t, Limits{})
	s := h.server
	member, thread := id.New[id.Member](h.ids), id.New[id.Thread](h.ids)
	driver, chat, open := wire.DriverOf(member), wire.Chat(thread), wire.PublicStation(h.station)
	s.Event(wire.Frame{K: wire.KindOrder, Ch: driver, Seq: 1})
	s.Tick(1, wire.Frame{K: wire.KindTyping, Ch: chat})
	if s.rings.get(driver, false) != nil || s.rings.get(chat, false) != nil {
		t.Error("news that nobody follows is held although the store has it")
	}
	s.Event(wire.Frame{K: wire.KindPump, Ch: open, Ep: h.forecourt.epoch, Seq: 1})
	h.forecourt.bump()
	h.desk.bump()
	c := &conn{server: s, shard: s.shards[0]}
	c.follow(wire.Position{Ch: driver}, false)
	later := time.Now().Add(2 * idleFor)
	s.rings.sweep(later)
	for ch, want := range map[wire.Channel]bool{driver: true, h.desk.ch: false, open: true, h.forecourt.ch: true} {
		if got := s.rings.get(ch, false) != nil; got != want {
			t.Errorf("%s is held: %v, want %v", ch, got, want)
		}
	}
	c.leaveAll()
	s.rings.sweep(time.Now())
	if s.rings.get(driver, false) == nil {
		t.Error("a ring goes the moment its follower goes; who comes back at once wants it")
	}
	s.rings.sweep(later)
	if s.rings.get(driver, false) != nil || len(s.rings.quiet) != 0 {
		t.Error("a ring that nobody follows stays")
	}
	if got := testutil.ToFloat64(s.metrics.published.WithLabelValues("event")); got != 4 {
		t.Errorf("%v events were counted", got)
	}
}
