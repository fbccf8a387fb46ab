package shell_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/office"
	"forecourt/cashier/internal/view/panel"
	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// scene plays a scene by its name.
func scene(t *testing.T, name string) *lookbook.Stage {
	t.Helper()
	for _, s := range lookbook.Scenes() {
		if s.Name == name {
			return s.Play(desk.Prefs{})
		}
	}
	t.Fatalf("no scene %q", name)
	return nil
}

// written are the texts that can be seen.
func written(o fyne.CanvasObject) string {
	if !o.Visible() {
		return ""
	}
	var out []string
	switch o := o.(type) {
	case *canvas.Text:
		return o.Text
	case *container.Scroll:
		return written(o.Content)
	case *fyne.Container:
		for _, child := range o.Objects {
			out = append(out, written(child))
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, written(child))
		}
	}
	return strings.Join(out, "|")
}

func TestOfficePagesTakeThePlaceOfBoardAndPanel(t *testing.T) {
	for _, size := range []fyne.Size{floor, scaled} {
		s := scene(t, "members-card")
		b := open(t, s, size)
		if len(find[*panel.Panel](b.window.Content())) != 0 {
			t.Error("the sale's panel is still there")
		}
		page := find[*office.Page](b.window.Content())
		if len(page) != 1 || page[0].Position().X+page[0].Size().Width != size.Width {
			t.Fatalf("%d pages", len(page))
		}
		if !strings.Contains(written(b.window.Content()), s.Screen().Office.Card.Title) {
			t.Errorf("the card is not drawn at %v", size)
		}
		s.Do(desk.GoTo{Page: desk.PageBoard})
		b.draw()
		if len(find[*panel.Panel](b.window.Content())) != 1 || len(find[*office.Page](b.window.Content())) != 0 {
			t.Error("the board does not come back")
		}
		if f := b.window.Canvas().Focused(); f != nil {
			t.Errorf("on the board the cursor is in %T", f)
		}
	}
}

func TestDigitsOnAnOfficePageAreTypedAndChooseNoNozzle(t *testing.T) {
	s := scene(t, "members")
	b := open(t, s, floor)
	b.window.Canvas().Unfocus()
	b.text("3")
	fields := find[*parts.Entry](find[*office.Page](b.window.Content())[0])
	if len(fields) == 0 || fields[0].Text != "3" {
		t.Errorf("a digit was not typed into one of %d fields", len(fields))
	}
	if !s.State.Screen().Panel.Empty {
		t.Error("a digit on an office page chose a nozzle")
	}
}

func TestKeysReachNothingUnderAForm(t *testing.T) {
	s := scene(t, "staff-add")
	b := open(t, s, floor)
	if _, ok := b.window.Canvas().Focused().(*parts.Entry); !ok {
		t.Fatalf("the cursor is in %T", b.window.Canvas().Focused())
	}
	s.Effects = nil
	page, before := s.State.Screen().Page, s.State.Screen().Office.Form.ID
	b.key(fyne.KeyF1, fyne.KeyF8, fyne.KeyF9)
	b.window.Canvas().Unfocus()
	b.text("37")
	b.key(fyne.KeyF8, fyne.KeyUp, fyne.KeyDown)
	b.frame.Apply(b.Screen())
	after := s.State.Screen()
	if len(s.Effects) != 0 || after.Page != page || after.Office.Form == nil || after.Office.Form.ID != before {
		t.Errorf("keys went through the form: %+v", s.Effects)
	}
	for _, c := range find[*parts.Choice](b.window.Content()) { // it hands shortcuts on
		c.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.Key2, Modifier: fyne.KeyModifierControl})
	}
	b.key(fyne.KeyEscape)
	if s.State.Screen().Office.Form != nil {
		t.Error("Escape without a cursor does not close the form")
	}
}

func TestAlertsAreOneTouchAway(t *testing.T) {
	s := scene(t, "members")
	b := open(t, s, floor)
	chips := find[*parts.Chip](b.window.Content())
	at := slices.IndexFunc(chips, func(c *parts.Chip) bool { return strings.Contains(written(c), s.Screen().Header.Alerts.Text) })
	if s.Screen().Header.Alerts.Text == "" || at < 0 {
		t.Fatal("a head is not told of alerts")
	}
	b.touch(chips[at])
	screen := s.State.Screen()
	if screen.Page != desk.PageOffice || !slices.ContainsFunc(screen.Office.Tabs, func(i desk.TabItem) bool { return i.Tab == desk.TabAlerts && i.Chosen }) {
		t.Errorf("a touch led to %s", screen.Page)
	}
}

func TestNextPersonFindsNothingOfTheLast(t *testing.T) {
	s := scene(t, "members-card")
	b := open(t, s, floor)
	title := s.Screen().Office.Card.Title
	s.Do(desk.SignOut{})
	b.draw()
	s.SignIn("cashier")
	b.draw()
	if strings.Contains(everything(b.window.Content()), title) {
		t.Error("the last person's member is still in a widget")
	}
}

// everything are all texts, hidden ones included.
func everything(o fyne.CanvasObject) string {
	var out []string
	switch o := o.(type) {
	case *canvas.Text:
		return o.Text
	case *container.Scroll:
		return everything(o.Content)
	case *fyne.Container:
		for _, child := range o.Objects {
			out = append(out, everything(child))
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, everything(child))
		}
	}
	return strings.Join(out, "|")
}

func TestLoginAsksForTheCode(t *testing.T) {
	b := open(t, scene(t, "login-code"), floor)
	fields := find[*parts.Entry](b.window.Content())
	if len(fields) != 3 || b.window.Canvas().Focused() != fyne.Focusable(fields[2]) {
		t.Fatalf("%d fields, the cursor is in %T", len(fields), b.window.Canvas().Focused())
	}
	fields[0].SetText("1001")
	b.Effects = nil
	b.text("123 456")
	b.key(fyne.KeyReturn)
	if len(b.Effects) != 1 || b.Effects[0] != (desk.Login{Number: "1001", Password: "x", Code: "123456"}) {
		t.Errorf("the code sent %+v", b.Effects)
	}
	b.Do(desk.SignInFailed{})
	b.draw()
	if fields[2].Text != "" || b.window.Canvas().Focused() != fyne.Focusable(fields[2]) {
		t.Errorf("after a wrong code the field reads %q", fields[2].Text)
	}
}

func TestFileIsAskedForOverTheWindow(t *testing.T) {
	s := scene(t, "members-card")
	b := open(t, s, floor)
	var got []string
	b.frame.SaveFile("M000123.json", func(path string) { got = append(got, path) })
	top := b.window.Canvas().Overlays().Top()
	if top == nil {
		t.Fatal("no file can be chosen")
	}
	s.Effects = nil
	b.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF8})
	b.window.Canvas().OnTypedRune()('3')
	b.frame.SaveFile("again.json", func(path string) { got = append(got, path) })
	if len(s.Effects) != 0 || !slices.Equal(got, []string{""}) {
		t.Errorf("under the question keys did %+v, and asking again gave %q", s.Effects, got)
	}
}
