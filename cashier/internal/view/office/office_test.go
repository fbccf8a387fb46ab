package office_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/office"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"
)

// The places a page has in the windows a till is looked at in: the floor, the
// floor with the scale at one and a half, and the least window.
var (
	floor = fyne.NewSize(1366, 744)
	half  = fyne.NewSize(911, 496)
	least = fyne.NewSize(860, 480)
)

// bench is a page in a window, what it sent, and the keys it handed on.
type bench struct {
	*office.Page
	window fyne.Window
	page   *desk.Office
	sent   []desk.Event
	keys   []fyne.KeyName
}

func open(t testing.TB, o *desk.Office, size fyne.Size, dark bool) *bench {
	t.Helper()
	look := theme.New(dark)
	test.NewTempApp(t).Settings().SetTheme(look)
	b := &bench{window: test.NewTempWindow(t, nil), page: o}
	b.window.SetPadded(false)
	b.Page = office.New(office.Options{
		Palette: look.Palette, Lang: desk.Chinese, Window: b.window,
		Send: func(e desk.Event) { b.sent = append(b.sent, e) },
		Keys: parts.Keys{
			Typed:    func(k *fyne.KeyEvent) { b.keys = append(b.keys, k.Name) },
			Down:     func(*fyne.KeyEvent) {},
			Up:       func(*fyne.KeyEvent) {},
			Shortcut: func(*desktop.CustomShortcut) bool { return true },
		},
	})
	b.window.SetContent(container.NewWithoutLayout(b.Page, b.Over()))
	b.window.Resize(size)
	parts.Place(b.Page, 64, 56, size.Width-64, size.Height-56)
	parts.Place(b.Over(), 0, 0, size.Width, size.Height)
	b.Set(o)
	return b
}

// show changes the page and shows it again.
func (b *bench) show(change func(*desk.Office)) {
	next := *b.page
	change(&next)
	b.page = &next
	b.Set(&next)
}

// took compares what was sent, and forgets it.
func (b *bench) took(t *testing.T, what string, want ...desk.Event) {
	t.Helper()
	if !slices.Equal(b.sent, want) {
		t.Errorf("%s sent %+v, want %+v", what, b.sent, want)
	}
	b.sent = nil
}

// press types keys as the window gets them: to what has the cursor, or to what
// lies over the page, or to the window.
func (b *bench) press(names ...fyne.KeyName) {
	for _, name := range names {
		k := &fyne.KeyEvent{Name: name}
		switch f := b.window.Canvas().Focused(); {
		case f != nil:
			f.TypedKey(k)
		case b.Over().Typed(k):
		default:
			b.keys = append(b.keys, name)
		}
	}
}

// text types characters into what has the cursor.
func (b *bench) text(t *testing.T, s string) {
	t.Helper()
	f := b.window.Canvas().Focused()
	if f == nil {
		t.Fatalf("nothing has the cursor for %q", s)
	}
	for _, r := range s {
		f.TypedRune(r)
	}
}

// find walks everything that is visible and collects the widgets of a type.
func find[W fyne.CanvasObject](o fyne.CanvasObject) (out []W) {
	if !o.Visible() {
		return nil
	}
	if w, ok := o.(W); ok {
		out = append(out, w)
	}
	switch o := o.(type) {
	case *container.Scroll:
		out = append(out, find[W](o.Content)...)
	case *fyne.Container:
		for _, child := range o.Objects {
			out = append(out, find[W](child)...)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			out = append(out, find[W](child)...)
		}
	}
	return out
}

// button is the visible button with a label.
func (b *bench) button(t *testing.T, label string) *parts.Button {
	t.Helper()
	for _, button := range find[*parts.Button](b.window.Content()) {
		if button.Label() == label {
			return button
		}
	}
	t.Fatalf("no button says %q", label)
	return nil
}

// touch touches the middle of an object.
func (b *bench) touch(o fyne.CanvasObject) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	test.TapCanvas(b.window.Canvas(), at.AddXY(o.Size().Width/2, o.Size().Height/2))
}

// written are the texts that can be seen.
func (b *bench) written() string {
	var out []string
	for _, t := range find[*canvas.Text](b.window.Content()) {
		out = append(out, t.Text)
	}
	return strings.Join(out, "|")
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("fyne.io/fyne/v2/internal/animation.(*Runner).runAnimations"),
		goleak.IgnoreAnyFunction("fyne.io/fyne/v2/internal/async.(*UnboundedChan[...]).processing"))
}

