package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestS056TutorialIsFoundByItsCodeAndSentWithPictures(t *testing.T) {
	c := talk()
	c.Do(desk.ChatType{Text: "/"})
	p := chatOf(t, c).Picker
	if p == nil || p.Own || len(p.Rows) != 3 || !p.Rows[0].Chosen || p.Rows[1].Pictures != "2 图" || p.Rows[1].Keys != "bdcl" {
		t.Fatalf("%+v", p)
	}
	c.Do(desk.ChatDraft{Text: "/bd"})
	if p := chatOf(t, c).Picker; len(p.Rows) != 1 || p.Rows[0].Title != "绑定车辆" || p.Search != "bd" {
		t.Fatalf("%+v", p)
	}
	c.Effects = nil
	c.Do(desk.ChatSend{Text: "/bd"})
	l := c.Letters()
	if len(l) != 1 || l[0].Say.Kind != wire.MessageTutorial || l[0].Say.Canned != c.Canned[1].ID || l[0].Say.Text != "" {
		t.Fatalf("%+v", l)
	}
	if talkOf(t, c).Composer.Draft != "" || chatOf(t, c).Picker != nil {
		t.Error("the slash stayed")
	}
	check := func(when string) {
		t.Helper()
		b := last(t, c)
		if b.Kind != wire.MessageTutorial || b.Text != "绑定车辆" || len(b.Parts) != 4 || b.Parts[1].Picture == nil || !strings.HasPrefix(b.Parts[0].Text, "第一步") {
			t.Errorf("%s: %+v", when, b)
		}
	}
	check("on its way")
	c.Shows(c.Take(l[0]))
	check("delivered")
	if got := effects[desk.FetchImage](c); len(got) != 2 {
		t.Errorf("its pictures were asked for %d times", len(got))
	}
}

func TestRepliesAreNarrowedByCodeTitleAndText(t *testing.T) {
	for search, want := range map[string]string{
		"": "开发票 绑定车辆 营业时间", "kf": "开发票", "KF": "开发票", "车": "绑定车辆", "24 小时": "营业时间", "y": "营业时间", "zzz": "", "保存": "绑定车辆",
	} {
		c := talk()
		c.Do(desk.ChatOpenCanned{}, desk.ChatSearch{Text: search})
		p := chatOf(t, c).Picker
		var titles []string
		for _, r := range p.Rows {
			titles = append(titles, r.Title)
		}
		if got := strings.Join(titles, " "); got != want || (want == "") != (p.Empty != "") || !p.Own {
			t.Errorf("%q found %q, empty says %q", search, got, p.Empty)
		}
	}
	c := talk()
	c.Do(desk.ChatDraft{Text: "/zzz"}, desk.ChatSend{Text: "/zzz"})
	if len(c.Letters()) != 0 {
		t.Error("a slash that finds nothing was sent to the driver")
	}
	c.Do(desk.Press{Key: desk.KeyEscape})
	if chatOf(t, c).Picker != nil || talkOf(t, c).Composer.Draft != "" {
		t.Error("Escape leaves the slash")
	}
	c.Do(desk.ChatDraft{Text: "草稿"}, desk.ChatOpenCanned{}, desk.Press{Key: desk.KeyDown}, desk.Press{Key: desk.KeyDown}, desk.Press{Key: desk.KeyDown}, desk.Press{Key: desk.KeyEnter})
	if l := c.Letters(); len(l) != 1 || l[0].Say.Kind != wire.MessageText || !strings.HasPrefix(l[0].Say.Text, "本站 24 小时") {
		t.Errorf("a sentence goes as a text: %+v", l)
	}
	c.Open(c.Mine[1])
	c.Open(c.Mine[0])
	if got := talkOf(t, c).Composer.Draft; got != "草稿" {
		t.Errorf("a reply took the draft along: %q", got)
	}
}

