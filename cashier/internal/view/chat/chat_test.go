package chat

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// bench is a page in a window, what it sent, and the keys it handed on.
type bench struct {
	*Page
	sent  []desk.Event
	keys  []fyne.KeyName
	chat  *desk.Chat
	held  []func() // work that was put off
	later bool     // puts it off; a picture takes its time
}

// open shows a support page in a window of the page's size at the floor.
func open(t testing.TB, lang desk.Lang) *bench {
	t.Helper()
	b := &bench{later: true, chat: lookbook.Support(desk.Prefs{Lang: lang}).Screen().Chat}
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	b.Page = New(Options{
		Palette: look.Palette, Lang: lang, Window: w,
		Send: func(e desk.Event) { b.sent = append(b.sent, e) },
		Keys: parts.Keys{
			Typed:    func(k *fyne.KeyEvent) { b.keys = append(b.keys, k.Name) },
			Down:     func(*fyne.KeyEvent) {},
			Up:       func(*fyne.KeyEvent) {},
			Shortcut: func(*desktop.CustomShortcut) bool { return false },
		},
		Work: func(work func()) {
			if b.later {
				b.held = append(b.held, work)
				return
			}
			work()
		},
	})
	w.SetContent(b.Page)
	b.Page.Set(b.chat)
	w.Resize(fyne.NewSize(1282, 684))
	return b
}

// show changes the page and shows it again.
func (b *bench) show(change func(*desk.Chat)) {
	change(b.chat)
	b.Page.Set(b.chat)
}

// take returns what was sent, and forgets it.
func (b *bench) take() []desk.Event {
	out := b.sent
	b.sent = nil
	return out
}

func (b *bench) feed() *feed { return b.Page.talk.feed }

// tap touches a widget in its middle.
func tap(o fyne.Tappable) {
	object := o.(fyne.CanvasObject)
	o.Tapped(&fyne.PointEvent{Position: fyne.NewPos(object.Size().Width/2, object.Size().Height/2)})
}

func wantSent(t *testing.T, what string, got []desk.Event, want ...desk.Event) {
	t.Helper()
	if len(got) != len(want) || !slices.Equal(got, want) {
		t.Errorf("%s sent %+v, want %+v", what, got, want)
	}
}

func TestEveryTouchSaysWhatItIs(t *testing.T) {
	b := open(t, desk.Chinese)
	row := b.queue.rows[0]
	tap(row)
	wantSent(t, "a row", b.take(), desk.ChatChoose{Thread: row.value.Thread})
	tap(b.queue.heads[1])
	wantSent(t, "a group's title", b.take(), desk.ChatFold{Group: 1})
	for what, c := range map[string]struct {
		button *parts.Button
		want   desk.Event
	}{
		"duty":    {b.queue.duty, desk.ChatDuty{}},
		"picture": {b.talk.composer.picture, desk.ChatAskPicture{}},
		"replies": {b.talk.composer.canned, desk.ChatOpenCanned{}},
		"voice":   {b.talk.composer.voice, desk.ChatRecord{}},
		"close":   {b.talk.head.acts[0], desk.ChatClose{}},
		"give":    {b.talk.head.acts[1], desk.ChatOpenTransfer{}},
	} {
		tap(c.button)
		wantSent(t, what, b.take(), c.want)
	}
	sale := b.chat.Side.Orders[1].Sale
	for _, o := range b.side.list.rows.Objects {
		if r, ok := o.(*orderRow); ok && r.value.Sale == sale {
			tap(r)
		}
	}
	wantSent(t, "a fuelling", b.take(), desk.ChatOrder{Sale: sale})
}

// written are the texts that a widget draws.
func written(o fyne.CanvasObject) (out []string) {
	switch o := o.(type) {
	case *canvas.Text:
		if o.Visible() {
			out = append(out, o.Text)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, written(child)...)
		}
	}
	return out
}

