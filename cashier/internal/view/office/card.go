package office

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// card is about one thing: its head and what can be done with it stay where
// they are, its sections scroll between them.
type card struct {
	widget.BaseWidget
	kit   *kit
	gauge gauge
	shown *desk.Card
	alone bool // in the list's place, with a way back to it

	ground   *canvas.Rectangle
	headLine *canvas.Rectangle
	footLine *canvas.Rectangle
	back     *parts.Button
	title    *canvas.Text
	subtitle lines
	list     *pile
	failed   *remark
	retry    *actButton
	acts     acts
	eye      *parts.Icon
	note     lines

	stock stock
}

func newCard(k *kit) *card {
	p := k.palette
	c := &card{
		kit: k, gauge: roomy,
		ground:   &canvas.Rectangle{FillColor: p.Card, StrokeColor: p.Line, StrokeWidth: 1, CornerRadius: theme.Radius},
		headLine: &canvas.Rectangle{FillColor: p.Line},
		footLine: &canvas.Rectangle{FillColor: p.Line},
		title:    parts.Text(p.Ink, theme.Title, true),
		subtitle: lines{size: theme.Body},
		list:     newPile(),
		failed:   newRemark(k, theme.Wide, theme.Pad),
		retry:    newActButton(k),
		acts:     acts{kit: k},
		eye:      parts.NewIcon(),
		note:     lines{size: theme.Caption},
		stock:    stock{kit: k},
	}
	c.back = parts.NewButton(p, parts.Plain, icons.Left, func() { k.send(desk.OfficeRow{}) }).Sized(theme.Body, theme.Target, 40)
	c.back.Set(desk.Button{Label: k.say(wordBack), On: true, Hidden: true})
	c.retry.SetIcon(icons.Again)
	c.retry.Set(desk.Button{Hidden: true})
	c.ExtendBaseWidget(c)
	return c
}

// set shows a card.
func (c *card) set(next *desk.Card, g gauge) {
	c.gauge = g
	if next == nil || pointed(c.shown, next, sameCard) {
		return
	}
	if c.shown == nil || c.shown.Title != next.Title {
		c.list.top()
	}
	c.shown = next
	p := c.kit.palette
	c.failed.set(next.Failed, desk.ToneBad)
	retry := next.Retry
	retry.Hidden = retry.Hidden || next.Failed == "" || retry.Label == ""
	c.retry.set(retry)
	grown := c.acts.set(next.Acts)
	c.eye.Put(eyeOf(next.Note), p.InkSoft)
	c.list.set(c.blocks(next))
	c.place(c.Size())
	if grown {
		c.Refresh()
	}
}

func eyeOf(note string) icons.Name {
	if note == "" {
		return ""
	}
	return icons.Eye
}

// blocks are the card's sections in widgets that are used again.
func (c *card) blocks(v *desk.Card) []block {
	c.stock.begin()
	switch {
	case v.Loading:
		return []block{c.stock.skeleton()}
	case v.Failed != "":
		return nil
	}
	var out []block
	for _, s := range v.Sections {
		out = append(out, c.section(s)...)
	}
	return out
}

func (c *card) section(s desk.Section) (out []block) {
	if s.Title != "" {
		out = append(out, c.stock.heading(s.Title))
	}
	for _, l := range s.Lines {
		out = append(out, c.stock.line(l))
	}
	left, right := float32(0), float32(0)
	for _, b := range s.Bars {
		left = max(left, c.kit.span(b.Label, theme.Body, false)+1)
		right = max(right, c.kit.span(b.Value, theme.Body, false)+1)
	}
	for _, b := range s.Bars {
		out = append(out, c.stock.bar(b, left, right))
	}
	if s.Table != nil {
		out = append(out, c.stock.table(*s.Table))
	}
	if len(s.Lines) == 0 && len(s.Bars) == 0 && s.Empty != "" && (s.Table == nil || len(s.Table.Rows) == 0) {
		out = append(out, c.stock.remark(s.Empty))
	}
	return out
}

