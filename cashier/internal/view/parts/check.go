package parts

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// checkSide is the size of the box of a Check.
const checkSide float32 = 22

// Check is a box with a label that is ticked or not, by touch or with the
// space bar.
type Check struct {
	grip
	// OnChanged is called when a hand ticks it or takes the tick away.
	OnChanged func(on bool)

	palette theme.Palette
	on      bool
	ring    *canvas.Rectangle
	ground  *canvas.Rectangle
	tick    *Icon
	label   *canvas.Text
	text    string
}

// NewCheck makes an empty box; keys is the window's key map.
func NewCheck(p theme.Palette, keys Keys) *Check {
	c := &Check{
		palette: p,
		ring:    &canvas.Rectangle{CornerRadius: theme.Radius},
		ground:  &canvas.Rectangle{CornerRadius: 5},
		tick:    NewIcon(),
		label:   Text(p.Ink, theme.Strong, false),
	}
	c.keys, c.paint, c.act = keys, c.draw, c.flip
	c.touch = func(fyne.Position) { c.flip() }
	c.self = func() fyne.CanvasObject { return c }
	c.ExtendBaseWidget(c)
	c.draw()
	return c
}

// Set shows a label and whether the box is ticked.
func (c *Check) Set(label string, on bool) {
	if c.text == label && c.on == on {
		return
	}
	c.text, c.on = label, on
	c.fit(c.Size())
	c.draw()
}

// On reports whether the box is ticked.
func (c *Check) On() bool { return c.on }

// Wants is the width at which the label fits.
func (c *Check) Wants() float32 {
	return fyne.MeasureText(c.text, theme.Strong, c.label.TextStyle).Width + checkSide + 2*theme.Gap + theme.Gap
}

func (c *Check) flip() {
	c.on = !c.on
	c.draw()
	if c.OnChanged != nil {
		c.OnChanged(c.on)
	}
}

func (c *Check) draw() {
	p := c.palette
	fill, edge, tick := p.Card, p.Edge, icons.Name("")
	if c.on {
		fill, edge, tick = p.Brand, p.Brand, icons.Check
	}
	if c.off {
		fill = theme.Blend(p.Card, fill, 40)
	}
	Fill(c.ground, fill)
	Stroke(c.ground, edge, 1.5)
	c.tick.Put(tick, p.OnBrand)
	ring, width := color.NRGBA{}, float32(0)
	if c.focused {
		ring, width = p.Brand, 2
	}
	Stroke(c.ring, ring, width)
	ground := color.NRGBA{}
	if c.hovered && !c.off {
		ground = theme.Blend(p.Card, p.Ink, 5)
	}
	Fill(c.ring, ground)
	Put(c.label, c.label.Text, c.ink(p))
}

// fit gives the label what the box leaves it.
func (c *Check) fit(size fyne.Size) {
	Put(c.label, Fit(c.text, theme.Strong, c.label.TextStyle, size.Width-checkSide-2*theme.Gap), c.ink(c.palette))
}

func (c *Check) place(size fyne.Size) {
	c.fit(size)
	Place(c.ring, 0, 0, size.Width, size.Height)
	Place(c.ground, theme.Gap, (size.Height-checkSide)/2, checkSide, checkSide)
	Place(c.tick, theme.Gap+3, (size.Height-checkSide)/2+3, checkSide-6, checkSide-6)
	height := LineHeight(theme.Strong)
	Place(c.label, checkSide+2*theme.Gap, (size.Height-height)/2, size.Width-checkSide-2*theme.Gap, height)
}

// CreateRenderer draws the box.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{
		Parts: []fyne.CanvasObject{c.ring, c.ground, c.tick.Image, c.label},
		Place: c.place, Least: fyne.NewSize(theme.Target, 40),
	}
}
