package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"
	"forecourt/shared/id"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const (
	// maxRows is how far the field grows before it scrolls.
	maxRows = 5
	// areaInset is what the field keeps around its text, above and below.
	areaInset = 2*theme.Pad + 2
)

// composer is where an answer is written: the field that grows with it, the
// picture, the replies kept ready, the recording.
type composer struct {
	widget.BaseWidget
	kit     *kit
	gauge   gauge
	thread  id.Thread
	shown   desk.Composer
	resized func() // the height has changed
	pages   func(direction float32)
	picking bool // the arrows move in the list of replies

	ground, edge  *canvas.Rectangle
	area          *parts.Area
	send, picture *parts.Button
	canned, voice *parts.Button
	discard       *parts.Button
	dot           *canvas.Rectangle
	recording     *canvas.Text
	why           *canvas.Text
	lock          *parts.Icon
	problem       *banner
}

func newComposer(k *kit) *composer {
	p := k.palette
	c := &composer{
		kit: k, gauge: roomy, resized: func() {}, pages: func(float32) {},
		ground:    &canvas.Rectangle{FillColor: p.Card},
		edge:      &canvas.Rectangle{FillColor: p.Line},
		dot:       newDot(),
		recording: parts.Text(p.Ink, theme.Title, true),
		why:       parts.Text(p.InkSoft, theme.Body, false),
		lock:      parts.NewIcon(),
		problem:   newBanner(k),
	}
	wrapping := fyne.TextWrapBreak // Chinese has no spaces to break at
	if k.lang == desk.English {
		wrapping = fyne.TextWrapWord
	}
	c.area = parts.NewArea(k.keys, wrapping, c.submit)
	c.area.OnChanged = c.typed
	c.area.OnKey = c.key
	tool := func(icon icons.Name, e desk.Event) *parts.Button {
		return parts.NewButton(p, parts.Plain, icon, func() { k.send(e) })
	}
	c.send = parts.NewButton(p, parts.Primary, icons.Send, c.submit)
	c.picture = tool(icons.Picture, desk.ChatAskPicture{})
	c.canned = tool(icons.Phrase, desk.ChatOpenCanned{})
	c.voice = tool(icons.Microphone, desk.ChatRecord{})
	c.discard = tool(icons.Cross, desk.ChatDiscard{})
	c.ExtendBaseWidget(c)
	return c
}

// submit sends what is written; the state empties the field when it has
// taken it.
func (c *composer) submit() {
	if c.shown.On && c.area.Text != "" {
		c.kit.send(desk.ChatSend{Text: c.area.Text})
	}
}

func (c *composer) typed(text string) {
	c.kit.send(desk.ChatDraft{Text: text})
	c.resized()
}

// key takes the keys that mean something else while a field has the cursor:
// paging the conversation, and in an empty field the arrows.
func (c *composer) key(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyPageUp:
		c.pages(-1)
	case fyne.KeyPageDown:
		c.pages(+1)
	case fyne.KeyUp, fyne.KeyDown:
		if c.area.Text != "" && !c.picking {
			return false
		}
		c.kit.keys.Typed(k)
	default:
		return false
	}
	return true
}

// set shows a composer. What is typed belongs to the field until the thread
// or the revision changes.
func (c *composer) set(thread id.Thread, next desk.Composer) {
	taken := c.thread != thread || c.shown.Revision != next.Revision
	c.thread, c.shown = thread, next
	if taken && c.area.Text != next.Draft {
		c.write(next.Draft)
	}
	recording := next.Recording != ""
	next.Send.Hidden = next.Send.Hidden || recording || !next.On
	next.Picture.Hidden = next.Picture.Hidden || recording || !next.On
	next.Canned.Hidden = next.Canned.Hidden || recording || !next.On
	next.Voice.Hidden = next.Voice.Hidden || !next.On
	next.Discard.Hidden = next.Discard.Hidden || !recording
	c.send.Set(c.slim(next.Send))
	c.picture.Set(bare(next.Picture))
	c.canned.Set(bare(next.Canned))
	c.discard.Set(c.slim(next.Discard))
	c.setVoice(next.Voice, recording)
	parts.Show(c.area, next.On && !recording)
	parts.Fill(c.dot, c.kit.palette.Danger)
	parts.Show(c.dot, recording)
	parts.Put(c.recording, next.Recording, c.kit.palette.Ink)
	c.setWhy()
	if c.problem.set(icons.Triangle, next.Problem, theme.Blend(c.kit.palette.Card, c.kit.palette.Bad, 10), c.kit.palette.Bad) {
		c.resized()
	}
	c.place(c.Size())
}

// setVoice is a sign beside the field, and while recording the act of the page.
func (c *composer) setVoice(b desk.Button, recording bool) {
	if !recording {
		c.voice.SetIcon(icons.Microphone)
		c.voice.SetStyle(parts.Plain)
		c.voice.Set(bare(b))
		return
	}
	c.voice.SetIcon(icons.Send)
	c.voice.SetStyle(parts.Primary)
	c.voice.Set(c.slim(b))
}

