// Package board draws the pump board: the prices in force, one tile a nozzle
// and the unpaid list under them.
//
// A tile is one custom widget with fixed geometry. Applying a board changes
// only the texts and colours that differ, so that a tick costs microseconds
// and the window is repainted only when something is new.
package board

import (
	"image/color"
	"strconv"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Geometry of a tile, in points.
const (
	TileHeight   float32 = 108
	TileMinWidth float32 = 164
	headHeight   float32 = 32
	yuanSize             = theme.Strong
)

// Tile is one nozzle.
type Tile struct {
	widget.BaseWidget
	palette theme.Palette
	onTap   func(nozzle int)
	shown   desk.Tile
	pulse   int

	ring, ground, head *canvas.Rectangle
	number, word       *canvas.Text
	image              *parts.Icon
	yuan, money        *canvas.Text
	grade, litres      *canvas.Text
	price, note        *canvas.Text
	badge              *canvas.Text
	badgeGround        *canvas.Rectangle
}

var _ fyne.Tappable = (*Tile)(nil)

// NewTile makes an empty tile.
func NewTile(p theme.Palette, onTap func(nozzle int)) *Tile {
	t := &Tile{
		palette: p, onTap: onTap,
		ring:   &canvas.Rectangle{CornerRadius: theme.Radius + 3},
		ground: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Card, StrokeWidth: 1},
		head:   &canvas.Rectangle{TopLeftCornerRadius: theme.Radius, TopRightCornerRadius: theme.Radius},
		number: parts.Text(p.Ink, theme.Title, true),
		word:   parts.Text(p.Ink, theme.Strong, true),
		image:  parts.NewIcon(),
		yuan:   parts.Text(p.Ink, yuanSize, false),
		money:  parts.Text(p.Ink, theme.Money, true),
		grade:  parts.Text(p.Ink, theme.Body, true),
		litres: parts.Text(p.Ink, theme.Body, false),
		price:  parts.Text(p.InkSoft, theme.Caption, false),
		note:   parts.Text(p.InkSoft, theme.Caption, false),
		badge:  parts.Text(p.Ink, theme.Caption, true),

		badgeGround: &canvas.Rectangle{CornerRadius: 4},
	}
	for _, right := range []*canvas.Text{t.word, t.money, t.litres, t.note} {
		right.Alignment = fyne.TextAlignTrailing
	}
	t.badge.Alignment = fyne.TextAlignCenter
	t.ExtendBaseWidget(t)
	return t
}

// Set shows a tile; pulse is the step of the pulse.
func (t *Tile) Set(next desk.Tile, pulse int) {
	if t.shown == next && (t.pulse == pulse || !next.Pulse) {
		return
	}
	moved := t.shown.Word != next.Word || t.shown.Calm != next.Calm || t.shown.Money != next.Money || t.shown.Badge != next.Badge
	t.shown, t.pulse = next, pulse
	t.paint()
	if moved {
		t.placeMoving(t.Size())
	}
}

func (t *Tile) paint() {
	v, p := t.shown, t.palette
	look := p.Face(v.Face)
	parts.Fill(t.head, look.Fill)
	parts.Put(t.number, strconv.Itoa(v.Nozzle), look.Text)
	parts.Put(t.word, v.Word, look.Text)
	t.image.Put(look.Icon, look.Text)
	t.paintEdge(look)

	ink := p.Ink
	if v.Calm {
		ink = p.InkSoft
	}
	money, yuan := v.Money, "¥"
	if money == "" {
		money, yuan = "—", ""
		ink = p.InkSoft
	}
	t.sizeMoney()
	parts.Put(t.money, money, ink)
	parts.Put(t.yuan, yuan, ink)
	parts.Put(t.litres, v.Litres, ink)
	parts.Put(t.grade, v.Grade, p.Ink)
	price := v.Price
	if v.Badge != "" {
		price = "" // the badge stands in its place
	}
	parts.Put(t.price, price, p.InkSoft)
	badge, text := p.Face(desk.FaceUnpaid).Fill, p.Face(desk.FaceUnpaid).Text
	if v.BadgeBad {
		badge, text = p.Face(desk.FaceQuarantined).Fill, p.Face(desk.FaceQuarantined).Text
	}
	parts.Fill(t.badgeGround, badge)
	parts.Put(t.badge, v.Badge, text)
	parts.Show(t.badgeGround, v.Badge != "")
	parts.Put(t.note, t.fitNote(), t.noteColour())
}

