package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
)

func TestAComponentComesBackWhole(t *testing.T) {
	ids, public := keyPair(t, 1)
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(rt, "data")
		if rapid.Bool().Draw(rt, "noise") {
			data = append(data, noise(rapid.IntRange(0, 200_000).Draw(rt, "noises"))...)
		}
		partBytes := rapid.Int64Range(1, 3000).Draw(rt, "part")
		if int64(len(data)) > partBytes*(archive.MaxParts-20)/2 {
			partBytes = 3000
		}
		s := newShelf()
		w, err := archive.NewSmallWriter("tail", recipients(t, public), s.cut, partBytes)
		if err != nil {
			rt.Fatal(err)
		}
		for rest := data; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "write")
			if _, err := w.Write(rest[:n]); err != nil {
				rt.Fatal(err)
			}
			rest = rest[n:]
		}
		c, err := w.Close()
		if err != nil {
			rt.Fatal(err)
		}
		checkComponent(rt, c, s, data, partBytes)
		got, err := read(c, ids, s.get)
		if err != nil || !bytes.Equal(got, data) || s.open != 0 {
			rt.Fatalf("%d of %d bytes came back, %d parts left open: %v", len(got), len(data), s.open, err)
		}
		var last int64
		if err := archive.Verify(t.Context(), c, s.get, func(n int64) { last += n }); err != nil || last != c.Stored() || s.open != 0 {
			rt.Fatalf("%d of %d bytes were verified: %v", last, c.Stored(), err)
		}
	})
}

func checkComponent(t *rapid.T, c archive.Component, s *shelf, data []byte, partBytes int64) {
	sum := sha256.Sum256(data)
	if c.Name != "tail" || c.Bytes != int64(len(data)) || c.SHA256 != hex.EncodeToString(sum[:]) || len(c.Parts) != len(s.parts) {
		t.Fatalf("%d parts for %+v", len(s.parts), c)
	}
	for i, p := range c.Parts {
		sum := sha256.Sum256(s.parts[p.Key])
		if p.Key != archive.PartKey("tail", i+1) || p.Bytes != int64(len(s.parts[p.Key])) || p.SHA256 != hex.EncodeToString(sum[:]) {
			t.Fatalf("part %d is noted as %+v", i+1, p)
		}
		if p.Bytes > partBytes || (i < len(c.Parts)-1 && p.Bytes != partBytes) {
			t.Fatalf("part %d has %d bytes, %d each", i+1, p.Bytes, partBytes)
		}
	}
}

// An operator without this program puts the parts together, unseals and
// decompresses them.
func TestAComponentIsOpenedByHand(t *testing.T) {
	secret, public, err := archive.NewIdentity(bytes.NewReader(noise(32)))
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{nil, []byte("of the database"), noise(300_000)} {
		s := newShelf()
		c := write(t, s, "database", data, 4096, public)
		var all bytes.Buffer
		for _, p := range c.Parts {
			all.Write(s.parts[p.Key])
		}
		key, err := age.ParseX25519Identity(secret)
		if err != nil {
			t.Fatal(err)
		}
		clear, err := age.Decrypt(&all, key)
		if err != nil {
			t.Fatal(err)
		}
		zip, err := zstd.NewReader(clear)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(zip)
		zip.Close()
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d of %d bytes: %v", len(got), len(data), err)
		}
	}
}

func TestEachRecipientOpensItAlone(t *testing.T) {
	first, one := keyPair(t, 1)
	second, two := keyPair(t, 2)
	stranger, _ := keyPair(t, 3)
	s := newShelf()
	c := write(t, s, "keys", []byte("wrapped"), 100, one, two)
	for _, ids := range []archive.Identities{first, second} {
		if got, err := read(c, ids, s.get); err != nil || string(got) != "wrapped" {
			t.Errorf("%s: %q, %v", ids.Public(), got, err)
		}
	}
	for _, ids := range []archive.Identities{stranger, {}} {
		if _, err := read(c, ids, s.get); !errors.Is(err, archive.ErrWrongKey) || errors.Is(err, archive.ErrDamaged) || s.open != 0 {
			t.Errorf("%s: %v, %d parts left open", ids, err, s.open)
		}
	}
	if bytes.Contains(slices.Concat(s.parts["keys.0001.zst.age"], s.parts["keys.0002.zst.age"]), []byte("wrapped")) {
		t.Error("it lies there in clear")
	}
}

