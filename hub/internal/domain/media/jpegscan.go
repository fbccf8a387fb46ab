package media

import (
	"bytes"
	"encoding/binary"
)

// maxScans bounds the passes of a progressive JPEG. Encoders write about ten;
// each one costs a walk over every pixel, however small it is itself.
const maxScans = 40

// Markers of a JPEG (ITU-T T.81, table B.1).
const (
	markSOF0 = 0xc0 // of a picture in one pass
	markSOF2 = 0xc2 // of a progressive one
	markRST0 = 0xd0
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markAPP1 = 0xe1
	markTEM  = 0x01
)

// jpegFacts is what a JPEG's markers say, without a pixel read.
type jpegFacts struct {
	scans int
	exif  []byte // the TIFF structure of its Exif block
	// parts is how many values a group of share pixels takes, from the
	// components' sampling factors.
	parts, share int
	progressive  bool
}

// scanJPEG walks along the markers to the end of the picture, or to where they
// stop making sense; the decoder judges that.
func scanJPEG(content []byte) jpegFacts {
	var facts jpegFacts
	for at := 2; at+4 <= len(content); {
		mark := content[at+1]
		switch {
		case content[at] != 0xff, mark == 0xff:
			at++ // picture data, or a byte that fills up to a marker
			continue
		case mark == 0x00, mark == markTEM, mark >= markRST0 && mark <= markSOI:
			at += 2 // these stand alone
			continue
		case mark == markEOI:
			return facts
		}
		size := int(binary.BigEndian.Uint16(content[at+2:]))
		if size < 2 || at+2+size > len(content) {
			return facts
		}
		facts.take(mark, content[at+4:at+2+size])
		at += 2 + size
	}
	return facts
}

// take notes one segment.
func (f *jpegFacts) take(mark byte, body []byte) {
	switch {
	case mark == markSOS:
		f.scans++
	case mark >= markSOF0 && mark <= markSOF2 && f.parts == 0:
		f.progressive = mark == markSOF2
		f.sample(body)
	case mark == markAPP1 && f.exif == nil:
		if tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok {
			f.exif = tiff
		}
	}
}

// sample reads the sampling factors of a frame header (T.81, B.2.2).
func (f *jpegFacts) sample(body []byte) {
	const head, each = 6, 3
	wide, high := 1, 1
	for at := head; at+each <= len(body); at += each {
		h, v := int(body[at+1]>>4), int(body[at+1]&15)
		wide, high = max(wide, h), max(high, v)
		f.parts += h * v
	}
	f.share = wide * high
}

// bytes is how many bytes the decoder takes for that many pixels: one for each
// value, and four more while a progressive picture comes together.
func (f jpegFacts) bytes(pixels int) int {
	each := 1
	if f.progressive {
		each = 5
	}
	return pixels * max(f.parts, 1) * each / max(f.share, 1)
}
