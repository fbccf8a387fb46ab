package evidence

import (
	"fmt"
	"time"

	"github.com/signintech/gopdf"

	"forecourt/assets/fonts"
)

// colour is red, green and blue.
type colour uint32

// The colours of a page: those of the other screens.
const (
	ink    colour = 0x16202B
	soft   colour = 0x5B6676
	hair   colour = 0xDDE3EA
	ground colour = 0xF5F7F9
	brand  colour = 0x0B5563
	good   colour = 0x1B7F3B
	doubt  colour = 0x9C1150
)

func (c colour) parts() (r, g, b uint8) { return uint8(c >> 16), uint8(c >> 8), uint8(c) }

// The two weights of the typeface.
const (
	regular = "regular"
	bold    = "bold"
)

// absent stands for a character that the typeface does not have.
const absent = '□'

// sheet is an A4 page under construction, in points from its upper left corner.
// What goes wrong first is kept, and nothing is drawn any more.
type sheet struct {
	pdf     gopdf.GoPdf
	missing []rune // characters that the typeface does not have
	err     error
}

// newSheet begins a page that says when it was made.
func newSheet(title string, at time.Time) *sheet {
	s := &sheet{}
	s.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	s.pdf.SetInfo(gopdf.PdfInfo{Title: title, Producer: "Forecourt", CreationDate: at})
	s.pdf.AddPage()
	option := gopdf.TtfOption{
		OnGlyphNotFound:           func(r rune) { s.missing = append(s.missing, r) },
		OnGlyphNotFoundSubstitute: func(rune) rune { return absent },
	}
	s.keep(s.pdf.AddTTFFontDataWithOption(regular, fonts.Regular, option))
	s.keep(s.pdf.AddTTFFontDataWithOption(bold, fonts.Bold, option))
	return s
}

// keep keeps the first error.
func (s *sheet) keep(err error) {
	if s.err == nil {
		s.err = err
	}
}

// bytes is the finished file.
func (s *sheet) bytes() ([]byte, error) {
	if s.err != nil {
		return nil, fmt.Errorf("drawing evidence: %w", s.err)
	}
	content, err := s.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, fmt.Errorf("writing evidence: %w", err)
	}
	return content, nil
}

// style is how a text looks.
type style struct {
	face string
	size float64
	in   colour
}

// text writes a text with its baseline at y, from x on.
func (s *sheet) text(x, y float64, st style, text string) {
	if s.err != nil || text == "" {
		return
	}
	s.use(st)
	s.pdf.SetXY(x, y)
	s.keep(s.pdf.Text(text))
}

func (s *sheet) use(st style) {
	s.keep(s.pdf.SetFont(st.face, "", st.size))
	s.pdf.SetTextColor(st.in.parts())
}

// width is how wide a text is.
func (s *sheet) width(st style, text string) float64 {
	if s.err != nil || text == "" {
		return 0
	}
	s.use(st)
	w, err := s.pdf.MeasureTextWidth(text)
	s.keep(err)
	return w
}

// right writes a text that ends at x.
func (s *sheet) right(x, y float64, st style, text string) {
	s.text(x-s.width(st, text), y, st, text)
}

// fitted writes a text in at most width: smaller if it must be, then cut.
func (s *sheet) fitted(x, y, width float64, st style, text string) {
	text, st = s.fit(width, st, text)
	s.text(x, y, st, text)
}

// fit makes a text fit, down to half its size and then by cutting it.
func (s *sheet) fit(width float64, st style, text string) (string, style) {
	full := s.width(st, text)
	if full <= width {
		return text, st
	}
	st.size *= max(0.99*width/full, 1.0/2) // widths do not shrink quite evenly
	runes := []rune(text)
	for len(runes) > 1 && s.width(st, text) > width {
		runes = runes[:len(runes)-1]
		text = string(runes) + "…"
	}
	return text, st
}

// line draws a line.
func (s *sheet) line(x1, y1, x2, y2, width float64, in colour) {
	s.pdf.SetStrokeColor(in.parts())
	s.pdf.SetLineWidth(width)
	s.pdf.Line(x1, y1, x2, y2)
}

// box fills a rectangle.
func (s *sheet) box(x, y, width, height float64, in colour) {
	s.pdf.SetFillColor(in.parts())
	s.pdf.RectFromUpperLeftWithStyle(x, y, width, height, "F")
}
