package office_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// fields are the fields of the open form that are typed into.
func (b *bench) fields() []*parts.Entry { return find[*parts.Entry](b.Over()) }

func (b *bench) form(change func(*desk.Form)) {
	b.show(func(o *desk.Office) {
		f := *o.Form
		f.Fields = slices.Clone(f.Fields)
		change(&f)
		o.Form = &f
	})
}

func TestFormIsFilledInByKeyboardAlone(t *testing.T) {
	b := open(t, with(members(), erase()), floor, false)
	fields := b.fields()
	if len(fields) != 2 || b.window.Canvas().Focused() != fyne.Focusable(fields[0]) {
		t.Fatalf("%d fields, the cursor is in %T", len(fields), b.window.Canvas().Focused())
	}
	b.text(t, "本人")
	b.press(fyne.KeyReturn)
	b.text(t, "88")
	b.press(fyne.KeyReturn)
	b.took(t, "the form",
		desk.OfficeEdit{Field: "why", Value: "本"}, desk.OfficeEdit{Field: "why", Value: "本人"},
		desk.OfficeEdit{Field: "sure", Value: "8"}, desk.OfficeEdit{Field: "sure", Value: "88"}, desk.OfficeSubmit{})
	b.press(fyne.KeyEscape)
	b.took(t, "Escape", desk.OfficeCancel{})
	b.window.Canvas().Unfocus()
	b.press(fyne.KeyEscape, fyne.KeyEnter)
	b.took(t, "Escape and Enter without a cursor", desk.OfficeCancel{}, desk.OfficeSubmit{})
	b.form(func(f *desk.Form) { f.Busy = true })
	b.press(fyne.KeyReturn)
	b.touch(b.button(t, "永久删除"))
	b.took(t, "a form that is on its way")
}

func TestTabStaysInTheForm(t *testing.T) {
	b := open(t, with(securityLog(), newStaff()), floor, false)
	inside := map[fyne.Focusable]bool{}
	for _, w := range find[fyne.Widget](b.Over()) {
		if f, ok := w.(fyne.Focusable); ok {
			inside[f] = true
		}
	}
	seen := map[fyne.Focusable]bool{}
	for _, step := range []func(){b.window.Canvas().FocusNext, b.window.Canvas().FocusPrevious} {
		for range 14 {
			step()
			f := b.window.Canvas().Focused()
			if !inside[f] {
				t.Fatalf("Tab led to %T under the form", f)
			}
			seen[f] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("Tab leads to %d of 6 fields", len(seen))
	}
	b.show(func(o *desk.Office) { o.Form = nil })
	if f := b.window.Canvas().Focused(); f == nil || inside[f] {
		t.Errorf("after the form the cursor is in %T", f)
	}
	for range 20 {
		b.window.Canvas().FocusNext()
		if inside[b.window.Canvas().Focused()] {
			t.Fatal("Tab leads into a form that is closed")
		}
	}
}

func TestKeysAndTouchesReachNothingUnderAForm(t *testing.T) {
	b := open(t, with(members(), erase()), floor, false)
	b.press(fyne.KeyF1, fyne.KeyF8, fyne.KeyF9, fyne.KeyUp)
	b.window.Canvas().Unfocus()
	b.press(fyne.KeyF8, fyne.KeyUp, fyne.KeyDown)
	b.window.Canvas().Unfocus()
	b.Write('7')
	for _, f := range b.fields() {
		f.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.Key1, Modifier: fyne.KeyModifierControl})
	}
	if len(b.keys) != 0 {
		t.Errorf("keys went through: %v", b.keys)
	}
	test.TapCanvas(b.window.Canvas(), fyne.NewPos(200, b.top(t)+28+20))
	test.Scroll(b.window.Canvas(), fyne.NewPos(200, b.top(t)+100), 0, -500)
	if !strings.Contains(b.written(), "88001021") {
		t.Error("the list under the form was scrolled")
	}
	b.took(t, "touches beside the form")
	b.press(fyne.KeyF11) // the window's own
	if !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyF11}) {
		t.Errorf("F11 gave %v", b.keys)
	}
}

func TestFormKeepsWhatIsTypedUntilTheStateSaysOtherwise(t *testing.T) {
	b := open(t, with(securityLog(), newStaff()), floor, false)
	fields := b.fields()
	b.window.Canvas().Focus(fields[1])
	b.text(t, "林小雨")
	b.form(func(f *desk.Form) { f.Fields[1].Problem = "已有同名员工" })
	if fields[1].Text != "林小雨" || !strings.Contains(b.written(), "已有同名员工") {
		t.Errorf("the name became %q", fields[1].Text)
	}
	b.form(func(f *desk.Form) { f.Fields[2].Value, f.Fields[2].Revision = "secret", 1 })
	b.form(func(f *desk.Form) { f.Fields[4].Value, f.Fields[4].Revision = "", 1 })
	if got := find[*parts.Choice](b.Over())[0].Shown(); got != "" {
		t.Errorf("a value that is none of the choices reads %q", got)
	}
	b.sent = nil
	b.form(func(f *desk.Form) { f.Fields[1].Value, f.Fields[1].Revision = "", 1 })
	if fields[1].Text != "" {
		t.Errorf("a new revision left %q", fields[1].Text)
	}
	b.took(t, "what the state writes itself")
	b.form(func(f *desk.Form) { f.ID = "staff.other"; f.Fields[1].Value = "赵海" })
	if got := b.fields()[1]; got == fields[1] || got.Text != "赵海" {
		t.Errorf("another form reads %q", got.Text)
	}
}

