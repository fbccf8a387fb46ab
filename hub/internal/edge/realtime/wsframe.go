package realtime

import (
	"encoding/binary"

	"forecourt/shared/wire"
)

// headerRoom is kept free in front of a payload for the longest header of an
// unmasked frame (RFC 6455, section 5.2).
const headerRoom = 10

// The first bytes of the frames the hub makes itself: final, not compressed.
const (
	finalText = 0x80 | 0x1
	finalPing = 0x80 | 0x9
	opClose   = 0x8
	opMask    = 0xf
)

// seal writes the header of a text frame in front of the payload that begins
// at headerRoom, and returns the frame.
func seal(buf []byte) []byte {
	n := len(buf) - headerRoom
	var frame []byte
	switch {
	case n <= 125:
		frame = buf[headerRoom-2:]
		frame[1] = byte(n)
	case n <= 0xffff:
		frame = buf[headerRoom-4:]
		frame[1] = 126
		binary.BigEndian.PutUint16(frame[2:], uint16(n))
	default:
		frame = buf
		frame[1] = 127
		binary.BigEndian.PutUint64(frame[2:], uint64(n))
	}
	frame[0] = finalText
	return frame
}

// textFrame is one line as a frame of its own.
func textFrame(line []byte) []byte {
	buf := make([]byte, headerRoom, headerRoom+len(line))
	return seal(append(buf, line...))
}

// pingFrame is an empty ping.
func pingFrame() []byte { return []byte{finalPing, 0} }

// encodeFrame is a wire frame as a socket frame of its own.
func encodeFrame(f wire.Frame) ([]byte, error) {
	line, err := wire.Encode(f)
	if err != nil {
		return nil, err
	}
	return textFrame(line), nil
}

// packer makes one socket frame of several lines.
type packer struct {
	buf    []byte
	frames int
}

// add takes one more line and reports whether it fitted. A line longer than a
// batch travels alone.
func (p *packer) add(line []byte) bool {
	if p.frames == 0 {
		p.buf = make([]byte, headerRoom, headerRoom+len(line)+1)
		p.buf = append(p.buf, line...)
		p.frames = 1
		return true
	}
	if len(p.buf)-headerRoom+1+len(line) > wire.MaxBatchBytes {
		return false
	}
	p.buf = append(append(p.buf, '\n'), line...)
	p.frames++
	return true
}

// frame is what was taken, as one frame.
func (p *packer) frame() []byte { return seal(p.buf) }
