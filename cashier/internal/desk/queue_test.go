package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// counter is a board whose queue is counted.
type counter struct {
	*lookbook.Stage
	t *testing.T
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{lookbook.Busy(desk.Prefs{}), t}
	c.Effects = nil
	return c
}

// reads checks what the stepper says.
func (c *counter) reads(what, count, age string) {
	c.t.Helper()
	q := c.State.Screen().Queue
	if q == nil || q.Count != count || q.Age != age {
		c.t.Errorf("%s: %+v, want %s, %s", what, q, count, age)
	}
}

// sends checks which numbers were sent since, and answers none.
func (c *counter) sends(what string, want ...int) (commands []desk.Command) {
	c.t.Helper()
	for _, e := range c.Effects {
		if send, ok := e.(desk.Send); ok && send.Command.Kind == desk.CommandQueue {
			k := send.Command
			k.Key = id.New[id.Command](c.IDs)
			commands = append(commands, k)
			c.State.Step(c.At(), desk.Sent{Command: k})
		}
	}
	c.Effects = nil
	if len(commands) != len(want) {
		c.t.Fatalf("%s: sent %+v, want %v", what, commands, want)
	}
	for i, k := range commands {
		if k.Queue.Waiting != want[i] {
			c.t.Errorf("%s: sent %d, want %d", what, k.Queue.Waiting, want[i])
		}
	}
	return commands
}

func (c *counter) keys(keys ...desk.Key) {
	for _, k := range keys {
		c.Do(desk.Press{Key: k})
	}
}

// wait lets time pass with the hub's beat.
func (c *counter) wait(d time.Duration) { c.Wait(d); c.Beat() }

func (c *counter) answer(k desk.Command, waiting int) {
	c.Counted(waiting)
	c.Do(desk.Answered{Command: k, Queue: &wire.Queue{Waiting: waiting, CountedAt: c.At()}})
}

// Every till shows the count of whichever till counted last, and forgets it
// when the hub does.
func TestQueueIsTheSameAtEveryTill(t *testing.T) {
	c := newCounter(t)
	c.Counted(4)
	c.wait(0)
	c.reads("another till counted", "4", "刚刚")
	c.wait(time.Minute)
	c.reads("a minute later", "4", "1分钟前")
	c.keys("+")
	c.Counted(7)
	c.wait(0)
	c.reads("a tap here is not lost", "5", "发送中…")
	c.wait(time.Second)
	k := c.sends("the tap", 5)[0]
	before := c.At()
	c.Wait(time.Second)
	c.answer(k, 5)
	c.Clock(wire.Beat{Now: before, Waiting: 7, CountedAt: before})
	c.reads("a beat of before the answer", "5", "刚刚")
	c.Do(desk.Arrived{Frame: wire.Frame{K: wire.KindBeat, D: wire.Body(wire.Beat{Now: c.At()})}})
	c.reads("a beat of no forecourt", "5", "刚刚")
	c.Counted(6)
	c.wait(time.Second)
	c.reads("another till again", "6", "刚刚")
	c.Forget()
	c.wait(time.Second)
	c.reads("the hub forgot", "—", "未计数")
}

func TestQueueIsOneCommandForWhatIsTappedInOneGo(t *testing.T) {
	c := newCounter(t)
	c.reads("at the start", "—", "未计数")
	c.keys("+")
	c.reads("after a tap", "1", "发送中…")
	c.wait(400 * time.Millisecond)
	c.keys("+", "+")
	c.wait(400 * time.Millisecond)
	c.sends("within half a second")
	c.keys("-")
	c.wait(499 * time.Millisecond)
	c.sends("a moment early")
	c.wait(time.Millisecond)
	k := c.sends("half a second after the last", 2)[0]
	c.reads("on its way", "2", "发送中…")
	c.answer(k, 2)
	c.reads("answered", "2", "刚刚")
	c.wait(time.Minute)
	c.keys("+")
	c.wait(time.Second)
	c.answer(c.sends("a lone tap", 3)[0], 3)
	c.wait(time.Second)
	c.sends("afterwards")
}

