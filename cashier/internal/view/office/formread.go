package office

import (
	"slices"
	"strings"
	"unicode"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// readBox is what is read off a form: recovery codes, a secret, which can be
// copied as a whole; or what an act has found out, in words.
type readBox struct {
	widget.BaseWidget
	kit    *kit
	shown  []desk.CardLine
	ground *canvas.Rectangle
	labels []*canvas.Text
	values []value
	secret bool // something in it is to be copied
	copy   *parts.Button
	copied bool
}

func newReadBox(k *kit) *readBox {
	p := k.palette
	b := &readBox{
		kit:    k,
		ground: &canvas.Rectangle{FillColor: p.Paper, StrokeColor: p.Line, StrokeWidth: 1, CornerRadius: theme.Radius},
	}
	b.copy = parts.NewButton(p, parts.Plain, icons.Copy, b.take).Sized(theme.Body, 96, theme.Target).Inset(4)
	b.ExtendBaseWidget(b)
	return b
}

func (b *readBox) set(next []desk.CardLine) {
	if slices.EqualFunc(b.shown, next, sameLine) && len(next) > 0 {
		return
	}
	b.shown, b.copied = slices.Clone(next), false
	p := b.kit.palette
	b.labels, b.values, b.secret = nil, nil, false
	for _, l := range next {
		label := parts.Text(p.InkSoft, theme.Caption, false)
		label.Text = l.Label
		b.labels, b.values = append(b.labels, label), append(b.values, b.value(l))
	}
	b.paint()
	b.Refresh()
}

// value is a line's widget: characters that are read off one by one, or words;
// what has a tone is words.
func (b *readBox) value(l desk.CardLine) value {
	if l.Tone != desk.TonePlain || strings.ContainsFunc(l.Value, func(r rune) bool { return r > unicode.MaxASCII }) {
		r := newRemark(b.kit, 0, 0)
		r.set(l.Value, l.Tone)
		return words{r}
	}
	b.secret = true
	m := parts.NewMono(b.kit.palette.Ink)
	m.Set(l.Value)
	return m
}

// value is a line that knows its height in a width, and the width it wants.
type value interface {
	fyne.CanvasObject
	Tall(width float32) float32
	Wants() float32
}

// words is a value in words.
type words struct{ *remark }

// Tall and Wants are those of the sentence.
func (w words) Tall(width float32) float32 { return w.tall(width) }

// Wants is the width of one line.
func (w words) Wants() float32 { return w.kit.span(w.text, theme.Body, false) }

func (b *readBox) paint() {
	word, icon := wordCopy, icons.Copy
	if b.copied {
		word, icon = wordCopied, icons.Check
	}
	b.copy.SetIcon(icon)
	b.copy.Set(desk.Button{Label: b.kit.say(word), On: true, Hidden: !b.secret})
}

// take puts every value into the clipboard, a line each.
func (b *readBox) take() {
	values := make([]string, len(b.shown))
	for i, l := range b.shown {
		values[i] = l.Value
	}
	fyne.CurrentApp().Clipboard().SetContent(strings.Join(values, "\n"))
	b.copied = true
	b.paint()
}

const readEdge = theme.Pad

// columns is how many values stand beside one another: two where they fit.
func (b *readBox) columns(width float32) int {
	widest := float32(0)
	for i, v := range b.values {
		widest = max(widest, v.Wants()+b.labelWide(i))
	}
	if len(b.values) > 2 && 2*widest+theme.Wide <= width-2*readEdge {
		return 2
	}
	return 1
}

// labelWide is the width of a label with its gap.
func (b *readBox) labelWide(i int) float32 {
	if b.shown[i].Label == "" {
		return 0
	}
	widest := float32(0)
	for _, l := range b.shown {
		widest = max(widest, b.kit.span(l.Label, theme.Caption, false))
	}
	return widest + theme.Gap
}

// cells lays the values out and returns the height they take.
func (b *readBox) cells(width float32) (cells []slot, tall float32) {
	n := b.columns(width)
	each := (width - 2*readEdge - float32(n-1)*theme.Wide) / float32(n)
	y, line := readEdge, float32(0)
	for i, v := range b.values {
		label := b.labelWide(i)
		h := v.Tall(each-label) + 4
		x := readEdge + float32(i%n)*(each+theme.Wide)
		if i > 0 && i%n == 0 {
			y, line = y+line, 0
		}
		line = max(line, h)
		cells = append(cells, slot{v, x + label, y, each - label, h})
	}
	return cells, y + line
}

// tall is the height in a form of a width.
func (b *readBox) tall(width float32) float32 {
	_, tall := b.cells(width)
	if b.secret {
		return tall + theme.Target + 4 + theme.Pad
	}
	return tall + readEdge + theme.Pad
}

func (b *readBox) place(size fyne.Size) {
	cells, tall := b.cells(size.Width)
	parts.Place(b.ground, 0, 0, size.Width, size.Height-theme.Pad)
	caption := parts.LineHeight(theme.Caption)
	for i, c := range cells {
		parts.Place(c.object, c.x, c.y, c.w, c.h)
		label := b.labelWide(i)
		line := parts.LineHeight(theme.Strong)
		if _, plain := c.object.(words); plain {
			line = parts.LineHeight(theme.Body)
		}
		parts.Place(b.labels[i], c.x-label, c.y+(line-caption)/2, label, caption)
	}
	w := b.copy.Wants()
	parts.Place(b.copy, size.Width-readEdge-w+4, tall, w, theme.Target)
}

// CreateRenderer draws the box.
func (b *readBox) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: b.place}, func() []fyne.CanvasObject {
		out := []fyne.CanvasObject{b.ground, b.copy}
		for i := range b.values {
			out = append(out, b.labels[i], b.values[i])
		}
		return out
	}}
}