// spoilt is a component in six parts, whose parts can be harmed.
func spoilt(t *testing.T) (archive.Component, archive.Identities, *shelf) {
	ids, public := keyPair(t, 1)
	s := newShelf()
	c := write(t, s, "database", noise(1500), 300, public)
	if len(c.Parts) != 6 {
		t.Fatalf("%d parts", len(c.Parts))
	}
	return c, ids, s
}

// wantFault reads and verifies a component and wants a fault of a part.
func wantFault(t *testing.T, c archive.Component, ids archive.Identities, s *shelf, key string, what archive.PartFault) {
	t.Helper()
	_, err := read(c, ids, s.get)
	for how, err := range map[string]error{
		"read": err, "verified": archive.Verify(t.Context(), c, s.get, nil),
	} {
		part, ok := errors.AsType[archive.ErrPart](err)
		if !ok || part.Key != key || part.What != what || !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%s: %v, want %s of %s", how, err, what, key)
			continue
		}
		if !strings.Contains(err.Error(), key+" is "+string(what)) {
			t.Errorf("%s: the words are %q", how, err)
		}
	}
	if s.open != 0 {
		t.Errorf("%d parts left open", s.open)
	}
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	c, ids, s := spoilt(t)
	for _, p := range c.Parts {
		for i := range s.parts[p.Key] {
			bad := s.copied()
			bad.parts[p.Key][i] ^= 1 << (i % 8)
			wantFault(t, c, ids, bad, p.Key, archive.PartAltered)
		}
	}
}

func TestEveryCutIsFound(t *testing.T) {
	c, ids, s := spoilt(t)
	for _, p := range c.Parts {
		for n := range s.parts[p.Key] {
			bad := s.copied()
			bad.parts[p.Key] = bad.parts[p.Key][:n]
			wantFault(t, c, ids, bad, p.Key, archive.PartCut)
		}
		bad := s.copied()
		bad.parts[p.Key] = append(bad.parts[p.Key], 0)
		wantFault(t, c, ids, bad, p.Key, archive.PartAltered)
	}
}

func TestMissingAndSwappedPartsAreFound(t *testing.T) {
	c, ids, s := spoilt(t)
	for i, p := range c.Parts {
		bad := s.copied()
		delete(bad.parts, p.Key)
		wantFault(t, c, ids, bad, p.Key, archive.PartMissing)
		for _, q := range c.Parts[i+1:] {
			bad := s.copied()
			bad.parts[p.Key], bad.parts[q.Key] = bad.parts[q.Key], bad.parts[p.Key]
			wantFault(t, c, ids, bad, p.Key, archive.PartSwapped)
		}
	}
	bad := func(archive.Part) (io.ReadCloser, error) {
		return nil, fmt.Errorf("asking the place: %w", archive.ErrMissing)
	}
	if part, _ := errors.AsType[archive.ErrPart](archive.Verify(t.Context(), c, bad, nil)); part.What != archive.PartMissing {
		t.Errorf("a part that is not there is %q", part.What)
	}
}

