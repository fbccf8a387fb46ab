package parts_test

import (
	"slices"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// bench is a window of fields, and the keys they handed on.
type bench struct {
	window  fyne.Window
	palette theme.Palette
	keys    []fyne.KeyName
}

func open(t testing.TB) *bench {
	t.Helper()
	look := theme.New(false)
	test.NewTempApp(t).Settings().SetTheme(look)
	b := &bench{window: test.NewTempWindow(t, nil), palette: look.Palette}
	b.window.SetPadded(false)
	return b
}

// show lays objects into the window, each where it has been placed.
func (b *bench) show(objects ...fyne.CanvasObject) {
	b.window.SetContent(container.NewWithoutLayout(objects...))
	b.window.Resize(fyne.NewSize(600, 500))
}

// keymap is a window's key map that notes what it gets.
func (b *bench) keymap() parts.Keys {
	return parts.Keys{
		Typed:    func(k *fyne.KeyEvent) { b.keys = append(b.keys, k.Name) },
		Down:     func(*fyne.KeyEvent) {},
		Up:       func(*fyne.KeyEvent) {},
		Shortcut: func(*desktop.CustomShortcut) bool { return true },
	}
}

// touch touches a point of an object.
func (b *bench) touch(o fyne.CanvasObject, x, y float32) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	test.TapCanvas(b.window.Canvas(), at.AddXY(x, y))
}

// press types keys into whatever has the cursor.
func (b *bench) press(t *testing.T, names ...fyne.KeyName) {
	t.Helper()
	for _, name := range names {
		f := b.window.Canvas().Focused()
		if f == nil {
			t.Fatalf("nothing has the cursor for %s", name)
		}
		if name == fyne.KeySpace {
			f.TypedRune(' ')
		}
		f.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

var days = []desk.Pick{{Value: "1", Label: "周一"}, {Value: "2", Label: "周二"}, {Value: "3", Label: "周三"}, {Value: "6", Label: "Saturday"}}

func TestChoiceOpensAListAndTakesOneValue(t *testing.T) {
	b := open(t)
	drop := parts.NewDrop(b.palette, b.keymap())
	c := parts.NewChoice(b.palette, b.keymap(), drop, false)
	parts.Place(c, 20, 20, 200, 48)
	b.show(c, drop)
	drop.Resize(fyne.NewSize(600, 500))
	var chosen [][]string
	closed := 0
	c.OnChanged = func(on []string) { chosen = append(chosen, on) }
	c.OnClosed = func() { closed++ }
	c.Set("", days, []string{"2"})
	if c.Shown() != "周二" {
		t.Errorf("it reads %q", c.Shown())
	}
	b.touch(c, 10, 10)
	if !drop.Open() || b.window.Canvas().Focused() != fyne.Focusable(drop) {
		t.Fatalf("a touch opened %v, the cursor is in %T", drop.Open(), b.window.Canvas().Focused())
	}
	b.press(t, fyne.KeyDown, fyne.KeyReturn)
	if drop.Open() || c.Shown() != "周三" || b.window.Canvas().Focused() != fyne.Focusable(c) {
		t.Errorf("after Down and Enter it reads %q, open is %v, the cursor is in %T", c.Shown(), drop.Open(), b.window.Canvas().Focused())
	}
	b.press(t, fyne.KeySpace, fyne.KeyHome, fyne.KeyEscape) // opened, and nothing chosen
	if drop.Open() || c.Shown() != "周三" {
		t.Errorf("Escape left open %v and %q", drop.Open(), c.Shown())
	}
	b.press(t, fyne.KeyDown)
	drop.TypedRune('s')
	b.press(t, fyne.KeyEnter)
	if c.Shown() != "Saturday" {
		t.Errorf("a letter led to %q", c.Shown())
	}
	b.touch(c, 10, 10)
	b.touch(drop, 590, 490) // beside the list
	if drop.Open() {
		t.Error("a touch beside the list left it open")
	}
	want := [][]string{{"3"}, {"6"}}
	if !slices.EqualFunc(chosen, want, slices.Equal) || closed != 2 {
		t.Errorf("told %v, and %d times that it closed; want %v and twice", chosen, closed, want)
	}
}

func TestChoiceByTouchOnARow(t *testing.T) {
	b := open(t)
	drop := parts.NewDrop(b.palette, b.keymap())
	c := parts.NewChoice(b.palette, b.keymap(), drop, true)
	parts.Place(c, 20, 430, 200, 48) // at the foot: the list opens upwards
	b.show(c, drop)
	drop.Resize(fyne.NewSize(600, 500))
	var last []string
	closed := 0
	c.OnChanged = func(on []string) { last = on }
	c.OnClosed = func() { closed++ }
	c.Set("全部", days, nil)
	b.touch(c, 10, 10)
	top := float32(430) - 4 - 4*48 - 4
	test.TapCanvas(b.window.Canvas(), fyne.NewPos(60, top+3*48+24))
	test.TapCanvas(b.window.Canvas(), fyne.NewPos(60, top+24))
	if !slices.Equal(last, []string{"1", "6"}) || !drop.Open() || closed != 0 {
		t.Errorf("two touches chose %v, open is %v, closed %d times", last, drop.Open(), closed)
	}
	b.press(t, fyne.KeyTab)
	if drop.Open() || closed != 1 || c.Shown() != "周一、Saturday" {
		t.Errorf("Tab left it open %v, closed %d times, %q", drop.Open(), closed, c.Shown())
	}
	c.Disable()
	b.touch(c, 10, 10)
	if drop.Open() {
		t.Error("a field that is off opened")
	}
}

func TestChipsAreTurnedOnByTouchAndByKeys(t *testing.T) {
	b := open(t)
	c := parts.NewChips(b.palette, b.keymap())
	parts.Place(c, 20, 20, 200, 200)
	b.show(c)
	var told [][]string
	c.OnChanged = func(on []string) { told = append(told, on) }
	done := 0
	c.Done = func() { done++ }
	c.Set(days, []string{"2"})
	if c.Tall(1000) != 48 || c.Tall(200) <= 48 {
		t.Errorf("%v high in a wide place, %v in a narrow one", c.Tall(1000), c.Tall(200))
	}
	b.touch(c, 20, 24)
	b.press(t, fyne.KeyRight, fyne.KeySpace, fyne.KeyLeft, fyne.KeyLeft, fyne.KeySpace, fyne.KeyReturn, fyne.KeyF8)
	want := [][]string{{"1", "2"}, {"1"}, {"1", "6"}}
	if !slices.EqualFunc(told, want, slices.Equal) {
		t.Errorf("told %v, want %v", told, want)
	}
	if done != 1 || !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyF8}) {
		t.Errorf("Enter went on %d times, handed on %v", done, b.keys)
	}
	c.Disable()
	b.touch(c, 20, 24)
	if len(told) != 3 {
		t.Error("chips that are off were changed")
	}
}

