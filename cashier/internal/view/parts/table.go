package parts

import (
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	rowHeight  = theme.Target
	headHeight = float32(28)
)

// Table is a list with a head, rows a finger high and a word for when it is
// empty. It scrolls up and down, never sideways. Rows are kept and reused.
type Table struct {
	widget.BaseWidget
	palette theme.Palette
	onRow   func(desk.Row)

	ground *canvas.Rectangle
	heads  []*canvas.Text
	empty  *canvas.Text
	rows   []*row
	list   *fyne.Container
	scroll *container.Scroll
	more   *Button
	shown  desk.Table
}

// NewTable makes a table; touching a row calls onRow, the button for older
// rows calls onMore.
func NewTable(p theme.Palette, onRow func(desk.Row), onMore func()) *Table {
	t := &Table{
		palette: p, onRow: onRow,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Card, StrokeColor: p.Line, StrokeWidth: 1},
		empty:  Text(p.InkSoft, theme.Strong, false),
		more:   NewButton(p, Plain, "", onMore),
	}
	t.empty.Alignment = fyne.TextAlignCenter
	t.list = container.New(&stackRows{})
	t.scroll = container.NewVScroll(t.list)
	t.more.Set(desk.Button{Hidden: true})
	t.ExtendBaseWidget(t)
	return t
}

// Set shows a table.
func (t *Table) Set(next desk.Table) {
	if !slices.Equal(t.shown.Columns, next.Columns) {
		t.setHeads(next.Columns)
	}
	grown := len(t.shown.Rows) != len(next.Rows) || t.shown.More.Hidden != next.More.Hidden
	t.shown = next
	t.more.Set(next.More)
	for len(t.rows) < len(next.Rows) {
		t.rows = append(t.rows, newRow(t.palette, t.onRow))
	}
	for i, r := range next.Rows {
		t.rows[i].set(next.Columns, r)
	}
	Put(t.empty, next.Empty, t.palette.InkSoft)
	Show(t.empty, len(next.Rows) == 0)
	if grown || len(t.list.Objects) == 0 {
		t.setRows(len(next.Rows))
	}
}

// setRows puts the rows that are needed into the list.
func (t *Table) setRows(n int) {
	objects := make([]fyne.CanvasObject, 0, n+1)
	for _, r := range t.rows[:n] {
		objects = append(objects, r)
	}
	if !t.shown.More.Hidden && t.shown.More.Label != "" {
		objects = append(objects, t.more)
	}
	t.list.Objects = objects
	t.list.Refresh()
	t.scroll.Refresh()
}

func (t *Table) setHeads(columns []desk.Column) {
	t.heads = nil
	for _, c := range columns {
		h := Text(t.palette.InkSoft, theme.Caption, false)
		h.Text = c.Title
		if c.Right {
			h.Alignment = fyne.TextAlignTrailing
		}
		t.heads = append(t.heads, h)
	}
	t.shown.Columns = columns
	t.Refresh()
}

// narrow is the width below which spare columns are left out.
const narrow float32 = 640

// columnEdges are the left edges of the columns, and the right edge of the
// last; a column that is left out has no width.
func columnEdges(columns []desk.Column, width float32) []float32 {
	weight := func(c desk.Column) int {
		if c.Spare && width < narrow {
			return 0
		}
		return c.Weight
	}
	total := 0
	for _, c := range columns {
		total += weight(c)
	}
	edges := []float32{theme.Pad}
	sum := 0
	for _, c := range columns {
		sum += weight(c)
		edges = append(edges, theme.Pad+(width-2*theme.Pad)*float32(sum)/float32(max(total, 1)))
	}
	return edges
}

// columnGap keeps a right-aligned column off the next one.
const columnGap float32 = 16

func (t *Table) place(size fyne.Size) {
	Place(t.ground, 0, 0, size.Width, size.Height)
	edges := columnEdges(t.shown.Columns, size.Width)
	for i, h := range t.heads {
		Show(h, edges[i+1] > edges[i])
		Place(h, edges[i], (headHeight-LineHeight(theme.Caption))/2+2, edges[i+1]-edges[i]-columnGap, LineHeight(theme.Caption))
	}
	Place(t.scroll, 1, headHeight, size.Width-2, size.Height-headHeight-2)
	Place(t.empty, 0, headHeight+(size.Height-headHeight-LineHeight(theme.Strong))/2, size.Width, LineHeight(theme.Strong))
}

type tableRenderer struct {
	Painter
	t *Table
}

// Objects includes the heads, which change with the columns.
func (r *tableRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.t.ground}
	for _, h := range r.t.heads {
		out = append(out, h)
	}
	return append(out, r.t.scroll, r.t.empty)
}

// Refresh lays out anew: the columns may have changed.
func (r *tableRenderer) Refresh() {
	r.t.place(r.t.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the table.
func (t *Table) CreateRenderer() fyne.WidgetRenderer {
	return &tableRenderer{Painter{Place: t.place, Least: fyne.NewSize(200, headHeight+rowHeight)}, t}
}

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
	r.value = v
	r.paint()
}

func (r *row) paint() {
	edges := columnEdges(r.columns, r.Size().Width)
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
		ground = theme.Blend(r.palette.Card, r.palette.Brand, 16)
	case r.hovered && r.choosable():
		ground = theme.Blend(r.palette.Card, r.palette.Ink, 5)
	}
	Fill(r.ground, ground)
}

// choosable reports whether a touch on the row means something.
func (r *row) choosable() bool { return !r.value.Sale.IsZero() || r.value.Grade != "" }

// Tapped chooses the row.
func (r *row) Tapped(*fyne.PointEvent) {
	if r.choosable() {
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
	edges := columnEdges(r.columns, size.Width)
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

// stackRows lays rows under one another over the full width.
type stackRows struct{}

// MinSize is all rows high.
func (stackRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, float32(len(objects))*rowHeight)
}

// Layout gives each row the full width.
func (stackRows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, o := range objects {
		Place(o, 0, float32(i)*rowHeight, size.Width, rowHeight)
	}
}
