package parts

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Area is the only kind of text field of several lines. Enter submits,
// Shift+Enter and Ctrl+Enter begin a new line; window keys go on to the
// window's key map, as from an Entry.
type Area struct {
	widget.Entry
	// OnKey may take a key away from the field by returning true; nil takes none.
	OnKey func(*fyne.KeyEvent) bool
	// OnFocus is called when the cursor comes into the field; nil for nothing.
	OnFocus func()
	// Barred reports that the field lies under something and takes no cursor;
	// nil for never.
	Barred func() bool
	// Tabbed hands Tab on to the next field; otherwise it is written.
	Tabbed bool

	keys   Keys
	submit func()
	shift  bool
}

var _ desktop.Keyable = (*Area)(nil)

// NewArea makes an empty field whose lines break as wrapping says; submit is
// Enter on either side of the keyboard.
func NewArea(keys Keys, wrapping fyne.TextWrap, submit func()) *Area {
	a := &Area{keys: keys, submit: submit}
	a.MultiLine = true
	a.Wrapping = wrapping
	a.ExtendBaseWidget(a)
	return a
}

// TypedKey hands window keys on, submits, and keeps the rest.
func (a *Area) TypedKey(k *fyne.KeyEvent) {
	enter := k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter
	switch {
	case windowKeys[k.Name]:
		a.keys.Typed(k)
	case enter && a.shift:
		a.TypedRune('\n')
	case enter:
		a.submit()
	case a.OnKey != nil && a.OnKey(k):
	default:
		a.Entry.TypedKey(k)
	}
}

// TypedShortcut begins a line with Ctrl+Enter and hands the window's shortcuts
// on; the rest is the field's.
func (a *Area) TypedShortcut(s fyne.Shortcut) {
	c, custom := s.(*desktop.CustomShortcut)
	switch {
	case custom && (c.KeyName == fyne.KeyReturn || c.KeyName == fyne.KeyEnter):
		a.TypedRune('\n')
	case custom && a.keys.Shortcut != nil && a.keys.Shortcut(c):
	default:
		a.Entry.TypedShortcut(s)
	}
}

// KeyDown hands held window keys on and notes Shift.
func (a *Area) KeyDown(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		a.keys.Down(k)
		return
	}
	if isShift(k.Name) {
		a.shift = true
	}
	a.Entry.KeyDown(k)
}

// KeyUp hands the end of a hold on.
func (a *Area) KeyUp(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		a.keys.Up(k)
		return
	}
	if isShift(k.Name) {
		a.shift = false
	}
	a.Entry.KeyUp(k)
}

// AcceptsTab reports whether Tab is written here.
func (a *Area) AcceptsTab() bool { return !a.Tabbed }

// FocusGained tells that the cursor has come.
func (a *Area) FocusGained() {
	a.Entry.FocusGained()
	if a.OnFocus != nil {
		a.OnFocus()
	}
}

// Disabled reports whether the field takes no cursor now.
func (a *Area) Disabled() bool {
	return a.Barred != nil && a.Barred() || a.Entry.Disabled()
}

// FocusLost forgets Shift: its release goes elsewhere.
func (a *Area) FocusLost() {
	a.shift = false
	a.Entry.FocusLost()
}

func isShift(n fyne.KeyName) bool { return n == desktop.KeyShiftLeft || n == desktop.KeyShiftRight }