// top scrolls to the first section.
func (c *card) top() { c.list.top() }

// lay changes the geometry; alone shows the way back.
func (c *card) lay(g gauge, alone bool) {
	if c.gauge == g && c.alone == alone {
		return
	}
	c.gauge, c.alone = g, alone
	c.back.Set(desk.Button{Label: c.kit.say(wordBack), On: true, Hidden: !alone})
	c.place(c.Size())
}

// subtitleLines and footLines are how many lines they take at most.
const (
	subtitleLines = 2
	footLines     = 3
	eyeSide       = float32(14)
)

func (c *card) place(size fyne.Size) {
	if c.shown == nil || size.Width <= 0 {
		return
	}
	parts.Place(c.ground, 0, 0, size.Width, size.Height)
	y := c.placeHead(size.Width)
	y = c.placeFailed(y, size.Width)
	bottom := c.placeFoot(size)
	c.list.fit(size.Width - 2)
	parts.Place(c.list.Scroll, 1, y, size.Width-2, max(0, bottom-y))
}

// placeHead lays the way back, the title and what stands under it, and
// returns where they end.
func (c *card) placeHead(width float32) float32 {
	p := c.kit.palette
	x, y := theme.Wide, theme.Pad
	if c.alone {
		back := max(c.back.Wants(), theme.Target)
		parts.Place(c.back, theme.Gap, theme.Gap, back, 40)
		x += back + theme.Gap
	}
	title := parts.LineHeight(theme.Title)
	parts.Put(c.title, c.kit.ruler.Cut(c.shown.Title, theme.Title, true, width-x-theme.Wide), p.Ink)
	parts.Place(c.title, x, y, width-x-theme.Wide, title)
	y += title + 2
	text := c.kit.wrap(c.shown.Subtitle, theme.Body, false, width-x-theme.Wide)
	text = text[:min(len(text), subtitleLines)]
	tone := c.shown.Tone
	if tone == desk.TonePlain {
		tone = desk.ToneSoft
	}
	if c.subtitle.put(p, tone, text) {
		c.Refresh()
	}
	c.subtitle.place(x, y, width-x-theme.Wide)
	y = max(y+float32(len(text))*parts.LineHeight(theme.Body)+theme.Pad, 56)
	parts.Place(c.headLine, 1, y-1, width-2, 1)
	return y
}

// placeFailed says why there is nothing else, and returns where that ends.
func (c *card) placeFailed(y, width float32) float32 {
	parts.Show(c.failed, c.shown.Failed != "")
	if c.shown.Failed == "" {
		return y
	}
	y += theme.Pad
	tall := c.failed.tall(width)
	parts.Place(c.failed, 0, y, width, tall)
	y += tall
	parts.Place(c.retry.Button, theme.Wide, y, max(c.retry.Wants(), 120), c.gauge.box)
	if c.retry.Visible() {
		y += c.gauge.box + theme.Gap
	}
	return y
}

// placeFoot lays acts and note from the bottom up, and returns where they
// begin.
func (c *card) placeFoot(size fyne.Size) float32 {
	p, caption := c.kit.palette, parts.LineHeight(theme.Caption)
	w := size.Width - 2*theme.Wide
	text := c.kit.wrap(c.shown.Note, theme.Caption, false, w-eyeSide-6)
	text = text[:min(len(text), footLines)]
	if c.note.put(p, desk.ToneSoft, text) {
		c.Refresh()
	}
	y := size.Height - 10
	buttons := c.acts.visible()
	if size.Width >= wideCard && len(text) == 1 && len(buttons) > 0 {
		if top, ok := c.placeFootLine(buttons, text[0], size); ok {
			return top
		}
	}
	if len(text) > 0 {
		y -= float32(len(text)) * caption
		parts.Place(c.eye, theme.Wide, y+2, eyeSide, eyeSide)
		c.note.place(theme.Wide+eyeSide+6, y, w)
		y -= theme.Gap
	}
	if len(buttons) > 0 {
		y -= flowTall(buttons, w, c.gauge.box)
		placeFlow(buttons, theme.Wide, y, w, c.gauge.box)
		y -= theme.Pad
	}
	any := len(text) > 0 || len(buttons) > 0
	parts.Show(c.footLine, any)
	parts.Place(c.footLine, 1, y, size.Width-2, 1)
	if !any {
		return size.Height - 4
	}
	return y
}

