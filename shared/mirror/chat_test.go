package mirror_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// talk is a hub's conversation in small.
type talk struct {
	channel[wire.ChatSnap]
	ids      *id.Maker
	thread   wire.Thread
	messages []wire.Message
	presence wire.Presence
}

func newTalk() *talk {
	c := &talk{ids: newMaker()}
	c.thread = wire.Thread{
		ID: id.New[id.Thread](c.ids), Station: id.New[id.Station](c.ids), StationName: "昆明示范加油站",
		State: wire.ThreadWaiting, OpenedAt: noon, WaitingSince: noon,
	}
	c.ch, c.epoch, c.seq = wire.Chat(c.thread.ID), id.New[id.Epoch](c.ids), 11
	c.state = func() wire.ChatSnap {
		from := max(0, len(c.messages)-wire.MaxMessagesInSnap)
		return wire.ChatSnap{Thread: c.thread, Messages: append([]wire.Message{}, c.messages[from:]...), Presence: c.presence}
	}
	return c
}

// count is a party's unread messages as a table would count them.
func (c *talk) count(after uint64, from wire.Party) (n int) {
	for _, m := range c.messages {
		if m.N > after && m.From == from {
			n++
		}
	}
	return n
}

func (c *talk) say(from wire.Party) {
	n := uint64(len(c.messages) + 1)
	m := wire.Message{
		ID: id.New[id.Message](c.ids), Thread: c.thread.ID, N: n, From: from, Kind: wire.MessageText,
		Text: fmt.Sprintf("message %d", n), At: noon.Add(time.Duration(n) * time.Second),
	}
	switch {
	case from == wire.PartySystem:
		m.Kind, m.Event, m.Text = wire.MessageEvent, wire.ChatTaken, ""
	case n%7 == 3:
		m.Kind, m.Text, m.Media = wire.MessageVoice, "", &wire.Media{ID: id.New[id.Media](c.ids), Kind: wire.MediaVoice, DurationMS: 1200}
	case n%7 == 5:
		m.Kind, m.Parts = wire.MessageTutorial, []wire.Part{{Text: "one"}, {Picture: &wire.Media{ID: id.New[id.Media](c.ids), Kind: wire.MediaPicture}}}
	}
	c.messages = append(c.messages, m)
	c.thread.Last, c.thread.LastAt = n, m.At
	c.recount()
	c.add(wire.KindMessage, m)
}

func (c *talk) recount() {
	c.thread.DriverUnread = c.count(c.thread.DriverRead, wire.PartyAgent)
	c.thread.AgentUnread = c.count(c.thread.AgentRead, wire.PartyDriver)
}

func (c *talk) read(by wire.Party, n uint64) {
	if by == wire.PartyDriver {
		c.thread.DriverRead = max(c.thread.DriverRead, n)
	} else {
		c.thread.AgentRead = max(c.thread.AgentRead, n)
	}
	c.recount()
	c.add(wire.KindRead, wire.ReadMark{By: by, N: n})
}

func (c *talk) move(state wire.ThreadState) {
	c.thread.State = state
	if state == wire.ThreadClosed {
		c.thread.ClosedAt = noon.Add(time.Hour)
		c.thread.Rating = &wire.Rating{Stars: 5, At: noon}
	}
	c.add(wire.KindThread, c.thread)
}

func (c *talk) comeOrGo(driver, agent bool) {
	c.presence = wire.Presence{Driver: driver, Agent: agent}
	c.add(wire.KindPresence, c.presence)
}

func (c *talk) types(by wire.Party, until time.Time) {
	c.add(wire.KindTyping, wire.Typing{By: by, Until: until})
}

