package parts

import (
	"image/color"
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tabs is a bar of tabs: the chosen one in the brand's colour with a stroke
// under it, what needs a hand with a number beside its name.
type Tabs struct {
	widget.BaseWidget
	palette theme.Palette
	open    func(desk.Tab)
	shown   []desk.TabItem
	line    *canvas.Rectangle
	items   []*tab
}

// NewTabs makes an empty bar; open is a touch on a tab.
func NewTabs(p theme.Palette, open func(desk.Tab)) *Tabs {
	t := &Tabs{palette: p, open: open, line: &canvas.Rectangle{FillColor: p.Line}}
	t.ExtendBaseWidget(t)
	return t
}

// Set shows tabs.
func (t *Tabs) Set(next []desk.TabItem) {
	if slices.Equal(t.shown, next) {
		return
	}
	grown := len(t.items) < len(next)
	t.shown = slices.Clone(next)
	for len(t.items) < len(next) {
		t.items = append(t.items, newTab(t.palette, t.open))
	}
	for i, item := range t.items {
		Show(item, i < len(next))
		if i < len(next) {
			item.set(next[i])
		}
	}
	t.place(t.Size())
	if grown {
		t.Refresh()
	}
}

// Wants is the width at which every name fits.
func (t *Tabs) Wants() float32 {
	wants := float32(0)
	for _, item := range t.items[:len(t.shown)] {
		wants += item.wants()
	}
	return wants
}

// place gives every tab what its name needs, and less when they do not fit.
func (t *Tabs) place(size fyne.Size) {
	Place(t.line, 0, size.Height-1, size.Width, 1)
	squeeze := min(1, size.Width/max(t.Wants(), 1))
	x := float32(0)
	for _, item := range t.items[:len(t.shown)] {
		w := item.wants() * squeeze
		Place(item, x, 0, w, size.Height)
		x += w
	}
}

type tabsRenderer struct {
	Painter
	t *Tabs
}

// Objects are the tabs, which are made once they are known.
func (r *tabsRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.t.line}
	for _, item := range r.t.items {
		out = append(out, item)
	}
	return out
}

// Refresh lays out anew: there may be more tabs.
func (r *tabsRenderer) Refresh() {
	r.t.place(r.t.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the bar.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	return &tabsRenderer{Painter{Place: t.place, Least: fyne.NewSize(200, 40)}, t}
}

// tab is one of them.
type tab struct {
	widget.BaseWidget
	palette      theme.Palette
	open         func(desk.Tab)
	value        desk.TabItem
	hovered      bool
	ground       *canvas.Rectangle
	stroke       *canvas.Rectangle
	bubble       *canvas.Rectangle
	label, badge *canvas.Text
}

var (
	_ fyne.Tappable     = (*tab)(nil)
	_ desktop.Hoverable = (*tab)(nil)
)

func newTab(p theme.Palette, open func(desk.Tab)) *tab {
	i := &tab{
		palette: p, open: open,
		ground: &canvas.Rectangle{CornerRadius: theme.Radius},
		stroke: &canvas.Rectangle{FillColor: p.Brand, CornerRadius: 1.5},
		bubble: &canvas.Rectangle{FillColor: p.Face(desk.FaceUnpaid).Fill, CornerRadius: badgeTall / 2},
		label:  Text(p.InkSoft, theme.Strong, false),
		badge:  Text(p.Face(desk.FaceUnpaid).Text, theme.Caption, true),
	}
	i.badge.Alignment = fyne.TextAlignCenter
	i.ExtendBaseWidget(i)
	return i
}

func (i *tab) set(v desk.TabItem) {
	if i.value == v {
		return
	}
	i.value = v
	i.paint()
	i.place(i.Size())
}

func (i *tab) paint() {
	p := i.palette
	ground := p.Paper
	if i.hovered && !i.value.Chosen {
		ground = theme.Blend(p.Paper, p.Ink, 5)
	}
	Fill(i.ground, ground)
	Show(i.stroke, i.value.Chosen)
	Show(i.bubble, i.value.Badge != "")
	if i.label.TextStyle.Bold != i.value.Chosen {
		i.label.TextStyle.Bold = i.value.Chosen
		i.label.Refresh()
	}
	Put(i.label, i.label.Text, i.ink())
	Put(i.badge, i.value.Badge, p.Face(desk.FaceUnpaid).Text)
}

// ink is the colour of the name.
func (i *tab) ink() color.NRGBA {
	switch {
	case i.value.Chosen:
		return i.palette.Brand
	case i.hovered:
		return i.palette.Ink
	}
	return i.palette.InkSoft
}

const (
	badgeTall float32 = 18
	badgeGap  float32 = 5
)

// badgeWide is the width of the badge with its gap, zero for none.
func (i *tab) badgeWide() float32 {
	if i.value.Badge == "" {
		return 0
	}
	return max(badgeTall, fyne.MeasureText(i.value.Badge, theme.Caption, i.badge.TextStyle).Width+10) + badgeGap
}

// wants is measured in bold, so that nothing moves when a tab is chosen.
func (i *tab) wants() float32 {
	label := fyne.MeasureText(i.value.Label, theme.Strong, fyne.TextStyle{Bold: true}).Width
	return max(theme.Target+theme.Wide, label+i.badgeWide()+2*theme.Wide)
}

func (i *tab) place(size fyne.Size) {
	Place(i.ground, 2, 2, size.Width-4, size.Height-6)
	badge := i.badgeWide()
	Put(i.label, Fit(i.value.Label, theme.Strong, i.label.TextStyle, size.Width-badge-theme.Gap), i.ink())
	label := i.label.MinSize()
	x := (size.Width - label.Width - badge) / 2
	Place(i.label, x, (size.Height-label.Height)/2-1, label.Width, label.Height)
	if badge > 0 {
		at := x + label.Width + badgeGap
		y := (size.Height-badgeTall)/2 - 1
		Place(i.bubble, at, y, badge-badgeGap, badgeTall)
		Place(i.badge, at, y, badge-badgeGap, badgeTall)
	}
	Place(i.stroke, theme.Pad, size.Height-3, size.Width-2*theme.Pad, 3)
}

// Tapped opens the tab.
func (i *tab) Tapped(*fyne.PointEvent) { i.open(i.value.Tab) }

// MouseIn, MouseMoved and MouseOut light the tab under the pointer.
func (i *tab) MouseIn(*desktop.MouseEvent)    { i.hovered = true; i.paint() }
func (i *tab) MouseMoved(*desktop.MouseEvent) {}
func (i *tab) MouseOut()                      { i.hovered = false; i.paint() }

// CreateRenderer draws the tab.
func (i *tab) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{
		Parts: []fyne.CanvasObject{i.ground, i.stroke, i.label, i.bubble, i.badge},
		Place: i.place, Least: fyne.NewSize(theme.Target, 40),
	}
}
