package lookbook

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"

	"forecourt/assets/fonts"
	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Colours of the drawn pictures.
var (
	paper = color.RGBA{0xFB, 0xFA, 0xF6, 0xFF}
	table = color.RGBA{0x8C, 0x7A, 0x66, 0xFF}
	black = color.RGBA{0x22, 0x22, 0x22, 0xFF}
	grey  = color.RGBA{0x9A, 0xA0, 0xA6, 0xFF}
	green = color.RGBA{0x1A, 0xAD, 0x19, 0xFF}
	amber = color.RGBA{0xFF, 0xB0, 0x20, 0xFF}
	night = color.RGBA{0x1D, 0x24, 0x2C, 0xFF}
	light = color.RGBA{0xF2, 0xF4, 0xF7, 0xFF}
)

// sketch is a picture being drawn.
type sketch struct {
	*image.RGBA
	face *opentype.Font
}

func newSketch(width, height int, ground color.Color) sketch {
	face, err := opentype.Parse(fonts.Regular)
	if err != nil {
		panic(err) // the embedded typeface
	}
	s := sketch{image.NewRGBA(image.Rect(0, 0, width, height)), face}
	s.box(0, 0, width, height, ground)
	return s
}

func (s sketch) box(x, y, w, h int, c color.Color) {
	draw.Draw(s, image.Rect(x, y, x+w, y+h), image.NewUniform(c), image.Point{}, draw.Src)
}

// text writes with its baseline at y; right-aligned when x is negative, at -x.
func (s sketch) text(x, y int, size float64, c color.Color, text string) {
	face, err := opentype.NewFace(s.face, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		panic(err)
	}
	d := font.Drawer{Dst: s, Src: image.NewUniform(c), Face: face}
	if x < 0 {
		x = -x - d.MeasureString(text).Round()
	}
	d.Dot = fixed.P(x, y)
	d.DrawString(text)
}

func encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

func (s sketch) jpeg() *desk.Image { return &desk.Image{Data: encode(s)} }

// small is the drawing at another size.
func (s sketch) small(width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	xdraw.CatmullRom.Scale(img, img.Bounds(), s, s.Bounds(), xdraw.Src, nil)
	return encode(img)
}

// Photograph is one of the drawn pictures in landscape, at a size, as a JPEG.
func Photograph(width, height int, of id.Media) []byte {
	sum := fnv.New32a()
	sum.Write(of[:])
	if sum.Sum32()%2 == 0 {
		return form().small(width, height)
	}
	return display().small(width, height)
}

// ReceiptWidth and ReceiptHeight are the drawn receipt's size.
const (
	ReceiptWidth  = 480
	ReceiptHeight = 640
)

// Receipt is a photograph of a receipt on a table.
func Receipt() *desk.Image {
	s := newSketch(ReceiptWidth, ReceiptHeight, table)
	s.box(84, 40, 320, 560, color.RGBA{0x6C, 0x5C, 0x4B, 0xFF})
	s.box(76, 32, 320, 560, paper)
	s.text(140, 84, 26, black, "昆明示范加油站")
	s.text(182, 112, 16, grey, "加油小票")
	for y := 132; y <= 420; y += 288 {
		s.box(96, y, 280, 2, grey)
	}
	for i, line := range [][2]string{
		{"枪号", "3 号 92#"}, {"升数", "25.60 L"}, {"单价", "7.50 元/L"}, {"金额", "192.00"}, {"优惠", "-0.00"}, {"时间", "11-23 07:02"},
	} {
		s.text(96, 172+i*42, 22, black, line[0])
		s.text(-376, 172+i*42, 22, black, line[1])
	}
	s.text(96, 470, 26, black, "应收")
	s.text(-376, 470, 34, black, "¥192.00")
	for x := 110; x < 362; x += 9 {
		s.box(x, 500, 2+x*7%5, 60, black)
	}
	return s.jpeg()
}

// PhoneWidth and PhoneHeight are the drawn phone page's size.
const (
	PhoneWidth  = 540
	PhoneHeight = 960
)

// Phone is a page of a phone that shows a payment.
func Phone() *desk.Image {
	s := newSketch(PhoneWidth, PhoneHeight, light)
	s.box(0, 0, PhoneWidth, 88, color.White)
	s.text(30, 58, 28, black, "账单详情")
	s.box(24, 112, PhoneWidth-48, 300, color.White)
	s.box(230, 150, 80, 80, green)
	s.text(252, 204, 40, color.White, "油")
	s.text(178, 296, 48, black, "-192.00")
	s.text(216, 346, 24, grey, "支付成功")
	s.box(24, 432, PhoneWidth-48, 330, color.White)
	for i, line := range [][2]string{
		{"商户", "昆明示范加油站"}, {"商品", "92# 汽油 25.60 L"}, {"支付时间", "11-23 07:05"}, {"交易单号", "4200…7731"},
	} {
		s.text(52, 494+i*70, 26, grey, line[0])
		s.text(-PhoneWidth+52, 494+i*70, 26, black, line[1])
	}
	return s.jpeg()
}

// DisplayWidth and DisplayHeight are the drawn dispenser's size.
const (
	DisplayWidth  = 640
	DisplayHeight = 420
)

// Display is the face of a dispenser with its figures.
func Display() *desk.Image { return display().jpeg() }

func display() sketch {
	s := newSketch(DisplayWidth, DisplayHeight, color.RGBA{0xC8, 0xCE, 0xD4, 0xFF})
	s.box(30, 30, 580, 360, night)
	for i, line := range [][3]string{{"金额", "192.00", "元"}, {"升数", "25.60", "L"}, {"单价", "7.50", "元/L"}} {
		y := 60 + i*108
		s.box(60, y, 520, 88, color.RGBA{0x0E, 0x14, 0x10, 0xFF})
		s.text(80, y+56, 28, grey, line[0])
		s.text(-480, y+66, 58, amber, line[1])
		s.text(496, y+62, 26, grey, line[2])
	}
	return s
}

// form is a page of the mini-program where a vehicle is entered.
func form() sketch {
	s := newSketch(DisplayWidth, DisplayHeight, light)
	s.box(0, 0, DisplayWidth, 76, color.White)
	s.text(250, 50, 30, black, "车辆管理")
	for i, line := range [][2]string{{"车牌号", "云A·D7***5"}, {"车型", "比亚迪宋 DM-i"}, {"燃油", "92#"}} {
		y := 96 + i*72
		s.box(30, y, 580, 60, color.White)
		s.text(54, y+40, 26, grey, line[0])
		s.text(-586, y+40, 26, black, line[1])
	}
	s.box(30, 330, 580, 64, color.RGBA{0x0B, 0x55, 0x63, 0xFF})
	s.text(292, 372, 28, color.White, "保存")
	return s
}
