package shell

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	dialogWidth float32 = 480
	whatLines   int     = 2
)

// dialog is the one modal of the till, for money and for prices. It lies in
// the window itself: it takes every touch, the state decides what keys mean
// while it is open, and nothing is blurred behind it.
type dialog struct {
	widget.BaseWidget
	palette theme.Palette
	send    func(desk.Event)
	canvas  fyne.Canvas
	shown   *desk.Dialog

	scrim, card          *canvas.Rectangle
	title                *canvas.Text
	what                 [whatLines]*canvas.Text
	yuan, amount         *canvas.Text
	labels               [3]*canvas.Text
	volume, figure, note *parts.Entry
	problem              *canvas.Text
	confirm, cancel      *parts.Button
}

var (
	_ fyne.Tappable     = (*dialog)(nil)
	_ desktop.Hoverable = (*dialog)(nil)
)

func newDialog(p theme.Palette, send func(desk.Event), keys parts.Keys, c fyne.Canvas) *dialog {
	d := &dialog{
		palette: p, send: send, canvas: c,
		scrim:   &canvas.Rectangle{FillColor: p.Scrim},
		card:    &canvas.Rectangle{FillColor: p.Card, CornerRadius: theme.Radius, StrokeColor: p.Line, StrokeWidth: 1},
		title:   parts.Text(p.Ink, theme.Title, true),
		yuan:    parts.Text(p.Ink, theme.Title, false),
		amount:  parts.Text(p.Ink, theme.Total, true),
		problem: parts.Text(p.Bad, theme.Body, true),
	}
	for i := range d.what {
		d.what[i] = parts.Text(p.InkSoft, theme.Body, false)
	}
	for i := range d.labels {
		d.labels[i] = parts.Text(p.InkSoft, theme.Body, false)
	}
	d.volume = parts.NewEntry(false, keys, d.next)
	d.figure = parts.NewEntry(false, keys, d.next)
	d.note = parts.NewEntry(false, keys, d.submit)
	d.confirm = parts.NewButton(p, parts.Primary, icons.Check, d.submit).Sized(theme.Strong, 120, theme.Tender)
	d.cancel = parts.NewButton(p, parts.Plain, "", func() { send(desk.Cancel{}) }).Sized(theme.Strong, 120, theme.Tender)
	d.ExtendBaseWidget(d)
	d.Hide()
	return d
}

func (d *dialog) submit() {
	d.send(desk.Confirm{Note: d.note.Text, Volume: d.volume.Text, Amount: d.figure.Text})
}

// next goes to the note, or confirms when there is none.
func (d *dialog) next() {
	if d.shown != nil && d.shown.Note != "" {
		d.canvas.Focus(d.note)
		return
	}
	d.submit()
}

// set shows, changes or hides the dialog. Fields keep what was typed while it
// is open and begin anew when it opens.
func (d *dialog) set(next *desk.Dialog) {
	opened := next != nil && d.shown == nil
	closed := next == nil && d.shown != nil
	if next == nil && !closed || next != nil && d.shown != nil && *next == *d.shown {
		return
	}
	d.shown = next
	if closed {
		d.Hide()
		d.canvas.Unfocus()
		return
	}
	d.paint()
	if opened {
		d.volume.SetText(next.VolumeText)
		d.figure.SetText(next.AmountText)
		d.note.SetText("")
		d.Show()
		d.canvas.Focus(d.first())
	}
	d.place(d.Size())
}

// first is the field the cursor begins in: a figure that must be typed, or the reason.
func (d *dialog) first() fyne.Focusable {
	if d.shown.Note == "" {
		return d.figure
	}
	return d.note
}

