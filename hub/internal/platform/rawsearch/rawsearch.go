// Package rawsearch looks for words in raw bytes: in the files of a database
// server, in its logs, in a dump. It is how a test, or whoever doubts it, finds
// out whether what should be sealed can be read by a thief.
//
// # What it promises
//
//   - A word is found in every form that a program might have left it in:
//     UTF-8, UTF-16 in both byte orders, GB 18030, JSON escapes, hexadecimal in
//     either case, and base64 at any alignment.
//   - It is found wherever it stands, also across the pieces that a file is
//     read in. Forms too short to mean anything are not looked for.
//   - It takes one pass over the bytes, however many words there are.
package rawsearch

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	// minForm is the least length of a form: shorter ones stand in random bytes
	// by chance.
	minForm = 6
	// startBytes of a form find its candidates.
	startBytes = 4
	// piece is how much is read at a time.
	piece = 1 << 20
	// MaxHits bounds the hits of one file: more say nothing new.
	MaxHits = 100
)

// Hit is a word that was found.
type Hit struct {
	// Word is which, Form how it was written: "utf-8", "hex", ...
	Word, Form string
	// Place is the name of the file, Offset where in it.
	Place  string
	Offset int64
}

// String says what was found where.
func (h Hit) String() string {
	return fmt.Sprintf("%s: %q as %s at %d", h.Place, h.Word, h.Form, h.Offset)
}

// form is one way in which a word may be written.
type form struct {
	word, name string
	bytes      []byte
}

// Finder looks for words. It is safe for concurrent use.
type Finder struct {
	pairs   [1 << 16]bool // whether some form begins with these two bytes
	starts  map[[startBytes]byte][]form
	longest int
}

// New makes a Finder of words.
func New(words ...string) (*Finder, error) {
	f := &Finder{starts: map[[startBytes]byte][]form{}}
	for _, word := range words {
		all, err := formsOf(word)
		if err != nil {
			return nil, err
		}
		for _, w := range all {
			f.add(w)
		}
	}
	return f, nil
}

func (f *Finder) add(w form) {
	start := [startBytes]byte(w.bytes)
	for _, known := range f.starts[start] {
		if bytes.Equal(known.bytes, w.bytes) {
			return // one form may look like another: digits in GB 18030
		}
	}
	f.pairs[pair(w.bytes)] = true
	f.starts[start] = append(f.starts[start], w)
	f.longest = max(f.longest, len(w.bytes))
}

func pair(b []byte) int { return int(b[0])<<8 | int(b[1]) }

// formsOf lists the forms of a word that are long enough.
func formsOf(word string) ([]form, error) {
	if len(word) < minForm {
		return nil, fmt.Errorf("rawsearch: %q is too short to be looked for", word)
	}
	all := []form{
		{word, "utf-8", []byte(word)},
		{word, "utf-16le", wide(word, 0)},
		{word, "utf-16be", wide(word, 1)},
		{word, "json", escaped(word)},
		{word, "hex", []byte(hex.EncodeToString([]byte(word)))},
		{word, "HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(word))))},
		{word, "base64", inBase64(word, 0)},
		{word, "base64", inBase64(word, 1)},
		{word, "base64", inBase64(word, 2)},
	}
	if gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(word)); err == nil {
		all = append(all, form{word, "gb18030", gb})
	}
	long := all[:0]
	for _, w := range all {
		if len(w.bytes) >= minForm {
			long = append(long, w)
		}
	}
	return long, nil
}

// wide is a word in UTF-16; low is where the low byte of a unit stands.
func wide(word string, low int) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(word)) {
		two := [2]byte{}
		two[low], two[1-low] = byte(unit), byte(unit>>8)
		b = append(b, two[:]...)
	}
	return b
}

// escaped is a word as JSON writes it in ASCII.
func escaped(word string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(word)) {
		if unit < 0x80 {
			b = append(b, byte(unit))
			continue
		}
		b = fmt.Appendf(b, `\u%04x`, unit)
	}
	return b
}

// inBase64 is what does not change of a word in base64, whatever stands around
// it, when before bytes of a group of three stand before it.
func inBase64(word string, before int) []byte {
	whole := append(make([]byte, before), word...)
	text := base64.RawStdEncoding.EncodeToString(whole)
	first := (before*8 + 5) / 6 // the first character that depends on the word alone
	last := len(whole) * 8 / 6
	return []byte(text[first:last])
}

// SearchDir searches every file below a directory. Files that go meanwhile, as
// temporary ones do, are left out.
func (f *Finder) SearchDir(dir string) ([]Hit, error) {
	var hits []Hit
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular():
			return nil
		}
		found, err := f.searchFile(path)
		hits = append(hits, found...)
		return err
	})
	if err != nil {
		return hits, fmt.Errorf("searching %s: %w", dir, err)
	}
	return hits, nil
}

func (f *Finder) searchFile(path string) ([]Hit, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it is only read
	return f.Search(path, file)
}

// Search searches what r reads. place names it in the hits.
func (f *Finder) Search(place string, r io.Reader) ([]Hit, error) {
	var hits []Hit
	buf := make([]byte, 0, piece+f.longest)
	base := int64(0) // where buf begins
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return hits, fmt.Errorf("reading %s: %w", place, err)
		}
		// What may go on in the next piece is looked at then.
		end := len(buf)
		if !last {
			end = max(0, len(buf)-f.longest+1)
		}
		hits = f.scan(hits, place, base, buf, end)
		if last || len(hits) >= MaxHits {
			return hits, nil
		}
		base += int64(end)
		buf = buf[:copy(buf, buf[end:])]
	}
}

// scan finds the forms that begin before end.
func (f *Finder) scan(hits []Hit, place string, base int64, buf []byte, end int) []Hit {
	for i := 0; i < end && i+startBytes <= len(buf); i++ {
		if !f.pairs[pair(buf[i:])] {
			continue
		}
		for _, w := range f.starts[[startBytes]byte(buf[i:])] {
			if bytes.HasPrefix(buf[i:], w.bytes) {
				hits = append(hits, Hit{Word: w.word, Form: w.name, Place: place, Offset: base + int64(i)})
			}
		}
		if len(hits) >= MaxHits {
			break
		}
	}
	return hits
}
