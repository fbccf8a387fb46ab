package chat

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the kinds of picture there are
	_ "image/png"
	"slices"

	"forecourt/cashier/internal/desk"

	"fyne.io/fyne/v2"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	// maxPictureSide is what a picture may measure: the hub takes none larger,
	// and a larger one would cost hundreds of megabytes to open.
	maxPictureSide = 8192
	// maxKept bounds the pictures kept ready: several screens full of them.
	maxKept = 96
)

// rendition is a picture at one size in pixels.
type rendition struct {
	source        *desk.Image
	width, height int
}

// rendered is what came of it: a picture or a failure.
type rendered struct {
	image  image.Image
	failed bool
}

// pictures decodes and scales pictures outside the UI's goroutine and keeps
// what was shown last. Its own methods run on the UI's goroutine.
type pictures struct {
	work    func(func())
	ready   map[rendition]rendered
	recent  []rendition // oldest first
	waiting map[rendition][]func()
}

func newPictures(work func(func())) *pictures {
	return &pictures{work: work, ready: map[rendition]rendered{}, waiting: map[rendition][]func(){}}
}

// get returns a picture within a size in pixels. If it is not ready yet, then
// is called on the UI's goroutine once it is.
func (p *pictures) get(source *desk.Image, width, height int, then func()) (rendered, bool) {
	key := rendition{source, width, height}
	if r, ok := p.ready[key]; ok {
		return r, true
	}
	first := p.waiting[key] == nil
	p.waiting[key] = append(p.waiting[key], then)
	if first {
		p.work(func() {
			img, err := render(source.Data, width, height)
			fyne.Do(func() { p.keep(key, rendered{img, err != nil}) })
		})
	}
	r, ok := p.ready[key] // work may be done at once
	return r, ok
}

// keep remembers a picture, forgets the oldest, and tells those who wait.
func (p *pictures) keep(key rendition, r rendered) {
	p.ready[key] = r
	p.recent = append(p.recent, key)
	if len(p.recent) > maxKept {
		delete(p.ready, p.recent[0])
		p.recent = slices.Delete(p.recent, 0, 1)
	}
	waiting := p.waiting[key]
	delete(p.waiting, key)
	for _, then := range waiting {
		then()
	}
}

// render opens a picture and scales it down into width x height pixels.
func render(data []byte, width, height int) (image.Image, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading a picture's head: %w", err)
	}
	if config.Width > maxPictureSide || config.Height > maxPictureSide {
		return nil, fmt.Errorf("a picture of %d x %d is too large", config.Width, config.Height)
	}
	full, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading a picture: %w", err)
	}
	b := full.Bounds()
	scale := min(float64(width)/float64(b.Dx()), float64(height)/float64(b.Dy()))
	if scale >= 1 {
		return full, nil
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(b.Dx())*scale+0.5)), max(1, int(float64(b.Dy())*scale+0.5))))
	draw.CatmullRom.Scale(small, small.Bounds(), full, b, draw.Src, nil)
	return small, nil
}
