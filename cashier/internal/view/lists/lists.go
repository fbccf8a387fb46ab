// Package lists draws the pages that are one table: what waits, the sales,
// the totalizer proof and the prices.
package lists

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const headHeight float32 = 40

// Page is a title, a word on the whole, and a table.
type Page struct {
	widget.BaseWidget
	palette     theme.Palette
	title, note *canvas.Text
	table       *parts.Table
	shown       string
}

// New makes an empty page.
func New(p theme.Palette, send func(desk.Event)) *Page {
	v := &Page{
		palette: p,
		title:   parts.Text(p.Ink, theme.Strong, true),
		note:    parts.Text(p.Ink, theme.Body, true),
		table:   parts.NewTable(p, func(r desk.Row) { choose(send, r) }, func() { send(desk.MoreSales{}) }),
	}
	v.note.Alignment = fyne.TextAlignTrailing
	v.ExtendBaseWidget(v)
	return v
}

// choose sends what a touch on a row means.
func choose(send func(desk.Event), r desk.Row) {
	if r.Grade != "" {
		send(desk.OpenPrice{Grade: r.Grade})
		return
	}
	send(desk.ChooseSale{Sale: r.Sale})
}

// Set shows a table.
func (v *Page) Set(t desk.Table) {
	v.shown = t.Title
	parts.Put(v.note, t.Note, v.palette.Tone(t.NoteTone))
	v.fitTitle(v.Size())
	v.table.Set(t)
}

// fitTitle gives the title what the note leaves it.
func (v *Page) fitTitle(size fyne.Size) {
	room := size.Width - v.note.MinSize().Width - theme.Wide
	parts.Put(v.title, parts.Fit(v.shown, theme.Strong, v.title.TextStyle, room), v.palette.Ink)
}

func (v *Page) place(size fyne.Size) {
	v.fitTitle(size)
	parts.Place(v.title, 2, 8, size.Width, parts.LineHeight(theme.Strong))
	parts.Place(v.note, 0, 9, size.Width-2, parts.LineHeight(theme.Body))
	parts.Place(v.table, 0, headHeight, size.Width, size.Height-headHeight)
}

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{v.title, v.note, v.table},
		Place: v.place, Least: fyne.NewSize(200, 200),
	}
}
