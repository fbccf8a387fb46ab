package chat

import (
	"forecourt/assets/icons"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// talkHead is who the conversation is with, where it stands, and the acts on
// it.
type talkHead struct {
	widget.BaseWidget
	kit          *kit
	gauge        gauge
	shown        desk.Conversation
	ground, edge *canvas.Rectangle
	dot          *canvas.Rectangle
	who, state   *canvas.Text
	acts         [4]*parts.Button // from the right: close, transfer, reopen, take
}

func newTalkHead(k *kit) *talkHead {
	p := k.palette
	h := &talkHead{
		kit: k, gauge: roomy,
		ground: &canvas.Rectangle{FillColor: p.Card},
		edge:   &canvas.Rectangle{FillColor: p.Line},
		dot:    newDot(),
		who:    parts.Text(p.Ink, theme.Strong, true),
		state:  parts.Text(p.InkSoft, theme.Body, false),
	}
	act := func(style parts.Style, icon icons.Name, e desk.Event) *parts.Button {
		return parts.NewButton(p, style, icon, func() { k.send(e) }).Sized(theme.Body, theme.Target, theme.Target)
	}
	h.acts = [4]*parts.Button{
		act(parts.Plain, icons.Check, desk.ChatClose{}),
		act(parts.Plain, icons.HandOver, desk.ChatOpenTransfer{}),
		act(parts.Plain, icons.Again, desk.ChatReopen{}),
		act(parts.Primary, icons.Message, desk.ChatTake{}),
	}
	h.ExtendBaseWidget(h)
	return h
}

// set shows a conversation's head.
func (h *talkHead) set(c desk.Conversation) {
	h.shown = c
	p := h.kit.palette
	dot := theme.Blend(p.Card, p.InkSoft, 45)
	if c.Online {
		dot = p.Good
	}
	parts.Fill(h.dot, dot)
	for i, b := range []desk.Button{c.Close, c.Transfer, c.Reopen, c.Take} {
		b.Hidden = b.Hidden || b.Label == ""
		if h.gauge.tight {
			b.Hint = ""
		}
		h.acts[i].Set(b)
	}
	h.place(h.Size())
}

// stateText is where the conversation stands, or that the other side writes.
func (h *talkHead) stateText() (string, desk.Tone) {
	if h.shown.Typing != "" {
		return h.shown.Typing, desk.ToneBusy
	}
	if h.shown.Tone == desk.TonePlain {
		return h.shown.State, desk.ToneSoft
	}
	return h.shown.State, h.shown.Tone
}

func (h *talkHead) place(size fyne.Size) {
	parts.Place(h.ground, 0, 0, size.Width, size.Height)
	parts.Place(h.edge, 0, size.Height-1, size.Width, 1)
	tall := min(theme.Target, size.Height-theme.Gap)
	right := size.Width - theme.Gap
	for _, b := range h.acts {
		if b.Visible() {
			right -= h.gauge.act
			parts.Place(b, right, (size.Height-tall)/2, h.gauge.act, tall)
			right -= theme.Gap
		}
	}
	x := theme.Wide + 18
	room := max(0, right-x)
	strong, body := parts.LineHeight(theme.Strong), parts.LineHeight(theme.Body)
	top := (size.Height - strong - body) / 2
	parts.Place(h.dot, theme.Wide, top+strong/2-5, 10, 10)
	parts.Put(h.who, h.kit.ruler.Cut(h.shown.Who, theme.Strong, true, room), h.kit.palette.Ink)
	parts.Place(h.who, x, top, room, strong)
	state, tone := h.stateText()
	parts.Put(h.state, h.kit.ruler.Cut(state, theme.Body, false, room), h.kit.palette.Tone(tone))
	parts.Place(h.state, x, top+strong, room, body)
}

// CreateRenderer draws the head.
func (h *talkHead) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{h.ground, h.edge, h.dot, h.who, h.state}
	for _, b := range h.acts {
		objects = append(objects, b)
	}
	return &parts.Painter{Parts: objects, Place: h.place}
}
