// Package settings draws the till's own settings: language, appearance, size,
// sounds, and what the keys do.
package settings

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
	keyLines    = 9 // at most
	keyRoom     = 6 // what the keys take at least, so that little moves
	rowHeight   = theme.Target + theme.Gap
	labelWidth  = float32(150)
	optionWidth = float32(112)
)

// Page is the widget; its content scrolls when it is higher than the window.
type Page struct {
	widget.BaseWidget
	palette theme.Palette
	send    func(desk.Event)
	body    *body
	scroll  *container.Scroll
}

// New makes an empty page.
func New(p theme.Palette, send func(desk.Event)) *Page {
	v := &Page{palette: p, send: send, body: newBody(p, send)}
	v.scroll = container.NewVScroll(v.body)
	v.ExtendBaseWidget(v)
	return v
}

// Set shows the settings.
func (v *Page) Set(s desk.Settings) { v.body.set(s) }

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{v.scroll}, Least: fyne.NewSize(200, 200), Place: func(size fyne.Size) {
		parts.Place(v.scroll, 0, 0, size.Width, size.Height)
	}}
}

// body is what scrolls.
type body struct {
	widget.BaseWidget
	palette theme.Palette
	send    func(desk.Event)
	shown   desk.Settings
	labels  []*canvas.Text
	options [][]*parts.Button
	note    *canvas.Text
	keyed   int // lines the keys take
	keys    [keyLines + 1]*canvas.Text
	facts   []*canvas.Text
}

func newBody(p theme.Palette, send func(desk.Event)) *body {
	b := &body{palette: p, send: send, note: parts.Text(p.InkSoft, theme.Caption, false)}
	for i := range b.keys {
		b.keys[i] = parts.Text(p.Ink, theme.Body, i == 0)
	}
	b.ExtendBaseWidget(b)
	return b
}

func (b *body) set(s desk.Settings) {
	if len(b.options) != len(s.Choices) {
		b.build(s)
	}
	b.shown = s
	for i, c := range s.Choices {
		parts.Put(b.labels[i], c.Label, b.palette.Ink)
		for j, o := range c.Options {
			style := parts.Plain
			if o.Chosen {
				style = parts.Primary
			}
			b.options[i][j].SetStyle(style)
			b.options[i][j].Set(desk.Button{Label: o.Label, On: true})
		}
	}
	parts.Put(b.note, s.Note, b.palette.InkSoft)
	b.setKeys()
}

// build makes the buttons of every choice once.
func (b *body) build(s desk.Settings) {
	b.labels, b.options, b.facts = nil, nil, nil
	for i, c := range s.Choices {
		b.labels = append(b.labels, parts.Text(b.palette.Ink, theme.Strong, false))
		row := make([]*parts.Button, len(c.Options))
		for j := range c.Options {
			row[j] = parts.NewButton(b.palette, parts.Plain, "", func() {
				b.send(desk.SetPrefs{Prefs: b.shown.Choices[i].Options[j].Prefs})
			}).Sized(theme.Body, theme.Target, theme.Target)
		}
		b.options = append(b.options, row)
	}
	for _, f := range s.Facts {
		t := parts.Text(b.palette.InkSoft, theme.Caption, false)
		t.Text = f.Value
		b.facts = append(b.facts, t)
	}
	b.Refresh()
}

func (b *body) setKeys() {
	parts.Put(b.keys[0], b.shown.Keys.Label, b.palette.Ink)
	lines := parts.Lines(b.shown.Keys.Value, theme.Body, fyne.TextStyle{}, b.Size().Width-2*theme.Gap, keyLines)
	b.keyed = max(keyRoom, len(lines))
	for i, t := range b.keys[1:] {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, b.palette.InkSoft)
		parts.Show(t, i < b.keyed)
	}
}

func (b *body) height() float32 {
	lines := parts.LineHeight(theme.Body) * float32(b.keyed+1)
	return float32(len(b.options))*rowHeight + parts.LineHeight(theme.Caption) + lines + float32(len(b.facts))*20 + 64
}

func (b *body) place(size fyne.Size) {
	label := min(labelWidth, size.Width/4)
	y := theme.Gap
	for i, row := range b.options {
		parts.Place(b.labels[i], 2, y+(theme.Target-parts.LineHeight(theme.Strong))/2, label, parts.LineHeight(theme.Strong))
		option := min(optionWidth, (size.Width-label)/float32(max(4, len(row)))-theme.Gap)
		for j, o := range row {
			parts.Place(o, label+float32(j)*(option+theme.Gap), y, option, theme.Target)
		}
		y += rowHeight
	}
	parts.Place(b.note, label, y, size.Width-label, parts.LineHeight(theme.Caption))
	y += 32
	for i, t := range b.keys {
		parts.Place(t, 2, y+float32(i)*parts.LineHeight(theme.Body), size.Width, parts.LineHeight(theme.Body))
	}
	b.setKeys()
	y += parts.LineHeight(theme.Body)*float32(b.keyed+1) + theme.Gap
	for i, t := range b.facts {
		parts.Place(t, 2, y+float32(i)*20, size.Width, 20)
	}
}

type bodyRenderer struct {
	parts.Painter
	b *body
}

// MinSize follows the number of choices.
func (r *bodyRenderer) MinSize() fyne.Size { return fyne.NewSize(200, r.b.height()) }

// Objects includes the choices, which are made once they are known.
func (r *bodyRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.b.note}
	for i, row := range r.b.options {
		out = append(out, r.b.labels[i])
		for _, o := range row {
			out = append(out, o)
		}
	}
	for _, t := range r.b.keys {
		out = append(out, t)
	}
	for _, t := range r.b.facts {
		out = append(out, t)
	}
	return out
}

// Refresh lays out anew: the choices may have been made just now.
func (r *bodyRenderer) Refresh() {
	r.b.place(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the body.
func (b *body) CreateRenderer() fyne.WidgetRenderer {
	return &bodyRenderer{parts.Painter{Place: b.place}, b}
}
