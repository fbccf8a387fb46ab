package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// chatOf is the support page on the screen.
func chatOf(t *testing.T, c *lookbook.Counter) *desk.Chat {
	t.Helper()
	screen := c.State.Screen()
	if screen.Page != desk.PageSupport || screen.Chat == nil {
		t.Fatalf("page %s, chat %v", screen.Page, screen.Chat)
	}
	return screen.Chat
}

// talkOf is the open conversation on the screen.
func talkOf(t *testing.T, c *lookbook.Counter) *desk.Conversation {
	t.Helper()
	open := chatOf(t, c).Open
	if open == nil {
		t.Fatal("no conversation is open")
	}
	return open
}

// last is the last bubble of the open conversation.
func last(t *testing.T, c *lookbook.Counter) desk.Bubble {
	t.Helper()
	list := talkOf(t, c).Bubbles
	if len(list) == 0 {
		t.Fatal("no bubbles")
	}
	return list[len(list)-1]
}

func effects[E desk.Effect](c *lookbook.Counter) (out []E) {
	for _, e := range c.Effects {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// recorded lists the event log's lines that begin with a word.
func recorded(c *lookbook.Counter, what string) (out []desk.Record) {
	for _, r := range effects[desk.Record](c) {
		if r.What == what {
			out = append(out, r)
		}
	}
	return out
}

func agent() *lookbook.Counter { return lookbook.NewCounter(desk.Prefs{}, wire.RoleAgent) }

func TestSupportPageIsForThoseWhoAnswer(t *testing.T) {
	for role, want := range map[wire.Role]struct {
		offered bool
		first   desk.Page
	}{
		wire.RoleAgent: {true, desk.PageSupport}, wire.RoleHead: {true, desk.PageBoard}, wire.RoleCashier: {false, desk.PageBoard},
	} {
		c := lookbook.NewCounter(desk.Prefs{}, role)
		if got := c.State.Screen().Page; got != want.first {
			t.Errorf("%s begins on %s", role, got)
		}
		offered := slices.ContainsFunc(c.State.Screen().Rail, func(i desk.RailItem) bool { return i.Page == desk.PageSupport })
		c.Do(desk.GoTo{Page: desk.PageSupport})
		if got := c.State.Screen().Chat != nil; offered != want.offered || got != want.offered {
			t.Errorf("%s: in the rail %v, opened %v", role, offered, got)
		}
		if badge := c.State.Screen().Header.Support.Text; (badge != "") != want.offered {
			t.Errorf("%s: header says %q", role, badge)
		}
	}
}

func TestListsAndTheirOrder(t *testing.T) {
	c := agent()
	groups := chatOf(t, c).Groups
	var titles []string
	for _, g := range groups {
		titles = append(titles, g.Title+" "+g.Count)
	}
	if want := []string{"等待接待 3", "我的会话 3", "其他客服 2", "已结束 2"}; !slices.Equal(titles, want) {
		t.Errorf("%v", titles)
	}
	first := groups[0].Rows[0]
	if first.Who != "李** · M000207" || first.When != "等 6 分钟" || first.Tone != desk.ToneBad || !first.Online || first.Line == "" {
		t.Errorf("who waits longest: %+v", first)
	}
	if second := groups[0].Rows[1]; second.Who != "M000311" || second.Tone != desk.ToneWarn {
		t.Errorf("a member without a name: %+v", second)
	}
	if groups[0].Rows[2].When != "刚刚" || groups[1].Rows[0].When != "07:03" || groups[1].Rows[0].Badge != "1" {
		t.Errorf("%+v %+v", groups[0].Rows[2], groups[1].Rows[0])
	}
	if !groups[3].Folded {
		t.Error("the closed ones begin folded")
	}
	c.Do(desk.ChatFold{Group: 3}, desk.ChatFold{Group: 9}, desk.ChatFold{Group: -1})
	if chatOf(t, c).Groups[3].Folded {
		t.Error("not opened")
	}
	if head := c.State.Screen().Header.Support; head.Text != "客服 6" || head.Figure != "6" {
		t.Errorf("three wait and three messages are not read: %+v", head)
	}
}

func TestConversationIsFollowedOnlyWhileItIsOnes(t *testing.T) {
	c := agent()
	c.Effects = nil
	c.Do(desk.ChatChoose{Thread: c.Waiting[0].Thread.ID})
	if got := effects[desk.Follow](c); len(got) != 0 {
		t.Errorf("followed a conversation that nobody has taken: %v", got)
	}
	open := talkOf(t, c)
	if open.Take.Hidden || !open.Take.On || open.Composer.On || open.Composer.Why == "" || len(open.Bubbles) != 1 || !strings.Contains(open.State, "等 6 分钟") {
		t.Errorf("%+v", open)
	}
	c.Do(desk.Press{Key: desk.KeyF2})
	if got := sent(c.Stage); len(got) != 1 || got[0].Kind != desk.CommandTake || got[0].Thread != c.Waiting[0].Thread.ID {
		t.Fatalf("F2 sent %+v", got)
	}
	c.Change(c.Waiting[0], func(k *wire.Case) {
		k.Thread.State, k.Thread.Agent, k.Thread.AgentName = wire.ThreadActive, c.Me.Staff, "客服 4001"
	})
	want := wire.Chat(c.Waiting[0].Thread.ID)
	if got := effects[desk.Follow](c); len(got) != 1 || got[0].Channel != want {
		t.Errorf("after taking it: %v", got)
	}
	if got := effects[desk.FetchCard](c); len(got) != 1 {
		t.Errorf("the member was asked for %d times", len(got))
	}
	c.Snap(c.Waiting[0])
	if open := talkOf(t, c); !open.Composer.On || len(open.Bubbles) != 2 || open.Bubbles[0].Text != "您好，客服马上为您服务（预计等待 2 分钟）" {
		t.Errorf("%+v", open)
	}
	c.Effects = nil
	c.Change(c.Waiting[0], func(k *wire.Case) { k.Thread.Agent, k.Thread.AgentName = c.Agents[1].Staff, "客服 4002" })
	if got := effects[desk.Unfollow](c); len(got) != 1 || got[0].Channel != want {
		t.Errorf("after it was given away: %v", got)
	}
	if open := talkOf(t, c); open.Composer.On || open.Composer.Why != "由 客服 4002 接待" || len(open.Bubbles) > 1 {
		t.Errorf("what another has is still shown: %+v", open)
	}
	if !strings.Contains(said(c.Stage), "不再由您接待") {
		t.Errorf("said %q", said(c.Stage))
	}
}

func TestAtMostEightConversationsAreFollowed(t *testing.T) {
	c := agent()
	followed := map[wire.Channel]bool{}
	for i := range 12 {
		k := c.Case("钱**", fmt.Sprint("M0009", i), wire.ThreadActive, &c.Agents[0], time.Minute, "你好")
		c.Change(k, func(*wire.Case) {})
		c.Effects = nil
		c.Open(k)
		for _, e := range effects[desk.Follow](c) {
			followed[e.Channel] = true
		}
		for _, e := range effects[desk.Unfollow](c) {
			delete(followed, e.Channel)
		}
		if len(followed) > 8 || !followed[wire.Chat(k.Thread.ID)] {
			t.Fatalf("after %d: %d followed", i+1, len(followed))
		}
	}
	if len(followed) != 8 {
		t.Errorf("%d are followed", len(followed))
	}
}

func TestRefusedConversationShowsNothing(t *testing.T) {
	c := agent()
	c.Open(c.Mine[0])
	c.Says(c.Mine[0], wire.Message{Kind: wire.MessageText, Text: "secret"})
	c.Refuses(c.Mine[0])
	if open := talkOf(t, c); len(open.Bubbles) != 0 || open.Stale != "这不是您的会话" {
		t.Errorf("%+v", open)
	}
}

func TestSupportPageSpeaksEnglishToo(t *testing.T) {
	c := lookbook.NewCounter(desk.Prefs{Lang: desk.English}, wire.RoleAgent)
	c.Open(c.Mine[0])
	if g := chatOf(t, c).Groups[0]; g.Title != "Waiting" || g.Rows[0].When != "6 min" {
		t.Errorf("%+v", g)
	}
	if b := talkOf(t, c).Bubbles[0]; b.Day != "Today" || !strings.Contains(b.Text, "expected wait 2 min") {
		t.Errorf("%+v", b)
	}
	if got := c.State.Screen().Header.Support.Text; got != "Support 5" {
		t.Errorf("header %q", got)
	}
}

func TestOlderMessagesAreLoadedByPages(t *testing.T) {
	c := agent()
	k := c.Mine[0]
	for range 120 {
		c.Says(k, wire.Message{Kind: wire.MessageText, Text: "1"})
	}
	c.Open(k)
	if open := talkOf(t, c); len(open.Bubbles) != wire.MaxMessagesInSnap || open.Older.Hidden || !open.Older.On {
		t.Fatalf("%d bubbles, %+v", len(open.Bubbles), open.Older)
	}
	c.Effects = nil
	c.Do(desk.ChatOlder{}, desk.ChatOlder{})
	asked := effects[desk.FetchMessages](c)
	if len(asked) != 1 || asked[0].Before != 73 || !talkOf(t, c).Older.Busy {
		t.Fatalf("asked %+v", asked)
	}
	c.Do(desk.ChatOlderLoaded{Thread: k.Thread.ID, Problem: wire.NewProblem(wire.ProblemStorage, "")})
	if older := talkOf(t, c).Older; !older.On || older.Hint == "" {
		t.Errorf("after a failure: %+v", older)
	}
	c.Do(desk.ChatOlder{}, desk.ChatOlderLoaded{Thread: k.Thread.ID, List: c.Older(k, 73, 100)})
	if open := talkOf(t, c); len(open.Bubbles) != 122 || !open.Older.Hidden {
		t.Errorf("%d bubbles, %+v", len(open.Bubbles), open.Older)
	}
	var zero id.Message
	for _, b := range talkOf(t, c).Bubbles {
		if b.ID == zero {
			t.Error("a message without an id")
		}
	}
}
