package realtime

import (
	"bytes"
	"encoding/binary"
	"testing"

	"forecourt/shared/wire"
)

// fataler is a test or a property.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// messagesIn takes the hub's socket frames apart, as RFC 6455 has them: text
// messages whole, pings as nil.
func messagesIn(t fataler, b []byte) [][]byte {
	t.Helper()
	var messages [][]byte
	for len(b) > 0 {
		if b[0] == 0x89 && b[1] == 0 {
			messages, b = append(messages, nil), b[2:]
			continue
		}
		if b[0] != 0x81 || b[1]&0x80 != 0 {
			t.Fatalf("a frame begins with %x", b[:2])
		}
		n, head := int(b[1]), 2
		switch n {
		case 126:
			n, head = int(binary.BigEndian.Uint16(b[2:])), 4
		case 127:
			n, head = int(binary.BigEndian.Uint64(b[2:])), 10
		}
		messages, b = append(messages, b[head:head+n]), b[head+n:]
	}
	return messages
}

// framesIn is every wire frame in them.
func framesIn(t fataler, b []byte) []wire.Frame {
	t.Helper()
	var all []wire.Frame
	for _, m := range messagesIn(t, b) {
		frames, err := wire.Decode(m)
		if err != nil {
			t.Fatalf("%q: %v", m, err)
		}
		all = append(all, frames...)
	}
	return all
}

func TestFramesOfEveryLength(t *testing.T) {
	for n, head := range map[int][]byte{
		1:         {0x81, 1},
		125:       {0x81, 125},
		126:       {0x81, 126, 0, 126},
		3900:      {0x81, 126, 0x0f, 0x3c},
		65535:     {0x81, 126, 0xff, 0xff},
		65536:     {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0},
		512 << 10: {0x81, 127, 0, 0, 0, 0, 0, 8, 0, 0},
	} {
		line := bytes.Repeat([]byte{'x'}, n)
		frame := textFrame(line)
		if !bytes.HasPrefix(frame, head) || !bytes.Equal(frame[len(head):], line) {
			t.Errorf("a payload of %d bytes begins with % x", n, frame[:12])
		}
		if got := messagesIn(t, frame); len(got) != 1 || !bytes.Equal(got[0], line) {
			t.Errorf("a payload of %d bytes is read back as %d messages", n, len(got))
		}
	}
}

func TestPackerStaysWithinABatch(t *testing.T) {
	var p packer
	if long := bytes.Repeat([]byte{'l'}, 2*wire.MaxBatchBytes); !p.add(long) || p.add([]byte("x")) {
		t.Error("a long line does not travel alone")
	}
	p = packer{}
	for p.add(bytes.Repeat([]byte{'s'}, 100)) {
	}
	got := messagesIn(t, p.frame())
	if len(got) != 1 || len(got[0]) > wire.MaxBatchBytes || len(got[0]) < wire.MaxBatchBytes-101 || p.frames != bytes.Count(got[0], []byte{'\n'})+1 {
		t.Errorf("%d lines in %d bytes", p.frames, len(got[0]))
	}
}
