package board_test

import (
	"fmt"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/board"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// The board's place at the floor, with the scale at one and a half, and in the
// least window.
var places = map[string]fyne.Size{
	"floor": fyne.NewSize(910, 668), "scaled": fyne.NewSize(531, 432), "least": fyne.NewSize(480, 416),
}

// line is a board over which prices stand, each taken by some nozzles only.
func line(grades int, late bool, q *desk.Queue) desk.Screen {
	s := desk.Screen{Queue: q}
	for i := range grades {
		tag := desk.PriceTag{Grade: []string{"92#", "95#", "98#", "0#", "-10#", "E92#", "-20#"}[i], Price: "7.50"}
		if late {
			tag.Acked, tag.Share, tag.Tone = "3/4 枪已生效", "3/4", desk.ToneWarn
		}
		s.Prices = append(s.Prices, tag)
	}
	return s
}

func stepper(age string) *desk.Queue {
	return &desk.Queue{Label: "排队", Count: "12", Age: age, Less: desk.Button{Label: "−", On: true}, More: desk.Button{Label: "+", On: true}}
}

// span is where an object lies, from left to right.
type span struct {
	what        string
	left, right float32
}

// spans are what can be seen over the tiles.
func spans(b *board.Board) (out []span) {
	for _, o := range test.WidgetRenderer(b).Objects() {
		if !o.Visible() || o.Position().Y > 40 {
			continue
		}
		switch o := o.(type) {
		case *canvas.Text:
			if o.Text != "" {
				width := max(o.MinSize().Width, o.Size().Width)
				out = append(out, span{o.Text, o.Position().X, o.Position().X + width})
			}
		case *parts.Button:
			out = append(out, span{o.Label(), o.Position().X, o.Position().X + o.Size().Width})
		}
	}
	return out
}

func TestPricesAndQueueShareTheirLine(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	for name, size := range places {
		for grades := range 8 {
			for _, late := range []bool{false, true} {
				b := board.New(look.Palette, func(desk.Event) {})
				b.Resize(size)
				b.Set(line(grades, late, stepper("9 min ago")))
				at := fmt.Sprintf("%s, %d grades, late %v", name, grades, late)
				all, seen := spans(b), map[string]bool{}
				for i, a := range all {
					seen[a.what] = true
					if a.left < 0 || a.right > size.Width+0.5 {
						t.Errorf("%s: %q reaches from %v to %v", at, a.what, a.left, a.right)
					}
					for _, o := range all[:i] {
						words := a.what == "9 min ago" && o.what == "排队" // one over the other
						if a.left < o.right && o.left < a.right && !words {
							t.Errorf("%s: %q lies on %q", at, a.what, o.what)
						}
					}
				}
				if !seen["−"] || !seen["+"] || !seen["12"] || grades > 0 && !seen["92#"] {
					t.Errorf("%s: only %v is there", at, seen)
				}
				if grades >= 4 && !seen["0#"] {
					t.Errorf("%s: a price is left out", at)
				}
				if name == "floor" && grades > 0 && grades <= 5 && (!seen["排队"] || late && !seen["3/4"] && !seen["3/4 枪已生效"]) {
					t.Errorf("%s: only %v is there", at, seen)
				}
				if name == "scaled" && grades == 4 && !seen["排队"] {
					t.Errorf("%s: it is not said what is counted", at)
				}
			}
		}
	}
}

func TestQueueMovesNothingAsItGrowsOld(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	for name, size := range places {
		b := board.New(look.Palette, func(desk.Event) {})
		b.Resize(size)
		b.Set(line(4, true, nil))
		alone := tops(b)
		b.Set(line(4, true, stepper("刚刚")))
		var first []span
		for _, age := range []string{"刚刚", "9分钟前", "发送中…", "未计数", "9 min ago", "Sending", "No count"} {
			b.Set(line(4, true, stepper(age)))
			var fixed []span
			for _, s := range spans(b) {
				if s.what != age {
					fixed = append(fixed, s)
				}
			}
			if first == nil {
				first = fixed
			}
			if fmt.Sprint(first) != fmt.Sprint(fixed) {
				t.Errorf("%s, %s: %v, before %v", name, age, fixed, first)
			}
		}
		if got := tops(b); got != alone {
			t.Errorf("%s: the tiles begin at %v, without the stepper at %v", name, got, alone)
		}
		b.Set(line(4, true, nil))
		for _, s := range spans(b) {
			if s.what == "+" || s.what == "排队" {
				t.Errorf("%s: %q is still there", name, s.what)
			}
		}
	}
}

// tops is where the scrolled tiles lie.
func tops(b *board.Board) string {
	scroll := test.WidgetRenderer(b).Objects()[0]
	return fmt.Sprint(scroll.Position(), scroll.Size())
}

func TestEveryAgeOfTheQueueFits(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(false))
	for _, lang := range []desk.Lang{desk.Chinese, desk.English} {
		for _, age := range []string{
			desk.Text(lang, desk.WordQueueUnknown), desk.Text(lang, desk.WordQueueSending), desk.Text(lang, desk.WordQueueNow), desk.Text(lang, desk.WordQueueAge, 9),
		} {
			if width := fyne.MeasureText(age, theme.Caption, fyne.TextStyle{}).Width; width > board.WordsWide {
				t.Errorf("%q is %v wide", age, width)
			}
		}
	}
}
