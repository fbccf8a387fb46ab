package chat

import (
	"fmt"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"pgregory.net/rapid"
)

func message(n int) id.Message { return id.Message{byte(n >> 8), byte(n), 1} }

// onScreen is where a message's top lies in the window; false if it has no
// widget.
func (b *bench) onScreen(m id.Message) (float32, bool) {
	w := b.feed().live[m]
	if w == nil {
		return 0, false
	}
	return w.Position().Y - b.feed().scroll.Offset.Y, true
}

// wheel turns the mouse's wheel.
func (b *bench) wheel(dy float32) {
	b.feed().scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, dy)})
}

// inSight checks that every message that can be seen has a widget in its
// place that shows it, and that not many others have one.
func (b *bench) inSight(t interface{ Fatalf(string, ...any) }) {
	f := b.feed()
	top, bottom := f.scroll.Offset.Y, f.scroll.Offset.Y+f.scroll.Size().Height
	for _, it := range f.items {
		w := f.live[it.value.ID]
		if it.bottom() > top && it.top < bottom && w == nil {
			t.Fatalf("%q can be seen and has no widget", it.value.Text)
		}
		if w != nil && (w.Position().Y != it.top || w.value.Text != it.value.Text || w.Size().Width != f.Size().Width) {
			t.Fatalf("%q at %v is drawn as %q at %v", it.value.Text, it.top, w.value.Text, w.Position().Y)
		}
	}
	if len(f.live) > 60 {
		t.Fatalf("%d messages have widgets", len(f.live))
	}
	if f.scroll.Offset.Y > max(0, f.strip.tall-f.scroll.Size().Height)+1 {
		t.Fatalf("scrolled to %v of %v", f.scroll.Offset.Y, f.strip.tall)
	}
}

func TestFiveHundredMessagesCostWhatIsInSight(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(500) })
	b.inSight(t)
	made := map[*bubble]bool{}
	for range 400 {
		b.wheel(120)
		b.inSight(t)
		for _, w := range b.feed().live {
			made[w] = true
		}
	}
	if b.feed().scroll.Offset.Y != 0 {
		t.Fatalf("scrolled up to %v only", b.feed().scroll.Offset.Y)
	}
	if len(made) > 60 {
		t.Errorf("%d widgets were made for what can be seen", len(made))
	}
}

func TestOnlyWhatHasChangedIsLaidOutAgain(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(100) })
	before := make([]*plan, 100)
	for i, it := range b.feed().items {
		before[i] = it.plan
	}
	b.show(func(c *desk.Chat) {
		c.Open.Bubbles = lookbook.Long(101)
		c.Open.Bubbles[98].Status = "已读"
	})
	for i, it := range b.feed().items[:100] {
		if (it.plan == before[i]) == (i == 98) {
			t.Errorf("message %d: laid out again is %v", i, it.plan != before[i])
		}
	}
}

func TestTheReaderStaysWhereTheyRead(t *testing.T) {
	b := open(t, desk.Chinese)
	all := lookbook.Long(120)
	for i := range all[100:] {
		all[100+i].Mine = false // one's own message leads to the end
	}
	b.show(func(c *desk.Chat) { c.Open.Bubbles = all[40:100] })
	if !b.feed().atEnd() {
		t.Fatal("a conversation does not open at its end")
	}
	b.show(func(c *desk.Chat) { c.Open.Bubbles = all[40:101] })
	if !b.feed().atEnd() || b.feed().pill.Visible() {
		t.Error("at the end a new message is not followed")
	}
	b.wheel(600)
	reading := b.feed().items[b.feed().at(b.feed().scroll.Offset.Y)].value.ID
	at, _ := b.onScreen(reading)
	for _, c := range []struct {
		what  string
		shown []desk.Bubble
	}{
		{"new messages", all[40:104]}, {"older messages", all[20:104]}, {"both", all[:106]},
	} {
		b.show(func(chat *desk.Chat) { chat.Open.Bubbles = c.shown })
		if now, ok := b.onScreen(reading); !ok || now-at > 0.5 || at-now > 0.5 {
			t.Errorf("%s: what was read at %v is at %v", c.what, at, now)
		}
		b.inSight(t)
	}
	if got := b.feed().pill.Label(); !b.feed().pill.Visible() || got != "5 条新消息" {
		t.Errorf("the pill says %q, visible %v", got, b.feed().pill.Visible())
	}
	tap(b.feed().pill)
	if !b.feed().atEnd() || b.feed().pill.Visible() {
		t.Error("the pill does not lead to the end")
	}
}

func TestThePillCountsWhatOthersSaid(t *testing.T) {
	b := open(t, desk.Chinese)
	list := lookbook.Long(60)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = list })
	b.wheel(900)
	for n := range 3 {
		list = append(list, desk.Bubble{ID: message(1000 + n), Text: "新消息"})
		b.show(func(c *desk.Chat) { c.Open.Bubbles = list })
	}
	list = append(list, desk.Bubble{ID: message(2000), System: true, Text: "客服 4001 接待了会话"})
	b.show(func(c *desk.Chat) { c.Open.Bubbles = list })
	if got := b.feed().pill.Label(); got != "3 条新消息" {
		t.Errorf("the pill says %q", got)
	}
	list = append(list, desk.Bubble{ID: message(3000), Mine: true, Text: "马上"})
	b.show(func(c *desk.Chat) { c.Open.Bubbles = list })
	if !b.feed().atEnd() || b.feed().pill.Visible() {
		t.Error("one's own message is not shown")
	}
}

