package parts_test

import (
	"fmt"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func rows(n, chosen int) desk.Table {
	t := desk.Table{Columns: []desk.Column{{Title: "号", Weight: 1}, {Title: "名", Weight: 2}}, More: desk.Button{Label: "更多", On: true}}
	for i := range n {
		t.Rows = append(t.Rows, desk.Row{Key: fmt.Sprint(i), Chosen: i == chosen, Cells: []desk.Cell{{Text: fmt.Sprint("r", i)}, {Text: "王**"}}})
	}
	return t
}

// texts are what is drawn of a table, without its heads.
func texts(o fyne.CanvasObject) (out []string) {
	switch o := o.(type) {
	case *canvas.Text:
		if o.Visible() && len(o.Text) > 0 && o.Text[0] == 'r' {
			out = append(out, o.Text)
		}
	case *container.Scroll:
		return texts(o.Content)
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, texts(child)...)
		}
	}
	return out
}

func TestLongTableHasWidgetsForWhatIsInSight(t *testing.T) {
	b := open(t)
	var chosen []string
	more := 0
	table := parts.NewTable(b.palette, func(r desk.Row) { chosen = append(chosen, r.Key) }, func() { more++ })
	parts.Place(table, 0, 0, 600, 500)
	b.show(table)
	table.Set(rows(5000, -1))
	if got := texts(table); len(got) > 12 || got[0] != "r0" {
		t.Fatalf("%d rows drawn, from %q", len(got), got[0])
	}
	b.touch(table, 100, 28+48*3+10)
	test.Scroll(b.window.Canvas(), fyne.NewPos(100, 100), 0, -48*2000)
	if got := texts(table); len(got) > 12 || got[0] != "r2000" {
		t.Errorf("scrolled down: %d rows from %q", len(got), got[0])
	}
	b.touch(table, 100, 28+10)
	test.Scroll(b.window.Canvas(), fyne.NewPos(100, 100), 0, -48*5000)
	b.touch(table, 100, 490)
	if fmt.Sprint(chosen) != "[3 2000]" || more != 1 {
		t.Errorf("touches chose %v and asked %d times for more", chosen, more)
	}
	table.Set(rows(3, -1))
	if got := texts(table); fmt.Sprint(got) != "[r0 r1 r2]" {
		t.Errorf("a short table after a long one draws %v", got)
	}
}

func TestTableScrollsToTheChosenRow(t *testing.T) {
	b := open(t)
	table := parts.NewTable(b.palette, func(desk.Row) {}, func() {})
	parts.Place(table, 0, 0, 600, 500)
	b.show(table)
	shows := func(want string) bool {
		for _, s := range texts(table) {
			if s == want {
				return true
			}
		}
		return false
	}
	for _, at := range []int{150, 20, 199, 0} {
		table.Set(rows(200, at))
		if !shows(fmt.Sprint("r", at)) {
			t.Errorf("row %d is chosen and not in sight: %v", at, texts(table))
		}
	}
	test.Scroll(b.window.Canvas(), fyne.NewPos(100, 100), 0, -48*100)
	table.Set(rows(200, 0)) // the same row: the list is the reader's to scroll
	if !shows("r100") {
		t.Errorf("the list went back by itself: %v", texts(table))
	}
	table.Top()
	if !shows("r0") {
		t.Error("another list does not begin at the top")
	}
}

func TestSameTableCostsNothing(t *testing.T) {
	b := open(t)
	table := parts.NewTable(b.palette, func(desk.Row) {}, func() {})
	parts.Place(table, 0, 0, 600, 500)
	b.show(table)
	same := rows(200, 3)
	table.Set(same)
	if n := testing.AllocsPerRun(20, func() { table.Set(same) }); n > 20 {
		t.Errorf("showing 200 rows again makes %v allocations", n)
	}
}

func BenchmarkTwoHundredRowsThatAllChange(b *testing.B) {
	bench := open(b)
	table := parts.NewTable(bench.palette, func(desk.Row) {}, func() {})
	parts.Place(table, 0, 0, 600, 500)
	bench.show(table)
	both := [2]desk.Table{rows(200, 0), rows(200, 1)}
	for i := range both[1].Rows {
		both[1].Rows[i].Cells = []desk.Cell{{Text: fmt.Sprint("r", i+1000)}, {Text: "李**"}}
	}
	i := 0
	for b.Loop() {
		table.Set(both[i%2])
		i++
	}
}

// The office's tabs share one table. Turning from the staff (six columns) to
// the posts (five) while a hub was at work brought the window down: the new
// heads drew the old rows, which have a cell too many.
func TestATableTakesAnotherOnesPlace(t *testing.T) {
	app := test.NewTempApp(t)
	table := parts.NewTable(theme.New(false).Palette, func(desk.Row) {}, func() {})
	window := app.NewWindow("")
	window.SetContent(table)
	window.Resize(fyne.NewSize(800, 400))
	for _, columns := range []int{6, 2, 5, 0, 3, 6} {
		next := desk.Table{}
		for i := range columns {
			next.Columns = append(next.Columns, desk.Column{Title: fmt.Sprint(i), Weight: 1})
		}
		for n := range columns * 2 {
			row := desk.Row{Key: fmt.Sprint(n)}
			for i := range columns {
				row.Cells = append(row.Cells, desk.Cell{Text: fmt.Sprintf("r%d/%d", n, i)})
			}
			next.Rows = append(next.Rows, row)
		}
		table.Set(next)
		if got, want := len(texts(table)), min(columns*2, 400/48+1)*columns; columns > 0 && got < columns || got > want+2*columns {
			t.Errorf("of %d columns and rows of %d, %d texts are drawn", columns, columns*2, got)
		}
	}
}
