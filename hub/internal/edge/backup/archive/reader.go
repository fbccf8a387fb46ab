package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what a decompressor holds in memory: the window of the
// fastest level is 4 MiB.
const maxWindow = 16 << 20

// reader gives the clear bytes of a component.
type reader struct {
	component Component
	parts     *partsReader
	zip       *zstd.Decoder
	sum       hash.Hash
	bytes     int64
	err       error // the first error, io.EOF included; it stays
}

// NewReader opens a component. open opens a part at its beginning.
//
// Parts are checked as they go by: whoever read to io.EOF has every byte that
// was written and no other, and until then should believe nothing. What is
// wrong with a part is an ErrPart. The error is ErrWrongKey if none of the keys
// opens it, and ErrDamaged if every part is what the component says and they
// still do not make it up. An error of open, or of reading a part, that says
// nothing of what lies there is passed on. Memory is bounded.
//
// The reader is for one goroutine; the caller closes it.
func NewReader(c Component, ids Identities, open func(Part) (io.ReadCloser, error)) (io.ReadCloser, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	r := &reader{component: c, parts: newPartsReader(c, open), sum: sha256.New()}
	clear, err := ids.unseal(r.parts)
	if err != nil {
		err = r.cause(err)
		r.parts.close()
		return nil, err
	}
	if r.zip, err = decompressor(clear); err != nil {
		err = r.cause(err)
		r.parts.close()
		return nil, err
	}
	return r, nil
}

// decompressor works in the caller's goroutine, so that nobody else reads the
// parts meanwhile.
func decompressor(r io.Reader) (*zstd.Decoder, error) {
	zip, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("opening the decompressor: %w", err)
	}
	return zip, nil
}

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.zip.Read(b)
	if r.bytes+int64(n) > r.component.Bytes {
		n, err = int(r.component.Bytes-r.bytes), errors.New("it is longer than it should be")
	}
	r.sum.Write(b[:n])
	r.bytes += int64(n)
	switch {
	case err == io.EOF:
		r.err = r.whole()
	case err != nil:
		r.err = r.cause(err)
	}
	return n, r.err
}

// whole is io.EOF if everything that was read is all that there should be.
func (r *reader) whole() error {
	if err := r.parts.finish(); err != nil {
		return err
	}
	if r.bytes != r.component.Bytes {
		return fmt.Errorf("%w: component %s has %d of %d bytes", ErrDamaged, r.component.Name, r.bytes, r.component.Bytes)
	}
	if hex.EncodeToString(r.sum.Sum(nil)) != r.component.SHA256 {
		return fmt.Errorf("%w: component %s has another sum", ErrDamaged, r.component.Name)
	}
	return io.EOF
}

// cause is why a component could not be opened or read on: what is wrong with
// the part that is being read, and only if nothing is, err.
func (r *reader) cause(err error) error {
	if fault := r.parts.fault(); fault != nil {
		return fault
	}
	if errors.Is(err, ErrWrongKey) {
		return fmt.Errorf("component %s: %w", r.component.Name, err)
	}
	return fmt.Errorf("%w: component %s, though its parts are what they should be: %w", ErrDamaged, r.component.Name, err)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.err == nil {
		r.err = errors.New("archive: the component was closed")
	}
	r.zip.Close()
	r.parts.close()
	return nil
}

// Verify reads the parts of a component and checks their sizes and sums; it
// needs no key. progress, if not nil, is told of every few bytes that were read
// how many they are. Errors are as those of NewReader; the first is told.
func Verify(ctx context.Context, c Component, open func(Part) (io.ReadCloser, error), progress func(int64)) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	parts := newPartsReader(c, open)
	buffer := make([]byte, verifyBytes)
	for {
		n, err := parts.Read(buffer)
		if progress != nil && n > 0 {
			progress(int64(n))
		}
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err == io.EOF: // partsReader's own; a place's error may wrap another
			return nil
		case err != nil:
			parts.close()
			return err
		}
	}
}

// verifyBytes is how much is read at a time.
const verifyBytes = 256 << 10