func TestPagesLookAsTheyShould(t *testing.T) {
	all := samples()
	for _, c := range []struct {
		sample string
		size   fyne.Size
		dark   bool
	}{
		{"members", floor, false},
		{"log", floor, true},
		{"keys", half, false},
		{"members", half, false},
		{"account", floor, false},
		{"factor", floor, false},
		{"codes", half, true},
		{"staff", floor, false},
		{"segment", half, false},
		{"offer", floor, false},
		{"offer", half, true},
		{"erase", floor, true},
		{"failed", floor, false},
	} {
		name := c.sample
		if c.size == half {
			name += "-scaled"
		}
		t.Run(name, func(t *testing.T) {
			b := open(t, all[c.sample](), c.size, c.dark)
			b.window.Canvas().Unfocus() // the cursor blinks
			test.AssertRendersToMarkup(t, name+".xml", b.window.Canvas())
		})
	}
}

func TestFiltersAreTypedAndSearched(t *testing.T) {
	b := open(t, members(), floor, false)
	entries := find[*parts.Entry](b.Page)
	if len(entries) != 3 || b.window.Canvas().Focused() != fyne.Focusable(entries[0]) {
		t.Fatalf("%d fields, the cursor is in %T", len(entries), b.window.Canvas().Focused())
	}
	b.text(t, "88")
	b.show(func(o *desk.Office) { o.Note = "正在查找" }) // the state has not caught up
	if entries[0].Text != "88" {
		t.Fatalf("what is being typed became %q", entries[0].Text)
	}
	b.press(fyne.KeyReturn, fyne.KeyEnter)
	b.took(t, "typing", desk.OfficeFilter{Field: "number", Value: "8"}, desk.OfficeFilter{Field: "number", Value: "88"}, desk.OfficeSearch{}, desk.OfficeSearch{})
	b.press(fyne.KeyDown, fyne.KeyF5, fyne.KeyEscape)
	if !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyDown, fyne.KeyF5, fyne.KeyEscape}) {
		t.Errorf("handed on %v", b.keys)
	}
	b.show(func(o *desk.Office) {
		o.Filters = slices.Clone(o.Filters)
		o.Filters[0].Value, o.Filters[0].Revision = "", 1
	})
	if entries[0].Text != "" || len(b.sent) != 0 {
		t.Errorf("a new revision left %q and sent %+v", entries[0].Text, b.sent)
	}
	b.window.Canvas().Unfocus()
	b.Write('7')
	b.took(t, "a digit without a cursor", desk.OfficeFilter{Field: "number", Value: "7"})
	b.show(func(o *desk.Office) {
		o.Filters = slices.Clone(o.Filters)
		o.Filters[0].Problem = "看不懂这个会员号"
	})
	if !strings.Contains(b.written(), "看不懂这个会员号") {
		t.Error("what is wrong with a filter is not said")
	}
}

func TestChoiceOfAFilterSearchesAtOnce(t *testing.T) {
	b := open(t, securityLog(), floor, false)
	choices := find[*parts.Choice](b.Page)
	b.touch(choices[1])
	if !b.Over().Covers() {
		t.Fatal("the list of a choice does not cover the page")
	}
	b.press(fyne.KeyF8, fyne.KeyDown, fyne.KeyReturn)
	b.took(t, "a choice", desk.OfficeFilter{Field: "result", Value: "ok"}, desk.OfficeSearch{})
	b.touch(choices[0])
	b.press(fyne.KeyReturn, fyne.KeyDown, fyne.KeyReturn, fyne.KeyEscape)
	b.took(t, "several", desk.OfficeFilter{Field: "action", Value: "login.ok"}, desk.OfficeFilter{Field: "action", Value: "login.ok,login.refused"}, desk.OfficeSearch{})
	b.touch(find[*parts.Check](b.Page)[0])
	b.took(t, "a tick taken away", desk.OfficeFilter{Field: "mine"}, desk.OfficeSearch{})
	if len(b.keys) != 0 {
		t.Errorf("keys went through the open list: %v", b.keys)
	}
	b.show(func(o *desk.Office) { // the state says nothing new of the choice
		o.Filters = slices.Clone(o.Filters)
		o.Filters[2].Hint = "不限"
	})
	if got := choices[1].Shown(); got != "成功" {
		t.Errorf("the choice fell back to %q", got)
	}
}