// placeFootLine lays acts and note beside one another where they fit: a wide
// card is a low one.
func (c *card) placeFootLine(buttons []*parts.Button, note string, size fyne.Size) (top float32, fits bool) {
	const leastAct float32 = 140
	caption := parts.LineHeight(theme.Caption)
	room := size.Width - 2*theme.Wide - c.kit.span(note, theme.Caption, false) - eyeSide - 6
	for _, b := range buttons {
		room -= max(b.Wants(), leastAct) + theme.Gap
	}
	if room < 0 {
		return 0, false
	}
	x, y := theme.Wide, size.Height-c.gauge.box-theme.Pad
	for _, b := range buttons {
		w := max(b.Wants(), leastAct)
		parts.Place(b, x, y, w, c.gauge.box)
		x += w + theme.Gap
	}
	x += theme.Gap
	parts.Place(c.eye, x, y+(c.gauge.box-eyeSide)/2, eyeSide, eyeSide)
	c.note.place(x+eyeSide+6, y+(c.gauge.box-caption)/2, size.Width)
	y -= theme.Pad
	parts.Show(c.footLine, true)
	parts.Place(c.footLine, 1, y, size.Width-2, 1)
	return y, true
}

// CreateRenderer draws the card.
func (c *card) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: c.place}, func() []fyne.CanvasObject {
		out := []fyne.CanvasObject{c.ground, c.list.Scroll, c.headLine, c.footLine, c.title, c.back, c.failed, c.retry.Button, c.eye.Image}
		out = append(out, c.subtitle.objects()...)
		out = append(out, c.acts.objects()...)
		return append(out, c.note.objects()...)
	}}
}

// stock hands out a card's widgets in the order they are asked for, so that
// a card that changes keeps those that do not.
type stock struct {
	kit      *kit
	headings []*heading
	lines    []*cardLine
	bars     []*bar
	tables   []*cardTable
	remarks  []*remark
	bones    *skeleton
	used     struct{ headings, lines, bars, tables, remarks int }
}

// begin takes everything back.
func (s *stock) begin() {
	s.used.headings, s.used.lines, s.used.bars, s.used.tables, s.used.remarks = 0, 0, 0, 0, 0
}

// next is the next of a kind, made if there is none.
func next[W any](all *[]W, used *int, made func() W) W {
	if len(*all) == *used {
		*all = append(*all, made())
	}
	*used++
	return (*all)[*used-1]
}

func (s *stock) heading(title string) block {
	h := next(&s.headings, &s.used.headings, func() *heading { return newHeading(s.kit) })
	h.set(title)
	return h
}

func (s *stock) line(v desk.CardLine) block {
	l := next(&s.lines, &s.used.lines, func() *cardLine { return newCardLine(s.kit) })
	l.set(v)
	return l
}

func (s *stock) bar(v desk.Bar, left, right float32) block {
	b := next(&s.bars, &s.used.bars, func() *bar { return newBar(s.kit) })
	b.set(v, left, right)
	return b
}

func (s *stock) table(v desk.Table) block {
	t := next(&s.tables, &s.used.tables, func() *cardTable { return newCardTable(s.kit) })
	t.set(v)
	return t
}

func (s *stock) remark(text string) block {
	r := next(&s.remarks, &s.used.remarks, func() *remark { return newRemark(s.kit, theme.Wide, theme.Gap) })
	r.set(text, desk.ToneSoft)
	return r
}

func (s *stock) skeleton() block {
	if s.bones == nil {
		s.bones = newSkeleton(theme.Blend(s.kit.palette.Card, s.kit.palette.Line, 70))
	}
	return s.bones
}
