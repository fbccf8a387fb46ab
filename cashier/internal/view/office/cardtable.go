package office

import (
	"strings"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// maxCardRows bounds the rows of a table in a card: it has no list of its own
// to scroll, and every row has its widgets.
const maxCardRows = 60

const (
	cardHead float32 = 24
	cardRow  float32 = 30
)

// cardTable is a small table in a card: read, not chosen from. A text that does
// not fit its column takes a second line.
type cardTable struct {
	widget.BaseWidget
	kit   *kit
	shown desk.Table
	heads []*canvas.Text
	cells [][]lines
	rules []*canvas.Rectangle
	empty *canvas.Text
}

func newCardTable(k *kit) *cardTable {
	t := &cardTable{kit: k, empty: parts.Text(k.palette.InkSoft, theme.Body, false)}
	t.ExtendBaseWidget(t)
	return t
}

func (t *cardTable) set(next desk.Table) {
	if len(next.Rows) > maxCardRows {
		next.Rows = next.Rows[:maxCardRows]
	}
	if sameTable(t.shown, next) {
		return
	}
	t.shown = next
	t.make()
	t.place(t.Size())
	t.Refresh()
}

// make makes the texts that are missing.
func (t *cardTable) make() {
	p := t.kit.palette
	for len(t.heads) < len(t.shown.Columns) {
		t.heads = append(t.heads, parts.Text(p.InkSoft, theme.Caption, false))
	}
	t.heads = t.heads[:len(t.shown.Columns)]
	for len(t.cells) < len(t.shown.Rows) {
		t.cells = append(t.cells, nil)
		t.rules = append(t.rules, &canvas.Rectangle{FillColor: p.Line})
	}
	t.cells, t.rules = t.cells[:len(t.shown.Rows)], t.rules[:len(t.shown.Rows)]
	for i := range t.cells {
		for len(t.cells[i]) < len(t.shown.Columns) {
			t.cells[i] = append(t.cells[i], lines{size: theme.Body})
		}
		t.cells[i] = t.cells[i][:len(t.shown.Columns)]
	}
}

func aligned(right bool) fyne.TextAlign {
	if right {
		return fyne.TextAlignTrailing
	}
	return fyne.TextAlignLeading
}

// fill writes what fits each column of a width.
func (t *cardTable) fill(width float32) {
	p := t.kit.palette
	parts.Put(t.empty, t.shown.Empty, p.InkSoft)
	parts.Show(t.empty, len(t.shown.Rows) == 0)
	edges := t.edges(width)
	for i, c := range t.shown.Columns {
		t.heads[i].Alignment = aligned(c.Right)
		parts.Put(t.heads[i], t.kit.ruler.Cut(c.Title, theme.Caption, false, max(0, edges[i+1]-edges[i]-headGap)), p.InkSoft)
		parts.Show(t.heads[i], edges[i+1] > edges[i] && len(t.shown.Rows) > 0)
	}
	for i := range t.shown.Rows {
		for j := range t.cells[i] {
			c, text := t.cell(i, j, edges)
			cell := &t.cells[i][j]
			cell.bold = c.Bold
			if cell.put(p, c.Tone, text) {
				t.Refresh()
			}
			for _, line := range cell.texts {
				line.Alignment, line.TextStyle.Bold = aligned(t.shown.Columns[j].Right), c.Bold
			}
		}
	}
}

// cellLines is how many lines a text of a table takes at most: the first, and
// what fits the second.
const cellLines = 2

// cell is a cell and its lines between the columns' edges.
func (t *cardTable) cell(i, j int, edges []float32) (c desk.Cell, text []string) {
	if j >= len(t.shown.Rows[i].Cells) || edges[j+1] <= edges[j] {
		return c, nil
	}
	c = t.shown.Rows[i].Cells[j]
	room := edges[j+1] - edges[j] - cellGap
	if t.shown.Columns[j].Right { // a figure is read in one line
		return c, []string{t.kit.ruler.Cut(c.Text, theme.Body, c.Bold, room)}
	}
	text = t.kit.wrap(c.Text, theme.Body, c.Bold, room)
	if len(text) > cellLines {
		rest := strings.TrimLeft(strings.TrimPrefix(c.Text, text[0]), " ")
		text = []string{text[0], t.kit.ruler.Cut(rest, theme.Body, c.Bold, room)}
	}
	return c, text
}

// rowTall is the height of a row between the columns' edges.
func (t *cardTable) rowTall(i int, edges []float32) float32 {
	most := 1
	for j := range t.shown.Columns {
		_, text := t.cell(i, j, edges)
		most = max(most, len(text))
	}
	return cardRow + float32(most-1)*parts.LineHeight(theme.Body)
}

// cellGap keeps a right-aligned column off the next one, headGap one title off
// the next.
const (
	cellGap float32 = 10
	headGap float32 = 4
)

// edges are the columns' edges, from the card's own margin.
func (t *cardTable) edges(width float32) []float32 {
	edges := parts.ColumnEdges(t.shown.Columns, width)
	for i := range edges {
		edges[i] = theme.Wide + (edges[i]-theme.Pad)*(width-2*theme.Wide+cellGap)/max(1, width-2*theme.Pad)
	}
	return edges
}

func (t *cardTable) tall(width float32) float32 {
	if len(t.shown.Rows) == 0 {
		if t.shown.Empty == "" {
			return 0
		}
		return cardRow
	}
	sum, edges := cardHead, t.edges(width)
	for i := range t.shown.Rows {
		sum += t.rowTall(i, edges)
	}
	return sum
}

func (t *cardTable) place(size fyne.Size) {
	if size.Width <= 0 {
		return
	}
	t.fill(size.Width)
	edges := t.edges(size.Width)
	caption, body := parts.LineHeight(theme.Caption), parts.LineHeight(theme.Body)
	for i, h := range t.heads {
		parts.Place(h, edges[i], (cardHead-caption)/2, max(0, edges[i+1]-edges[i]-cellGap), caption)
	}
	y := cardHead
	for i, row := range t.cells {
		tall := t.rowTall(i, edges)
		parts.Place(t.rules[i], theme.Wide, y, size.Width-2*theme.Wide, 1)
		for j := range row {
			_, text := t.cell(i, j, edges)
			row[j].place(edges[j], y+(tall-float32(max(1, len(text)))*body)/2, max(0, edges[j+1]-edges[j]-cellGap))
		}
		y += tall
	}
	parts.Place(t.empty, theme.Wide, (cardRow-body)/2, size.Width, body)
}

// CreateRenderer draws the table.
func (t *cardTable) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: t.place}, func() []fyne.CanvasObject {
		var out []fyne.CanvasObject
		for _, h := range t.heads {
			out = append(out, h)
		}
		for i, row := range t.cells {
			out = append(out, t.rules[i])
			for j := range row {
				out = append(out, row[j].objects()...)
			}
		}
		return append(out, t.empty)
	}}
}
