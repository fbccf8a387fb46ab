package parts

import (
	"image/color"

	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// grip is what the fields that are not typed into share: they take the cursor
// by touch and by Tab, hand the window's keys on, and light up.
type grip struct {
	widget.BaseWidget
	// OnFocus, Barred and the keys are as those of an Entry.
	OnFocus func()
	Barred  func() bool
	// Done is Enter: on to the next field.
	Done func()

	keys             Keys
	focused, hovered bool
	off              bool
	paint            func()
	act              func()                   // the space bar
	key              func(*fyne.KeyEvent)     // what is left of the keyboard
	touch            func(at fyne.Position)   // a touch, anywhere in it
	self             func() fyne.CanvasObject // for the canvas
}

var (
	_ fyne.Focusable    = (*grip)(nil)
	_ fyne.Tappable     = (*grip)(nil)
	_ fyne.Disableable  = (*grip)(nil)
	_ fyne.Shortcutable = (*grip)(nil)
	_ desktop.Hoverable = (*grip)(nil)
	_ desktop.Keyable   = (*grip)(nil)
)

// FocusGained and FocusLost draw the ring around it.
func (g *grip) FocusGained() {
	g.focused = true
	g.paint()
	if g.OnFocus != nil {
		g.OnFocus()
	}
}

// FocusLost takes the ring away.
func (g *grip) FocusLost() { g.focused = false; g.paint() }

// TypedRune is the space bar.
func (g *grip) TypedRune(r rune) {
	if r == ' ' && !g.off {
		g.act()
	}
}

// TypedKey goes on with Enter and hands window keys on.
func (g *grip) TypedKey(k *fyne.KeyEvent) {
	switch {
	case windowKeys[k.Name]:
		g.keys.Typed(k)
	case k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter:
		if g.Done != nil {
			g.Done()
		}
	case g.key != nil && !g.off:
		g.key(k)
	}
}

// TypedShortcut hands the window's shortcuts on.
func (g *grip) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && g.keys.Shortcut != nil {
		g.keys.Shortcut(c)
	}
}

// KeyDown and KeyUp hand held window keys on.
func (g *grip) KeyDown(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		g.keys.Down(k)
	}
}

// KeyUp hands the end of a hold on.
func (g *grip) KeyUp(k *fyne.KeyEvent) {
	if windowKeys[k.Name] {
		g.keys.Up(k)
	}
}

// Tapped takes the cursor and does what a touch there means.
func (g *grip) Tapped(e *fyne.PointEvent) {
	if g.off {
		return
	}
	g.take()
	g.touch(e.Position)
}

// take puts the cursor here.
func (g *grip) take() {
	o := g.self()
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Focus(o.(fyne.Focusable))
	}
}

// MouseIn, MouseMoved and MouseOut light it under the pointer.
func (g *grip) MouseIn(*desktop.MouseEvent)    { g.hovered = true; g.paint() }
func (g *grip) MouseMoved(*desktop.MouseEvent) {}
func (g *grip) MouseOut()                      { g.hovered = false; g.paint() }

// Enable and Disable turn it on and off.
func (g *grip) Enable() { g.turn(false) }

// Disable greys it out.
func (g *grip) Disable() { g.turn(true) }

func (g *grip) turn(off bool) {
	if g.off != off {
		g.off = off
		g.paint()
	}
}

// Disabled reports whether it takes no cursor now.
func (g *grip) Disabled() bool { return g.off || g.Barred != nil && g.Barred() }

// box paints the ground and the edge of a field as an Entry has them.
func (g *grip) box(p theme.Palette, ground *canvas.Rectangle) {
	fill, edge, width := p.Card, p.Edge, float32(1)
	switch {
	case g.off:
		fill = p.Paper
	case g.hovered:
		fill = theme.Blend(p.Card, p.Ink, 5)
	}
	if g.focused {
		edge, width = p.Brand, 2
	}
	Fill(ground, fill)
	Stroke(ground, edge, width)
}

// ink is the colour of its text.
func (g *grip) ink(p theme.Palette) (text color.NRGBA) {
	if g.off {
		return p.InkSoft
	}
	return p.Ink
}
