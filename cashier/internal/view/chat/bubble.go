package chat

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// bubble is one message in its row. It is reused for another message when
// this one is scrolled away.
type bubble struct {
	widget.BaseWidget
	kit   *kit
	value desk.Bubble
	plan  *plan

	ground *canvas.Rectangle
	track  *canvas.Rectangle
	icon   *parts.Icon
	again  *parts.Icon
	texts  []*canvas.Text // the first len(plan.lines) are shown
	frames []*frame       // the first len(plan.slots) are shown
}

var (
	_ fyne.Tappable          = (*bubble)(nil)
	_ fyne.SecondaryTappable = (*bubble)(nil)
	_ desktop.Cursorable     = (*bubble)(nil)
)

func newBubble(k *kit) *bubble {
	b := &bubble{
		kit: k, plan: &plan{},
		ground: &canvas.Rectangle{},
		track:  &canvas.Rectangle{CornerRadius: 1.5},
		icon:   parts.NewIcon(),
		again:  parts.NewIcon(),
	}
	b.ExtendBaseWidget(b)
	return b
}

// set shows a message laid out by a plan.
func (b *bubble) set(v desk.Bubble, p *plan) {
	b.value, b.plan = v, p
	for len(b.texts) < len(p.lines) {
		b.texts = append(b.texts, parts.Text(b.kit.palette.Ink, theme.Body, false))
	}
	for len(b.frames) < len(p.slots) {
		b.frames = append(b.frames, newFrame(b.kit))
	}
	b.paint()
	b.lay()
}

// repaint shows the same again: a picture has come.
func (b *bubble) repaint() {
	b.paint()
	b.lay()
	b.Refresh()
}

func (b *bubble) paint() {
	fill, edge, text := b.colours()
	parts.Fill(b.ground, fill)
	width := float32(1)
	if edge.A == 0 {
		width = 0
	}
	parts.Stroke(b.ground, edge, width)
	b.corners()
	for i, l := range b.plan.lines {
		letters(b.texts[i], l.text, l.size, l.bold, b.ink(l.ink, text))
	}
	for i, s := range b.plan.slots {
		b.frames[i].set(s, b.repaint)
	}
	icon, tint := icons.Name(""), text
	switch {
	case len(b.value.Parts) > 0:
		icon, tint = icons.Tutorial, b.kit.palette.Brand
	case b.value.Voice == nil:
	case b.value.Voice.Loading, b.value.Uploading:
		icon = icons.Clock
	case b.value.Voice.Playing:
		icon = icons.Stop
	default:
		icon = icons.Play
	}
	b.icon.Put(icon, tint)
	parts.Show(b.track, b.plan.track.w > 0)
	if b.plan.track.w > 0 {
		parts.Fill(b.track, theme.Blend(fill, text, 40))
	}
	again := icons.Name("")
	if b.value.Retry {
		again = icons.Again
	}
	b.again.Put(again, b.kit.palette.Bad)
}

// colours are the bubble's ground and edge, and what is written on it.
func (b *bubble) colours() (fill, edge, text color.NRGBA) {
	p := b.kit.palette
	switch {
	case b.plan.bare:
		return color.NRGBA{}, color.NRGBA{}, p.Ink
	case b.plan.pill:
		return theme.Blend(p.Paper, p.Line, 55), color.NRGBA{}, p.InkSoft
	case b.plan.card && b.value.Mine:
		return p.Card, p.Brand, p.Ink
	case b.value.Mine:
		return p.Brand, p.Brand, p.OnBrand
	}
	return p.Card, p.Line, p.Ink
}

// corners are round, but for the one towards who says it.
func (b *bubble) corners() {
	const tail float32 = 3
	left, right := theme.Bubble, theme.Bubble
	switch {
	case b.plan.pill:
	case b.value.Mine:
		right = tail
	default:
		left = tail
	}
	if b.ground.TopLeftCornerRadius == left && b.ground.TopRightCornerRadius == right {
		return
	}
	b.ground.TopLeftCornerRadius, b.ground.TopRightCornerRadius = left, right
	b.ground.BottomLeftCornerRadius, b.ground.BottomRightCornerRadius = theme.Bubble, theme.Bubble
	b.ground.Refresh()
}

func (b *bubble) ink(i ink, said color.NRGBA) color.NRGBA {
	p := b.kit.palette
	switch i {
	case inkSaid:
		return said
	case inkBad:
		return p.Bad
	case inkStatus:
		if b.value.Tone == desk.TonePlain {
			return p.InkSoft
		}
		return p.Tone(b.value.Tone)
	}
	return p.InkSoft
}

func (b *bubble) lay() {
	put := func(o fyne.CanvasObject, a area) { parts.Place(o, a.x, a.y, a.w, a.h) }
	put(b.ground, b.plan.box)
	put(b.icon, b.plan.icon)
	put(b.track, b.plan.track)
	put(b.again, b.plan.again)
	for i, l := range b.plan.lines {
		put(b.texts[i], l.area)
	}
}

// Tapped sends again what was not delivered, opens a picture, plays a recording.
func (b *bubble) Tapped(e *fyne.PointEvent) {
	if do := b.meaning(e.Position); do != nil {
		b.kit.send(do)
	}
}

// meaning is what a touch at a place asks for; nil for nothing.
func (b *bubble) meaning(at fyne.Position) desk.Event {
	if b.value.Retry {
		return desk.ChatRetry{Message: b.value.ID}
	}
	for _, s := range b.plan.slots {
		if s.holds(at) && s.picture.Failed == "" && !s.picture.Media.IsZero() {
			return desk.ChatView{Media: s.picture.Media}
		}
	}
	if b.playable() && b.plan.box.holds(at) {
		return desk.ChatPlay{Media: b.value.Voice.Media}
	}
	return nil
}

// playable reports whether there is a recording to be heard: one's own has no
// name before it is delivered.
func (b *bubble) playable() bool { return b.value.Voice != nil && !b.value.Voice.Media.IsZero() }

// TappedSecondary offers to copy what is written.
func (b *bubble) TappedSecondary(e *fyne.PointEvent) {
	text := b.value.Text
	for _, part := range b.value.Parts {
		if part.Text != "" {
			text += "\n" + part.Text
		}
	}
	if text == "" || !b.plan.box.holds(e.Position) {
		return
	}
	item := fyne.NewMenuItem(b.kit.say(wordCopy), func() { fyne.CurrentApp().Clipboard().SetContent(text) })
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", item), b.kit.window.Canvas(), e.AbsolutePosition)
}

// Cursor is a hand over what a touch would open.
func (b *bubble) Cursor() desktop.Cursor {
	if b.value.Retry || b.playable() || b.plan.bare {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

type bubbleRenderer struct {
	parts.Painter
	b *bubble
}

// Objects are those that this message needs.
func (r *bubbleRenderer) Objects() []fyne.CanvasObject {
	b := r.b
	out := []fyne.CanvasObject{b.ground, b.track, b.icon.Image, b.again.Image}
	for _, f := range b.frames[:len(b.plan.slots)] {
		out = append(out, f.objects()...)
	}
	for _, t := range b.texts[:len(b.plan.lines)] {
		out = append(out, t)
	}
	return out
}

// Refresh repaints them.
func (r *bubbleRenderer) Refresh() {
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the row.
func (b *bubble) CreateRenderer() fyne.WidgetRenderer {
	return &bubbleRenderer{parts.Painter{Place: func(fyne.Size) { b.lay() }}, b}
}
