package board

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// priceTag is one grade's price over the board.
type priceTag struct {
	palette             theme.Palette
	shown               desk.PriceTag
	grade, price, acked *canvas.Text
}

func newPriceTag(p theme.Palette) *priceTag {
	return &priceTag{
		palette: p,
		grade:   parts.Text(p.InkSoft, theme.Strong, true), price: parts.Text(p.Ink, theme.Title, true), acked: parts.Text(p.Warn, theme.Caption, false),
	}
}

// set shows a tag and reports whether its width may have changed.
func (t *priceTag) set(tag desk.PriceTag) bool {
	if t.shown == tag {
		return false
	}
	t.shown = tag
	parts.Put(t.grade, tag.Grade, t.palette.InkSoft)
	return true
}

// manner is how closely the prices are written.
type manner struct {
	gap   float32
	acked func(desk.PriceTag) string
}

// manners begin with the roomiest. What is left out last is how many nozzles
// have taken a price: their tiles say it too.
var manners = [...]manner{
	{theme.Wide + theme.Gap, func(t desk.PriceTag) string { return t.Acked }},
	{theme.Pad, func(t desk.PriceTag) string { return t.Acked }},
	{theme.Pad, func(t desk.PriceTag) string { return t.Share }},
	{theme.Gap, func(t desk.PriceTag) string { return t.Share }},
	{theme.Pad, func(desk.PriceTag) string { return "" }},
	{theme.Gap, func(desk.PriceTag) string { return "" }},
}

// placePrices lays the tags from the left, as roomily as a width allows, and
// reports whether they fit; those that do not are left out.
func placePrices(tags []*priceTag, width float32) bool {
	for _, m := range manners {
		if end := layPrices(tags, m, width); end <= width {
			return true
		}
	}
	return len(tags) == 0
}

// layPrices lays the tags in a manner and returns where they end, with a gap.
func layPrices(tags []*priceTag, m manner, width float32) (end float32) {
	for _, t := range tags {
		tint := t.palette.Ink
		if parts.Put(t.acked, m.acked(t.shown), t.palette.Tone(t.shown.Tone)); t.acked.Text == "" {
			tint = t.palette.Tone(t.shown.Tone) // what is not said is hinted at
		}
		parts.Put(t.price, t.shown.Price, tint)
		end += t.place(end)
		for _, o := range []*canvas.Text{t.grade, t.price, t.acked} {
			parts.Show(o, end <= width)
		}
		end += m.gap
	}
	return end - m.gap + theme.Gap
}

// place lays the tag at x and returns its width.
func (t *priceTag) place(x float32) float32 {
	grade, price, acked := t.grade.MinSize(), t.price.MinSize(), t.acked.MinSize()
	const base float32 = 30 // of all three texts
	lay := func(o *canvas.Text, size fyne.Size, at float32) {
		parts.Place(o, at, base-size.Height*0.8, size.Width, size.Height)
	}
	lay(t.grade, grade, x+2)
	lay(t.price, price, x+grade.Width+8)
	width := grade.Width + 8 + price.Width
	if t.acked.Text != "" {
		lay(t.acked, acked, x+width+8)
		width += 8 + acked.Width
	}
	return width
}
