package board

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

const (
	// A finger hits more of the stepper's buttons than is drawn: they reach a
	// little over the board, where nothing is touched, and not into the tiles.
	// What is drawn keeps clear of the ring around a tile.
	stepAbove float32 = 11
	stepBelow float32 = 5
	stepDrawn         = theme.Target - stepAbove - stepBelow
	stepTop           = pricesHeight - stepBelow - stepDrawn
	// wordsWide is the room of the words, the same whatever they say: nothing
	// moves when a count grows old.
	wordsWide float32 = 56
)

// queue is the stepper that counts the cars that wait: what it is and how old,
// and the figure between fewer and more.
type queue struct {
	palette           theme.Palette
	shown             desk.Queue
	label, age, count *canvas.Text
	less, more        *parts.Button
}

func newQueue(p theme.Palette, send func(desk.Event)) *queue {
	q := &queue{
		palette: p,
		label:   parts.Text(p.InkSoft, theme.Body, true), age: parts.Text(p.InkSoft, theme.Caption, false),
		count: parts.Text(p.Ink, theme.Title, true),
	}
	step := func(key desk.Key) *parts.Button {
		b := parts.NewButton(p, parts.Plain, "", func() { send(desk.Press{Key: key}) })
		return b.Sized(theme.Title, theme.Target, theme.Target).Within(stepAbove, stepBelow)
	}
	q.less, q.more = step(desk.KeyLess), step(desk.KeyMore)
	q.count.Alignment = fyne.TextAlignCenter
	return q
}

// set shows a count and reports whether the room it takes may have changed.
func (q *queue) set(next *desk.Queue) bool {
	shown := desk.Queue{Less: desk.Button{Hidden: true}, More: desk.Button{Hidden: true}}
	if next != nil {
		shown = *next
	}
	if q.shown == shown {
		return false
	}
	changed := q.shown.Label != shown.Label || q.shown.Age != shown.Age
	q.shown = shown
	tint := q.palette.Tone(shown.Tone)
	parts.Put(q.label, shown.Label, q.palette.InkSoft)
	parts.Put(q.count, shown.Count, tint)
	if shown.Tone == desk.TonePlain {
		tint = q.palette.InkSoft
	}
	parts.Put(q.age, shown.Age, tint)
	q.less.Set(shown.Less)
	q.more.Set(shown.More)
	return changed
}

func (q *queue) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{q.label, q.age, q.count, q.less, q.more}
}

// widths are those of a button and of the figure: a finger's, and less where
// everything is drawn larger.
func (q *queue) widths(size fyne.Size) (button, count float32) {
	if size.Height < roomForList {
		return 36, 32
	}
	return theme.Target, 40
}

// wants is the width with the words and without them; nothing if there is no
// stepper.
func (q *queue) wants(size fyne.Size) (all, least float32) {
	if q.shown.Label == "" {
		return 0, 0
	}
	button, count := q.widths(size)
	least = 2*button + count
	return least + theme.Gap + wordsWide, least
}

// place lays the stepper at the right end of the line, in a width: without its
// words where they do not fit.
func (q *queue) place(size fyne.Size, width float32) {
	all, least := q.wants(size)
	parts.Show(q.label, least > 0 && width >= all)
	parts.Show(q.age, least > 0 && width >= all)
	parts.Show(q.count, least > 0)
	button, count := q.widths(size)
	x := size.Width - least
	parts.Place(q.less, x, stepTop-stepAbove, button, theme.Target)
	parts.Place(q.more, x+button+count, stepTop-stepAbove, button, theme.Target)
	tall := parts.LineHeight(theme.Title)
	parts.Place(q.count, x+button, stepTop+(stepDrawn-tall)/2, count, tall)
	label, age := q.label.MinSize(), q.age.MinSize()
	right, y := x-theme.Gap, pricesHeight-gridMargin-age.Height
	const closer = 3 // than two lines of text are
	parts.Place(q.label, right-label.Width, y-label.Height+closer, label.Width, label.Height)
	parts.Place(q.age, right-age.Width, y, age.Width, age.Height)
}
