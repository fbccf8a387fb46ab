package chat

import (
	"image/color"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// bannerLines is how many lines a banner takes at most.
const bannerLines = 3

// banner is a word on the whole conversation across its width: that it is
// stale, what came with a transfer, why something was not sent.
type banner struct {
	widget.BaseWidget
	kit    *kit
	text   string
	ground *canvas.Rectangle
	icon   *parts.Icon
	lines  [bannerLines]*canvas.Text
	ink    color.NRGBA
}

func newBanner(k *kit) *banner {
	b := &banner{kit: k, ground: &canvas.Rectangle{}, icon: parts.NewIcon()}
	for i := range b.lines {
		b.lines[i] = parts.Text(k.palette.Ink, theme.Body, false)
	}
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// set shows a text; an empty one hides the banner. It reports whether the
// height may have changed.
func (b *banner) set(icon icons.Name, text string, ground, ink color.NRGBA) bool {
	changed := b.text != text
	b.text, b.ink = text, ink
	parts.Show(b, text != "")
	parts.Fill(b.ground, ground)
	b.icon.Put(icon, ink)
	if changed {
		b.write(b.Size().Width)
	}
	return changed
}

// broken are the text's lines at a width.
func (b *banner) broken(width float32) []string {
	lines := b.kit.ruler.Wrap(b.text, theme.Body, false, width-2*theme.Pad-theme.Title-theme.Gap)
	if len(lines) > bannerLines {
		room := width - 2*theme.Pad - theme.Title - theme.Gap - b.kit.ruler.Width('…', theme.Body, false)
		last := b.kit.ruler.Wrap(lines[bannerLines-1], theme.Body, false, room)
		lines = append(lines[:bannerLines-1], last[0]+"…")
	}
	return lines
}

// tall is the height at a width; none when there is nothing to say.
func (b *banner) tall(width float32) float32 {
	if b.text == "" {
		return 0
	}
	return float32(len(b.broken(width)))*parts.LineHeight(theme.Body) + 14
}

func (b *banner) write(width float32) {
	lines := b.broken(width)
	for i, t := range b.lines {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		parts.Put(t, text, b.ink)
	}
}

func (b *banner) place(size fyne.Size) {
	b.write(size.Width)
	parts.Place(b.ground, 0, 0, size.Width, size.Height)
	parts.Place(b.icon, theme.Pad, 8, theme.Title, theme.Title)
	height := parts.LineHeight(theme.Body)
	for i, t := range b.lines {
		parts.Place(t, theme.Pad+theme.Title+theme.Gap, 7+float32(i)*height, size.Width-2*theme.Pad-theme.Title-theme.Gap, height)
	}
}

// CreateRenderer draws the banner.
func (b *banner) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{b.ground, b.icon.Image}
	for _, t := range b.lines {
		objects = append(objects, t)
	}
	return &parts.Painter{Parts: objects, Place: b.place}
}
