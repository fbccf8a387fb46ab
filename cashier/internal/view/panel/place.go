package panel

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// tightBelow is the height under which the panel uses its tight geometry. A
// till that low is one whose scale is turned up, so that 40 points are still
// 60 pixels under a finger.
const tightBelow float32 = 620

// geometry is what differs between the two.
type geometry struct {
	margin, gap              float32
	pad, pay, money, resolve float32
	title, caption, amount   float32
}

var (
	roomy = geometry{theme.Wide, theme.Gap, parts.PadHeight, theme.Tender, 64, theme.Target, 36, 26, 58}
	tight = geometry{theme.Gap, 4, 4*40 + 12, 52, 36, 40, 32, 21, 46}
)

func geometryOf(height float32) geometry {
	if height < tightBelow {
		return tight
	}
	return roomy
}

// place lays out from the bottom up what a hand needs, and from the top down
// what is read.
func (v *Panel) place(size fyne.Size) {
	g := geometryOf(size.Height)
	x, w := g.margin, size.Width-2*g.margin
	parts.Place(v.ground, 0, 0, size.Width, size.Height)
	half := (w - g.gap) / 2

	y := size.Height - g.margin/2 - g.gap/2 - theme.Target
	parts.Place(v.stop, x, y, half, theme.Target)
	parts.Place(v.pause, x+half+g.gap, y, half, theme.Target)
	y -= g.gap + g.pay
	third := w * 0.38
	parts.Place(v.cash, x, y, third, g.pay)
	parts.Place(v.pay, x+third+g.gap, y, w-third-g.gap, g.pay)
	y -= g.gap + g.pad
	parts.Place(v.pad, x, y, w, g.pad)
	v.placeLines(x, y, w)
	y -= g.gap + g.money
	parts.Place(v.money, x, y, w, g.money)
	y -= g.gap + g.resolve
	parts.Place(v.resolves[0], x, y, half, g.resolve)
	parts.Place(v.resolves[1], x+half+g.gap, y, half, g.resolve)
	v.placeHead(g, size.Width)
}

// placeLines lays the lines of detail where the keypad would be.
func (v *Panel) placeLines(x, y, w float32) {
	height := parts.LineHeight(theme.Body) + 6
	for i, pair := range v.lines {
		top := y + float32(i)*height
		parts.Place(pair[0], x, top, w/2, height)
		parts.Place(pair[1], x, top, w, height)
	}
}

// placeHead lays title, amount and status from the top.
func (v *Panel) placeHead(g geometry, width float32) {
	x, w := g.margin, width-2*g.margin
	y := g.margin / 2
	parts.Place(v.title, x, y+(g.title-parts.LineHeight(theme.Title))/2, w, parts.LineHeight(theme.Title))
	y += g.title
	parts.Place(v.caption, x, y, w, parts.LineHeight(theme.Body))
	parts.Place(v.detail, x, y, w, parts.LineHeight(theme.Body))
	y += g.caption
	parts.Place(v.amount, x, y+(g.amount-parts.LineHeight(theme.Total))/2, w, parts.LineHeight(theme.Total))
	v.placeMoving(fyne.NewSize(width, 0))
	v.setStatus()
}

// placeMoving places what depends on the width of a text.
func (v *Panel) placeMoving(size fyne.Size) {
	g := geometryOf(v.Size().Height)
	chip := v.chip.Width()
	parts.Place(v.chip, size.Width-g.margin-chip, g.margin/2+(g.title-28)/2, chip, 28)
	amount, yuan := v.amount.MinSize(), v.yuan.MinSize()
	v.placeStatus(g, size.Width)
	bottom := g.margin/2 + g.title + g.caption + (g.amount+parts.LineHeight(theme.Total))/2
	parts.Place(v.yuan, size.Width-g.margin-amount.Width-yuan.Width-5, bottom-yuan.Height-8, yuan.Width, yuan.Height)
}

// placeStatus lays the status under the amount, or in its place.
func (v *Panel) placeStatus(g geometry, width float32) {
	y := g.margin/2 + g.title
	if v.shown.Caption != "" || v.shown.Amount != "" {
		y += g.caption
	}
	if v.shown.Amount != "" {
		y += g.amount
	}
	for i, t := range v.status {
		parts.Place(t, g.margin, y+float32(i)*parts.LineHeight(theme.Body), width-2*g.margin, parts.LineHeight(theme.Body))
	}
}

// CreateRenderer draws the panel.
func (v *Panel) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{v.ground, v.title, v.chip, v.caption, v.yuan, v.amount, v.detail}
	for _, t := range v.status {
		objects = append(objects, t)
	}
	objects = append(objects, v.money, v.pad)
	for _, pair := range v.lines {
		objects = append(objects, pair[0], pair[1])
	}
	objects = append(objects, v.resolves[0], v.resolves[1], v.cash, v.pay, v.stop, v.pause)
	return &parts.Painter{Parts: objects, Place: v.place, Least: fyne.NewSize(280, 400)}
}

// moneyBox shows what was handed over and what is given back, beside one
// another in the tight geometry, under one another in the roomy one.
type moneyBox struct {
	widget.BaseWidget
	palette theme.Palette
	ground  *canvas.Rectangle
	rows    [2][2]*canvas.Text
}

func newMoneyBox(p theme.Palette) *moneyBox {
	b := &moneyBox{palette: p, ground: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Paper, StrokeWidth: 1}}
	for i := range b.rows {
		b.rows[i][0] = parts.Text(p.InkSoft, theme.Body, false)
		b.rows[i][1] = parts.Text(p.Ink, theme.Title, true)
		b.rows[i][1].Alignment = fyne.TextAlignTrailing
	}
	b.ExtendBaseWidget(b)
	return b
}

func (b *moneyBox) set(p desk.Panel) {
	for i, line := range []desk.Line{p.Tender, p.Change} {
		label := b.palette.InkSoft
		if line.Tone == desk.ToneBad {
			label = b.palette.Bad
		}
		parts.Put(b.rows[i][0], line.Label, label)
		parts.Put(b.rows[i][1], line.Value, b.palette.Tone(line.Tone))
	}
	edge := b.palette.Line
	if p.Typing {
		edge = b.palette.Brand
	}
	parts.Stroke(b.ground, edge, 1)
	parts.Show(b, p.Tender.Label != "")
}

func (b *moneyBox) place(size fyne.Size) {
	parts.Place(b.ground, 0, 0, size.Width, size.Height)
	width, height := size.Width, size.Height/2
	dx, dy := float32(0), height
	if size.Height < theme.Target {
		width, height = size.Width/2, size.Height
		dx, dy = width, 0
	}
	for i, row := range b.rows {
		x, y := float32(i)*dx, float32(i)*dy
		parts.Place(row[0], x+theme.Gap, y+(height-parts.LineHeight(theme.Body))/2, width-2*theme.Gap, parts.LineHeight(theme.Body))
		parts.Place(row[1], x+theme.Gap, y+(height-parts.LineHeight(theme.Title))/2, width-2*theme.Gap, parts.LineHeight(theme.Title))
	}
}

// CreateRenderer draws the box.
func (b *moneyBox) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{b.ground, b.rows[0][0], b.rows[0][1], b.rows[1][0], b.rows[1][1]},
		Place: b.place, Least: fyne.NewSize(200, 36),
	}
}
