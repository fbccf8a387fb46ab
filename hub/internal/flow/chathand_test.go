package flow_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestOneOpenConversationEach(t *testing.T) {
	o := newOffice(t)
	var opening sync.WaitGroup
	found := make(chan wire.Thread, 8)
	for range 8 {
		opening.Go(func() {
			th, err := o.flow.OpenThread(t.Context(), o.wang, wire.OpenThread{Station: o.station})
			if err != nil {
				t.Error(err)
			}
			found <- th
		})
	}
	opening.Wait()
	close(found)
	ids := map[id.Thread]bool{}
	for th := range found {
		ids[th.ID] = true
	}
	if n := o.rows("SELECT COUNT(*) FROM chat_thread"); len(ids) != 1 || n != 1 {
		t.Errorf("%d conversations were answered, %d are kept", len(ids), n)
	}
	_, err := o.flow.OpenThread(t.Context(), o.wang, wire.OpenThread{Station: id.New[id.Station](o.ids)})
	wantProblem(t, err, wire.ProblemNotFound)
}

func TestTheFirstAnswerComesByItself(t *testing.T) {
	o := newOffice(t)
	settings := must[wire.SupportSettings](t)(o.flow.SupportSettings(t.Context(), o.station))
	// It is Thursday, 9:00 in Shanghai.
	settings.Hours = []wire.Office{{Day: 4, From: "08:00", To: "12:00"}, {Day: 5, From: "10:00", To: "12:00"}}
	settings.Greeting, settings.Away = "欢迎", "打烊了。"
	must[wire.SupportSettings](t)(o.flow.SetSupport(t.Context(), o.boss, o.key(), settings))
	th := o.open(o.wang)
	first := o.snapshot(th.ID).Messages[0]
	if first.Event != wire.ChatGreeting || first.Text != "欢迎" || first.WaitSeconds != 60 || first.From != wire.PartySystem {
		t.Errorf("greeted with %+v", first)
	}
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	o.later(4 * time.Hour)
	o.say(asDriver(o.wang), th.ID, "还有人吗")
	said := o.snapshot(th.ID).Messages
	if got := strings.Join(texts(said), " "); got != "<greeting> <ended> <reopened> 还有人吗 <away>" {
		t.Errorf("said %s", got)
	}
	if text := said[4].Text; text != "打烊了。客服将于明天 10:00上线。" {
		t.Errorf("away: %s", text)
	}
}

func TestTwoTakesOneWins(t *testing.T) {
	o := newOffice(t)
	for range 5 {
		th := o.open(o.wang)
		var taking sync.WaitGroup
		results := make([]error, 2)
		for i, who := range []staff.Actor{o.anna, o.ben} {
			taking.Go(func() { _, results[i] = o.flow.Take(t.Context(), who, o.key(), th.ID) })
		}
		taking.Wait()
		won := 0
		for _, err := range results {
			var p *wire.Problem
			switch {
			case err == nil:
				won++
			case !errors.As(err, &p) || p.Type != wire.ProblemThreadTaken:
				t.Error(err)
			}
		}
		if hands := o.hands(); won != 1 || hands["4001"]+hands["4002"] != 1 {
			t.Errorf("%d of two took it; in hand: %v", won, hands)
		}
		must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
		if hands := o.hands(); hands["4001"]+hands["4002"] != 0 {
			t.Errorf("in hand after the end: %v", hands)
		}
	}
}

