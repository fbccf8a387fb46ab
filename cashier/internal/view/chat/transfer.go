package chat

import (
	"slices"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// transfer is the choice of another agent, with a note for them. It lies over
// the window and takes every touch.
type transfer struct {
	widget.BaseWidget
	kit         *kit
	shown       *desk.TransferForm
	scrim, card *canvas.Rectangle
	title       *canvas.Text
	label       *canvas.Text
	empty       *canvas.Text
	note        *parts.Entry
	list        *pile
	rows        []*agentRow
	back        *parts.Button
	cancel      *parts.Button
	chosen      id.Staff // whose row was scrolled to
}

var (
	_ fyne.Tappable     = (*transfer)(nil)
	_ desktop.Hoverable = (*transfer)(nil)
)

func newTransfer(k *kit) *transfer {
	p := k.palette
	f := &transfer{
		kit:   k,
		scrim: &canvas.Rectangle{FillColor: p.Scrim},
		card:  &canvas.Rectangle{FillColor: p.Card, CornerRadius: theme.Radius, StrokeColor: p.Line, StrokeWidth: 1},
		title: parts.Text(p.Ink, theme.Title, true),
		label: parts.Text(p.InkSoft, theme.Body, false),
		empty: parts.Text(p.InkSoft, theme.Body, false),
		list:  newPile(),
	}
	f.empty.Alignment = fyne.TextAlignCenter
	f.note = parts.NewEntry(false, k.keys, f.submit).Forward(fyne.KeyUp, fyne.KeyDown)
	f.back = parts.NewButton(p, parts.Plain, icons.Clock, func() { f.give(id.Staff{}) })
	f.cancel = parts.NewButton(p, parts.Plain, "", func() { k.send(desk.ChatOpenTransfer{}) })
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// give hands the conversation to an agent; to nobody puts it into the queue.
func (f *transfer) give(to id.Staff) { f.kit.send(desk.ChatTransfer{To: to, Note: f.note.Text}) }

// submit hands it to the chosen agent.
func (f *transfer) submit() {
	for _, a := range f.shown.Agents {
		if a.Chosen && a.On {
			f.give(a.Staff)
			return
		}
	}
}

// set shows, changes or hides the form; the note is kept while it is open.
func (f *transfer) set(next *desk.TransferForm) {
	opened, closed := f.shown == nil && next != nil, f.shown != nil && next == nil
	if closed {
		f.shown = nil
		f.Hide()
		if c := f.kit.window.Canvas(); c.Focused() == f.note {
			c.Unfocus()
		}
	}
	if next == nil {
		return
	}
	f.shown = next
	p := f.kit.palette
	parts.Put(f.title, next.Title, p.Ink)
	parts.Put(f.label, next.NoteLabel, p.InkSoft)
	parts.Put(f.empty, next.Empty, p.InkSoft)
	parts.Show(f.empty, len(next.Agents) == 0)
	f.back.Set(next.Back)
	f.cancel.Set(next.Cancel)
	f.fill()
	f.place(f.Size())
	if opened {
		f.note.SetText("")
		f.Show()
		f.kit.window.Canvas().Focus(f.note)
	}
}

func (f *transfer) fill() {
	objects, heights := []fyne.CanvasObject{}, []float32{}
	for i, a := range f.shown.Agents {
		if len(f.rows) == i {
			f.rows = append(f.rows, newAgentRow(f.kit, f.give))
		}
		f.rows[i].set(a)
		objects, heights = append(objects, f.rows[i]), append(heights, theme.Target)
	}
	f.list.set(objects, heights)
	at := slices.IndexFunc(f.shown.Agents, func(a desk.AgentRow) bool { return a.Chosen })
	if at >= 0 && f.chosen != f.shown.Agents[at].Staff {
		f.chosen = f.shown.Agents[at].Staff
		f.list.reveal(at)
	}
}

const (
	formWide  float32 = 460
	formEdge  float32 = 24
	mostGiven         = 5 // agents to be seen at once
)

func (f *transfer) place(size fyne.Size) {
	parts.Place(f.scrim, 0, 0, size.Width, size.Height)
	if f.shown == nil {
		return
	}
	body := parts.LineHeight(theme.Body)
	rows := float32(max(1, min(len(f.shown.Agents), mostGiven))) * theme.Target
	fixed := float32(20+34+12) + body + 4 + theme.Target + 16 + theme.Target + 20
	rows = min(rows, size.Height-fixed-16)
	left, top := (size.Width-formWide)/2, max(4, (size.Height-fixed-rows)/2)
	x, y, w := left+formEdge, top+20, formWide-2*formEdge
	parts.Place(f.card, left, top, formWide, fixed+rows)
	parts.Place(f.title, x, y, w, parts.LineHeight(theme.Title))
	y += 34
	parts.Place(f.list.Scroll, x-theme.Gap, y, w+2*theme.Gap, rows)
	parts.Place(f.empty, x, y+(theme.Target-body)/2, w, body)
	y += rows + 12
	parts.Place(f.label, x, y, w, body)
	y += body + 4
	parts.Place(f.note, x, y, w, theme.Target)
	y += theme.Target + 16
	half := (w - theme.Gap) / 2
	parts.Place(f.cancel, x, y, half, theme.Target)
	parts.Place(f.back, x+half+theme.Gap, y, half, theme.Target)
}

// Tapped and the rest take every touch, so that none reaches what lies under.
func (f *transfer) Tapped(*fyne.PointEvent)        {}
func (f *transfer) MouseIn(*desktop.MouseEvent)    {}
func (f *transfer) MouseMoved(*desktop.MouseEvent) {}
func (f *transfer) MouseOut()                      {}

// CreateRenderer draws the form.
func (f *transfer) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{f.scrim, f.card, f.title, f.list.Scroll, f.empty, f.label, f.note, f.cancel, f.back},
		Place: f.place,
	}
}

