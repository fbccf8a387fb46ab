package realtime

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestC016NoScreenEverMissesAnEvent drives a hub and a few screens at random:
// what is committed reaches the hub late, sometimes not at all; the store
// takes its time; screens join, leave, are cut, read slowly and resume; rings
// are dropped; events are pruned; the hub restarts; the database is restored.
// Each screen gets exactly the events after its snapshot or its position, in
// order, and in the end has everything.
func TestC016NoScreenEverMissesAnEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		steps := map[string]func(*rapid.T){
			"":              func(*rapid.T) {},
			"lose an event": func(*rapid.T) { w.feed(true) },
			"prune":         w.prune,
			"restart":       func(*rapid.T) { w.restart() },
			"restore":       func(*rapid.T) { w.restore() },
			"minutes pass":  func(*rapid.T) { w.pass(2 * time.Minute) },
			"moments pass":  func(*rapid.T) { w.pass(300 * time.Millisecond) },
		}
		for _, often := range []string{"", " again", " and again"} { // what happens most of the time
			steps["commit"+often] = func(t *rapid.T) { w.store.commit(rapid.IntRange(1, 4).Draw(t, "events")) }
			steps["feed"+often] = func(*rapid.T) { w.feed(false) }
			steps["tick"+often] = w.tick
			steps["join"+often] = func(t *rapid.T) { w.any(t).join(w) }
			steps["read"+often] = func(t *rapid.T) { w.any(t).read(t, w) }
			steps["answer"+often] = w.answer
			steps["leave"+often] = func(t *rapid.T) { w.any(t).leave(t) }
		}
		for range 4 {
			t.Repeat(steps)
		}
		w.settle(t)
	})
}

// world is a hub without sockets, its store and its screens.
type world struct {
	store   *store
	ids     *id.Maker
	server  *Server
	clockMu sync.Mutex
	now     time.Time
	fed     uint64 // the last event handed to the hub, or lost on the way
	known   uint64 // the last event the hub knows of
	ticks   uint64
	screens []*screen
	small   int
}

func newWorld(t *rapid.T) *world {
	w := &world{ids: newIDs(), now: time.UnixMilli(1_790_000_000_000), small: rapid.IntRange(1, 5).Draw(t, "events in the ring")}
	w.store = &store{ch: wire.Chat(id.New[id.Thread](w.ids)), epoch: id.New[id.Epoch](w.ids), gate: make(chan struct{})}
	for range 3 {
		w.screens = append(w.screens, &screen{seen: wire.Position{Ch: w.store.ch}})
	}
	w.open()
	return w
}

// open begins a hub's life, with empty rings.
func (w *world) open() {
	w.server = New(Deps{
		Snapshots: map[string]Snapshot{familyChat: w.store.snapshot}, Since: w.store.since,
		Party:  func(context.Context, Peer, id.Thread) (bool, error) { return true, nil },
		Limits: Limits{Shards: 2, RingEvents: w.small}, Metrics: NewMetrics(prometheus.NewRegistry()),
		Now: w.clock, Log: slog.New(slog.DiscardHandler),
	})
	w.fed, w.known = w.store.seq, 0 // what was committed before is another life's
}

func (w *world) any(t *rapid.T) *screen { return rapid.SampledFrom(w.screens).Draw(t, "screen") }

// feed hands everything committed to the hub; lose drops the first of it.
func (w *world) feed(lose bool) {
	for seq := w.fed + 1; seq <= w.store.seq; seq++ {
		if lose {
			lose = false
			continue
		}
		w.server.Event(w.store.frame(seq))
		w.known = seq
	}
	w.fed = w.store.seq
}

func (w *world) tick(t *rapid.T) {
	w.ticks++
	f := wire.Frame{K: wire.KindTyping, Ch: w.store.ch, Seq: w.known, D: []byte(strconv.FormatUint(w.ticks, 10))}
	w.server.Tick(rapid.IntRange(1, 3).Draw(t, "key"), f)
}

// answer lets the store answer whatever it was asked.
func (w *world) answer(t *rapid.T) {
	close(w.store.gate)
	w.server.first.work.Wait()
	w.server.rest.work.Wait()
	w.store.mu.Lock()
	w.store.gate, w.store.late = make(chan struct{}), rapid.Bool().Draw(t, "the store reads late")
	w.store.mu.Unlock()
}