func TestATakeTakesEffectOnce(t *testing.T) {
	o := newOffice(t)
	th, key := o.open(o.wang), o.key()
	var changed []id.Thread
	o.flow.OnPartiesChanged(func(t id.Thread) { changed = append(changed, t) })
	first := must[wire.Thread](t)(o.flow.Take(t.Context(), o.anna, key, th.ID))
	again := must[wire.Thread](t)(o.flow.Take(t.Context(), o.anna, key, th.ID))
	same(t, "the take said again", again, first)
	must[wire.Thread](t)(o.flow.Take(t.Context(), o.anna, o.key(), th.ID)) // it is hers already
	if len(changed) != 1 || changed[0] != th.ID {
		t.Errorf("the parties changed %d times", len(changed))
	}
	_, err := o.flow.Take(t.Context(), o.ben, o.key(), th.ID)
	wantProblem(t, err, wire.ProblemThreadTaken)
	over := must[wire.Thread](t)(o.flow.Take(t.Context(), o.boss, o.key(), th.ID))
	if over.AgentName != "客服 1001" || o.hands()["4001"] != 0 || o.hands()["1001"] != 1 {
		t.Errorf("the head took over: %+v, in hand %v", over, o.hands())
	}
	if got := strings.Join(texts(o.snapshot(th.ID).Messages), " "); got != "<greeting> <taken> <transferred>" {
		t.Errorf("said %s", got)
	}
}

func TestATransfersNoteIsForAgents(t *testing.T) {
	const note = "车主很着急，先看发票"
	o := newOffice(t)
	th := o.opened()
	transfer := func(to id.Staff) error {
		_, err := o.flow.Transfer(t.Context(), o.anna, o.key(), th.ID, wire.TransferRequest{To: to, Note: note})
		return err
	}
	wantProblem(t, transfer(o.ben.Staff), wire.ProblemBadRequest) // not connected
	wantProblem(t, transfer(id.New[id.Staff](o.ids)), wire.ProblemBadRequest)
	o.come(o.anna, o.ben)
	if err := transfer(o.ben.Staff); err != nil {
		t.Fatal(err)
	}
	c := last[wire.Case](o, wire.Support(o.station), wire.KindCase)
	if c.Note != note || c.Thread.Agent != o.ben.Staff || c.Member.Number != o.wang.Number {
		t.Errorf("agents see %+v", c)
	}
	for _, ch := range []wire.Channel{wire.Chat(th.ID), wire.DriverOf(o.wang.Member)} {
		for _, f := range o.told(ch) {
			if strings.Contains(string(f.D), "发票") {
				t.Errorf("%s carries the note: %s", ch, f.D)
			}
		}
	}
	if text := string(wire.Body(o.snapshot(th.ID))); strings.Contains(text, "发票") {
		t.Error("the snapshot carries the note")
	}
	wantProblem(t, transfer(o.ben.Staff), wire.ProblemThreadTaken) // it is ben's now
	if h := o.hands(); h["4001"] != 0 || h["4002"] != 1 {
		t.Errorf("in hand: %v", h)
	}
	if ok := must[bool](t)(o.flow.MayFollow(t.Context(), asStaff(o.anna), th.ID)); ok {
		t.Error("who gave it away still follows")
	}
}

func TestBackIntoTheQueueAndNotBackToMe(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna)
	th := o.opened()
	must[wire.Thread](t)(o.flow.Transfer(t.Context(), o.anna, o.key(), th.ID, wire.TransferRequest{}))
	o.tend()
	if s := o.snapshot(th.ID).Thread; s.State != wire.ThreadWaiting {
		t.Errorf("who put it back has it again: %+v", s)
	}
	o.come(o.ben)
	o.tend()
	if s := o.snapshot(th.ID).Thread; s.Agent != o.ben.Staff {
		t.Errorf("it did not go to the other: %+v", s)
	}
}