func TestCursorGoesToWhatIsWrongAndToWhatIsNew(t *testing.T) {
	f := newStaff()
	for i := range f.Fields {
		f.Fields[i].Problem = ""
	}
	b := open(t, with(securityLog(), f), floor, false)
	b.touch(b.button(t, "添加"))
	b.form(func(f *desk.Form) { f.Busy = true })
	b.form(func(f *desk.Form) { f.Busy = false; f.Fields[4].Problem = "太短" })
	if b.window.Canvas().Focused() != fyne.Focusable(b.fields()[2]) {
		t.Errorf("the cursor is in %T, not in the password", b.window.Canvas().Focused())
	}

	b = open(t, with(members(), segment()), floor, false)
	b.touch(b.button(t, "再加一个条件"))
	b.took(t, "the extra act", desk.OfficeAct{ID: "segment.more"})
	b.window.Canvas().Unfocus()
	b.form(func(f *desk.Form) {
		f.Fields = append(f.Fields, desk.Field{ID: "2.amount", Kind: desk.FieldText, Label: "金额"})
	})
	fields := b.fields()
	if len(fields) != 3 || b.window.Canvas().Focused() != fyne.Focusable(fields[2]) {
		t.Errorf("of %d fields the cursor is in %T", len(fields), b.window.Canvas().Focused())
	}
}

func TestChoicesOfAFormAreTold(t *testing.T) {
	b := open(t, with(securityLog(), newStaff()), floor, false)
	b.touch(find[*parts.Choice](b.Over())[0])
	b.press(fyne.KeyUp, fyne.KeyReturn)
	chips := find[*parts.Chips](b.Over())[0]
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(chips)
	test.TapCanvas(b.window.Canvas(), at.AddXY(20, 24))
	check := find[*parts.Check](b.Over())[0]
	check.TypedRune(' ')
	b.took(t, "the choices", desk.OfficeEdit{Field: "role", Value: "head"},
		desk.OfficeEdit{Field: "nozzles", Value: "1,3,4"}, desk.OfficeEdit{Field: "factor", Value: "1"})
}

func TestFieldWithTheCursorIsScrolledTo(t *testing.T) {
	b := open(t, with(members(), segment()), least, false)
	for range 5 {
		b.window.Canvas().FocusNext()
		f := b.window.Canvas().Focused().(fyne.CanvasObject)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(f)
		save := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.button(t, "保存"))
		if at.Y < 0 || at.Y+f.Size().Height > save.Y {
			t.Errorf("%T lies from %v to %v, the buttons at %v", f, at.Y, at.Y+f.Size().Height, save.Y)
		}
	}
}

func TestSecretsCanBeReadOffAndCopied(t *testing.T) {
	b := open(t, with(account(), recoveryCodes()), floor, true)
	b.touch(b.button(t, "复制"))
	got := strings.Split(fyne.CurrentApp().Clipboard().Content(), "\n")
	if len(got) != 10 || got[0] != recoveryCodes().Lines[0].Value {
		t.Errorf("the clipboard holds %q", got)
	}
	b.button(t, "已复制")
	b.show(func(o *desk.Office) { o.Form = secondFactor() })
	if codes := find[*parts.Code](b.Over()); len(codes) != 1 || codes[0].Size().Width != codes[0].Size().Height {
		t.Errorf("%d codes", len(codes))
	}
	b.button(t, "复制")
	b.show(func(o *desk.Office) {
		o.Form = segment()
		o.Form.Lines = []desk.CardLine{{Label: "试算", Value: "选中 37 名会员"}}
	})
	for _, button := range find[*parts.Button](b.Over()) {
		if button.Label() == "复制" {
			t.Error("words that are no secret can be copied")
		}
	}
	if !strings.Contains(b.written(), "选中 37 名会员") {
		t.Error("what an act found out is not said")
	}
}

func TestFieldOfSeveralLinesIsFilledIn(t *testing.T) {
	b := open(t, with(securityLog(), newOffer()), floor, false)
	areas := find[*parts.Area](b.Over())
	if len(areas) != 1 {
		t.Fatalf("%d fields of several lines", len(areas))
	}
	area, line := areas[0], find[*parts.Entry](b.Over())[0]
	if area.Size().Height < 2*line.Size().Height-8 || area.PlaceHolder != "条件、时段" || area.Text != "每周三 0:00 至 24:00。\n柴油不参加。" {
		t.Errorf("%v high, holds %q", area.Size().Height, area.Text)
	}
	b.press(fyne.KeyReturn) // from the title, which has the cursor
	if b.window.Canvas().Focused() != fyne.Focusable(area) {
		t.Fatalf("Enter led to %T", b.window.Canvas().Focused())
	}
	b.form(func(f *desk.Form) { f.Fields[1].Value, f.Fields[1].Revision = "", 1 })
	b.took(t, "what the state writes itself")
	b.text(t, "送水")
	area.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
	b.took(t, "typing", desk.OfficeEdit{Field: "text", Value: "送"}, desk.OfficeEdit{Field: "text", Value: "送水"}, desk.OfficeEdit{Field: "text", Value: "送水\n"})
	b.form(func(f *desk.Form) { f.Fields[1].Problem = "太长" }) // the state has not caught up
	if area.Text != "送水\n" {
		t.Errorf("what is being typed became %q", area.Text)
	}
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	b.took(t, "Enter, and Enter in the last field", desk.OfficeSubmit{})
	b.form(func(f *desk.Form) {
		for i := range f.Fields {
			f.Fields[i].Off = true
		}
	})
	if !area.Disabled() {
		t.Error("on its way it can still be written")
	}
}
