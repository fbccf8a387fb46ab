package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// talk is an agent in their first conversation.
func talk() *lookbook.Counter {
	c := agent()
	c.Open(c.Mine[0])
	c.Effects = nil
	return c
}

func TestS055TextGoesThroughItsStates(t *testing.T) {
	c := talk()
	c.Do(desk.ChatDraft{Text: "您好"}, desk.ChatSend{Text: "  您好 "})
	letters := c.Letters()
	if len(letters) != 1 || letters[0].Say.Text != "您好" || letters[0].Say.ID.IsZero() || letters[0].Key != id.Command(letters[0].Say.ID) || letters[0].Staff != "4001" {
		t.Fatalf("%+v", letters)
	}
	status := func(want string) desk.Bubble {
		t.Helper()
		b := last(t, c)
		if b.ID != letters[0].Say.ID || !b.Mine || b.Text != "您好" || b.Status != want {
			t.Errorf("want %q: %+v", want, b)
		}
		return b
	}
	status("发送中")
	if got := talkOf(t, c).Composer; got.Draft != "" || got.Send.On {
		t.Errorf("after sending: %+v", got)
	}
	c.Do(desk.Sent{Command: letters[0]}, desk.Unknown{Command: letters[0]})
	if b := status("发送中"); b.Tone != desk.ToneWarn {
		t.Errorf("waiting for an answer: %+v", b)
	}
	said := c.Take(letters[0])
	status("已送达")
	c.Do(desk.Sent{Command: letters[0]}, desk.Unknown{Command: letters[0]}) // late
	status("已送达")
	c.Shows(said)
	status("已送达")
	c.Reads(c.Mine[0], wire.PartyDriver)
	status("已读")
	if got := recorded(c, "message delivered"); len(got) != 1 {
		t.Errorf("the event log says %d times that it was delivered", len(got))
	}
	if got := recorded(c, "message sent"); len(got) == 0 {
		t.Error("the event log does not say that it was sent")
	}
}

func TestMessageWhoseAnswerWasLostIsDeliveredByTheNewsOfIt(t *testing.T) {
	c := talk()
	c.Do(desk.ChatSend{Text: "您好"})
	l := c.Letters()[0]
	c.Do(desk.Sent{Command: l}, desk.Unknown{Command: l})
	c.Says(c.Mine[0], wire.Message{ID: l.Say.ID, From: wire.PartyAgent, Agent: "客服 4001", Kind: wire.MessageText, Text: "您好"})
	if b := last(t, c); b.Status != "已送达" || len(recorded(c, "message delivered")) != 1 {
		t.Errorf("%+v", b)
	}
	count := len(talkOf(t, c).Bubbles)
	c.Do(desk.Answered{Command: l, Message: &wire.Message{ID: l.Say.ID}}, desk.Unknown{Command: l}, desk.Sent{Command: l})
	if got := len(talkOf(t, c).Bubbles); got != count || len(recorded(c, "message delivered")) != 1 || len(recorded(c, "message sent")) != 1 {
		t.Errorf("%d bubbles, then %d", count, got)
	}
}

func TestRefusedMessageSaysWhyAndIsSentAgainUnderItsID(t *testing.T) {
	c := talk()
	c.Do(desk.ChatSend{Text: "加我微信"})
	l := c.Letters()[0]
	c.Do(desk.Sent{Command: l}, desk.Refused{Command: l, Problem: wire.NewProblem(wire.ProblemContentRefused, "")})
	b := last(t, c)
	if !b.Retry || b.Tone != desk.ToneBad || !strings.HasPrefix(b.Status, "未送达：内容包含") {
		t.Errorf("%+v", b)
	}
	c.Effects = nil
	c.Do(desk.ChatRetry{Message: b.ID}, desk.ChatRetry{Message: b.ID})
	again := c.Letters()
	if len(again) != 1 || again[0].Say.ID != l.Say.ID || last(t, c).Status != "发送中" {
		t.Errorf("%+v, %q", again, last(t, c).Status)
	}
	c.Do(desk.GivenUp{Command: again[0]})
	if b := last(t, c); !b.Retry || b.Status != "未送达：本机无法保存，或等待过久" {
		t.Errorf("given up: %+v", b)
	}
	c.Do(desk.GoTo{Page: desk.PageBoard}, desk.ChatRetry{Message: b.ID}, desk.GivenUp{Command: again[0]})
	if !strings.Contains(said(c.Stage), "未送达") {
		t.Errorf("on another page nobody hears of it: %q", said(c.Stage))
	}
}

func TestMessagesAreWrittenWhileTheHubIsAway(t *testing.T) {
	c := talk()
	c.Do(desk.Lost{Reason: "x"})
	c.Wait(10 * time.Second)
	c.Do(desk.ChatSend{Text: "稍等"})
	if len(c.Letters()) != 1 || last(t, c).Status != "发送中" || talkOf(t, c).Stale == "" {
		t.Errorf("%+v", last(t, c))
	}
	c.Do(desk.Press{Key: desk.KeyF4})
	if got := sent(c.Stage); len(got) != 0 || !strings.Contains(said(c.Stage), "连接中断") {
		t.Errorf("an act without a hub: %v, %q", got, said(c.Stage))
	}
}

func TestSavedMessagesComeBackAfterARestart(t *testing.T) {
	c := agent()
	m := id.New[id.Message](c.IDs)
	saved := desk.Command{
		Key: id.Command(m), Kind: desk.CommandSay, Thread: c.Mine[0].Thread.ID, Staff: "4001", At: c.At().Add(-time.Hour),
		Say:    &wire.SendRequest{ID: m, Kind: wire.MessagePicture},
		Upload: &desk.Upload{Name: "a.png", Data: []byte("\x89PNG\r\n\x1a\n")},
	}
	c.Do(desk.Sent{Command: saved}, desk.Unknown{Command: saved})
	c.Open(c.Mine[0])
	if b := last(t, c); b.ID != m || b.Image == nil || b.Image.Image == nil || !b.Uploading || b.Status != "上传中" {
		t.Errorf("%+v", b)
	}
}

func TestTextThatIsTooLongStaysInItsField(t *testing.T) {
	c := talk()
	long := strings.Repeat("好", wire.MaxTextRunes+1)
	before := talkOf(t, c).Composer.Revision
	c.Do(desk.ChatDraft{Text: long}, desk.ChatSend{Text: long})
	if got := talkOf(t, c).Composer; len(c.Letters()) != 0 || !strings.Contains(got.Problem, "1000") || got.Revision != before {
		t.Errorf("%+v", got)
	}
}
