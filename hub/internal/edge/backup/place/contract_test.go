package place_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"forecourt/hub/internal/edge/backup/place"
)

func TestS081EveryPlaceKeepsTheContract(t *testing.T) {
	cases := map[string]func(t *testing.T, k kind, p place.Place){
		"what is put comes back":    whatIsPutComesBack,
		"nothing is overwritten":    nothingIsOverwritten,
		"what is not there":         whatIsNotThere,
		"removing":                  removing,
		"listing":                   listing,
		"sizes are exact":           sizesAreExact,
		"strange keys":              strangeKeys,
		"many at once":              manyAtOnce,
		"one key at once":           oneKeyAtOnce,
		"reading while writing":     readingWhileWriting,
		"stopping":                  stopping,
		"what it says of itself":    whatItSaysOfItself,
		"check":                     checking,
		"nothing is held in memory": nothingIsHeldInMemory,
	}
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			p := k.open(t)
			for name, test := range cases {
				t.Run(name, func(t *testing.T) { test(t, k, p) })
			}
		})
	}
}

func whatIsPutComesBack(t *testing.T, _ kind, p place.Place) {
	for i, n := range []int{0, 1, 100, 1 << 15, 1<<20 + 1, 3 << 20} {
		key, content := fmt.Sprintf("back/%d/x.zst.age", i), noise(n)
		put(t, p, key, content)
		if got := get(t, p, key); !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back as %d", n, len(got))
		}
		found, err := p.List(t.Context(), key)
		if err != nil || len(found) != 1 || found[0].Size != int64(n) || found[0].At.IsZero() {
			t.Errorf("%d bytes are listed as %+v, %v", n, found, err)
		}
	}
}

func nothingIsOverwritten(t *testing.T, _ kind, p place.Place) {
	put(t, p, "once/x", []byte("first"))
	for _, content := range []string{"first", "second", ""} {
		err := p.Put(t.Context(), "once/x", strings.NewReader(content), int64(len(content)))
		if !errors.Is(err, place.ErrExists) {
			t.Errorf("storing %q: %v", content, err)
		}
	}
	if got := get(t, p, "once/x"); string(got) != "first" {
		t.Errorf("there is %q", got)
	}
	if keys := keysIn(t, p, "once/"); len(keys) != 1 {
		t.Errorf("there are %q", keys)
	}
}

func whatIsNotThere(t *testing.T, _ kind, p place.Place) {
	put(t, p, "some/where/x", nil)
	for _, key := range []string{"none", "none/x", "some", "some/where", "some/where/x2"} {
		if _, err := p.Get(t.Context(), key); !errors.Is(err, place.ErrNotFound) {
			t.Errorf("reading %s: %v", key, err)
		}
		if err := p.Delete(t.Context(), key); err != nil {
			t.Errorf("removing %s: %v", key, err)
		}
	}
	if got := keysIn(t, p, "some/"); !slices.Equal(got, []string{"some/where/x"}) {
		t.Errorf("left %q", got)
	}
	if got := keysIn(t, p, "nowhere/at/all/"); len(got) != 0 {
		t.Errorf("nowhere there is %q", got)
	}
}

