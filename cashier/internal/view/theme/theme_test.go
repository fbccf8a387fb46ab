package theme_test

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	upstream "fyne.io/fyne/v2/theme"
)

func TestChineseRendersAndBoldIsBold(t *testing.T) {
	test.NewTempApp(t)
	th := theme.New(false)
	regular := draw(th, "待支付加油枪", fyne.TextStyle{})
	bold := draw(th, "待支付加油枪", fyne.TextStyle{Bold: true})
	if ink(bold) <= ink(regular) {
		t.Errorf("bold has %d dark pixels, regular %d: the weights do not differ", ink(bold), ink(regular))
	}
	other := draw(th, "暂停离线故障", fyne.TextStyle{})
	if bytes.Equal(regular.(*image.NRGBA).Pix, other.(*image.NRGBA).Pix) {
		t.Error("different characters look the same: the face has boxes for them")
	}
	if th.Font(fyne.TextStyle{Monospace: true}) != th.Font(fyne.TextStyle{Italic: true}) {
		t.Error("monospace and italic must be the same face as regular")
	}
}

func draw(th fyne.Theme, s string, style fyne.TextStyle) image.Image {
	text := canvas.NewText(s, color.Black)
	text.TextSize, text.TextStyle = 28, style
	text.FontSource = th.Font(style)
	return software.Render(text, th)
}

func ink(img image.Image) int {
	n := 0
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, _, _, a := img.At(x, y).RGBA(); a > 0x8000 && r < 0x8000 {
				n++
			}
		}
	}
	return n
}

// readable is the contrast that every text on a colour must have (WCAG 2.2, 1.4.3).
const readable = 4.5

func TestEveryTextIsReadable(t *testing.T) {
	for name, p := range map[string]theme.Palette{"light": theme.Light, "dark": theme.Dark} {
		for _, f := range desk.Faces {
			look := p.Face(f)
			check(t, name+" face "+string(f), look.Text, look.Fill)
		}
		for _, tone := range []desk.Tone{desk.TonePlain, desk.ToneSoft, desk.ToneGood, desk.ToneWarn, desk.ToneBad, desk.ToneBusy} {
			check(t, name+" tone "+string(tone)+" on paper", p.Tone(tone), p.Paper)
			check(t, name+" tone "+string(tone)+" on card", p.Tone(tone), p.Card)
		}
		chosen := p.ChosenRow()
		for _, tone := range []desk.Tone{desk.TonePlain, desk.ToneSoft, desk.ToneGood, desk.ToneWarn, desk.ToneBad, desk.ToneBusy} {
			check(t, name+" tone "+string(tone)+" on a chosen row", p.Tone(tone), chosen)
		}
		check(t, name+" brand", p.OnBrand, p.Brand)
		check(t, name+" danger", p.OnDanger, p.Danger)
	}
}

func check(t *testing.T, what string, a, b color.NRGBA) {
	t.Helper()
	if got := contrast(a, b); got < readable {
		t.Errorf("%s: contrast %.2f, want at least %.1f", what, got, readable)
	}
}

func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	channel := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
}

func TestFacesDifferByIconNotByColourAlone(t *testing.T) {
	seen := map[string]desk.Face{}
	for _, f := range desk.Faces {
		if f == desk.FaceNoData {
			continue // the till's own silence looks like a silent pump, in other words
		}
		icon := string(theme.Light.Face(f).Icon)
		if other, ok := seen[icon]; ok {
			t.Errorf("%s and %s share the icon %s", f, other, icon)
		}
		seen[icon] = f
	}
}

func TestThemeKeepsItsOwnVariant(t *testing.T) {
	dark := theme.New(true)
	got := dark.Color(upstream.ColorNameBackground, upstream.VariantLight)
	if got != theme.Dark.Paper {
		t.Errorf("background %v, want the dark paper whatever the desktop says", got)
	}
}
