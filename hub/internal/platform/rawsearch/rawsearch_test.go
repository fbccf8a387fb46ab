package rawsearch_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"forecourt/hub/internal/platform/rawsearch"
)

const word = "欧阳明月 13800138000"

func finder(t testing.TB, words ...string) *rawsearch.Finder {
	t.Helper()
	f, err := rawsearch.New(words...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestS073EveryFormIsFound: a search that finds nothing has to be one that
// would have found it.
func TestS073EveryFormIsFound(t *testing.T) {
	f := finder(t, "something else", word)
	var le, be []byte
	for _, unit := range utf16.Encode([]rune(word)) {
		le, be = append(le, byte(unit), byte(unit>>8)), append(be, byte(unit>>8), byte(unit))
	}
	gb, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(word))
	if err != nil {
		t.Fatal(err)
	}
	ascii := strings.NewReplacer("欧", `\u6b27`, "阳", `\u9633`, "明", `\u660e`, "月", `\u6708`).Replace(word)
	var back string
	if err := json.Unmarshal([]byte(`"`+ascii+`"`), &back); err != nil || back != word {
		t.Fatalf("%q is not the word in JSON", ascii)
	}
	for name, content := range map[string][]byte{
		"utf-8": []byte(word), "utf-16le": le, "utf-16be": be, "gb18030": gb, "json": []byte(ascii),
		"hex": []byte(hex.EncodeToString([]byte(word))), "HEX": bytes.ToUpper([]byte(hex.EncodeToString([]byte(word)))),
	} {
		hits, err := f.Search("x", bytes.NewReader(append([]byte("before "), append(content, " behind"...)...)))
		if err != nil || len(hits) != 1 || hits[0] != (rawsearch.Hit{Word: word, Form: name, Place: "x", Offset: 7}) {
			t.Errorf("%s: %v, %v", name, hits, err)
		}
	}
	for before := range 7 {
		text := base64.StdEncoding.EncodeToString([]byte("abcdefg"[:before] + word + "tail"))
		if hits, err := f.Search("x", strings.NewReader(text)); err != nil || len(hits) != 1 || hits[0].Form != "base64" {
			t.Errorf("base64 behind %d bytes: %v, %v", before, hits, err)
		}
	}
	if hits, err := f.Search("x", strings.NewReader(strings.Repeat("欧阳明 13800138 ", 1000))); err != nil || len(hits) != 0 {
		t.Errorf("found what is not there: %v, %v", hits, err)
	}
}

// TestAWordIsFoundAcrossPieces: wherever it stands, however it is read.
func TestAWordIsFoundAcrossPieces(t *testing.T) {
	f := finder(t, word)
	const piece = 1 << 20
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, 40).Draw(t, "away") - 20 + piece*rapid.IntRange(1, 3).Draw(t, "pieces")
		content := bytes.Repeat([]byte{0xe6}, 4*piece) // as the word begins
		copy(content[at:], word)
		r := iotest.DataErrReader(bytes.NewReader(content))
		hits, err := f.Search("x", r)
		if err != nil || len(hits) != 1 || hits[0].Offset != int64(at) {
			t.Fatalf("at %d: %v, %v", at, hits, err)
		}
	})
	if hits, err := f.Search("x", iotest.OneByteReader(strings.NewReader("a"+word))); err != nil || len(hits) != 1 {
		t.Errorf("byte by byte: %v, %v", hits, err)
	}
	if _, err := f.Search("x", iotest.ErrReader(os.ErrClosed)); err == nil {
		t.Error("an error of reading is no end")
	}
}

func TestDirectoriesAreSearchedThrough(t *testing.T) {
	f := finder(t, word)
	dir := t.TempDir()
	for name, content := range map[string]string{"a": "nothing", "sub/b": "x" + word, "sub/deep/c": word + word} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hits, err := f.SearchDir(dir)
	if err != nil || len(hits) != 3 || !strings.HasSuffix(hits[0].Place, "sub/b") || !strings.Contains(hits[0].String(), "utf-8 at 1") {
		t.Errorf("%v, %v", hits, err)
	}
	if hits, err := f.SearchDir(filepath.Join(dir, "nowhere")); err != nil || len(hits) != 0 {
		t.Errorf("what is not there: %v, %v", hits, err)
	}
	many := filepath.Join(dir, "many")
	if err := os.WriteFile(many, []byte(strings.Repeat(word, 10*rawsearch.MaxHits)), 0o600); err != nil {
		t.Fatal(err)
	}
	if hits, err := f.SearchDir(many); err != nil || len(hits) != rawsearch.MaxHits {
		t.Errorf("%d hits, %v", len(hits), err)
	}
	if _, err := rawsearch.New("short"); err == nil {
		t.Error("a word that stands everywhere was taken")
	}
}

// BenchmarkSearch is megabytes a second, for a hundred words.
func BenchmarkSearch(b *testing.B) {
	words := make([]string, 100)
	for i := range words {
		words[i] = word + strings.Repeat("x", i)
	}
	f := finder(b, words...)
	content := bytes.Repeat([]byte("some page of a table, with text in it. "), 1<<15)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := f.Search("x", bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}
