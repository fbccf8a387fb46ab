package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// frame is a picture in its place: a quiet ground with a sign until it has
// come, and why when it does not come.
type frame struct {
	kit    *kit
	slot   slot
	ground *canvas.Rectangle
	image  *canvas.Image
	sign   *parts.Icon
	words  [2]*canvas.Text
}

func newFrame(k *kit) *frame {
	f := &frame{
		kit:    k,
		ground: &canvas.Rectangle{CornerRadius: theme.Bubble, StrokeWidth: 1},
		image:  &canvas.Image{FillMode: canvas.ImageFillCover, ScaleMode: canvas.ImageScaleFastest, CornerRadius: theme.Bubble},
		sign:   parts.NewIcon(),
	}
	for i := range f.words {
		f.words[i] = parts.Text(k.palette.InkSoft, theme.Caption, false)
		f.words[i].Alignment = fyne.TextAlignCenter
	}
	return f
}

func (f *frame) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{f.ground, f.sign.Image, f.words[0], f.words[1], f.image}
}

// set shows a picture; again is called on the UI's goroutine when it is ready.
func (f *frame) set(s slot, again func()) {
	f.slot = s
	p := f.kit.palette
	parts.Fill(f.ground, theme.Blend(p.Paper, p.Line, 60))
	parts.Stroke(f.ground, p.Line, 1)
	img, failed := f.look(s.picture, again)
	if f.image.Image != img.image {
		f.image.Image = img.image
		f.image.Refresh()
	}
	parts.Show(f.image, img.image != nil)
	f.say(failed, img.image != nil)
	f.place()
}

// look is the picture, or why there is none.
func (f *frame) look(p *desk.Picture, again func()) (rendered, string) {
	if p.Failed != "" {
		return rendered{}, p.Failed
	}
	if p.Image == nil {
		return rendered{}, ""
	}
	scale := f.kit.window.Canvas().Scale()
	img, _ := f.kit.pictures.get(p.Image, int(f.slot.w*scale), int(f.slot.h*scale), again)
	if img.failed {
		return rendered{}, f.kit.say(wordBadPicture)
	}
	return img, ""
}

func (f *frame) say(failed string, shown bool) {
	p := f.kit.palette
	icon, tint := icons.Picture, theme.Blend(p.Paper, p.InkSoft, 60)
	if failed != "" {
		icon, tint = icons.Triangle, p.InkSoft
	}
	if shown {
		icon = ""
	}
	f.sign.Put(icon, tint)
	lines := f.kit.ruler.Wrap(failed, theme.Caption, false, f.slot.w-12)
	for i, t := range f.words {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, p.InkSoft)
	}
}

func (f *frame) place() {
	a := f.slot.area
	parts.Place(f.ground, a.x, a.y, a.w, a.h)
	parts.Place(f.image, a.x, a.y, a.w, a.h)
	const side float32 = 28
	height := parts.LineHeight(theme.Caption)
	y := a.y + (a.h-side)/2
	if f.words[0].Text != "" && a.h > 90 {
		y -= height
	}
	parts.Place(f.sign, a.x+(a.w-side)/2, y, side, side)
	for i, t := range f.words {
		parts.Place(t, a.x, y+side+4+float32(i)*height, a.w, height)
		parts.Show(t, a.h > 90)
	}
}
