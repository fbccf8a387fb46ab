// Package shell is the window's frame: the header with the connection and the
// stop-all button, the rail, the page in the middle, the panel at the right,
// the dialog over them and the toasts, and the one place where the window's
// keys become the till's keys.
//
// Apply shows a screen and must run on the UI's goroutine; showing the same
// screen again costs nothing.
package shell

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/chat"
	"forecourt/cashier/internal/view/login"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Shell fills one window.
type Shell struct {
	window fyne.Window
	send   func(desk.Event)
	work   func(func())

	built    bool
	dark     bool
	lang     desk.Lang
	signedIn bool
	theme    *theme.Theme
	login    *login.Page
	main     *mainView
}

// Option changes how a shell is made.
type Option func(*Shell)

// Work says how what would hold up the screen is run, such as decoding a
// picture; without it each piece runs in a goroutine of its own.
func Work(run func(func())) Option { return func(s *Shell) { s.work = run } }

// New takes over a window; send is called with everything the user does.
func New(window fyne.Window, send func(desk.Event), options ...Option) *Shell {
	s := &Shell{window: window, send: send, work: func(f func()) { go f() }}
	for _, o := range options {
		o(s)
	}
	s.bindKeys()
	return s
}

// Apply shows a screen. The widgets are made anew only when language,
// appearance or the person changes.
func (s *Shell) Apply(screen desk.Screen) {
	if !s.built || s.dark != screen.Dark || s.lang != screen.Lang {
		s.dress(screen)
	}
	if s.signedIn != screen.SignedIn {
		s.signedIn = screen.SignedIn
		s.swap(screen)
	}
	if screen.SignedIn {
		s.main.set(screen)
		return
	}
	s.login.Set(screen.Login)
}

// dress makes all widgets in a language and an appearance.
func (s *Shell) dress(screen desk.Screen) {
	s.built, s.dark, s.lang, s.signedIn = true, screen.Dark, screen.Lang, screen.SignedIn
	s.theme = theme.New(screen.Dark)
	fyne.CurrentApp().Settings().SetTheme(s.theme)
	s.login = login.New(s.theme.Palette, s.send, s.keys(), s.window.Canvas().Focus)
	s.swap(screen)
}

// swap puts the login page or the till into the window. The till's widgets are
// made for each person: what one has seen is gone when another comes.
func (s *Shell) swap(screen desk.Screen) {
	s.main = newMain(chat.Options{
		Palette: s.theme.Palette, Lang: screen.Lang, Send: s.send, Keys: s.keys(), Window: s.window, Work: s.work,
	})
	if screen.SignedIn {
		s.window.SetContent(s.main)
		s.window.Canvas().Unfocus()
		s.main.set(screen) // it may put the cursor into a field
		return
	}
	s.login.Clear()
	s.window.SetContent(s.login)
	s.window.Canvas().Focus(s.login.First())
	s.login.Set(screen.Login) // it may put the cursor into another field
}

// typedKeys is the key map of the whole till.
var typedKeys = map[fyne.KeyName]desk.Key{
	fyne.KeyReturn: desk.KeyEnter, fyne.KeyEnter: desk.KeyEnter, fyne.KeyEscape: desk.KeyEscape,
	fyne.KeyBackspace: desk.KeyBack, fyne.KeyDelete: desk.KeyClear,
	fyne.KeyUp: desk.KeyUp, fyne.KeyDown: desk.KeyDown,
	fyne.KeyF1: desk.KeyF1, fyne.KeyF2: desk.KeyF2, fyne.KeyF3: desk.KeyF3, fyne.KeyF4: desk.KeyF4,
	fyne.KeyF5: desk.KeyF5, fyne.KeyF6: desk.KeyF6, fyne.KeyF7: desk.KeyF7, fyne.KeyF8: desk.KeyF8,
	fyne.KeyF9: desk.KeyF9, fyne.KeyF10: desk.KeyF10, fyne.KeyF11: desk.KeyF11,
}

// bindKeys binds the key map to the window.
func (s *Shell) bindKeys() {
	c := s.window.Canvas()
	c.SetOnTypedKey(s.typed)
	c.SetOnTypedRune(s.typedRune)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(s.keyDown)
		d.SetOnKeyUp(s.keyUp)
	}
	for _, c := range s.combinations() {
		s.window.Canvas().AddShortcut(c, func(fyne.Shortcut) { s.shortcut(c) })
	}
}

// combinations are the keys that mean something with Ctrl or Alt.
func (s *Shell) combinations() []*desktop.CustomShortcut {
	out := []*desktop.CustomShortcut{
		{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierAlt},
		{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierAlt},
	}
	for digit := '1'; digit <= '9'; digit++ {
		out = append(out, &desktop.CustomShortcut{KeyName: fyne.KeyName(digit), Modifier: fyne.KeyModifierControl})
	}
	return out
}

// shortcut sends a combination on; false if it is none of ours.
func (s *Shell) shortcut(c *desktop.CustomShortcut) bool {
	if s.covered() || s.main != nil && s.main.office.Over().Covers() {
		return false
	}
	name := string(c.KeyName)
	switch {
	case c.Modifier == fyne.KeyModifierAlt && (c.KeyName == fyne.KeyUp || c.KeyName == fyne.KeyDown):
		s.send(desk.Press{Key: typedKeys[c.KeyName], Alt: true})
	case c.Modifier == fyne.KeyModifierControl && len(name) == 1 && name >= "1" && name <= "9":
		s.send(desk.Press{Key: desk.NthKey(int(name[0] - '0'))})
	default:
		return false
	}
	return true
}

// PickPicture lets a picture file be chosen and sends it.
func (s *Shell) PickPicture() {
	if s.main != nil && !s.covered() {
		s.main.chat.PickPicture()
	}
}

// keys is the key map for fields, which hand on what is not theirs.
func (s *Shell) keys() parts.Keys {
	return parts.Keys{Typed: s.typed, Down: s.keyDown, Up: s.keyUp, Shortcut: s.shortcut}
}

// covered reports whether the library has put something over the window: its
// keys must not reach what lies under it, or F8 charges twice.
func (s *Shell) covered() bool { return s.window.Canvas().Overlays().Top() != nil }

func (s *Shell) typed(k *fyne.KeyEvent) {
	if s.covered() || s.main != nil && s.main.dialog.shown == nil && s.main.office.Over().Typed(k) {
		return
	}
	if key, ok := typedKeys[k.Name]; ok {
		s.send(desk.Press{Key: key})
	}
}

func (s *Shell) typedRune(r rune) {
	if s.covered() {
		return
	}
	switch {
	case !s.signedIn || s.main.dialog.shown != nil:
	case s.main.page == desk.PageSupport:
		if s.main.chat.Write() {
			s.send(desk.ChatType{Text: string(r)})
		}
		return
	case backOffice(s.main.page):
		s.main.office.Write(r)
		return
	}
	if r >= '0' && r <= '9' || r == '.' || r == '*' || r == '+' || r == '-' {
		s.send(desk.Press{Key: desk.Key(string(r))})
	}
}

// holdKey stops all when it is held down, like the button.
const holdKey = fyne.KeyF12

func (s *Shell) keyDown(k *fyne.KeyEvent) {
	if k.Name == holdKey && s.main != nil {
		s.send(desk.HoldStart{What: desk.HoldingStopAll})
	}
}

func (s *Shell) keyUp(k *fyne.KeyEvent) {
	if k.Name == holdKey {
		s.send(desk.HoldEnd{})
	}
}
