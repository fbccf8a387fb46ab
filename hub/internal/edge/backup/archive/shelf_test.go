package archive_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"forecourt/hub/internal/edge/backup/archive"
)

const (
	ulidA = "01J00000000000000000000001"
	ulidB = "01J00000000000000000000002"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keyPair is a key of the given number, always the same.
func keyPair(t testing.TB, number byte) (archive.Identities, string) {
	t.Helper()
	secret, public, err := archive.NewIdentity(bytes.NewReader(bytes.Repeat([]byte{number}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := archive.ReadIdentities(bytes.NewReader([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	return ids, public
}

func recipients(t testing.TB, public ...string) archive.Recipients {
	t.Helper()
	to, err := archive.ParseRecipients(public...)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// signer is that of the given number, always the same.
func signer(number byte) archive.Signer { return archive.NewSigner([32]byte{number}) }

// noise is data that does not compress, always the same.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// shelf keeps parts in memory and counts what is open.
type shelf struct {
	parts map[string][]byte
	open  int
}

func newShelf() *shelf { return &shelf{parts: map[string][]byte{}} }

// copied is a shelf with the same parts, to be spoilt.
func (s *shelf) copied() *shelf {
	c := newShelf()
	for key, b := range s.parts {
		c.parts[key] = bytes.Clone(b)
	}
	return c
}

func (s *shelf) cut(key string) (io.WriteCloser, error) {
	if _, taken := s.parts[key]; taken {
		return nil, fs.ErrExist
	}
	s.open++
	return &shelfWriter{shelf: s, key: key}, nil
}

func (s *shelf) get(p archive.Part) (io.ReadCloser, error) {
	b, ok := s.parts[p.Key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	s.open++
	return &shelfReader{Reader: bytes.NewReader(b), shelf: s}, nil
}

type shelfWriter struct {
	bytes.Buffer
	shelf *shelf
	key   string
}

// Close puts the part on the shelf.
func (w *shelfWriter) Close() error {
	w.shelf.open--
	w.shelf.parts[w.key] = w.Bytes()
	return nil
}

type shelfReader struct {
	io.Reader
	shelf *shelf
}

// Close counts.
func (r *shelfReader) Close() error { r.shelf.open--; return nil }

// write is a component of data in parts of partBytes.
func write(t testing.TB, s *shelf, name string, data []byte, partBytes int64, public ...string) archive.Component {
	t.Helper()
	w, err := archive.NewSmallWriter(name, recipients(t, public...), s.cut, partBytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	c, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read reads a component to its end.
func read(c archive.Component, ids archive.Identities, open func(archive.Part) (io.ReadCloser, error)) ([]byte, error) {
	r, err := archive.NewReader(c, ids, open)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}
