package parts

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Hold is a button that must be held down; how far it has got fills it from
// the left. What "long enough" means is not its business.
type Hold struct {
	widget.BaseWidget
	OnDown, OnUp func()

	palette         theme.Palette
	down            bool
	progress        int
	quiet           bool
	ground, filling *canvas.Rectangle
	label           *canvas.Text
	image           *Icon
}

var (
	_ desktop.Mouseable = (*Hold)(nil)
	_ desktop.Hoverable = (*Hold)(nil)
)

// NewHold makes a red hold button.
func NewHold(p theme.Palette, down, up func()) *Hold {
	h := &Hold{
		OnDown: down, OnUp: up, palette: p,
		ground:  &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Danger},
		filling: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: theme.Blend(p.Danger, p.OnDanger, 35)},
		label:   Text(p.OnDanger, theme.Strong, true),
		image:   NewIcon(),
	}
	h.ExtendBaseWidget(h)
	return h
}

// Set shows the label and the progress in percent; quiet takes the brand's
// ground for the release of what was stopped.
func (h *Hold) Set(label string, progress int, quiet bool) {
	moved := h.progress != progress || h.label.Text != label
	h.progress, h.quiet = progress, quiet
	ground, text, icon := h.palette.Danger, h.palette.OnDanger, icons.Stop
	if quiet {
		ground, text, icon = h.palette.Brand, h.palette.OnBrand, icons.Play
	}
	Fill(h.ground, ground)
	Fill(h.filling, theme.Blend(ground, text, 35))
	Put(h.label, label, text)
	h.image.Put(icon, text)
	if moved {
		h.place(h.Size())
	}
}

// MouseDown begins, MouseUp and MouseOut end the hold.
func (h *Hold) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary && !h.down {
		h.down = true
		h.OnDown()
	}
}

// MouseUp lets go.
func (h *Hold) MouseUp(*desktop.MouseEvent) { h.release() }

// MouseOut lets go: a finger that slides away did not mean it.
func (h *Hold) MouseOut() { h.release() }

// MouseIn and MouseMoved complete desktop.Hoverable.
func (h *Hold) MouseIn(*desktop.MouseEvent)    {}
func (h *Hold) MouseMoved(*desktop.MouseEvent) {}

func (h *Hold) release() {
	if h.down {
		h.down = false
		h.OnUp()
	}
}

func (h *Hold) place(size fyne.Size) {
	Place(h.ground, 0, 0, size.Width, size.Height)
	Place(h.filling, 0, 0, size.Width*float32(h.progress)/100, size.Height)
	Show(h.filling, h.progress > 0)
	label, side := h.label.MinSize(), theme.Title
	x := (size.Width - label.Width - side - 6) / 2
	Place(h.image, x, (size.Height-side)/2, side, side)
	Place(h.label, x+side+6, (size.Height-label.Height)/2, label.Width, label.Height)
}

// CreateRenderer draws the button.
func (h *Hold) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{
		Parts: []fyne.CanvasObject{h.ground, h.filling, h.image.Image, h.label},
		Place: h.place, Least: fyne.NewSize(120, theme.Target),
	}
}
