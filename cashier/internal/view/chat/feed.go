package chat

import (
	"slices"
	"sort"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// feed is the scrolling list of messages. All of them are laid out, but only
// those in sight have widgets, which are reused; a message that has not
// changed is not looked at again.
type feed struct {
	widget.BaseWidget
	kit   *kit
	gauge gauge

	scroll *container.Scroll
	strip  *strip
	older  *parts.Button
	pill   *parts.Button

	thread id.Thread
	items  []item
	stuck  bool // to the end: the reader has not scrolled away from it
	moving bool // the list itself scrolls, not the reader
	asked  bool // for older messages, by scrolling to the top
	unseen int  // new below what is in sight
	live   map[id.Message]*bubble
	free   []*bubble
}

// item is a message where it lies in the strip.
type item struct {
	value desk.Bubble
	plan  *plan
	top   float32
}

func (i item) bottom() float32 { return i.top + i.plan.height }

const (
	overscan  float32 = 200 // above and below what is in sight
	nearEnd   float32 = 40  // this close to the end is at the end
	olderTall         = theme.Target + theme.Gap
	leastWide float32 = 200 // until the list has a width
)

func newFeed(k *kit) *feed {
	f := &feed{kit: k, gauge: roomy, stuck: true, live: map[id.Message]*bubble{}}
	f.strip = newStrip()
	f.scroll = container.NewVScroll(f.strip)
	f.scroll.OnScrolled = func(fyne.Position) { f.scrolled() }
	f.older = parts.NewButton(k.palette, parts.Plain, "", func() { k.send(desk.ChatOlder{}) }).Sized(theme.Body, 160, theme.Target)
	f.older.Set(desk.Button{Hidden: true})
	f.pill = parts.NewButton(k.palette, parts.Chosen, icons.Down, f.toEnd).Sized(theme.Body, 140, theme.Target)
	f.pill.Set(desk.Button{Hidden: true})
	f.ExtendBaseWidget(f)
	return f
}

// anchor is what stays where it is while messages come and go above it: a
// message, and how far its top lies under the top of what is in sight.
type anchor struct {
	message id.Message
	below   float32
}

// set shows a conversation's messages.
func (f *feed) set(thread id.Thread, bubbles []desk.Bubble, older desk.Button) {
	fresh := f.thread != thread
	button := f.older.Visible() != !older.Hidden
	f.older.Set(older)
	if !fresh && !button && f.shows(bubbles) {
		return
	}
	keep := f.anchor()
	added, mine := 0, false
	if fresh {
		f.thread, f.items, f.unseen = thread, nil, 0
	} else {
		added, mine = f.news(bubbles)
	}
	if len(bubbles) != len(f.items) {
		f.asked = false
	}
	f.arrange(bubbles)
	switch {
	case fresh || f.stuck || mine:
		f.toEnd()
	default:
		f.restore(keep)
		f.notice(added)
	}
}

// shows reports whether these are the messages already shown.
func (f *feed) shows(bubbles []desk.Bubble) bool {
	return slices.EqualFunc(f.items, bubbles, func(i item, b desk.Bubble) bool { return same(i.value, b) })
}

// news counts the others' messages that have come after the last one shown,
// and says whether one's own is among them.
func (f *feed) news(bubbles []desk.Bubble) (others int, mine bool) {
	if len(f.items) == 0 {
		return 0, true
	}
	last := f.items[len(f.items)-1].value.ID
	for i := len(bubbles) - 1; i >= 0 && bubbles[i].ID != last; i-- {
		if bubbles[i].Mine {
			mine = true
		} else if !bubbles[i].System {
			others++
		}
	}
	return others, mine
}

// arrange lays the messages out, taking over every plan that still holds.
func (f *feed) arrange(bubbles []desk.Bubble) {
	known := make(map[id.Message]int, len(f.items))
	for i, it := range f.items {
		known[it.value.ID] = i
	}
	set := setter{f.kit.ruler, f.gauge, max(f.Size().Width, leastWide)}
	items := make([]item, len(bubbles))
	y := f.head()
	for i, b := range bubbles {
		if at, ok := known[b.ID]; ok && same(f.items[at].value, b) {
			items[i] = f.items[at]
		} else {
			items[i] = item{value: b, plan: set.arrange(b)}
		}
		items[i].top = y
		y += items[i].plan.height
	}
	f.items = items
	f.strip.tall = y + theme.Gap
	f.still(f.scroll.Refresh)
}

// still does something to the scroll that is not the reader's doing.
func (f *feed) still(do func()) {
	was := f.moving
	f.moving = true
	do()
	f.moving = was
}

// head is the room above the first message.
func (f *feed) head() float32 {
	if f.older.Visible() {
		return olderTall + theme.Gap
	}
	return theme.Gap
}

// rearrange works every plan out anew: the width or the letters have changed.
func (f *feed) rearrange() {
	bubbles := make([]desk.Bubble, len(f.items))
	for i, it := range f.items {
		bubbles[i] = it.value
	}
	f.items = nil
	f.arrange(bubbles)
}

// atEnd reports whether the last message is in sight.
func (f *feed) atEnd() bool {
	return f.scroll.Offset.Y+f.scroll.Size().Height >= f.strip.tall-nearEnd
}

// anchor is the first message in sight.
func (f *feed) anchor() anchor {
	if i := f.at(f.scroll.Offset.Y); i < len(f.items) {
		return anchor{f.items[i].value.ID, f.items[i].top - f.scroll.Offset.Y}
	}
	return anchor{}
}

// at is the place of the first message that reaches below y.
func (f *feed) at(y float32) int {
	return sort.Search(len(f.items), func(i int) bool { return f.items[i].bottom() > y })
}

// restore scrolls so that the anchor lies where it lay.
func (f *feed) restore(a anchor) {
	for _, it := range f.items {
		if it.value.ID == a.message {
			f.scrollTo(it.top - a.below)
			return
		}
	}
	f.fill()
}

// notice says how many messages have come below what is in sight.
func (f *feed) notice(added int) {
	f.unseen += added
	if f.stuck {
		f.unseen = 0
	}
	f.pill.Set(desk.Button{Label: f.kit.count(wordNewMessages, f.unseen), On: true, Hidden: f.unseen == 0})
}

// toEnd scrolls to the last message.
func (f *feed) toEnd() {
	f.stuck = true
	f.scrollTo(f.strip.tall)
	f.notice(0)
}

// page scrolls by most of what is in sight, up or down.
func (f *feed) page(direction float32) {
	f.scrollTo(f.scroll.Offset.Y + direction*0.85*f.scroll.Size().Height)
	f.scrolled()
}

func (f *feed) scrollTo(y float32) {
	y = max(0, min(y, f.strip.tall-f.scroll.Size().Height))
	f.still(func() { f.scroll.ScrollToOffset(fyne.NewPos(0, y)) })
	f.fill()
}

// scrolled follows the reader.
func (f *feed) scrolled() {
	if f.moving {
		return
	}
	f.stuck = f.atEnd()
	f.fill()
	if f.unseen > 0 {
		f.notice(0)
	}
	f.askOlder()
}

// askOlder asks for older messages when the reader has come to the top.
func (f *feed) askOlder() {
	if f.scroll.Offset.Y < olderTall && f.older.Visible() && f.older.Live() && !f.asked {
		f.asked = true
		f.kit.send(desk.ChatOlder{})
	}
}

// fill gives every message in sight a widget and takes back the others'.
func (f *feed) fill() {
	top := f.scroll.Offset.Y - overscan
	first := f.at(top)
	last := first
	for last < len(f.items) && f.items[last].top < top+f.scroll.Size().Height+2*overscan {
		last++
	}
	wanted := make(map[id.Message]bool, last-first)
	for _, it := range f.items[first:last] {
		wanted[it.value.ID] = true
	}
	for message, b := range f.live {
		if !wanted[message] {
			delete(f.live, message)
			f.free = append(f.free, b)
		}
	}
	objects := make([]fyne.CanvasObject, 0, last-first+1)
	if f.older.Visible() {
		parts.Place(f.older, (f.Size().Width-180)/2, theme.Gap, 180, theme.Target)
		objects = append(objects, f.older)
	}
	for _, it := range f.items[first:last] {
		objects = append(objects, f.widget(it))
	}
	f.strip.show(objects)
}

// widget is the widget of a message in sight.
func (f *feed) widget(it item) *bubble {
	b := f.live[it.value.ID]
	switch {
	case b != nil:
	case len(f.free) > 0:
		b = f.free[len(f.free)-1]
		f.free = f.free[:len(f.free)-1]
	default:
		b = newBubble(f.kit)
	}
	f.live[it.value.ID] = b
	if b.plan != it.plan {
		b.set(it.value, it.plan)
	}
	parts.Place(b, 0, it.top, f.Size().Width, it.plan.height)
	return b
}

// place keeps the end in sight when it was, and the reader's place otherwise.
func (f *feed) place(size fyne.Size) {
	keep := f.anchor()
	if f.scroll.Size().Width != size.Width {
		f.rearrange()
	}
	f.still(func() { parts.Place(f.scroll, 0, 0, size.Width, size.Height) })
	if f.stuck {
		f.toEnd()
	} else {
		f.restore(keep)
		f.notice(0)
	}
	f.placePill(size)
}

func (f *feed) placePill(size fyne.Size) {
	const width float32 = 168
	parts.Place(f.pill, (size.Width-width)/2, size.Height-theme.Target-theme.Gap, width, theme.Target)
}

// regauge changes the geometry; the layout follows.
func (f *feed) regauge(g gauge) {
	if f.gauge != g {
		f.gauge = g
		f.rearrange()
	}
}

// CreateRenderer draws the list.
func (f *feed) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{f.scroll, f.pill}, Place: f.place, Least: fyne.NewSize(200, 100)}
}

// strip is the full height of the list with the widgets that are in sight.
type strip struct {
	widget.BaseWidget
	tall    float32
	objects []fyne.CanvasObject
}

func newStrip() *strip {
	s := &strip{}
	s.ExtendBaseWidget(s)
	return s
}

func (s *strip) show(objects []fyne.CanvasObject) {
	if slices.Equal(s.objects, objects) {
		return
	}
	s.objects = objects
	s.Refresh()
}

type stripRenderer struct{ s *strip }

// Destroy does nothing: a strip holds nothing but widgets.
func (r *stripRenderer) Destroy() {}

// Layout does nothing: the feed places the messages.
func (r *stripRenderer) Layout(fyne.Size) {}

// MinSize is the height of all messages.
func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(32, r.s.tall) }

// Objects are the messages in sight.
func (r *stripRenderer) Objects() []fyne.CanvasObject { return r.s.objects }

// Refresh does nothing: each message repaints itself, and the scroll the
// window.
func (r *stripRenderer) Refresh() {}

// CreateRenderer draws the strip.
func (s *strip) CreateRenderer() fyne.WidgetRenderer { return &stripRenderer{s} }
