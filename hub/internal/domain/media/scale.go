package media

import (
	"image"

	"golang.org/x/image/draw"
)

// bandRows is how many rows of a large picture are converted at a time, so
// that it is never in memory once more than it has to be.
const bandRows = 64

// inBands hands m over in bands of at most rows rows, on white or, with clear,
// as see-through as it is. The band is overwritten by the next.
func inBands(m image.Image, rows int, clear bool, take func(band *image.RGBA, top, rows int)) {
	from := m.Bounds()
	band := image.NewRGBA(image.Rect(0, 0, from.Dx(), rows))
	for top := 0; top < from.Dy(); top += rows {
		n := min(rows, from.Dy()-top)
		part := image.Rect(0, 0, from.Dx(), n)
		how := draw.Src
		if !clear {
			draw.Draw(band, part, image.White, image.Point{}, draw.Src)
			how = draw.Over
		}
		draw.Draw(band, part, m, from.Min.Add(image.Pt(0, top)), how)
		take(band, top, n)
	}
}

// turn sets a picture upright.
func turn(m image.Image, o orientation) image.Image {
	if o == upright {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.sideways() {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	inBands(m, bandRows, true, func(band *image.RGBA, top, rows int) {
		for y := range rows {
			for x := range w {
				at := o.place(x, top+y, w, h)
				copy(out.Pix[out.PixOffset(at.X, at.Y):][:4], band.Pix[band.PixOffset(x, y):][:4])
			}
		}
	})
	return out
}

// place is where the pixel at x, y of a stored picture of w by h goes.
func (o orientation) place(x, y, w, h int) image.Point {
	right, bottom := w-1-x, h-1-y
	switch o {
	case 2:
		return image.Pt(right, y)
	case 3:
		return image.Pt(right, bottom)
	case 4:
		return image.Pt(x, bottom)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(bottom, x)
	case 7:
		return image.Pt(bottom, right)
	case 8:
		return image.Pt(y, right)
	}
	return image.Pt(x, y)
}

// thumbnail makes the small copy: a JPEG with its longest side ThumbSide, or
// as large as the picture if that is smaller.
func thumbnail(m image.Image) ([]byte, error) {
	size := m.Bounds().Size()
	longest := max(size.X, size.Y)
	if longest <= ThumbSide {
		return encodeJPEG(forJPEG(m), thumbQuality)
	}
	// Shrinking by whole steps first costs a pass over the picture and no
	// memory; the fine scaler then starts from at most twice the size.
	rough := shrink(m, max(1, longest/(2*ThumbSide)))
	out := white(image.Pt(max(1, size.X*ThumbSide/longest), max(1, size.Y*ThumbSide/longest)))
	draw.CatmullRom.Scale(out, out.Bounds(), rough, rough.Bounds(), draw.Src, nil)
	return encodeJPEG(out, thumbQuality)
}

// shrink is m on white with squares of step by step pixels made into one, their
// mean. What remains at the right and at the bottom is averaged by itself.
func shrink(m image.Image, step int) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, (w+step-1)/step, (h+step-1)/step))
	inBands(m, step, false, func(band *image.RGBA, top, rows int) {
		for x := range out.Rect.Dx() {
			part := image.Rect(x*step, 0, min((x+1)*step, w), rows)
			colour := mean(band, part)
			copy(out.Pix[out.PixOffset(x, top/step):], colour[:])
		}
	})
	return out
}

// mean is the mean colour of a part, opaque.
func mean(band *image.RGBA, part image.Rectangle) [4]byte {
	var r, g, b int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := band.Pix[band.PixOffset(part.Min.X, y):band.PixOffset(part.Max.X, y)]
		for ; len(row) > 0; row = row[4:] {
			r, g, b = r+int(row[0]), g+int(row[1]), b+int(row[2])
		}
	}
	n := part.Dx() * part.Dy()
	return [4]byte{byte(r / n), byte(g / n), byte(b / n), 0xff}
}
