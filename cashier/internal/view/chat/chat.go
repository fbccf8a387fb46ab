// Package chat draws the support page: the conversations at the left, the
// open one in the middle, the member beside it, and over the window the
// choice of another agent and a picture in full.
//
// A page of hundreds of messages costs what is in sight: every message is
// laid out once, has a widget only while it can be seen, and is looked at
// again only when it has changed. Pictures are decoded outside the UI's
// goroutine. What keys mean, what is sent and what it says is the state's.
package chat

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Options is what the page is made with.
type Options struct {
	Palette theme.Palette
	Lang    desk.Lang
	Send    func(desk.Event)
	Keys    parts.Keys
	Window  fyne.Window
	// Work runs what would hold up the screen: reading a file, decoding a
	// picture.
	Work func(func())
}

// Page is the support page.
type Page struct {
	widget.BaseWidget
	kit   *kit
	gauge gauge
	queue *queue
	talk  *talk
	side  *side
	over  *Over
}

// New makes an empty page.
func New(o Options) *Page {
	k := &kit{
		palette: o.Palette, lang: o.Lang, send: o.Send, keys: o.Keys, window: o.Window, work: o.Work,
		ruler: parts.NewRuler(), pictures: newPictures(o.Work),
	}
	v := &Page{kit: k, gauge: roomy, queue: newQueue(k), talk: newTalk(k), side: newSide(k), over: newOver(k)}
	v.ExtendBaseWidget(v)
	return v
}

// Over is what lies over the whole window; the shell gives it its place.
func (v *Page) Over() *Over { return v.over }

// Set shows the page; nil hides what lies over it.
func (v *Page) Set(c *desk.Chat) {
	if c == nil {
		v.talk.leave()
		v.over.set(nil, nil)
		return
	}
	v.queue.set(c.Groups, c.Duty, c.OnDuty)
	v.talk.set(c.Open, c.Empty, c.Picker)
	v.side.set(c.Side)
	covered := v.over.Covers()
	v.over.set(c.Transfer, c.Viewer)
	switch {
	case v.over.Covers() && c.Transfer == nil: // nothing is typed under a picture
		v.talk.unfocus()
	case covered && !v.over.Covers():
		v.Write()
	}
}

// Write puts the cursor into the composer; false when nothing can be written.
func (v *Page) Write() bool {
	area := v.talk.composer.area
	if v.talk.shown == nil || !area.Visible() || v.over.Covers() {
		return false
	}
	v.kit.window.Canvas().Focus(area)
	return true
}

// Aside is the width of the lists at the left: what may be covered for a
// moment.
func (v *Page) Aside() float32 { return v.gauge.queue }

func (v *Page) place(size fyne.Size) {
	if g := gaugeOf(size); v.gauge != g {
		v.gauge = g
		v.queue.regauge(g)
		v.talk.regauge(g)
		v.side.regauge(g)
	}
	g := v.gauge
	parts.Place(v.queue, 0, 0, g.queue, size.Height)
	parts.Place(v.talk, g.queue, 0, max(0, size.Width-g.queue-g.side), size.Height)
	parts.Place(v.side, size.Width-g.side, 0, g.side, size.Height)
}

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{v.talk, v.queue, v.side}, Place: v.place, Least: fyne.NewSize(700, 400),
	}
}

// Over holds the choice of another agent and the picture in full.
type Over struct {
	widget.BaseWidget
	transfer *transfer
	viewer   *viewer
}

func newOver(k *kit) *Over {
	o := &Over{transfer: newTransfer(k), viewer: newViewer(k)}
	o.ExtendBaseWidget(o)
	o.Hide()
	return o
}

func (o *Over) set(t *desk.TransferForm, v *desk.Viewer) {
	parts.Show(o, t != nil || v != nil)
	o.transfer.set(t)
	o.viewer.set(v)
}

// Covers reports whether the page lies under something.
func (o *Over) Covers() bool { return o.Visible() }

// CreateRenderer draws what is open.
func (o *Over) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{o.transfer, o.viewer}, Place: func(size fyne.Size) {
		parts.Place(o.transfer, 0, 0, size.Width, size.Height)
		parts.Place(o.viewer, 0, 0, size.Width, size.Height)
	}}
}
