package parts

import (
	"image"
	"strings"
	"testing"

	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2/test"
	"github.com/boombuler/barcode/qr"
)

func TestCodeIsDrawnInWholePixelsWithAQuietZone(t *testing.T) {
	test.NewTempApp(t)
	const text = "otpauth://totp/Forecourt:1001?secret=JBSWY3DPEHPK3PXP&issuer=Forecourt"
	want, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	modules := want.Bounds().Dx()
	c := NewCode()
	if err := c.Set(text); err != nil || !c.Visible() {
		t.Fatalf("%v, visible is %v", err, c.Visible())
	}
	for _, side := range []int{100, 248, 251, 372} {
		img := c.draw(side, side+9).(*image.Gray)
		scale := side / (modules + 2*quietZone)
		left, top := (side-modules*scale)/2, (side+9-modules*scale)/2
		if scale < 1 || left < quietZone*scale || top < quietZone*scale {
			t.Fatalf("%d pixels: modules of %d at %d, %d", side, scale, left, top)
		}
		for y := range side + 9 {
			for x := range side {
				black := false
				mx, my := (x-left)/scale, (y-top)/scale
				if x >= left && y >= top && mx < modules && my < modules {
					r, _, _, _ := want.At(mx, my).RGBA()
					black = r == 0
				}
				if got := img.GrayAt(x, y).Y; (got == 0) != black || got != 0 && got != 0xFF {
					t.Fatalf("%d pixels: %d at %d, %d, black is to be %v", side, got, x, y, black)
				}
			}
		}
	}
	if err := c.Set(strings.Repeat("x", 5000)); err == nil || c.Visible() {
		t.Errorf("a text that is too long gives %v, visible is %v", err, c.Visible())
	}
	if err := c.Set(""); err != nil || c.Visible() {
		t.Errorf("no text gives %v, visible is %v", err, c.Visible())
	}
}

func TestReadOffCharactersStandInCells(t *testing.T) {
	test.NewTempApp(t)
	m := NewMono(theme.Light.Ink)
	m.Set("JBSW Y3DP EHPK")
	for _, c := range []struct {
		name  string
		cells float32
		want  []string
	}{
		{"in one line", 14, []string{"JBSW Y3DP EHPK"}},
		{"between groups", 12, []string{"JBSW Y3DP ", "EHPK"}},
		{"a group to a line", 5, []string{"JBSW ", "Y3DP ", "EHPK"}},
		{"where it must", 3, []string{"JBS", "W Y", "3DP", " EH", "PK"}},
	} {
		at, lines := m.lay(c.cells*monoCell + 1)
		got := make([]string, lines)
		seen := map[[2]int]bool{}
		for i, r := range m.runes {
			got[at[i][1]] += string(r)
			if seen[at[i]] {
				t.Errorf("%s: two characters at %v", c.name, at[i])
			}
			seen[at[i]] = true
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	m.Set(strings.Repeat("x", 2*maxMono))
	if len(m.cells) != maxMono {
		t.Errorf("%d cells for a text without end", len(m.cells))
	}
}