func (d *dialog) paint() {
	v, p := d.shown, d.palette
	parts.Put(d.title, v.Title, p.Ink)
	lines := parts.Lines(v.What, theme.Body, fyne.TextStyle{}, dialogWidth-2*24, whatLines)
	for i, t := range d.what {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, p.InkSoft)
	}
	amount := p.Ink
	if v.Danger {
		amount = p.Bad
	}
	yuan := "¥"
	if v.Amount == "" {
		yuan = ""
	}
	parts.Put(d.amount, v.Amount, amount)
	parts.Put(d.yuan, yuan, amount)
	parts.Put(d.labels[0], v.Volume, p.InkSoft)
	parts.Put(d.labels[1], v.AmountField, p.InkSoft)
	parts.Put(d.labels[2], v.Note, p.InkSoft)
	parts.Show(d.volume, v.Volume != "")
	parts.Show(d.figure, v.AmountField != "")
	parts.Show(d.note, v.Note != "")
	parts.Put(d.problem, v.Problem, p.Bad)
	d.confirm.Set(desk.Button{Label: v.Confirm, On: true})
	d.cancel.Set(desk.Button{Label: v.Cancel, Hint: "Esc", On: true})
}

func (d *dialog) place(size fyne.Size) {
	parts.Place(d.scrim, 0, 0, size.Width, size.Height)
	if d.shown == nil {
		return
	}
	const inner float32 = 24
	figures, note := d.shown.AmountField != "", d.shown.Note != ""
	height := float32(20+34+48+58+30) + theme.Tender + 24
	for _, row := range []bool{figures, note} {
		if row {
			height += 24 + theme.Target + 8
		}
	}
	left, top := (size.Width-dialogWidth)/2, max(4, (size.Height-height)/2-8)
	x, y, w := left+inner, top+20, dialogWidth-2*inner
	parts.Place(d.card, left, top, dialogWidth, height)
	parts.Place(d.title, x, y, w, parts.LineHeight(theme.Title))
	y += 34
	for i, t := range d.what {
		parts.Place(t, x, y+float32(i)*parts.LineHeight(theme.Body), w, parts.LineHeight(theme.Body))
	}
	y += 48
	amount, yuan := d.amount.MinSize(), d.yuan.MinSize()
	parts.Place(d.yuan, x, y+amount.Height-yuan.Height-9, yuan.Width, yuan.Height)
	parts.Place(d.amount, x+yuan.Width+4, y, amount.Width, amount.Height)
	y += 58
	if figures {
		y = d.placeFigures(x, y, w)
	}
	if note {
		parts.Place(d.labels[2], x, y, w, parts.LineHeight(theme.Body))
		parts.Place(d.note, x, y+24, w, theme.Target)
		y += 24 + theme.Target + 8
	}
	parts.Place(d.problem, x, y, w, parts.LineHeight(theme.Body))
	y += 30
	half := (w - theme.Gap) / 2
	parts.Place(d.cancel, x, y, half, theme.Tender)
	parts.Place(d.confirm, x+half+theme.Gap, y, half, theme.Tender)
}

// placeFigures lays litres and amount beside one another, or the price alone.
func (d *dialog) placeFigures(x, y, w float32) float32 {
	half := (w - theme.Gap) / 2
	at, width := x+half+theme.Gap, half
	if d.shown.Volume == "" {
		at, width = x, w
	}
	parts.Place(d.labels[0], x, y, half, parts.LineHeight(theme.Body))
	parts.Place(d.volume, x, y+24, half, theme.Target)
	parts.Place(d.labels[1], at, y, width, parts.LineHeight(theme.Body))
	parts.Place(d.figure, at, y+24, width, theme.Target)
	return y + 24 + theme.Target + 8
}

// Tapped and the rest take every touch, so that none reaches what lies under.
func (d *dialog) Tapped(*fyne.PointEvent)        {}
func (d *dialog) MouseIn(*desktop.MouseEvent)    {}
func (d *dialog) MouseMoved(*desktop.MouseEvent) {}
func (d *dialog) MouseOut()                      {}

// CreateRenderer draws the dialog.
func (d *dialog) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{d.scrim, d.card, d.title}
	for _, t := range d.what {
		objects = append(objects, t)
	}
	objects = append(objects, d.yuan, d.amount)
	for _, t := range d.labels {
		objects = append(objects, t)
	}
	objects = append(objects, d.volume, d.figure, d.note, d.problem, d.cancel, d.confirm)
	return &parts.Painter{Parts: objects, Place: d.place}
}
