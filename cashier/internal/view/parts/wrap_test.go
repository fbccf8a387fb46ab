package parts_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"forecourt/cashier/internal/view/parts"

	"pgregory.net/rapid"
)

// cell is a typeface in which Chinese and pictures are two wide, the rest one.
func cell(c rune) float32 {
	if c >= 0x2E80 {
		return 2
	}
	return 1
}

func TestLinesBreakAsChineseDoes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		width      float32
		want       []string
	}{
		{"between characters", "加油站在线客服", 6, []string{"加油站", "在线客", "服"}},
		{"not before a closing mark", "加油站，在线", 6, []string{"加油", "站，在", "线"}},
		{"not after an opening mark", "加油（九二）", 6, []string{"加油", "（九", "二）"}},
		{"marks stay together", "好吧……行", 5, []string{"好", "吧……", "行"}},
		{"a figure stays whole", "请付 ¥200.00 元", 8, []string{"请付", "¥200.00", "元"}},
		{"a figure inside Chinese", "共26.67升九二", 7, []string{"共26.67", "升九二"}},
		{"words at spaces", "the pump is free", 8, []string{"the pump", "is free"}},
		{"spaces at the end of a line hang", "ab  cd", 2, []string{"ab", "cd"}},
		{"what does not fit is broken", "abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"wider than the width", "加油", 1, []string{"加", "油"}},
		{"lines are kept", "一\n\n二", 8, []string{"一", "", "二"}},
		{"line ends of other systems", "一\r\n二", 8, []string{"一", "二"}},
		{"nothing", "", 8, []string{""}},
		{"pictures break apart", "👍👍👍", 4, []string{"👍👍", "👍"}},
		{"a skin colour stays on", "👍🏽👍🏽", 2, []string{"👍🏽", "👍🏽"}},
		{"a family stays together", "👨\u200d👩\u200d👧👍", 2, []string{"👨\u200d👩\u200d👧", "👍"}},
		{"a flag stays whole", "🇨🇳🇨🇳", 5, []string{"🇨🇳", "🇨🇳"}},
	} {
		if got := parts.Wrap(c.text, c.width, cell); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWrapLosesNothingAndKeepsToTheWidth(t *testing.T) {
	alphabet := []rune("加油站，。！？（）“”…abc 12.5¥,\n👍️")
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 60).Draw(t, "text"))
		width := float32(rapid.IntRange(1, 20).Draw(t, "width"))
		lines := parts.Wrap(s, width, cell)
		bare := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if got := bare(strings.Join(lines, "")); got != bare(s) {
			t.Fatalf("%q became %q", s, lines)
		}
		for _, line := range lines {
			line = strings.TrimRight(line, " \uFE0F") // spaces hang over the edge
			total := float32(0)
			for _, c := range line {
				if c != 0xFE0F {
					total += cell(c)
				}
			}
			if total > width && utf8.RuneCountInString(strings.ReplaceAll(line, "\uFE0F", "")) > 1 {
				t.Fatalf("%q is %v wide, want at most %v", line, total, width)
			}
		}
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("加油站，在线客服。", 6)
	f.Add("the pump is free", 3)
	f.Add("👨\u200d👩\u200d👧 \xff", 1)
	f.Fuzz(func(t *testing.T, s string, width int) {
		for _, line := range parts.Wrap(s, float32(width), cell) {
			if strings.Contains(line, "\n") {
				t.Errorf("a line break inside %q", line)
			}
		}
	})
}