func TestTheLeastBusyGetsIt(t *testing.T) {
	o := newOffice(t)
	settings := must[wire.SupportSettings](t)(o.flow.SupportSettings(t.Context(), o.station))
	settings.MaxEach = 2
	must[wire.SupportSettings](t)(o.flow.SetSupport(t.Context(), o.boss, o.key(), settings))
	var threads []wire.Thread
	for i := range 5 {
		threads = append(threads, o.open(o.driver("1380000010"+string(rune('0'+i)))))
		o.later(time.Second)
	}
	o.tend() // nobody is there
	o.come(o.anna, o.ben, o.boss)
	must[wire.AgentList](t)(o.flow.SetDuty(t.Context(), o.ben, wire.DutyRequest{OnDuty: false}))
	o.tend()
	if h := o.hands(); h["4001"] != 2 || h["4002"] != 0 || h["1001"] != 0 {
		t.Errorf("with one on duty: %v", h)
	}
	must[wire.AgentList](t)(o.flow.SetDuty(t.Context(), o.ben, wire.DutyRequest{OnDuty: true}))
	o.tend()
	if h := o.hands(); h["4001"] != 2 || h["4002"] != 2 {
		t.Errorf("with two on duty: %v", h)
	}
	for i, th := range threads {
		state := o.snapshot(th.ID).Thread.State
		if want := wire.ThreadActive; i < 4 && state != want {
			t.Errorf("conversation %d is %s: longest wait first", i+1, state)
		}
	}
	list := last[wire.AgentList](o, wire.Support(o.station), wire.KindAgents)
	if len(list.Agents) != 3 || list.Agents[2].Active != 2 || !list.Agents[2].Online {
		t.Errorf("agents were told %+v", list)
	}
	if n := o.rows("SELECT COUNT(*) FROM chat_thread WHERE state = 'active'"); n != 4 {
		t.Errorf("%d are in hand", n)
	}
	settings.Assign = wire.AssignByHand
	must[wire.SupportSettings](t)(o.flow.SetSupport(t.Context(), o.boss, o.key(), settings))
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asStaff(o.anna), o.key(), o.mine(o.anna)))
	o.tend()
	if h := o.hands(); h["4001"] != 1 {
		t.Errorf("by hand only, and still: %v", h)
	}
}

// mine is a conversation somebody has in hand.
func (o *office) mine(who staff.Actor) id.Thread {
	o.t.Helper()
	page := must[wire.CaseList](o.t)(o.flow.Cases(o.t.Context(), who, flow.CaseQuery{State: wire.ThreadActive}))
	for _, c := range page.Cases {
		if c.Thread.Agent == who.Staff {
			return c.Thread.ID
		}
	}
	o.t.Fatalf("%s has nothing in hand", who.Number)
	return id.Thread{}
}

func TestWhoIsGoneLosesWhatTheyHave(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna)
	th := o.opened()
	o.leave(o.anna)
	o.later(5*time.Minute - time.Second)
	o.tend()
	if s := o.snapshot(th.ID).Thread.State; s != wire.ThreadActive {
		t.Errorf("after less than five minutes it is %s", s)
	}
	o.later(time.Second)
	o.tend()
	snap := o.snapshot(th.ID)
	if got := strings.Join(texts(snap.Messages), " "); snap.Thread.State != wire.ThreadWaiting || got != "<greeting> <taken> <returned>" {
		t.Errorf("after five minutes it is %s: %s", snap.Thread.State, got)
	}
	// After a restart nobody is there yet: agents have five minutes to come back.
	must[wire.Thread](t)(o.flow.Take(t.Context(), o.ben, o.key(), th.ID))
	o.restart()
	o.tend()
	if s := o.snapshot(th.ID).Thread.State; s != wire.ThreadActive {
		t.Errorf("just after a restart it is %s", s)
	}
}

func TestEndRateAndAgain(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	rate := func(stars int) error {
		_, err := o.flow.Rate(t.Context(), o.wang, th.ID, wire.RatingRequest{Stars: stars, Note: " 很耐心 "})
		return err
	}
	wantProblem(t, rate(5), wire.ProblemThreadOpen)
	_, err := o.flow.CloseThread(t.Context(), asStaff(o.ben), o.key(), th.ID)
	wantProblem(t, err, wire.ProblemThreadTaken)
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asStaff(o.anna), o.key(), th.ID))
	if n := last[wire.Notice](o, wire.DriverOf(o.wang.Member), wire.KindNotice); n.Kind != wire.NoticeChatClosed || n.Thread != th.ID {
		t.Errorf("invited with %+v", n)
	}
	_, err = o.flow.Say(t.Context(), asStaff(o.anna), th.ID, o.text("还有"))
	wantProblem(t, err, wire.ProblemThreadClosed)
	wantProblem(t, rate(0), wire.ProblemBadRequest)
	if err := rate(4); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, rate(5), wire.ProblemAlreadyRated)
	if r := o.snapshot(th.ID).Thread.Rating; r == nil || r.Stars != 4 || r.Note != "很耐心" {
		t.Errorf("rated %+v", r)
	}
	again := must[wire.Thread](t)(o.flow.ReopenThread(t.Context(), asStaff(o.anna), o.key(), th.ID))
	if again.State != wire.ThreadActive || again.Agent != o.anna.Staff {
		t.Errorf("reopened %+v", again)
	}
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	if r := o.snapshot(th.ID).Thread.Rating; r != nil {
		t.Errorf("the second end was rated before: %+v", r)
	}
	if err := rate(1); err != nil {
		t.Fatal(err)
	}
	if n := o.rows("SELECT COUNT(*) FROM chat_rating WHERE stars IN (1, 4)"); n != 2 {
		t.Errorf("%d ratings are kept", n)
	}
}

