package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// quarters is a picture of four colours: red, green, blue, white, from the
// upper left in reading order.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	colours := []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, colours[2*(2*y/h)+2*x/w])
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// crcOf is the checksum of a PNG's chunk.
func crcOf(chunk []byte) uint32 { return crc32.ChecksumIEEE(chunk) }

// segment is one segment of a JPEG.
func segment(mark byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(2+len(body))), body...)
}

// withSegments is a JPEG with segments put in behind its beginning.
func withSegments(content []byte, segments ...[]byte) []byte {
	return bytes.Join([][]byte{content[:2], bytes.Join(segments, nil), content[2:]}, nil)
}

// camera is what the made Exif block names as the camera, and latitude the
// degrees, minutes and seconds it was taken at: what must not be kept.
const camera = "Forecourt Testcam 3000"

func latitude() []uint32 { return []uint32{30, 1, 39, 1, 1234, 100} }

// exifOf builds a TIFF structure as a phone writes it: the camera, the
// orientation and where the picture was taken.
func exifOf(order binary.AppendByteOrder, orientation uint16) []byte {
	out := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		out = []byte("MM\x00*")
	}
	entry := func(b []byte, tag, kind uint16, count, value uint32) []byte {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, count)
		if kind == 3 { // a short stands in the first half of its four bytes
			return order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
		}
		return order.AppendUint32(b, value)
	}
	const first, entries = 8, 3
	const gps = first + 2 + 12*entries + 4
	const maker = gps + 2 + 12*2 + 4
	const place = maker + uint32(len(camera)) + 1
	out = order.AppendUint32(out, first)
	out = order.AppendUint16(out, entries)
	out = entry(out, 0x010f, 2, uint32(len(camera)+1), maker) // Make
	out = entry(out, 0x0112, 3, 1, uint32(orientation))       // Orientation
	out = entry(out, 0x8825, 4, 1, gps)                       // GPS IFD
	out = order.AppendUint32(out, 0)
	out = order.AppendUint16(out, 2)
	north := uint32('N') // GPSLatitudeRef, inline: the byte comes first
	if order == binary.AppendByteOrder(binary.BigEndian) {
		north <<= 24
	}
	out = entry(out, 1, 2, 2, north)
	out = entry(out, 2, 5, 3, place) // GPSLatitude
	out = order.AppendUint32(out, 0)
	out = append(append(out, camera...), 0)
	for _, n := range latitude() {
		out = order.AppendUint32(out, n)
	}
	return out
}

// exifSegment is the segment of a JPEG that carries an Exif block.
func exifSegment(tiff []byte) []byte { return segment(0xe1, append([]byte("Exif\x00\x00"), tiff...)) }

// chunk is one chunk of a RIFF file, padded.
func chunk(name string, body []byte) []byte {
	out := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	return append(out, make([]byte, len(body)&1)...)
}

// riff is a RIFF file of a form.
func riff(form string, chunks ...[]byte) []byte {
	body := append([]byte(form), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// bits writes numbers lowest bit first, as VP8L does.
type bits struct {
	out []byte
	n   int
}

func (b *bits) put(value uint32, count int) {
	for i := range count {
		if b.n%8 == 0 {
			b.out = append(b.out, 0)
		}
		b.out[b.n/8] |= byte(value>>i&1) << (b.n % 8)
		b.n++
	}
}

// vp8l is a lossless WebP picture of one colour (RFC 9649, section 3): every
// code has a single symbol, so that its pixels take no bits at all.
func vp8l(w, h int, c color.NRGBA) []byte {
	b := &bits{}
	b.put(0x2f, 8)
	b.put(uint32(w-1), 14)
	b.put(uint32(h-1), 14)
	b.put(1, 1) // alpha is used
	b.put(0, 3) // version
	b.put(0, 1) // no transform
	b.put(0, 1) // no cache of colours
	b.put(0, 1) // one group of codes
	for _, symbol := range []byte{c.G, c.R, c.B, c.A} {
		b.put(1, 1) // a simple code
		b.put(0, 1) // of one symbol
		b.put(1, 1) // of eight bits
		b.put(uint32(symbol), 8)
	}
	b.put(0b0001, 4) // distances: a simple code of one symbol of one bit, 0
	return chunk("VP8L", b.out)
}

func webpOf(w, h int, c color.NRGBA) []byte { return riff("WEBP", vp8l(w, h, c)) }

// fmtChunk is the format of a WAV recording.
func fmtChunk(tag, channels uint16, rate uint32, depth uint16) []byte {
	frame := channels * depth / 8
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(frame))
	b = binary.LittleEndian.AppendUint16(b, frame)
	return chunk("fmt ", binary.LittleEndian.AppendUint16(b, depth))
}

// samples is a tone of so many milliseconds.
func samples(channels, rate, ms int) []byte {
	out := make([]byte, 0, 2*channels*rate*ms/1000)
	for i := range channels * rate * ms / 1000 {
		out = binary.LittleEndian.AppendUint16(out, uint16(i%100*300))
	}
	return out
}

// wavOf is a plain recording of so many milliseconds.
func wavOf(channels, rate, ms int) []byte {
	return riff("WAVE", fmtChunk(1, uint16(channels), uint32(rate), 16), chunk("data", samples(channels, rate, ms)))
}

// mp3Frame is one frame of MPEG 1 layer III at 44.1 kHz, of about 26 ms.
func mp3Frame(bitRateCode byte) []byte {
	rates := []int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	out := make([]byte, 144*rates[bitRateCode]*1000/44100)
	copy(out, []byte{0xff, 0xfb, bitRateCode << 4, 0xc0})
	return out
}

// mp3Of is a recording of n frames, of 1152 samples each.
func mp3Of(n int) []byte { return bytes.Repeat(mp3Frame(5), n) }

// id3v2 is a tag with so many bytes in it, id3v1 the one behind a recording.
func id3v2(size int) []byte {
	head := []byte{'I', 'D', '3', 4, 0, 0, byte(size >> 21 & 127), byte(size >> 14 & 127), byte(size >> 7 & 127), byte(size & 127)}
	return append(head, bytes.Repeat([]byte{'t'}, size)...)
}

func id3v1() []byte { return append([]byte("TAG"), make([]byte, 125)...) }
