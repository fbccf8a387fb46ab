package chat

import (
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// touchedAt is what a touch in the middle of an area of a message asks for.
func touchedAt(b *bubble, a area) desk.Event {
	return b.meaning(fyne.NewPos(a.x+a.w/2, a.y+a.h/2))
}

func TestWhatATouchOnAMessageMeans(t *testing.T) {
	b := open(t, desk.Chinese)
	show := func(v desk.Bubble) *bubble {
		v.ID = message(5)
		b.show(func(c *desk.Chat) { c.Open.Bubbles = []desk.Bubble{v} })
		return b.feed().live[v.ID]
	}
	picture := &desk.Picture{Media: id.Media{1}, Width: 300, Height: 200}
	w := show(desk.Bubble{Image: picture})
	if got := touchedAt(w, w.plan.box); got != (desk.ChatView{Media: id.Media{1}}) {
		t.Errorf("a picture: %+v", got)
	}
	if got := w.meaning(fyne.NewPos(w.plan.box.x+w.plan.box.w+40, w.plan.box.y+5)); got != nil {
		t.Errorf("beside a picture: %+v", got)
	}
	w = show(desk.Bubble{Image: &desk.Picture{Media: id.Media{1}, Failed: "没有取到"}})
	if got := touchedAt(w, w.plan.box); got != nil {
		t.Errorf("a picture that is not there: %+v", got)
	}
	w = show(desk.Bubble{Voice: &desk.Voice{Media: id.Media{2}, Length: "3″", Seconds: 3}})
	if got := touchedAt(w, w.plan.box); got != (desk.ChatPlay{Media: id.Media{2}}) {
		t.Errorf("a recording: %+v", got)
	}
	w = show(desk.Bubble{Mine: true, Voice: &desk.Voice{Length: "3″", Seconds: 3}})
	if got := touchedAt(w, w.plan.box); got != nil {
		t.Errorf("a recording that has no name yet: %+v", got)
	}
	w = show(desk.Bubble{Mine: true, Text: "好", Retry: true, Status: "未送达", Image: picture})
	if got := touchedAt(w, area{0, 0, w.Size().Width, w.Size().Height}); got != (desk.ChatRetry{Message: message(5)}) {
		t.Errorf("one that was not sent: %+v", got)
	}
	w = show(desk.Bubble{Text: "标题", Parts: []desk.BubblePart{{Text: "一"}, {Picture: picture}}})
	if got := touchedAt(w, w.plan.slots[0].area); got != (desk.ChatView{Media: id.Media{1}}) {
		t.Errorf("a picture of a tutorial: %+v", got)
	}
	if got := touchedAt(w, w.plan.lines[0].area); got != nil {
		t.Errorf("the words of a tutorial: %+v", got)
	}
}

func TestWhatIsWrittenCanBeCopied(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) {
		c.Open.Bubbles = []desk.Bubble{{ID: message(1), Text: "标题", Parts: []desk.BubblePart{{Text: "第一步"}}}}
	})
	w := b.feed().live[message(1)]
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w).AddXY(w.plan.box.x+5, w.plan.box.y+5)
	test.TapSecondaryAt(w, fyne.NewPos(w.plan.box.x+5, w.plan.box.y+5))
	if b.kit.window.Canvas().Overlays().Top() == nil {
		t.Fatal("a touch with the other button opened nothing")
	}
	test.TapCanvas(b.kit.window.Canvas(), at.AddXY(15, 15))
	if got := fyne.CurrentApp().Clipboard().Content(); got != "标题\n第一步" {
		t.Errorf("copied %q", got)
	}
}
