package parts

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Keys is the window's key map: what is typed, and what is held down.
type Keys struct {
	Typed    func(*fyne.KeyEvent)
	Down, Up func(*fyne.KeyEvent)
}

// Entry is the only kind of text field in the till. A focused field of the
// library swallows F-keys, Escape and Ctrl shortcuts; this one hands them on
// to the window's key map.
type Entry struct {
	widget.Entry
	keys Keys
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

// windowKeys are the keys that never belong to a field.
var windowKeys = map[fyne.KeyName]bool{
	fyne.KeyEscape: true, fyne.KeyF1: true, fyne.KeyF2: true, fyne.KeyF3: true, fyne.KeyF4: true,
	fyne.KeyF5: true, fyne.KeyF6: true, fyne.KeyF7: true, fyne.KeyF8: true, fyne.KeyF9: true,
	fyne.KeyF10: true, fyne.KeyF11: true, fyne.KeyF12: true,
}

// TypedKey hands window keys on and keeps the rest.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		e.keys.Typed(k)
		return
	}
	e.Entry.TypedKey(k)
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
