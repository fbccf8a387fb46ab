package flow_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestS054DeliveredWhenOnline(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna)
	o.phoneOn(o.wang, true)
	th := o.opened()
	before := len(o.told(wire.Chat(th.ID)))
	sent := o.say(asDriver(o.wang), th.ID, " 2号枪多少钱？\r\n")
	if sent.Text != "2号枪多少钱？" || sent.N != th.Last+1 || sent.From != wire.PartyDriver {
		t.Errorf("said %+v after %d", sent, th.Last)
	}
	// It was handed on by the commit that answered the sender.
	news := o.told(wire.Chat(th.ID))[before:]
	if len(news) != 1 || news[0].K != wire.KindMessage {
		t.Fatalf("told %+v", news)
	}
	same(t, "the message on its channel", body[wire.Message](t, news[0]), sent)
	if c := last[wire.Case](o, wire.Support(o.station), wire.KindCase); c.Last == nil || c.Last.Text != sent.Text || c.Thread.AgentUnread != 1 {
		t.Errorf("the agents' list says %+v", c)
	}
	if mine := last[wire.Thread](o, wire.DriverOf(o.wang.Member), wire.KindThread); mine.Last != sent.N {
		t.Errorf("the driver's list says %+v", mine)
	}
	answer := o.say(asStaff(o.anna), th.ID, "7.50 元一升。")
	if answer.Agent != "客服 4001" || answer.N != sent.N+1 {
		t.Errorf("answered %+v", answer)
	}
	if len(o.phone.rang) != 0 {
		t.Error("the phone rang though the driver was there")
	}
}

