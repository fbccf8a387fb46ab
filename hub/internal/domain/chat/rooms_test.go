package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// book is a database and an outbox of conversations, and the rooms fed by it.
type book struct {
	t     *testing.T
	rooms *chat.Rooms

	mu     sync.Mutex
	state  map[id.Thread]*chat.Loaded
	reads  int
	slow   time.Duration
	broken bool
	ticks  []wire.Frame
	keys   []int
}

var (
	station = id.Station{9}
	anna    = id.Staff{1}
	wang    = id.Member{1}
)

// newBook runs rooms inside a bubble until the test ends.
func newBook(t *testing.T) *book {
	b := &book{t: t, state: map[id.Thread]*chat.Loaded{}}
	b.rooms = chat.NewRooms(b, time.Now, slog.New(slog.DiscardHandler))
	b.rooms.From(b)
	return b
}

func (b *book) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.rooms.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	})
	synctest.Wait()
}

// Tick implements chat.Sink.
func (b *book) Tick(key int, f wire.Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ticks, b.keys = append(b.ticks, f), append(b.keys, key)
}

// Room implements chat.Source.
func (b *book) Room(ctx context.Context, t id.Thread) (chat.Loaded, error) {
	b.mu.Lock()
	b.reads++
	slow, broken := b.slow, b.broken
	var l chat.Loaded
	if held := b.state[t]; held != nil {
		l = *held
		l.Snap.Messages = chat.Recent(held.Snap.Messages)
	}
	b.mu.Unlock()
	if broken {
		return l, errors.New("no database")
	}
	select { // what was read is old by the time it arrives
	case <-time.After(slow):
		return l, nil
	case <-ctx.Done():
		return l, ctx.Err()
	}
}

// Desks implements chat.Source.
func (b *book) Desks(context.Context) ([]chat.Desk, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := chat.Desk{Station: station, At: wire.Position{Seq: 7}, Agents: []id.Staff{anna}}
	for t, held := range b.state {
		d.Open = append(d.Open, chat.OpenThread{ID: t, Member: held.Member})
	}
	return []chat.Desk{d}, nil
}

// open puts a conversation in anna's hand into the book.
func (b *book) open(t id.Thread) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state[t] = &chat.Loaded{
		Member: wang, At: wire.Position{Ch: wire.Chat(t), Ep: id.Epoch{1}},
		Snap: wire.ChatSnap{Thread: wire.Thread{ID: t, Station: station, State: wire.ThreadActive, Agent: anna}},
	}
}

// say commits a message of a party; told says whether the rooms hear of it.
func (b *book) say(t id.Thread, from wire.Party, told bool) {
	b.mu.Lock()
	held := b.state[t]
	th := &held.Snap.Thread
	th.Last++
	th.LastAt = time.Now().UTC()
	if from == wire.PartyAgent {
		th.DriverUnread++
	} else {
		th.AgentUnread++
	}
	m := wire.Message{Thread: t, N: th.Last, From: from, Kind: wire.MessageText, Text: "好", At: th.LastAt}
	held.Snap.Messages = append(held.Snap.Messages, m)
	b.mu.Unlock()
	b.commit(t, wire.KindMessage, m, told)
}

// read commits how far the driver has read.
func (b *book) read(t id.Thread, n uint64) {
	b.mu.Lock()
	th := &b.state[t].Snap.Thread
	th.DriverRead, th.DriverUnread = n, 0
	for _, m := range b.state[t].Snap.Messages {
		if m.N > n && m.From == wire.PartyAgent {
			th.DriverUnread++
		}
	}
	b.mu.Unlock()
	b.commit(t, wire.KindRead, wire.ReadMark{By: wire.PartyDriver, N: n}, true)
}

func (b *book) commit(t id.Thread, kind wire.Kind, body any, told bool) {
	b.mu.Lock()
	b.state[t].At.Seq++
	f := wire.Frame{K: kind, Ch: wire.Chat(t), Seq: b.state[t].At.Seq, D: wire.Body(body)}
	b.mu.Unlock()
	if told {
		b.rooms.Feed([]wire.Frame{f})
	}
}

// agrees fails the test unless the rooms say what the book says.
func (b *book) agrees(t id.Thread) {
	b.t.Helper()
	snap, at, ok := b.rooms.Snapshot(b.t.Context(), t)
	b.mu.Lock()
	defer b.mu.Unlock()
	want := b.state[t]
	wantSnap := wire.ChatSnap{Thread: want.Snap.Thread, Messages: chat.Recent(want.Snap.Messages), Presence: snap.Presence}
	if got := string(wire.Body(snap)); !ok || at != want.At || got != string(wire.Body(wantSnap)) {
		b.t.Errorf("held: %v at %+v, %s\nwant %+v, %s", ok, at, got, want.At, wire.Body(wantSnap))
	}
}

