package parts_test

import (
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func TestAreaOfAFormHandsTabAndEnterOn(t *testing.T) {
	b := open(t)
	submitted, came, barred := 0, 0, false
	a := parts.NewArea(b.keymap(), fyne.TextWrapBreak, func() { submitted++ })
	next := parts.NewEntry(false, b.keymap(), func() {})
	a.Tabbed, a.OnFocus, a.Barred = true, func() { came++ }, func() bool { return barred }
	parts.Place(a, 20, 20, 300, 96)
	parts.Place(next, 20, 140, 300, 48)
	b.show(a, next)
	b.window.Canvas().Focus(a)
	if came != 1 || a.AcceptsTab() {
		t.Errorf("the cursor came %d times, Tab is written: %v", came, a.AcceptsTab())
	}
	b.press(t, fyne.KeyReturn)
	a.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
	b.press(t, fyne.KeyF8, fyne.KeyEscape)
	if submitted != 1 || a.Text != "\n" || len(b.keys) != 2 {
		t.Errorf("submitted %d times, holds %q, handed on %v", submitted, a.Text, b.keys)
	}
	b.window.Canvas().FocusNext()
	if b.window.Canvas().Focused() != fyne.Focusable(next) {
		t.Errorf("after it comes %T", b.window.Canvas().Focused())
	}
	barred = true
	b.window.Canvas().FocusPrevious()
	if b.window.Canvas().Focused() == fyne.Focusable(a) {
		t.Error("the cursor comes into a field that lies under something")
	}
	if plain := parts.NewArea(b.keymap(), fyne.TextWrapBreak, func() {}); !plain.AcceptsTab() || plain.Disabled() {
		t.Error("where an answer is written Tab is not a character")
	}
}

func TestButtonIsHitWhereItIsNotDrawn(t *testing.T) {
	b := open(t)
	pressed := 0
	button := parts.NewButton(b.palette, parts.Plain, "", func() { pressed++ }).Within(12, 2)
	button.Set(desk.Button{Label: "+", On: true})
	parts.Place(button, 20, 20, 48, 48)
	b.show(button)
	for _, y := range []float32{1, 6, 24, 47} {
		b.touch(button, 24, y)
	}
	if pressed != 4 {
		t.Errorf("of 4 touches %d pressed it", pressed)
	}
	button.Inset(4)
	b.touch(button, 24, 46)
	if pressed != 5 {
		t.Error("inset it is not hit at its edge")
	}
}
