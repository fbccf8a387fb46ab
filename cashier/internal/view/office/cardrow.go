package office

import (
	"image/color"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// heading heads a section of a card.
type heading struct {
	widget.BaseWidget
	kit    *kit
	ground *canvas.Rectangle
	text   *canvas.Text
}

func newHeading(k *kit) *heading {
	h := &heading{kit: k, ground: &canvas.Rectangle{FillColor: k.palette.Paper}, text: parts.Text(k.palette.InkSoft, theme.Body, true)}
	h.ExtendBaseWidget(h)
	return h
}

func (h *heading) set(s string) { parts.Put(h.text, s, h.kit.palette.InkSoft) }

func (h *heading) tall(float32) float32 { return 38 }

// CreateRenderer draws the heading.
func (h *heading) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{h.ground, h.text}, Place: func(size fyne.Size) {
		const above, below float32 = 4, 4
		parts.Place(h.ground, 0, above, size.Width, size.Height-above-below)
		height := parts.LineHeight(theme.Body)
		parts.Place(h.text, theme.Wide, above+(size.Height-above-below-height)/2, size.Width, height)
	}}
}

// remark is a sentence that takes as many lines as it needs: that a section
// is empty, or what a form is about.
type remark struct {
	widget.BaseWidget
	kit          *kit
	text         string
	tone         desk.Tone
	inset, under float32
	lines        lines
}

func newRemark(k *kit, inset, under float32) *remark {
	r := &remark{kit: k, inset: inset, under: under, lines: lines{size: theme.Body}}
	r.ExtendBaseWidget(r)
	return r
}

func (r *remark) set(text string, tone desk.Tone) {
	if r.text == text && r.tone == tone {
		return
	}
	r.text, r.tone = text, tone
	r.say(r.Size().Width)
}

func (r *remark) wrapped(width float32) []string {
	return r.kit.wrap(r.text, theme.Body, false, width-2*r.inset)
}

func (r *remark) say(width float32) {
	if width > 0 && r.lines.put(r.kit.palette, r.tone, r.wrapped(width)) {
		r.Refresh()
	}
}

func (r *remark) tall(width float32) float32 {
	return float32(len(r.wrapped(width)))*parts.LineHeight(theme.Body) + r.under
}

// CreateRenderer draws the sentence.
func (r *remark) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: func(size fyne.Size) {
		r.say(size.Width)
		r.lines.place(r.inset, 0, size.Width-2*r.inset)
	}}, r.lines.objects}
}

// cardLine is a label at the left, a value at the right, and what can be done
// about it beside the value.
type cardLine struct {
	widget.BaseWidget
	kit   *kit
	shown desk.CardLine
	act   *actButton
	label lines
	value lines
}

func newCardLine(k *kit) *cardLine {
	l := &cardLine{kit: k, label: lines{size: theme.Body}, value: lines{size: theme.Body}}
	l.act = newActButton(k)
	l.act.Sized(theme.Body, theme.Target+theme.Wide, theme.Target).Inset(6)
	l.act.Set(desk.Button{Hidden: true})
	l.ExtendBaseWidget(l)
	return l
}

func (l *cardLine) set(next desk.CardLine) {
	if sameLine(l.shown, next) {
		return
	}
	l.shown = next
	if next.Act != nil {
		l.act.set(*next.Act)
	} else {
		l.act.Set(desk.Button{Hidden: true})
	}
	if size := l.Size(); size.Width > 0 {
		l.place(size)
	}
}

// wideCard is the width from which the values of a card stand in a column at
// the left, so that the eye need not follow a line across; wideLabel is the
// width of the labels then.
const (
	wideCard  float32 = 560
	wideLabel float32 = 168
)

// columns are the widths of label and value, and of the act with its gap.
func (l *cardLine) columns(width float32) (label, value, act float32) {
	if l.act.Visible() {
		act = l.act.Wants() + theme.Gap
	}
	room := width - 2*theme.Wide - act - theme.Pad
	switch {
	case l.shown.Label == "":
		return -theme.Pad, room + theme.Pad, act
	case width >= wideCard && l.shown.Value != "":
		return wideLabel, room - wideLabel, act
	}
	label = min(l.kit.span(l.shown.Label, theme.Body, false)+1, room*0.5)
	if l.shown.Value == "" {
		label = room
	}
	return label, room - label, act
}

// wrapped are the lines of label and value.
func (l *cardLine) wrapped(width float32) (label, value []string) {
	room, rest, _ := l.columns(width)
	return l.kit.wrap(l.shown.Label, theme.Body, false, room), l.kit.wrap(l.shown.Value, theme.Body, false, rest)
}

const linePad float32 = 4 // above and below a line

func (l *cardLine) tall(width float32) float32 {
	label, value := l.wrapped(width)
	height := float32(max(len(label), len(value), 1))*parts.LineHeight(theme.Body) + 2*linePad
	if l.act.Visible() {
		height = max(height, theme.Target)
	}
	return height
}

