// Package mark puts a number and a time into a message's payload, and finds
// them again in whatever bytes arrive: framing and batching of the servers
// under test make no difference to who counts.
package mark

import (
	"bytes"
	"strconv"
)

// A mark is "#", ten digits of sequence, ":", nineteen digits of nanoseconds
// and "#". No server under test escapes these characters.
const (
	sign       = '#'
	seqDigits  = 10
	timeDigits = 19
	// Length is the bytes of a mark.
	Length = 1 + seqDigits + 1 + timeDigits + 1
)

// Payload fills dst with a JSON string body of size bytes that carries a mark:
// the mark, then filling.
func Payload(dst []byte, size int, seq uint64, atNS int64) []byte {
	dst = append(dst[:0], sign)
	dst = padded(dst, seq, seqDigits)
	dst = append(dst, ':')
	dst = padded(dst, uint64(atNS), timeDigits)
	dst = append(dst, sign)
	for len(dst) < size {
		dst = append(dst, 'x')
	}
	return dst
}

func padded(dst []byte, v uint64, width int) []byte {
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], v, 10)
	for range width - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// Scanner finds marks in a stream of bytes that is cut anywhere.
type Scanner struct {
	rest [Length]byte
	kept int
}

// Scan calls found for every mark that ends in chunk.
func (s *Scanner) Scan(chunk []byte, found func(seq uint64, atNS int64)) {
	if s.kept > 0 {
		chunk = s.complete(chunk, found)
	}
	for {
		start := bytes.IndexByte(chunk, sign)
		if start < 0 {
			return
		}
		chunk = chunk[start:]
		if len(chunk) < Length {
			s.kept = copy(s.rest[:], chunk)
			return
		}
		read(chunk[:Length], found)
		chunk = chunk[Length:]
	}
}

// complete joins what was kept of a cut mark with what follows it.
func (s *Scanner) complete(chunk []byte, found func(uint64, int64)) []byte {
	n := copy(s.rest[s.kept:], chunk)
	s.kept += n
	if s.kept == Length {
		read(s.rest[:], found)
		s.kept = 0
	}
	return chunk[n:]
}

func read(m []byte, found func(uint64, int64)) {
	var seq uint64
	for _, c := range m[1 : 1+seqDigits] {
		seq = seq*10 + uint64(c-'0')
	}
	var at int64
	for _, c := range m[2+seqDigits : 2+seqDigits+timeDigits] {
		at = at*10 + int64(c-'0')
	}
	found(seq, at)
}