func TestQueueSaysHowOldItIsAndForgets(t *testing.T) {
	c := newCounter(t)
	c.keys("+", "+", "+")
	c.wait(time.Second)
	c.answer(c.sends("a count", 3)[0], 3)
	for _, step := range []struct {
		wait       time.Duration
		count, age string
	}{
		{59 * time.Second, "3", "刚刚"},
		{time.Second, "3", "1分钟前"},
		{9*time.Minute - time.Second, "3", "9分钟前"},
		{time.Second, "—", "未计数"},
	} {
		c.wait(step.wait)
		c.reads("after "+step.wait.String(), step.count, step.age)
	}
	c.keys("-") // nobody waits: that is worth saying
	c.wait(time.Second)
	c.answer(c.sends("begun anew", 0)[0], 0)
	c.reads("an empty forecourt", "0", "刚刚")
	if q := c.State.Screen().Queue; q.Less.On || !q.More.On {
		t.Errorf("at zero: %+v", q)
	}
}

func TestQueueKeepsToItsBounds(t *testing.T) {
	c := newCounter(t)
	for range 120 {
		c.keys("+")
	}
	c.wait(time.Second)
	k := c.sends("very many", 99)[0]
	if q := c.State.Screen().Queue; q.More.On || !q.Less.On {
		t.Errorf("at the most: %+v", q)
	}
	c.answer(k, 99)
	c.Do(desk.SetPrefs{Prefs: desk.Prefs{Lang: desk.English}})
	c.reads("in English", "99", "Just now")
}

func TestQueueIsSentOneAfterTheOther(t *testing.T) {
	c := newCounter(t)
	c.keys("+")
	c.wait(time.Second)
	first := c.sends("first", 1)[0]
	c.keys("+", "+")
	c.wait(time.Second)
	c.Do(desk.Unknown{Command: first})
	c.wait(time.Second)
	c.sends("while the first is on its way")
	c.reads("meanwhile", "3", "发送中…")
	c.answer(first, 1)
	c.wait(0)
	second := c.sends("then", 3)[0]
	c.reads("still on its way", "3", "发送中…")
	c.answer(second, 3)
	c.reads("in the end", "3", "刚刚")
}

func TestQueueThatWasNotTakenIsNotShown(t *testing.T) {
	for what, end := range map[string]func(desk.Command) desk.Event{
		"refused": func(k desk.Command) desk.Event {
			return desk.Refused{Command: k, Problem: wire.NewProblem(wire.ProblemForbidden, "")}
		},
		"given up": func(k desk.Command) desk.Event { return desk.GivenUp{Command: k} },
	} {
		c := newCounter(t)
		c.keys("+", "+")
		c.wait(time.Second)
		c.answer(c.sends("a count", 2)[0], 2)
		c.keys("+")
		c.wait(time.Second)
		c.Do(end(c.sends("another", 3)[0]))
		c.reads(what, "2", "刚刚")
		if said(c.Stage) == "" {
			t.Errorf("%s: nothing is said", what)
		}
	}
}

func TestQueueOutlivesASessionButNoTapDoes(t *testing.T) {
	c := newCounter(t)
	c.keys("+", "+")
	c.wait(time.Second)
	c.answer(c.sends("a count", 2)[0], 2)
	c.keys("+")
	c.Do(desk.SignOut{})
	c.wait(time.Second)
	c.sends("nobody is signed in")
	c.SignIn(wire.RoleAttendant)
	f := lookbook.Idle(4)
	c.ConnectPost(f, wire.PostSnap{Prices: c.PriceBoard(f)})
	c.reads("the next person", "2", "刚刚")
	c.wait(time.Second)
	c.sends("of the last person's tap")
}

