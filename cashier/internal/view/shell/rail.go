package shell

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const railItemHeight float32 = 64

var pageIcons = map[desk.Page]icons.Name{
	desk.PageBoard: icons.Board, desk.PageUnpaid: icons.Wallet, desk.PageSales: icons.List,
	desk.PageProof: icons.Gauge, desk.PagePrices: icons.Tag, desk.PageSupport: icons.Message,
	desk.PageMembers: icons.Card, desk.PageOffice: icons.Office, desk.PageSettings: icons.Sliders,
}

// rail is the list of pages at the left: those of the person's role, and the
// way out at the bottom.
type rail struct {
	widget.BaseWidget
	ground, edge *canvas.Rectangle
	items        []*railItem
	shown        int // of the items, from the first
}

func newRail(p theme.Palette, send func(desk.Event)) *rail {
	r := &rail{ground: &canvas.Rectangle{FillColor: p.Card}, edge: &canvas.Rectangle{FillColor: p.Line}}
	for range len(desk.Pages) + 1 {
		r.items = append(r.items, newRailItem(p, send))
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *rail) set(items []desk.RailItem) {
	for i, item := range r.items {
		parts.Show(item, i < len(items))
		if i < len(items) {
			item.set(items[i])
		}
	}
	if r.shown != len(items) {
		r.shown = len(items)
		r.place(r.Size())
	}
}

func (r *rail) place(size fyne.Size) {
	parts.Place(r.ground, 0, 0, size.Width, size.Height)
	parts.Place(r.edge, size.Width-1, 0, 1, size.Height)
	if r.shown == 0 {
		return
	}
	height := min(railItemHeight, (size.Height-theme.Gap)/float32(r.shown)-4)
	for i, item := range r.items[:r.shown-1] {
		parts.Place(item, 0, theme.Gap+float32(i)*(height+4), size.Width, height)
	}
	parts.Place(r.items[r.shown-1], 0, size.Height-height-4, size.Width, height)
}

// CreateRenderer draws the rail.
func (r *rail) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{r.ground, r.edge}
	for _, item := range r.items {
		objects = append(objects, item)
	}
	return &parts.Painter{Parts: objects, Place: r.place, Least: fyne.NewSize(64, 300)}
}

// railItem is one page.
type railItem struct {
	widget.BaseWidget
	palette      theme.Palette
	send         func(desk.Event)
	shown        desk.RailItem
	hovered      bool
	ground       *canvas.Rectangle
	image        *parts.Icon
	label, badge *canvas.Text
	bubble       *canvas.Rectangle
}

var (
	_ fyne.Tappable     = (*railItem)(nil)
	_ desktop.Hoverable = (*railItem)(nil)
)

func newRailItem(p theme.Palette, send func(desk.Event)) *railItem {
	i := &railItem{
		palette: p, send: send,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius},
		image:  parts.NewIcon(),
		label:  parts.Text(p.Ink, theme.Body, false),
		badge:  parts.Text(p.Ink, theme.Caption, true),
		bubble: &canvas.Rectangle{CornerRadius: 9, FillColor: p.Face(desk.FaceUnpaid).Fill},
	}
	i.label.Alignment = fyne.TextAlignCenter
	i.badge.Alignment = fyne.TextAlignCenter
	i.ExtendBaseWidget(i)
	return i
}

func (i *railItem) set(item desk.RailItem) {
	i.shown = item
	i.paint()
}

func (i *railItem) paint() {
	p := i.palette
	ground, ink := color.NRGBA{}, p.InkSoft
	switch {
	case i.shown.Chosen:
		ground, ink = theme.Blend(p.Card, p.Brand, 14), p.Brand
	case i.hovered:
		ground = theme.Blend(p.Card, p.Ink, 5)
	}
	parts.Fill(i.ground, ground)
	icon := pageIcons[i.shown.Page]
	if i.shown.Leave {
		icon = icons.Leave
	}
	i.image.Put(icon, ink)
	parts.Put(i.label, i.shown.Label, ink)
	parts.Put(i.badge, i.shown.Badge, p.Face(desk.FaceUnpaid).Text)
	parts.Show(i.bubble, i.shown.Badge != "")
}

// Tapped opens the page, or signs out.
func (i *railItem) Tapped(*fyne.PointEvent) {
	if i.shown.Leave {
		i.send(desk.SignOut{})
		return
	}
	i.send(desk.GoTo{Page: i.shown.Page})
}

// MouseIn, MouseMoved and MouseOut light the item under the pointer.
func (i *railItem) MouseIn(*desktop.MouseEvent)    { i.hovered = true; i.paint() }
func (i *railItem) MouseMoved(*desktop.MouseEvent) {}
func (i *railItem) MouseOut()                      { i.hovered = false; i.paint() }

// lowItem is the height under which an item is drawn smaller: a head's ten
// items in a low window.
const lowItem float32 = 48

func (i *railItem) place(size fyne.Size) {
	icon, text := float32(24), theme.Body
	if size.Height < lowItem {
		icon, text = 20, theme.Caption
	}
	if i.label.TextSize != text {
		i.label.TextSize = text
		i.label.Refresh()
	}
	parts.Place(i.ground, 5, 0, size.Width-10, size.Height)
	top := (size.Height - icon - parts.LineHeight(text)) / 2
	parts.Place(i.image, (size.Width-icon)/2, top, icon, icon)
	parts.Place(i.label, 0, top+icon+1, size.Width, parts.LineHeight(text))
	parts.Place(i.bubble, size.Width/2+6, min(4, top), 24, 18)
	parts.Place(i.badge, size.Width/2+6, min(4, top), 24, 18)
}

// CreateRenderer draws the item.
func (i *railItem) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{i.ground, i.image.Image, i.label, i.bubble, i.badge},
		Place: i.place, Least: fyne.NewSize(56, railItemHeight),
	}
}