func (l *cardLine) place(size fyne.Size) {
	label, value := l.wrapped(size.Width)
	tone := l.shown.Tone
	grown := l.label.put(l.kit.palette, desk.ToneSoft, label)
	grown = l.value.put(l.kit.palette, tone, value) || grown
	l.align(size.Width >= wideCard || l.shown.Label == "")
	if grown {
		l.Refresh()
	}
	wide, rest, act := l.columns(size.Width)
	height := parts.LineHeight(theme.Body)
	middle := func(n int) float32 { return (size.Height - float32(n)*height) / 2 }
	top := min(middle(len(label)), middle(len(value)))
	if len(value) == 0 {
		top = middle(len(label))
	}
	l.label.place(theme.Wide, top, wide)
	l.value.place(theme.Wide+wide+theme.Pad, top, rest)
	x := size.Width - theme.Wide - act + theme.Gap
	if size.Width >= wideCard && len(value) == 1 {
		x = 2*theme.Wide + wide + theme.Pad + l.kit.span(value[0], theme.Body, false)
	}
	parts.Place(l.act.Button, x, (size.Height-theme.Target)/2, max(0, act-theme.Gap), theme.Target)
}

// align puts the value at the left of its column or at the right.
func (l *cardLine) align(left bool) {
	align := fyne.TextAlignTrailing
	if left {
		align = fyne.TextAlignLeading
	}
	for _, t := range l.value.texts {
		if t.Alignment != align {
			t.Alignment = align
			t.Refresh()
		}
	}
}

// CreateRenderer draws the line.
func (l *cardLine) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: l.place}, func() []fyne.CanvasObject {
		out := append(l.label.objects(), l.value.objects()...)
		return append(out, l.act.Button)
	}}
}

// bar is a share of a whole: a label, a filled track, a figure.
type bar struct {
	widget.BaseWidget
	kit           *kit
	shown         desk.Bar
	left, right   float32 // widths of labels and figures, the same over a section
	label, figure *canvas.Text
	track, filled *canvas.Rectangle
}

func newBar(k *kit) *bar {
	p := k.palette
	b := &bar{
		kit:    k,
		label:  parts.Text(p.InkSoft, theme.Body, false),
		figure: parts.Text(p.Ink, theme.Body, false),
		track:  &canvas.Rectangle{FillColor: p.Line, CornerRadius: barTall / 2},
		filled: &canvas.Rectangle{FillColor: p.Brand, CornerRadius: barTall / 2},
	}
	b.figure.Alignment = fyne.TextAlignTrailing
	b.ExtendBaseWidget(b)
	return b
}

const barTall float32 = 8

func (b *bar) set(next desk.Bar, left, right float32) {
	if b.shown == next && b.left == left && b.right == right {
		return
	}
	b.shown, b.left, b.right = next, left, right
	parts.Put(b.figure, next.Value, b.kit.palette.Ink)
	b.place(b.Size())
}

func (b *bar) tall(float32) float32 { return 30 }

func (b *bar) place(size fyne.Size) {
	w := size.Width - 2*theme.Wide
	left, right := min(b.left, w*0.4), min(b.right, w*0.4)
	if size.Width >= wideCard {
		left = max(left, wideLabel)
	}
	parts.Put(b.label, b.kit.ruler.Cut(b.shown.Label, theme.Body, false, left), b.kit.palette.InkSoft)
	height := parts.LineHeight(theme.Body)
	y := (size.Height - height) / 2
	parts.Place(b.label, theme.Wide, y, left, height)
	parts.Place(b.figure, theme.Wide+w-right, y, right, height)
	x, room := theme.Wide+left+theme.Pad, max(0, w-left-right-2*theme.Pad)
	parts.Place(b.track, x, (size.Height-barTall)/2, room, barTall)
	percent := float32(min(max(b.shown.Percent, 0), 100))
	parts.Show(b.filled, percent > 0)
	parts.Place(b.filled, x, (size.Height-barTall)/2, max(barTall, room*percent/100), barTall)
}

// CreateRenderer draws the bar.
func (b *bar) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{b.track, b.filled, b.label, b.figure}, Place: b.place}
}

// skeleton stands for what is on its way.
type skeleton struct {
	widget.BaseWidget
	bones []*canvas.Rectangle
}

// boneWidths are the shares of the width that the bones take.
var boneWidths = [...]float32{0.45, 0.8, 0.7, 0.85, 0.35, 0.75, 0.6}

func newSkeleton(c color.NRGBA) *skeleton {
	s := &skeleton{}
	for range boneWidths {
		s.bones = append(s.bones, &canvas.Rectangle{FillColor: c, CornerRadius: 4})
	}
	s.ExtendBaseWidget(s)
	return s
}

func (s *skeleton) tall(float32) float32 { return float32(len(boneWidths)) * 32 }

// CreateRenderer draws the bones.
func (s *skeleton) CreateRenderer() fyne.WidgetRenderer {
	var objects []fyne.CanvasObject
	for _, b := range s.bones {
		objects = append(objects, b)
	}
	return &parts.Painter{Parts: objects, Place: func(size fyne.Size) {
		for i, b := range s.bones {
			parts.Place(b, theme.Wide, 10+float32(i)*32, (size.Width-2*theme.Wide)*boneWidths[i], 14)
		}
	}}
}
