package board

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

const (
	pricesHeight float32 = 40
	listHeight   float32 = 126 // the least: head and two rows
	listTitle    float32 = 32
	// roomForList is the height below which the list has no room under the
	// board; the rail still leads to it.
	roomForList float32 = 560
)

// Board is the whole page.
type Board struct {
	widget.BaseWidget
	palette theme.Palette
	onTap   func(nozzle int)

	prices []*priceTag
	queue  *queue
	tiles  []*Tile
	grid   *fyne.Container
	scroll *container.Scroll
	title  *canvas.Text
	list   *parts.Table
	shape  *tileGrid
}

// New makes an empty board.
func New(p theme.Palette, send func(desk.Event)) *Board {
	b := &Board{
		palette: p, onTap: func(n int) { send(desk.Choose{Nozzle: n}) }, queue: newQueue(p, send),
		title: parts.Text(p.InkSoft, theme.Body, true), shape: &tileGrid{},
		list: parts.NewTable(p, func(r desk.Row) { send(desk.ChooseSale{Sale: r.Sale}) }, func() {}),
	}
	b.grid = container.New(b.shape)
	b.scroll = container.NewVScroll(b.grid)
	b.ExtendBaseWidget(b)
	return b
}

// Set shows prices, tiles and the unpaid list.
func (b *Board) Set(s desk.Screen) {
	for len(b.tiles) < len(s.Tiles) {
		b.tiles = append(b.tiles, NewTile(b.palette, b.onTap))
	}
	for i, t := range s.Tiles {
		b.tiles[i].Set(t, s.Pulse)
	}
	if len(b.grid.Objects) != len(s.Tiles) {
		b.setTiles(len(s.Tiles))
	}
	b.setLine(s)
	parts.Put(b.title, s.Unpaid.Title, b.palette.InkSoft)
	b.list.Set(s.Unpaid)
}

func (b *Board) setTiles(n int) {
	objects := make([]fyne.CanvasObject, n)
	for i, t := range b.tiles[:n] {
		objects[i] = t
	}
	b.grid.Objects = objects
	b.grid.Refresh()
	b.scroll.Refresh()
	b.Refresh() // the list's room depends on the rows of tiles
}

// setLine shows what stands over the tiles.
func (b *Board) setLine(s desk.Screen) {
	tags := s.Prices
	moved := b.queue.set(s.Queue)
	changed := len(b.prices) != len(tags)
	if changed {
		b.prices = nil
		for range tags {
			b.prices = append(b.prices, newPriceTag(b.palette))
		}
	}
	for i, tag := range tags {
		changed = b.prices[i].set(tag) || changed
	}
	switch {
	case changed:
		b.Refresh()
	case moved:
		b.placeLine(b.Size())
	}
}

func (b *Board) place(size fyne.Size) {
	b.placeLine(size)
	bottom := size.Height
	room := size.Height >= roomForList
	parts.Show(b.list, room)
	parts.Show(b.title, room)
	if room {
		bottom -= b.listRoom(size)
		parts.Place(b.title, 2, bottom+6, size.Width, parts.LineHeight(theme.Body))
		parts.Place(b.list, 0, bottom+listTitle, size.Width, size.Height-bottom-listTitle)
	}
	parts.Place(b.scroll, -gridMargin, pricesHeight-gridMargin, size.Width+2*gridMargin, bottom-pricesHeight+gridMargin)
}

// placeLine lays prices and queue beside one another, as much of both as fits.
func (b *Board) placeLine(size fyne.Size) {
	all, least := b.queue.wants(size)
	room := size.Width - all
	if !placePrices(b.prices, room) && all > 0 {
		room = size.Width - least
		placePrices(b.prices, room)
	}
	b.queue.place(size, size.Width-room)
}

// listRoom is what the tiles leave to the list, and never less than two rows.
func (b *Board) listRoom(size fyne.Size) float32 {
	columns := b.shape.fit(len(b.tiles), size.Width+2*gridMargin)
	rows := (len(b.tiles) + columns - 1) / columns
	tiles := float32(rows)*(TileHeight+theme.Gap) + 2*gridMargin
	return max(listTitle+listHeight, size.Height-pricesHeight-tiles)
}

type boardRenderer struct {
	parts.Painter
	b *Board
}

// Objects includes the price tags, which change with the grades.
func (r *boardRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.b.scroll, r.b.title, r.b.list}
	for _, p := range r.b.prices {
		out = append(out, p.grade, p.price, p.acked)
	}
	return append(out, r.b.queue.objects()...)
}

// Refresh lays out anew: the price tags may have changed.
func (r *boardRenderer) Refresh() {
	r.b.place(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the board.
func (b *Board) CreateRenderer() fyne.WidgetRenderer {
	return &boardRenderer{parts.Painter{Place: b.place, Least: fyne.NewSize(TileMinWidth, 2*TileHeight)}, b}
}

// gridMargin leaves room for the ring around a tile at the edge.
const gridMargin float32 = 4

// tileGrid lays tiles in as many columns as fit, each as wide as the rest allows.
type tileGrid struct{ columns int }

// fit is the number of columns for n tiles: as few rows as the width allows,
// and then no more columns than those rows need, so that 16 are four by four
// and no nozzle stands alone.
func (g *tileGrid) fit(n int, width float32) int {
	most := max(1, int((width-2*gridMargin+theme.Gap)/(TileMinWidth+theme.Gap)))
	if n == 0 {
		return most
	}
	rows := (n + most - 1) / most
	return (n + rows - 1) / rows
}

// MinSize is the height of all rows at the width laid out last.
func (g *tileGrid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	columns := max(1, g.columns)
	rows := (len(objects) + columns - 1) / columns
	return fyne.NewSize(TileMinWidth+2*gridMargin, float32(rows)*(TileHeight+theme.Gap)+gridMargin)
}

// Layout places the tiles.
func (g *tileGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	g.columns = g.fit(len(objects), size.Width)
	width := (size.Width - 2*gridMargin - float32(g.columns-1)*theme.Gap) / float32(g.columns)
	for i, o := range objects {
		x := gridMargin + float32(i%g.columns)*(width+theme.Gap)
		y := gridMargin + float32(i/g.columns)*(TileHeight+theme.Gap)
		parts.Place(o, x, y, width, TileHeight)
	}
}
