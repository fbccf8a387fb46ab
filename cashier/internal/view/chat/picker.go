package chat

import (
	"slices"

	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// picker is the list of replies kept ready, over the composer. What is typed
// after a slash narrows it; opened by touch it has a field of its own.
type picker struct {
	widget.BaseWidget
	kit    *kit
	gauge  gauge
	shown  *desk.CannedPicker
	ground *canvas.Rectangle
	title  *canvas.Text
	hint   *canvas.Text
	search *parts.Entry
	shut   *parts.Button
	empty  *canvas.Text
	list   *pile
	rows   []*cannedRow
	chosen id.Canned // whose row was scrolled to
}

func newPicker(k *kit) *picker {
	p := k.palette
	v := &picker{
		kit: k, gauge: roomy,
		ground: &canvas.Rectangle{FillColor: p.Card, StrokeColor: p.Edge, StrokeWidth: 1, CornerRadius: theme.Radius},
		title:  parts.Text(p.Ink, theme.Strong, true),
		hint:   parts.Text(p.InkSoft, theme.Caption, false),
		empty:  parts.Text(p.InkSoft, theme.Body, false),
		list:   newPile(),
		shut:   parts.NewButton(p, parts.Plain, icons.Cross, func() { k.send(desk.ChatOpenCanned{}) }),
	}
	v.search = parts.NewEntry(false, k.keys, func() { k.keys.Typed(&fyne.KeyEvent{Name: fyne.KeyReturn}) })
	v.search.Forward(fyne.KeyUp, fyne.KeyDown)
	v.search.OnChanged = func(text string) {
		if v.shown != nil && v.shown.Search != text {
			k.send(desk.ChatSearch{Text: text})
		}
	}
	v.shut.Set(desk.Button{On: true})
	v.empty.Alignment = fyne.TextAlignCenter
	v.ExtendBaseWidget(v)
	v.Hide()
	return v
}

// set shows, changes or hides the list. It reports whether it opened or
// closed.
func (v *picker) set(next *desk.CannedPicker) bool {
	turned := (v.shown == nil) != (next == nil)
	opened := turned && next != nil
	v.shown = next
	parts.Show(v, next != nil)
	if next == nil {
		return turned
	}
	p := v.kit.palette
	parts.Put(v.title, next.Title, p.Ink)
	parts.Put(v.hint, next.Hint, p.InkSoft)
	parts.Put(v.empty, next.Empty, p.InkSoft)
	parts.Show(v.empty, len(next.Rows) == 0)
	parts.Show(v.search, next.Own)
	if opened && v.search.Text != next.Search {
		v.search.SetText(next.Search)
	}
	v.fill()
	v.place(v.Size())
	return turned
}

func (v *picker) fill() {
	objects, heights := []fyne.CanvasObject{}, []float32{}
	for i, r := range v.shown.Rows {
		if len(v.rows) == i {
			v.rows = append(v.rows, newCannedRow(v.kit))
		}
		v.rows[i].set(r)
		objects, heights = append(objects, v.rows[i]), append(heights, v.gauge.row-8)
	}
	v.list.set(objects, heights)
	at := slices.IndexFunc(v.shown.Rows, func(r desk.CannedRow) bool { return r.Chosen })
	if at >= 0 && v.chosen != v.shown.Rows[at].Canned { // else the list is the reader's to scroll
		v.chosen = v.shown.Rows[at].Canned
		v.list.reveal(at)
	}
}

const pickerHead = theme.Target + theme.Gap

// tall is the height the list would like.
func (v *picker) tall() float32 {
	if v.shown == nil {
		return 0
	}
	rows := max(1, min(len(v.shown.Rows), 6))
	height := pickerHead + float32(rows)*(v.gauge.row-8) + theme.Gap
	if v.shown.Own {
		height += theme.Target + theme.Gap
	}
	return height
}

func (v *picker) place(size fyne.Size) {
	if v.shown == nil {
		return
	}
	parts.Place(v.ground, 0, 0, size.Width, size.Height)
	strong, caption := parts.LineHeight(theme.Strong), parts.LineHeight(theme.Caption)
	parts.Place(v.title, theme.Pad, (pickerHead-strong)/2, size.Width, strong)
	x := theme.Pad + v.kit.ruler.Span(v.shown.Title, theme.Strong, true) + theme.Pad
	room := size.Width - x - theme.Target - theme.Wide
	parts.Put(v.hint, v.kit.ruler.Cut(v.shown.Hint, theme.Caption, false, max(0, room)), v.kit.palette.InkSoft)
	parts.Place(v.hint, x, (pickerHead-caption)/2+1, max(0, room), caption)
	parts.Place(v.shut, size.Width-theme.Target-4, 4, theme.Target, theme.Target)
	y := pickerHead
	if v.search.Visible() {
		parts.Place(v.search, theme.Gap, y, size.Width-2*theme.Gap, theme.Target)
		y += theme.Target + theme.Gap
	}
	parts.Place(v.list.Scroll, 1, y, size.Width-2, max(0, size.Height-y-theme.Gap/2))
	parts.Place(v.empty, 0, y+(v.gauge.row-8-parts.LineHeight(theme.Body))/2, size.Width, parts.LineHeight(theme.Body))
}

// CreateRenderer draws the list.
func (v *picker) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{v.ground, v.title, v.hint, v.shut, v.search, v.list.Scroll, v.empty},
		Place: v.place,
	}
}