func TestEveryTouchSaysWhatItIs(t *testing.T) {
	b := open(t, members(), floor, false)
	row := func(i int) { test.TapCanvas(b.window.Canvas(), fyne.NewPos(200, b.top(t)+28+48*float32(i)+20)) }
	row(4)
	b.took(t, "a row", desk.OfficeRow{Key: "m4"})
	b.touch(b.button(t, "查看"))
	b.took(t, "an act in a line", desk.OfficeAct{ID: "reveal", Arg: "phone"})
	b.touch(b.button(t, "删除会员"))
	b.took(t, "an act of the card", desk.OfficeAct{ID: "erase"})
	tabs := find[*parts.Tabs](b.Page)[0]
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(tabs)
	test.TapCanvas(b.window.Canvas(), at.AddXY(tabs.Wants()-10, 20))
	b.took(t, "a tab", desk.OfficeTab{Tab: desk.TabSegments})
	b.touch(b.button(t, "")) // the glass
	b.took(t, "the glass", desk.OfficeSearch{})
	test.Scroll(b.window.Canvas(), fyne.NewPos(200, b.top(t)+100), 0, -9999)
	b.touch(b.button(t, "更多"))
	b.took(t, "more", desk.OfficeMore{})

	b = open(t, samples()["failed"](), floor, false)
	b.touch(b.button(t, "再试一次"))
	b.took(t, "trying again", desk.OfficeAct{ID: "again"})
	b = open(t, securityLog(), floor, false)
	b.touch(b.button(t, "导出"))
	b.took(t, "an act of the list", desk.OfficeAct{ID: "log.export"})
}

// top is where the list begins.
func (b *bench) top(t *testing.T) float32 {
	t.Helper()
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(find[*parts.Table](b.Page)[0]).Y
}

func TestCardTakesTheListsPlaceWhereThereIsLittleRoom(t *testing.T) {
	b := open(t, members(), half, false)
	if len(find[*parts.Table](b.Page)) != 0 {
		t.Fatal("the list is still there")
	}
	b.touch(b.button(t, "返回"))
	b.took(t, "the way back", desk.OfficeRow{})
	b.show(func(o *desk.Office) {
		o.Card = nil
		o.Table.Rows = slices.Clone(o.Table.Rows)
		o.Table.Rows[2].Chosen = false
	})
	if tables := find[*parts.Table](b.Page); len(tables) != 1 || tables[0].Size().Width < 800 {
		t.Error("back at the list it does not have the page")
	}

	b = open(t, members(), floor, false)
	beside := find[*parts.Table](b.Page)[0].Size().Width
	b.show(func(o *desk.Office) { o.Wide = true })
	if got := find[*parts.Table](b.Page)[0].Size().Width; got != beside {
		t.Errorf("a wide list with a chosen row is %v, want %v", got, beside)
	}
	b.show(func(o *desk.Office) {
		o.Table.Rows = slices.Clone(o.Table.Rows)
		o.Table.Rows[2].Chosen = false
	})
	if got := find[*parts.Table](b.Page)[0].Size().Width; got < 1200 {
		t.Errorf("a wide list without a chosen row is %v", got)
	}
}

func TestCardSaysWhyThereIsNothingElse(t *testing.T) {
	b := open(t, members(), floor, false)
	if !strings.Contains(b.written(), "138****5678") {
		t.Fatal("the card is not drawn")
	}
	b.show(func(o *desk.Office) { o.Card = &desk.Card{Title: "88001035", Loading: true} })
	if strings.Contains(b.written(), "138****5678") {
		t.Error("while another card is loading the last one can still be read")
	}
	b.show(func(o *desk.Office) { o.Card = &desk.Card{Title: "88001035", Failed: "没有取到会员资料"} })
	if got := b.written(); !strings.Contains(got, "没有取到会员资料") {
		t.Errorf("it says %q", got)
	}
	b.show(func(o *desk.Office) { o.Card = memberCard() })
	if got := b.written(); !strings.Contains(got, "138****5678") || strings.Contains(got, "没有取到") {
		t.Error("the card does not come back")
	}
}

