package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

func TestNewMessagesAndWaitingDriversAreHeard(t *testing.T) {
	for name, test := range map[string]struct {
		prefs  desk.Prefs
		play   func(*lookbook.Counter)
		sounds int
		toast  string
	}{
		"a message elsewhere": {play: func(c *lookbook.Counter) {
			c.Open(c.Mine[1])
			c.Effects = nil
			c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "在吗"})
		}, sounds: 1, toast: "王** · M000123 发来新消息"},
		"a message in view": {play: func(c *lookbook.Counter) {
			c.Open(c.Mine[0])
			c.Effects = nil
			c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "在吗"})
		}},
		"a message in the open conversation while on another page": {play: func(c *lookbook.Counter) {
			c.Open(c.Mine[0])
			c.Do(desk.GoTo{Page: desk.PageBoard})
			c.Effects = nil
			c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "在吗"})
		}, sounds: 1, toast: "发来新消息"},
		"somebody else's": {play: func(c *lookbook.Counter) {
			c.Says(c.Others[0], wire.Message{Kind: wire.MessageText, Text: "在吗"})
		}},
		"a driver who waits": {play: func(c *lookbook.Counter) {
			c.Change(c.Case("何**", "M000777", wire.ThreadWaiting, nil, 0, "你好"), func(*wire.Case) {})
		}, sounds: 1, toast: "何** · M000777 等待接待"},
		"given to me": {play: func(c *lookbook.Counter) {
			c.Change(c.Others[0], func(k *wire.Case) { k.Thread.Agent = c.Me.Staff })
		}, sounds: 1, toast: "发来新消息"},
		"my own answer": {play: func(c *lookbook.Counter) {
			c.Says(c.Mine[0], wire.Message{From: wire.PartyAgent, Kind: wire.MessageText, Text: "您好"})
		}},
		"muted": {prefs: desk.Prefs{Muted: []desk.Sound{desk.SoundMessage}}, play: func(c *lookbook.Counter) {
			c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "在吗"})
		}, toast: "发来新消息"},
		"what had come while the line was down": {play: func(c *lookbook.Counter) {
			c.Mine[0] = c.Now(c.Mine[0])
			c.Says(c.Mine[1], wire.Message{Kind: wire.MessageText, Text: "1"})
			c.Wait(10 * time.Second)
			c.Effects = nil
			c.List()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := lookbook.NewCounter(test.prefs, wire.RoleAgent)
			if got := played(c.Stage); len(got) != 0 {
				t.Fatalf("signing in played %v", got)
			}
			c.Effects = nil
			test.play(c)
			if got := played(c.Stage); len(got) != test.sounds || len(got) > 0 && got[0] != desk.SoundMessage {
				t.Errorf("played %v", got)
			}
			if got := said(c.Stage); !strings.Contains(got, test.toast) || test.toast == "" && got != "" {
				t.Errorf("said %q", got)
			}
		})
	}
}

func TestBadgeGoesWithWhatIsInView(t *testing.T) {
	c := agent()
	badge := func() string {
		for _, i := range c.State.Screen().Rail {
			if i.Page == desk.PageSupport {
				return i.Badge
			}
		}
		return "none"
	}
	if badge() != "6" {
		t.Errorf("badge %q", badge())
	}
	c.Open(c.Mine[0])
	if badge() != "5" {
		t.Errorf("with a conversation in view: badge %q", badge())
	}
	c.Do(desk.GoTo{Page: desk.PageSales})
	if badge() != "6" || c.State.Screen().Header.Support.Text != "客服 6" {
		t.Errorf("on another page: badge %q", badge())
	}
}

func TestReadMarksAreSentOnlyForWhatIsInView(t *testing.T) {
	c := agent()
	c.Effects = nil
	c.Wait(time.Second)
	c.Open(c.Mine[0])
	marks := effects[desk.MarkRead](c)
	if len(marks) != 1 || marks[0].Thread != c.Mine[0].Thread.ID || marks[0].N != 2 {
		t.Fatalf("marks %+v", marks)
	}
	c.Effects = nil
	for range 10 { // ten messages in two seconds
		c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "1"})
		c.Wait(200 * time.Millisecond)
	}
	if got := effects[desk.MarkRead](c); len(got) < 2 || len(got) > 3 {
		t.Errorf("%d marks in two seconds", len(got))
	}
	c.Reads(c.Mine[0], wire.PartyAgent)
	c.Effects = nil
	c.Wait(20 * time.Second)
	if got := effects[desk.MarkRead](c); len(got) != 0 {
		t.Errorf("marked what was read: %v", got)
	}
	c.Do(desk.GoTo{Page: desk.PageBoard})
	c.Beat()
	c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "2"})
	c.Wait(3 * time.Second)
	if got := effects[desk.MarkRead](c); len(got) != 0 {
		t.Errorf("marked what nobody saw: %v", got)
	}
}

func TestTypingIsToldAtMostEveryTwoSecondsWhileItGrows(t *testing.T) {
	c := agent()
	c.Open(c.Mine[0])
	c.Effects = nil
	text := ""
	for range 30 { // three seconds of writing
		text += "好"
		c.Do(desk.ChatDraft{Text: text})
		c.Wait(100 * time.Millisecond)
	}
	if got := effects[desk.SayTyping](c); len(got) != 2 || got[0].Thread != c.Mine[0].Thread.ID {
		t.Errorf("told %d times", len(got))
	}
	c.Beat()
	c.Effects = nil
	c.Do(desk.ChatDraft{Text: text[:3]}, desk.ChatDraft{Text: ""}, desk.ChatDraft{Text: "/b"})
	if got := effects[desk.SayTyping](c); len(got) != 0 {
		t.Errorf("taking away, and looking for a reply, is not writing: %v", got)
	}
	c.Writes(c.Mine[0])
	if talkOf(t, c).Typing == "" {
		t.Error("the driver writes")
	}
	c.Wait(5 * time.Second)
	c.Beat()
	if talkOf(t, c).Typing != "" {
		t.Error("and has stopped")
	}
}

func TestTypingRepaintsNothing(t *testing.T) {
	c := agent()
	c.Open(c.Mine[0])
	c.Do(desk.ChatDraft{Text: "您"})
	before := talkOf(t, c).Composer
	c.Do(desk.ChatDraft{Text: "您好"}, desk.ChatDraft{Text: "您好，"})
	if after := talkOf(t, c).Composer; after != before {
		t.Errorf("the widget's own text came back: %+v, before %+v", after, before)
	}
}

func TestDraftsSurviveSwitching(t *testing.T) {
	c := agent()
	c.Open(c.Mine[0])
	c.Do(desk.ChatDraft{Text: "您好，我"})
	c.Open(c.Mine[1])
	first := talkOf(t, c).Composer
	if first.Draft != "" {
		t.Errorf("another's draft: %q", first.Draft)
	}
	c.Do(desk.GoTo{Page: desk.PageBoard}, desk.GoTo{Page: desk.PageSupport}, desk.ChatChoose{Thread: c.Mine[0].Thread.ID})
	if got := talkOf(t, c).Composer; got.Draft != "您好，我" || got.Revision == first.Revision || !got.Send.On {
		t.Errorf("%+v", got)
	}
}
