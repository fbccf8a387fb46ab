package parts

import (
	"image/color"
	"slices"

	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// maxMono bounds the characters of a line that is read off: no secret or
// recovery code is longer.
const maxMono = 96

// Mono is a text to be read off character by character: each stands in a cell
// of its own, because the station's typeface has no fixed widths. It breaks
// between groups, and where it must.
type Mono struct {
	widget.BaseWidget
	text  string
	runes []rune
	ink   color.NRGBA
	cells []*canvas.Text
}

// NewMono makes an empty line.
func NewMono(ink color.NRGBA) *Mono {
	m := &Mono{ink: ink}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows a text.
func (m *Mono) Set(text string) {
	if m.text == text {
		return
	}
	m.text = text
	m.runes = []rune(text)
	m.runes = m.runes[:min(len(m.runes), maxMono)]
	grown := len(m.cells) != len(m.runes)
	for len(m.cells) < len(m.runes) {
		t := Text(m.ink, theme.Strong, true)
		t.Alignment = fyne.TextAlignCenter
		m.cells = append(m.cells, t)
	}
	m.cells = m.cells[:len(m.runes)]
	for i, r := range m.runes {
		Put(m.cells[i], string(r), m.ink)
	}
	if grown {
		m.Refresh()
	}
}

// monoCell is the width of a cell: the widest of the letters and digits.
const monoCell = theme.Strong * 0.72

// lay lays the characters out in a width: column and line of each. A group
// that does not fit its line begins the next one.
func (m *Mono) lay(width float32) (at [][2]int, lines int) {
	n := max(1, int(width/monoCell))
	column, line := 0, 0
	for i, r := range m.runes {
		if r == ' ' && column > 0 && column+1+group(m.runes[i+1:]) > n && group(m.runes[i+1:]) <= n {
			at = append(at, [2]int{column, line})
			column, line = 0, line+1
			continue
		}
		if column == n {
			column, line = 0, line+1
		}
		at = append(at, [2]int{column, line})
		column++
	}
	return at, line + 1
}

// group is the length of what comes before the next space.
func group(runes []rune) int {
	if at := slices.Index(runes, ' '); at >= 0 {
		return at
	}
	return len(runes)
}

// Tall is the height in a width.
func (m *Mono) Tall(width float32) float32 {
	_, lines := m.lay(width)
	return float32(lines) * LineHeight(theme.Strong)
}

// Wants is the width of one line.
func (m *Mono) Wants() float32 { return float32(len(m.runes)) * monoCell }

func (m *Mono) place(size fyne.Size) {
	height := LineHeight(theme.Strong)
	where, _ := m.lay(size.Width)
	for i, t := range m.cells {
		Place(t, float32(where[i][0])*monoCell, float32(where[i][1])*height, monoCell, height)
	}
}

type monoRenderer struct {
	Painter
	m *Mono
}

// Objects are the characters.
func (r *monoRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(r.m.cells))
	for i, t := range r.m.cells {
		out[i] = t
	}
	return out
}

// Refresh lays out anew: there may be more characters.
func (r *monoRenderer) Refresh() {
	r.m.place(r.m.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// CreateRenderer draws the line.
func (m *Mono) CreateRenderer() fyne.WidgetRenderer {
	return &monoRenderer{Painter{Place: m.place, Least: fyne.NewSize(monoCell, LineHeight(theme.Strong))}, m}
}
