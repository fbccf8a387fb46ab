package parts

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Keys is the window's key map: what is typed, what is held down, and what is
// typed with Ctrl or Alt. Shortcut reports whether it knew the combination.
type Keys struct {
	Typed    func(*fyne.KeyEvent)
	Down, Up func(*fyne.KeyEvent)
	Shortcut func(*desktop.CustomShortcut) bool
}

// Entry is the only kind of text field in the till. A focused field of the
// library swallows F-keys, Escape and Ctrl shortcuts; this one hands them on
// to the window's key map.
type Entry struct {
	widget.Entry
	// OnFocus is called when the cursor comes into the field; nil for nothing.
	OnFocus func()
	// Barred reports that the field lies under something and takes no cursor;
	// nil for never.
	Barred func() bool

	keys Keys
	also map[fyne.KeyName]bool
}

var _ desktop.Keyable = (*Entry)(nil)

// NewEntry makes a field; secret hides what is typed; submit is Enter on
// either side of the keyboard.
func NewEntry(secret bool, keys Keys, submit func()) *Entry {
	e := &Entry{keys: keys}
	e.Password = secret
	e.Wrapping = fyne.TextWrapOff
	e.OnSubmitted = func(string) { submit() }
	e.ExtendBaseWidget(e)
	return e
}

// Forward names keys that this field hands on as well, such as the arrows of a
// field over a list.
func (e *Entry) Forward(names ...fyne.KeyName) *Entry {
	e.also = map[fyne.KeyName]bool{}
	for _, name := range names {
		e.also[name] = true
	}
	return e
}

// windowKeys are the keys that never belong to a field.
var windowKeys = map[fyne.KeyName]bool{
	fyne.KeyEscape: true, fyne.KeyF1: true, fyne.KeyF2: true, fyne.KeyF3: true, fyne.KeyF4: true,
	fyne.KeyF5: true, fyne.KeyF6: true, fyne.KeyF7: true, fyne.KeyF8: true, fyne.KeyF9: true,
	fyne.KeyF10: true, fyne.KeyF11: true, fyne.KeyF12: true,
}

// TypedKey hands window keys on and keeps the rest.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if windowKeys[k.Name] || e.also[k.Name] {
		e.keys.Typed(k)
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut hands the window's shortcuts on; the rest is the field's.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && e.keys.Shortcut != nil && e.keys.Shortcut(c) {
		return
	}
	e.Entry.TypedShortcut(s)
}

// KeyDown hands held window keys on.
func (e *Entry) KeyDown(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		e.keys.Down(k)
		return
	}
	e.Entry.KeyDown(k)
}

// KeyUp hands the end of a hold on.
func (e *Entry) KeyUp(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		e.keys.Up(k)
		return
	}
	e.Entry.KeyUp(k)
}

// FocusGained tells that the cursor has come.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus()
	}
}

// Disabled reports whether the field takes no cursor now.
func (e *Entry) Disabled() bool {
	return e.Barred != nil && e.Barred() || e.Entry.Disabled()
}
