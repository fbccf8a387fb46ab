package mirror_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// counter is a hub's support in small.
type counter struct {
	channel[wire.SupportSnap]
	ids      *id.Maker
	cases    []wire.Case
	canned   []wire.Canned
	agents   []wire.Agent
	settings wire.SupportSettings
	audience wire.Audience
	clock    time.Time
}

func newCounter() *counter {
	c := &counter{ids: newMaker(), clock: noon}
	c.ch, c.epoch, c.seq = wire.Support(id.New[id.Station](c.ids)), id.New[id.Epoch](c.ids), 3
	c.canned = []wire.Canned{{ID: id.New[id.Canned](c.ids), Title: "开票", Keys: "kp", Parts: []wire.Part{{Text: "在订单里点开票"}}}}
	c.agents = []wire.Agent{{Staff: id.New[id.Staff](c.ids), Number: "4001", Name: "周敏", OnDuty: true}}
	c.settings = wire.SupportSettings{Greeting: "您好", Away: "稍后回复", Hours: []wire.Office{}, Assign: wire.AssignLeastBusy, MaxEach: 5, Blocked: []string{}}
	c.audience = wire.Audience{Agents: []id.Staff{}, Threads: []id.Thread{}}
	c.state = c.snapshot
	return c
}

// snapshot is what the hub would read from its tables.
func (c *counter) snapshot() wire.SupportSnap {
	closed := c.closed()
	list := append(c.in(wire.ThreadWaiting), c.in(wire.ThreadActive)...)
	return wire.SupportSnap{
		Cases:  append(append([]wire.Case{}, list...), closed[:min(len(closed), wire.MaxClosedInSnap)]...),
		Canned: c.canned, Agents: slices.Clone(c.agents), Settings: c.settings, Audience: c.audience,
	}
}

func (c *counter) in(state wire.ThreadState) (out []wire.Case) {
	for _, k := range c.cases {
		if k.Thread.State == state {
			out = append(out, k)
		}
	}
	if state == wire.ThreadWaiting {
		slices.SortStableFunc(out, func(a, b wire.Case) int { return a.Thread.WaitingSince.Compare(b.Thread.WaitingSince) })
	}
	return out
}

func (c *counter) closed() []wire.Case {
	out := c.in(wire.ThreadClosed)
	slices.SortStableFunc(out, func(a, b wire.Case) int { return b.Thread.ClosedAt.Compare(a.Thread.ClosedAt) })
	return out
}

func (c *counter) open() {
	c.clock = c.clock.Add(time.Second)
	k := wire.Case{
		Thread: wire.Thread{ID: id.New[id.Thread](c.ids), State: wire.ThreadWaiting, OpenedAt: c.clock, WaitingSince: c.clock},
		Member: wire.MemberBrief{ID: id.New[id.Member](c.ids), Number: "M000001", Name: "王**"},
		Last:   &wire.Preview{From: wire.PartyDriver, Kind: wire.MessageText, Text: "你好", At: c.clock},
	}
	c.cases = append(c.cases, k)
	c.add(wire.KindCase, k)
}

func (c *counter) move(i int, state wire.ThreadState) {
	c.clock = c.clock.Add(time.Second)
	t := &c.cases[i].Thread
	t.State, t.WaitingSince = state, time.Time{}
	switch state {
	case wire.ThreadWaiting:
		t.WaitingSince = c.clock
	case wire.ThreadClosed:
		t.ClosedAt = c.clock
	case wire.ThreadActive:
		t.Agent = c.agents[0].Staff
	}
	c.add(wire.KindCase, c.cases[i])
}

func (c *counter) hear(drivers int) {
	c.audience = wire.Audience{Agents: []id.Staff{c.agents[0].Staff}, Threads: []id.Thread{}, Drivers: drivers}
	c.add(wire.KindAudience, c.audience)
}

