package dart

import (
	"errors"
	"fmt"
)

// Bytes with a meaning of their own ("Dart Pump Interface", line frames).
const (
	endOfFrame = 0xFA // SF
	escape     = 0x10 // DLE: the end byte after it is data
	endOfText  = 0x03 // stands before SF in a data frame
)

// Addresses of fuelling sides.
const (
	FirstAddress = 0x50
	LastAddress  = 0x6F
)

const (
	// maxBody bounds the transactions of one block. The longest real one,
	// pump parameters beside a few others, is under a hundred bytes.
	maxBody = 255
	// maxRaw bounds what may stand between two ends of frames: every byte
	// of body and checksum escaped, and the five others.
	maxRaw = 2*(maxBody+2) + 5
	// crcPoly is CRC-16/ARC, reflected.
	crcPoly = 0xA001
)

var (
	// ErrFrame says that bytes are not a frame: wrong shape or checksum.
	ErrFrame = errors.New("dart: not a good frame")
	// ErrTransaction says that a block's transactions do not fill it.
	ErrTransaction = errors.New("dart: transactions do not fit their block")
	// ErrFigure says that a number is not BCD, or does not fit its unit.
	ErrFigure = errors.New("dart: not a figure")
)

// Kind is what a frame is: the high half of its control byte.
type Kind byte

// The kinds.
const (
	Poll    Kind = 0x2 // host asks
	Data    Kind = 0x3 // either side tells
	Nak     Kind = 0x5 // not accepted, start again at block 0
	EOT     Kind = 0x7 // nothing to tell
	Ack     Kind = 0xC // accepted
	AckPoll Kind = 0xE // accepted, and what else
)

// String names the kind as the documents do.
func (k Kind) String() string {
	switch k {
	case Poll:
		return "POLL"
	case Data:
		return "DATA"
	case Nak:
		return "NAK"
	case EOT:
		return "EOT"
	case Ack:
		return "ACK"
	case AckPoll:
		return "ACKPOLL"
	}
	return "unknown"
}

// Frame is one line frame.
type Frame struct {
	// Address of the fuelling side, 50 to 6F hex.
	Address byte
	// Kind says what it is.
	Kind Kind
	// TX is the block number, 0 to 15; 0 for POLL and EOT.
	TX byte
	// Body holds the transactions of a DATA frame, unescaped.
	Body []byte
}

// CRC is CRC-16/ARC over data: start 0, no final inversion. On the wire its
// low byte goes first.
func CRC(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= crcPoly
			}
		}
	}
	return crc
}

// Append writes the frame to dst. It does not check it.
func (f Frame) Append(dst []byte) []byte {
	head := []byte{f.Address, byte(f.Kind)<<4 | f.TX&0x0F}
	dst = append(dst, head...)
	if f.Kind == Data {
		crc := CRC(append(head, f.Body...))
		dst = appendEscaped(dst, f.Body)
		dst = appendEscaped(dst, []byte{byte(crc), byte(crc >> 8)})
		dst = append(dst, endOfText)
	}
	return append(dst, endOfFrame)
}

// appendEscaped marks every end byte as data. An escape byte itself is not
// escaped: before the real end stands 03 or a control byte, never 10.
func appendEscaped(dst, data []byte) []byte {
	for _, b := range data {
		if b == endOfFrame {
			dst = append(dst, escape)
		}
		dst = append(dst, b)
	}
	return dst
}

// unescape undoes appendEscaped.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i, b := range raw {
		if b == endOfFrame && i > 0 && raw[i-1] == escape {
			out = out[:len(out)-1]
		}
		out = append(out, b)
	}
	return out
}

// ParseFrame reads exactly one frame, its end byte included.
func ParseFrame(raw []byte) (Frame, error) {
	n := len(raw)
	if n < 3 || n > maxRaw+1 || raw[n-1] != endOfFrame {
		return Frame{}, fmt.Errorf("%w: %d bytes", ErrFrame, n)
	}
	f := Frame{Address: raw[0], Kind: Kind(raw[1] >> 4), TX: raw[1] & 0x0F}
	if f.Address < FirstAddress || f.Address > LastAddress {
		return Frame{}, fmt.Errorf("%w: address %02X", ErrFrame, f.Address)
	}
	switch f.Kind {
	case Poll, EOT, Nak, Ack, AckPoll:
		if n != 3 {
			return Frame{}, fmt.Errorf("%w: %s of %d bytes", ErrFrame, f.Kind, n)
		}
		return f, nil
	case Data:
		return parseData(f, raw)
	}
	return Frame{}, fmt.Errorf("%w: control byte %02X", ErrFrame, raw[1])
}

