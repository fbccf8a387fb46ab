package shell_test

import (
	"fmt"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/chat"
	"forecourt/cashier/internal/view/panel"
	"forecourt/cashier/internal/view/parts"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// said are the texts that the till asked to send.
func (b *bench) said() (out []string) {
	for _, c := range b.sent() {
		if c.Kind == desk.CommandSay {
			out = append(out, c.Say.Text)
		}
	}
	return out
}

// field is the composer's field.
func (b *bench) field(t *testing.T) *parts.Area {
	t.Helper()
	fields := find[*parts.Area](b.window.Content())
	if len(fields) != 1 {
		t.Fatalf("%d fields to answer in", len(fields))
	}
	return fields[0]
}

func TestAgentAnswersByKeyboardAlone(t *testing.T) {
	s := lookbook.SupportIdle(desk.Prefs{})
	b := open(t, s, floor)
	b.key(fyne.KeyF5) // the one that waits longest
	b.key(fyne.KeyF2) // take it
	if got := b.sent(); len(got) != 1 || got[0].Kind != desk.CommandTake {
		t.Fatalf("F5 and F2 sent %+v", got)
	}

	s = lookbook.Support(desk.Prefs{})
	b = open(t, s, floor)
	s.Effects = nil
	if b.window.Canvas().Focused() != b.field(t) {
		t.Fatalf("the cursor is in %T", b.window.Canvas().Focused())
	}
	b.text("在“我的”里绑定")
	b.key(fyne.KeyReturn)
	if got := b.said(); len(got) != 1 || got[0] != "在“我的”里绑定" {
		t.Errorf("said %q", got)
	}
	if got := b.field(t).Text; got != "" {
		t.Errorf("the field still reads %q", got)
	}
	s.Effects = nil
	b.text("/bd")
	if p := s.State.Screen().Chat.Picker; p == nil || len(p.Rows) == 0 {
		t.Fatalf("a slash opened %+v", p)
	}
	b.key(fyne.KeyReturn)
	if got := b.sent(); len(got) != 1 || got[0].Say.Canned.IsZero() {
		t.Errorf("the reply kept ready sent %+v", got)
	}
}

func TestWhatIsTypedWithoutACursorGoesIntoTheAnswer(t *testing.T) {
	s := lookbook.Support(desk.Prefs{})
	b := open(t, s, floor)
	b.window.Canvas().Unfocus()
	b.text("3好")
	if got := b.field(t).Text; got != "3好" {
		t.Errorf("the field reads %q", got)
	}
	if !s.State.Screen().Panel.Empty {
		t.Error("a digit on the support page chose a nozzle")
	}
}

func TestConversationsAreChosenWithCtrlAndADigit(t *testing.T) {
	s := lookbook.Support(desk.Prefs{})
	b := open(t, s, floor)
	before := s.State.Screen().Chat.Open.Thread
	chosen := map[id.Thread]bool{before: true}
	for _, digit := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3} {
		b.field(t).TypedShortcut(&desktop.CustomShortcut{KeyName: digit, Modifier: fyne.KeyModifierControl})
		chosen[s.State.Screen().Chat.Open.Thread] = true
		s.Do(desk.ChatChoose{Thread: before})
		b.draw()
	}
	if len(chosen) != 4 {
		t.Errorf("Ctrl+1 to 3 chose %d conversations", len(chosen)-1)
	}
	b.field(t).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierAlt})
	if s.State.Screen().Chat.Open.Thread == before {
		t.Error("Alt and an arrow did not lead to the next")
	}
}

func TestSupportPageTakesThePlaceOfBoardAndPanel(t *testing.T) {
	for _, size := range []fyne.Size{floor, scaled} {
		s := lookbook.Support(desk.Prefs{})
		b := open(t, s, size)
		if len(find[*panel.Panel](b.window.Content())) != 0 {
			t.Error("the sale's panel is still there")
		}
		page := find[*chat.Page](b.window.Content())
		if len(page) != 1 || page[0].Position().X+page[0].Size().Width != size.Width {
			t.Fatalf("%d pages", len(page))
		}
		for _, button := range find[*parts.Button](b.window.Content()) {
			pixels := floor.Width / size.Width
			if got := button.Size(); got.Width*pixels < 48 || got.Height*pixels < 48 {
				t.Errorf("%v: button %q is %v points", size, button.Label(), got)
			}
		}
		s.Do(desk.GoTo{Page: desk.PageBoard})
		b.draw()
		if len(find[*panel.Panel](b.window.Content())) != 1 || len(find[*chat.Page](b.window.Content())) != 0 {
			t.Error("the board does not come back")
		}
		if f := b.window.Canvas().Focused(); f != nil {
			t.Errorf("on the board the cursor is in %T", f)
		}
		s.Do(desk.GoTo{Page: desk.PageSupport})
		b.draw()
		if b.window.Canvas().Focused() != b.field(t) {
			t.Error("back on the support page the cursor is nowhere")
		}
	}
}

func TestPictureFileIsAskedForOverTheWindow(t *testing.T) {
	s := lookbook.Support(desk.Prefs{})
	b := open(t, s, floor)
	s.Effects = nil
	b.key(fyne.KeyF6)
	asked := false
	for _, e := range s.Effects {
		_, ok := e.(desk.PickPicture)
		asked = asked || ok
	}
	if !asked {
		t.Fatalf("F6 asked for %+v", s.Effects)
	}
	b.frame.PickPicture()
	if b.window.Canvas().Overlays().Top() == nil {
		t.Fatal("no file can be chosen")
	}
	s.Effects = nil
	b.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF4})
	b.window.Canvas().OnTypedRune()('3')
	if len(s.Effects) != 0 || b.field(t).Text != "" {
		t.Error("keys went through to what lies under it")
	}
}

func TestRailShowsWhatTheRoleMaySee(t *testing.T) {
	for _, c := range []struct {
		scene *lookbook.Stage
		size  fyne.Size
	}{{lookbook.Support(desk.Prefs{}), floor}, {lookbook.Busy(desk.Prefs{}), floor}, {lookbook.Support(desk.Prefs{}), scaled}} {
		b := open(t, c.scene, c.size)
		want := c.scene.Screen().Rail
		texts := map[string]float32{}
		for _, o := range find[fyne.Widget](b.window.Content()) {
			if fmt.Sprintf("%T", o) == "*shell.railItem" {
				texts[railLabel(o)] = fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y
			}
		}
		for _, item := range want {
			y, ok := texts[item.Label]
			if !ok || y > c.size.Height {
				t.Errorf("%q is not in the rail", item.Label)
			}
			if item.Leave && y < c.size.Height/2 {
				t.Errorf("the way out is at %v of %v", y, c.size.Height)
			}
		}
		if len(texts) != len(want) {
			t.Errorf("the rail says %v, want %d items", texts, len(want))
		}
	}
}

// railLabel is the first text of an item of the rail.
func railLabel(o fyne.Widget) string {
	for _, child := range test.WidgetRenderer(o).Objects() {
		if t, ok := child.(*canvas.Text); ok {
			return t.Text
		}
	}
	return ""
}
