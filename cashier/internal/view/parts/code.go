package parts

import (
	"fmt"
	"image"
	"image/color"

	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// quietZone is the white margin around a QR code in modules (ISO/IEC 18004,
// 9.1).
const quietZone = 4

// Code is a QR code to be read by a phone: black on white whatever the
// colours of the window, each module a whole number of pixels.
type Code struct {
	widget.BaseWidget
	ground *canvas.Rectangle
	raster *canvas.Raster
	text   string
	code   barcode.Barcode
}

// NewCode makes an empty code.
func NewCode() *Code {
	c := &Code{ground: &canvas.Rectangle{FillColor: color.White, CornerRadius: theme.Radius}}
	c.raster = canvas.NewRaster(c.draw)
	c.ExtendBaseWidget(c)
	c.Hide()
	return c
}

// Set shows a text as a code; an empty one, or one that is too long for any
// code, hides it. The error says why.
func (c *Code) Set(text string) error {
	if c.text == text {
		return nil
	}
	c.text, c.code = text, nil
	if text == "" {
		c.Hide()
		return nil
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		c.Hide()
		return fmt.Errorf("making a QR code: %w", err)
	}
	c.code = code
	c.Show()
	c.raster.Refresh()
	return nil
}

// draw paints the code for a number of pixels.
func (c *Code) draw(width, height int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 0xFF
	}
	if c.code == nil {
		return img
	}
	modules := c.code.Bounds().Dx()
	scale := min(width, height) / (modules + 2*quietZone)
	left, top := (width-modules*scale)/2, (height-modules*scale)/2
	for y := range modules * scale {
		for x := range modules * scale {
			r, _, _, _ := c.code.At(x/scale, y/scale).RGBA()
			if r < 0x8000 {
				img.Pix[img.PixOffset(left+x, top+y)] = 0
			}
		}
	}
	return img
}

// codeEdge keeps the code off the round corners of its ground.
const codeEdge float32 = 4

func (c *Code) place(size fyne.Size) {
	Place(c.ground, 0, 0, size.Width, size.Height)
	Place(c.raster, codeEdge, codeEdge, size.Width-2*codeEdge, size.Height-2*codeEdge)
}

// CreateRenderer draws the code.
func (c *Code) CreateRenderer() fyne.WidgetRenderer {
	return &Painter{Parts: []fyne.CanvasObject{c.ground, c.raster}, Place: c.place, Least: fyne.NewSize(120, 120)}
}