func (c *talk) live(t *rapid.T) {
	parties := []wire.Party{wire.PartyDriver, wire.PartyAgent, wire.PartySystem}
	// Some conversations have a long past: more messages than a snapshot has.
	for range rapid.SampledFrom([]int{0, 3, wire.MaxMessagesInSnap - 1, wire.MaxMessagesInSnap + 20}).Draw(t, "past") {
		c.say(rapid.SampledFrom(parties).Draw(t, "from"))
	}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 6).Draw(t, "what") {
		case 0:
			c.move(rapid.SampledFrom([]wire.ThreadState{wire.ThreadWaiting, wire.ThreadActive, wire.ThreadClosed, "novel"}).Draw(t, "state"))
		case 1: // readers read to the end, or nearly
			n := max(0, len(c.messages)-rapid.IntRange(0, 3).Draw(t, "short"))
			c.read(parties[rapid.IntRange(0, 1).Draw(t, "by")], uint64(n))
		case 2:
			c.comeOrGo(rapid.Bool().Draw(t, "driver"), rapid.Bool().Draw(t, "agent"))
		case 3:
			c.types(parties[rapid.IntRange(0, 1).Draw(t, "by")], noon.Add(time.Minute))
		default:
			c.say(rapid.SampledFrom(parties).Draw(t, "from"))
		}
	}
}

func TestChatOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTalk()
		start := c.snap()
		c.live(t)
		from := rapid.IntRange(0, len(c.frames)).Draw(t, "from")
		if from > 0 {
			start = c.snaps[from-1]
		}
		m := mirror.NewChat()
		feed(t, m, start)
		feed(t, m, c.disturbed(t, from)...)
		c.say(wire.PartyDriver) // ticks of before this are old, this one is not
		c.comeOrGo(true, false)
		feed(t, m, c.frames[len(c.frames)-2:]...)
		if diff := cmp.Diff(c.state(), m.Snap()); diff != "" || m.Seq() != c.seq {
			t.Fatal(diff, m.Seq(), c.seq)
		}
		for i, said := range m.Messages() {
			if said.N != m.First()+uint64(i) {
				t.Fatalf("message %d stands where %d should", said.N, m.First()+uint64(i))
			}
		}
	})
}