func removing(t *testing.T, k kind, p place.Place) {
	put(t, p, "gone/a/x", []byte("x"))
	put(t, p, "gone/a/y", []byte("y"))
	err := p.Delete(t.Context(), "gone/a/x")
	if k.locks {
		if !errors.Is(err, place.ErrLocked) || len(keysIn(t, p, "gone/")) != 2 {
			t.Errorf("removing what is locked: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Get(t.Context(), "gone/a/x"); !errors.Is(err, place.ErrNotFound) {
		t.Errorf("reading what was removed: %v", err)
	}
	if keys := keysIn(t, p, "gone/"); !slices.Equal(keys, []string{"gone/a/y"}) {
		t.Errorf("left %q", keys)
	}
	// Its name is free again, and the directory that was emptied can be used.
	if err := p.Delete(t.Context(), "gone/a/y"); err != nil {
		t.Fatal(err)
	}
	put(t, p, "gone/a/x", []byte("another"))
	if got := get(t, p, "gone/a/x"); string(got) != "another" {
		t.Errorf("there is %q", got)
	}
}

func listing(t *testing.T, _ kind, p place.Place) {
	keys := []string{"list-b/y", "list/a-b/x", "list/a.b/x", "list/a/x", "list/a/y/z", "list/aa", "list/b/x"}
	for _, key := range slices.Backward(keys) {
		put(t, p, key, []byte(key))
	}
	for prefix, want := range map[string][]string{
		"list":     keys,
		"list/":    keys[1:],
		"list/a":   {"list/a-b/x", "list/a.b/x", "list/a/x", "list/a/y/z", "list/aa"},
		"list/a/":  {"list/a/x", "list/a/y/z"},
		"list/a/x": {"list/a/x"},
		"list/c":   {},
		"list/aaa": {},
	} {
		if got := keysIn(t, p, prefix); !slices.Equal(got, want) {
			t.Errorf("%q lists %q, want %q", prefix, got, want)
		}
	}
	if all := keysIn(t, p, ""); len(all) < len(keys) || !slices.IsSorted(all) {
		t.Errorf("all are %q", all)
	}
}

// onlyReader hides what else a reader can do.
type onlyReader struct{ io.Reader }

func sizesAreExact(t *testing.T, _ kind, p place.Place) {
	const n = 100_000
	wrong := errors.New("the source failed")
	for name, c := range map[string]struct {
		r    io.Reader
		size int64
		want error
	}{
		"fewer":                 {bytes.NewReader(noise(n - 1)), n, place.ErrSize},
		"nothing":               {bytes.NewReader(nil), n, place.ErrSize},
		"more":                  {bytes.NewReader(noise(n + 1)), n, place.ErrSize},
		"more than nothing":     {bytes.NewReader(noise(1)), 0, place.ErrSize},
		"below nothing":         {bytes.NewReader(nil), -1, place.ErrSize},
		"beyond all bounds":     {bytes.NewReader(nil), place.MaxObject + 1, place.ErrSize},
		"a source that fails":   {io.MultiReader(bytes.NewReader(noise(n/2)), iotest.ErrReader(wrong)), n, wrong},
		"one that fails at end": {io.MultiReader(bytes.NewReader(noise(n)), iotest.ErrReader(wrong)), n, wrong},
	} {
		err := p.Put(t.Context(), "exact/x", c.r, c.size)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if keys := keysIn(t, p, "exact"); len(keys) > 0 {
			t.Fatalf("%s left %q", name, keys)
		}
	}
	odd := iotest.OneByteReader(iotest.DataErrReader(onlyReader{bytes.NewReader(noise(1000))}))
	if err := p.Put(t.Context(), "exact/x", odd, 1000); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, p, "exact/x"), noise(1000)) {
		t.Error("byte by byte it came to harm")
	}
}

func strangeKeys(t *testing.T, _ kind, p place.Place) {
	for _, key := range []string{
		"", "/", "/etc/passwd", "../x", "sets/../../x", "sets//x", "sets/x/", "sets/.hidden", ".put-1-x", "a\x00b", "a b",
		"备份", `a\b`, "a?b", "a%2fb", strings.Repeat("k", place.MaxKey+1),
	} {
		_, get := p.Get(t.Context(), key)
		for what, err := range map[string]error{
			"put": p.Put(t.Context(), key, strings.NewReader("x"), 1), "get": get, "delete": p.Delete(t.Context(), key),
		} {
			if !errors.Is(err, place.ErrKey) {
				t.Errorf("%s %q: %v", what, key, err)
			}
		}
	}
	for _, prefix := range []string{"/", "..", "../", "a//", "/a", ".put-", "a b"} {
		if _, err := p.List(t.Context(), prefix); !errors.Is(err, place.ErrKey) {
			t.Errorf("list %q: %v", prefix, err)
		}
	}
	put(t, p, strings.Repeat("long/", place.MaxKey/5-1)+"12345", nil)
}

func manyAtOnce(t *testing.T, k kind, p place.Place) {
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			content := noise(1000 * i)
			key := fmt.Sprintf("many/%d/%d", i%3, i)
			if err := p.Put(t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
				t.Error(err)
				return
			}
			same, err := place.Same(t.Context(), p, key, int64(len(content)), sha256.Sum256(content))
			if err != nil || !same {
				t.Errorf("%s: %v, %v", key, same, err)
			}
			if !k.locks && i%2 == 0 {
				if err := p.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	want := 12
	if k.locks {
		want = 24
	}
	if keys := keysIn(t, p, "many/"); len(keys) != want {
		t.Errorf("left %q", keys)
	}
}

// oneKeyAtOnce: whoever is first has it, whole.
func oneKeyAtOnce(t *testing.T, k kind, p place.Place) {
	if k.locks {
		return // the first version counts there, whoever was told what
	}
	var group sync.WaitGroup
	results := make([]error, 6)
	for i := range results {
		group.Go(func() {
			content := bytes.Repeat([]byte{byte(i)}, 50_000)
			results[i] = p.Put(t.Context(), "one/x", bytes.NewReader(content), int64(len(content)))
		})
	}
	group.Wait()
	content := get(t, p, "one/x")
	if len(content) != 50_000 || bytes.Count(content, content[:1]) != 50_000 {
		t.Fatalf("%d bytes are mixed", len(content))
	}
	for i, err := range results {
		won := i == int(content[0])
		if won != (err == nil) || (!won && !errors.Is(err, place.ErrExists)) {
			t.Errorf("number %d: %v; number %d has it", i, err, content[0])
		}
	}
}

// readingWhileWriting holds an object open for the whole of another's storing.
func readingWhileWriting(t *testing.T, k kind, p place.Place) {
	put(t, p, "open/x", noise(1<<20))
	object, err := p.Get(t.Context(), "open/x")
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 100)
	if _, err := io.ReadFull(object, first); err != nil {
		t.Fatal(err)
	}
	put(t, p, "open/y", noise(1<<20))
	rest, err := io.ReadAll(object)
	if err != nil || !bytes.Equal(append(first, rest...), noise(1<<20)) {
		t.Errorf("the rest is %d bytes, %v", len(rest), err)
	}
	if err := object.Close(); err != nil {
		t.Error(err)
	}
	// One that is closed before its end holds nothing up.
	for range 10 {
		half, err := p.Get(t.Context(), "open/y")
		if err != nil {
			t.Fatal(err)
		}
		if err := half.Close(); err != nil {
			t.Error(err)
		}
	}
}