func TestS057FeeIsMadeUpUnderTheChosenFuelling(t *testing.T) {
	b := open(t, desk.Chinese)
	at := func() int {
		return slices.IndexFunc(b.side.list.rows.Objects, func(o fyne.CanvasObject) bool { _, ok := o.(*feeBox); return ok })
	}
	order, ok := b.side.list.rows.Objects[at()-1].(*orderRow)
	if !ok || !order.value.Chosen {
		t.Fatalf("the fee stands under %T", b.side.list.rows.Objects[at()-1])
	}
	texts := written(b.side.list.rows.Objects[at()])
	if len(b.chat.Side.Fee.Lines) < 6 {
		t.Fatalf("the fee has %d lines", len(b.chat.Side.Fee.Lines))
	}
	for _, line := range b.chat.Side.Fee.Lines {
		if !slices.Contains(texts, line.Label) || !slices.Contains(texts, line.Money) {
			t.Errorf("%q %q is not in the box: %q", line.Label, line.Money, texts)
		}
	}
	if got := b.side.audited[0].Text; got == "" || !strings.HasPrefix(b.chat.Side.Audited, got) {
		t.Errorf("that looking is on record is said as %q", got)
	}
	b.show(func(c *desk.Chat) { c.Side.Fee = nil })
	if at() >= 0 {
		t.Error("the fee is still there")
	}
}

func TestSidePanelSaysWhyThereIsNothing(t *testing.T) {
	b := open(t, desk.Chinese)
	for _, why := range []desk.Side{{Loading: true}, {Failed: "没有取到"}, {Empty: "接入后可查看会员"}} {
		why.Orders, why.OrdersTitle = b.chat.Side.Orders, b.chat.Side.OrdersTitle
		b.side.set(why)
		if len(b.side.list.rows.Objects) != 0 {
			t.Errorf("%+v still shows rows", why)
		}
		if texts := strings.Join(written(b.side), ""); !strings.Contains(texts, why.Failed+why.Empty) {
			t.Errorf("it says %q", texts)
		}
	}
}

func TestS055_S056EveryKindOfMessageIsDrawn(t *testing.T) {
	b := open(t, desk.Chinese)
	for _, work := range b.held {
		work()
	}
	kinds := map[string]int{}
	for _, v := range b.chat.Open.Bubbles {
		b.show(func(c *desk.Chat) { c.Open.Bubbles = []desk.Bubble{v} })
		w := b.feed().live[v.ID]
		texts := strings.Join(written(w), "")
		switch {
		case len(v.Parts) > 0:
			kinds["tutorial"]++
			for i, s := range w.plan.slots {
				if s.picture.Image != nil && !w.frames[i].image.Visible() {
					t.Error("a picture of a tutorial is not drawn")
				}
			}
			for _, part := range v.Parts {
				if !strings.Contains(texts, part.Text) {
					t.Errorf("%q is not in %q", part.Text, texts)
				}
			}
		case v.Image != nil:
			kinds["picture"]++
			if !w.frames[0].image.Visible() {
				t.Error("a picture is not drawn")
			}
		case v.Voice != nil:
			kinds["voice"]++
			if !strings.Contains(texts, v.Voice.Length) || !w.icon.Visible() {
				t.Errorf("a recording reads %q", texts)
			}
		default:
			kinds["text"]++
		}
		if !strings.Contains(texts, v.Text) {
			t.Errorf("%q is drawn as %q", v.Text, texts)
		}
	}
	if len(kinds) != 4 {
		t.Errorf("the conversation has only %v", kinds)
	}
}

func TestAgainCostsNothing(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) { c.Open.Bubbles = lookbook.Long(500) })
	again := *b.chat
	open := *b.chat.Open
	open.Bubbles = slices.Clone(open.Bubbles)
	again.Open = &open
	allocs := testing.AllocsPerRun(20, func() { b.Page.Set(&again) })
	if allocs > 300 {
		t.Errorf("showing the same page again makes %v allocations", allocs)
	}
}

func TestNothingLiesOutsideThePageOrUnderSomethingElse(t *testing.T) {
	for name, size := range map[string]fyne.Size{"floor": fyne.NewSize(1282, 684), "tight": fyne.NewSize(847, 440)} {
		b := open(t, desk.Chinese)
		b.kit.window.Resize(size)
		if got := b.side.Position().X + b.side.Size().Width; got != size.Width {
			t.Errorf("%s: the page ends at %v of %v", name, got, size.Width)
		}
		if b.queue.Size().Width > b.talk.Position().X || b.talk.Position().X+b.talk.Size().Width > b.side.Position().X {
			t.Errorf("%s: the columns overlap", name)
		}
		if b.feed().Position().Y+b.feed().Size().Height > b.talk.composer.Position().Y {
			t.Errorf("%s: messages lie under the composer", name)
		}
		if room := b.talk.composer.area.Size().Width; room < 180 {
			t.Errorf("%s: the field is %v wide", name, room)
		}
	}
}
