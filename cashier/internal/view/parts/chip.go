package parts

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Chip is a small coloured label with an icon; with a tap it is a shortcut.
type Chip struct {
	widget.BaseWidget
	ground *canvas.Rectangle
	image  *Icon
	text   *canvas.Text
	onTap  func()
}

// NewChip makes a chip; tap may be nil.
func NewChip(tap func()) *Chip {
	c := &Chip{
		ground: &canvas.Rectangle{CornerRadius: theme.Radius},
		image:  NewIcon(), text: Text(color.NRGBA{}, theme.Body, true), onTap: tap,
	}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a text on a colour; an empty text hides the chip.
func (c *Chip) Set(icon icons.Name, text string, ground, ink color.NRGBA) {
	Show(c, text != "")
	Fill(c.ground, ground)
	c.image.Put(icon, ink)
	changed := c.text.Text != text
	Put(c.text, text, ink)
	if changed {
		c.place(c.Size())
	}
}

// Width is the width the chip wants.
func (c *Chip) Width() float32 {
	return fyne.MeasureText(c.text.Text, theme.Body, c.text.TextStyle).Width + 2*theme.Pad + theme.Title
}

// Tapped follows the shortcut.
func (c *Chip) Tapped(*fyne.PointEvent) {
	if c.onTap != nil {
		c.onTap()
	}
}

func (c *Chip) place(size fyne.Size) {
	Place(c.ground, 0, 0, size.Width, size.Height)
	side := theme.Wide
	Place(c.image, theme.Pad-2, (size.Height-side)/2, side, side)
	height := LineHeight(theme.Body)
	Place(c.text, theme.Pad+side+4, (size.Height-height)/2, size.Width-2*theme.Pad-side, height)
}

// CreateRenderer draws the chip.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{Parts: []fyne.CanvasObject{c.ground, c.image.Image, c.text}, Place: c.place, Least: fyne.NewSize(theme.Target, 28)}
}