func stopping(t *testing.T, k kind, p place.Place) {
	put(t, p, "stop/x", noise(4<<20))
	ended, cancel := context.WithCancel(t.Context())
	object, err := p.Get(ended, "stop/x")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, reading := io.ReadAll(object)
	_ = object.Close()
	_, listing := p.List(ended, "")
	_, getting := p.Get(ended, "stop/x")
	middle, cancelMiddle := context.WithCancel(t.Context())
	source := io.MultiReader(bytes.NewReader(noise(1000)), act(cancelMiddle), bytes.NewReader(noise(1<<20)))
	for what, err := range map[string]error{
		"reading": reading, "listing": listing, "getting": getting,
		"storing":   p.Put(ended, "stop/y", strings.NewReader("y"), 1),
		"on midway": p.Put(middle, "stop/y", source, 1000+1<<20),
		"removing":  p.Delete(ended, "stop/x"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if keys := keysIn(t, p, "stop/"); !slices.Equal(keys, []string{"stop/x"}) {
		t.Errorf("left %q", keys)
	}
}

// act is an empty reader that does something when it is read.
type act func()

func (a act) Read([]byte) (int, error) {
	a()
	return 0, io.EOF
}

func whatItSaysOfItself(t *testing.T, k kind, p place.Place) {
	free, err := p.Free(t.Context())
	if err != nil || (free > 0) != k.free || (!k.free && free != -1) {
		t.Errorf("free are %d, %v", free, err)
	}
	if where := p.Where(); where == "" || strings.Contains(where, "hush") || strings.Contains(where, "password") {
		t.Errorf("it is at %q", where)
	}
}

func checking(t *testing.T, k kind, p place.Place) {
	if err := place.Check(t.Context(), p, "check/x"); err != nil {
		t.Error(err)
	}
	if keys := keysIn(t, p, "check/"); !k.locks && len(keys) > 0 {
		t.Errorf("the trial left %q", keys)
	}
	sum := sha256.Sum256([]byte("same"))
	put(t, p, "same", []byte("same"))
	for _, c := range []struct {
		size int64
		sum  [32]byte
		want bool
	}{{4, sum, true}, {3, sum, false}, {5, sum, false}, {4, sha256.Sum256([]byte("game")), false}} {
		if same, err := place.Same(t.Context(), p, "same", c.size, c.sum); same != c.want || err != nil {
			t.Errorf("%d bytes: %v, %v", c.size, same, err)
		}
	}
	if _, err := place.Same(t.Context(), p, "other", 4, sum); !errors.Is(err, place.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	if n, err := place.Tidy(t.Context(), p); n != 0 || err != nil {
		t.Errorf("tidied %d, %v", n, err)
	}
}

// endless is as many bytes as are asked for.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// nothingIsHeldInMemory moves an object that is larger than what is allocated
// for it. The store that is itself in this process's memory is left out.
func nothingIsHeldInMemory(t *testing.T, _ kind, p place.Place) {
	if s, ok := p.(*place.S3); ok && !strings.Contains(s.Where(), "forecourt/station-1") {
		return
	}
	const size = 64 << 20
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := &watermark{r: io.LimitReader(endless{}, size)}
	if err := p.Put(t.Context(), "large/x", peak, size); err != nil {
		t.Fatal(err)
	}
	object, err := p.Get(t.Context(), "large/x")
	if err != nil {
		t.Fatal(err)
	}
	out := &watermark{r: object}
	n, err := io.Copy(io.Discard, out)
	if err := errors.Join(err, object.Close()); n != size || err != nil {
		t.Fatalf("%d bytes came back: %v", n, err)
	}
	if most := max(peak.most, out.most); most > before.HeapAlloc+24<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, most)
	}
}

// watermark notes the largest heap while it is being read.
type watermark struct {
	r    io.Reader
	n    int64
	most uint64
}

func (w *watermark) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.n += int64(n); w.n > 16<<20 {
		w.n = 0
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		w.most = max(w.most, now.HeapAlloc)
	}
	return n, err
}