func TestKeysOfTheSupportPage(t *testing.T) {
	c := agent()
	chosen := func() id.Thread {
		if open := chatOf(t, c).Open; open != nil {
			return open.Thread
		}
		return id.Thread{}
	}
	do := func(keys string) {
		for _, k := range strings.Fields(keys) {
			key, alt := strings.CutPrefix(k, "alt+")
			c.Do(desk.Press{Key: desk.Key(key), Alt: alt})
		}
	}
	for _, step := range []struct {
		keys string
		want id.Thread
	}{
		{"down", c.Waiting[0].Thread.ID},
		{"down down down", c.Mine[0].Thread.ID},
		{"up", c.Waiting[2].Thread.ID},
		{"ctrl+5", c.Mine[1].Thread.ID},
		{"ctrl+9", c.Mine[1].Thread.ID}, // there are six rows; the others are folded
		{"F5", c.Waiting[0].Thread.ID},
		{"escape", id.Thread{}},
		{"up", c.Mine[2].Thread.ID},
		{"down", c.Mine[2].Thread.ID},
	} {
		do(step.keys)
		if chosen() != step.want {
			t.Errorf("after %q: %v", step.keys, chosen())
		}
	}
	c.Snap(c.Mine[2])
	c.Effects = nil
	do("1 2 . 5")
	if got := talkOf(t, c).Composer.Draft; got != "12.5" || c.State.Screen().Panel.Title != "请选择油枪" {
		t.Errorf("digits went to %q", got)
	}
	do("up")
	if chosen() != c.Mine[2].Thread.ID {
		t.Error("an arrow left a draft behind")
	}
	do("alt+up")
	if chosen() != c.Mine[1].Thread.ID {
		t.Error("Alt and an arrow did not")
	}
	do("alt+down back back F8 F9 F10 F1")
	if got := talkOf(t, c).Composer.Draft; got != "12" || len(sent(c.Stage)) != 0 {
		t.Errorf("%q, sent %v", got, sent(c.Stage))
	}
	do("enter")
	if l := c.Letters(); len(l) != 1 || l[0].Say.Text != "12" {
		t.Errorf("%+v", l)
	}
	do("F6")
	if len(effects[desk.PickPicture](c)) != 1 {
		t.Error("F6 asks for no picture")
	}
	do("F4")
	if got := sent(c.Stage); len(got) != 1 || got[0].Kind != desk.CommandClose {
		t.Errorf("F4 sent %+v", got)
	}
}

func TestConversationIsGivenAway(t *testing.T) {
	c := talk()
	c.Do(desk.Press{Key: desk.KeyF3})
	form := chatOf(t, c).Transfer
	var rows []string
	for _, a := range form.Agents {
		rows = append(rows, fmt.Sprintf("%s|%s|%v", a.Name, a.State, a.On))
	}
	want := []string{"客服 4002 · 刘洋|在线 · 进行中 2|true", "客服 4003 · 马兰|在线 · 暂停接待 · 进行中 0|true", "客服 4004 · 杨帆|离线|false"}
	if !slices.Equal(rows, want) || !form.Agents[0].Chosen {
		t.Errorf("%q", rows)
	}
	c.Do(desk.ChatTransfer{To: c.Agents[3].Staff})
	if got := sent(c.Stage); len(got) != 0 {
		t.Errorf("given to somebody who is not there: %+v", got)
	}
	c.Do(desk.ChatTransfer{To: c.Agents[1].Staff, Note: strings.Repeat("长", wire.MaxNoteRunes+1)})
	if got := sent(c.Stage); len(got) != 0 || !strings.Contains(said(c.Stage), "200") {
		t.Errorf("a long note: %+v, %q", got, said(c.Stage))
	}
	c.Do(desk.ChatTransfer{To: c.Agents[1].Staff, Note: " 问发票 "})
	got := sent(c.Stage)
	if len(got) != 1 || got[0].Kind != desk.CommandTransfer || *got[0].Transfer != (wire.TransferRequest{To: c.Agents[1].Staff, Note: "问发票"}) {
		t.Fatalf("%+v", got)
	}
	if chatOf(t, c).Transfer != nil {
		t.Error("the form stayed open")
	}
	c.Change(c.Mine[0], func(k *wire.Case) { k.Thread.Agent, k.Note = c.Agents[1].Staff, "问发票" })
	if strings.Contains(said(c.Stage), "不再由您接待") {
		t.Errorf("told what one has done oneself: %q", said(c.Stage))
	}
	if note := talkOf(t, c).Note; note != "转接说明：问发票" {
		t.Errorf("note %q", note)
	}
	c.Open(c.Mine[1])
	c.Effects = nil
	c.Do(desk.ChatOpenTransfer{}, desk.ChatTransfer{})
	if got := sent(c.Stage); len(got) != 1 || !got[0].Transfer.To.IsZero() {
		t.Errorf("back into the queue: %+v", got)
	}
}

func TestDutyIsSwitched(t *testing.T) {
	c := agent()
	if chat := chatOf(t, c); !chat.OnDuty || chat.Duty.Label != "接待中" || !chat.Duty.On {
		t.Errorf("%+v", chat.Duty)
	}
	c.Effects = nil
	c.Do(desk.ChatDuty{}, desk.ChatDuty{})
	if got := sent(c.Stage); len(got) != 1 || got[0].Duty.OnDuty || !chatOf(t, c).Duty.Busy {
		t.Errorf("%+v", got)
	}
}

func TestClosedConversationShowsItsRatingAndIsReopened(t *testing.T) {
	c := agent()
	c.Open(c.Closed[0])
	open := talkOf(t, c)
	if open.Rating != "★★★★★ 很耐心" || open.Composer.On || open.Reopen.Hidden || !open.Close.Hidden || len(open.Bubbles) != 2 {
		t.Errorf("%+v", open)
	}
	c.Effects = nil
	c.Do(desk.Press{Key: desk.KeyF4})
	if got := sent(c.Stage); len(got) != 1 || got[0].Kind != desk.CommandReopen {
		t.Errorf("%+v", got)
	}
}
