package parts

import (
	"image/color"
	"slices"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// chipTall is the height of a chip that is chosen by touch.
const chipTall = theme.Target

// Chips are choices of which any number is on: each a pill, in as many lines
// as they need. The arrows walk through them and the space bar turns the one
// in hand on or off.
type Chips struct {
	grip
	// OnChanged is called with the values that are on, in the order of the
	// choices, when a hand changes one.
	OnChanged func([]string)

	palette theme.Palette
	choices []desk.Pick
	on      []string
	at      int // in hand
	pills   []pill
	areas   []area
}

// pill is what a chip is drawn with.
type pill struct {
	ground *canvas.Rectangle
	tick   *Icon
	label  *canvas.Text
}

// area is where a chip lies.
type area struct{ x, y, w, h float32 }

func (a area) holds(p fyne.Position) bool {
	return p.X >= a.x && p.X < a.x+a.w && p.Y >= a.y && p.Y < a.y+a.h
}

// NewChips makes an empty field; keys is the window's key map.
func NewChips(p theme.Palette, keys Keys) *Chips {
	c := &Chips{palette: p}
	c.keys, c.paint, c.key = keys, c.draw, c.walk
	c.act = func() { c.flip(c.at) }
	c.touch = c.pressed
	c.self = func() fyne.CanvasObject { return c }
	c.ExtendBaseWidget(c)
	return c
}

// Set shows choices and which are on.
func (c *Chips) Set(choices []desk.Pick, on []string) {
	if slices.Equal(c.choices, choices) && slices.Equal(c.on, on) {
		return
	}
	made := !slices.Equal(c.choices, choices)
	c.choices, c.on = slices.Clone(choices), slices.Clone(on)
	if made {
		c.make()
		return
	}
	c.draw()
}

// make makes the pills for other choices.
func (c *Chips) make() {
	c.pills, c.at = nil, 0
	for range c.choices {
		c.pills = append(c.pills, pill{
			&canvas.Rectangle{CornerRadius: chipTall / 2}, NewIcon(), Text(c.palette.Ink, theme.Body, false),
		})
	}
	c.draw()
	c.Refresh()
}

// On are the values that are on.
func (c *Chips) On() []string { return c.on }

func (c *Chips) pressed(at fyne.Position) {
	for i, a := range c.areas {
		if a.holds(at) {
			c.at = i
			c.flip(i)
			return
		}
	}
}

func (c *Chips) flip(i int) {
	if i >= len(c.choices) {
		return
	}
	var on []string
	for j, choice := range c.choices {
		if slices.Contains(c.on, choice.Value) != (i == j) {
			on = append(on, choice.Value)
		}
	}
	c.on = on
	c.draw()
	if c.OnChanged != nil {
		c.OnChanged(on)
	}
}

// walk takes the next or the last chip in hand.
func (c *Chips) walk(k *fyne.KeyEvent) {
	by := 0
	switch k.Name {
	case fyne.KeyRight, fyne.KeyDown:
		by = 1
	case fyne.KeyLeft, fyne.KeyUp:
		by = -1
	}
	if by != 0 && len(c.choices) > 0 {
		c.at = (c.at + by + len(c.choices)) % len(c.choices)
		c.draw()
	}
}

func (c *Chips) draw() {
	p := c.palette
	for i, pill := range c.pills {
		on := slices.Contains(c.on, c.choices[i].Value)
		fill, edge, tick, width := p.Card, p.Edge, icons.Name(""), float32(1)
		if on {
			fill, edge, tick = theme.Blend(p.Card, p.Brand, 14), p.Brand, icons.Check
		}
		if c.focused && i == c.at {
			edge, width = p.Brand, 2
		}
		if c.off {
			fill = theme.Blend(fill, p.Paper, 60)
		}
		Fill(pill.ground, fill)
		Stroke(pill.ground, edge, width)
		pill.tick.Put(tick, c.tint(on))
		Put(pill.label, c.choices[i].Label, c.tint(on))
	}
	c.place(c.Size())
}

func (c *Chips) tint(on bool) color.NRGBA {
	if on && !c.off {
		return c.palette.Brand
	}
	return c.ink(c.palette)
}

// Tall is the height in a width.
func (c *Chips) Tall(width float32) float32 {
	areas := c.lay(width)
	if len(areas) == 0 {
		return chipTall
	}
	last := areas[len(areas)-1]
	return last.y + last.h
}

// chipTick is the room the tick takes, whether it is there or not: nothing
// moves when a chip is turned on.
const chipTick float32 = 14

// lay lays the chips out in lines.
func (c *Chips) lay(width float32) []area {
	out := make([]area, len(c.choices))
	x, y := float32(0), float32(0)
	for i, choice := range c.choices {
		w := fyne.MeasureText(choice.Label, theme.Body, fyne.TextStyle{}).Width + chipTick + 4 + 2*theme.Pad
		w = max(w, theme.Target+theme.Gap)
		if x > 0 && x+w > width {
			x, y = 0, y+chipTall
		}
		out[i] = area{x, y, min(w, width), chipTall}
		x += w + theme.Gap
	}
	return out
}

func (c *Chips) place(size fyne.Size) {
	c.areas = c.lay(size.Width)
	for i, pill := range c.pills {
		a := c.areas[i]
		Place(pill.ground, a.x, a.y+5, a.w, a.h-10)
		pill.ground.CornerRadius = (a.h - 10) / 2
		label := pill.label.MinSize()
		x := a.x + (a.w-label.Width)/2
		if pill.tick.Visible() {
			x += (chipTick + 4) / 2
			Place(pill.tick, x-chipTick-4, a.y+(a.h-chipTick)/2, chipTick, chipTick)
		}
		Place(pill.label, x, a.y+(a.h-label.Height)/2, label.Width, label.Height)
	}
}

type chipsRenderer struct {
	Painter
	c *Chips
}

// Objects are the pills, which change with the choices.
func (r *chipsRenderer) Objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, p := range r.c.pills {
		out = append(out, p.ground, p.tick.Image, p.label)
	}
	return out
}

// Refresh lays out anew: the choices may have changed.
func (r *chipsRenderer) Refresh() {
	r.c.place(r.c.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the chips.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer {
	return &chipsRenderer{Painter{Place: c.place, Least: fyne.NewSize(theme.Target, chipTall)}, c}
}
