package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// viewer is a picture in full over the window; a touch anywhere closes it.
type viewer struct {
	widget.BaseWidget
	kit   *kit
	shown *desk.Viewer
	shade *canvas.Rectangle
	image *canvas.Image
	text  *canvas.Text
	shut  *parts.Button
}

var (
	_ fyne.Tappable     = (*viewer)(nil)
	_ desktop.Hoverable = (*viewer)(nil)
)

func newViewer(k *kit) *viewer {
	p := k.palette
	v := &viewer{
		kit:   k,
		shade: &canvas.Rectangle{FillColor: p.Shade},
		image: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest},
		text:  parts.Text(p.OnShade, theme.Strong, false),
	}
	v.text.Alignment = fyne.TextAlignCenter
	v.shut = parts.NewButton(p, parts.Plain, icons.Cross, v.close)
	v.ExtendBaseWidget(v)
	v.Hide()
	return v
}

func (v *viewer) close() { v.kit.send(desk.ChatView{Media: id.Media{}}) }

// set shows, changes or hides the picture.
func (v *viewer) set(next *desk.Viewer) {
	if pointed(v.shown, next) {
		return
	}
	v.shown = next
	parts.Show(v, next != nil)
	if next == nil {
		v.image.Image = nil // it may be many megabytes
		return
	}
	v.shut.Set(next.Close)
	v.paint()
	v.place(v.Size())
}

// edge is what stays free around the picture.
const edge float32 = 24

// stepped is a side in pixels, rounded up in large steps: a window that is
// being drawn larger does not open the picture at every size.
func stepped(side float32) int {
	const step = 512
	return (max(0, int(side)) + step - 1) / step * step
}

// paint asks for the picture at the window's size.
func (v *viewer) paint() {
	if v.shown == nil {
		return
	}
	text := v.shown.Text
	var img rendered
	if v.shown.Image != nil {
		scale := v.kit.window.Canvas().Scale()
		w, h := stepped((v.Size().Width-2*edge)*scale), stepped((v.Size().Height-2*edge)*scale)
		if w > 0 && h > 0 {
			img, _ = v.kit.pictures.get(v.shown.Image, w, h, v.paint)
		}
	}
	if img.failed {
		text = v.kit.say(wordBadPicture)
	}
	if v.image.Image != img.image {
		v.image.Image = img.image
		v.image.Refresh()
	}
	parts.Show(v.image, img.image != nil)
	if img.image != nil {
		text = ""
	}
	parts.Put(v.text, text, v.kit.palette.OnShade)
}

func (v *viewer) place(size fyne.Size) {
	parts.Place(v.shade, 0, 0, size.Width, size.Height)
	parts.Place(v.image, edge, edge, max(0, size.Width-2*edge), max(0, size.Height-2*edge))
	height := parts.LineHeight(theme.Strong)
	parts.Place(v.text, 0, (size.Height-height)/2, size.Width, height)
	parts.Place(v.shut, size.Width-120-edge, edge, 120, theme.Target)
	v.paint()
}

// Tapped closes the picture; the rest takes every touch.
func (v *viewer) Tapped(*fyne.PointEvent)        { v.close() }
func (v *viewer) MouseIn(*desktop.MouseEvent)    {}
func (v *viewer) MouseMoved(*desktop.MouseEvent) {}
func (v *viewer) MouseOut()                      {}

// CreateRenderer draws the picture.
func (v *viewer) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{v.shade, v.text, v.image, v.shut}, Place: v.place}
}
