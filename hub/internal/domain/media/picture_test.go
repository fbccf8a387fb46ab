package media_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"forecourt/hub/internal/domain/media"
	"forecourt/shared/wire"
)

// decoded reads a picture back.
func decoded(t *testing.T, content []byte, mime string) image.Image {
	t.Helper()
	read := jpeg.Decode
	if mime == media.TypePNG {
		read = png.Decode
	}
	m, err := read(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("reading a %s back: %v", mime, err)
	}
	return m
}

// corners spells the colours of a picture's quarters.
func corners(m image.Image) string {
	var out strings.Builder
	b := m.Bounds()
	for _, y := range []int{b.Min.Y + b.Dy()/4, b.Max.Y - b.Dy()/4} {
		for _, x := range []int{b.Min.X + b.Dx()/4, b.Max.X - b.Dx()/4} {
			r, g, bl, _ := m.At(x, y).RGBA()
			name := ""
			for _, part := range []struct {
				is   bool
				name string
			}{{r > 0x8000, "r"}, {g > 0x8000, "g"}, {bl > 0x8000, "b"}} {
				if part.is {
					name += part.name
				}
			}
			out.WriteString(name + " ")
		}
	}
	return strings.TrimSpace(out.String())
}

func TestPicturesAreTurnedUprightAndSayNothingElse(t *testing.T) {
	h := newHouse(t)
	// What a picture of red, green / blue, white becomes (Exif, Orientation).
	want := []string{
		"", "r g b rgb", "g r rgb b", "rgb b g r", "b rgb r g", "r b g rgb", "b r rgb g", "rgb g b r", "g rgb r b",
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := uint16(1); o <= 8; o++ {
			t.Run(fmt.Sprint(order, " ", o), func(t *testing.T) {
				content := withSegments(jpegOf(t, quarters(200, 136)), exifSegment(exifOf(order, o)))
				if !bytes.Contains(content, []byte(camera)) {
					t.Fatal("the picture does not name its camera")
				}
				m := h.put(content)
				width, height := 200, 136
				if o >= 5 {
					width, height = height, width
				}
				for _, thumb := range []bool{false, true} {
					kept, mime := h.read(m, thumb)
					picture := decoded(t, kept, mime)
					if size := picture.Bounds().Size(); size != image.Pt(width, height) || m.Width != width || m.Height != height {
						t.Errorf("it is %v, said to be %d by %d", size, m.Width, m.Height)
					}
					if got := corners(picture); got != want[o] {
						t.Errorf("its corners are %s, want %s", got, want[o])
					}
					clean(t, kept)
				}
			})
		}
	}
}

// clean fails the test if a kept picture carries anything but itself.
func clean(t *testing.T, kept []byte) {
	t.Helper()
	place := binary.LittleEndian.AppendUint32(nil, latitude()[4])
	for _, trace := range []string{camera, "Exif", string(place), "<script", "secret"} {
		if bytes.Contains(kept, []byte(trace)) {
			t.Errorf("what is kept contains %q", trace)
		}
	}
}

func TestOnlyThePictureIsKept(t *testing.T) {
	h := newHouse(t)
	script := []byte("<script>alert('secret')</script>")
	for name, content := range map[string][]byte{
		"behind a jpeg":  append(jpegOf(t, quarters(20, 20)), script...),
		"inside a jpeg":  withSegments(jpegOf(t, quarters(20, 20)), segment(0xfe, script), segment(0xe1, script), segment(0xed, script)),
		"behind a png":   append(pngOf(t, quarters(20, 20)), script...),
		"inside a png":   withText(pngOf(t, quarters(20, 20)), script),
		"behind a webp":  append(webpOf(20, 20, color.NRGBA{255, 0, 0, 255}), script...),
		"inside a webp":  riff("WEBP", chunk("XMP ", script), vp8l(20, 20, color.NRGBA{255, 0, 0, 255}), chunk("XMP ", script)),
		"exif in a webp": riff("WEBP", vp8l(20, 20, color.NRGBA{255, 0, 0, 255}), chunk("EXIF", exifOf(binary.LittleEndian, 1))),
	} {
		t.Run(name, func(t *testing.T) {
			m := h.put(content)
			kept, mime := h.read(m, false)
			if m.Type != mime || m.Bytes != len(kept) || m.Width != 20 {
				t.Errorf("kept as %s of %d bytes, said %+v", mime, len(kept), m)
			}
			decoded(t, kept, mime)
			clean(t, kept)
		})
	}
}

// withText is a PNG with a text in it.
func withText(content, text []byte) []byte {
	body := append([]byte("tEXtComment\x00"), text...)
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	c = binary.BigEndian.AppendUint32(append(c, body...), crcOf(body))
	const head = 8 + 25 // signature and IHDR
	return bytes.Join([][]byte{content[:head], c, content[head:]}, nil)
}

