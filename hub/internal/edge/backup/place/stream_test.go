package place

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestAWatchEndsWhatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t.Context(), time.Minute)
		for range 10 {
			time.Sleep(59 * time.Second)
			w.touched()
		}
		if err := w.ctx.Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if err := w.why(io.EOF); !errors.Is(err, ErrStalled) || !strings.Contains(err.Error(), "1m0s") {
			t.Errorf("after a minute: %v", err)
		}
		if err := w.why(nil); err != nil {
			t.Errorf("what went well went ill: %v", err)
		}
		w.stop()
	})
}

// TestAReaderMayTakeItsTime: only what the other side takes counts, however
// much noise it makes meanwhile.
func TestAReaderMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t.Context(), time.Minute)
		pipe, far := io.Pipe()
		o := &opened{r: pipe, left: 4, w: w, close: func(error) error { return nil }}
		w.pause()
		go func() { _, _ = far.Write([]byte("abc")) }()
		for range 3 {
			time.Sleep(time.Hour)
			w.touched()
			if n, err := o.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
		}
		go func() {
			<-w.ctx.Done() // as the connection would
			_ = far.CloseWithError(errors.New("cut"))
		}()
		if _, err := o.Read(make([]byte, 1)); !errors.Is(err, ErrStalled) {
			t.Errorf("the fourth: %v", err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnObjectHasTheSizeItShould(t *testing.T) {
	for content, want := range map[string]error{"abc": nil, "ab": io.ErrUnexpectedEOF, "abcd": ErrSize} {
		o := &opened{r: strings.NewReader(content), left: 3, w: newWatch(t.Context(), time.Minute), close: func(error) error { return nil }}
		if _, err := io.ReadAll(o); !errors.Is(err, want) {
			t.Errorf("%q: %v", content, err)
		}
		_ = o.Close()
		if _, err := o.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("after closing: %v", err)
		}
	}
}

// TestNothingIsReadAfterwards: a library may go on reading after it answered.
func TestNothingIsReadAfterwards(t *testing.T) {
	w := newWatch(t.Context(), time.Minute)
	defer w.stop()
	s := &sending{r: strings.NewReader("abc"), w: w}
	failed := errors.New("refused")
	if err := s.finish(failed); !errors.Is(err, failed) {
		t.Errorf("finished with %v", err)
	}
	if n, err := s.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("read %d, %v", n, err)
	}
	source := errors.New("the source failed")
	s = &sending{r: iotest.ErrReader(source), w: w}
	_, _ = s.Read(make([]byte, 1))
	if err := s.finish(failed); !errors.Is(err, source) {
		t.Errorf("finished with %v", err)
	}
}

func TestWithinEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r := within{ctx, strings.NewReader("abc")}
	if n, err := r.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	reason := errors.New("enough")
	cancel(reason)
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, reason) {
		t.Errorf("read on: %v", err)
	}
}

func TestFreeBytesDoNotOverflow(t *testing.T) {
	for _, c := range []struct {
		blocks, size uint64
		want         int64
	}{
		{0, 4096, 0}, {10, 4096, 40960}, {10, 0, 0}, {math.MaxUint64, 1, math.MaxInt64}, {1 << 62, 4096, math.MaxInt64},
	} {
		if got := bytesOf(c.blocks, c.size); got != c.want {
			t.Errorf("%d blocks of %d: %d", c.blocks, c.size, got)
		}
	}
}

// FuzzKeys: what is taken for a key leads nowhere but into the place.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"sets/01J/manifest.json", "../x", "a//b", "a/.b", "a/b..", "/", "a/./b", "log/T/000000000001.zst.age"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if checkKey(key) != nil {
			return
		}
		for part := range strings.SplitSeq(key, "/") {
			if part == "" || part[0] == '.' || strings.ContainsAny(part, "\\\x00:*?\"<>| \t\n") {
				t.Errorf("%q is a key", key)
			}
		}
		if checkPrefix(key+"/") != nil || !strings.HasPrefix(key, above(key)) && above(key) != "." {
			t.Errorf("%q is a key and no prefix", key)
		}
	})
}

// FuzzPins: what a server is known by is refused or says which key it is.
func FuzzPins(f *testing.F) {
	f.Add("SHA256:" + strings.Repeat("A", 43))
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChhuEtxA8sj2TD3CqxkwCIlCMRgq+0WbLFmb3gM2 nas")
	f.Add("ssh-rsa AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePin(text)
		if err == nil && (len(p.print) != len(fingerprint)+43 || len(p.kinds()) == 0) {
			t.Errorf("%q is the key %q of %q", text, p.print, p.kinds())
		}
	})
}
