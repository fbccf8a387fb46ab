package parts

import (
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// row is one row: texts over a ground that shows the choice.
type row struct {
	widget.BaseWidget
	palette theme.Palette
	onTap   func(desk.Row)
	columns []desk.Column
	value   desk.Row
	hovered bool
	ground  *canvas.Rectangle
	line    *canvas.Rectangle
	cells   []*canvas.Text
}

var (
	_ fyne.Tappable     = (*row)(nil)
	_ desktop.Hoverable = (*row)(nil)
)

func newRow(p theme.Palette, onTap func(desk.Row)) *row {
	r := &row{
		palette: p, onTap: onTap,
		ground: &canvas.Rectangle{FillColor: p.Card},
		line:   &canvas.Rectangle{FillColor: p.Line},
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(columns []desk.Column, v desk.Row) {
	if !slices.Equal(r.columns, columns) {
		r.columns = columns
		r.cells = nil
		for _, c := range columns {
			cell := Text(r.palette.Ink, theme.Body, false)
			if c.Right {
				cell.Alignment = fyne.TextAlignTrailing
			}
			r.cells = append(r.cells, cell)
		}
		r.value = desk.Row{}
		r.Refresh()
	}
	if sameRow(r.value, v) {
		return
	}
	r.value = v
	r.paint()
}

// sameRow reports whether two rows look the same and choose the same.
func sameRow(a, b desk.Row) bool {
	return same(a, b) && a.Chosen == b.Chosen && slices.Equal(a.Cells, b.Cells)
}

// same reports whether a touch on either row chooses the same.
func same(a, b desk.Row) bool { return a.Sale == b.Sale && a.Grade == b.Grade && a.Key == b.Key }

// choosable reports whether a touch on a row means something.
func choosable(r desk.Row) bool { return !r.Sale.IsZero() || r.Grade != "" || r.Key != "" }

func (r *row) paint() {
	edges := ColumnEdges(r.columns, r.Size().Width)
	for i, c := range r.value.Cells {
		cell := r.cells[i]
		if cell.TextStyle.Bold != c.Bold {
			cell.TextStyle.Bold = c.Bold
			cell.Refresh()
		}
		text := c.Text
		if r.Size().Width > 0 {
			text = Fit(text, theme.Body, cell.TextStyle, edges[i+1]-edges[i]-columnGap+4)
		}
		Put(cell, text, r.palette.Tone(c.Tone))
	}
	ground := r.palette.Card
	switch {
	case r.value.Chosen:
		ground = r.palette.ChosenRow()
	case r.hovered && choosable(r.value):
		ground = theme.Blend(r.palette.Card, r.palette.Ink, 5)
	}
	Fill(r.ground, ground)
}

// Tapped chooses the row.
func (r *row) Tapped(*fyne.PointEvent) {
	if choosable(r.value) {
		r.onTap(r.value)
	}
}

// MouseIn, MouseMoved and MouseOut light the row under the pointer.
func (r *row) MouseIn(*desktop.MouseEvent)    { r.hovered = true; r.paint() }
func (r *row) MouseMoved(*desktop.MouseEvent) {}
func (r *row) MouseOut()                      { r.hovered = false; r.paint() }

func (r *row) place(size fyne.Size) {
	Place(r.ground, 0, 0, size.Width, size.Height)
	Place(r.line, theme.Pad, 0, size.Width-2*theme.Pad, 1)
	edges := ColumnEdges(r.columns, size.Width)
	height := LineHeight(theme.Body)
	for i, c := range r.cells {
		Place(c, edges[i], (size.Height-height)/2, edges[i+1]-edges[i]-columnGap, height)
	}
	r.paint()
}

type rowRenderer struct {
	Painter
	r *row
}

// Objects includes the cells, which change with the columns.
func (d *rowRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{d.r.ground, d.r.line}
	for _, c := range d.r.cells {
		out = append(out, c)
	}
	return out
}

// Refresh lays out anew: the columns may have changed.
func (d *rowRenderer) Refresh() {
	d.r.place(d.r.Size())
	for _, o := range d.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return &rowRenderer{Painter{Place: r.place, Least: fyne.NewSize(200, rowHeight)}, r}
}