func (c *counter) live(t *rapid.T) {
	for range rapid.SampledFrom([]int{0, 2, wire.MaxClosedInSnap + 5}).Draw(t, "past") {
		c.open()
		c.move(len(c.cases)-1, wire.ThreadClosed)
	}
	states := []wire.ThreadState{wire.ThreadWaiting, wire.ThreadActive, wire.ThreadClosed}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 7).Draw(t, "what") {
		case 0:
			c.canned = append(slices.Clone(c.canned), wire.Canned{ID: id.New[id.Canned](c.ids), Title: "绑定车辆"})
			c.add(wire.KindCanned, wire.CannedList{Canned: c.canned})
		case 1:
			c.agents[0].Active++
			c.add(wire.KindAgents, wire.AgentList{Agents: slices.Clone(c.agents)})
		case 2:
			c.settings.MaxEach++
			c.add(wire.KindSupport, c.settings)
		case 3:
			c.hear(rapid.IntRange(0, 900).Draw(t, "drivers"))
		case 4:
			c.open()
		default:
			if len(c.cases) > 0 {
				c.move(rapid.IntRange(0, len(c.cases)-1).Draw(t, "case"), rapid.SampledFrom(states).Draw(t, "state"))
			}
		}
	}
}

func TestSupportOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCounter()
		start := c.snap()
		c.live(t)
		from := rapid.IntRange(0, len(c.frames)).Draw(t, "from")
		if from > 0 {
			start = c.snaps[from-1]
		}
		m := mirror.NewSupport()
		feed(t, m, start)
		feed(t, m, c.disturbed(t, from)...)
		c.open()
		c.hear(7)
		feed(t, m, c.frames[len(c.frames)-2:]...)
		want, got := c.state(), m.Snap()
		// A reopened conversation leaves a place among the closed ones that an
		// older one does not fill: what is there is exact, in order, without a hole.
		short := len(want.Cases) - len(got.Cases)
		if short < 0 || short > 0 && len(m.Closed()) >= wire.MaxClosedInSnap {
			t.Fatalf("%d cases, want %d", len(got.Cases), len(want.Cases))
		}
		want.Cases = want.Cases[:len(got.Cases)]
		if diff := cmp.Diff(want, got); diff != "" || m.Seq() != c.seq {
			t.Fatal(diff, m.Seq(), c.seq)
		}
		if k, ok := m.Case(want.Cases[0].Thread.ID); !ok || !cmp.Equal(k, want.Cases[0]) {
			t.Fatalf("%+v, %v", k, ok)
		}
	})
}

func supportVectors() []vector {
	c := newCounter()
	start := c.snap()
	c.open()
	c.open()
	c.move(1, wire.ThreadActive)
	c.hear(12)
	c.agents[0].Active = 1
	c.add(wire.KindAgents, wire.AgentList{Agents: slices.Clone(c.agents)})
	c.move(0, wire.ThreadActive)
	c.move(1, wire.ThreadClosed)
	c.canned = nil
	c.add(wire.KindCanned, wire.CannedList{Canned: []wire.Canned{}})
	c.settings.MaxEach = 9
	c.add(wire.KindSupport, c.settings)
	c.move(1, wire.ThreadWaiting)
	day := c.frames
	full := newCounter()
	for i := range wire.MaxClosedInSnap + 2 {
		full.open()
		full.move(i, wire.ThreadClosed)
	}
	end := 2*wire.MaxClosedInSnap - 1
	return []vector{
		tell("a morning", "support", append([]wire.Frame{start}, day...)...),
		tell("from the middle", "support", append([]wire.Frame{c.snaps[5]}, day[6:]...)...),
		tell("an audience that comes after a snapshot that knows better", "support", c.snaps[6], day[3]),
		tell("a missing case, then a snapshot", "support", start, day[0], day[2], c.snap()),
		tell("more closed conversations than are kept", "support", append([]wire.Frame{full.snaps[end]}, full.frames[end+1:]...)...),
	}
}
