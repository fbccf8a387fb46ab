package chat

import (
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"
)

// anyBubble draws a message of any kind.
func anyBubble(t *rapid.T) desk.Bubble {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("加油站，。！abc 12.5¥👍\n")), 0, 300, -1)
	b := desk.Bubble{
		ID:   id.Message{byte(rapid.IntRange(1, 255).Draw(t, "id"))},
		Mine: rapid.Bool().Draw(t, "mine"), When: "07:12", Text: text.Draw(t, "text"),
		Day: rapid.SampledFrom([]string{"", "今天"}).Draw(t, "day"), Who: rapid.SampledFrom([]string{"", "客服 4001"}).Draw(t, "who"),
		Status: rapid.SampledFrom([]string{"", "已送达", "未送达：内容包含不允许发送的词语或信息，请修改后再发"}).Draw(t, "status"),
		Retry:  rapid.Bool().Draw(t, "retry"),
	}
	picture := func() *desk.Picture {
		return &desk.Picture{Width: rapid.IntRange(0, 8192).Draw(t, "wide"), Height: rapid.IntRange(0, 8192).Draw(t, "tall")}
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		b.System = true
	case 1:
		b.Image = picture()
	case 2:
		b.Voice = &desk.Voice{Length: "12″", Seconds: rapid.IntRange(-1, 600).Draw(t, "seconds"), Failed: rapid.SampledFrom([]string{"", "没有取到"}).Draw(t, "failed")}
	case 3:
		b.Parts = []desk.BubblePart{{Text: text.Draw(t, "part")}, {Picture: picture()}, {Text: "完"}}
	}
	return b
}

// inside reports whether a lies within b; half a point is not seen.
func inside(a, b area) bool {
	return a.x >= b.x-0.5 && a.y >= b.y-0.5 && a.x+a.w <= b.x+b.w+0.5 && a.y+a.h <= b.y+b.h+0.5
}

func apart(a, b area) bool {
	return a.x >= b.x+b.w || b.x >= a.x+a.w || a.y >= b.y+b.h || b.y >= a.y+a.h
}

func TestEveryMessageFitsItsRow(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	ruler := parts.NewRuler()
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom([]gauge{roomy, tight}).Draw(t, "gauge")
		s := setter{ruler, g, float32(rapid.IntRange(380, 900).Draw(t, "width"))}
		b := anyBubble(t)
		p := s.arrange(b)
		row := area{0, 0, s.width, p.height}
		if !inside(p.box, row) {
			t.Fatalf("the bubble %+v lies outside its row %+v", p.box, row)
		}
		for _, l := range p.lines {
			if !inside(l.area, row) {
				t.Fatalf("%q at %+v lies outside its row %+v", l.text, l.area, row)
			}
			if l.ink == inkSaid && !inside(l.area, p.box) {
				t.Fatalf("%q at %+v lies outside its bubble %+v", l.text, l.area, p.box)
			}
			if (l.ink == inkStatus || l.ink == inkBad) && !apart(l.area, p.box) {
				t.Fatalf("%q at %+v lies on the bubble %+v", l.text, l.area, p.box)
			}
		}
		for _, slot := range p.slots {
			if !inside(slot.area, p.box) {
				t.Fatalf("a picture at %+v lies outside its bubble %+v", slot.area, p.box)
			}
		}
		if !b.System && b.Mine != (p.box.x+p.box.w > s.width-g.margin-1) {
			t.Fatalf("mine is %v and the bubble lies at %+v of %v", b.Mine, p.box, s.width)
		}
		if b.Retry && !b.System && p.again.w == 0 {
			t.Fatal("what can be sent again does not say so")
		}
	})
}

func TestPicturesKeepTheirProportions(t *testing.T) {
	for _, c := range []struct{ w, h, wide, tall, wantW, wantH float32 }{
		{480, 640, 240, 240, 180, 240},
		{640, 480, 240, 240, 240, 180},
		{100, 80, 240, 240, 100, 80},
		{8000, 100, 240, 240, 240, leastSide},
		{0, 0, 240, 240, unknownWide, unknownTall},
	} {
		got := fitted(&desk.Picture{Width: int(c.w), Height: int(c.h)}, c.wide, c.tall)
		if got.Width != c.wantW || got.Height != c.wantH {
			t.Errorf("%v x %v in %v x %v is %v, want %v x %v", c.w, c.h, c.wide, c.tall, got, c.wantW, c.wantH)
		}
	}
}

func TestLongerRecordingsAreWider(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	s := setter{parts.NewRuler(), roomy, 700}
	last := float32(0)
	for _, seconds := range []int{1, 10, 30, 60} {
		p := s.arrange(desk.Bubble{Voice: &desk.Voice{Length: "60″", Seconds: seconds}})
		if p.box.w <= last {
			t.Errorf("%d seconds are %v wide, not more than %v", seconds, p.box.w, last)
		}
		last = p.box.w
	}
	if p := s.arrange(desk.Bubble{Voice: &desk.Voice{Length: "600″", Seconds: 600}}); p.box.w != last {
		t.Errorf("ten minutes are %v wide, want the most there is, %v", p.box.w, last)
	}
}

func TestALongReasonStandsUnderTheBubble(t *testing.T) {
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	s := setter{parts.NewRuler(), roomy, 700}
	why := "未送达：内容包含不允许发送的词语或信息，请修改后再发"
	p := s.arrange(desk.Bubble{Mine: true, Text: "加我微信聊", Status: why, Retry: true, When: "07:12"})
	said := ""
	for _, l := range p.lines {
		if l.ink == inkBad {
			said += l.text
			if l.y < p.box.y+p.box.h {
				t.Errorf("%q stands at %v, the bubble ends at %v", l.text, l.y, p.box.y+p.box.h)
			}
		}
	}
	if said != why {
		t.Errorf("it says %q", said)
	}
}
