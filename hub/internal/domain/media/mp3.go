package media

import (
	"bytes"
	"time"
)

// mp3MinShare is how much of a recording has to be frames, in per cent, tags
// aside: a file that only begins like MP3 is none.
const mp3MinShare = 90

// Sizes of tags (id3.org, "ID3 tag version 2.4.0", section 3.1; ID3v1).
const (
	id3v2Header = 10
	id3v1Size   = 128
)

// mp3Header is the first four bytes of a frame (ISO/IEC 11172-3, 2.4.2.3;
// ISO/IEC 13818-3 for the halved rates, "MPEG 2.5" for the quartered ones).
type mp3Header struct {
	version int // 3 MPEG 1, 2 MPEG 2, 0 MPEG 2.5, as coded
	rate    int // samples a second
	size    int // bytes, header included
	samples int
	info    int // where a frame of information about the file has its mark
}

// readHeader reads a frame's header: layer III with a bit rate that is said.
func readHeader(b []byte) (h mp3Header, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return h, false
	}
	version, layer := int(b[1]>>3&3), b[1]>>1&3
	rateCode, freqCode, padding := int(b[2]>>4), int(b[2]>>2&3), int(b[2]>>1&1)
	if version == 1 || layer != 1 || rateCode == 0 || rateCode == 15 || freqCode == 3 || b[3]&3 == 2 {
		return h, false
	}
	mono := b[3]>>6 == 3
	bitRates := [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	h = mp3Header{version: version, rate: [...]int{44100, 48000, 32000}[freqCode], samples: 576, info: 4 + 17}
	switch version {
	case 3:
		bitRates = [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
		h.samples, h.info = 1152, 4+32
		if mono {
			h.info = 4 + 17
		}
	case 2:
		h.rate /= 2
	case 0:
		h.rate /= 4
	}
	if version != 3 && mono {
		h.info = 4 + 9
	}
	h.size = h.samples/8*bitRates[rateCode]*1000/h.rate + padding
	return h, true
}

// like says whether both can be frames of one recording.
func (h mp3Header) like(o mp3Header) bool { return h.version == o.version && h.rate == o.rate }

// startsMP3 says whether content begins as an MP3 recording does: with a tag,
// or with a frame that another one follows.
func startsMP3(content []byte) bool {
	if bytes.HasPrefix(content, []byte("ID3")) {
		return true
	}
	first, ok := readHeader(content)
	if !ok || len(content) < first.size {
		return false
	}
	next, ok := readHeader(content[first.size:])
	return ok && next.like(first)
}

// readMP3 measures an MP3 recording, of constant or variable bit rate, by
// walking through its frames, and cuts it down to them.
func readMP3(content []byte) (time.Duration, []byte, error) {
	body := withoutTags(content)
	first, ok := readHeader(body)
	if !ok {
		return 0, nil, unknown("a tag without a recording")
	}
	frames := make([]byte, 0, len(body))
	moments := 0
	for at := 0; at < len(body); {
		h, ok := readHeader(body[at:])
		if !ok || !h.like(first) || at+h.size > len(body) {
			at = nextFrame(body, at+1, first)
			continue
		}
		frame := body[at : at+h.size]
		if len(frames) > 0 || !isInfo(frame, h) {
			moments += h.samples
		}
		frames = append(frames, frame...)
		at += h.size
	}
	if len(frames)*100 < len(body)*mp3MinShare {
		return 0, nil, unknown("%d of %d bytes are a recording", len(frames), len(body))
	}
	return time.Duration(moments) * time.Second / time.Duration(first.rate), frames, nil
}

// nextFrame is where the next frame begins, from at on, or the end. One byte
// pattern alone can be chance: another frame, or the end, has to follow it.
func nextFrame(body []byte, at int, first mp3Header) int {
	for ; at < len(body); at++ {
		skip := bytes.IndexByte(body[at:], 0xff)
		if skip < 0 {
			return len(body)
		}
		at += skip
		h, ok := readHeader(body[at:])
		if !ok || !h.like(first) {
			continue
		}
		if at+h.size == len(body) {
			return at
		}
		if at+h.size < len(body) {
			if next, ok := readHeader(body[at+h.size:]); ok && next.like(first) {
				return at
			}
		}
	}
	return len(body)
}

// isInfo says whether a frame is no sound but tells players about the file.
func isInfo(frame []byte, h mp3Header) bool {
	mark := func(at int) string {
		if len(frame) < at+4 {
			return ""
		}
		return string(frame[at : at+4])
	}
	return mark(h.info) == "Xing" || mark(h.info) == "Info" || mark(4+32) == "VBRI"
}

// withoutTags is content without the tags before and behind the recording, and
// without the zeros some put between.
func withoutTags(content []byte) []byte {
	for len(content) >= id3v2Header && string(content[:3]) == "ID3" {
		size := id3v2Header
		for i, b := range content[6:10] {
			size += int(b&0x7f) << (7 * (3 - i))
		}
		if content[5]&0x10 != 0 { // a footer like the header
			size += id3v2Header
		}
		content = content[min(size, len(content)):]
	}
	content = bytes.TrimLeft(content, "\x00")
	if n := len(content) - id3v1Size; n >= 0 && string(content[n:n+3]) == "TAG" {
		content = content[:n]
	}
	return content
}
