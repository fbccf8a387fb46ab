package chat

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// feeBox is how the money of one sale is made up: a line for each part, a
// stronger one for each total, and the totalizer readings that prove it.
type feeBox struct {
	widget.BaseWidget
	kit    *kit
	value  desk.FeeBox
	ground *canvas.Rectangle
	texts  []*canvas.Text
	rules  []*canvas.Rectangle
	draw   bool // else only the height is wanted
	used   [2]int
}

func newFeeBox(k *kit, v desk.FeeBox) *feeBox {
	p := k.palette
	b := &feeBox{kit: k, value: v, ground: &canvas.Rectangle{FillColor: p.Paper, StrokeColor: p.Line, StrokeWidth: 1, CornerRadius: theme.Radius}}
	b.ExtendBaseWidget(b)
	return b
}

const (
	feeEdge   float32 = 10 // around the box
	feeInside         = theme.Pad
	feeGap    float32 = 5
)

// tall is the height at a width.
func (b *feeBox) tall(width float32) float32 { return b.lay(width) }

// text lays one text; in a pass that only measures it lays nothing.
func (b *feeBox) text(s string, size float32, bold bool, c desk.Tone, at area, trailing bool) {
	if !b.draw {
		return
	}
	if b.used[0] == len(b.texts) {
		b.texts = append(b.texts, parts.Text(b.kit.palette.Ink, size, bold))
	}
	t := b.texts[b.used[0]]
	b.used[0]++
	t.Alignment = fyne.TextAlignLeading
	if trailing {
		t.Alignment = fyne.TextAlignTrailing
	}
	letters(t, s, size, bold, b.kit.palette.Tone(c))
	parts.Place(t, at.x, at.y, at.w, at.h)
}

// paragraph lays a text of several lines and returns where it ends.
func (b *feeBox) paragraph(s string, size float32, c desk.Tone, x, y, w float32) float32 {
	if s == "" {
		return y
	}
	for _, line := range b.kit.ruler.Wrap(s, size, false, w) {
		b.text(line, size, false, c, area{x, y, w, parts.LineHeight(size)}, false)
		y += parts.LineHeight(size)
	}
	return y
}

// lay goes through the box from the top and returns its height.
func (b *feeBox) lay(width float32) float32 {
	x, w := feeEdge+feeInside, width-2*(feeEdge+feeInside)
	y := float32(6) + feeInside - 2
	head := parts.LineHeight(theme.Body)
	b.text(b.kit.ruler.Cut(b.value.Title, theme.Body, true, w), theme.Body, true, desk.TonePlain, area{x, y, w, head}, false)
	y += head + feeGap
	if b.value.Loading {
		b.text("…", theme.Body, false, desk.ToneSoft, area{x, y, w, head}, false)
		y += head
	}
	y = b.paragraph(b.value.Failed, theme.Body, desk.ToneBad, x, y, w)
	for _, row := range b.value.Lines {
		y = b.row(row, x, y, w)
	}
	if b.value.Proof != "" {
		y = b.paragraph(b.value.Proof, theme.Caption, desk.ToneSoft, x, y+feeGap, w)
	}
	y += feeInside - 2
	if b.draw {
		parts.Place(b.ground, feeEdge, 6, width-2*feeEdge, y-6)
	}
	return y + feeGap
}

// row is one part of the money with its remark under it.
func (b *feeBox) row(r desk.FeeRow, x, y, w float32) float32 {
	size, bold, label := theme.Body, false, desk.ToneSoft
	if r.Total {
		size, bold, label = theme.Strong, true, desk.TonePlain
		b.rule(x, y+3, w)
		y += 8
	}
	height := parts.LineHeight(size)
	money := b.kit.ruler.Span(r.Money, size, bold)
	b.text(r.Money, size, bold, desk.TonePlain, area{x, y, w, height}, true)
	b.text(b.kit.ruler.Cut(r.Label, theme.Body, bold, max(0, w-money-theme.Gap)), theme.Body, bold, label,
		area{x, y + (height-parts.LineHeight(theme.Body))/2, w, parts.LineHeight(theme.Body)}, false)
	return b.paragraph(r.Note, theme.Caption, desk.ToneSoft, x, y+height, w) + 3
}

func (b *feeBox) rule(x, y, w float32) {
	if !b.draw {
		return
	}
	if b.used[1] == len(b.rules) {
		b.rules = append(b.rules, &canvas.Rectangle{FillColor: b.kit.palette.Edge})
	}
	parts.Place(b.rules[b.used[1]], x, y, w, 1)
	b.used[1]++
}

func (b *feeBox) place(size fyne.Size) {
	b.draw, b.used = true, [2]int{}
	b.lay(size.Width)
	b.draw = false
}

type feeRenderer struct {
	parts.Painter
	b *feeBox
}

// Objects are the lines there are.
func (r *feeRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.b.ground}
	for _, l := range r.b.rules {
		out = append(out, l)
	}
	for _, t := range r.b.texts {
		out = append(out, t)
	}
	return out
}

// CreateRenderer draws the box.
func (b *feeBox) CreateRenderer() fyne.WidgetRenderer {
	return &feeRenderer{parts.Painter{Place: b.place}, b}
}
