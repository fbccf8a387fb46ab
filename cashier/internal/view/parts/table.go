package parts

import (
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

const (
	rowHeight  = theme.Target
	headHeight = float32(28)
)

// Table is a list with a head, rows a finger high and a word for when it is
// empty. It scrolls up and down, never sideways. Only the rows in sight have
// widgets, which are reused: a table of thousands costs what is in sight. A
// row that becomes the chosen one is scrolled to.
type Table struct {
	widget.BaseWidget
	palette theme.Palette
	onRow   func(desk.Row)

	ground *canvas.Rectangle
	heads  []*canvas.Text
	empty  *canvas.Text
	rows   []*row // as many as are ever in sight; row i of the list is in rows[i % len(rows)]
	strip  *rowStrip
	scroll *container.Scroll
	more   *Button
	shown  desk.Table
	chosen desk.Row // was scrolled to
}

// NewTable makes a table; touching a row calls onRow, the button for older
// rows calls onMore.
func NewTable(p theme.Palette, onRow func(desk.Row), onMore func()) *Table {
	t := &Table{
		palette: p, onRow: onRow,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Card, StrokeColor: p.Line, StrokeWidth: 1},
		empty:  Text(p.InkSoft, theme.Strong, false),
		more:   NewButton(p, Plain, "", onMore),
		strip:  newRowStrip(),
	}
	t.empty.Alignment = fyne.TextAlignCenter
	t.scroll = container.NewVScroll(t.strip)
	t.scroll.OnScrolled = func(fyne.Position) { t.fill() }
	t.more.Set(desk.Button{Hidden: true})
	t.ExtendBaseWidget(t)
	return t
}

// Set shows a table.
func (t *Table) Set(next desk.Table) {
	before := t.shown.Columns
	t.shown = next
	t.more.Set(next.More)
	Put(t.empty, next.Empty, t.palette.InkSoft)
	Show(t.empty, len(next.Rows) == 0)
	if tall := t.tall(); t.strip.tall != tall {
		t.strip.tall = tall
		t.scroll.Refresh()
	}
	if !slices.Equal(before, next.Columns) {
		t.setHeads(next.Columns) // draws the rows as well: they are the new ones by now
		return
	}
	t.fill()
	t.follow()
}

// Top scrolls to the first row: another list is shown.
func (t *Table) Top() {
	t.chosen = desk.Row{}
	t.scroll.ScrollToOffset(fyne.Position{})
	t.fill()
}

// tall is the height of all rows, and of the button for further ones.
func (t *Table) tall() float32 {
	n := len(t.shown.Rows)
	if t.hasMore() {
		n++
	}
	return float32(n) * rowHeight
}

func (t *Table) hasMore() bool { return !t.shown.More.Hidden && t.shown.More.Label != "" }

// fill gives every row in sight a widget.
func (t *Table) fill() {
	size := t.scroll.Size()
	if size.Height <= 0 {
		return
	}
	sight := int(size.Height/rowHeight) + 2
	t.need(sight)
	first := max(0, min(int(t.scroll.Offset.Y/rowHeight), len(t.shown.Rows)-sight))
	last := min(first+sight, len(t.shown.Rows))
	objects := make([]fyne.CanvasObject, 0, sight+1)
	for i := first; i < last; i++ {
		r := t.rows[i%len(t.rows)]
		r.set(t.shown.Columns, t.shown.Rows[i])
		Place(r, 0, float32(i)*rowHeight, size.Width, rowHeight)
		objects = append(objects, r)
	}
	if t.hasMore() && last == len(t.shown.Rows) {
		Place(t.more, 0, float32(last)*rowHeight, size.Width, rowHeight)
		objects = append(objects, t.more)
	}
	t.strip.show(objects)
}

// need makes widgets until there are enough for what is in sight.
func (t *Table) need(sight int) {
	for len(t.rows) < sight {
		t.rows = append(t.rows, newRow(t.palette, t.onRow))
	}
}

// follow scrolls to the chosen row when it has become another one.
func (t *Table) follow() {
	at := slices.IndexFunc(t.shown.Rows, func(r desk.Row) bool { return r.Chosen })
	if at < 0 {
		t.chosen = desk.Row{}
		return
	}
	if same(t.chosen, t.shown.Rows[at]) || t.scroll.Size().Height <= 0 {
		return
	}
	t.chosen = t.shown.Rows[at]
	top, bottom := float32(at)*rowHeight, float32(at+1)*rowHeight
	switch {
	case top < t.scroll.Offset.Y:
		t.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case bottom > t.scroll.Offset.Y+t.scroll.Size().Height:
		t.scroll.ScrollToOffset(fyne.NewPos(0, bottom-t.scroll.Size().Height))
	default:
		return
	}
	t.fill()
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
	t.Refresh()
}

// narrow is the width below which spare columns are left out.
const narrow float32 = 640

// ColumnEdges are the left edges of the columns, and the right edge of the
// last; a column that is left out has no width.
func ColumnEdges(columns []desk.Column, width float32) []float32 {
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
	edges := ColumnEdges(t.shown.Columns, size.Width)
	for i, h := range t.heads {
		Show(h, edges[i+1] > edges[i])
		Place(h, edges[i], (headHeight-LineHeight(theme.Caption))/2+2, edges[i+1]-edges[i]-columnGap, LineHeight(theme.Caption))
	}
	Place(t.scroll, 1, headHeight, size.Width-2, size.Height-headHeight-2)
	Place(t.empty, 0, headHeight+(size.Height-headHeight-LineHeight(theme.Strong))/2, size.Width, LineHeight(theme.Strong))
	t.fill()
	t.follow()
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

// rowStrip is as high as all rows and holds those in sight.
type rowStrip struct {
	widget.BaseWidget
	tall    float32
	objects []fyne.CanvasObject
}

func newRowStrip() *rowStrip {
	s := &rowStrip{}
	s.ExtendBaseWidget(s)
	return s
}

// show changes what is in sight, if it differs.
func (s *rowStrip) show(objects []fyne.CanvasObject) {
	if slices.Equal(s.objects, objects) {
		return
	}
	s.objects = objects
	s.Refresh()
}

type stripRenderer struct {
	Painter
	s *rowStrip
}

// MinSize is all rows high.
func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(200, r.s.tall) }

// Objects are the rows in sight.
func (r *stripRenderer) Objects() []fyne.CanvasObject { return r.s.objects }

// Refresh does nothing: each row repaints itself, and the scroll the window.
func (r *stripRenderer) Refresh() {}

// CreateRenderer draws the rows.
func (s *rowStrip) CreateRenderer() fyne.WidgetRenderer {
	return &stripRenderer{Painter{Place: func(fyne.Size) {}}, s}
}