func (c *composer) setWhy() {
	why, icon := c.shown.Why, icons.Lock
	if c.shown.On || why == "" {
		why, icon = "", ""
	}
	c.lock.Put(icon, c.kit.palette.InkSoft)
	parts.Put(c.why, c.kit.ruler.Cut(why, theme.Body, false, max(0, c.Size().Width-2*theme.Wide-theme.Title-theme.Gap)), c.kit.palette.InkSoft)
}

// setHint cuts the hint to the field: it is never more than one line.
func (c *composer) setHint(width float32) {
	hint := c.kit.ruler.Cut(c.shown.Hint, theme.Strong, false, max(0, width-2*theme.Pad-4))
	if c.area.PlaceHolder != hint {
		c.area.SetPlaceHolder(hint)
	}
}

// slim leaves the words out where there is no room for them.
func (c *composer) slim(b desk.Button) desk.Button {
	b.Hint = ""
	if c.gauge.tight {
		b.Label = ""
	}
	return b
}

// bare is a button that is only its sign.
func bare(b desk.Button) desk.Button {
	b.Label, b.Hint = "", ""
	return b
}

// write puts a text into the field with the cursor at its end, without
// reporting it back.
func (c *composer) write(text string) {
	c.area.OnChanged = nil
	c.area.SetText(text)
	c.area.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	c.area.OnChanged = c.typed
	c.resized()
}

// rows is how many lines the field shows.
func (c *composer) rows(width float32) int {
	lines := c.kit.ruler.Wrap(c.area.Text, theme.Strong, false, width-2*theme.Pad-4)
	return min(max(1, len(lines)), maxRows)
}

// tall is the composer's height at a width.
func (c *composer) tall(width float32) float32 {
	height := theme.Target + 2*theme.Gap
	if c.area.Visible() {
		height = max(height, c.areaTall(width)+2*theme.Gap)
	}
	return height + c.problem.tall(width)
}

func (c *composer) areaTall(width float32) float32 {
	line := fyne.MeasureText("国", theme.Strong, fyne.TextStyle{}).Height
	_, w := c.areaSpan(width)
	return max(theme.Target, float32(c.rows(w))*line+areaInset)
}

// areaSpan is where the field begins, and its width.
func (c *composer) areaSpan(width float32) (x, w float32) {
	x = theme.Gap
	for _, b := range []*parts.Button{c.picture, c.canned, c.voice} {
		if b.Visible() {
			x += c.gauge.tool + 4
		}
	}
	x += 4
	return x, width - x - theme.Gap - c.sendWide() - theme.Gap
}

func (c *composer) sendWide() float32 {
	if c.gauge.tight {
		return theme.Target
	}
	return 104
}

func (c *composer) place(size fyne.Size) {
	if size.Width == 0 {
		return
	}
	parts.Place(c.ground, 0, 0, size.Width, size.Height)
	parts.Place(c.edge, 0, 0, size.Width, 1)
	problem := c.problem.tall(size.Width)
	parts.Place(c.problem, 0, 1, size.Width, problem)
	tool := c.gauge.tool
	y := size.Height - theme.Gap - theme.Target
	if c.dot.Visible() {
		c.placeRecording(size, y)
		return
	}
	x := theme.Gap
	for _, b := range []*parts.Button{c.picture, c.canned, c.voice} {
		if b.Visible() {
			parts.Place(b, x, y, tool, theme.Target)
			x += tool + 4
		}
	}
	at, width := c.areaSpan(size.Width)
	c.setHint(width)
	area := c.areaTall(size.Width)
	parts.Place(c.area, at, size.Height-theme.Gap-area, width, area)
	parts.Place(c.send, size.Width-theme.Gap-c.sendWide(), y, c.sendWide(), theme.Target)
	middle := problem + (size.Height-problem)/2
	parts.Place(c.lock, theme.Wide, middle-10, theme.Title, theme.Title)
	parts.Place(c.why, theme.Wide+theme.Title+theme.Gap, middle-parts.LineHeight(theme.Body)/2, size.Width, parts.LineHeight(theme.Body))
	c.setWhy()
}

// placeRecording lays out the bar of a recording: throw away, how long, send.
func (c *composer) placeRecording(size fyne.Size, y float32) {
	wide := c.sendWide()
	parts.Place(c.discard, theme.Gap, y, wide, theme.Target)
	parts.Place(c.voice, size.Width-theme.Gap-wide, y, wide, theme.Target)
	x, middle := theme.Gap+wide+theme.Wide, y+theme.Target/2
	parts.Place(c.dot, x, middle-dotSide/2, dotSide, dotSide)
	parts.Place(c.recording, x+22, middle-parts.LineHeight(theme.Title)/2, size.Width-2*wide, parts.LineHeight(theme.Title))
}

// CreateRenderer draws the composer.
func (c *composer) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{
		Parts: []fyne.CanvasObject{
			c.ground, c.edge, c.problem, c.lock.Image, c.why, c.dot, c.recording, c.area,
			c.picture, c.canned, c.voice, c.discard, c.send,
		},
		Place: c.place,
	}
}
