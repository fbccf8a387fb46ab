package parts

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
)

// maxRuled bounds the widths a Ruler remembers: more than the characters of
// the typeface, in every size and weight of a page.
const maxRuled = 40_000

type ruled struct {
	char rune
	size float32
	bold bool
}

// Ruler measures characters and remembers each, so that breaking a long
// conversation into lines costs additions and not shaping.
type Ruler struct{ widths map[ruled]float32 }

// NewRuler makes a ruler for one typeface.
func NewRuler() *Ruler { return &Ruler{widths: map[ruled]float32{}} }

// Width is the advance of one character.
func (r *Ruler) Width(char rune, size float32, bold bool) float32 {
	key := ruled{char, size, bold}
	if w, ok := r.widths[key]; ok {
		return w
	}
	if len(r.widths) >= maxRuled {
		clear(r.widths)
	}
	w := fyne.MeasureText(string(char), size, fyne.TextStyle{Bold: bold}).Width
	r.widths[key] = w
	return w
}

// Wrap breaks a text to a width.
func (r *Ruler) Wrap(s string, size float32, bold bool, width float32) []string {
	return Wrap(s, width, func(c rune) float32 { return r.Width(c, size, bold) })
}

// Span is the width of a line.
func (r *Ruler) Span(s string, size float32, bold bool) float32 {
	return span([]rune(s), func(c rune) float32 { return r.Width(c, size, bold) })
}

// Cut cuts a text to a width, at a line break at the latest, and marks the
// cut with an ellipsis.
func (r *Ruler) Cut(s string, size float32, bold bool, width float32) string {
	first, _, cut := strings.Cut(s, "\n")
	if !cut && r.Span(s, size, bold) <= width {
		return s
	}
	room := width - r.Width('…', size, bold)
	if room <= 0 {
		return ""
	}
	lines := r.Wrap(first, size, bold, room)
	if len(lines) == 0 {
		return "…"
	}
	return strings.TrimRight(lines[0], " ·，、") + "…"
}

// Wrap breaks a text into lines no wider than a width, which advance measures
// character by character. Chinese breaks between characters, but never before
// a closing mark or after an opening one; other scripts break at spaces; what
// has no place to break is broken where it must be. Line breaks in the text
// are kept.
func Wrap(s string, width float32, advance func(rune) float32) []string {
	var out []string
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(s, "\r", ""), "\n") {
		out = append(out, wrapParagraph([]rune(paragraph), width, advance)...)
	}
	return out
}

func wrapParagraph(s []rune, width float32, advance func(rune) float32) []string {
	var out []string
	for {
		end := lineEnd(s, width, advance)
		out = append(out, strings.TrimRight(string(s[:end]), " "))
		s = s[end:]
		for len(s) > 0 && s[0] == ' ' {
			s = s[1:]
		}
		if len(s) == 0 {
			return out
		}
	}
}

// lineEnd is how many characters of s go on its first line: at least one.
func lineEnd(s []rune, width float32, advance func(rune) float32) int {
	x, good, forced := float32(0), 0, 0
	for i, c := range s {
		if i > 0 && !joined(s, i) {
			forced = i
			if mayBreak(s[i-1], c) {
				good = i
			}
		}
		if joinedAfter(s, i) {
			continue
		}
		x += advance(c)
		if x > width && c != ' ' && forced > 0 {
			if good > 0 {
				return good
			}
			return forced
		}
	}
	return len(s)
}

func span(s []rune, advance func(rune) float32) float32 {
	x := float32(0)
	for i, c := range s {
		if !joinedAfter(s, i) {
			x += advance(c)
		}
	}
	return x
}

// neverFirst must not begin a line, neverLast must not end one (GB/T
// 15834-2011, 5.1: where the marks stand).
const (
	neverFirst = "。，、；：？！）》」』】〕〉”’…—～·．,.;:?!)]}%‰℃°％″′々ー"
	neverLast  = "（《「『【〔〈“‘([{¥￥$"
)

// mayBreak reports whether a line may end between two characters.
func mayBreak(a, b rune) bool {
	if a == ' ' {
		return true
	}
	if b == ' ' || strings.ContainsRune(neverFirst, b) || strings.ContainsRune(neverLast, a) {
		return false
	}
	return wide(a) || wide(b)
}

// wide reports whether a character stands for itself: Chinese, its marks, and
// pictures.
func wide(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		c >= 0x3000 && c <= 0x303F || c >= 0xFF00 && c <= 0xFFEF || c >= 0x2600 && c <= 0x27BF || c >= 0x1F000 && c <= 0x1FAFF ||
		strings.ContainsRune("…—“”‘’", c)
}

const zeroWidthJoiner = 0x200D

// joined reports whether s[i] belongs to the character before it: an accent,
// a skin colour, the rest of a family, the second letter of a flag.
func joined(s []rune, i int) bool {
	return joinedAfter(s, i) || i > 0 && flagLetter(s[i]) && flagLetters(s[:i])%2 == 1
}

// joinedAfter reports whether s[i] takes no room of its own.
func joinedAfter(s []rune, i int) bool {
	c := s[i]
	return i > 0 && (c == zeroWidthJoiner || s[i-1] == zeroWidthJoiner || unicode.In(c, unicode.Mn, unicode.Me) ||
		c >= 0x1F3FB && c <= 0x1F3FF || c >= 0xE0020 && c <= 0xE007F)
}

func flagLetter(c rune) bool { return c >= 0x1F1E6 && c <= 0x1F1FF }

// flagLetters counts the flag letters at the end of s.
func flagLetters(s []rune) int {
	n := 0
	for n < len(s) && flagLetter(s[len(s)-1-n]) {
		n++
	}
	return n
}
