package flow_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// Whatever is done, the live copy, the database and what screens fold from the
// events agree.
func TestLiveStoredAndFoldedAgree(t *testing.T) {
	o := newOffice(t)
	o.live()
	o.come(o.anna, o.ben)
	th := o.opened()
	s := newScreen(o, th.ID)
	steps := []func(){
		func() { o.say(asDriver(o.wang), th.ID, "一") },
		func() { o.say(asStaff(o.anna), th.ID, "二") },
		func() { o.say(asStaff(o.anna), th.ID, "三") },
		func() {
			must[wire.Thread](t)(o.flow.ReadUpTo(t.Context(), asDriver(o.wang), th.ID, wire.ReadRequest{N: 4}))
		},
		func() {
			must[wire.Thread](t)(o.flow.Transfer(t.Context(), o.anna, o.key(), th.ID, wire.TransferRequest{To: o.ben.Staff, Note: "x"}))
		},
		func() { must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asStaff(o.ben), o.key(), th.ID)) },
		func() {
			must[wire.Thread](t)(o.flow.Rate(t.Context(), o.wang, th.ID, wire.RatingRequest{Stars: 5}))
		},
		func() { o.say(asDriver(o.wang), th.ID, "三") },
		func() { o.tend() },
	}
	for range wire.MaxMessagesInSnap + 5 {
		steps = append(steps, func() { o.later(10 * time.Second); o.say(asDriver(o.wang), th.ID, "还有") })
	}
	steps = append(steps, func() {
		agent := asStaff(o.anna)
		if o.snapshot(th.ID).Thread.Agent == o.ben.Staff {
			agent = asStaff(o.ben)
		}
		must[wire.Thread](t)(o.flow.ReadUpTo(t.Context(), agent, th.ID, wire.ReadRequest{N: 3}))
	})
	for i, step := range steps {
		step()
		s.agrees("after step " + strconv.Itoa(i+1))
	}
	if n := len(o.snapshot(th.ID).Messages); n != wire.MaxMessagesInSnap {
		t.Errorf("%d messages in a snapshot", n)
	}
}

// screen is what a till makes of the events of a conversation and its station.
type screen struct {
	o       *office
	thread  id.Thread
	chat    *mirror.Chat
	support *mirror.Support
	seen    map[wire.Channel]int
}

// newScreen begins with snapshots, as a till does.
func newScreen(o *office, th id.Thread) *screen {
	s := &screen{o: o, thread: th, chat: mirror.NewChat(), support: mirror.NewSupport(), seen: map[wire.Channel]int{}}
	snap, at, err := o.flow.ChatSnapshot(o.t.Context(), th)
	desk, deskAt, deskErr := o.flow.SupportSnapshot(o.t.Context(), o.station)
	if err := errors.Join(err, deskErr); err != nil {
		o.t.Fatal(err)
	}
	s.apply(wire.Frame{K: wire.KindSnap, Ch: at.Ch, Ep: at.Ep, Seq: at.Seq, D: wire.Body(snap)})
	s.apply(wire.Frame{K: wire.KindSnap, Ch: deskAt.Ch, Ep: deskAt.Ep, Seq: deskAt.Seq, D: wire.Body(desk)})
	for _, ch := range []wire.Channel{at.Ch, deskAt.Ch} {
		s.seen[ch] = len(o.told(ch))
	}
	return s
}

func (s *screen) apply(f wire.Frame) {
	s.o.t.Helper()
	_, err := s.chat.Apply(f)
	_, deskErr := s.support.Apply(f)
	if err := errors.Join(err, deskErr); err != nil {
		s.o.t.Fatal(err)
	}
}

// agrees folds what was told since and compares it with what is live and what
// is stored.
func (s *screen) agrees(when string) {
	o := s.o
	o.t.Helper()
	for ch, n := range s.seen {
		told := o.told(ch)
		for _, f := range told[n:] {
			s.apply(f)
		}
		s.seen[ch] = len(told)
	}
	live := o.snapshot(s.thread)
	if n := o.rooms.Held(); n != 1 {
		o.t.Fatalf("%s: %d rooms are held", when, n)
	}
	desk, _, err := o.flow.SupportSnapshot(o.t.Context(), o.station)
	if err != nil {
		o.t.Fatal(err)
	}
	o.flow.Rooms = chat.NewRooms(o.ticks, o.now, o.flow.Log) // nobody runs these
	stored := o.snapshot(s.thread)
	o.flow.Rooms = o.rooms
	live.Presence, stored.Presence = wire.Presence{}, wire.Presence{}
	same(o.t, when+", live and stored", live, stored)
	folded := s.chat.Snap()
	same(o.t, when+", folded and stored", folded.Thread, stored.Thread)
	same(o.t, when+", messages", chat.Recent(folded.Messages), stored.Messages)
	same(o.t, when+", the agents' cases", s.support.Snap().Cases, desk.Cases)
	same(o.t, when+", the agents", s.support.Agents(), desk.Agents)
}

