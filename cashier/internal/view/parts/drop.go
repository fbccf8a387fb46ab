package parts

import (
	"slices"
	"strings"
	"unicode"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	dropRow   = theme.Target
	dropEdge  = float32(4) // off the window's edge, and above the first row
	dropLeast = float32(160)
	dropRows  = 8 // at once, at most
)

// Drop is the open list of a Choice. It lies over the whole window: a touch
// beside the list closes it, and while it is open the keyboard is its own:
// arrows walk, Enter and the space bar choose, a letter leads to the next
// choice that begins with it, Escape and Tab close it.
type Drop struct {
	widget.BaseWidget
	palette theme.Palette
	keys    Keys
	owner   *Choice
	shown   []desk.Pick
	at      int
	changed bool

	ground *canvas.Rectangle
	shadow *canvas.Rectangle
	scroll *container.Scroll
	list   *fyne.Container
	rows   []*dropItem
}

var (
	_ fyne.Focusable    = (*Drop)(nil)
	_ fyne.Tabbable     = (*Drop)(nil)
	_ fyne.Tappable     = (*Drop)(nil)
	_ fyne.Scrollable   = (*Drop)(nil)
	_ desktop.Keyable   = (*Drop)(nil)
	_ desktop.Hoverable = (*Drop)(nil)
)

// NewDrop makes a closed list.
func NewDrop(p theme.Palette, keys Keys) *Drop {
	d := &Drop{
		palette: p, keys: keys,
		shadow: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Shadow},
		ground: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Card, StrokeColor: p.Edge, StrokeWidth: 1},
	}
	d.list = container.New(&stackItems{})
	d.scroll = container.NewVScroll(d.list)
	d.ExtendBaseWidget(d)
	d.Hide()
	return d
}

// open shows the list of a choice under it.
func (d *Drop) open(c *Choice) {
	if len(c.choices) == 0 {
		return
	}
	d.owner, d.changed = c, false
	d.at = max(0, slices.IndexFunc(c.choices, func(p desk.Pick) bool { return slices.Contains(c.on, p.Value) }))
	d.fill()
	d.Show()
	d.place(d.Size())
	d.reveal()
	d.focus(d)
}

// follow shows what has changed in the choice whose list is open.
func (d *Drop) follow(c *Choice) {
	if d.owner == c {
		d.at = min(d.at, len(c.choices)-1)
		d.fill()
		d.place(d.Size())
	}
}

// Close closes the list and gives the cursor back.
func (d *Drop) Close() {
	c := d.owner
	if c == nil {
		return
	}
	d.owner = nil
	d.Hide()
	d.focus(c)
	if d.changed && c.OnClosed != nil {
		c.OnClosed()
	}
}

// Open reports whether a list is open.
func (d *Drop) Open() bool { return d.owner != nil }

func (d *Drop) focus(f fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(d); c != nil {
		c.Focus(f)
	}
}

// fill makes a row for every choice.
func (d *Drop) fill() {
	d.shown = d.owner.choices
	for len(d.rows) < len(d.shown) {
		n := len(d.rows)
		d.rows = append(d.rows, newDropItem(d.palette, func() { d.choose(n) }))
	}
	objects := make([]fyne.CanvasObject, len(d.shown))
	for i, choice := range d.shown {
		d.rows[i].set(choice.Label, slices.Contains(d.owner.on, choice.Value), i == d.at)
		objects[i] = d.rows[i]
	}
	if !slices.Equal(d.list.Objects, objects) {
		d.list.Objects = objects
		d.list.Refresh()
	}
}

func (d *Drop) choose(i int) {
	if d.owner == nil || i >= len(d.shown) {
		return
	}
	d.at, d.changed = i, true
	if d.owner.pick(d.shown[i].Value) {
		d.Close()
		return
	}
	d.fill()
	d.focus(d) // a touch on a row may have taken it
}

// step takes another row in hand.
func (d *Drop) step(to int) {
	d.at = max(0, min(to, len(d.shown)-1))
	d.fill()
	d.reveal()
}

// reveal scrolls until the row in hand is in sight.
func (d *Drop) reveal() {
	top, height := float32(d.at)*dropRow, d.scroll.Size().Height
	switch {
	case top < d.scroll.Offset.Y:
		d.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case top+dropRow > d.scroll.Offset.Y+height:
		d.scroll.ScrollToOffset(fyne.NewPos(0, top+dropRow-height))
	}
}

// TypedKey walks, chooses and closes.
func (d *Drop) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyUp:
		d.step(d.at - 1)
	case fyne.KeyDown:
		d.step(d.at + 1)
	case fyne.KeyPageUp:
		d.step(d.at - dropRows)
	case fyne.KeyPageDown:
		d.step(d.at + dropRows)
	case fyne.KeyHome:
		d.step(0)
	case fyne.KeyEnd:
		d.step(len(d.shown))
	case fyne.KeyReturn, fyne.KeyEnter:
		d.choose(d.at)
	case fyne.KeyEscape, fyne.KeyTab:
		d.Close()
	}
}

// TypedRune chooses with the space bar and goes to what begins with a letter.
func (d *Drop) TypedRune(r rune) {
	if r == ' ' {
		d.choose(d.at)
		return
	}
	for i := range d.shown {
		n := (d.at + 1 + i) % len(d.shown)
		if strings.HasPrefix(strings.ToLower(d.shown[n].Label), string(unicode.ToLower(r))) {
			d.step(n)
			return
		}
	}
}

