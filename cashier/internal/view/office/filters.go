package office

import (
	"slices"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// actSearch is the act that asks for the list; where there is none, a button
// beside the fields does what Enter does.
const actSearch = "search"

// filters is the row over the list: what narrows it, what can be done at its
// right unless there is room for that beside the tabs, and a word on the whole
// under them.
type filters struct {
	widget.BaseWidget
	kit    *kit
	gauge  gauge
	shown  []desk.Field
	fields []*field
	acts   acts
	search *parts.Button
	note   lines
	text   string
	tone   desk.Tone
	barred func() bool
	apart  bool // the acts lie beside the tabs, not here
}

func newFilters(k *kit, barred func() bool) *filters {
	f := &filters{kit: k, gauge: roomy, acts: acts{kit: k}, note: lines{size: theme.Body, bold: true}, barred: barred}
	f.search = parts.NewButton(k.palette, parts.Plain, icons.Search, func() { k.send(desk.OfficeSearch{}) })
	f.ExtendBaseWidget(f)
	return f
}

// set shows fields, acts and the word on the list.
func (f *filters) set(o desk.Office) {
	f.shown = o.Filters
	made := f.make()
	for i, field := range f.fields {
		field.set(o.Filters[i])
	}
	made = f.acts.set(o.Acts) || made
	typed := slices.ContainsFunc(o.Filters, func(d desk.Field) bool { return isTyped(d.Kind) })
	named := slices.ContainsFunc(o.Acts, func(a desk.Act) bool { return a.ID == actSearch })
	f.search.Set(desk.Button{On: true, Hidden: !typed || named})
	f.text, f.tone = o.Note, o.NoteTone
	if made {
		f.Refresh()
	}
}

func isTyped(k desk.FieldKind) bool { return k == desk.FieldText || k == desk.FieldSecret }

// make makes a field for each that is new, and keeps the others with what is
// typed into them.
func (f *filters) make() bool {
	if slices.EqualFunc(f.fields, f.shown, func(w *field, d desk.Field) bool { return w.shown.ID == d.ID && w.shown.Kind == d.Kind }) {
		return false
	}
	old := f.fields
	f.fields = nil
	for _, d := range f.shown {
		at := slices.IndexFunc(old, func(w *field) bool { return w.shown.ID == d.ID && w.shown.Kind == d.Kind })
		if at >= 0 {
			f.fields = append(f.fields, old[at])
			continue
		}
		f.fields = append(f.fields, f.field(d))
	}
	return true
}

func (f *filters) field(d desk.Field) *field {
	search := func() { f.kit.send(desk.OfficeSearch{}) }
	w := newField(f.kit, d, true, f.kit.keys)
	w.changed = func(value string) { f.kit.send(desk.OfficeFilter{Field: d.ID, Value: value}) }
	w.chosen, w.done, w.barred = search, search, f.barred
	return w
}

// first is the field where typing begins; nil when nothing is typed here.
func (f *filters) first() *parts.Entry {
	for _, w := range f.fields {
		if e, ok := w.control.(*parts.Entry); ok && !w.shown.Off {
			return e
		}
	}
	return nil
}

// slot is where something lies in the row.
type slot struct {
	object     fyne.CanvasObject
	x, y, w, h float32
}

// lay lays the row out in a width and returns its height.
func (f *filters) lay(width float32) (slots []slot, tall float32) {
	if f.apart {
		slots, _, tall = f.layFields(width, width)
		return slots, tall
	}
	right := f.actsWide()
	slots, first, tall := f.layFields(width-right, width)
	if right == 0 {
		return slots, tall
	}
	x, y := max(0, width-right+theme.Gap), max(0, first-f.gauge.box)
	for _, b := range f.acts.visible() {
		w := min(b.Inset(0).Wants(), width)
		slots = append(slots, slot{b, x, y, w, f.gauge.box})
		x += w + theme.Gap
	}
	return slots, max(tall, y+f.gauge.box)
}

// actsWide is the width of the acts, each with its gap.
func (f *filters) actsWide() (width float32) {
	for _, b := range f.acts.visible() {
		width += b.Wants() + theme.Gap
	}
	return width
}

// layFields lays the fields out in lines: the first as wide as the acts leave
// it, the others over the whole width. It returns the height of the first line
// and of all. Fields that are typed into take what is left of their line.
func (f *filters) layFields(room, width float32) (slots []slot, first, bottom float32) {
	var line []slot
	x := float32(0)
	end := func() {
		line = f.stretch(line, room-x+theme.Gap)
		tall := f.lineTall(line)
		for i := range line {
			line[i].y, line[i].h = bottom, tall
			if line[i].object == f.search {
				line[i].y, line[i].h = bottom+tall-f.gauge.box, f.gauge.box
			}
		}
		if bottom == 0 {
			first = tall
		}
		slots, line = append(slots, line...), nil
		x, room, bottom = 0, width, bottom+tall+theme.Gap
	}
	for i, w := range f.fields {
		least, _ := w.wants()
		need := least
		if i == len(f.fields)-1 && f.search.Visible() {
			need += theme.Gap + theme.Target
		}
		if x > 0 && x+need > room {
			end()
		}
		line = append(line, slot{object: w, x: x, w: least})
		x += least + theme.Gap
	}
	if f.search.Visible() {
		line = append(line, slot{object: f.search, x: x, w: theme.Target})
		x += theme.Target + theme.Gap
	}
	if len(line) > 0 {
		end()
	}
	return slots, first, max(0, bottom-theme.Gap)
}

// lineTall is the height of a line: labels only take room where there are any.
func (f *filters) lineTall(line []slot) float32 {
	label := float32(0)
	for _, s := range line {
		if w, ok := s.object.(*field); ok {
			label = max(label, w.labelTall())
		}
	}
	return label + f.gauge.box
}

// stretch shares what is left of a line among the fields that want it.
func (f *filters) stretch(line []slot, left float32) []slot {
	wanting := 0
	for _, s := range line {
		if w, ok := s.object.(*field); ok {
			if least, most := w.wants(); most > least {
				wanting++
			}
		}
	}
	if wanting == 0 || left <= 0 {
		return line
	}
	share, moved := left/float32(wanting), float32(0)
	for i, s := range line {
		line[i].x += moved
		if w, ok := s.object.(*field); ok {
			least, most := w.wants()
			more := min(share, most-least)
			line[i].w += more
			moved += more
		}
	}
	return line
}

// noted are the lines of the word on the list, and where they stand: beside
// the acts when there are no fields, under everything otherwise.
const noteLines = 3

func (f *filters) noted(width float32) []string {
	if f.beside() {
		width -= f.actsWide()
	}
	text := f.kit.wrap(f.text, theme.Body, true, width)
	return text[:min(len(text), noteLines)]
}

// beside reports whether the word on the list stands beside the acts.
func (f *filters) beside() bool { return len(f.fields) == 0 && !f.apart && f.acts.shown > 0 }

// tall is the height in a width; nothing at all takes none.
func (f *filters) tall(width float32) float32 {
	_, tall := f.lay(width)
	note := float32(len(f.noted(width))) * parts.LineHeight(theme.Body)
	switch {
	case note == 0:
		return tall
	case f.beside():
		return max(tall, note)
	case len(f.fields) == 0:
		return note
	}
	return tall + 4 + note
}

func (f *filters) place(size fyne.Size) {
	slots, tall := f.lay(size.Width)
	for _, s := range slots {
		parts.Place(s.object, s.x, s.y, s.w, s.h)
	}
	text := f.noted(size.Width)
	if f.note.put(f.kit.palette, f.tone, text) {
		f.Refresh()
	}
	y := tall + 4
	switch {
	case len(f.fields) == 0 && !f.beside():
		y = 0
	case f.beside():
		y = max(0, (max(tall, f.tall(size.Width))-float32(len(text))*parts.LineHeight(theme.Body))/2)
	}
	f.note.place(2, y, size.Width)
}

// CreateRenderer draws the row.
func (f *filters) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: f.place}, func() []fyne.CanvasObject {
		var out []fyne.CanvasObject
		for _, w := range f.fields {
			out = append(out, w)
		}
		out = append(out, f.search)
		if !f.apart {
			out = append(out, f.acts.objects()...)
		}
		return append(out, f.note.objects()...)
	}}
}
