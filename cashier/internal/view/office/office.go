// Package office draws the pages of the back office: tabs, what narrows the
// list, the list, a card about the chosen row beside it, and a form over the
// window. It draws a desk.Office without knowing what it is about.
//
// The same page again costs a comparison. Fields keep what is being typed
// until their revision changes; cards and forms keep their widgets and change
// only what differs; a list costs what is in sight. What keys mean, what is
// asked of the hub and what it says is the state's.
package office

import (
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Options is what the page is made with.
type Options struct {
	Palette theme.Palette
	Lang    desk.Lang
	Send    func(desk.Event)
	Keys    parts.Keys
	Window  fyne.Window
}

// Page is a page of the back office.
type Page struct {
	widget.BaseWidget
	kit     *kit
	gauge   gauge
	shown   *desk.Office
	title   *canvas.Text
	line    *canvas.Rectangle // under the tabs
	tabs    *parts.Tabs
	filters *filters
	table   *parts.Table
	card    *card
	over    *Over
}

// New makes an empty page.
func New(o Options) *Page {
	k := &kit{palette: o.Palette, lang: o.Lang, send: o.Send, keys: o.Keys, window: o.Window, ruler: parts.NewRuler()}
	k.drop = parts.NewDrop(o.Palette, o.Keys)
	v := &Page{
		kit: k, gauge: roomy,
		title: parts.Text(o.Palette.Ink, theme.Strong, true),
		line:  &canvas.Rectangle{FillColor: o.Palette.Line},
		tabs:  parts.NewTabs(o.Palette, func(t desk.Tab) { o.Send(desk.OfficeTab{Tab: t}) }),
		table: parts.NewTable(o.Palette,
			func(r desk.Row) { o.Send(desk.OfficeRow{Key: r.Key}) },
			func() { o.Send(desk.OfficeMore{}) }),
		card: newCard(k),
		over: newOver(k),
	}
	v.filters = newFilters(k, v.over.form.open)
	v.ExtendBaseWidget(v)
	return v
}

// Over is what lies over the whole window; the shell gives it its place.
func (v *Page) Over() *Over { return v.over }

// Set shows a page; nil takes everything of it away.
func (v *Page) Set(o *desk.Office) {
	if o == nil {
		v.leave()
		return
	}
	if v.shown != nil && samePage(*v.shown, *o) {
		return
	}
	turned := v.shown == nil || v.shown.Title != o.Title || opened(*v.shown) != opened(*o)
	closed := v.shown != nil && v.shown.Form != nil && o.Form == nil
	v.shown = copied(*o)
	if turned {
		v.kit.drop.Close()
		v.table.Top()
		v.card.top()
	}
	v.fill()
	v.place(v.Size())
	parts.Show(v.over, true)
	v.over.form.set(v.shown.Form)
	if (turned || closed) && o.Form == nil {
		v.begin()
	}
}

// copied is a page that does not change when the state's slices do.
func copied(o desk.Office) *desk.Office {
	o.Tabs, o.Filters, o.Acts = slices.Clone(o.Tabs), slices.Clone(o.Filters), slices.Clone(o.Acts)
	o.Table.Rows = slices.Clone(o.Table.Rows)
	return &o
}

// opened is the tab that is open.
func opened(o desk.Office) desk.Tab {
	for _, t := range o.Tabs {
		if t.Chosen {
			return t.Tab
		}
	}
	return ""
}

// leave gives the page's fields up.
func (v *Page) leave() {
	if v.shown == nil {
		return
	}
	v.shown = nil
	v.kit.drop.Close()
	v.over.form.set(nil)
	parts.Show(v.over, false)
	v.kit.window.Canvas().Unfocus()
}

// begin puts the cursor where typing begins.
func (v *Page) begin() {
	if e := v.filters.first(); e != nil {
		v.kit.focus(e)
		return
	}
	v.kit.window.Canvas().Unfocus()
}

// Write types a character where typing begins, if no field has the cursor and
// nothing lies over the page.
func (v *Page) Write(r rune) {
	e := v.filters.first()
	if v.shown == nil || e == nil || v.over.Covers() || !v.filters.Visible() {
		return
	}
	v.kit.focus(e)
	e.TypedRune(r)
}

// fill shows what the page holds.
func (v *Page) fill() {
	o := *v.shown
	title := o.Title
	if len(o.Tabs) > 1 {
		title = ""
	}
	parts.Put(v.title, title, v.kit.palette.Ink)
	v.tabs.Set(o.Tabs)
	parts.Show(v.tabs, len(o.Tabs) > 1)
	v.filters.set(o)
	v.table.Set(o.Table)
	v.card.set(o.Card, v.gauge)
}

// share says who lies where: the list over the whole width, the card beside
// it, or the card alone, with a way back to the list if it is about a row.
func (v *Page) share() (list, beside, back bool) {
	o := v.shown
	chosen := slices.ContainsFunc(o.Table.Rows, func(r desk.Row) bool { return r.Chosen })
	switch {
	case o.Card == nil:
		return true, false, false
	case len(o.Table.Columns) == 0:
		return false, true, false
	case chosen && v.gauge.tight:
		return false, true, true
	case o.Wide && !chosen:
		return true, false, false
	}
	return true, true, false
}

// loneCard is the greatest width of a card that has no list beside it.
const loneCard float32 = 760

func (v *Page) place(size fyne.Size) {
	v.gauge = gaugeOf(size)
	if v.shown == nil || size.Width <= 0 {
		return
	}
	g := v.gauge
	v.filters.gauge = g
	list, beside, back := v.share()
	x, y, w := g.margin, float32(0), size.Width-2*g.margin
	acts := v.placeActs(g, w)
	parts.Place(v.title, x+2, (g.tabs-parts.LineHeight(theme.Strong))/2, w, parts.LineHeight(theme.Strong))
	parts.Place(v.tabs, x, y, w-acts, g.tabs)
	parts.Place(v.line, x, y+g.tabs-1, w, 1)
	y += g.tabs + theme.Gap
	parts.Show(v.filters, !back)
	if tall := v.filters.tall(w); tall > 0 && !back {
		parts.Place(v.filters, x, y, w, tall)
		v.filters.place(v.filters.Size())
		y += tall + theme.Gap
	}
	parts.Show(v.table, list)
	parts.Show(v.card, beside)
	h := max(0, size.Height-y-g.margin)
	card := float32(0)
	switch {
	case beside && list:
		card = min(g.card, w/2)
		v.card.lay(g, false)
		parts.Place(v.card, x+w-card, y, card, h)
		card += g.gap
	case beside:
		width := w
		if !back {
			width = min(w, loneCard)
		}
		v.card.lay(g, back)
		parts.Place(v.card, x, y, width, h)
	}
	parts.Place(v.table, x, y, w-card, h)
}

// placeActs lays the acts beside the tabs if there is room for both, and
// returns the width they take there.
func (v *Page) placeActs(g gauge, width float32) float32 {
	f := v.filters
	wants := f.actsWide()
	tabs := v.tabs.Wants()
	if len(v.shown.Tabs) < 2 {
		tabs = v.kit.span(v.shown.Title, theme.Strong, true) + 4
	}
	if apart := tabs+wants <= width; f.apart != apart {
		f.apart = apart
		f.Refresh()
		v.Refresh()
	}
	if !f.apart {
		return 0
	}
	x := g.margin + width - wants + theme.Gap
	for _, b := range f.acts.visible() {
		b.Inset(actInset)
		parts.Place(b, x, -2, b.Wants(), theme.Target)
		x += b.Wants() + theme.Gap
	}
	return wants
}

// actInset draws an act beside the tabs a little smaller than what a finger
// hits.
const actInset float32 = 5

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: v.place, Least: fyne.NewSize(700, 380)}, func() []fyne.CanvasObject {
		out := []fyne.CanvasObject{v.title, v.line, v.tabs, v.filters, v.table, v.card}
		if v.filters.apart {
			out = append(out, v.filters.acts.objects()...)
		}
		return out
	}}
}
