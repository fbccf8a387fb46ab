package office

import (
	"slices"

	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// block is a part of a card or a form: as tall as its width makes it.
type block interface {
	fyne.CanvasObject
	tall(width float32) float32
}

// pile is blocks under one another that scroll up and down.
type pile struct {
	*container.Scroll
	blocks  []block
	heights []float32
	width   float32 // of the blocks
	edge    float32 // at their left: room for what is drawn around a field
	inside  *fyne.Container
}

func newPile() *pile {
	p := &pile{}
	p.inside = container.New(piled{p})
	p.Scroll = container.NewVScroll(p.inside)
	return p
}

// set shows blocks; those that are shown already stay where they are.
func (p *pile) set(blocks []block) {
	objects := make([]fyne.CanvasObject, len(blocks))
	for i, b := range blocks {
		objects[i] = b
	}
	changed := !slices.Equal(p.inside.Objects, objects)
	p.blocks = blocks
	p.inside.Objects = objects
	if p.measure() || changed {
		p.inside.Refresh()
		p.Scroll.Refresh()
	}
}

// measure works the heights out anew and reports whether any has changed.
func (p *pile) measure() bool {
	was := p.heights
	p.heights = make([]float32, len(p.blocks))
	for i, b := range p.blocks {
		p.heights[i] = b.tall(p.width)
	}
	return !slices.Equal(was, p.heights)
}

// fit tells the pile how wide it will be and returns how high it is then.
func (p *pile) fit(width float32) float32 {
	p.width = width
	if p.measure() {
		p.inside.Refresh()
	}
	return p.sum()
}

func (p *pile) sum() float32 {
	total := float32(0)
	for _, h := range p.heights {
		total += h
	}
	return total
}

// reveal scrolls until a block is in sight.
func (p *pile) reveal(b fyne.CanvasObject) {
	top := float32(0)
	for i, other := range p.blocks {
		if other != b {
			top += p.heights[i]
			continue
		}
		bottom, sight := top+p.heights[i], p.Size().Height
		switch {
		case sight <= 0 || p.sum() <= sight:
		case bottom > p.Offset.Y+sight:
			p.ScrollToOffset(fyne.NewPos(0, bottom-sight))
		case top < p.Offset.Y:
			p.ScrollToOffset(fyne.NewPos(0, top))
		}
		return
	}
}

// top scrolls to the first block.
func (p *pile) top() { p.ScrollToOffset(fyne.Position{}) }

// piled lays a pile's blocks out.
type piled struct{ pile *pile }

// MinSize is all blocks high.
func (l piled) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, l.pile.sum()) }

// Layout gives each block the pile's width, which leaves the bar its room, and
// its height.
func (l piled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y, width := float32(0), min(size.Width-l.pile.edge, l.pile.width)
	for i, o := range objects {
		parts.Place(o, l.pile.edge, y, width, l.pile.heights[i])
		y += l.pile.heights[i]
	}
}