// What a place says of itself is not said of the part.
func TestAPlacesTroubleIsNotDamage(t *testing.T) {
	c, ids, s := spoilt(t)
	for _, trouble := range []error{
		errors.New("connection refused"), context.DeadlineExceeded, io.ErrUnexpectedEOF,
		fmt.Errorf("the connection was closed: %w", io.EOF),
	} {
		for _, p := range c.Parts {
			opening := func(q archive.Part) (io.ReadCloser, error) {
				if q.Key == p.Key {
					return nil, trouble
				}
				return s.get(q)
			}
			reading := func(q archive.Part) (io.ReadCloser, error) {
				file, err := s.get(q)
				if q.Key == p.Key {
					file.(*shelfReader).Reader = io.MultiReader(bytes.NewReader(s.parts[q.Key][:40]), failing{trouble})
				}
				return file, err
			}
			for _, open := range []func(archive.Part) (io.ReadCloser, error){opening, reading} {
				_, err := read(c, ids, open)
				for _, err := range []error{err, archive.Verify(t.Context(), c, open, nil)} {
					if !errors.Is(err, trouble) || errors.Is(err, archive.ErrDamaged) || errors.Is(err, archive.ErrWrongKey) || !strings.Contains(err.Error(), p.Key) {
						t.Errorf("%v of %s became %v", trouble, p.Key, err)
					}
				}
			}
		}
	}
	if s.open != 0 {
		t.Errorf("%d parts left open", s.open)
	}
}

