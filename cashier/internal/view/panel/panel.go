// Package panel draws the right-hand side: the chosen nozzle or sale, the
// money, the keypad and the hand on the pump. Its geometry never changes with
// what it shows, so that a finger finds the same key in the same place.
package panel

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// statusLines is how many lines a status takes at most.
const statusLines = 3

// Panel is the widget.
type Panel struct {
	widget.BaseWidget
	palette theme.Palette
	shown   desk.Panel

	ground       *canvas.Rectangle
	title        *canvas.Text
	chip         *parts.Chip
	caption      *canvas.Text
	yuan, amount *canvas.Text
	detail       *canvas.Text
	lines        [desk.MaxLines][2]*canvas.Text
	money        *moneyBox
	status       [statusLines]*canvas.Text
	pad          *parts.Keypad
	cash, pay    *parts.Button
	resolves     [2]*parts.Button
	acts         [2]desk.Resolve
	stop, pause  *parts.Button
}

// New makes an empty panel.
func New(p theme.Palette, lang desk.Lang, send func(desk.Event)) *Panel {
	press := func(k desk.Key) func() { return func() { send(desk.Press{Key: k}) } }
	v := &Panel{
		palette: p,
		ground:  &canvas.Rectangle{FillColor: p.Card},
		title:   parts.Text(p.Ink, theme.Title, true),
		chip:    parts.NewChip(nil),
		caption: parts.Text(p.InkSoft, theme.Body, false),
		yuan:    parts.Text(p.Ink, theme.Title, false),
		amount:  parts.Text(p.Ink, theme.Total, true),
		detail:  parts.Text(p.InkSoft, theme.Strong, false),
		money:   newMoneyBox(p),
		pad:     parts.NewKeypad(p, lang, func(k desk.Key) { send(desk.Press{Key: k, Pad: true}) }),
		cash:    parts.NewButton(p, parts.Plain, icons.Cash, press(desk.KeyF1)).Sized(theme.Strong, 80, theme.Tender),
		stop:    parts.NewButton(p, parts.Danger, icons.Stop, press(desk.KeyF9)),
		pause:   parts.NewButton(p, parts.Plain, icons.Bars, press(desk.KeyF10)),
	}
	v.pay = parts.NewButton(p, parts.Primary, icons.Check, func() { send(desk.Press{Key: v.shown.PayKey}) }).Sized(theme.Title, 120, theme.Tender)
	v.makeRows(send)
	v.ExtendBaseWidget(v)
	return v
}

func (v *Panel) makeRows(send func(desk.Event)) {
	p := v.palette
	for _, right := range []*canvas.Text{v.amount, v.detail} {
		right.Alignment = fyne.TextAlignTrailing
	}
	for i := range v.lines {
		v.lines[i][0] = parts.Text(p.InkSoft, theme.Body, false)
		v.lines[i][1] = parts.Text(p.Ink, theme.Body, false)
		v.lines[i][1].Alignment = fyne.TextAlignTrailing
	}
	for i := range v.status {
		v.status[i] = parts.Text(p.Ink, theme.Body, true)
	}
	for i := range v.resolves {
		v.resolves[i] = parts.NewButton(p, parts.Plain, "", func() { send(desk.OpenResolve{Act: v.acts[i].Act}) })
		v.resolves[i].Sized(theme.Body, theme.Target, 40)
	}
}

// Set shows a panel.
func (v *Panel) Set(next desk.Panel) {
	v.shown = next
	p := v.palette
	parts.Put(v.title, next.Title, p.Ink)
	look := p.Face(next.Face)
	v.chip.Set(look.Icon, next.Word, look.Fill, look.Text)
	parts.Put(v.caption, parts.Fit(next.Caption, theme.Body, v.caption.TextStyle, v.Size().Width-2*theme.Gap), p.InkSoft)
	yuan := "¥"
	if next.Amount == "" {
		yuan = ""
	}
	parts.Put(v.amount, next.Amount, p.Ink)
	parts.Put(v.yuan, yuan, p.Ink)
	parts.Put(v.detail, next.Detail, p.InkSoft)
	v.setLines()
	v.money.set(next)
	v.setStatus()
	v.pad.Enable(next.Pad)
	parts.Show(v.pad, len(next.Lines) == 0)
	v.cash.Set(next.Cash)
	if next.Typing {
		v.cash.SetStyle(parts.Chosen)
	} else {
		v.cash.SetStyle(parts.Plain)
	}
	v.pay.Set(next.Pay)
	v.setResolves()
	v.stop.Set(next.Stop)
	v.pause.Set(next.Pause)
	v.placeMoving(v.Size())
}

func (v *Panel) setLines() {
	for i, pair := range v.lines {
		line := desk.Line{}
		if i < len(v.shown.Lines) {
			line = v.shown.Lines[i]
		}
		parts.Put(pair[0], line.Label, v.palette.InkSoft)
		parts.Put(pair[1], line.Value, v.palette.Tone(line.Tone))
	}
}

func (v *Panel) setStatus() {
	lines := parts.Lines(v.shown.Status, theme.Body, v.status[0].TextStyle, v.Size().Width-2*theme.Wide, statusLines)
	for i, t := range v.status {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, v.palette.Tone(v.shown.Tone))
	}
}

func (v *Panel) setResolves() {
	for i, b := range v.resolves {
		if i >= len(v.shown.Resolves) {
			b.Set(desk.Button{Hidden: true})
			continue
		}
		v.acts[i] = v.shown.Resolves[i]
		b.Set(desk.Button{Label: v.acts[i].Label, On: true})
	}
}
