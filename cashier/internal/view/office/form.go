package office

import (
	"slices"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	formWide   float32 = 520 // of a form
	codeWide   float32 = 760 // of a form with a QR code beside its fields
	formAround float32 = 8   // between the form and the window's edge
)

// form asks for something before it is done. It lies in the window itself,
// over everything: it takes every touch, its fields keep Tab among
// themselves, and no key reaches what lies under it.
type form struct {
	widget.BaseWidget
	kit   *kit
	shown *desk.Form

	scrim, card *canvas.Rectangle
	title       *canvas.Text
	body        *pile
	text        *remark
	code        *parts.Code
	inline      *codeBlock // the code among what scrolls
	read        *readBox
	fields      []*field
	problem     lines
	extra       *actRow
	fold        *canvas.Rectangle
	ok          *parts.Button
	cancel      *parts.Button
}

var (
	_ fyne.Tappable     = (*form)(nil)
	_ fyne.Scrollable   = (*form)(nil)
	_ desktop.Hoverable = (*form)(nil)
)

func newForm(k *kit) *form {
	p := k.palette
	f := &form{
		kit:     k,
		scrim:   &canvas.Rectangle{FillColor: p.Scrim},
		card:    &canvas.Rectangle{FillColor: p.Card, CornerRadius: theme.Radius, StrokeColor: p.Line, StrokeWidth: 1},
		title:   parts.Text(p.Ink, theme.Title, true),
		body:    newPile(),
		text:    newRemark(k, 0, theme.Pad),
		code:    parts.NewCode(),
		read:    newReadBox(k),
		problem: lines{size: theme.Body, bold: true},
		extra:   newActRow(k),
		fold:    &canvas.Rectangle{FillColor: p.Line},
	}
	f.ok = parts.NewButton(p, parts.Primary, "", f.submit).Sized(theme.Strong, 120, theme.Target)
	f.cancel = parts.NewButton(p, parts.Plain, "", func() { k.send(desk.OfficeCancel{}) }).Sized(theme.Strong, 120, theme.Target)
	f.inline = newCodeBlock(f)
	f.body.edge = formRing
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// open reports whether a form is open.
func (f *form) open() bool { return f.shown != nil }

// submit confirms the form, unless that is on its way or not possible yet.
func (f *form) submit() {
	if f.open() && f.ok.Live() {
		f.kit.send(desk.OfficeSubmit{})
	}
}

// typed takes a key that belongs to no field.
func (f *form) typed(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		if f.cancel.Live() {
			f.kit.send(desk.OfficeCancel{})
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		f.submit()
	case fyne.KeyPageDown:
		f.body.ScrollToOffset(f.body.Offset.AddXY(0, f.body.Size().Height/2))
	case fyne.KeyPageUp:
		f.body.ScrollToOffset(fyne.NewPos(0, max(0, f.body.Offset.Y-f.body.Size().Height/2)))
	}
}

// set shows, changes or hides the form. Another form begins anew; the same
// one keeps what is typed into it.
func (f *form) set(next *desk.Form) {
	if next == nil {
		f.close()
		return
	}
	if f.shown != nil && sameForm(*f.shown, *next) {
		return
	}
	was := f.shown
	fresh := was == nil || was.ID != next.ID
	if fresh {
		f.fields = nil
		f.body.top()
		f.kit.drop.Close()
	}
	f.shown = next
	added := f.make(fresh)
	f.paint()
	f.Show()
	f.place(f.Size())
	f.Refresh()
	f.aim(was, fresh, added)
	if !fresh && len(next.Lines) > 0 && !slices.EqualFunc(was.Lines, next.Lines, sameLine) {
		f.body.reveal(f.read) // what an act has brought
	}
}

func (f *form) close() {
	if f.shown == nil {
		return
	}
	f.shown, f.fields = nil, nil
	f.body.set(nil)
	f.kit.drop.Close()
	f.Hide()
	f.kit.window.Canvas().Unfocus()
}

// make makes a field for each that is new and returns the first of them.
func (f *form) make(fresh bool) (added *field) {
	old := f.fields
	f.fields = nil
	for _, d := range f.shown.Fields {
		at := slices.IndexFunc(old, func(w *field) bool { return w.shown.ID == d.ID && w.shown.Kind == d.Kind })
		var w *field
		if at >= 0 {
			w = old[at]
		} else {
			w = f.field(d)
			if added == nil && !fresh {
				added = w
			}
		}
		f.fields = append(f.fields, w)
		w.set(d)
	}
	return added
}

func (f *form) field(d desk.Field) *field {
	w := newField(f.kit, d, false, f.kit.within)
	w.changed = func(value string) { f.kit.send(desk.OfficeEdit{Field: d.ID, Value: value}) }
	w.done = func() { f.after(w) }
	w.came = func() { f.body.reveal(w) }
	return w
}

// after goes on to the next field, and from the last one confirms.
func (f *form) after(w *field) {
	at := slices.Index(f.fields, w)
	for _, other := range f.fields[at+1:] {
		if !other.shown.Off {
			f.kit.focus(other.control)
			return
		}
	}
	f.submit()
}

// aim puts the cursor where it is wanted: into the first field of a form that
// opens, into the one that is wrong, and into one that has been added.
func (f *form) aim(was *desk.Form, fresh bool, added *field) {
	switch {
	case fresh:
		f.kit.window.Canvas().Unfocus()
		if !f.first(func(w *field) bool { return w.shown.Problem != "" }) {
			f.first(func(*field) bool { return true })
		}
	case was.Busy && !f.shown.Busy || wrong(*was) == 0 && wrong(*f.shown) > 0:
		if !f.first(func(w *field) bool { return w.shown.Problem != "" }) && f.kit.window.Canvas().Focused() == nil {
			f.first(func(*field) bool { return true })
		}
	case f.kit.window.Canvas().Focused() == nil && added != nil:
		f.first(func(w *field) bool { return w == added })
	}
}

// wrong is how many fields have something wrong with them.
func wrong(v desk.Form) (n int) {
	for _, d := range v.Fields {
		if d.Problem != "" {
			n++
		}
	}
	return n
}

// first puts the cursor into the first field that is meant.
func (f *form) first(meant func(*field) bool) bool {
	for _, w := range f.fields {
		if !w.shown.Off && meant(w) {
			f.kit.focus(w.control)
			return true
		}
	}
	return false
}

// paint shows what is not a field.
func (f *form) paint() {
	v, p := f.shown, f.kit.palette
	parts.Put(f.title, v.Title, p.Ink)
	f.text.set(v.Text, v.Tone)
	if err := f.code.Set(v.Code); err != nil { // too long for a code: what it says can be read off
		f.code.Hide()
	}
	f.read.set(v.Lines)
	f.extra.set(v.Extra)
	look := parts.Primary
	if v.OK.Style == desk.ActDanger {
		look = parts.Grave
	}
	f.ok.SetStyle(look)
	ok := v.OK.Button
	ok.Busy = ok.Busy || v.Busy
	ok.Hidden = ok.Hidden || ok.Label == ""
	f.ok.Set(ok)
	cancel := v.Cancel
	cancel.Hidden = cancel.Hidden || cancel.Label == ""
	f.cancel.Set(cancel)
}

// blocks are what scrolls in a width.
func (f *form) blocks(beside bool) (out []block) {
	if f.shown.Text != "" {
		out = append(out, f.text)
	}
	if f.code.Visible() && !beside {
		out = append(out, f.inline)
	}
	if len(f.shown.Lines) > 0 {
		out = append(out, f.read)
	}
	for _, w := range f.fields {
		out = append(out, w)
	}
	if len(f.shown.Extra) > 0 {
		out = append(out, f.extra)
	}
	return out
}

// Tapped and the rest take every touch, so that none reaches what lies under.
func (f *form) Tapped(*fyne.PointEvent)        {}
func (f *form) Scrolled(*fyne.ScrollEvent)     {}
func (f *form) MouseIn(*desktop.MouseEvent)    {}
func (f *form) MouseMoved(*desktop.MouseEvent) {}
func (f *form) MouseOut()                      {}

// CreateRenderer draws the form.
func (f *form) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: f.place}, func() []fyne.CanvasObject {
		out := []fyne.CanvasObject{f.scrim, f.card, f.title, f.body.Scroll}
		if f.codeBeside() {
			out = append(out, f.code)
		}
		out = append(out, f.problem.objects()...)
		return append(out, f.fold, f.cancel, f.ok)
	}}
}