// KeyDown and KeyUp hand held window keys on.
func (d *Drop) KeyDown(k *fyne.KeyEvent) { d.keys.Down(k) }

// KeyUp hands the end of a hold on.
func (d *Drop) KeyUp(k *fyne.KeyEvent) { d.keys.Up(k) }

// FocusGained and FocusLost complete fyne.Focusable.
func (d *Drop) FocusGained() {}

// FocusLost completes fyne.Focusable: a list without the cursor still closes
// by touch, and the window hands it the keys.
func (d *Drop) FocusLost() {}

// AcceptsTab keeps Tab from leading to what lies under the list.
func (d *Drop) AcceptsTab() bool { return true }

// Tapped is a touch beside the list.
func (d *Drop) Tapped(*fyne.PointEvent) { d.Close() }

// Scrolled, MouseIn, MouseMoved and MouseOut keep wheel and pointer from what
// lies under.
func (d *Drop) Scrolled(*fyne.ScrollEvent)     {}
func (d *Drop) MouseIn(*desktop.MouseEvent)    {}
func (d *Drop) MouseMoved(*desktop.MouseEvent) {}
func (d *Drop) MouseOut()                      {}

// place lays the list under its field, or over it where there is more room.
func (d *Drop) place(size fyne.Size) {
	if d.owner == nil {
		return
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(d.owner).
		Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(d))
	field := d.owner.Size()
	below, above := size.Height-at.Y-field.Height-2*dropEdge, at.Y-2*dropEdge
	height := float32(min(len(d.shown), dropRows))*dropRow + 2*dropEdge
	y := at.Y + field.Height + dropEdge
	switch {
	case height <= below:
	case above > below:
		height = min(height, above)
		y = at.Y - dropEdge - height
	default:
		height = below
	}
	width := min(max(field.Width, d.owner.Wants()+theme.Wide, dropLeast), size.Width-2*dropEdge)
	x := max(dropEdge, min(at.X, size.Width-width-dropEdge))
	Place(d.shadow, x-1, y+2, width+2, height+2)
	Place(d.ground, x, y, width, height)
	Place(d.scroll, x+1, y+dropEdge, width-2, height-2*dropEdge)
}

// CreateRenderer draws the list.
func (d *Drop) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{Parts: []fyne.CanvasObject{d.shadow, d.ground, d.scroll}, Place: d.place}
}

// dropItem is one choice.
type dropItem struct {
	widget.BaseWidget
	palette         theme.Palette
	tap             func()
	text            string
	on, at, hovered bool
	ground          *canvas.Rectangle
	tick            *Icon
	label           *canvas.Text
}

var (
	_ fyne.Tappable     = (*dropItem)(nil)
	_ desktop.Hoverable = (*dropItem)(nil)
)

func newDropItem(p theme.Palette, tap func()) *dropItem {
	i := &dropItem{palette: p, tap: tap, ground: &canvas.Rectangle{CornerRadius: 6}, tick: NewIcon(), label: Text(p.Ink, theme.Strong, false)}
	i.ExtendBaseWidget(i)
	return i
}

func (i *dropItem) set(text string, on, at bool) {
	if i.text == text && i.on == on && i.at == at {
		return
	}
	i.text, i.on, i.at = text, on, at
	i.paint()
}

func (i *dropItem) paint() {
	p := i.palette
	ground, ink, tick := p.Card, p.Ink, icons.Name("")
	if i.on {
		ink, tick = p.Brand, icons.Check
	}
	if i.at || i.hovered {
		ground = theme.Blend(p.Card, p.Brand, 10)
	}
	Fill(i.ground, ground)
	i.tick.Put(tick, ink)
	if i.label.TextStyle.Bold != i.on {
		i.label.TextStyle.Bold = i.on
		i.label.Refresh()
	}
	Put(i.label, Fit(i.text, theme.Strong, i.label.TextStyle, i.Size().Width-2*theme.Pad-theme.Wide-6), ink)
}

// Tapped chooses it.
func (i *dropItem) Tapped(*fyne.PointEvent) { i.tap() }

// MouseIn, MouseMoved and MouseOut light it under the pointer.
func (i *dropItem) MouseIn(*desktop.MouseEvent)    { i.hovered = true; i.paint() }
func (i *dropItem) MouseMoved(*desktop.MouseEvent) {}
func (i *dropItem) MouseOut()                      { i.hovered = false; i.paint() }

func (i *dropItem) place(size fyne.Size) {
	i.paint()
	Place(i.ground, dropEdge, 1, size.Width-2*dropEdge, size.Height-2)
	height := LineHeight(theme.Strong)
	Place(i.label, theme.Pad, (size.Height-height)/2, size.Width-2*theme.Pad-theme.Wide, height)
	Place(i.tick, size.Width-theme.Pad-theme.Wide, (size.Height-theme.Wide)/2, theme.Wide, theme.Wide)
}

// CreateRenderer draws the choice.
func (i *dropItem) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{Parts: []fyne.CanvasObject{i.ground, i.label, i.tick.Image}, Place: i.place, Least: fyne.NewSize(80, dropRow)}
}

// stackItems lays choices under one another over the full width.
type stackItems struct{}

// MinSize is all choices high.
func (stackItems) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(80, float32(len(objects))*dropRow)
}

// Layout gives each choice the full width.
func (stackItems) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, o := range objects {
		Place(o, 0, float32(i)*dropRow, size.Width, dropRow)
	}
}