// agentRow is one who could take the conversation.
type agentRow struct {
	touch
	kit          *kit
	value        desk.AgentRow
	ground, line *canvas.Rectangle
	dot          *canvas.Rectangle
	name, state  *canvas.Text
}

func newAgentRow(k *kit, give func(id.Staff)) *agentRow {
	p := k.palette
	r := &agentRow{
		kit:    k,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius},
		line:   &canvas.Rectangle{FillColor: p.Line},
		dot:    newDot(),
		name:   parts.Text(p.Ink, theme.Strong, false),
		state:  parts.Text(p.InkSoft, theme.Body, false),
	}
	r.touch = touch{paint: r.paint, tap: func() {
		if r.value.On {
			give(r.value.Staff)
		}
	}}
	r.state.Alignment = fyne.TextAlignTrailing
	r.ExtendBaseWidget(r)
	return r
}

func (r *agentRow) set(v desk.AgentRow) {
	if r.value != v {
		r.value = v
		r.paint()
	}
}

func (r *agentRow) paint() {
	p := r.kit.palette
	ink, dot := p.InkSoft, theme.Blend(p.Card, p.InkSoft, 45)
	if r.value.On {
		ink, dot = p.Ink, p.Good
	}
	parts.Fill(r.ground, r.kit.rowGround(r.value.Chosen, r.hovered && r.value.On))
	parts.Fill(r.dot, dot)
	parts.Put(r.name, r.value.Name, ink)
	parts.Put(r.state, r.value.State, p.InkSoft)
}

func (r *agentRow) place(size fyne.Size) {
	parts.Place(r.ground, 0, 1, size.Width, size.Height-2)
	parts.Place(r.line, theme.Gap, size.Height-1, size.Width-2*theme.Gap, 1)
	parts.Place(r.dot, theme.Gap, size.Height/2-5, 10, 10)
	strong, body := parts.LineHeight(theme.Strong), parts.LineHeight(theme.Body)
	parts.Place(r.name, theme.Gap+20, (size.Height-strong)/2, size.Width, strong)
	parts.Place(r.state, 0, (size.Height-body)/2, size.Width-theme.Gap, body)
}

// CreateRenderer draws the row.
func (r *agentRow) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{r.ground, r.line, r.dot, r.name, r.state},
		Place: r.place,
	}
}
