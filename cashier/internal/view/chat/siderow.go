package chat

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// sideLine is a label at the left and a value at the right.
type sideLine struct {
	widget.BaseWidget
	kit          *kit
	value        desk.SideLine
	label, shown *canvas.Text
}

func newSideLine(k *kit, v desk.SideLine) *sideLine {
	l := &sideLine{
		kit: k, value: v,
		label: parts.Text(k.palette.InkSoft, theme.Body, false),
		shown: parts.Text(k.palette.Ink, theme.Body, false),
	}
	l.label.Text = v.Label
	l.shown.Alignment = fyne.TextAlignTrailing
	l.ExtendBaseWidget(l)
	return l
}

func (l *sideLine) place(size fyne.Size) {
	height := parts.LineHeight(theme.Body)
	y := (size.Height - height) / 2
	parts.Place(l.label, theme.Wide, y, size.Width-2*theme.Wide, height)
	room := size.Width - 2*theme.Wide - l.kit.ruler.Span(l.value.Label, theme.Body, false) - theme.Gap
	parts.Put(l.shown, l.kit.ruler.Cut(l.value.Value, theme.Body, false, max(0, room)), l.kit.palette.Ink)
	parts.Place(l.shown, theme.Wide, y, size.Width-2*theme.Wide, height)
}

// CreateRenderer draws the line.
func (l *sideLine) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{l.label, l.shown}, Place: l.place}
}

// heading heads a section.
type heading struct {
	widget.BaseWidget
	ground *canvas.Rectangle
	text   *canvas.Text
}

func newHeading(k *kit, s string) *heading {
	h := &heading{ground: &canvas.Rectangle{FillColor: k.palette.Paper}, text: parts.Text(k.palette.InkSoft, theme.Body, true)}
	h.text.Text = s
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer draws the heading.
func (h *heading) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{h.ground, h.text}, Place: func(size fyne.Size) {
		parts.Place(h.ground, 0, 4, size.Width, size.Height-4)
		height := parts.LineHeight(theme.Body)
		parts.Place(h.text, theme.Wide, 4+(size.Height-4-height)/2, size.Width, height)
	}}
}

// remark says that a section is empty.
type remark struct {
	widget.BaseWidget
	text *canvas.Text
}

func newRemark(k *kit, s string) *remark {
	r := &remark{text: parts.Text(k.palette.InkSoft, theme.Body, false)}
	r.text.Text = s
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer draws the remark.
func (r *remark) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{r.text}, Place: func(size fyne.Size) {
		height := parts.LineHeight(theme.Body)
		parts.Place(r.text, theme.Wide, (size.Height-height)/2, size.Width, height)
	}}
}

// orderRow is one recent fuelling; a touch explains its fee.
type orderRow struct {
	touch
	kit          *kit
	value        desk.SideOrder
	ground, line *canvas.Rectangle
	what, when   *canvas.Text
	money, state *canvas.Text
}

func newOrderRow(k *kit, v desk.SideOrder) *orderRow {
	p := k.palette
	r := &orderRow{
		kit: k, value: v,
		ground: &canvas.Rectangle{},
		line:   &canvas.Rectangle{FillColor: p.Line},
		what:   parts.Text(p.Ink, theme.Body, false),
		when:   parts.Text(p.InkSoft, theme.Caption, false),
		money:  parts.Text(p.Ink, theme.Body, true),
		state:  parts.Text(p.InkSoft, theme.Caption, false),
	}
	r.touch = touch{tap: func() { k.send(desk.ChatOrder{Sale: v.Sale}) }, paint: r.paint}
	r.money.Alignment, r.state.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.what.Text, r.when.Text = join(v.Grade, v.Litres), v.When
	r.money.Text = v.Money
	tone := v.Tone
	if tone == desk.TonePlain {
		tone = desk.ToneSoft
	}
	r.state.Text, r.state.Color = v.State, p.Tone(tone)
	r.ExtendBaseWidget(r)
	r.paint()
	return r
}

func (r *orderRow) paint() {
	parts.Fill(r.ground, r.kit.rowGround(r.value.Chosen, r.hovered))
}

func (r *orderRow) place(size fyne.Size) {
	parts.Place(r.ground, 0, 0, size.Width, size.Height)
	parts.Place(r.line, theme.Wide, size.Height-1, size.Width-2*theme.Wide, 1)
	body, caption := parts.LineHeight(theme.Body), parts.LineHeight(theme.Caption)
	top := (size.Height - body - caption) / 2
	x, w := theme.Wide, size.Width-2*theme.Wide
	parts.Place(r.what, x, top, w, body)
	parts.Place(r.money, x, top, w, body)
	parts.Place(r.when, x, top+body, w, caption)
	parts.Place(r.state, x, top+body, w, caption)
}

// CreateRenderer draws the row.
func (r *orderRow) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{r.ground, r.line, r.what, r.when, r.money, r.state},
		Place: r.place,
	}
}