func TestTypingEndsWithTheMessageOrWithTime(t *testing.T) {
	c := newTalk()
	m := mirror.NewChat()
	apply := func(f wire.Frame) {
		t.Helper()
		if _, err := m.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	typing := func() bool { return m.Typing(wire.PartyDriver, noon) }
	apply(c.snap())
	c.types(wire.PartyDriver, noon.Add(5*time.Second))
	tick := c.frames[0]
	apply(tick)
	if !typing() || m.Typing(wire.PartyAgent, noon) || m.Typing(wire.PartyDriver, noon.Add(5*time.Second)) {
		t.Error("the driver types for five seconds, the agent does not")
	}
	c.say(wire.PartyAgent)
	apply(c.frames[1])
	if !typing() {
		t.Error("the other side's message ended it")
	}
	c.say(wire.PartyDriver)
	apply(c.frames[2])
	apply(tick)
	if typing() {
		t.Error("a tick from before the message brought it back")
	}
}

func TestOlderMessagesJoinOnAndSurviveASnapshot(t *testing.T) {
	c := newTalk()
	for range 3 * wire.MaxMessagesInSnap {
		c.say(wire.PartyDriver)
	}
	m := mirror.NewChat()
	if m.Older() || m.Prepend(c.messages[:1]) != 0 || m.First() != 0 {
		t.Error("nothing joins on to nothing")
	}
	if _, err := m.Apply(c.snap()); err != nil {
		t.Fatal(err)
	}
	if m.Prepend(c.messages[:50]) != 0 {
		t.Error("a page with a hole after it was taken")
	}
	if got := m.Prepend(c.messages[40:105]); got != 60 || m.First() != 41 || !m.Older() {
		t.Errorf("%d messages joined on, the first is %d", got, m.First())
	}
	c.say(wire.PartyAgent)
	later := c.snap()
	if _, err := m.Apply(later); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.messages[40:], m.Messages()); diff != "" {
		t.Error(diff)
	}
	if got := m.Prepend(c.messages[:40]); got != 40 || m.Older() || m.First() != 1 {
		t.Errorf("%d messages joined on, the first is %d", got, m.First())
	}
	other := alter(later, func(f *wire.Frame) {
		f.Ep = id.New[id.Epoch](id.NewMaker(func() time.Time { return noon }, bytes.NewReader(make([]byte, 64))))
	})
	if _, err := m.Apply(other); err != nil || m.First() != 102 {
		t.Errorf("in another epoch the old messages are kept: %d, %v", m.First(), err)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	c := newTalk()
	start := c.snap()
	for range mirror.MaxMessages + 30 {
		c.say(wire.PartyDriver)
	}
	m := mirror.NewChat()
	for _, f := range append([]wire.Frame{start}, c.frames...) {
		if _, err := m.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.Messages(); len(got) != mirror.MaxMessages || got[0].N != 31 || m.Older() {
		t.Errorf("%d messages from %d on", len(got), got[0].N)
	}
	if m.Prepend(c.messages[:30]) != 0 {
		t.Error("more than the bound were taken")
	}
	if m.Unread(wire.PartyAgent) != mirror.MaxMessages+30 || m.Unread(wire.PartyDriver) != 0 {
		t.Errorf("unread %d and %d", m.Unread(wire.PartyAgent), m.Unread(wire.PartyDriver))
	}
	if !m.Has(c.messages[100].ID) || m.Has(c.messages[3].ID) {
		t.Error("what is held is not what should be")
	}
}

func chatVectors() []vector {
	c := newTalk()
	start := c.snap()
	c.say(wire.PartyDriver)
	c.types(wire.PartyAgent, noon.Add(5*time.Second))
	c.move(wire.ThreadActive)
	c.say(wire.PartySystem)
	c.say(wire.PartyAgent)
	c.comeOrGo(true, true)
	c.read(wire.PartyDriver, 3)
	c.say(wire.PartyDriver)
	c.say(wire.PartyDriver)
	c.read(wire.PartyAgent, 4)
	c.types(wire.PartyDriver, noon.Add(5*time.Second))
	c.move(wire.ThreadClosed)
	day := c.frames
	long := newTalk()
	for range wire.MaxMessagesInSnap + 5 {
		long.say(wire.PartyDriver)
	}
	before := long.snaps[wire.MaxMessagesInSnap+1]
	long.read(wire.PartyAgent, 1)
	other := alter(start, func(f *wire.Frame) {
		f.Ep = id.New[id.Epoch](id.NewMaker(func() time.Time { return noon }, bytes.NewReader(make([]byte, 64))))
	})
	return []vector{
		tell("a conversation", "chat", append([]wire.Frame{start}, day...)...),
		tell("from the middle", "chat", append([]wire.Frame{c.snaps[4]}, day[5:]...)...),
		tell("a tick that comes after the message that ended it", "chat", start, day[0], day[2], day[3], day[4], day[1]),
		tell("presence that comes after a snapshot that knows better", "chat", c.snaps[7], day[5]),
		tell("ticks before a snapshot", "chat", day[1], day[5], start),
		tell("a repeated message", "chat", start, day[0], day[0]),
		tell("a missing message, then a snapshot", "chat", start, day[0], day[3], c.snap()),
		tell("a message of another epoch", "chat", start, alter(day[0], func(f *wire.Frame) { f.Ep = other.Ep })),
		tell("a snapshot keeps older messages that join on", "chat", before, long.snaps[wire.MaxMessagesInSnap+4]),
		tell("a new epoch keeps none", "chat", c.snaps[7], other),
		tell("a read mark before the messages held", "chat", long.snaps[wire.MaxMessagesInSnap+4], long.frames[wire.MaxMessagesInSnap+5]),
		tell("a body that cannot be read", "chat", start, alter(day[0], func(f *wire.Frame) { f.D = []byte(`{"n":"one"}`) }), day[0]),
	}
}

func TestAHoleInAConversationIsNeverFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTalk()
		start := c.snap()
		for range rapid.IntRange(2, 12).Draw(t, "messages") {
			c.say(wire.PartyDriver)
		}
		m := mirror.NewChat()
		feed(t, m, start)
		missing := rapid.IntRange(0, len(c.frames)-2).Draw(t, "missing")
		feed(t, m, c.frames[:missing]...)
		before := m.Snap()
		for _, f := range c.frames[missing+1:] {
			if _, err := m.Apply(f); !errors.Is(err, mirror.ErrGap) {
				t.Fatalf("%d after a hole at %d: %v", f.Seq, missing, err)
			}
		}
		if diff := cmp.Diff(before, m.Snap()); diff != "" {
			t.Fatal(diff)
		}
	})
}