// sizeMoney makes the last sale of a nozzle at rest small.
func (t *Tile) sizeMoney() {
	size, bold := theme.Money, true
	if t.shown.Calm {
		size, bold = theme.Title, false
	}
	if t.money.TextSize != size {
		t.money.TextSize, t.money.TextStyle.Bold = size, bold
		t.money.Refresh()
	}
}

// paintEdge draws the choice, or the pulse of a state that needs a hand.
func (t *Tile) paintEdge(look theme.Look) {
	ring := color.NRGBA{}
	switch {
	case t.shown.Chosen:
		ring = t.palette.Brand
	case t.shown.Pulse:
		ring = theme.Pulsed(look.Fill, t.pulse)
	}
	parts.Fill(t.ring, ring)
	parts.Stroke(t.ground, t.palette.Line, 1)
}

func (t *Tile) noteColour() color.NRGBA {
	switch t.shown.Face {
	case desk.FaceFault, desk.FaceStopped, desk.FaceQuarantined:
		return t.palette.Bad
	case desk.FaceUnpaid:
		if t.shown.Pulse {
			return t.palette.Bad
		}
	}
	return t.palette.InkSoft
}

// fitNote cuts the note to what the price leaves it.
func (t *Tile) fitNote() string {
	width := t.Size().Width - 2*theme.Pad
	switch {
	case t.shown.Badge != "":
		width -= t.badge.MinSize().Width + 10 + theme.Gap
	case t.shown.Price != "":
		width -= fyne.MeasureText(t.shown.Price, theme.Caption, t.price.TextStyle).Width + theme.Gap
	}
	return parts.Fit(t.shown.Note, theme.Caption, t.note.TextStyle, width)
}

// Tapped chooses the nozzle.
func (t *Tile) Tapped(*fyne.PointEvent) { t.onTap(t.shown.Nozzle) }

func (t *Tile) place(size fyne.Size) {
	w := size.Width
	parts.Place(t.ring, -3, -3, w+6, size.Height+6)
	parts.Place(t.ground, 0, 0, w, size.Height)
	parts.Place(t.head, 0, 0, w, headHeight)
	parts.Place(t.number, theme.Pad, (headHeight-parts.LineHeight(theme.Title))/2, w/3, parts.LineHeight(theme.Title))
	parts.Place(t.money, theme.Pad, 29, w-2*theme.Pad, parts.LineHeight(theme.Money))
	parts.Place(t.grade, theme.Pad, 66, w/2, parts.LineHeight(theme.Body))
	parts.Place(t.litres, w/3, 66, w-w/3-theme.Pad, parts.LineHeight(theme.Body))
	parts.Place(t.price, theme.Pad, 86, w/2, parts.LineHeight(theme.Caption))
	parts.Place(t.note, theme.Pad, 86, w-2*theme.Pad, parts.LineHeight(theme.Caption))
	t.placeMoving(size)
	parts.Put(t.note, t.fitNote(), t.noteColour())
}

// placeMoving places what depends on the width of a text: the icon stands
// before its word, the yuan sign before its figure.
func (t *Tile) placeMoving(size fyne.Size) {
	w := size.Width
	word := t.word.MinSize()
	const side float32 = 18
	parts.Place(t.word, w-theme.Pad-word.Width, (headHeight-word.Height)/2, word.Width, word.Height)
	parts.Place(t.image, w-theme.Pad-word.Width-side-5, (headHeight-side)/2, side, side)
	money, yuan := t.money.MinSize(), t.yuan.MinSize()
	base := 29 + (parts.LineHeight(theme.Money)+money.Height)/2
	parts.Place(t.yuan, w-theme.Pad-money.Width-yuan.Width-3, base-yuan.Height-(money.Height-yuan.Height)*0.28, yuan.Width, yuan.Height)
	badge := t.badge.MinSize()
	parts.Place(t.badgeGround, theme.Pad-4, 86, badge.Width+10, badge.Height+1)
	parts.Place(t.badge, theme.Pad-4, 86, badge.Width+10, badge.Height+1)
}

// CreateRenderer draws the tile.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{
			t.ring, t.ground, t.head, t.number, t.image.Image, t.word, t.yuan, t.money,
			t.grade, t.litres, t.price, t.note, t.badgeGround, t.badge,
		},
		Place: t.place, Least: fyne.NewSize(TileMinWidth, TileHeight),
	}
}
