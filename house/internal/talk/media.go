package talk

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"time"
)

// sampleRate of recordings, as a till's microphone gives them.
const sampleRate = 16_000

// Picture draws a picture that is different for every number.
func Picture(n int) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			img.SetRGBA(x, y, color.RGBA{uint8(x / 3), uint8(y / 2), uint8(n * 40), 255})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, nil)
	return out.Bytes(), err
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
