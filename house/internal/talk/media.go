package talk

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"strings"
	"time"
)

// sampleRate of recordings, as a till's microphone gives them.
const sampleRate = 16_000

// Picture draws the price sign of a station at dusk, with other prices for
// every number.
func Picture(n int) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		sky := color.RGBA{uint8(40 + y/4), uint8(60 + y/6), uint8(110 + y/8), 255}
		fill(img, image.Rect(0, y, 640, y+1), sky)
	}
	fill(img, image.Rect(0, 430, 640, 480), color.RGBA{58, 62, 68, 255})
	fill(img, image.Rect(305, 380, 335, 432), color.RGBA{120, 125, 132, 255})
	fill(img, image.Rect(130, 30, 510, 390), color.RGBA{15, 28, 36, 255})
	fill(img, image.Rect(142, 42, 498, 100), color.RGBA{11, 85, 99, 255})
	for row := range 3 {
		y := 122 + row*88
		fill(img, image.Rect(160, y+12, 216, y+60), []color.RGBA{{27, 127, 59, 255}, {21, 101, 192, 255}, {242, 161, 0, 255}}[row])
		price := 750 + row*48 + n
		for i, digit := range []int{price / 100, price / 10 % 10, price % 10} {
			sevenSegments(img, image.Pt(262+i*76, y), digit)
		}
		fill(img, image.Rect(318, y+63, 328, y+72), lit())
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, nil)
	return out.Bytes(), err
}

// lit is the colour of the sign's digits.
func lit() color.RGBA { return color.RGBA{255, 196, 60, 255} }

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// sevenSegments draws a digit of 48 by 72 points.
func sevenSegments(img *image.RGBA, at image.Point, digit int) {
	const thick = 9
	bars := [...]image.Rectangle{ // top, upper right, lower right, bottom, lower left, upper left, middle
		image.Rect(4, 0, 44, thick), image.Rect(48-thick, 4, 48, 34), image.Rect(48-thick, 38, 48, 68),
		image.Rect(4, 72-thick, 44, 72), image.Rect(0, 38, thick, 68), image.Rect(0, 4, thick, 34), image.Rect(6, 32, 42, 32+thick),
	}
	on := [...]string{"012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356"}
	for i, bar := range bars {
		if strings.ContainsRune(on[digit], rune('0'+i)) {
			fill(img, bar.Add(at), lit())
		}
	}
}

// Voice is a WAV recording of a tone (16 bit, mono).
func Voice(n int, last time.Duration) []byte {
	samples := int(last.Seconds() * sampleRate)
	var out bytes.Buffer
	header := struct {
		Riff             [4]byte
		Size             uint32
		Wave, Fmt        [4]byte
		FmtSize          uint32
		Format, Channels uint16
		Rate, ByteRate   uint32
		Align, Bits      uint16
		Data             [4]byte
		DataSize         uint32
	}{
		Riff: [4]byte{'R', 'I', 'F', 'F'}, Size: uint32(36 + 2*samples), Wave: [4]byte{'W', 'A', 'V', 'E'}, Fmt: [4]byte{'f', 'm', 't', ' '},
		FmtSize: 16, Format: 1, Channels: 1, Rate: sampleRate, ByteRate: 2 * sampleRate, Align: 2, Bits: 16,
		Data: [4]byte{'d', 'a', 't', 'a'}, DataSize: uint32(2 * samples),
	}
	_ = binary.Write(&out, binary.LittleEndian, header) // a buffer takes everything
	pitch := 220 * float64(n%4+1)
	for i := range samples {
		_ = binary.Write(&out, binary.LittleEndian, int16(6000*math.Sin(2*math.Pi*pitch*float64(i)/sampleRate)))
	}
	return out.Bytes()
}
