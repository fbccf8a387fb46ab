package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// queue is the list of conversations at the left, in groups that fold.
type queue struct {
	widget.BaseWidget
	kit          *kit
	gauge        gauge
	shown        []desk.ChatGroup
	chosen       id.Thread
	ground, edge *canvas.Rectangle
	line         *canvas.Rectangle
	duty         *parts.Button
	dot          *canvas.Rectangle
	list         *pile
	heads        []*groupHead
	rows         []*caseRow
	empties      []*canvas.Text
}

func newQueue(k *kit) *queue {
	p := k.palette
	q := &queue{
		kit: k, gauge: roomy,
		ground: &canvas.Rectangle{FillColor: p.Card},
		edge:   &canvas.Rectangle{FillColor: p.Line},
		line:   &canvas.Rectangle{FillColor: p.Line},
		duty:   parts.NewButton(p, parts.Plain, "", func() { k.send(desk.ChatDuty{}) }),
		dot:    newDot(),
		list:   newPile(),
	}
	q.ExtendBaseWidget(q)
	return q
}

// set shows the lists.
func (q *queue) set(groups []desk.ChatGroup, duty desk.Button, onDuty bool) {
	renamed := q.duty.Label() != duty.Label
	q.duty.Set(duty)
	if renamed {
		q.place(q.Size())
	}
	style, dot := parts.Plain, q.kit.palette.InkSoft
	if onDuty && duty.On {
		style, dot = parts.Chosen, q.kit.palette.Good
	}
	q.duty.SetStyle(style)
	parts.Fill(q.dot, dot)
	q.shown = groups
	q.fill()
}

// fill puts a head, and unless it is folded the rows, of every group into the
// list.
func (q *queue) fill() {
	var objects []fyne.CanvasObject
	var heights []float32
	put := func(o fyne.CanvasObject, h float32) {
		objects, heights = append(objects, o), append(heights, h)
	}
	rows, empties, reveal := 0, 0, -1
	for i, g := range q.shown {
		put(q.head(i, g), q.gauge.group)
		if g.Folded {
			continue
		}
		if len(g.Rows) == 0 && g.Empty != "" {
			put(q.empty(empties, g.Empty), parts.LineHeight(theme.Body)+theme.Pad)
			empties++
		}
		for _, r := range g.Rows {
			if r.Chosen && r.Thread != q.chosen {
				q.chosen, reveal = r.Thread, len(objects)
			}
			put(q.row(rows, r), q.gauge.row)
			rows++
		}
	}
	q.list.set(objects, heights)
	if reveal >= 0 {
		q.list.reveal(reveal)
	}
}

func (q *queue) head(i int, g desk.ChatGroup) *groupHead {
	for len(q.heads) <= i {
		n := len(q.heads)
		q.heads = append(q.heads, newGroupHead(q.kit, func() { q.kit.send(desk.ChatFold{Group: n}) }))
	}
	q.heads[i].set(g)
	return q.heads[i]
}

func (q *queue) row(i int, r desk.ChatRow) *caseRow {
	for len(q.rows) <= i {
		q.rows = append(q.rows, newCaseRow(q.kit))
	}
	q.rows[i].set(r)
	return q.rows[i]
}

func (q *queue) empty(i int, text string) *canvas.Text {
	for len(q.empties) <= i {
		t := parts.Text(q.kit.palette.InkSoft, theme.Body, false)
		t.Alignment = fyne.TextAlignCenter
		q.empties = append(q.empties, t)
	}
	parts.Put(q.empties[i], text, q.kit.palette.InkSoft)
	return q.empties[i]
}

func (q *queue) place(size fyne.Size) {
	parts.Place(q.ground, 0, 0, size.Width, size.Height)
	parts.Place(q.edge, size.Width-1, 0, 1, size.Height)
	parts.Place(q.line, 0, q.gauge.head-1, size.Width, 1)
	tall := min(theme.Target, q.gauge.head-theme.Gap)
	y := (q.gauge.head - tall) / 2
	parts.Place(q.duty, theme.Gap, y, size.Width-2*theme.Gap, tall)
	label := q.kit.ruler.Span(q.duty.Label(), theme.Strong, true)
	parts.Place(q.dot, max(theme.Pad, (size.Width-label)/2-20), q.gauge.head/2-5, 10, 10)
	parts.Place(q.list.Scroll, 0, q.gauge.head, size.Width-1, size.Height-q.gauge.head)
}

func (q *queue) regauge(g gauge) {
	if q.gauge != g {
		q.gauge = g
		q.fill()
	}
}

// CreateRenderer draws the lists.
func (q *queue) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{q.ground, q.line, q.duty, q.dot, q.list.Scroll, q.edge},
		Place: q.place,
	}
}

// groupHead is a group's title, which folds it.
type groupHead struct {
	touch
	kit          *kit
	ground, line *canvas.Rectangle
	sign         *parts.Icon
	title, count *canvas.Text
}

func newGroupHead(k *kit, fold func()) *groupHead {
	h := &groupHead{
		kit:    k,
		ground: &canvas.Rectangle{},
		line:   &canvas.Rectangle{FillColor: k.palette.Line},
		sign:   parts.NewIcon(),
		title:  parts.Text(k.palette.InkSoft, theme.Body, true),
		count:  parts.Text(k.palette.InkSoft, theme.Body, true),
	}
	h.touch = touch{tap: fold, paint: h.paint}
	h.count.Alignment = fyne.TextAlignTrailing
	h.ExtendBaseWidget(h)
	return h
}

func (h *groupHead) set(g desk.ChatGroup) {
	icon := icons.Down
	if g.Folded {
		icon = icons.Right
	}
	h.sign.Put(icon, h.kit.palette.InkSoft)
	parts.Put(h.title, g.Title, h.kit.palette.InkSoft)
	parts.Put(h.count, g.Count, h.kit.palette.InkSoft)
	h.paint()
}

func (h *groupHead) paint() {
	p := h.kit.palette
	ground := p.Paper
	if h.hovered {
		ground = theme.Blend(p.Paper, p.Ink, 5)
	}
	parts.Fill(h.ground, ground)
}

func (h *groupHead) place(size fyne.Size) {
	parts.Place(h.ground, 0, 0, size.Width, size.Height)
	parts.Place(h.line, 0, size.Height-1, size.Width, 1)
	parts.Place(h.sign, theme.Pad-2, (size.Height-theme.Wide)/2, theme.Wide, theme.Wide)
	height := parts.LineHeight(theme.Body)
	y := (size.Height - height) / 2
	parts.Place(h.title, theme.Pad+theme.Wide+4, y, size.Width, height)
	parts.Place(h.count, 0, y, size.Width-theme.Wide, height)
}

// CreateRenderer draws the title.
func (h *groupHead) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{h.ground, h.line, h.sign.Image, h.title, h.count}, Place: h.place}
}