// parseData checks a DATA frame's checksum and takes its body.
func parseData(f Frame, raw []byte) (Frame, error) {
	const least = 2 + 2 + 2 // head, checksum, 03 FA
	n := len(raw)
	if n < least || raw[n-2] != endOfText {
		return Frame{}, fmt.Errorf("%w: DATA without its end", ErrFrame)
	}
	plain := unescape(raw[:n-2])
	m := len(plain) - 2
	if m < 2 || m-2 > maxBody {
		return Frame{}, fmt.Errorf("%w: DATA of %d bytes", ErrFrame, m)
	}
	if got := uint16(plain[m]) | uint16(plain[m+1])<<8; got != CRC(plain[:m]) {
		return Frame{}, fmt.Errorf("%w: checksum %04X, should be %04X", ErrFrame, got, CRC(plain[:m]))
	}
	f.Body = plain[2:m:m]
	return f, nil
}

// Counters tell how a line does.
type Counters struct {
	// Frames were good.
	Frames uint64
	// Bad ended like a frame and were none.
	Bad uint64
	// Junk counts bytes that belonged to no frame.
	Junk uint64
}

// Decoder finds frames in a stream of bytes that may be split, merged and
// dirty. Before a good frame it skips what does not belong to it.
type Decoder struct {
	// Counters may be read and reset by the owner.
	Counters Counters
	raw      []byte
	ready    []Frame
}

// Write takes the next bytes; it never fails.
func (d *Decoder) Write(p []byte) (int, error) {
	for _, b := range p {
		escaped := len(d.raw) > 0 && d.raw[len(d.raw)-1] == escape
		d.raw = append(d.raw, b)
		switch {
		case b == endOfFrame && !escaped:
			d.cut()
		case len(d.raw) > maxRaw:
			half := len(d.raw) / 2
			d.Counters.Junk += uint64(half)
			d.raw = append(d.raw[:0], d.raw[half:]...)
		}
	}
	return len(p), nil
}

// cut looks for a frame at the end of what has come.
func (d *Decoder) cut() {
	raw := d.raw
	d.raw = nil
	f, skipped, err := findFrame(raw)
	d.Counters.Junk += uint64(skipped)
	if err != nil {
		d.Counters.Bad++
		return
	}
	d.Counters.Frames++
	d.ready = append(d.ready, f)
}

// findFrame finds the longest frame that ends where raw ends, and says how
// many bytes before it belong to nothing. A frame that lost only its end runs
// on into the next with a good checksum, since the checksum of a whole frame
// with its own is zero; so one whose block makes sense is preferred.
func findFrame(raw []byte) (f Frame, skipped int, err error) {
	senseless, at := Frame{}, -1
	for start := 0; start+3 <= len(raw); start++ {
		if f, err = ParseFrame(raw[start:]); err != nil {
			continue
		}
		if _, err := ParseTransactions(f.Body); err == nil {
			return f, start, nil
		}
		if at < 0 {
			senseless, at = f, start
		}
	}
	if at >= 0 {
		return senseless, at, nil
	}
	_, err = ParseFrame(raw)
	return Frame{}, len(raw), err
}

// Next takes the next frame, if one is complete.
func (d *Decoder) Next() (Frame, bool) {
	if len(d.ready) == 0 {
		return Frame{}, false
	}
	f := d.ready[0]
	d.ready = d.ready[1:]
	return f, true
}

// Reset forgets frames and bytes not yet taken, as before speaking on a
// half-duplex line. The bytes count as junk.
func (d *Decoder) Reset() {
	d.Counters.Junk += uint64(len(d.raw))
	d.raw, d.ready = nil, nil
}

// Pending reports whether bytes of an unfinished frame wait.
func (d *Decoder) Pending() bool { return len(d.raw) > 0 }
