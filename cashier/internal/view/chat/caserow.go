package chat

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// caseRow is one conversation in a list: who, the last message, when, how
// many are unread, and whether they are there.
type caseRow struct {
	touch
	kit       *kit
	value     desk.ChatRow
	ground    *canvas.Rectangle
	bar       *canvas.Rectangle
	line      *canvas.Rectangle
	dot       *canvas.Rectangle
	who, when *canvas.Text
	last      *canvas.Text
	badge     *canvas.Text
	pill      *canvas.Rectangle
}

func newCaseRow(k *kit) *caseRow {
	p := k.palette
	r := &caseRow{
		kit:    k,
		ground: &canvas.Rectangle{},
		bar:    &canvas.Rectangle{FillColor: p.Brand},
		line:   &canvas.Rectangle{FillColor: p.Line},
		dot:    newDot(),
		who:    parts.Text(p.Ink, theme.Body, true),
		when:   parts.Text(p.InkSoft, theme.Caption, false),
		last:   parts.Text(p.InkSoft, theme.Body, false),
		badge:  parts.Text(p.OnDanger, theme.Caption, true),
		pill:   &canvas.Rectangle{CornerRadius: 9, FillColor: p.Danger},
	}
	r.touch = touch{tap: func() { k.send(desk.ChatChoose{Thread: r.value.Thread}) }, paint: r.paint}
	r.badge.Alignment = fyne.TextAlignCenter
	r.ExtendBaseWidget(r)
	return r
}

func (r *caseRow) set(v desk.ChatRow) {
	if r.value == v {
		return
	}
	r.value = v
	r.paint()
	r.place(r.Size())
}

func (r *caseRow) paint() {
	p := r.kit.palette
	parts.Fill(r.ground, r.kit.rowGround(r.value.Chosen, r.hovered))
	parts.Show(r.bar, r.value.Chosen)
	dot := theme.Blend(p.Card, p.InkSoft, 45)
	if r.value.Online {
		dot = p.Good
	}
	parts.Fill(r.dot, dot)
	tone := r.value.Tone
	if tone == desk.TonePlain {
		tone = desk.ToneSoft
	}
	if bold := tone == desk.ToneWarn || tone == desk.ToneBad; r.when.TextStyle.Bold != bold {
		r.when.TextStyle.Bold = bold
		r.when.Refresh()
	}
	parts.Put(r.when, r.value.When, p.Tone(tone))
	parts.Put(r.badge, r.value.Badge, p.OnDanger)
	parts.Show(r.pill, r.value.Badge != "")
}

func (r *caseRow) place(size fyne.Size) {
	parts.Place(r.ground, 0, 0, size.Width, size.Height)
	parts.Place(r.bar, 0, 0, 3, size.Height)
	parts.Place(r.line, theme.Pad, size.Height-1, size.Width-theme.Pad, 1)
	ruler := r.kit.ruler
	body, caption := parts.LineHeight(theme.Body), parts.LineHeight(theme.Caption)
	first := size.Height/2 - body - 1
	second := size.Height/2 + 2
	x, right := float32(30), size.Width-theme.Pad
	parts.Place(r.dot, theme.Pad, first+(body-dotSide)/2, dotSide, dotSide)

	when := ruler.Span(r.value.When, theme.Caption, r.when.TextStyle.Bold)
	parts.Place(r.when, right-when, first+(body-caption)/2, when, caption)
	parts.Put(r.who, ruler.Cut(r.value.Who, theme.Body, true, max(0, right-when-8-x)), r.kit.palette.Ink)
	parts.Place(r.who, x, first, right-when-8-x, body)

	badge := float32(0)
	if r.value.Badge != "" {
		badge = max(18, ruler.Span(r.value.Badge, theme.Caption, true)+10)
	}
	parts.Place(r.pill, right-badge, second+(body-18)/2, badge, 18)
	parts.Place(r.badge, right-badge, second+(body-caption)/2, badge, caption)
	if badge > 0 {
		badge += 8
	}
	parts.Put(r.last, ruler.Cut(r.value.Line, theme.Body, false, max(0, right-badge-x)), r.kit.palette.InkSoft)
	parts.Place(r.last, x, second, right-badge-x, body)
}

// CreateRenderer draws the row.
func (r *caseRow) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{r.ground, r.bar, r.line, r.dot, r.who, r.when, r.last, r.pill, r.badge},
		Place: r.place,
	}
}
