package shell

import (
	"image/color"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const (
	toastHeight   float32 = 44
	toastMaxWidth float32 = 520
	maxToasts             = 3
)

// toasts are the short messages at the bottom left; they take no touch.
type toasts struct {
	widget.BaseWidget
	palette theme.Palette
	shown   []desk.Toast
	rows    [maxToasts]struct {
		ground, bar *canvas.Rectangle
		text        *canvas.Text
	}
}

func newToasts(p theme.Palette) *toasts {
	t := &toasts{palette: p}
	for i := range t.rows {
		t.rows[i].ground = &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Ink}
		t.rows[i].bar = &canvas.Rectangle{CornerRadius: 3}
		t.rows[i].text = parts.Text(p.Paper, theme.Strong, true)
	}
	t.ExtendBaseWidget(t)
	return t
}

func (t *toasts) set(next []desk.Toast) {
	same := len(next) == len(t.shown)
	for i := range next {
		same = same && next[i] == t.shown[i]
	}
	if same && t.rows[0].text.Text != "" == (len(next) > 0) {
		return
	}
	t.shown = next
	t.place(t.Size())
}

// place lays the newest at the bottom.
func (t *toasts) place(size fyne.Size) {
	y := size.Height - float32(len(t.shown))*(toastHeight+theme.Gap)
	for i := range t.rows {
		r := &t.rows[i]
		on := i < len(t.shown)
		parts.Show(r.ground, on)
		parts.Show(r.bar, on)
		parts.Show(r.text, on)
		if !on {
			parts.Put(r.text, "", t.palette.Paper)
			continue
		}
		text := parts.Fit(t.shown[i].Text, theme.Strong, r.text.TextStyle, min(size.Width, toastMaxWidth)-48)
		parts.Put(r.text, text, t.palette.Paper)
		parts.Fill(r.bar, t.barColour(t.shown[i].Tone))
		width := r.text.MinSize().Width + 44
		parts.Place(r.ground, 0, y, width, toastHeight)
		parts.Place(r.bar, 10, y+10, 6, toastHeight-20)
		parts.Place(r.text, 28, y+(toastHeight-parts.LineHeight(theme.Strong))/2, width, parts.LineHeight(theme.Strong))
		y += toastHeight + theme.Gap
	}
}

func (t *toasts) barColour(tone desk.Tone) color.NRGBA {
	switch tone {
	case desk.ToneGood:
		return t.palette.Face(desk.FaceFuelling).Fill
	case desk.ToneWarn:
		return t.palette.Face(desk.FaceUnpaid).Fill
	case desk.ToneBad:
		return t.palette.Face(desk.FaceFault).Fill
	default:
		return t.palette.InkSoft
	}
}

// CreateRenderer draws the toasts.
func (t *toasts) CreateRenderer() fyne.WidgetRenderer {
	var objects []fyne.CanvasObject
	for i := range t.rows {
		objects = append(objects, t.rows[i].ground, t.rows[i].bar, t.rows[i].text)
	}
	return &parts.Painter{Parts: objects, Place: t.place, Least: fyne.NewSize(0, 0)}
}
