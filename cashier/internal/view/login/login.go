// Package login draws the login page: number, password, the code of an
// authenticator when it is asked for, one button, and what went wrong in words.
package login

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const (
	cardWidth, cardHeight float32 = 400, 420
	rowTall, lowRow       float32 = 84, 76 // of a field with its label
	helpTall              float32 = 14     // more under the code, for what helps
	lowWindow             float32 = 580    // under it three fields need every point
	problemLines                  = 3
)

// Page is the widget.
type Page struct {
	widget.BaseWidget
	palette theme.Palette

	ground, card, mark *canvas.Rectangle
	image              *parts.Icon
	station, title     *canvas.Text
	labels             [3]*canvas.Text
	number, password   *parts.Entry
	code               *parts.Entry
	help               *canvas.Text
	focus              func(fyne.Focusable)
	button             *parts.Button
	problem            [problemLines]*canvas.Text
	hub                *canvas.Text
	shown              desk.LoginForm
}

// New makes the page; keys is the window's key map, focus moves the cursor.
func New(p theme.Palette, send func(desk.Event), keys parts.Keys, focus func(fyne.Focusable)) *Page {
	v := &Page{
		palette: p, focus: focus,
		ground:  &canvas.Rectangle{FillColor: p.Paper},
		card:    &canvas.Rectangle{FillColor: p.Card, CornerRadius: theme.Radius, StrokeColor: p.Line, StrokeWidth: 1},
		mark:    &canvas.Rectangle{FillColor: p.Brand, CornerRadius: theme.Radius},
		image:   parts.NewIcon(),
		station: parts.Text(p.Ink, theme.Title, true),
		title:   parts.Text(p.InkSoft, theme.Body, false),
		hub:     parts.Text(p.InkSoft, theme.Caption, false),
	}
	v.image.Put(icons.Flow, p.OnBrand)
	submit := func() {
		send(desk.SignIn{Number: v.number.Text, Password: v.password.Text, Code: v.code.Text})
	}
	v.code = parts.NewEntry(false, keys, submit)
	v.help = parts.Text(p.InkSoft, theme.Caption, false)
	v.password = parts.NewEntry(true, keys, func() {
		if v.shown.Code != "" {
			focus(v.code)
			return
		}
		submit()
	})
	v.number = parts.NewEntry(false, keys, func() { focus(v.password) })
	v.button = parts.NewButton(p, parts.Primary, "", submit).Sized(theme.Strong, 120, theme.Tender)
	for i := range v.labels {
		v.labels[i] = parts.Text(p.InkSoft, theme.Body, false)
	}
	for i := range v.problem {
		v.problem[i] = parts.Text(p.Bad, theme.Body, false)
	}
	v.code.Hide()
	v.hub.Alignment = fyne.TextAlignCenter
	v.ExtendBaseWidget(v)
	return v
}

// First is the field that begins with the cursor.
func (v *Page) First() fyne.Focusable { return v.number }

// Clear empties password and code, for the next person.
func (v *Page) Clear() {
	v.password.SetText("")
	v.code.SetText("")
}

// Set shows the form.
func (v *Page) Set(f desk.LoginForm) {
	if v.shown == f {
		return
	}
	was := v.shown
	v.shown = f
	p := v.palette
	parts.Put(v.labels[2], f.Code, p.InkSoft)
	parts.Put(v.help, parts.Fit(f.CodeHelp, theme.Caption, v.help.TextStyle, cardWidth-64), p.InkSoft)
	v.turn(was, f)
	parts.Put(v.station, parts.Fit(f.Station, theme.Title, v.station.TextStyle, cardWidth-140), p.Ink)
	parts.Put(v.title, f.Title, p.InkSoft)
	parts.Put(v.labels[0], f.Number, p.InkSoft)
	parts.Put(v.labels[1], f.Password, p.InkSoft)
	parts.Put(v.hub, f.Hub, p.InkSoft)
	v.button.Set(desk.Button{Label: f.Button, On: f.Enrolled, Busy: f.Busy})
	v.setProblem(f)
}

// turn shows or hides the field for the code. A code that was wrong is typed
// again from the beginning.
func (v *Page) turn(was, f desk.LoginForm) {
	asked := f.Code != ""
	if turned := (was.Code != "") != asked; turned {
		parts.Show(v.code, asked)
		v.code.SetText("")
		v.place(v.Size())
		if asked {
			v.focus(v.code)
		} else {
			v.focus(v.number)
		}
		return
	}
	if asked && was.Busy && !f.Busy {
		v.code.SetText("")
		v.focus(v.code)
	}
}

func (v *Page) setProblem(f desk.LoginForm) {
	width := cardWidth - 2*32
	lines := parts.Lines(f.Problem, theme.Body, fyne.TextStyle{}, width, problemLines)
	problems := len(lines)
	lines = append(lines, parts.Lines(f.How, theme.Body, fyne.TextStyle{}, width, problemLines-len(lines))...)
	for i, t := range v.problem {
		text, tone := "", v.palette.Bad
		if i < len(lines) {
			text = lines[i]
		}
		if i >= problems {
			tone = v.palette.InkSoft
		}
		parts.Put(t, text, tone)
	}
}

func (v *Page) place(size fyne.Size) {
	parts.Place(v.ground, 0, 0, size.Width, size.Height)
	tall, row, edge := cardHeight, rowTall, float32(32)
	if v.code.Visible() {
		tall += rowTall + helpTall
	}
	low := v.code.Visible() && size.Height < lowWindow
	if low {
		tall, row, edge = size.Height-8, lowRow, 16
	}
	left, top := (size.Width-cardWidth)/2, max(4, (size.Height-tall)/2-12)
	parts.Place(v.card, left, top, cardWidth, tall)
	parts.Show(v.hub, !low)
	x, y, w := left+32, top+edge, cardWidth-64
	parts.Place(v.mark, x, y, 48, 48)
	parts.Place(v.image, x+10, y+10, 28, 28)
	parts.Place(v.station, x+62, y-2, w-62, parts.LineHeight(theme.Title))
	parts.Place(v.title, x+62, y+27, w-62, parts.LineHeight(theme.Body))
	y += 68
	for i, e := range []*parts.Entry{v.number, v.password, v.code} {
		if !e.Visible() {
			continue
		}
		parts.Place(v.labels[i], x, y, w, parts.LineHeight(theme.Body))
		parts.Place(e, x, y+24, w, theme.Target)
		y += row
	}
	if v.code.Visible() {
		parts.Place(v.help, x, y-row+24+theme.Target+2, w, parts.LineHeight(theme.Caption))
		y += helpTall + rowTall - row
	}
	y += 4
	parts.Place(v.button, x, y, w, theme.Tender)
	y += theme.Tender + 12
	for i, t := range v.problem {
		parts.Place(t, x, y+float32(i)*parts.LineHeight(theme.Body), w, parts.LineHeight(theme.Body))
	}
	parts.Place(v.hub, 0, min(size.Height-24, top+tall+12), size.Width, parts.LineHeight(theme.Caption))
}

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{
		v.ground, v.card, v.mark, v.image.Image, v.station, v.title,
		v.labels[0], v.number, v.labels[1], v.password, v.labels[2], v.code, v.help, v.button, v.hub,
	}
	for _, t := range v.problem {
		objects = append(objects, t)
	}
	return &parts.Painter{Parts: objects, Place: v.place, Least: fyne.NewSize(cardWidth, cardHeight)}
}
