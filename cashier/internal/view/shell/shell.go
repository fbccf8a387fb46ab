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

	built    bool
	dark     bool
	lang     desk.Lang
	signedIn bool
	theme    *theme.Theme
	login    *login.Page
	main     *mainView
}

// New takes over a window; send is called with everything the user does.
func New(window fyne.Window, send func(desk.Event)) *Shell {
	s := &Shell{window: window, send: send}
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
	s.main = newMain(s.theme.Palette, screen.Lang, s.send, s.keys(), s.window.Canvas())
	s.swap(screen)
}

// swap puts the login page or the till into the window.
func (s *Shell) swap(screen desk.Screen) {
	if screen.SignedIn {
		s.main.set(screen)
		s.window.SetContent(s.main)
		s.window.Canvas().Unfocus()
		return
	}
	s.login.Clear()
	s.login.Set(screen.Login)
	s.window.SetContent(s.login)
	s.window.Canvas().Focus(s.login.First())
}

// typedKeys is the key map of the whole till.
var typedKeys = map[fyne.KeyName]desk.Key{
	fyne.KeyReturn: desk.KeyEnter, fyne.KeyEnter: desk.KeyEnter, fyne.KeyEscape: desk.KeyEscape,
	fyne.KeyBackspace: desk.KeyBack, fyne.KeyDelete: desk.KeyClear,
	fyne.KeyUp: desk.KeyUp, fyne.KeyDown: desk.KeyDown,
	fyne.KeyF1: desk.KeyF1, fyne.KeyF5: desk.KeyF5, fyne.KeyF7: desk.KeyF7, fyne.KeyF8: desk.KeyF8,
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
}

// keys is the key map for fields, which hand on what is not theirs.
func (s *Shell) keys() parts.Keys {
	return parts.Keys{Typed: s.typed, Down: s.keyDown, Up: s.keyUp}
}

// covered reports whether the library has put something over the window: its
// keys must not reach what lies under it, or F8 charges twice.
func (s *Shell) covered() bool { return s.window.Canvas().Overlays().Top() != nil }

func (s *Shell) typed(k *fyne.KeyEvent) {
	if key, ok := typedKeys[k.Name]; ok && !s.covered() {
		s.send(desk.Press{Key: key})
	}
}

func (s *Shell) typedRune(r rune) {
	if !s.covered() && (r >= '0' && r <= '9' || r == '.' || r == '*') {
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