func TestCheckIsTickedByTouchAndByTheSpaceBar(t *testing.T) {
	b := open(t)
	c := parts.NewCheck(b.palette, b.keymap())
	parts.Place(c, 20, 20, 200, 48)
	b.show(c)
	var told []bool
	c.OnChanged = func(on bool) { told = append(told, on) }
	c.Set("只看本站", false)
	b.touch(c, 10, 10)
	b.press(t, fyne.KeySpace, fyne.KeyEscape)
	c.Set("只看本站", true)
	if !slices.Equal(told, []bool{true, false}) || !c.On() || !slices.Equal(b.keys, []fyne.KeyName{fyne.KeyEscape}) {
		t.Errorf("told %v, on is %v, handed on %v", told, c.On(), b.keys)
	}
}

func TestBarredFieldsTakeNoCursor(t *testing.T) {
	b := open(t)
	under := true
	barred := func() bool { return under }
	check, chips := parts.NewCheck(b.palette, b.keymap()), parts.NewChips(b.palette, b.keymap())
	entry := parts.NewEntry(false, b.keymap(), func() {})
	free := parts.NewEntry(false, b.keymap(), func() {})
	check.Barred, chips.Barred, entry.Barred = barred, barred, barred
	b.show(check, chips, entry, free)
	c := b.window.Canvas()
	for range 4 {
		c.FocusNext()
		if c.Focused() != fyne.Focusable(free) {
			t.Fatalf("Tab led to %T under what covers it", c.Focused())
		}
	}
	under = false
	seen := map[fyne.Focusable]bool{}
	for range 4 {
		c.FocusNext()
		seen[c.Focused()] = true
	}
	if len(seen) != 4 {
		t.Errorf("Tab leads to %d of 4 fields", len(seen))
	}
}

func TestTabsOpenAndShowWhatNeedsAHand(t *testing.T) {
	b := open(t)
	var opened []desk.Tab
	tabs := parts.NewTabs(b.palette, func(tab desk.Tab) { opened = append(opened, tab) })
	items := []desk.TabItem{{Tab: "a", Label: "员工", Chosen: true}, {Tab: "b", Label: "警报", Badge: "12"}, {Tab: "c", Label: "我的账号"}}
	tabs.Set(items)
	parts.Place(tabs, 0, 0, 600, 48)
	b.show(tabs)
	wide := tabs.Wants()
	b.touch(tabs, wide-20, 24)
	b.touch(tabs, 20, 24)
	if !slices.Equal(opened, []desk.Tab{"c", "a"}) {
		t.Errorf("opened %v", opened)
	}
	items[0].Chosen, items[2].Chosen = false, true
	tabs.Set(items)
	if got := tabs.Wants(); got != wide {
		t.Errorf("the tabs move from %v to %v when one is chosen", wide, got)
	}
	tabs.Resize(fyne.NewSize(150, 48)) // too narrow: none is lost
	opened = nil
	b.touch(tabs, 145, 24)
	if !slices.Equal(opened, []desk.Tab{"c"}) {
		t.Errorf("squeezed, the last is %v", opened)
	}
}