func TestHowPicturesAreKept(t *testing.T) {
	h := newHouse(t)
	noise := image.NewNRGBA(image.Rect(0, 0, 700, 700))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(r.Uint32()) | byte(i%4/3*255)
	}
	half := quarters(600, 100)
	for i := range half.Pix {
		half.Pix[i] /= 2 // colours are premultiplied
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a photograph":             {jpegOf(t, quarters(600, 100)), media.TypeJPEG},
		"a grey one":               {jpegOf(t, image.NewGray(image.Rect(0, 0, 600, 100))), media.TypeJPEG},
		"a screenshot":             {pngOf(t, quarters(600, 100)), media.TypePNG},
		"a photograph as png":      {pngOf(t, noise), media.TypeJPEG},
		"a see-through one":        {pngOf(t, half), media.TypePNG},
		"a large see-through one":  {pngOf(t, image.NewNRGBA(image.Rect(0, 0, 4000, 1500))), media.TypeJPEG},
		"a webp":                   {webpOf(600, 100, color.NRGBA{255, 0, 0, 255}), media.TypeJPEG},
		"a see-through webp":       {webpOf(600, 100, color.NRGBA{255, 0, 0, 100}), media.TypePNG},
		"one pixel":                {pngOf(t, quarters(1, 1)), media.TypePNG},
		"a very flat one":          {pngOf(t, quarters(8000, 1)), media.TypePNG},
		"a webp lying on its side": {riff("WEBP", vp8l(100, 600, color.NRGBA{255, 0, 0, 255}), chunk("EXIF", exifOf(binary.BigEndian, 6))), media.TypeJPEG},
	} {
		t.Run(name, func(t *testing.T) {
			m := h.put(c.content)
			kept, mime := h.read(m, false)
			picture := decoded(t, kept, mime)
			if mime != c.want || m.Type != c.want || picture.Bounds().Size() != image.Pt(m.Width, m.Height) {
				t.Errorf("kept as %s of %v, said %+v", mime, picture.Bounds().Size(), m)
			}
			small, mime := h.read(m, true)
			thumb := decoded(t, small, mime).Bounds().Size()
			if longest := max(thumb.X, thumb.Y); mime != media.TypeJPEG || longest != min(media.ThumbSide, max(m.Width, m.Height)) {
				t.Errorf("its thumbnail is a %s of %v", mime, thumb)
			}
		})
	}
}

// TestSeeThroughBecomesWhite: a thumbnail has no transparency, and black
// behind a drawing would hide its lines.
func TestSeeThroughBecomesWhite(t *testing.T) {
	h := newHouse(t)
	for _, side := range []int{100, 1500} {
		m := h.put(pngOf(t, image.NewNRGBA(image.Rect(0, 0, side, side))))
		small, mime := h.read(m, true)
		if got := corners(decoded(t, small, mime)); got != "rgb rgb rgb rgb" {
			t.Errorf("the thumbnail of an empty picture of %d pixels is %s", side, got)
		}
	}
}

func TestThumbnailLooksLikeThePicture(t *testing.T) {
	h := newHouse(t)
	for _, size := range []image.Point{{481, 300}, {961, 1000}, {2999, 1001}, {300, 3001}} {
		m := h.put(jpegOf(t, quarters(size.X, size.Y)))
		small, mime := h.read(m, true)
		picture := decoded(t, small, mime)
		if got := corners(picture); got != "r g b rgb" {
			t.Errorf("the thumbnail of %v has corners %s", size, got)
		}
		got := picture.Bounds().Size()
		if off := got.X*size.Y - got.Y*size.X; off > max(size.X, size.Y) || off < -max(size.X, size.Y) {
			t.Errorf("the thumbnail of %v is %v", size, got)
		}
	}
}

func TestPicturesThatBreakOffAreRefused(t *testing.T) {
	h := newHouse(t)
	for name, content := range map[string][]byte{
		"jpeg": jpegOf(t, quarters(64, 64)), "png": pngOf(t, quarters(64, 64)), "webp": webpOf(64, 64, color.NRGBA{1, 2, 3, 4}),
	} {
		_, err := h.Put(t.Context(), h.owner, content[:len(content)-5])
		if problemOf(err) != "media-type" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(h.shelf.keys()) + h.rows("media") + h.rows("media_orphan"); n != 0 {
		t.Errorf("refused pictures left %d traces", n)
	}
}

// TestAPictureThatGrowsStaysWithinTheLimit: a picture saved at a low quality
// is larger when it is saved at a higher one.
func TestAPictureThatGrowsStaysWithinTheLimit(t *testing.T) {
	h := newHouse(t)
	noise := image.NewGray(image.Rect(0, 0, 4000, 2500))
	r := rand.New(rand.NewPCG(3, 4))
	for i := range noise.Pix {
		noise.Pix[i] = byte(r.Uint32())
	}
	var content bytes.Buffer
	if err := jpeg.Encode(&content, noise, &jpeg.Options{Quality: 35}); err != nil || content.Len() > wire.MaxPictureBytes {
		t.Fatalf("made %d bytes, %v", content.Len(), err)
	}
	m, err := h.Put(t.Context(), h.owner, content.Bytes())
	if err == nil && m.Bytes > wire.MaxPictureBytes || err != nil && problemOf(err) != "media-limit" {
		t.Errorf("kept %d bytes, %v", m.Bytes, err)
	}
	t.Logf("%d bytes became %d, %v", content.Len(), m.Bytes, err)
}
