package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// partsReader reads the parts of a component one after another and checks each
// when it ends. Its io.EOF says that all of them are right. That io.EOF is never
// wrapped, and one that is wrapped is an error of a place: a connection that
// ended is not the end of a part.
type partsReader struct {
	parts []Part
	open  func(Part) (io.ReadCloser, error)
	next  int           // index of the part that is read
	file  io.ReadCloser // nil between two parts
	sum   hash.Hash
	got   int64
	err   error // the first error, io.EOF included; it stays
}

func newPartsReader(c Component, open func(Part) (io.ReadCloser, error)) *partsReader {
	return &partsReader{parts: c.Parts, open: open, sum: sha256.New()}
}

// Read implements io.Reader. It never reads beyond the part's size, so that
// whatever lies at a place cannot feed more than the manifest says.
func (p *partsReader) Read(b []byte) (int, error) {
	for p.err == nil && len(b) > 0 {
		if p.next == len(p.parts) {
			p.err = io.EOF
			break
		}
		if p.err = p.begin(); p.err != nil {
			break
		}
		if n := p.some(b); n > 0 {
			return n, nil
		}
	}
	if len(b) == 0 {
		return 0, nil
	}
	return 0, p.err
}

// some reads into b from the part that is open, and judges it at its end.
func (p *partsReader) some(b []byte) int {
	part := p.parts[p.next]
	if p.got == part.Bytes {
		p.err = p.judge()
		return 0
	}
	n, err := p.file.Read(b[:min(int64(len(b)), part.Bytes-p.got)])
	p.sum.Write(b[:n])
	p.got += int64(n)
	switch {
	case err == io.EOF:
		p.err = p.judge()
	case err != nil:
		p.err = fmt.Errorf("reading part %s: %w", part.Key, err)
	}
	return n
}

// begin opens the next part unless one is open.
func (p *partsReader) begin() error {
	if p.file != nil {
		return nil
	}
	file, err := p.open(p.parts[p.next])
	if err != nil {
		return openFault(p.parts[p.next].Key, err)
	}
	p.file, p.got = file, 0
	p.sum.Reset()
	return nil
}

// judge says what is wrong with the part whose end was reached, or goes on to
// the next.
func (p *partsReader) judge() error {
	part := p.parts[p.next]
	longer, err := p.rest()
	if err != nil {
		return fmt.Errorf("reading part %s: %w", part.Key, err)
	}
	sum := hex.EncodeToString(p.sum.Sum(nil))
	if sum == part.SHA256 && p.got == part.Bytes {
		p.next++
		p.close()
		return nil
	}
	for _, other := range p.parts {
		if other.Key != part.Key && other.SHA256 == sum && other.Bytes == p.got {
			return ErrPart{Key: part.Key, What: PartSwapped, Detail: "it holds " + other.Key}
		}
	}
	switch {
	case longer:
		return ErrPart{Key: part.Key, What: PartAltered, Detail: fmt.Sprintf("it has more than %d bytes", part.Bytes)}
	case p.got < part.Bytes:
		return ErrPart{Key: part.Key, What: PartCut, Detail: fmt.Sprintf("it has %d of %d bytes", p.got, part.Bytes)}
	}
	return ErrPart{Key: part.Key, What: PartAltered, Detail: "its sum is another"}
}

// rest reads what comes after the part's size, at most as much as a part may
// have, and says whether there was any: it may be a longer part in the wrong
// place.
func (p *partsReader) rest() (longer bool, err error) {
	if p.got < p.parts[p.next].Bytes {
		return false, nil
	}
	n, err := io.Copy(p.sum, io.LimitReader(p.file, PartBytes+1-p.got))
	p.got += n
	return n > 0, err
}

// fault reads the part that is open to its end and says what is wrong with it:
// nil if nothing is, or if none is open.
func (p *partsReader) fault() error {
	at := p.next
	buffer := make([]byte, verifyBytes)
	for p.err == nil && p.file != nil && p.next == at {
		p.some(buffer)
	}
	if p.err == io.EOF {
		return nil
	}
	return p.err
}

// finish reads whatever is left; nil says that every part is right.
func (p *partsReader) finish() error {
	if _, err := io.Copy(io.Discard, p); err != nil {
		return err
	}
	return nil
}

// close closes the part that is open. What a reader says when it is closed is
// of no interest: what was read has been checked.
func (p *partsReader) close() {
	if p.file != nil {
		_ = p.file.Close()
		p.file = nil
	}
}
