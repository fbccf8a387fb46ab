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
	toastHeight   float32 = 44 // of one line
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
		text, more  *canvas.Text // what does not fit one line goes on
	}
}

func newToasts(p theme.Palette) *toasts {
	t := &toasts{palette: p}
	for i := range t.rows {
		t.rows[i].ground = &canvas.Rectangle{CornerRadius: theme.Radius, FillColor: p.Ink}
		t.rows[i].bar = &canvas.Rectangle{CornerRadius: 3}
		t.rows[i].text = parts.Text(p.Paper, theme.Strong, true)
		t.rows[i].more = parts.Text(p.Paper, theme.Strong, true)
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

// lines are a toast's one or two lines.
func (t *toasts) lines(size fyne.Size, i int) []string {
	if i >= len(t.shown) {
		return []string{""}
	}
	style := fyne.TextStyle{Bold: true}
	room := min(size.Width, toastMaxWidth) - 48
	if lines := parts.Lines(t.shown[i].Text, theme.Strong, style, room, 2); len(lines) > 0 {
		return lines
	}
	return []string{""}
}

// toastTall is the height of a toast of so many lines.
func toastTall(lines int) float32 {
	return toastHeight + float32(lines-1)*parts.LineHeight(theme.Strong)
}

// place lays the newest at the bottom.
func (t *toasts) place(size fyne.Size) {
	y := size.Height
	for i := range t.shown {
		y -= toastTall(len(t.lines(size, i))) + theme.Gap
	}
	for i := range t.rows {
		r := &t.rows[i]
		on := i < len(t.shown)
		lines := t.lines(size, i)
		parts.Show(r.ground, on)
		parts.Show(r.bar, on)
		parts.Show(r.text, on)
		parts.Show(r.more, on && len(lines) > 1)
		parts.Put(r.text, lines[0], t.palette.Paper)
		if !on {
			continue
		}
		if len(lines) > 1 {
			parts.Put(r.more, lines[1], t.palette.Paper)
		}
		parts.Fill(r.bar, t.barColour(t.shown[i].Tone))
		t.placeRow(i, y, len(lines))
		y += toastTall(len(lines)) + theme.Gap
	}
}

func (t *toasts) placeRow(i int, y float32, lines int) {
	r, tall, line := &t.rows[i], toastTall(lines), parts.LineHeight(theme.Strong)
	width := r.text.MinSize().Width + 44
	if lines > 1 {
		width = max(width, r.more.MinSize().Width+44)
	}
	parts.Place(r.ground, 0, y, width, tall)
	parts.Place(r.bar, 10, y+10, 6, tall-20)
	parts.Place(r.text, 28, y+(toastHeight-line)/2, width, line)
	parts.Place(r.more, 28, y+(toastHeight-line)/2+line, width, line)
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
		objects = append(objects, t.rows[i].ground, t.rows[i].bar, t.rows[i].text, t.rows[i].more)
	}
	return &parts.Painter{Parts: objects, Place: t.place, Least: fyne.NewSize(0, 0)}
}
