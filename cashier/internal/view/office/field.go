package office

import (
	"strings"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// control is the part of a field that takes the cursor.
type control interface {
	fyne.Widget
	fyne.Focusable
	fyne.Disableable
}

// field is something to be filled in: a label, a control, and under it what
// helps and what is wrong. It keeps what is being typed until the state says
// otherwise by a new revision.
type field struct {
	widget.BaseWidget
	kit    *kit
	shown  desk.Field
	filter bool // over a list: small, without help, its control at the foot
	fresh  bool // nothing has been shown yet
	quiet  bool // what changes is the state's doing

	// changed is what it holds now; chosen says that a choice is complete;
	// done is Enter; came is the cursor.
	changed            func(value string)
	chosen, done, came func()
	barred             func() bool

	label   *canvas.Text
	control control
	help    lines
	problem lines
}

// newField makes a field of the kind of f; its functions must be set before
// it is shown.
func newField(k *kit, f desk.Field, filter bool, keys parts.Keys) *field {
	w := &field{
		kit: k, filter: filter, fresh: true,
		label:   parts.Text(k.palette.InkSoft, theme.Body, false),
		help:    lines{size: theme.Caption},
		problem: lines{size: theme.Caption, bold: true},
	}
	if filter {
		w.label.TextSize = theme.Caption
	}
	w.control = w.make(f.Kind, keys)
	w.ExtendBaseWidget(w)
	return w
}

// make makes the control of a kind.
func (w *field) make(kind desk.FieldKind, keys parts.Keys) control {
	done := func() { w.done() }
	came := func() {
		if w.came != nil {
			w.came()
		}
	}
	barred := func() bool { return w.barred != nil && w.barred() }
	several := func(on []string) { w.tell(strings.Join(on, ",")) }
	closed := func() {
		if w.chosen != nil {
			w.chosen()
		}
	}
	switch {
	case kind == desk.FieldCheck:
		c := parts.NewCheck(w.kit.palette, keys)
		c.Done, c.OnFocus, c.Barred = done, came, barred
		c.OnChanged = func(on bool) { w.tell(ticked(on)); closed() }
		return c
	case kind == desk.FieldMany && !w.filter:
		c := parts.NewChips(w.kit.palette, keys)
		c.Done, c.OnFocus, c.Barred, c.OnChanged = done, came, barred, several
		return c
	case kind == desk.FieldMany || kind == desk.FieldChoice:
		c := parts.NewChoice(w.kit.palette, keys, w.kit.drop, kind == desk.FieldMany)
		c.Done, c.OnFocus, c.Barred, c.OnChanged, c.OnClosed = done, came, barred, several, closed
		return c
	}
	if kind == desk.FieldLong {
		return w.long(keys, done, came, barred)
	}
	e := parts.NewEntry(kind == desk.FieldSecret, keys, done)
	e.OnFocus, e.Barred, e.OnChanged = came, barred, w.tell
	if w.filter {
		e.Forward(fyne.KeyUp, fyne.KeyDown)
	}
	return e
}

// long makes a field of several lines. Tab goes on to the next field, and so
// does Enter.
func (w *field) long(keys parts.Keys, done, came func(), barred func() bool) control {
	wrapping := fyne.TextWrapBreak // Chinese has no spaces to break at
	if w.kit.lang == desk.English {
		wrapping = fyne.TextWrapWord
	}
	a := parts.NewArea(keys, wrapping, done)
	a.Tabbed, a.OnFocus, a.Barred, a.OnChanged = true, came, barred, w.tell
	return a
}

func ticked(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// tell reports what the field holds, unless it was the state that said so.
func (w *field) tell(value string) {
	if !w.quiet {
		w.changed(value)
	}
}

// set shows a field of the same kind.
func (w *field) set(next desk.Field) {
	if !w.fresh && sameField(w.shown, next) {
		return
	}
	take := w.fresh || next.Revision != w.shown.Revision
	turned := take || next.Value != w.shown.Value
	w.fresh, w.shown = false, next
	w.quiet = true
	defer func() { w.quiet = false }()
	if next.Off {
		w.control.Disable()
	} else {
		w.control.Enable()
	}
	label := next.Label
	switch c := w.control.(type) {
	case *parts.Entry:
		w.hint(w.Size().Width)
		if take && c.Text != next.Value {
			c.SetText(next.Value)
			c.CursorColumn = len([]rune(next.Value))
		}
	case *parts.Area:
		if c.PlaceHolder != next.Hint {
			c.SetPlaceHolder(next.Hint)
		}
		if take && c.Text != next.Value {
			c.SetText(next.Value)
		}
	case *parts.Check:
		c.Set(next.Label, next.Value != "" && turned || c.On() && !turned)
		label = ""
	case *parts.Chips:
		c.Set(next.Choices, held(turned, values(next.Value), c.On()))
	case *parts.Choice:
		on := []string{next.Value}
		if next.Kind == desk.FieldMany {
			on = values(next.Value)
		}
		c.Set(next.Hint, next.Choices, held(turned, on, c.On()))
	}
	tint := w.kit.palette.InkSoft
	if w.filter && next.Problem != "" { // there is no room under it
		label, tint = next.Problem, w.kit.palette.Bad
	}
	parts.Put(w.label, label, tint)
	w.say(w.Size().Width)
	w.place(w.Size())
}

// hint shows as much of the hint as fits: a field scrolls what does not.
func (w *field) hint(width float32) {
	e, ok := w.control.(*parts.Entry)
	if !ok || width <= 0 {
		return
	}
	room := width - hintAround
	if e.Password {
		room -= hintEye
	}
	if hint := w.kit.ruler.Cut(w.shown.Hint, theme.Strong, false, max(0, room)); e.PlaceHolder != hint {
		e.SetPlaceHolder(hint)
	}
}

// hintAround is what a field keeps free around its hint, hintEye the room of
// the eye that shows what is typed unseen.
const (
	hintAround float32 = 2*theme.Pad + 4
	hintEye    float32 = 36
)

// held is what the state says when it has said something new, and what the
// hand chose otherwise.
func held(turned bool, said, chosen []string) []string {
	if turned {
		return said
	}
	return chosen
}

// values are the values that a field of many holds.
func values(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// remarks are the lines under the control in a width.
func (w *field) remarks(width float32) (help, problem []string) {
	if w.filter || width <= 0 {
		return nil, nil
	}
	return w.kit.wrap(w.shown.Help, theme.Caption, false, width), w.kit.wrap(w.shown.Problem, theme.Caption, true, width)
}

func (w *field) say(width float32) {
	help, problem := w.remarks(width)
	p := w.kit.palette
	grown := w.help.put(p, desk.ToneSoft, help)
	if w.problem.put(p, desk.ToneBad, problem) || grown {
		w.Refresh()
	}
}

const (
	labelGap  float32 = 3  // between a label and its control
	remarkGap float32 = 3  // between a control and what is said under it
	fieldGap  float32 = 12 // under a field of a form
	longLines         = 3  // of a field of several lines
)

// labelTall is the height of the label with its gap.
func (w *field) labelTall() float32 {
	if w.label.Text == "" {
		return 0
	}
	return parts.LineHeight(w.label.TextSize) + labelGap
}

// boxTall is the height of the control.
func (w *field) boxTall(width float32) float32 {
	switch c := w.control.(type) {
	case *parts.Chips:
		return c.Tall(width)
	case *parts.Area:
		return longLines*parts.LineHeight(theme.Strong) + theme.Target - parts.LineHeight(theme.Strong)
	}
	return theme.Target
}

// tall is the height in a form of a width.
func (w *field) tall(width float32) float32 {
	help, problem := w.remarks(width)
	sum := w.labelTall() + w.boxTall(width) + fieldGap
	if n := len(help) + len(problem); n > 0 {
		sum += remarkGap + float32(n)*parts.LineHeight(theme.Caption)
	}
	return sum
}

// wants are the least and the greatest width of a filter.
func (w *field) wants() (least, most float32) {
	label := w.kit.span(w.label.Text, theme.Caption, false)
	switch c := w.control.(type) {
	case *parts.Check:
		return c.Wants(), c.Wants()
	case *parts.Choice:
		width := max(112, label, min(c.Wants(), 208))
		return width, width
	}
	hint := w.kit.span(w.shown.Hint, theme.Strong, false) + hintAround
	return max(120, label, min(hint, 176)), 280
}

func (w *field) place(size fyne.Size) {
	parts.Place(w.label, 0, 0, size.Width, parts.LineHeight(w.label.TextSize))
	y := w.labelTall()
	box := w.boxTall(size.Width)
	if w.filter {
		y = size.Height - box
	}
	w.hint(size.Width)
	parts.Place(w.control, 0, y, size.Width, box)
	y += box + remarkGap
	w.say(size.Width)
	_, problem := w.remarks(size.Width)
	w.problem.place(0, y, size.Width)
	w.help.place(0, y+float32(len(problem))*parts.LineHeight(theme.Caption), size.Width)
}

// CreateRenderer draws the field.
func (w *field) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: w.place}, func() []fyne.CanvasObject {
		out := append([]fyne.CanvasObject{w.label, w.control}, w.help.objects()...)
		return append(out, w.problem.objects()...)
	}}
}
