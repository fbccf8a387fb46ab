package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// talk is the conversation in the middle: head, what is to be known about it,
// messages, the list of replies, composer.
type talk struct {
	widget.BaseWidget
	kit   *kit
	gauge gauge
	shown *desk.Conversation
	empty string

	ground      *canvas.Rectangle
	sign        *parts.Icon
	invitation  *canvas.Text
	head        *talkHead
	stale, note *banner
	rating      *banner
	feed        *feed
	composer    *composer
	picker      *picker
}

func newTalk(k *kit) *talk {
	p := k.palette
	t := &talk{
		kit: k, gauge: roomy,
		ground:     &canvas.Rectangle{FillColor: p.Paper},
		sign:       parts.NewIcon(),
		invitation: parts.Text(p.InkSoft, theme.Strong, false),
		head:       newTalkHead(k),
		stale:      newBanner(k), note: newBanner(k), rating: newBanner(k),
		feed:     newFeed(k),
		composer: newComposer(k),
		picker:   newPicker(k),
	}
	t.invitation.Alignment = fyne.TextAlignCenter
	t.sign.Put(icons.Message, theme.Blend(p.Paper, p.InkSoft, 40))
	t.composer.resized = func() { t.place(t.Size()) }
	t.composer.pages = t.feed.page
	t.ExtendBaseWidget(t)
	return t
}

// set shows a conversation, or says what to do when none is chosen.
func (t *talk) set(c *desk.Conversation, empty string, canned *desk.CannedPicker) {
	opened := c != nil && (t.shown == nil || t.shown.Thread != c.Thread)
	t.shown, t.empty = c, empty
	parts.Put(t.invitation, empty, t.kit.palette.InkSoft)
	for _, o := range []fyne.CanvasObject{t.head, t.feed, t.composer} {
		parts.Show(o, c != nil)
	}
	parts.Show(t.sign, c == nil)
	parts.Show(t.invitation, c == nil)
	if c == nil {
		t.hideBanners()
		t.picker.set(nil)
		t.unfocus()
		return
	}
	p := t.kit.palette
	t.head.set(*c)
	warn := p.Face(desk.FaceUnpaid)
	moved := t.stale.set(icons.BrokenLink, c.Stale, warn.Fill, warn.Text)
	moved = t.note.set(icons.HandOver, c.Note, theme.Blend(p.Card, p.Brand, 12), p.Ink) || moved
	moved = t.rating.set(icons.Star, c.Rating, theme.Blend(p.Card, p.Brand, 12), p.Ink) || moved
	t.composer.picking = canned != nil
	t.composer.set(c.Thread, c.Composer)
	turned := t.picker.set(canned)
	if moved || turned || opened || canned != nil {
		t.place(t.Size())
	}
	t.feed.set(c.Thread, c.Bubbles, c.Older)
	t.focus(opened, turned)
}

func (t *talk) hideBanners() {
	for _, b := range []*banner{t.stale, t.note, t.rating} {
		b.set("", "", t.kit.palette.Card, t.kit.palette.Ink)
	}
}

// focus puts the cursor where the next key belongs: into the field when a
// conversation is opened, into the search when the list has its own.
func (t *talk) focus(opened, turned bool) {
	c := t.kit.window.Canvas()
	switch {
	case turned && t.picker.shown != nil && t.picker.shown.Own:
		c.Focus(t.picker.search)
	case t.composer.area.Visible() && (opened || turned):
		c.Focus(t.composer.area)
	case !t.composer.area.Visible():
		t.unfocus()
	}
}

// leave is when another page is shown; coming back puts the cursor into the
// field again.
func (t *talk) leave() {
	t.unfocus()
	t.shown = nil
}

// unfocus takes the cursor out of a field that is no longer to be seen.
func (t *talk) unfocus() {
	c := t.kit.window.Canvas()
	if f := c.Focused(); f == t.composer.area || f == t.picker.search {
		c.Unfocus()
	}
}

func (t *talk) place(size fyne.Size) {
	parts.Place(t.ground, 0, 0, size.Width, size.Height)
	const side float32 = 56
	parts.Place(t.sign, (size.Width-side)/2, size.Height/2-side-theme.Gap, side, side)
	parts.Place(t.invitation, 0, size.Height/2+theme.Gap, size.Width, parts.LineHeight(theme.Strong))
	if t.shown == nil || size.Width == 0 {
		return
	}
	parts.Place(t.head, 0, 0, size.Width, t.gauge.head)
	y := t.gauge.head
	for _, b := range []*banner{t.stale, t.note, t.rating} {
		tall := b.tall(size.Width)
		parts.Place(b, 0, y, size.Width, tall)
		y += tall
	}
	composer := t.composer.tall(size.Width)
	bottom := size.Height - composer
	parts.Place(t.composer, 0, bottom, size.Width, composer)
	t.composer.place(t.composer.Size())
	parts.Place(t.feed, 0, y, size.Width, max(0, bottom-y))
	picker := min(t.picker.tall(), bottom-y-theme.Gap)
	parts.Place(t.picker, theme.Gap, bottom-picker-theme.Gap/2, size.Width-2*theme.Gap, picker)
}

func (t *talk) regauge(g gauge) {
	if t.gauge == g {
		return
	}
	t.gauge, t.head.gauge, t.composer.gauge, t.picker.gauge = g, g, g, g
	t.feed.regauge(g)
	if t.shown != nil {
		t.head.set(*t.shown)
		t.composer.set(t.shown.Thread, t.shown.Composer)
	}
	if t.picker.shown != nil {
		t.picker.fill()
	}
}

// CreateRenderer draws the conversation.
func (t *talk) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{
			t.ground, t.sign.Image, t.invitation, t.feed, t.stale, t.note, t.rating, t.head, t.composer, t.picker,
		},
		Place: t.place,
	}
}