func TestS054KeptWhenOffline(t *testing.T) {
	o := newOffice(t)
	o.come(o.anna)
	th := o.opened()
	for _, words := range []string{"在吗", "一分钟", "好了"} {
		o.say(asStaff(o.anna), th.ID, words)
	}
	send := func() {
		t.Helper()
		o.later(time.Minute)
		if err := o.flow.SendNotices(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.phone.off = true
	send()
	o.phone.off = false
	o.later(time.Hour)
	send()
	send()
	if len(o.phone.rang) != 1 || o.phone.rang[0].Kind != string(wire.NoticeChatMessage) || strings.Contains(o.phone.rang[0].Text, "好了") {
		t.Fatalf("the phone rang %d times for one unread stretch: %+v", len(o.phone.rang), o.phone.rang)
	}
	o.restart() // kept: also by the next process
	o.phoneOn(o.wang, true)
	snap := o.snapshot(th.ID)
	got := texts(snap.Messages)
	if want := "<greeting> <taken> 在吗 一分钟 好了"; strings.Join(got, " ") != want || snap.Thread.DriverUnread != 3 {
		t.Errorf("kept %v, %d unread", got, snap.Thread.DriverUnread)
	}
	read := must[wire.Thread](t)(o.flow.ReadUpTo(t.Context(), asDriver(o.wang), th.ID, wire.ReadRequest{N: snap.Thread.Last}))
	if read.DriverUnread != 0 || read.DriverRead != snap.Thread.Last {
		t.Errorf("read up to %d: %+v", snap.Thread.Last, read)
	}
	o.phoneOn(o.wang, false)
	o.say(asStaff(o.anna), th.ID, "还在吗")
	send()
	if len(o.phone.rang) != 2 {
		t.Errorf("after reading, the next unread stretch rang the phone %d times", len(o.phone.rang)-1)
	}
}

func TestS055ThreeKindsBothWays(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	sides := []struct {
		who   string
		owner media.Owner
	}{
		{"driver", media.Owner{Thread: th.ID, Member: o.wang.Member}},
		{"agent", media.Owner{Thread: th.ID, Staff: o.anna.Staff}},
	}
	for _, side := range sides {
		speaker := asDriver(o.wang)
		if side.who == "agent" {
			speaker = asStaff(o.anna)
		}
		o.say(speaker, th.ID, "文字")
		pic, rec := o.upload(side.owner, photo(t, 12, 8)), o.upload(side.owner, recording(1000))
		for kind, m := range map[wire.MessageKind]wire.Media{wire.MessagePicture: pic, wire.MessageVoice: rec} {
			said := must[wire.Message](t)(o.flow.Say(t.Context(), speaker, th.ID, wire.SendRequest{
				ID: id.New[id.Message](o.ids), Kind: kind, Media: m.ID,
			}))
			same(t, side.who+"'s "+string(kind), said.Media, m)
		}
		// A picture is no recording, whatever the sender calls it.
		_, err := o.flow.Say(t.Context(), speaker, th.ID, wire.SendRequest{
			ID: id.New[id.Message](o.ids), Kind: wire.MessageVoice, Media: pic.ID,
		})
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	if snap := o.snapshot(th.ID); len(snap.Messages) != 2+6 {
		t.Errorf("%d messages", len(snap.Messages))
	}
	// An upload of another conversation does not belong here.
	other := o.open(o.driver("13800000002"))
	alien := o.upload(media.Owner{Thread: other.ID, Member: o.wang.Member}, photo(t, 12, 8))
	_, err := o.flow.Say(t.Context(), asStaff(o.anna), th.ID, wire.SendRequest{
		ID: id.New[id.Message](o.ids), Kind: wire.MessagePicture, Media: alien.ID,
	})
	wantProblem(t, err, wire.ProblemBadRequest)
}

func TestS056TutorialWithPictures(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	pic := o.upload(media.Owner{Staff: o.boss.Staff}, photo(t, 12, 8))
	put := func(which id.Canned, title string) wire.Canned {
		t.Helper()
		return must[wire.Canned](t)(o.flow.PutCanned(t.Context(), o.boss, o.key(), which, wire.CannedRequest{
			Title: title, Keys: "BDCL", Parts: []wire.CannedPart{{Text: "第一步：打开我的车辆"}, {Picture: pic.ID}},
		}))
	}
	c := put(id.Canned{}, "绑定车辆教程")
	if c.Keys != "bdcl" || c.Parts[1].Picture == nil || c.Parts[1].Picture.Width != 12 {
		t.Errorf("kept %+v", c)
	}
	req := wire.SendRequest{ID: id.New[id.Message](o.ids), Kind: wire.MessageTutorial, Canned: c.ID}
	said := must[wire.Message](t)(o.flow.Say(t.Context(), asStaff(o.anna), th.ID, req))
	if said.Text != "绑定车辆教程" || len(said.Parts) != 2 || said.Parts[1].Picture.ID != pic.ID {
		t.Errorf("sent %+v", said)
	}
	put(c.ID, "新教程")
	again := must[wire.Message](t)(o.flow.Say(t.Context(), asStaff(o.anna), th.ID, req))
	same(t, "the tutorial after the reply was changed", again, said)
	if list := last[wire.CannedList](o, wire.Support(o.station), wire.KindCanned); len(list.Canned) != 1 || list.Canned[0].Title != "新教程" {
		t.Errorf("agents have %+v", list)
	}
	// Only staff send tutorials; and what is gone cannot be sent.
	req.ID = id.New[id.Message](o.ids)
	_, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, req)
	wantProblem(t, err, wire.ProblemBadRequest)
	if _, err := o.flow.DropCanned(t.Context(), o.boss, o.key(), c.ID); err != nil {
		t.Fatal(err)
	}
	_, err = o.flow.Say(t.Context(), asStaff(o.anna), th.ID, req)
	wantProblem(t, err, wire.ProblemNotFound)
}

func TestManySendersNothingLostOrDoubled(t *testing.T) {
	const senders, each, tries = 8, 6, 3
	o := newOffice(t)
	o.live()
	th := o.opened()
	requests := make([][]wire.SendRequest, senders)
	for s := range senders {
		for range each {
			requests[s] = append(requests[s], o.text("第"+strings.Repeat("好", s+1)))
		}
	}
	var sending sync.WaitGroup
	for s := range senders {
		speaker := asStaff(o.anna)
		if s < 2 { // a driver is allowed fewer
			speaker = asDriver(o.wang)
		}
		for range tries { // the same again, at the same time
			sending.Go(func() {
				for _, req := range requests[s] {
					for {
						m, err := o.flow.Say(t.Context(), speaker, th.ID, req)
						if err == nil {
							if m.ID != req.ID {
								t.Errorf("%s was answered with %s", req.ID, m.ID)
							}
							break
						}
						var p *wire.Problem
						if errors.As(err, &p) && p.Type == wire.ProblemTooMany {
							o.later(time.Second)
							continue
						}
						t.Errorf("saying %s: %v", req.ID, err)
						return
					}
				}
			})
		}
	}
	sending.Wait()
	o.count(th.ID, 2+senders*each)
}

// count fails the test unless a conversation has so many messages, numbered
// without a hole, each once, each told once in order.
func (o *office) count(th id.Thread, want int) {
	o.t.Helper()
	page := must[wire.MessageList](o.t)(o.flow.Messages(o.t.Context(), asDriver(o.wang), th, 0, 0))
	seen := map[id.Message]bool{}
	for i, m := range page.Messages {
		if m.N != uint64(i+1) || seen[m.ID] {
			o.t.Errorf("message %d is %s, number %d", i+1, m.ID, m.N)
		}
		seen[m.ID] = true
	}
	if len(page.Messages) != want {
		o.t.Errorf("%d messages, want %d", len(page.Messages), want)
	}
	n := uint64(0)
	for i, f := range o.told(wire.Chat(th)) {
		if f.Seq != uint64(i+1) {
			o.t.Errorf("event %d has number %d", i+1, f.Seq)
		}
		if f.K == wire.KindMessage {
			n++
			if m := body[wire.Message](o.t, f); m.N != n {
				o.t.Errorf("message %d was told as number %d", m.N, n)
			}
		}
	}
	if n != uint64(want) {
		o.t.Errorf("%d messages were told, want %d", n, want)
	}
}

func TestAMessageIsSaidOnceUnderItsID(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	req := o.text("你好")
	first := must[wire.Message](t)(o.flow.Say(t.Context(), asDriver(o.wang), th.ID, req))
	o.restart()
	again := must[wire.Message](t)(o.flow.Say(t.Context(), asDriver(o.wang), th.ID, req))
	same(t, "the message said again", again, first)
	other := req
	other.Text = "再见"
	for name, try := range map[string]func() error{
		"another text":   func() error { _, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, other); return err },
		"another sender": func() error { _, err := o.flow.Say(t.Context(), asStaff(o.anna), th.ID, req); return err },
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, try(), wire.ProblemKeyReused) })
	}
	// Also after the conversation is over, and without opening it again.
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	again = must[wire.Message](t)(o.flow.Say(t.Context(), asDriver(o.wang), th.ID, req))
	same(t, "the message said again after the end", again, first)
	if s := o.snapshot(th.ID).Thread.State; s != wire.ThreadClosed {
		t.Errorf("a repeat left it %s", s)
	}
}

