package chat

import (
	"reflect"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// auditLines and noticeLines are how many lines the note about the record, and
// the reason why there is nothing else, take at most.
const (
	auditLines  = 2
	noticeLines = 3
)

// side is the member beside the conversation: who they are, what they drive,
// what they fuelled, and how one sale's money is made up.
type side struct {
	widget.BaseWidget
	kit   *kit
	gauge gauge
	shown desk.Side

	ground, edge, line *canvas.Rectangle
	title              *canvas.Text
	notice             [noticeLines]*canvas.Text // loading, or why there is nothing
	failed             *banner
	retry              *parts.Button
	list               *pile
	eye                *parts.Icon
	audited            [auditLines]*canvas.Text
}

func newSide(k *kit) *side {
	p := k.palette
	s := &side{
		kit: k, gauge: roomy,
		ground: &canvas.Rectangle{FillColor: p.Card},
		edge:   &canvas.Rectangle{FillColor: p.Line},
		line:   &canvas.Rectangle{FillColor: p.Line},
		title:  parts.Text(p.Ink, theme.Strong, true),
		failed: newBanner(k),
		retry:  parts.NewButton(p, parts.Plain, icons.Again, func() { k.send(desk.ChatCardAgain{}) }).Sized(theme.Body, 120, theme.Target),
		list:   newPile(),
		eye:    parts.NewIcon(),
	}
	for i := range s.notice {
		s.notice[i] = parts.Text(p.InkSoft, theme.Body, false)
		s.notice[i].Alignment = fyne.TextAlignCenter
	}
	for i := range s.audited {
		s.audited[i] = parts.Text(p.InkSoft, theme.Caption, false)
	}
	s.retry.Set(desk.Button{Hidden: true})
	s.ExtendBaseWidget(s)
	return s
}

// set shows a member. The rows are made anew when something changes: that is
// when someone has chosen another conversation or sale.
func (s *side) set(next desk.Side) {
	if reflect.DeepEqual(s.shown, next) {
		return
	}
	s.shown = next
	p := s.kit.palette
	parts.Put(s.title, next.Title, p.Ink)
	s.failed.set(icons.Triangle, next.Failed, theme.Blend(p.Card, p.Bad, 10), p.Bad)
	retry := next.Retry
	retry.Hidden = retry.Hidden || retry.Label == ""
	s.retry.Set(retry)
	s.fill()
	s.place(s.Size())
}

// fill puts the sections into the list.
func (s *side) fill() {
	var objects []fyne.CanvasObject
	var heights []float32
	put := func(o fyne.CanvasObject, h float32) {
		objects, heights = append(objects, o), append(heights, h)
	}
	if s.shown.Loading || s.shown.Failed != "" || s.shown.Empty != "" {
		s.list.set(nil, nil)
		return
	}
	const lineTall, headTall, noneTall float32 = 28, 36, 32
	for _, l := range s.shown.Lines {
		put(newSideLine(s.kit, l), lineTall)
	}
	section := func(title, none string, empty bool) {
		if title == "" {
			return
		}
		put(newHeading(s.kit, title), headTall)
		if empty && none != "" {
			put(newRemark(s.kit, none), noneTall)
		}
	}
	section(s.shown.VehiclesTitle, s.shown.NoVehicles, len(s.shown.Vehicles) == 0)
	for _, l := range s.shown.Vehicles {
		put(newSideLine(s.kit, l), lineTall)
	}
	section(s.shown.OrdersTitle, s.shown.NoOrders, len(s.shown.Orders) == 0)
	for _, o := range s.shown.Orders {
		put(newOrderRow(s.kit, o), s.gauge.order)
		if o.Chosen && s.shown.Fee != nil {
			fee := newFeeBox(s.kit, *s.shown.Fee)
			put(fee, fee.tall(s.width()))
		}
	}
	s.list.set(objects, heights)
}

func (s *side) width() float32 {
	if w := s.Size().Width; w > 0 {
		return w
	}
	return s.gauge.side
}

func (s *side) place(size fyne.Size) {
	parts.Place(s.ground, 0, 0, size.Width, size.Height)
	parts.Place(s.edge, 0, 0, 1, size.Height)
	head := s.gauge.head
	parts.Place(s.line, 0, head-1, size.Width, 1)
	parts.Place(s.title, theme.Wide, (head-parts.LineHeight(theme.Strong))/2, size.Width, parts.LineHeight(theme.Strong))
	failed := s.failed.tall(size.Width - 1)
	parts.Place(s.failed, 1, head, size.Width-1, failed)
	y := head + failed
	if s.retry.Visible() {
		y += theme.Gap
		parts.Place(s.retry, theme.Wide, y, size.Width-2*theme.Wide, theme.Target)
		y += theme.Target
	}
	s.placeNotice(y+theme.Wide+theme.Gap, size.Width)
	bottom := s.placeAudited(size)
	parts.Place(s.list.Scroll, 1, y, size.Width-1, max(0, bottom-y))
}

// placeNotice says why there is nothing else.
func (s *side) placeNotice(y, width float32) {
	text := s.shown.Empty
	if s.shown.Loading && text == "" {
		text = "…"
	}
	lines := s.kit.ruler.Wrap(text, theme.Body, false, width-2*theme.Wide)
	height := parts.LineHeight(theme.Body)
	for i, t := range s.notice {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		parts.Put(t, line, s.kit.palette.InkSoft)
		parts.Place(t, 0, y+float32(i)*height, width, height)
	}
}

// placeAudited lays the note about the record at the foot and returns where
// it begins.
func (s *side) placeAudited(size fyne.Size) float32 {
	const icon float32 = 14
	lines := s.kit.ruler.Wrap(s.shown.Audited, theme.Caption, false, size.Width-2*theme.Pad-icon-6)
	if s.shown.Audited == "" {
		lines = nil
	}
	name := icons.Eye
	if len(lines) == 0 {
		name = ""
	}
	s.eye.Put(name, s.kit.palette.InkSoft)
	height := parts.LineHeight(theme.Caption)
	top := size.Height - float32(min(len(lines), auditLines))*height - theme.Gap
	for i, t := range s.audited {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, s.kit.palette.InkSoft)
		parts.Place(t, theme.Pad+icon+6, top+float32(i)*height, size.Width, height)
	}
	parts.Place(s.eye, theme.Pad, top+2, icon, icon)
	return top - 6
}

func (s *side) regauge(g gauge) {
	if s.gauge != g {
		s.gauge = g
		s.fill()
	}
}

// CreateRenderer draws the panel.
func (s *side) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{s.ground, s.line, s.title, s.failed, s.list.Scroll, s.retry, s.eye.Image}
	for _, t := range s.notice {
		objects = append(objects, t)
	}
	for _, t := range s.audited {
		objects = append(objects, t)
	}
	return &parts.Painter{Parts: append(objects, s.edge), Place: s.place}
}
