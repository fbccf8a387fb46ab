package office

import (
	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Over holds the open form and the open list of a choice.
type Over struct {
	widget.BaseWidget
	kit  *kit
	form *form
}

func newOver(k *kit) *Over {
	o := &Over{kit: k}
	k.within = parts.Keys{
		Typed: o.typed, Down: k.keys.Down, Up: k.keys.Up,
		Shortcut: nil, // none of the window's may reach what lies under
	}
	o.form = newForm(k)
	o.ExtendBaseWidget(o)
	o.Hide()
	return o
}

// Covers reports whether the page lies under something.
func (o *Over) Covers() bool { return o.Visible() && (o.form.open() || o.kit.drop.Open()) }

// Typed takes a key that no field has taken; false when nothing lies over the
// page, or the key is the whole window's.
func (o *Over) Typed(k *fyne.KeyEvent) bool {
	if !o.Covers() || k.Name == fyne.KeyF11 {
		return false
	}
	o.typed(k)
	return true
}

func (o *Over) typed(k *fyne.KeyEvent) {
	switch {
	case k.Name == fyne.KeyF11:
		o.kit.keys.Typed(k)
	case o.kit.drop.Open():
		o.kit.drop.TypedKey(k)
	case o.form.open():
		o.form.typed(k)
	}
}

// CreateRenderer draws what is open.
func (o *Over) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{o.form, o.kit.drop}, Place: func(size fyne.Size) {
		parts.Place(o.form, 0, 0, size.Width, size.Height)
		parts.Place(o.kit.drop, 0, 0, size.Width, size.Height)
	}}
}