func TestQueueIsCountedOnTheBoardOnly(t *testing.T) {
	for what, before := range map[string][]desk.Event{
		"another page":              {desk.GoTo{Page: desk.PageSales}},
		"an amount is being typed":  {desk.Press{Key: "3"}, desk.Press{Key: desk.KeyF1}, desk.Press{Key: "2"}},
		"a dialog is open":          {desk.Choose{Nozzle: 7}, desk.OpenResolve{Act: wire.ResolveDriveOff}},
		"the hub is not there":      {desk.Lost{Reason: "x"}},
		"nobody is signed in":       {desk.SignOut{}},
		"the settings are open":     {desk.GoTo{Page: desk.PageSettings}},
		"the members page is open":  {desk.GoTo{Page: desk.PageMembers}},
		"the account page is open ": {desk.GoTo{Page: desk.PageOffice}},
	} {
		c := newCounter(t)
		c.Do(before...)
		c.keys("+", "-", "+")
		c.Wait(time.Second)
		c.sends(what)
		if q := c.State.Screen().Queue; q != nil && q.Count != "—" {
			t.Errorf("%s: %+v", what, q)
		}
	}
	c := newCounter(t)
	c.Do(desk.Lost{Reason: "x"})
	c.keys("+")
	if q := c.State.Screen().Queue; q.Less.On || q.More.On || !strings.Contains(said(c.Stage), "连接中断，恢复后再试") {
		t.Errorf("without the hub: %+v, said %q", q, said(c.Stage))
	}
}

func TestQueueIsForWhoMayCountIt(t *testing.T) {
	for role, counts := range map[wire.Role]bool{
		wire.RoleHead: true, wire.RoleGroup: true, wire.RoleCashier: true, wire.RoleAttendant: true, wire.RoleAgent: false,
	} {
		b := lookbook.NewBackroom(desk.Prefs{}, role)
		b.Do(desk.GoTo{Page: desk.PageBoard})
		if got := b.State.Screen().Queue != nil; got != counts {
			t.Errorf("%s: the stepper is there: %v", role, got)
		}
		b.Effects = nil
		b.Do(desk.Press{Key: desk.KeyMore})
		b.Wait(time.Second)
		if got := len(sent(b.Stage)) == 1; got != counts {
			t.Errorf("%s: counted: %v", role, got)
		}
	}
}

// Whatever fingers and the network do, one count is under way at most, and once
// all is quiet the hub was told last what was tapped last.
func TestQueueEndsWithTheLastNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := lookbook.Busy(desk.Prefs{})
		s.Effects = nil
		var flying []desk.Command
		told, want := -1, -1 // what the hub was told, what the screen last read
		collect := func() {
			for _, c := range sent(s) {
				c.Key = id.New[id.Command](s.IDs)
				s.State.Step(s.At(), desk.Sent{Command: c})
				flying, told = append(flying, c), c.Queue.Waiting
				if c.Queue.Waiting < 0 || c.Queue.Waiting > 99 {
					t.Fatalf("sent %d", c.Queue.Waiting)
				}
			}
			s.Effects = nil
			if len(flying) > 1 {
				t.Fatalf("%d counts under way", len(flying))
			}
		}
		land := func() {
			if len(flying) > 0 {
				c := flying[0]
				flying = nil
				s.Do(desk.Answered{Command: c, Queue: &wire.Queue{Waiting: c.Queue.Waiting, CountedAt: s.At()}})
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				key := rapid.SampledFrom([]desk.Key{desk.KeyMore, desk.KeyMore, desk.KeyLess}).Draw(t, "key")
				s.Do(desk.Press{Key: key})
				want = numberOn(t, s)
			case 2:
				s.Wait(time.Duration(rapid.IntRange(1, 900).Draw(t, "ms")) * time.Millisecond)
			case 3:
				land()
			}
			collect()
		}
		for range 3 {
			s.Wait(time.Second)
			collect()
			land()
		}
		collect()
		if told != want || want >= 0 && numberOn(t, s) != want {
			t.Fatalf("told %d, last tapped %d, the screen says %q", told, want, s.State.Screen().Queue.Count)
		}
	})
}

// numberOn is the figure on the screen.
func numberOn(t *rapid.T, s *lookbook.Stage) (n int) {
	for _, d := range s.State.Screen().Queue.Count {
		if d < '0' || d > '9' {
			t.Fatalf("the screen says %q", s.State.Screen().Queue.Count)
		}
		n = 10*n + int(d-'0')
	}
	return n
}
