package chat

import (
	"slices"

	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// pile is a list of rows of different heights that scrolls up and down.
type pile struct {
	*container.Scroll
	rows    *fyne.Container
	heights []float32
}

// talls lays a pile's rows under one another over the full width.
type talls struct{ pile *pile }

// MinSize is all rows high.
func (t talls) MinSize([]fyne.CanvasObject) fyne.Size {
	sum := float32(0)
	for _, h := range t.pile.heights {
		sum += h
	}
	return fyne.NewSize(32, sum)
}

// Layout gives each row the full width and its height.
func (t talls) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i, o := range objects {
		parts.Place(o, 0, y, size.Width, t.pile.heights[i])
		y += t.pile.heights[i]
	}
}

func newPile() *pile {
	p := &pile{}
	p.rows = container.New(talls{p})
	p.Scroll = container.NewVScroll(p.rows)
	return p
}

// set puts rows with their heights into the list; the same again costs nothing.
func (p *pile) set(rows []fyne.CanvasObject, heights []float32) {
	if slices.Equal(p.rows.Objects, rows) && slices.Equal(p.heights, heights) {
		return
	}
	p.rows.Objects, p.heights = rows, heights
	p.rows.Refresh()
	p.Scroll.Refresh()
}

// reveal scrolls until the n-th row is in sight.
func (p *pile) reveal(n int) {
	if p.Size().Height == 0 {
		return
	}
	top := float32(0)
	for _, h := range p.heights[:n] {
		top += h
	}
	bottom := top + p.heights[n]
	switch {
	case top < p.Offset.Y:
		p.ScrollToOffset(fyne.NewPos(0, top))
	case bottom > p.Offset.Y+p.Size().Height:
		p.ScrollToOffset(fyne.NewPos(0, bottom-p.Size().Height))
	}
}
