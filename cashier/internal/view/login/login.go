// Package login draws the login page: number, password, one button, and what
// went wrong in words.
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
	problemLines                  = 3
)

// Page is the widget.
type Page struct {
	widget.BaseWidget
	palette theme.Palette

	ground, card, mark *canvas.Rectangle
	image              *parts.Icon
	station, title     *canvas.Text
	labels             [2]*canvas.Text
	number, password   *parts.Entry
	button             *parts.Button
	problem            [problemLines]*canvas.Text
	hub                *canvas.Text
	shown              desk.LoginForm
}

// New makes the page; keys is the window's key map, focus moves the cursor.
func New(p theme.Palette, send func(desk.Event), keys parts.Keys, focus func(fyne.Focusable)) *Page {
	v := &Page{
		palette: p,
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
		send(desk.SignIn{Number: v.number.Text, Password: v.password.Text})
	}
	v.password = parts.NewEntry(true, keys, submit)
	v.number = parts.NewEntry(false, keys, func() { focus(v.password) })
	v.button = parts.NewButton(p, parts.Primary, "", submit).Sized(theme.Strong, 120, theme.Tender)
	for i := range v.labels {
		v.labels[i] = parts.Text(p.InkSoft, theme.Body, false)
	}
	for i := range v.problem {
		v.problem[i] = parts.Text(p.Bad, theme.Body, false)
	}
	v.hub.Alignment = fyne.TextAlignCenter
	v.ExtendBaseWidget(v)
	return v
}

// First is the field that begins with the cursor.
func (v *Page) First() fyne.Focusable { return v.number }

// Clear empties the password, for the next person.
func (v *Page) Clear() { v.password.SetText("") }

// Set shows the form.
func (v *Page) Set(f desk.LoginForm) {
	if v.shown == f {
		return
	}
	v.shown = f
	p := v.palette
	parts.Put(v.station, parts.Fit(f.Station, theme.Title, v.station.TextStyle, cardWidth-140), p.Ink)
	parts.Put(v.title, f.Title, p.InkSoft)
	parts.Put(v.labels[0], f.Number, p.InkSoft)
	parts.Put(v.labels[1], f.Password, p.InkSoft)
	parts.Put(v.hub, f.Hub, p.InkSoft)
	v.button.Set(desk.Button{Label: f.Button, On: f.Enrolled, Busy: f.Busy})
	v.setProblem(f)
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
	left, top := (size.Width-cardWidth)/2, max(8, (size.Height-cardHeight)/2-12)
	parts.Place(v.card, left, top, cardWidth, cardHeight)
	x, y, w := left+32, top+32, cardWidth-64
	parts.Place(v.mark, x, y, 48, 48)
	parts.Place(v.image, x+10, y+10, 28, 28)
	parts.Place(v.station, x+62, y-2, w-62, parts.LineHeight(theme.Title))
	parts.Place(v.title, x+62, y+27, w-62, parts.LineHeight(theme.Body))
	y += 68
	for i, e := range []*parts.Entry{v.number, v.password} {
		parts.Place(v.labels[i], x, y, w, parts.LineHeight(theme.Body))
		parts.Place(e, x, y+24, w, theme.Target)
		y += 84
	}
	y += 4
	parts.Place(v.button, x, y, w, theme.Tender)
	y += theme.Tender + 12
	for i, t := range v.problem {
		parts.Place(t, x, y+float32(i)*parts.LineHeight(theme.Body), w, parts.LineHeight(theme.Body))
	}
	parts.Place(v.hub, 0, min(size.Height-24, top+cardHeight+12), size.Width, parts.LineHeight(theme.Caption))
}

// CreateRenderer draws the page.
func (v *Page) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{
		v.ground, v.card, v.mark, v.image.Image, v.station, v.title,
		v.labels[0], v.number, v.labels[1], v.password, v.button, v.hub,
	}
	for _, t := range v.problem {
		objects = append(objects, t)
	}
	return &parts.Painter{Parts: objects, Place: v.place, Least: fyne.NewSize(cardWidth, cardHeight)}
}
