package parts

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Style is the weight of a button.
type Style int

// The styles.
const (
	Plain   Style = iota // card ground, ink
	Primary              // the act of the page, brand ground
	Danger               // card ground, red text
	Chosen               // a choice that is on
	Grave                // the act of the page that cannot be undone, red ground
)

// Button is a button with a label, an optional icon and the key that does the
// same. It is not focusable: keys have their meaning in one place, and a
// button that kept Enter would press itself.
type Button struct {
	widget.BaseWidget
	OnTap func()

	palette theme.Palette
	style   Style
	icon    icons.Name
	least   fyne.Size
	size    float32
	above   float32 // between what is drawn and what a finger hits
	below   float32
	state   desk.Button
	hovered bool

	ground, edge *canvas.Rectangle
	label, hint  *canvas.Text
	image        *Icon
}

var (
	_ fyne.Tappable     = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
)

// NewButton makes a button at least a finger high.
func NewButton(p theme.Palette, style Style, icon icons.Name, tap func()) *Button {
	b := &Button{
		OnTap: tap, palette: p, style: style, icon: icon, size: theme.Strong,
		least:  fyne.NewSize(theme.Target, theme.Target),
		ground: &canvas.Rectangle{CornerRadius: theme.Radius},
		edge:   &canvas.Rectangle{CornerRadius: theme.Radius, StrokeWidth: 1},
		label:  Text(p.Ink, theme.Strong, true),
		hint:   Text(p.InkSoft, theme.Caption, false),
		image:  NewIcon(),
	}
	b.ExtendBaseWidget(b)
	b.paint()
	return b
}

// Sized sets the label's size and the least size.
func (b *Button) Sized(text, width, height float32) *Button {
	b.size, b.label.TextSize = text, text
	b.least = fyne.NewSize(width, height)
	return b
}

// Inset draws the button smaller than what a finger hits, by so much above
// and below: for an act inside a line.
func (b *Button) Inset(by float32) *Button {
	return b.Within(by, by)
}

// Within draws the button smaller than what a finger hits, by so much above
// and so much below.
func (b *Button) Within(above, below float32) *Button {
	if b.above != above || b.below != below {
		b.above, b.below = above, below
		b.place(b.Size())
	}
	return b
}

// Set shows a state of the button.
func (b *Button) Set(s desk.Button) {
	if b.state == s {
		return
	}
	b.state = s
	Show(b, !s.Hidden)
	b.paint()
	b.place(b.Size())
}

// SetStyle changes the weight.
func (b *Button) SetStyle(style Style) {
	if b.style == style {
		return
	}
	b.style = style
	b.paint()
}

// SetIcon changes the icon.
func (b *Button) SetIcon(icon icons.Name) {
	if b.icon == icon {
		return
	}
	b.icon = icon
	b.paint()
}

// Tapped presses the button if it is on.
func (b *Button) Tapped(*fyne.PointEvent) {
	if b.state.On && !b.state.Busy && b.OnTap != nil {
		b.OnTap()
	}
}

// MouseIn, MouseMoved and MouseOut light the button under the pointer.
func (b *Button) MouseIn(*desktop.MouseEvent)    { b.hovered = true; b.paint() }
func (b *Button) MouseMoved(*desktop.MouseEvent) {}
func (b *Button) MouseOut()                      { b.hovered = false; b.paint() }

// colours are ground, edge and text for the state.
func (b *Button) colours() (ground, edge, text, hint color.NRGBA) {
	p := b.palette
	ground, edge, text, hint = p.Card, p.Edge, p.Ink, p.InkSoft
	live := b.state.On || b.state.Busy
	switch {
	case b.style == Primary && live:
		ground, edge, text, hint = p.Brand, p.Brand, p.OnBrand, p.OnBrand
	case b.style == Grave && live:
		ground, edge, text, hint = p.Danger, p.Danger, p.OnDanger, p.OnDanger
	case b.style == Chosen && live:
		ground, edge, text, hint = theme.Blend(p.Card, p.Brand, 14), p.Brand, p.Ink, p.InkSoft
	case !live:
		ground, edge, text, hint = p.Paper, p.Line, theme.Blend(p.Paper, p.InkSoft, 70), theme.Blend(p.Paper, p.InkSoft, 70)
	case b.style == Danger:
		text = p.Bad
	}
	if b.hovered && b.state.On && !b.state.Busy {
		ground = theme.Blend(ground, p.Ink, 8)
	}
	return ground, edge, text, hint
}

func (b *Button) paint() {
	ground, edge, text, hint := b.colours()
	Fill(b.ground, ground)
	Stroke(b.edge, edge, 1)
	Put(b.label, b.state.Label, text)
	Put(b.hint, b.state.Hint, hint)
	icon := b.icon
	if b.state.Busy {
		icon = icons.Clock
	}
	b.image.Put(icon, text)
}

// place centres icon, label and hint as one line.
func (b *Button) place(size fyne.Size) {
	height := size.Height - b.above - b.below
	Place(b.ground, 0, b.above, size.Width, height)
	Place(b.edge, 0.5, b.above+0.5, size.Width-1, height-1)
	if shown := Fit(b.state.Label, b.size, b.label.TextStyle, size.Width-b.besideLabel()-8); shown != b.label.Text {
		b.label.Text = shown
		b.label.Refresh()
	}
	label := b.label.MinSize()
	side := b.size * 1.2
	x := (size.Width - label.Width - b.besideLabel()) / 2
	if b.image.Visible() {
		Place(b.image, x, b.above+(height-side)/2, side, side)
		x += side
		if b.label.Text != "" {
			x += 6
		}
	}
	Place(b.label, x, b.above+(height-label.Height)/2, label.Width, label.Height)
	x += label.Width
	hint := b.hint.MinSize()
	Place(b.hint, x+6, b.above+(height-hint.Height)/2+1, hint.Width, hint.Height)
}

// besideLabel is the width of what stands beside the label.
func (b *Button) besideLabel() float32 {
	width := float32(0)
	if b.image.Visible() {
		width += b.size * 1.2
		if b.state.Label != "" {
			width += 6
		}
	}
	if b.state.Hint != "" {
		width += b.hint.MinSize().Width + 6
	}
	return width
}

// CreateRenderer draws the button.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{
		Parts: []fyne.CanvasObject{b.ground, b.edge, b.image.Image, b.label, b.hint},
		Place: b.place, Least: b.least,
	}
}

// Wants is the width at which icon, label and hint fit with room around them.
func (b *Button) Wants() float32 {
	label := fyne.MeasureText(b.state.Label, b.size, b.label.TextStyle).Width
	return max(b.least.Width, label+b.besideLabel()+2*theme.Wide)
}

// Live reports whether a touch does anything.
func (b *Button) Live() bool { return b.state.On && !b.state.Busy && !b.state.Hidden }

// Label is what the button says.
func (b *Button) Label() string { return b.state.Label }
