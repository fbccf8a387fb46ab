package shell

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const (
	stopWidth      float32 = 140
	connectionTall float32 = 24
)

// header is the bar at the top.
type header struct {
	widget.BaseWidget
	palette                 theme.Palette
	shown                   desk.Header
	ground, edge            *canvas.Rectangle
	station, staff          *canvas.Text
	connection              *parts.Chip
	unpaid, held, unsettled *parts.Chip
	support, alerts         *parts.Chip
	stop                    *parts.Hold
}

func newHeader(p theme.Palette, send func(desk.Event)) *header {
	waiting := func() { send(desk.GoTo{Page: desk.PageUnpaid}) }
	h := &header{
		palette: p,
		ground:  &canvas.Rectangle{FillColor: p.Card},
		edge:    &canvas.Rectangle{FillColor: p.Line},
		station: parts.Text(p.Ink, theme.Strong, true),
		staff:   parts.Text(p.InkSoft, theme.Body, false),

		connection: parts.NewChip(nil),
		unpaid:     parts.NewChip(waiting), held: parts.NewChip(waiting), unsettled: parts.NewChip(waiting),
		support: parts.NewChip(func() { send(desk.GoTo{Page: desk.PageSupport}) }),
		alerts: parts.NewChip(func() {
			send(desk.GoTo{Page: desk.PageOffice})
			send(desk.OfficeTab{Tab: desk.TabAlerts})
		}),
	}
	h.stop = parts.NewHold(p,
		func() { send(desk.HoldStart{What: h.shown.StopWhat}) },
		func() { send(desk.HoldEnd{}) })
	h.ExtendBaseWidget(h)
	return h
}

func (h *header) set(next desk.Header) {
	if h.shown == next {
		return
	}
	moved := h.shown.Connection != next.Connection || h.shown.Station != next.Station || h.shown.Staff != next.Staff ||
		h.shown.Post != next.Post || h.shown.Alerts != next.Alerts ||
		h.shown.Unpaid != next.Unpaid || h.shown.Held != next.Held || h.shown.Unsettled != next.Unsettled || h.shown.Support != next.Support ||
		(h.shown.StopAll == "") != (next.StopAll == "")
	h.shown = next
	p := h.palette
	parts.Put(h.station, next.Station, p.Ink)
	parts.Put(h.staff, h.who(), p.InkSoft)
	h.setConnection()
	h.setCounts()
	parts.Show(h.stop, next.StopAll != "")
	h.stop.Set(next.StopAll, next.Progress, next.StopWhat == desk.HoldingReleaseAll)
	if moved {
		h.place(h.Size())
	}
}

// who is the person, and the nozzles they are responsible for.
func (h *header) who() string {
	if h.shown.Post == "" {
		return h.shown.Staff
	}
	return h.shown.Staff + " · " + h.shown.Post
}

// narrowBelow is the width at which counts lose their words; the rail says
// them too.
const narrowBelow float32 = 800

func (h *header) setCounts() {
	p := h.palette
	unpaid, held := p.Face(desk.FaceUnpaid), p.Face(desk.FaceQuarantined)
	h.unpaid.Set(icons.Wallet, h.count(h.shown.Unpaid), unpaid.Fill, unpaid.Text)
	h.held.Set(icons.Scales, h.count(h.shown.Held), held.Fill, held.Text)
	h.support.Set(icons.Message, h.count(h.shown.Support), p.Brand, p.OnBrand)
	h.alerts.Set(icons.Shield, h.count(h.shown.Alerts), p.Danger, p.OnDanger)
	h.unsettled.Set(icons.Clock, h.count(h.shown.Unsettled), p.Danger, p.OnDanger)
}

func (h *header) count(c desk.Count) string {
	if h.Size().Width < narrowBelow {
		return c.Figure
	}
	return c.Text
}

// setConnection is quiet while all is well and a filled bar when it is not.
func (h *header) setConnection() {
	p := h.palette
	switch h.shown.ConnectionTone {
	case desk.ToneBad:
		h.connection.Set(icons.BrokenLink, h.shown.Connection, p.Danger, p.OnDanger)
	case desk.ToneWarn:
		look := p.Face(desk.FaceUnpaid)
		h.connection.Set(icons.Triangle, h.shown.Connection, look.Fill, look.Text)
	case desk.ToneBusy:
		h.connection.Set(icons.Clock, h.shown.Connection, p.Card, p.Brand)
	default:
		h.connection.Set(icons.Signal, h.shown.Connection, p.Card, p.Good)
	}
}

func (h *header) place(size fyne.Size) {
	h.setCounts() // with or without words, by the width
	parts.Place(h.ground, 0, 0, size.Width, size.Height)
	parts.Place(h.edge, 0, size.Height-1, size.Width, 1)
	x := size.Width - theme.Gap
	if h.stop.Visible() {
		x -= stopWidth
		parts.Place(h.stop, x, (size.Height-theme.Target)/2, stopWidth, theme.Target)
	}
	for _, c := range []*parts.Chip{h.support, h.unpaid, h.held, h.unsettled, h.alerts} {
		if c.Visible() {
			x -= theme.Gap + c.Width()
			parts.Place(c, x, (size.Height-36)/2, c.Width(), 36)
		}
	}
	room := x - theme.Wide - theme.Gap
	left := theme.Wide
	station := parts.Fit(h.shown.Station, theme.Strong, h.station.TextStyle, room)
	parts.Put(h.station, station, h.palette.Ink)
	width := h.station.MinSize().Width
	parts.Place(h.station, left, 5, width, parts.LineHeight(theme.Strong))
	staff := parts.Fit(h.who(), theme.Body, h.staff.TextStyle, max(0, room-width-theme.Pad))
	parts.Put(h.staff, staff, h.palette.InkSoft)
	parts.Place(h.staff, left+width+theme.Pad, 7, max(0, room-width-theme.Pad), parts.LineHeight(theme.Body))
	indent := float32(0)
	if h.shown.ConnectionTone == desk.ToneGood || h.shown.ConnectionTone == desk.ToneBusy {
		indent = theme.Pad - 2 // no ground: the icon stands under the name
	}
	parts.Place(h.connection, left-indent, size.Height-connectionTall-4, min(h.connection.Width(), room+indent), connectionTall)
}

// CreateRenderer draws the header.
func (h *header) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{h.ground, h.edge, h.station, h.staff, h.connection, h.unpaid, h.held, h.unsettled, h.support, h.alerts, h.stop},
		Place: h.place, Least: fyne.NewSize(400, 56),
	}
}