func TestADriverReopensForADay(t *testing.T) {
	o := newOffice(t)
	end := func() wire.Thread {
		t.Helper()
		th := o.open(o.wang)
		return must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	}
	th := end()
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID)) // once is enough
	o.later(24 * time.Hour)
	again := must[wire.Thread](t)(o.flow.ReopenThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	if again.State != wire.ThreadWaiting || again.ID != th.ID {
		t.Errorf("reopened %+v", again)
	}
	must[wire.Thread](t)(o.flow.ReopenThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	end()
	o.later(24*time.Hour + time.Second)
	_, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, o.text("喂"))
	wantProblem(t, err, wire.ProblemThreadClosed)
	newer := o.open(o.wang)
	if newer.ID == th.ID {
		t.Error("a day later it is the same conversation")
	}
	_, err = o.flow.ReopenThread(t.Context(), asStaff(o.anna), o.key(), th.ID)
	wantProblem(t, err, wire.ProblemThreadOpen)
	list := must[wire.ThreadList](t)(o.flow.Threads(t.Context(), o.wang))
	if len(list.Threads) != 2 || list.Threads[0].ID != newer.ID {
		t.Errorf("the driver's list: %+v", list)
	}
}

func TestReadingOnlyRises(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	for range 3 {
		o.say(asDriver(o.wang), th.ID, "问题")
	}
	read := func(n uint64) wire.Thread {
		t.Helper()
		return must[wire.Thread](t)(o.flow.ReadUpTo(t.Context(), asStaff(o.anna), th.ID, wire.ReadRequest{N: n}))
	}
	for _, c := range []struct{ n, mark, unread uint64 }{{3, 3, 2}, {2, 3, 2}, {4, 4, 1}, {99, 5, 0}, {0, 5, 0}} {
		if after := read(c.n); after.AgentRead != c.mark || after.AgentUnread != int(c.unread) {
			t.Errorf("reading up to %d: %d, %d unread", c.n, after.AgentRead, after.AgentUnread)
		}
	}
	marks := 0
	for _, f := range o.told(wire.Chat(th.ID)) {
		if f.K == wire.KindRead {
			marks++
		}
	}
	if marks != 3 {
		t.Errorf("%d marks were told", marks)
	}
	_, err := o.flow.ReadUpTo(t.Context(), asStaff(o.boss), th.ID, wire.ReadRequest{N: 5})
	wantProblem(t, err, wire.ProblemNotYourThread)
}

// The first time anybody is asked for at a station, everybody gets a row to
// hold. Several askers at once used to meet on those rows: one of them failed
// with a deadlock or a duplicate key, and with it a take or an opening.
func TestTheFirstAskersDoNotCollide(t *testing.T) {
	for range 3 {
		o := newOffice(t)
		var asking sync.WaitGroup
		for i := range 8 {
			who := []staff.Actor{o.boss, o.anna, o.ben}[i%3]
			asking.Go(func() {
				if _, err := o.flow.SetDuty(t.Context(), who, wire.DutyRequest{OnDuty: true}); err != nil {
					t.Errorf("%s: %v", who.Number, err)
				}
			})
		}
		asking.Wait()
	}
}
