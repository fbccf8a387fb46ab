package chat

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func press(f fyne.Focusable, names ...fyne.KeyName) {
	for _, name := range names {
		f.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

func TestEnterSendsAndShiftEnterBeginsALine(t *testing.T) {
	b := open(t, desk.Chinese)
	area := b.talk.composer.area
	press(area, fyne.KeyReturn)
	wantSent(t, "Enter in an empty field", b.take())
	test.Type(area, "好的")
	area.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	press(area, fyne.KeyReturn)
	area.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	test.Type(area, "谢")
	area.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
	test.Type(area, "谢")
	if area.Text != "好的\n谢\n谢" {
		t.Fatalf("the field reads %q", area.Text)
	}
	drafts := b.take()
	if len(drafts) != 6 || drafts[5] != (desk.ChatDraft{Text: area.Text}) {
		t.Errorf("typing sent %+v", drafts)
	}
	for _, enter := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter} {
		press(area, enter)
		wantSent(t, string(enter), b.take(), desk.ChatSend{Text: area.Text})
	}
	tap(b.talk.composer.send)
	if !b.chat.Open.Composer.Send.On {
		wantSent(t, "a button that is off", b.take())
	}
	b.show(func(c *desk.Chat) { c.Open.Composer.Send.On = true })
	tap(b.talk.composer.send)
	wantSent(t, "the button", b.take(), desk.ChatSend{Text: area.Text})
}

func TestWhatIsTypedBelongsToTheField(t *testing.T) {
	b := open(t, desk.Chinese)
	area := b.talk.composer.area
	test.Type(area, "请稍")
	b.show(func(c *desk.Chat) { c.Open.Composer.Draft = "旧" })
	if area.Text != "请稍" {
		t.Errorf("a draft without a revision wrote %q", area.Text)
	}
	b.take()
	b.show(func(c *desk.Chat) { c.Open.Composer.Draft, c.Open.Composer.Revision = "", c.Open.Composer.Revision+1 })
	if area.Text != "" {
		t.Errorf("after sending the field reads %q", area.Text)
	}
	b.show(func(c *desk.Chat) { c.Open.Thread, c.Open.Composer.Draft = id.Thread{9}, "另一个\n草稿" })
	if area.Text != "另一个\n草稿" || area.CursorRow != 1 || area.CursorColumn != 2 {
		t.Errorf("the other draft reads %q with the cursor at %d:%d", area.Text, area.CursorRow, area.CursorColumn)
	}
	wantSent(t, "a draft that was taken over", b.take())
}

func TestFieldGrowsToFiveLines(t *testing.T) {
	b := open(t, desk.Chinese)
	one := b.talk.composer.Size().Height
	last := one
	for n := 1; n <= 8; n++ {
		b.talk.composer.area.SetText(strings.TrimSuffix(strings.Repeat("一行\n", n), "\n"))
		got := b.talk.composer.Size().Height
		if grows := n > 1 && n <= 5; grows != (got > last+10) || !grows && got > last {
			t.Errorf("%d lines: %v after %v", n, got, last)
		}
		if bottom := b.talk.composer.Position().Y + got; bottom != b.talk.Size().Height {
			t.Errorf("%d lines: the composer ends at %v of %v", n, bottom, b.talk.Size().Height)
		}
		last = got
	}
	if !b.feed().atEnd() {
		t.Error("the last message went under the composer")
	}
	b.talk.composer.area.SetText(strings.Repeat("长", 60))
	if got := b.talk.composer.Size().Height; got <= one {
		t.Error("a long line without a break does not grow the field")
	}
}

func TestKeysOfTheWindowGoThroughTheField(t *testing.T) {
	b := open(t, desk.Chinese)
	area := b.talk.composer.area
	press(area, fyne.KeyF2, fyne.KeyEscape, fyne.KeyUp, fyne.KeyDown)
	if want := []fyne.KeyName{fyne.KeyF2, fyne.KeyEscape, fyne.KeyUp, fyne.KeyDown}; !slices.Equal(b.keys, want) {
		t.Errorf("handed on %v, want %v", b.keys, want)
	}
	b.keys = nil
	area.SetText("一\n二")
	press(area, fyne.KeyDown, fyne.KeyUp)
	if len(b.keys) != 0 {
		t.Errorf("the arrows left a field with text: %v", b.keys)
	}
	b.show(func(c *desk.Chat) { c.Picker = &desk.CannedPicker{Title: "常用回复"} })
	press(area, fyne.KeyDown)
	if !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyDown}) {
		t.Errorf("over the list of replies the arrows went nowhere: %v", b.keys)
	}
}

func TestNothingCanBeWrittenWhereNothingCanBeSent(t *testing.T) {
	b := open(t, desk.Chinese)
	if b.kit.window.Canvas().Focused() != b.talk.composer.area {
		t.Errorf("the cursor is in %T", b.kit.window.Canvas().Focused())
	}
	b.show(func(c *desk.Chat) { c.Open.Composer = desk.Composer{Why: "按 F2 接入后可查看和回复"} })
	if b.talk.composer.area.Visible() || b.kit.window.Canvas().Focused() != nil || b.Write() {
		t.Error("there is still a field")
	}
	if got := b.talk.composer.why.Text; got != "按 F2 接入后可查看和回复" {
		t.Errorf("it says %q", got)
	}
	b.show(func(c *desk.Chat) { c.Open = nil })
	if b.Write() {
		t.Error("without a conversation something can be written")
	}
}

func TestRecordingTakesThePlaceOfTheField(t *testing.T) {
	b := open(t, desk.Chinese)
	b.show(func(c *desk.Chat) {
		c.Open.Composer.Recording, c.Open.Composer.Discard = "0:07", desk.Button{Label: "取消", On: true}
		c.Open.Composer.Voice = desk.Button{Label: "发送语音", On: true}
	})
	c := b.talk.composer
	if c.area.Visible() || c.send.Visible() || c.picture.Visible() || !c.discard.Visible() || c.recording.Text != "0:07" {
		t.Error("the bar of a recording is not what it should be")
	}
	tap(c.voice)
	tap(c.discard)
	wantSent(t, "the bar", b.take(), desk.ChatRecord{}, desk.ChatDiscard{})
}

func TestHintIsNeverMoreThanOneLine(t *testing.T) {
	b := open(t, desk.Chinese)
	b.kit.window.Resize(fyne.NewSize(847, 440))
	c := b.talk.composer
	if got := c.area.PlaceHolder; !strings.HasSuffix(got, "…") || b.kit.ruler.Span(got, 16, false) > c.area.Size().Width-20 {
		t.Errorf("%q in a field of %v", got, c.area.Size().Width)
	}
}
