package parts

import (
	"slices"
	"strings"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Choice is a field that opens a list: one of several values, or any of them.
// The list itself is a Drop, which lies over the window.
type Choice struct {
	grip
	// OnChanged is called with the chosen values when a hand changes them.
	OnChanged func([]string)
	// OnClosed is called when the list closes after something has changed.
	OnClosed func()

	palette theme.Palette
	drop    *Drop
	many    bool
	hint    string
	choices []desk.Pick
	on      []string
	ground  *canvas.Rectangle
	label   *canvas.Text
	sign    *Icon
}

// NewChoice makes an empty field whose list opens in drop; many lets any
// number of values be chosen.
func NewChoice(p theme.Palette, keys Keys, drop *Drop, many bool) *Choice {
	c := &Choice{
		palette: p, drop: drop, many: many,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius, StrokeWidth: 1},
		label:  Text(p.Ink, theme.Strong, false),
		sign:   NewIcon(),
	}
	c.keys, c.paint, c.act = keys, c.draw, c.open
	c.touch = func(fyne.Position) { c.open() }
	c.key = func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyDown || k.Name == fyne.KeyUp {
			c.open()
		}
	}
	c.self = func() fyne.CanvasObject { return c }
	c.ExtendBaseWidget(c)
	c.draw()
	return c
}

// Set shows choices and which are on; hint stands there when none is.
func (c *Choice) Set(hint string, choices []desk.Pick, on []string) {
	if c.hint == hint && slices.Equal(c.choices, choices) && slices.Equal(c.on, on) {
		return
	}
	c.hint, c.choices, c.on = hint, slices.Clone(choices), slices.Clone(on)
	c.draw()
	c.drop.follow(c)
}

// On are the values that are chosen.
func (c *Choice) On() []string { return c.on }

func (c *Choice) open() { c.drop.open(c) }

// pick chooses a value, or turns it on or off. It reports whether the list
// has served its purpose.
func (c *Choice) pick(value string) bool {
	if !c.many {
		changed := !slices.Equal(c.on, []string{value})
		c.on = []string{value}
		c.changed(changed)
		return true
	}
	var on []string
	for _, choice := range c.choices {
		if slices.Contains(c.on, choice.Value) != (choice.Value == value) {
			on = append(on, choice.Value)
		}
	}
	c.on = on
	c.changed(true)
	return false
}

func (c *Choice) changed(really bool) {
	c.draw()
	if really && c.OnChanged != nil {
		c.OnChanged(c.on)
	}
}

// Shown is what stands in the field.
func (c *Choice) Shown() string {
	var labels []string
	for _, choice := range c.choices {
		if slices.Contains(c.on, choice.Value) {
			labels = append(labels, choice.Label)
		}
	}
	return strings.Join(labels, "、")
}

// Wants is the width at which the longest choice fits.
func (c *Choice) Wants() float32 {
	width := fyne.MeasureText(c.hint, theme.Strong, fyne.TextStyle{}).Width
	for _, choice := range c.choices {
		width = max(width, fyne.MeasureText(choice.Label, theme.Strong, fyne.TextStyle{}).Width)
	}
	return width + 2*theme.Pad + theme.Wide + 6
}

func (c *Choice) draw() {
	p := c.palette
	c.box(p, c.ground)
	text, ink := c.Shown(), c.ink(p)
	if text == "" {
		text, ink = c.hint, p.InkSoft
	}
	Put(c.label, Fit(text, theme.Strong, c.label.TextStyle, c.room(c.Size())), ink)
	c.sign.Put(icons.Down, p.InkSoft)
}

// room is the width of the text.
func (c *Choice) room(size fyne.Size) float32 { return size.Width - 2*theme.Pad - theme.Wide - 4 }

func (c *Choice) place(size fyne.Size) {
	Place(c.ground, 0, 0, size.Width, size.Height)
	c.draw()
	height := LineHeight(theme.Strong)
	Place(c.label, theme.Pad, (size.Height-height)/2, max(0, c.room(size)), height)
	Place(c.sign, size.Width-theme.Pad-theme.Wide, (size.Height-theme.Wide)/2, theme.Wide, theme.Wide)
}

// CreateRenderer draws the field.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{
		Parts: []fyne.CanvasObject{c.ground, c.label, c.sign.Image},
		Place: c.place, Least: fyne.NewSize(theme.Target, 40),
	}
}