// shown takes the ticks of a kind since the last call.
func (b *book) shown(kind wire.Kind) []wire.Frame {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []wire.Frame
	for _, f := range b.ticks {
		if f.K == kind {
			list = append(list, f)
		}
	}
	b.ticks = slices.DeleteFunc(b.ticks, func(f wire.Frame) bool { return f.K == kind })
	return list
}

func read[T any](t *testing.T, f wire.Frame) T {
	t.Helper()
	v, err := wire.Read[T](f.D)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestARoomFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		b.agrees(threadNo(1))
		for i := range 3 * wire.MaxMessagesInSnap {
			b.say(threadNo(1), wire.PartyAgent, true)
			if i%7 == 0 {
				b.read(threadNo(1), uint64(i))
			}
		}
		b.agrees(threadNo(1))
		if b.reads != 1 {
			t.Errorf("read %d times", b.reads)
		}
		// What is read back further than the room reaches is read again.
		b.read(threadNo(1), 3)
		b.agrees(threadNo(1))
		if b.reads != 2 {
			t.Errorf("read %d times", b.reads)
		}
	})
}

func TestNewsWhileARoomIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		b.slow = time.Second
		b.say(threadNo(1), wire.PartyDriver, true) // makes it live
		synctest.Wait()
		for range 5 {
			b.say(threadNo(1), wire.PartyDriver, true)
		}
		b.agrees(threadNo(1))
		if b.reads != 1 {
			t.Errorf("read %d times", b.reads)
		}
	})
}

func TestAHoleIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		b.agrees(threadNo(1))
		b.say(threadNo(1), wire.PartyDriver, false) // lost
		b.say(threadNo(1), wire.PartyDriver, true)
		b.agrees(threadNo(1))
		if b.reads != 2 {
			t.Errorf("read %d times", b.reads)
		}
		b.broken = true
		if _, _, ok := b.rooms.Snapshot(t.Context(), threadNo(2)); ok {
			t.Error("a room that cannot be read is held")
		}
	})
}

func TestTypingIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		b.rooms.Typing(t.Context(), threadNo(1), wire.PartyDriver) // fetches the room
		b.agrees(threadNo(1))
		b.shown(wire.KindTyping)
		began := time.Now()
		for range 30 {
			b.rooms.Typing(t.Context(), threadNo(1), wire.PartyDriver)
			time.Sleep(100 * time.Millisecond)
		}
		told := b.shown(wire.KindTyping)
		if len(told) != 3 {
			t.Fatalf("told %d times in 3 s", len(told))
		}
		if first := read[wire.Typing](t, told[0]); first.By != wire.PartyDriver || !first.Until.Equal(began.Add(6*time.Second)) {
			t.Errorf("told %+v", first)
		}
		// Said: the next stroke is news at once.
		b.say(threadNo(1), wire.PartyDriver, true)
		b.rooms.Typing(t.Context(), threadNo(1), wire.PartyDriver)
		b.rooms.Typing(t.Context(), threadNo(1), wire.PartyAgent)
		told = b.shown(wire.KindTyping)
		if len(told) != 2 || told[0].Seq != 1 || told[0].Ch != wire.Chat(threadNo(1)) {
			t.Errorf("told %+v", told)
		}
		if !slices.Contains(b.keys, chat.TickDriverTyping) || !slices.Contains(b.keys, chat.TickAgentTyping) {
			t.Errorf("keys %v", b.keys)
		}
	})
}

func TestWhoIsThereIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		time.Sleep(2 * time.Second)
		if first := b.shown(wire.KindAudience); len(first) != 1 || first[0].Seq != 7 || first[0].Ch != wire.Support(station) {
			t.Errorf("at the start: %+v", first)
		}
		b.agrees(threadNo(1))
		for range 10 { // comes and goes and comes
			b.rooms.Presence([]chat.Presence{{Member: wang, Online: true}})
			synctest.Wait()
			b.rooms.Presence([]chat.Presence{{Member: wang}})
			synctest.Wait()
		}
		b.rooms.Presence([]chat.Presence{{Member: wang, Online: true}, {Staff: anna, Station: station, Online: true}})
		told := b.shown(wire.KindPresence)
		if last := read[wire.Presence](t, told[len(told)-1]); !last.Agent || !last.Driver || len(told) != 21 {
			t.Errorf("%d ticks, the last %+v", len(told), last)
		}
		time.Sleep(5 * time.Second)
		told = b.shown(wire.KindAudience)
		if len(told) != 1 {
			t.Fatalf("the audience was shown %d times", len(told))
		}
		a := read[wire.Audience](t, told[0])
		if a.Drivers != 1 || !slices.Equal(a.Agents, []id.Staff{anna}) || !slices.Equal(a.Threads, []id.Thread{threadNo(1)}) {
			t.Errorf("the audience is %+v", a)
		}
		// The conversation ends: its driver is no part of the audience.
		b.rooms.Feed([]wire.Frame{{K: wire.KindCase, Ch: wire.Support(station), Seq: 8, D: wire.Body(wire.Case{
			Thread: wire.Thread{ID: threadNo(1), State: wire.ThreadClosed}, Member: wire.MemberBrief{ID: wang},
		})}})
		time.Sleep(2 * time.Second)
		told = b.shown(wire.KindAudience)
		if len(told) != 1 || told[0].Seq != 8 || len(read[wire.Audience](t, told[0]).Threads) != 0 {
			t.Errorf("after the end: %+v", told)
		}
		if gone := b.rooms.GoneFor(anna); gone != 0 {
			t.Errorf("who is there has been gone for %v", gone)
		}
		b.rooms.Presence([]chat.Presence{{Staff: anna, Station: station}})
		time.Sleep(time.Minute)
		if gone := b.rooms.GoneFor(anna); gone != time.Minute {
			t.Errorf("gone for %v", gone)
		}
	})
}

func TestRoomsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 2100
		b := newBook(t)
		number := func(i int) id.Thread { return id.Thread{byte(i), byte(i >> 8), 1} }
		for i := range many {
			b.open(number(i))
		}
		b.run()
		for i := range many {
			if _, _, ok := b.rooms.Snapshot(t.Context(), number(i)); !ok {
				t.Fatalf("room %d is not held", i)
			}
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		if n := b.rooms.Held(); n != 2000 {
			t.Errorf("%d rooms are held", n)
		}
		reads := b.reads
		b.agrees(number(many - 1))
		if b.reads != reads {
			t.Error("the one used last is gone")
		}
		b.agrees(number(0))
		if b.reads != reads+1 {
			t.Error("the one unused longest is still there")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := b.rooms.Held(); n != 0 {
			t.Errorf("%d rooms are held by nobody", n)
		}
	})
}

// Nobody owns the rooms, or the owner cannot keep up: a commit is not held up,
// and what was missed is read again.
func TestFeedingNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		if _, _, ok := b.rooms.Snapshot(t.Context(), threadNo(1)); ok {
			t.Error("a snapshot of rooms that nobody owns")
		}
		for range 30_000 {
			b.say(threadNo(1), wire.PartyDriver, true)
		}
		b.run()
		b.agrees(threadNo(1))
		if n := b.rooms.Held(); n != 1 {
			t.Errorf("%d rooms are held", n)
		}
	})
}

// Who is there is a tick, which a hub that restarted has forgotten. A party
// that goes on where it was asks for no snapshot: following alone must bring
// the conversation to life, or the other side stays online for ever.
func TestFollowingTellsWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.open(threadNo(1))
		b.run()
		b.rooms.Followed(t.Context(), threadNo(1))
		synctest.Wait()
		b.rooms.Presence([]chat.Presence{{Staff: anna, Station: station, Online: true}})
		told := b.shown(wire.KindPresence)
		if len(told) != 1 {
			t.Fatalf("presence was told %d times", len(told))
		}
		if p := read[wire.Presence](t, told[0]); p.Driver || !p.Agent {
			t.Errorf("told %+v", p)
		}
		b.rooms.Followed(t.Context(), threadNo(1))
		synctest.Wait()
		if b.reads != 1 {
			t.Errorf("a conversation that was held was read %d times", b.reads)
		}
	})
}

// TestRoomsForgetWhatWasSaidByWhoIsErased: also what is being read meanwhile is
// read anew.
func TestRoomsForgetWhatWasSaidByWhoIsErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.run()
		th := threadNo(1)
		b.state[th] = &chat.Loaded{Member: wang, At: wire.Position{Ch: wire.Chat(th), Seq: 1}, Snap: wire.ChatSnap{
			Thread: wire.Thread{ID: th, State: wire.ThreadClosed, Last: 1}, Messages: []wire.Message{{Thread: th, N: 1, Kind: wire.MessageText, Text: "秘密"}},
		}}
		if snap, _, ok := b.rooms.Snapshot(t.Context(), th); !ok || snap.Messages[0].Text != "秘密" {
			t.Fatalf("before: %+v, %v", snap, ok)
		}
		b.mu.Lock()
		b.state[th].Snap.Messages = []wire.Message{{Thread: th, N: 1, Kind: wire.MessageText, Text: chat.ErasedText}}
		b.mu.Unlock()
		b.rooms.Forget(th, threadNo(2))
		if snap, _, ok := b.rooms.Snapshot(t.Context(), th); !ok || snap.Messages[0].Text != chat.ErasedText {
			t.Errorf("after: %+v, %v", snap, ok)
		}
	})
}