func TestARefusedStepLeavesNothing(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	before, events := o.snapshot(th.ID), len(o.news)
	o.phoneOn(o.wang, false)
	// The last statement of the transaction fails, as when the process dies
	// just before its commit.
	o.admin("ALTER TABLE outbox ADD CONSTRAINT no_more CHECK (seq <= 3 OR channel NOT LIKE 'support/%')")
	if _, err := o.flow.Say(t.Context(), asStaff(o.anna), th.ID, o.text("不会留下")); err == nil {
		t.Fatal("it was said without its events")
	}
	o.admin("ALTER TABLE outbox DROP CONSTRAINT no_more")
	o.restart()
	same(t, "the conversation", o.snapshot(th.ID), before)
	if due := o.rows("SELECT COUNT(*) FROM notice"); due != 0 || len(o.news) != events {
		t.Errorf("%d notices and %d events were left", due, len(o.news)-events)
	}
	o.say(asStaff(o.anna), th.ID, "现在可以")
}

func TestWordsAreJudgedAndRefusalsOnRecord(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	settings := must[wire.SupportSettings](t)(o.flow.SupportSettings(t.Context(), o.station))
	settings.Blocked = []string{"红烧肉"}
	must[wire.SupportSettings](t)(o.flow.SetSupport(t.Context(), o.boss, o.key(), settings))
	for _, words := range []string{"提供 银行卡-密码", "我要红 烧 肉"} {
		_, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, o.text(words))
		wantProblem(t, err, wire.ProblemContentRefused)
		_, err = o.flow.Say(t.Context(), asStaff(o.anna), th.ID, o.text(words))
		wantProblem(t, err, wire.ProblemContentRefused)
	}
	found := must[[]audit.Entry](t)(audit.Find(t.Context(), o.db, audit.Query{Action: "chat.refused", Limit: 10}))
	if len(found) != 4 || found[0].ObjectID != th.ID.String() {
		t.Fatalf("%d refusals are on record: %+v", len(found), found)
	}
	for _, e := range found {
		if strings.Contains(e.Note, "肉") || strings.Contains(e.Note, "密码") || e.Result != string(wire.ProblemContentRefused) {
			t.Errorf("on record: %+v", e)
		}
	}
	o.count(th.ID, 2)
}

