package office

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// kit is what the widgets of the page share.
type kit struct {
	palette theme.Palette
	lang    desk.Lang
	send    func(desk.Event)
	keys    parts.Keys // of the fields over the list
	within  parts.Keys // of the fields of a form
	window  fyne.Window
	ruler   *parts.Ruler
	drop    *parts.Drop
}

// gauge is the geometry: roomy at 1366 x 768, tight when the scale is turned
// up and about 850 points are left for the page.
type gauge struct {
	margin, gap    float32 // around and between
	tabs, box      float32 // heights of the tabs and of what can be pressed
	card           float32 // width of the card beside the list
	tight          bool
	code, formEdge float32 // a form's QR code and its edge
}

var (
	roomy = gauge{margin: theme.Wide, gap: theme.Wide, tabs: theme.Target, box: theme.Target, card: 400, code: 256, formEdge: 24}
	tight = gauge{margin: theme.Gap, gap: theme.Gap, tabs: 44, box: theme.Target, card: 320, tight: true, code: 200, formEdge: theme.Wide}
)

// Below either of these the page is tight.
const (
	tightWidth  float32 = 1050
	tightHeight float32 = 560
)

func gaugeOf(size fyne.Size) gauge {
	if size.Width < tightWidth || size.Height < tightHeight {
		return tight
	}
	return roomy
}

// word is a text that only the widgets know they need.
type word struct{ zh, en string }

var (
	wordBack   = word{"返回", "Back"}
	wordCopy   = word{"复制", "Copy"}
	wordCopied = word{"已复制", "Copied"}
)

// say is a word in the page's language.
func (k *kit) say(w word) string {
	if k.lang == desk.English {
		return w.en
	}
	return w.zh
}

// wrap breaks a text to a width; nothing has no lines.
func (k *kit) wrap(s string, size float32, bold bool, width float32) []string {
	if s == "" {
		return nil
	}
	return k.ruler.Wrap(s, size, bold, max(width, size))
}

// span is the width of a line.
func (k *kit) span(s string, size float32, bold bool) float32 { return k.ruler.Span(s, size, bold) }

// focus puts the cursor into a field.
func (k *kit) focus(f fyne.Focusable) { k.window.Canvas().Focus(f) }

// style is the look of an act's button.
func style(s desk.ActStyle) parts.Style {
	switch s {
	case desk.ActMain:
		return parts.Primary
	case desk.ActDanger:
		return parts.Danger
	}
	return parts.Plain
}

// actButton is a button that sends the act it stands for.
type actButton struct {
	*parts.Button
	act desk.Act
}

func newActButton(k *kit) *actButton {
	b := &actButton{}
	b.Button = parts.NewButton(k.palette, parts.Plain, "", func() { k.send(desk.OfficeAct{ID: b.act.ID, Arg: b.act.Arg}) })
	return b
}

func (b *actButton) set(a desk.Act) {
	b.act = a
	b.SetStyle(style(a.Style))
	b.Set(a.Button)
}

// acts is a row of buttons, as many as are needed.
type acts struct {
	kit     *kit
	buttons []*actButton
	shown   int
}

// set shows acts; true if there are widgets that were not there before.
func (a *acts) set(next []desk.Act) (grown bool) {
	for len(a.buttons) < len(next) {
		a.buttons, grown = append(a.buttons, newActButton(a.kit)), true
	}
	a.shown = len(next)
	for i, b := range a.buttons {
		if i < len(next) {
			b.set(next[i])
		} else {
			b.Set(desk.Button{Hidden: true})
		}
	}
	return grown
}

// visible are the buttons that are shown.
func (a *acts) visible() (out []*parts.Button) {
	for _, b := range a.buttons[:a.shown] {
		if b.Visible() {
			out = append(out, b.Button)
		}
	}
	return out
}

func (a *acts) objects() (out []fyne.CanvasObject) {
	for _, b := range a.buttons {
		out = append(out, b.Button)
	}
	return out
}

// flow lays buttons out in lines that fill a width, and returns the lines.
func flow(buttons []*parts.Button, width float32) (lines [][]*parts.Button) {
	x := float32(0)
	for _, b := range buttons {
		w := b.Wants()
		if len(lines) == 0 || x+w > width {
			lines, x = append(lines, nil), 0
		}
		last := len(lines) - 1
		lines[last] = append(lines[last], b)
		x += w + theme.Gap
	}
	return lines
}

// flowTall is the height of buttons laid out in a width, each so tall.
func flowTall(buttons []*parts.Button, width, tall float32) float32 {
	n := float32(len(flow(buttons, width)))
	return max(0, n*tall+(n-1)*theme.Gap)
}

// placeFlow lays the buttons of each line out over the whole width.
func placeFlow(buttons []*parts.Button, x, y, width, tall float32) {
	for _, line := range flow(buttons, width) {
		each := (width - float32(len(line)-1)*theme.Gap) / float32(len(line))
		for i, b := range line {
			parts.Place(b, x+float32(i)*(each+theme.Gap), y, each, tall)
		}
		y += tall + theme.Gap
	}
}

// lines are texts under one another, as many as are needed.
type lines struct {
	texts []*canvas.Text
	size  float32
	bold  bool
}

// put shows lines of text; true if there are more texts than before.
func (l *lines) put(p theme.Palette, tone desk.Tone, text []string) (grown bool) {
	for len(l.texts) < len(text) {
		l.texts, grown = append(l.texts, parts.Text(p.Tone(tone), l.size, l.bold)), true
	}
	for i, t := range l.texts {
		parts.Show(t, i < len(text))
		if i < len(text) {
			parts.Put(t, text[i], p.Tone(tone))
		}
	}
	return grown
}

// place lays the lines under one another.
func (l *lines) place(x, y, w float32) {
	height := parts.LineHeight(l.size)
	for i, t := range l.texts {
		parts.Place(t, x, y+float32(i)*height, w, height)
	}
}

func (l *lines) objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(l.texts))
	for i, t := range l.texts {
		out[i] = t
	}
	return out
}

// grower is the renderer of a widget whose objects come and go.
type grower struct {
	parts.Painter
	all func() []fyne.CanvasObject
}

// Objects are what there is now.
func (g *grower) Objects() []fyne.CanvasObject { return g.all() }

// Refresh repaints what there is now.
func (g *grower) Refresh() {
	for _, o := range g.all() {
		o.Refresh()
	}
}