func (w *world) prune(t *rapid.T) {
	w.store.mu.Lock()
	w.store.pruned = w.store.seq - min(w.store.seq, rapid.Uint64Range(0, 3).Draw(t, "kept"))
	w.store.mu.Unlock()
}

func (w *world) restart() {
	close(w.store.gate)
	w.server.Close(context.Background())
	w.store.mu.Lock()
	w.store.gate = make(chan struct{})
	w.store.mu.Unlock()
	for _, s := range w.screens {
		s.conn = nil
	}
	w.open()
}

// restore puts an older database in place: its stream is another.
func (w *world) restore() {
	w.store.mu.Lock()
	w.store.epoch, w.store.seq, w.store.pruned = id.New[id.Epoch](w.ids), w.store.seq/2, 0
	w.store.mu.Unlock()
	w.restart()
}

func (w *world) pass(d time.Duration) {
	w.clockMu.Lock()
	w.now = w.now.Add(d)
	w.clockMu.Unlock()
	w.server.rings.sweep(w.clock())
}

// clock is the hub's, also asked by who answers for the store.
func (w *world) clock() time.Time {
	w.clockMu.Lock()
	defer w.clockMu.Unlock()
	return w.now
}

// settle brings everybody up to date.
func (w *world) settle(t *rapid.T) {
	w.store.commit(1)
	for _, s := range w.screens {
		s.join(w)
	}
	w.answer(t)
	w.feed(false)
	for range 6 {
		w.pass(time.Minute) // no reader counts as slow again
		w.answer(t)
		for _, s := range w.screens {
			for s.read(t, w) {
				continue
			}
		}
	}
	for _, s := range w.screens {
		if s.seen.Ep != w.store.epoch || s.seen.Seq != w.store.seq {
			t.Fatalf("a screen ended at %v; the store has %d of %v", s.seen, w.store.seq, w.store.epoch)
		}
	}
}

// screen is what one reader made of it.
type screen struct {
	conn *conn
	seen wire.Position
	last uint64 // tick
	turn int
	out  output
}

// noSocket is closed without a word.
type noSocket struct{}

func (noSocket) Read(context.Context) (websocket.MessageType, []byte, error) { select {} }
func (noSocket) Close(websocket.StatusCode, string) error                    { return nil }

// join follows the channel from where the screen is, on a new line if need be.
func (s *screen) join(w *world) {
	if s.conn == nil {
		s.conn = &conn{server: w.server, shard: w.server.shards[s.turn%2], ws: noSocket{}, welcomed: true}
		s.turn++
	}
	s.last = 0
	s.conn.join(s.seen)
}

func (s *screen) leave(t *rapid.T) {
	switch {
	case s.conn == nil:
	case rapid.Bool().Draw(t, "by being cut"):
		s.conn.leaveAll()
		s.conn = nil
	default:
		if cur := s.conn.cursorOf(s.seen.Ch); cur != nil {
			s.conn.leave(cur, nil)
		}
	}
}

// read takes one output, if there is any.
func (s *screen) read(t *rapid.T, w *world) bool {
	if s.conn == nil {
		return false
	}
	s.conn.gather(&s.out, w.clock())
	for _, piece := range s.out.pieces {
		for _, f := range framesIn(t, piece) {
			s.take(t, f)
		}
	}
	if s.conn.over.Load() { // too slow: it comes back
		s.conn.leaveAll()
		s.conn = nil
	}
	return len(s.out.pieces) > 0
}

func (s *screen) take(t *rapid.T, f wire.Frame) {
	switch f.K {
	case wire.KindSnap:
		if f.Ep == s.seen.Ep && f.Seq < s.seen.Seq {
			t.Fatalf("a snapshot at %d for a screen at %d", f.Seq, s.seen.Seq)
		}
		s.seen.Ep, s.seen.Seq = f.Ep, f.Seq
	case wire.KindTyping:
		n, err := strconv.ParseUint(string(f.D), 10, 64)
		if err != nil || n <= s.last || f.Seq > s.seen.Seq {
			t.Fatalf("tick %s, made at event %d, came after tick %d and event %d", f.D, f.Seq, s.last, s.seen.Seq)
		}
		s.last = n
	case wire.KindMessage:
		if s.seen.Ep.IsZero() || f.Seq != s.seen.Seq+1 {
			t.Fatalf("event %d after %v", f.Seq, s.seen)
		}
		s.seen.Seq = f.Seq
	default:
		t.Fatalf("got %s %s", f.K, f.D)
	}
}
