package shell

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/board"
	"forecourt/cashier/internal/view/chat"
	"forecourt/cashier/internal/view/lists"
	"forecourt/cashier/internal/view/office"
	"forecourt/cashier/internal/view/panel"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/settings"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// frame is the geometry of the window: roomy at 1366 x 768, tight when the
// scale is turned up and only about 900 x 500 points are left.
type frame struct{ rail, header, panel, margin float32 }

var (
	roomy = frame{rail: 84, header: 60, panel: 340, margin: theme.Wide}
	tight = frame{rail: 64, header: 56, panel: 300, margin: theme.Gap}
)

// Below either of these the window is tight.
const (
	tightWidth  float32 = 1150
	tightHeight float32 = 640
)

func frameOf(size fyne.Size) (frame, bool) {
	if size.Width < tightWidth || size.Height < tightHeight {
		return tight, true
	}
	return roomy, false
}

// mainView is the till when someone is signed in.
type mainView struct {
	widget.BaseWidget
	palette theme.Palette
	ground  *canvas.Rectangle
	header  *header
	rail    *rail
	board   *board.Board
	lists   map[desk.Page]*lists.Page
	setting *settings.Page
	panel   *panel.Panel
	chat    *chat.Page
	office  *office.Page
	page    desk.Page
	toasts  *toasts
	dialog  *dialog
}

func newMain(o chat.Options) *mainView {
	p, send := o.Palette, o.Send
	m := &mainView{
		palette: p,
		ground:  &canvas.Rectangle{FillColor: p.Paper},
		header:  newHeader(p, send),
		rail:    newRail(p, send),
		board:   board.New(p, send),
		lists:   map[desk.Page]*lists.Page{},
		setting: settings.New(p, send),
		panel:   panel.New(p, o.Lang, send),
		chat:    chat.New(o),
		office:  office.New(office.Options{Palette: p, Lang: o.Lang, Send: send, Keys: o.Keys, Window: o.Window}),
		toasts:  newToasts(p),
		dialog:  newDialog(p, send, o.Keys, o.Window.Canvas()),
	}
	for _, page := range listPages {
		m.lists[page] = lists.New(p, send)
	}
	m.ExtendBaseWidget(m)
	return m
}

// listPages are the pages that are one table.
var listPages = [...]desk.Page{desk.PageUnpaid, desk.PageSales, desk.PageProof, desk.PagePrices}

func (m *mainView) set(s desk.Screen) {
	m.header.set(s.Header)
	m.rail.set(s.Rail)
	m.panel.Set(s.Panel)
	m.turn(s.Page)
	m.chat.Set(s.Chat)
	m.office.Set(s.Office)
	parts.Show(m.board, s.Page == desk.PageBoard)
	parts.Show(m.setting, s.Page == desk.PageSettings)
	for page, list := range m.lists {
		parts.Show(list, s.Page == page)
	}
	switch s.Page {
	case desk.PageSupport, desk.PageMembers, desk.PageOffice:
	case desk.PageBoard:
		m.board.Set(s)
	case desk.PageSettings:
		m.setting.Set(s.Settings)
	case desk.PageUnpaid:
		m.lists[s.Page].Set(s.Unpaid)
	default:
		m.lists[s.Page].Set(s.Table)
	}
	m.toasts.set(s.Toasts)
	m.dialog.set(s.Dialog)
}

// backOffice reports whether a page is one of the back office.
func backOffice(p desk.Page) bool { return p == desk.PageMembers || p == desk.PageOffice }

// whole reports whether a page takes the place of board and panel.
func whole(p desk.Page) bool { return p == desk.PageSupport || backOffice(p) }

// turn changes between the forecourt's pages and those that need the whole
// place.
func (m *mainView) turn(to desk.Page) {
	parts.Show(m.chat, to == desk.PageSupport)
	parts.Show(m.office, backOffice(to))
	parts.Show(m.panel, !whole(to))
	if m.page != to {
		m.page = to
		m.place(m.Size())
	}
}

func (m *mainView) place(size fyne.Size) {
	f, isTight := frameOf(size)
	parts.Place(m.ground, 0, 0, size.Width, size.Height)
	left := size.Width - f.panel
	if isTight && !whole(m.page) { // the panel needs every point of height
		parts.Place(m.header, 0, 0, left, f.header)
		parts.Place(m.panel, left, 0, f.panel, size.Height)
	} else {
		parts.Place(m.header, 0, 0, size.Width, f.header)
		parts.Place(m.panel, left, f.header, f.panel, size.Height-f.header)
	}
	parts.Place(m.rail, 0, f.header, f.rail, size.Height-f.header)
	x, w := f.rail+f.margin, left-f.rail-2*f.margin
	y, h := f.header, size.Height-f.header-f.margin
	parts.Place(m.board, x, y, w, h)
	parts.Place(m.setting, x, y, w, h)
	for _, list := range m.lists {
		parts.Place(list, x, y, w, h)
	}
	parts.Place(m.chat, f.rail, f.header, size.Width-f.rail, size.Height-f.header)
	parts.Place(m.chat.Over(), 0, 0, size.Width, size.Height)
	parts.Place(m.office, f.rail, f.header, size.Width-f.rail, size.Height-f.header)
	parts.Place(m.office.Over(), 0, 0, size.Width, size.Height)
	if m.page == desk.PageSupport { // the conversation stays free
		w = m.chat.Aside() - 2*f.margin
	}
	parts.Place(m.toasts, x, y, w, h)
	parts.Place(m.dialog, 0, 0, size.Width, size.Height)
}

// CreateRenderer draws the till.
func (m *mainView) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{m.ground, m.board, m.setting}
	for _, page := range listPages {
		objects = append(objects, m.lists[page])
	}
	objects = append(objects, m.panel, m.chat, m.office, m.rail, m.header, m.toasts, m.chat.Over(), m.office.Over(), m.dialog)
	return &parts.Painter{Parts: objects, Place: m.place, Least: fyne.NewSize(860, 480)}
}