func TestLongTextOfACardsTableTakesASecondLine(t *testing.T) {
	b := open(t, members(), floor, false)
	long := "看负责油枪的加油记录和这些车牌的尾号，不看电话，也不看姓名"
	b.show(func(o *desk.Office) {
		o.Card = &desk.Card{Title: "岗位权限", Sections: []desk.Section{{Table: &desk.Table{
			Columns: []desk.Column{{Title: "权限", Weight: 3}, {Title: "负责人", Weight: 4}},
			Rows:    []desk.Row{{Cells: []desk.Cell{{Text: long}, {Text: "是"}}}, {Cells: []desk.Cell{{Text: "收款"}, {Text: "否"}}}},
		}}}}
	})
	var at []*canvas.Text
	for _, text := range find[*canvas.Text](b.Page) {
		if text.Text != "" && (strings.HasPrefix(long, text.Text) || text.Text == "收款" || strings.HasSuffix(text.Text, "…")) {
			at = append(at, text)
		}
	}
	if len(at) != 3 || at[0].Position().Y >= at[1].Position().Y || at[1].Position().Y >= at[2].Position().Y || !strings.HasSuffix(at[1].Text, "…") {
		t.Fatalf("%d texts: %v", len(at), at)
	}
	for _, text := range at {
		if end := text.Position().X + text.MinSize().Width; end > 400*3/7 {
			t.Errorf("%q reaches to %v, into the next column", text.Text, end)
		}
	}
}

func TestPageGivesItsFieldsUpWhenItIsLeft(t *testing.T) {
	b := open(t, with(members(), erase()), floor, false)
	b.Set(nil)
	if f := b.window.Canvas().Focused(); f != nil || b.Over().Covers() {
		t.Errorf("after leaving the cursor is in %T, covered is %v", f, b.Over().Covers())
	}
	b.Set(members())
	if b.window.Canvas().Focused() == nil {
		t.Error("back on the page nothing has the cursor")
	}
}

func TestSamePageAgainCostsAComparison(t *testing.T) {
	b := open(t, with(securityLog(), newStaff()), floor, false)
	again := with(securityLog(), newStaff())
	if n := testing.AllocsPerRun(20, func() { b.Set(again) }); n > 4 {
		t.Errorf("showing 200 rows and a form again makes %v allocations", n)
	}
}

func TestNothingLiesOutsideThePageOrUnderAFinger(t *testing.T) {
	for name, make := range samples() {
		for _, size := range []fyne.Size{floor, half, least} {
			b := open(t, make(), size, false)
			pixels := floor.Width / size.Width
			for _, button := range find[*parts.Button](b.window.Content()) {
				at := fyne.CurrentApp().Driver().AbsolutePositionForObject(button)
				got := button.Size()
				if got.Width*pixels < 48 || got.Height*pixels < 48 {
					t.Errorf("%s at %v: button %q is %v points", name, size, button.Label(), got)
				}
				if at.X < 0 || at.X+got.Width > size.Width+0.5 {
					t.Errorf("%s at %v: button %q lies from %v to %v", name, size, button.Label(), at.X, at.X+got.Width)
				}
			}
			for _, table := range find[*parts.Table](b.window.Content()) {
				if table.Size().Width < 360 || table.Size().Height < 28+3*48 {
					t.Errorf("%s at %v: the list has only %v", name, size, table.Size())
				}
			}
			for _, e := range find[*parts.Entry](b.window.Content()) {
				if e.Size().Height < e.MinSize().Height || e.Size().Width < 100 {
					t.Errorf("%s at %v: a field has only %v", name, size, e.Size())
				}
			}
		}
	}
}

func BenchmarkTypingIntoAFilterOverTwoHundredRows(b *testing.B) {
	bench := open(b, securityLog(), floor, false)
	pages := [2]*desk.Office{securityLog(), securityLog()}
	pages[1].Filters[0].Value = "2001"
	i := 0
	for b.Loop() {
		bench.Set(pages[i%2])
		i++
	}
}

func BenchmarkAnotherRowOfTwoHundredChosen(b *testing.B) {
	bench := open(b, securityLog(), floor, false)
	pages := [2]*desk.Office{securityLog(), securityLog()}
	for i, p := range pages {
		p.Table.Rows[i].Chosen, p.Card = true, memberCard()
	}
	i := 0
	for b.Loop() {
		bench.Set(pages[i%2])
		i++
	}
}

func BenchmarkSamePageOfTwoHundredRows(b *testing.B) {
	bench := open(b, securityLog(), floor, false)
	again := securityLog()
	for b.Loop() {
		bench.Set(again)
	}
}