func TestRatesAreBounded(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	for i := range 20 {
		if _, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, o.text("喂")); err != nil {
			t.Fatalf("message %d: %v", i+1, err)
		}
	}
	_, err := o.flow.Say(t.Context(), asDriver(o.wang), th.ID, o.text("喂"))
	wantProblem(t, err, wire.ProblemTooMany)
	o.later(4 * time.Second)
	o.say(asDriver(o.wang), th.ID, "喂")
	for range 9 {
		must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
		th = o.open(o.wang)
	}
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asDriver(o.wang), id.Command{}, th.ID))
	_, err = o.flow.OpenThread(t.Context(), o.wang, wire.OpenThread{Station: o.station})
	wantProblem(t, err, wire.ProblemTooMany)
}

func TestStrangersHearNothing(t *testing.T) {
	o := newOffice(t)
	th := o.opened()
	other := o.driver("13900000002")
	cashier := o.hire("2001", wire.RoleCashier)
	abroad := o.ben
	abroad.Station = id.New[id.Station](o.ids)
	for name, c := range map[string]struct {
		who  func() error
		want wire.ProblemType
	}{
		"another driver reads":   {func() error { _, err := o.flow.Messages(t.Context(), asDriver(other), th.ID, 0, 0); return err }, wire.ProblemNotFound},
		"another driver speaks":  {func() error { _, err := o.flow.Say(t.Context(), asDriver(other), th.ID, o.text("嘿")); return err }, wire.ProblemNotFound},
		"a cashier speaks":       {func() error { _, err := o.flow.Say(t.Context(), asStaff(cashier), th.ID, o.text("嘿")); return err }, wire.ProblemForbidden},
		"another agent speaks":   {func() error { _, err := o.flow.Say(t.Context(), asStaff(o.ben), th.ID, o.text("嘿")); return err }, wire.ProblemThreadTaken},
		"another agent reads":    {func() error { _, err := o.flow.Messages(t.Context(), asStaff(o.ben), th.ID, 0, 0); return err }, wire.ProblemNotYourThread},
		"another station speaks": {func() error { _, err := o.flow.Say(t.Context(), asStaff(abroad), th.ID, o.text("嘿")); return err }, wire.ProblemNotFound},
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, c.who(), c.want) })
	}
	for name, who := range map[string]flow.Speaker{"another driver": asDriver(other), "another agent": asStaff(o.ben), "nobody": {}} {
		if must[bool](t)(o.flow.MayFollow(t.Context(), who, th.ID)) {
			t.Errorf("%s may follow", name)
		}
	}
	if !must[bool](t)(o.flow.MayFollow(t.Context(), asStaff(o.anna), th.ID)) || !must[bool](t)(o.flow.MayFollow(t.Context(), asDriver(o.wang), th.ID)) {
		t.Error("the parties may not follow")
	}
}
