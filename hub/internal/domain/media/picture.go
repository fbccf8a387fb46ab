package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"forecourt/shared/wire"
)

// Bounds of decoding. A few kilobytes can ask for gigabytes of pixels, so what
// a picture will take is known before it is read.
const (
	// maxPixels bounds a picture: 40 megapixels, more than phones send.
	maxPixels = 40_000_000
	// maxDecoded bounds it in memory, in bytes. It is less than maxPixels for
	// pictures of 16 bits a channel and for progressive ones.
	maxDecoded = 4 * maxPixels
	// large is from how many bytes on a picture waits for the large one before
	// it.
	large = 64 << 20
	// maxDecodes bounds the pictures worked on at once. With one large one
	// among them they take some 300 MB at the very worst.
	maxDecodes = 2
)

// How pictures are kept.
const (
	// ThumbSide is the longest side of a thumbnail, in pixels.
	ThumbSide = 480
	// thumbQuality is a thumbnail's JPEG quality.
	thumbQuality = 80
	// A PNG stays one, because its letters and edges stay sharp, if it is a
	// screenshot rather than a photograph: not too many pixels, and small.
	pngPixels = 5_000_000
	pngBytes  = 1 << 20
)

// qualities are the JPEG qualities tried one after the other, until a picture
// is small enough.
func qualities() []int { return []int{88, 75, 60} }

// inspectPicture reads a picture's size and holds it against the limits.
func inspectPicture(kind string, content []byte) (Found, error) {
	if len(content) > wire.MaxPictureBytes {
		return Found{}, limit("a picture of %d bytes, at most %d", len(content), wire.MaxPictureBytes)
	}
	config, err := codecOf(kind).config(bytes.NewReader(content))
	if err != nil {
		return Found{}, unknown("a %s that cannot be read: %v", kind, err)
	}
	w, h := config.Width, config.Height
	if w <= 0 || h <= 0 {
		return Found{}, unknown("a %s of %d by %d pixels", kind, w, h)
	}
	if w > wire.MaxPictureSide || h > wire.MaxPictureSide || w*h > maxPixels {
		return Found{}, limit("a picture of %d by %d pixels, at most %d a side and %d in all", w, h, wire.MaxPictureSide, maxPixels)
	}
	found := Found{Kind: wire.MediaPicture, Type: kind, Width: w, Height: h, memory: w * h * pixelBytes(config.ColorModel)}
	if kind == TypeJPEG {
		facts := scanJPEG(content)
		if facts.scans > maxScans {
			return Found{}, limit("a picture in %d passes, at most %d", facts.scans, maxScans)
		}
		found.memory = facts.bytes(w * h)
	}
	if found.memory > maxDecoded {
		return Found{}, limit("a picture of %d bytes in memory, at most %d", found.memory, maxDecoded)
	}
	if o := orientationOf(kind, content); o != upright {
		found.memory += w * h * 4
		if o.sideways() {
			found.Width, found.Height = h, w
		}
	}
	return found, nil
}

// pixelBytes is at most how many bytes a decoded pixel takes.
func pixelBytes(m color.Model) int {
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	return 4
}

// codec reads one format.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func codecOf(kind string) codec {
	switch kind {
	case TypePNG:
		return codec{png.DecodeConfig, png.Decode}
	case TypeWebP:
		return codec{webp.DecodeConfig, webp.Decode}
	}
	return codec{jpeg.DecodeConfig, jpeg.Decode}
}

// decodes bounds the decoding that goes on at once.
type decodes struct {
	all, large chan struct{}
}

func newDecodes() *decodes {
	return &decodes{all: make(chan struct{}, maxDecodes), large: make(chan struct{}, 1)}
}

// picture decodes a picture and encodes it anew, upright, with its thumbnail.
func (d *decodes) picture(ctx context.Context, found Found, content []byte) (ready, error) {
	// A large one queues before it takes a place, so that it keeps none from
	// the small ones while it waits.
	if found.memory > large {
		if err := enter(ctx, d.large); err != nil {
			return ready{}, err
		}
		defer leave(d.large)
	}
	if err := enter(ctx, d.all); err != nil {
		return ready{}, err
	}
	defer leave(d.all)
	m, err := codecOf(found.Type).decode(bytes.NewReader(content))
	if err != nil {
		return ready{}, unknown("a %s that cannot be read: %v", found.Type, err)
	}
	m = turn(m, orientationOf(found.Type, content))
	if size := m.Bounds().Size(); size != image.Pt(found.Width, found.Height) {
		return ready{}, unknown("a picture of %v that said %d by %d", size, found.Width, found.Height)
	}
	out := ready{found: found}
	if out.content, out.found.Type, err = encode(m, found.Type); err != nil {
		return ready{}, err
	}
	out.thumb, err = thumbnail(m)
	return out, err
}

func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to read a picture: %w", ctx.Err())
	}
}

func leave(places chan struct{}) { <-places }

// encode writes a picture as it is kept: a small PNG, or one with something
// see-through, as PNG, anything else as JPEG.
func encode(m image.Image, from string) (content []byte, kind string, err error) {
	clear := !opaque(m)
	if (from == TypePNG || clear) && pixels(m) <= pngPixels {
		content, err := encodePNG(m)
		if err != nil {
			return nil, "", err
		}
		if len(content) <= pngBytes || clear && len(content) <= wire.MaxPictureBytes {
			return content, TypePNG, nil
		}
	}
	m = forJPEG(m)
	for _, quality := range qualities() {
		if content, err = encodeJPEG(m, quality); err != nil {
			return nil, "", err
		}
		if len(content) <= wire.MaxPictureBytes {
			return content, TypeJPEG, nil
		}
	}
	return nil, "", limit("a picture of %d bytes after encoding, at most %d", len(content), wire.MaxPictureBytes)
}

func encodePNG(m image.Image) ([]byte, error) {
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return nil, fmt.Errorf("encoding a PNG: %w", err)
	}
	return out.Bytes(), nil
}

func encodeJPEG(m image.Image, quality int) ([]byte, error) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encoding a JPEG: %w", err)
	}
	return out.Bytes(), nil
}

// opaque says whether nothing shows through. A format that has no such thing
// cannot be asked, and is.
func opaque(m image.Image) bool {
	asked, ok := m.(interface{ Opaque() bool })
	return !ok || asked.Opaque()
}

func pixels(m image.Image) int { return m.Bounds().Dx() * m.Bounds().Dy() }

// forJPEG is m without anything see-through, as a kind of image that the
// encoder reads fast.
func forJPEG(m image.Image) image.Image {
	switch m.(type) {
	case *image.YCbCr, *image.Gray:
		return m
	case *image.RGBA:
		if opaque(m) {
			return m
		}
	}
	out := white(m.Bounds().Size())
	draw.Draw(out, out.Bounds(), m, m.Bounds().Min, draw.Over)
	return out
}

// white is an empty sheet.
func white(size image.Point) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	return out
}