func TestSupportSnapshot(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna)
	o.phoneOn(o.wang, true)
	th := o.opened()
	o.say(asDriver(o.wang), th.ID, strings.Repeat("问", 60))
	waiting := o.open(o.driver("13700000003"))
	snap, at, err := o.flow.SupportSnapshot(t.Context(), o.station)
	if err != nil {
		t.Fatal(err)
	}
	if want := must[wire.Position](t)(o.feed.Position(t.Context(), o.db, wire.Support(o.station))); at != want {
		t.Errorf("it stands at %+v, the channel at %+v", at, want)
	}
	if len(snap.Cases) != 2 || snap.Cases[0].Thread.ID != waiting.ID || snap.Cases[0].Last != nil {
		t.Fatalf("cases: %+v", snap.Cases)
	}
	same(t, "a case in the snapshot and as told", snap.Cases[1], o.lastCase(th.ID))
	if n := len([]rune(snap.Cases[1].Last.Text)); n != wire.MaxPreviewRunes {
		t.Errorf("a preview of %d characters", n)
	}
	same(t, "the agents in the snapshot and as told", snap.Agents, last[wire.AgentList](o, wire.Support(o.station), wire.KindAgents).Agents)
	want := wire.Audience{Agents: []id.Staff{o.anna.Staff}, Threads: []id.Thread{th.ID}, Drivers: 1}
	same(t, "the audience", snap.Audience, want)
	for _, c := range snap.Cases {
		if strings.Contains(string(wire.Body(c)), "员工") {
			t.Errorf("a case names an agent: %+v", c)
		}
	}
}

// lastCase is the last case told of a conversation.
func (o *office) lastCase(th id.Thread) wire.Case {
	o.t.Helper()
	var found wire.Case
	for _, f := range o.told(wire.Support(o.station)) {
		if f.K != wire.KindCase {
			continue
		}
		if c := body[wire.Case](o.t, f); c.Thread.ID == th {
			found = c
		}
	}
	return found
}

func TestCasesByPages(t *testing.T) {
	o := newOffice(t)
	var want []id.Thread
	for i := range 3 {
		want = append([]id.Thread{o.open(o.driver("1360000000" + string(rune('0'+i)))).ID}, want...)
	}
	var got []id.Thread
	ask := flow.CaseQuery{Limit: 2}
	for {
		page := must[wire.CaseList](t)(o.flow.Cases(t.Context(), o.anna, ask))
		for _, c := range page.Cases {
			got = append(got, c.Thread.ID)
		}
		if page.Next.IsZero() {
			break
		}
		ask.Before = page.Next
	}
	same(t, "all cases, newest first", got, want)
	_, err := o.flow.Cases(t.Context(), o.hire("2001", wire.RoleCashier), ask)
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = o.flow.SetSupport(t.Context(), o.anna, o.key(), wire.SupportSettings{Greeting: "a", Away: "b", Assign: wire.AssignByHand, MaxEach: 1})
	wantProblem(t, err, wire.ProblemForbidden)
}

func TestNothingIsReadableInTheDatabase(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna, o.ben)
	th := o.opened()
	o.say(asDriver(o.wang), th.ID, "我的秘密车牌")
	must[wire.Thread](t)(o.flow.Transfer(t.Context(), o.anna, o.key(), th.ID, wire.TransferRequest{To: o.ben.Staff, Note: "秘密备注"}))
	for _, q := range []string{
		"SELECT COUNT(*) FROM chat_message WHERE LOCATE(CAST('秘密' AS BINARY), body) > 0",
		"SELECT COUNT(*) FROM chat_thread WHERE LOCATE(CAST('秘密' AS BINARY), note) > 0",
		"SELECT COUNT(*) FROM outbox WHERE LOCATE(CAST('秘密' AS BINARY), body) > 0",
		"SELECT COUNT(*) FROM command_result WHERE LOCATE('秘密', response) > 0",
	} {
		if n := o.rows(q); n != 0 {
			t.Errorf("%d rows: %s", n, q)
		}
	}
}