func TestAnotherConversationBeginsAnew(t *testing.T) {
	b := open(t, desk.Chinese)
	list := lookbook.Long(60)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = list })
	b.wheel(900)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = append(list, desk.Bubble{ID: message(1), Text: "新"}) })
	if !b.feed().pill.Visible() {
		t.Fatal("no pill")
	}
	b.show(func(c *desk.Chat) { c.Open.Thread, c.Open.Bubbles = id.Thread{7}, lookbook.Long(30)[:20] })
	if b.feed().pill.Visible() || !b.feed().atEnd() || len(b.feed().items) != 20 {
		t.Errorf("pill %v, at the end %v, %d messages", b.feed().pill.Visible(), b.feed().atEnd(), len(b.feed().items))
	}
	b.inSight(t)
}

func TestOlderMessagesAreAskedForAtTheTop(t *testing.T) {
	b := open(t, desk.Chinese)
	older := desk.Button{Label: "更早的消息", On: true}
	b.show(func(c *desk.Chat) { c.Open.Bubbles, c.Open.Older = lookbook.Long(60), older })
	b.take()
	b.wheel(1e6)
	b.wheel(-3)
	b.wheel(1e6)
	wantSent(t, "scrolling to the top", b.take(), desk.ChatOlder{})
	tap(b.feed().older)
	wantSent(t, "the button", b.take(), desk.ChatOlder{})
	b.show(func(c *desk.Chat) { c.Open.Older.Busy = true })
	tap(b.feed().older)
	b.wheel(1e6)
	wantSent(t, "while they come", b.take())
	b.show(func(c *desk.Chat) { c.Open.Older = desk.Button{Hidden: true} })
	b.wheel(1e6)
	wantSent(t, "when there are none", b.take())
	b.inSight(t)
}

func TestPagesByKey(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(80) })
	at := b.feed().scroll.Offset.Y
	b.talk.composer.area.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	if b.feed().scroll.Offset.Y >= at || b.feed().stuck {
		t.Errorf("a page up from %v leads to %v", at, b.feed().scroll.Offset.Y)
	}
	b.inSight(t)
	b.talk.composer.area.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	if b.feed().scroll.Offset.Y != at || !b.feed().stuck {
		t.Errorf("and down again to %v, want %v", b.feed().scroll.Offset.Y, at)
	}
}

// TestFeedKeepsItsPromises plays anything that can happen to a list.
func TestFeedKeepsItsPromises(t *testing.T) {
	b := open(t, desk.Chinese)
	rapid.Check(t, func(t *rapid.T) {
		all := lookbook.Long(300)
		from, to := 140, 160
		b.chat.Open.Thread = id.Thread{byte(rapid.IntRange(1, 250).Draw(t, "thread"))}
		show := func() { b.chat.Open.Bubbles = all[from:to]; b.Page.Set(b.chat) }
		show()
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { b.inSight(t) },
			"new": func(t *rapid.T) {
				stuck := b.feed().stuck
				to = min(len(all), to+rapid.IntRange(1, 9).Draw(t, "n"))
				show()
				if stuck && !b.feed().atEnd() {
					t.Fatal("what is new is not followed")
				}
			},
			"older":  func(t *rapid.T) { from = max(0, from-rapid.IntRange(1, 50).Draw(t, "n")); show() },
			"scroll": func(t *rapid.T) { b.wheel(float32(rapid.IntRange(-900, 900).Draw(t, "by"))) },
			"status": func(t *rapid.T) {
				all[rapid.IntRange(from, to-1).Draw(t, "which")].Status = rapid.SampledFrom([]string{"", "已读", "未送达"}).Draw(t, "status")
				all = append([]desk.Bubble(nil), all...)
				show()
			},
			"resize": func(t *rapid.T) {
				b.kit.window.Resize(fyne.NewSize(float32(rapid.IntRange(850, 1400).Draw(t, "w")), float32(rapid.IntRange(440, 800).Draw(t, "h"))))
			},
			"write": func(t *rapid.T) {
				b.talk.composer.area.SetText(fmt.Sprint(rapid.StringN(0, 200, -1).Draw(t, "text")))
			},
		})
	})
}

// BenchmarkRepaint is the page shown again as it is, five times a second, with
// 500 messages in the conversation.
func BenchmarkRepaint(b *testing.B) {
	p := open(b, desk.Chinese)
	p.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(500) })
	other := *p.chat
	again := *p.chat.Open
	again.Bubbles = append([]desk.Bubble(nil), again.Bubbles...)
	other.Open = &again
	b.ReportAllocs()
	for b.Loop() {
		p.Page.Set(&other)
	}
}

// BenchmarkNewMessage is one more message at the end of 500.
func BenchmarkNewMessage(b *testing.B) {
	p := open(b, desk.Chinese)
	list := lookbook.Long(500)
	lists := [2][]desk.Bubble{list[:499], list}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.show(func(c *desk.Chat) { c.Open.Bubbles = lists[i%2] })
	}
}

// BenchmarkScroll is one notch of the wheel among 500.
func BenchmarkScroll(b *testing.B) {
	p := open(b, desk.Chinese)
	p.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(500) })
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.wheel(float32(i/400%2*2-1) * -60)
	}
}

// BenchmarkOpen lays a conversation of 500 messages out.
func BenchmarkOpen(b *testing.B) {
	p := open(b, desk.Chinese)
	list := lookbook.Long(500)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.show(func(c *desk.Chat) { c.Open.Thread, c.Open.Bubbles = id.Thread{byte(i), byte(i >> 8), 1}, list })
	}
}