type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A component that says other things of its content than its parts hold.
func TestAComponentThatLiesAboutItsContent(t *testing.T) {
	c, ids, s := spoilt(t)
	other := noise(1500)
	other[700] ^= 1
	wrong := sha256.Sum256(other)
	for name, harm := range map[string]func(*archive.Component){
		"shorter":       func(c *archive.Component) { c.Bytes-- },
		"much shorter":  func(c *archive.Component) { c.Bytes = 0 },
		"longer":        func(c *archive.Component) { c.Bytes++ },
		"another sum":   func(c *archive.Component) { c.SHA256 = hex.EncodeToString(wrong[:]) },
		"no sum":        func(c *archive.Component) { c.SHA256 = "" },
		"fewer parts":   func(c *archive.Component) { c.Parts = c.Parts[:5] },
		"no parts":      func(c *archive.Component) { c.Parts = nil },
		"another's key": func(c *archive.Component) { c.Parts[1].Key = "../database.0002.zst.age" },
		"too large":     func(c *archive.Component) { c.Parts[1].Bytes = archive.PartBytes + 1 },
	} {
		bad := c
		bad.Parts = slices.Clone(c.Parts)
		harm(&bad)
		if got, err := read(bad, ids, s.get); !errors.Is(err, archive.ErrDamaged) || int64(len(got)) > max(bad.Bytes, 0) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if s.open != 0 {
		t.Errorf("%d parts left open", s.open)
	}
}

// The n-th thing that a writer does fails, for every n.
func TestAWriterThatFails(t *testing.T) {
	_, public := keyPair(t, 1)
	full := errors.New("no space left on device")
	for n := 0; ; n++ {
		f := &failingShelf{shelf: newShelf(), left: n, err: full}
		w, err := archive.NewSmallWriter("database", recipients(t, public), f.cut, 300)
		if err == nil {
			for range 10 {
				if _, err = w.Write(noise(40_000)); err != nil {
					break
				}
			}
			var c archive.Component
			if c, err = w.Close(); err == nil && f.left < 0 {
				t.Fatalf("failure %d was not told: %+v", n, c)
			}
			if _, again := w.Write([]byte("more")); again == nil {
				t.Fatalf("failure %d: it goes on writing", n)
			}
		}
		if f.open != 0 {
			t.Fatalf("failure %d: %d parts left open", n, f.open)
		}
		if err == nil {
			if n < 1000 {
				t.Fatalf("only %d things could fail", n)
			}
			return
		}
		if !errors.Is(err, full) {
			t.Fatalf("failure %d became %v", n, err)
		}
		if n > 30 {
			n += 40 // the rest is as these
		}
	}
}

// failingShelf fails when it has done what is left.
type failingShelf struct {
	*shelf
	left int
	err  error
}

func (f *failingShelf) step() error {
	if f.left--; f.left < 0 {
		return f.err
	}
	return nil
}

func (f *failingShelf) cut(key string) (io.WriteCloser, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	w, err := f.shelf.cut(key)
	return &failingWriter{WriteCloser: w, shelf: f}, err
}

type failingWriter struct {
	io.WriteCloser
	shelf *failingShelf
}

// Write writes the half of it and fails, or all.
func (w *failingWriter) Write(b []byte) (int, error) {
	if err := w.shelf.step(); err != nil {
		n, _ := w.WriteCloser.Write(b[:len(b)/2])
		return n, err
	}
	return w.WriteCloser.Write(b)
}

// Close closes, and may fail.
func (w *failingWriter) Close() error {
	return errors.Join(w.WriteCloser.Close(), w.shelf.step())
}

func TestAWriterThatIsGivenUp(t *testing.T) {
	_, public := keyPair(t, 1)
	s := newShelf()
	w, err := archive.NewSmallWriter("database", recipients(t, public), s.cut, 300)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(noise(200_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil || s.open != 0 {
		t.Errorf("%v, %d parts left open", err, s.open)
	}
	if c, err := w.Close(); err == nil {
		t.Errorf("it became %+v", c)
	}
	for _, name := range []string{"", "Database", "a/b", "../x", strings.Repeat("a", 21)} {
		if _, err := archive.NewWriter(name, recipients(t, public), s.cut); err == nil {
			t.Errorf("a component was called %q", name)
		}
	}
}

func TestVerifyingCanBeCancelled(t *testing.T) {
	c, _, s := spoilt(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := archive.Verify(ctx, c, s.get, func(int64) { cancel() }); !errors.Is(err, context.Canceled) || s.open != 0 {
		t.Errorf("%v, %d parts left open", err, s.open)
	}
}

func TestClosingEarlyLeavesNothingOpen(t *testing.T) {
	c, ids, s := spoilt(t)
	r, err := archive.NewReader(c, ids, s.get)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil || s.open != 0 {
		t.Errorf("%v, %d parts left open", err, s.open)
	}
	if _, err := r.Read(make([]byte, 10)); err == nil {
		t.Error("a closed component was read on")
	}
}

// A component of any size goes through in bounded memory, written and read.
func TestMemoryDoesNotGrowWithTheData(t *testing.T) {
	ids, public := keyPair(t, 1)
	const mebibytes, bound = 192, 64 << 20
	block := noise(1 << 20)
	peak := uint64(0)
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
	}
	runtime.GC()
	in, out := io.Pipe()
	var c archive.Component
	written := make(chan error, 1)
	go func() {
		w, err := archive.NewWriter("database", recipients(t, public), func(string) (io.WriteCloser, error) { return joined{out}, nil })
		fresh := rand.NewChaCha8([32]byte{}) // a block that comes twice would compress
		for range mebibytes {
			_, _ = fresh.Read(block)
			if err == nil {
				_, err = w.Write(block)
			}
		}
		if err == nil {
			c, err = w.Close()
		}
		written <- errors.Join(err, out.Close())
	}()
	// What goes out is looked at and thrown away.
	for buffer := make([]byte, 1<<20); ; look() {
		if _, err := io.ReadFull(in, buffer); err != nil {
			break
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if peak > bound {
		t.Errorf("writing %d MiB took %d MiB", mebibytes, peak>>20)
	}
	if c.Bytes != mebibytes<<20 || len(c.Parts) != 4 {
		t.Errorf("%d bytes in %d parts", c.Bytes, len(c.Parts))
	}
	reading(t, ids, public, block, bound)
}

type joined struct{ io.Writer }

// Close leaves the pipe open for the next part.
func (joined) Close() error { return nil }

// reading reads what unpacks to much more than it is: 512 MiB of zeros.
func reading(t *testing.T, ids archive.Identities, public string, block []byte, bound uint64) {
	t.Helper()
	clear(block)
	s := newShelf()
	w, err := archive.NewWriter("database", recipients(t, public), s.cut)
	if err != nil {
		t.Fatal(err)
	}
	for range 512 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	c, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	r, err := archive.NewReader(c, ids, s.get)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for i := 0; ; i++ {
		_, err := io.ReadFull(r, block)
		if errors.Is(err, io.EOF) {
			return
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); err != nil || m.HeapInuse > bound {
			t.Fatalf("after %d MiB: %d MiB of memory, %v", i, m.HeapInuse>>20, err)
		}
	}
}
