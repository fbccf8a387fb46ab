// Package parts holds the widgets that every screen of the till is made of:
// buttons, the hold button, the fields that are typed into and those that are
// chosen from, the keypad, the table, tabs, chips and QR codes.
//
// Each is one custom widget with fixed geometry, drawn from rectangles, texts
// and images. Setting a value that is already shown costs nothing; a changed
// one refreshes only what differs. All of it runs on the UI's goroutine.
package parts

import (
	"image/color"
	"strings"
	"unicode/utf8"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Painter is the renderer of every widget here: its objects, how they lie in
// a size, and the least size.
type Painter struct {
	Parts []fyne.CanvasObject
	Place func(fyne.Size)
	Least fyne.Size
}

// Destroy does nothing: a Painter holds nothing but objects.
func (p *Painter) Destroy() {}

// Layout places the objects.
func (p *Painter) Layout(size fyne.Size) { p.Place(size) }

// MinSize is the least size.
func (p *Painter) MinSize() fyne.Size { return p.Least }

// Objects are what is drawn, from back to front.
func (p *Painter) Objects() []fyne.CanvasObject { return p.Parts }

// Refresh repaints everything; only a change of theme or of the whole comes here.
func (p *Painter) Refresh() {
	for _, o := range p.Parts {
		o.Refresh()
	}
}

// Text makes a text of one colour and size.
func Text(c color.NRGBA, size float32, bold bool) *canvas.Text {
	t := canvas.NewText("", c)
	t.TextSize = size
	t.TextStyle.Bold = bold
	return t
}

// Put changes a text or its colour if they differ.
func Put(t *canvas.Text, s string, c color.NRGBA) {
	if t.Text == s && t.Color == c {
		return
	}
	t.Text, t.Color = s, c
	t.Refresh()
}

// Fill changes a rectangle's colour if it differs.
func Fill(r *canvas.Rectangle, c color.NRGBA) {
	if r.FillColor == c {
		return
	}
	r.FillColor = c
	r.Refresh()
}

// Stroke changes a rectangle's edge if it differs.
func Stroke(r *canvas.Rectangle, c color.NRGBA, width float32) {
	if r.StrokeColor == c && r.StrokeWidth == width {
		return
	}
	r.StrokeColor, r.StrokeWidth = c, width
	r.Refresh()
}

// Show shows or hides an object if that differs.
func Show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// Icon is an image that knows which icon it shows.
type Icon struct {
	*canvas.Image
	name  icons.Name
	tint  color.NRGBA
	shown bool
}

// NewIcon makes an empty icon.
func NewIcon() *Icon {
	img := &canvas.Image{FillMode: canvas.ImageFillContain}
	return &Icon{Image: img}
}

// Put changes the icon if it differs; an empty name hides it.
func (i *Icon) Put(name icons.Name, c color.NRGBA) {
	if i.shown && i.name == name && i.tint == c {
		return
	}
	i.name, i.tint, i.shown = name, c, true
	if name == "" {
		i.Hide()
		return
	}
	i.Resource = theme.Icon(name, c)
	i.Show()
	i.Refresh()
}

// Fit cuts a text to a width and marks the cut with an ellipsis.
func Fit(s string, size float32, style fyne.TextStyle, width float32) string {
	if width <= 0 {
		return ""
	}
	if s == "" || fyne.MeasureText(s, size, style).Width <= width {
		return s
	}
	for len(s) > 0 {
		_, last := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-last]
		if fyne.MeasureText(s+"…", size, style).Width <= width {
			return s + "…"
		}
	}
	return ""
}

// Lines breaks a text to a width, at spaces where there are some, in at most
// the given number of lines; what does not fit is cut with an ellipsis.
func Lines(s string, size float32, style fyne.TextStyle, width float32, most int) []string {
	var out []string
	for s != "" && len(out) < most {
		if len(out) == most-1 {
			return append(out, Fit(s, size, style, width))
		}
		line, rest := breakLine(s, size, style, width)
		out, s = append(out, line), rest
	}
	return out
}

// breakLine takes as much of s as fits.
func breakLine(s string, size float32, style fyne.TextStyle, width float32) (line, rest string) {
	end, space := 0, 0
	for at, r := range s {
		next := at + utf8.RuneLen(r)
		if fyne.MeasureText(s[:next], size, style).Width > width && end > 0 {
			if space > 0 {
				return s[:space], strings.TrimLeft(s[space:], " ")
			}
			return s[:end], s[end:]
		}
		if r == ' ' {
			space = at
		}
		end = next
	}
	return s, ""
}

// Place puts an object at a position with a size.
func Place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// LineHeight is the height of a line of the station's typeface.
func LineHeight(size float32) float32 { return size * 1.45 }