// cannedRow is one reply kept ready.
type cannedRow struct {
	touch
	kit          *kit
	value        desk.CannedRow
	ground, line *canvas.Rectangle
	title, keys  *canvas.Text
	preview      *canvas.Text
	pictures     *canvas.Text
	sign         *parts.Icon
}

func newCannedRow(k *kit) *cannedRow {
	p := k.palette
	r := &cannedRow{
		kit:      k,
		ground:   &canvas.Rectangle{},
		line:     &canvas.Rectangle{FillColor: p.Line},
		title:    parts.Text(p.Ink, theme.Body, true),
		keys:     parts.Text(p.Brand, theme.Caption, true),
		preview:  parts.Text(p.InkSoft, theme.Body, false),
		pictures: parts.Text(p.InkSoft, theme.Caption, false),
		sign:     parts.NewIcon(),
	}
	r.touch = touch{tap: func() { k.send(desk.ChatPick{Canned: r.value.Canned}) }, paint: r.paint}
	r.ExtendBaseWidget(r)
	return r
}

func (r *cannedRow) set(v desk.CannedRow) {
	if r.value == v {
		return
	}
	r.value = v
	r.paint()
	r.place(r.Size())
}

func (r *cannedRow) paint() {
	p := r.kit.palette
	parts.Fill(r.ground, r.kit.rowGround(r.value.Chosen, r.hovered))
	sign := icons.Message
	if r.value.Pictures != "" {
		sign = icons.Tutorial
	}
	r.sign.Put(sign, p.InkSoft)
	keys := ""
	if r.value.Keys != "" {
		keys = "/" + r.value.Keys
	}
	parts.Put(r.keys, keys, p.Brand)
	parts.Put(r.pictures, r.value.Pictures, p.InkSoft)
}

func (r *cannedRow) place(size fyne.Size) {
	parts.Place(r.ground, 0, 0, size.Width, size.Height)
	parts.Place(r.line, theme.Pad, size.Height-1, size.Width-2*theme.Pad, 1)
	ruler := r.kit.ruler
	body, caption := parts.LineHeight(theme.Body), parts.LineHeight(theme.Caption)
	top := (size.Height - 2*body) / 2
	x, right := theme.Pad+theme.Title+theme.Gap, size.Width-theme.Pad
	parts.Place(r.sign, theme.Pad, top+1, theme.Title, theme.Title)
	keys := ruler.Span(r.keys.Text, theme.Caption, true)
	parts.Place(r.keys, right-keys, top+(body-caption)/2, keys, caption)
	parts.Put(r.title, ruler.Cut(r.value.Title, theme.Body, true, max(0, right-keys-8-x)), r.kit.palette.Ink)
	parts.Place(r.title, x, top, right-keys-8-x, body)
	pictures := ruler.Span(r.value.Pictures, theme.Caption, false)
	parts.Place(r.pictures, right-pictures, top+body+(body-caption)/2, pictures, caption)
	parts.Put(r.preview, ruler.Cut(r.value.Preview, theme.Body, false, max(0, right-pictures-8-x)), r.kit.palette.InkSoft)
	parts.Place(r.preview, x, top+body, right-pictures-8-x, body)
}

// CreateRenderer draws the row.
func (r *cannedRow) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{r.ground, r.line, r.sign.Image, r.title, r.keys, r.preview, r.pictures},
		Place: r.place,
	}
}
