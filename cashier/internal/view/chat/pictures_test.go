package chat

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
)

// dot is a WebP of one pixel.
const dot = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA="

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesOfEveryKindAreScaledDown(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(dot)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		data []byte
		want image.Point
	}{
		{"JPEG", lookbook.Phone().Data, image.Pt(135, 240)},
		{"PNG", pngOf(t, 600, 300), image.Pt(240, 120)},
		{"a small one", pngOf(t, 30, 20), image.Pt(30, 20)},
		{"a thin one", pngOf(t, 8000, 1), image.Pt(240, 1)},
		{"WebP", webp, image.Pt(1, 1)},
	} {
		img, err := render(c.data, 240, 240)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := img.Bounds().Size(); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	for what, data := range map[string][]byte{
		"nothing": nil, "no picture": []byte("no picture"), "a torn one": lookbook.Phone().Data[:900], "a large one": pngOf(t, maxPictureSide+1, 1),
	} {
		if _, err := render(data, 240, 240); err == nil {
			t.Errorf("%s was opened", what)
		}
	}
}

func TestAPictureIsDecodedOnceAndThenForgotten(t *testing.T) {
	open(t, desk.Chinese) // an application to run in
	var held []func()
	p := newPictures(func(work func()) { held = append(held, work) })
	source := &desk.Image{Data: pngOf(t, 4, 4)}
	told := 0
	for range 3 {
		if _, ok := p.get(source, 8, 8, func() { told++ }); ok {
			t.Error("it was there at once")
		}
	}
	if len(held) != 1 {
		t.Fatalf("decoded %d times", len(held))
	}
	held[0]()
	if _, ok := p.get(source, 8, 8, func() { told++ }); !ok || told != 3 {
		t.Errorf("there is %v, told %d of 3", ok, told)
	}
	for range 2 * maxKept {
		p.get(&desk.Image{Data: source.Data}, 8, 8, func() {})
	}
	for _, work := range held[1:] {
		work()
	}
	if len(p.ready) != maxKept || len(p.recent) != maxKept || len(p.waiting) != 0 {
		t.Errorf("%d pictures kept, %d waited for", len(p.ready), len(p.waiting))
	}
}

func TestPicturesKeepTheirPlaceWhileTheyLoad(t *testing.T) {
	b := open(t, desk.Chinese)
	b.later = true
	bubble := func(img *desk.Image) desk.Bubble {
		return desk.Bubble{ID: message(1), Image: &desk.Picture{Media: id.Media{1}, Width: lookbook.PhoneWidth, Height: lookbook.PhoneHeight, Image: img}}
	}
	b.show(func(c *desk.Chat) { c.Open.Bubbles = []desk.Bubble{bubble(nil)} })
	w := b.feed().live[message(1)]
	box := w.plan.box
	b.show(func(c *desk.Chat) { c.Open.Bubbles = []desk.Bubble{bubble(lookbook.Phone())} })
	if w.frames[0].image.Visible() {
		t.Error("a picture is shown before it is decoded")
	}
	for _, work := range b.held {
		work()
	}
	if !w.frames[0].image.Visible() || w.plan.box != box {
		t.Errorf("shown is %v, and %+v became %+v", w.frames[0].image.Visible(), box, w.plan.box)
	}
}

// upload is a file that was chosen.
type upload struct {
	io.Reader
	closed bool
}

func (u *upload) Close() error  { u.closed = true; return nil }
func (u *upload) URI() fyne.URI { return storage.NewFileURI("/photos/小票.jpg") }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the stick was pulled out") }

func TestAChosenFileIsReadNoFurtherThanNeeded(t *testing.T) {
	b := open(t, desk.Chinese)
	b.later = false
	for _, c := range []struct {
		what   string
		reader io.Reader
		want   int
	}{
		{"a picture", strings.NewReader("jpeg"), 4},
		{"one that is too large", io.LimitReader(zeros{}, 1<<40), desk.MaxAttachment + 1},
		{"one that cannot be read", broken{}, 0},
	} {
		file := &upload{Reader: c.reader}
		attach(b.kit, file)
		got := b.take()
		if len(got) != 1 {
			t.Fatalf("%s sent %+v", c.what, got)
		}
		a, ok := got[0].(desk.ChatAttach)
		if !ok || a.Name != "小票.jpg" || len(a.Data) != c.want || !file.closed {
			t.Errorf("%s: %q of %d bytes, closed %v", c.what, a.Name, len(a.Data), file.closed)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
