package chat

import (
	"strings"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
)

// ink says in which colour a line is drawn; the bubble knows its ground.
type ink int

const (
	inkSaid   ink = iota // what is said, on the bubble's ground
	inkAside             // captions
	inkStatus            // how far a message has got, by its tone
	inkBad               // why something is missing
)

// area is a rectangle within a row.
type area struct {
	x, y, w, h float32
}

func (a area) holds(p fyne.Position) bool {
	return p.X >= a.x && p.X < a.x+a.w && p.Y >= a.y && p.Y < a.y+a.h
}

// line is a text of a plan.
type line struct {
	area
	text string
	size float32
	bold bool
	ink  ink
}

// slot is a picture of a plan.
type slot struct {
	area
	picture *desk.Picture
}

// plan is where everything of one message lies in its row. It is worked out
// once for a message and a width, and again only when one of them changes.
type plan struct {
	height float32
	box    area // the bubble's ground
	lines  []line
	slots  []slot
	icon   area // of a recording, a tutorial
	track  area // of a recording
	again  area // the sign of a message that can be sent again
	card   bool // on card colour whoever says it
	bare   bool // without a ground: a picture
	pill   bool // the system's
}

// setter works plans out.
type setter struct {
	ruler *parts.Ruler
	gauge gauge
	width float32
}

const (
	rowGap     float32 = 10 // between messages
	dayHeight  float32 = 38
	metaGap    float32 = 8
	cardWidth  float32 = 380 // of a tutorial
	voiceLeast float32 = 118
	voiceMost  float32 = 270
	longest    int     = 60 // seconds: the longest recording
	longStatus float32 = 130
	againRoom          = theme.Wide + 4
)

// arrange lays a message out.
func (s setter) arrange(b desk.Bubble) *plan {
	p := &plan{}
	y := rowGap / 2
	if b.Day != "" {
		p.add(b.Day, area{0, y + 8, s.width, parts.LineHeight(theme.Caption)}, theme.Caption, false, inkAside)
		s.centre(p, len(p.lines)-1)
		y += dayHeight
	}
	if b.System {
		y = s.system(p, b, y)
	} else {
		y = s.said(p, b, y)
	}
	p.height = y + rowGap/2
	return p
}

func (p *plan) add(text string, at area, size float32, bold bool, c ink) {
	p.lines = append(p.lines, line{at, text, size, bold, c})
}

// centre moves a line to the middle of the row.
func (s setter) centre(p *plan, i int) {
	l := &p.lines[i]
	l.w = s.ruler.Span(l.text, l.size, l.bold)
	l.x = (s.width - l.w) / 2
}

// system lays out what the system says: small, in the middle.
func (s setter) system(p *plan, b desk.Bubble, y float32) float32 {
	const across, above float32 = 12, 5
	height := parts.LineHeight(theme.Caption)
	texts := s.ruler.Wrap(join(b.When, b.Text), theme.Caption, false, min(s.width-4*s.gauge.margin, 2*s.gauge.most)-2*across)
	widest := float32(0)
	for i, text := range texts {
		p.add(text, area{0, y + above + float32(i)*height, 0, height}, theme.Caption, false, inkAside)
		s.centre(p, len(p.lines)-1)
		widest = max(widest, p.lines[len(p.lines)-1].w)
	}
	p.pill = true
	p.box = area{(s.width - widest - 2*across) / 2, y, widest + 2*across, float32(len(texts))*height + 2*above}
	return y + p.box.h
}

// said lays out what someone says, with its time and how far it has got
// beside it.
func (s setter) said(p *plan, b desk.Bubble, y float32) float32 {
	if b.Who != "" {
		h := parts.LineHeight(theme.Caption)
		w := s.ruler.Span(b.Who, theme.Caption, false)
		p.add(b.Who, area{s.from(b, w), y, w, h}, theme.Caption, false, inkAside)
		y += h + 3
	}
	meta, under := s.meta(b)
	across := s.ruler.Span(meta, theme.Caption, false)
	room := across + metaGap
	if b.Retry && under == "" {
		room += againRoom
	}
	most := min(s.gauge.most, s.width-2*s.gauge.margin-room)
	p.box.y = y
	switch {
	case b.Image != nil:
		s.pictured(p, b, most)
	case b.Voice != nil:
		s.spoken(p, b, most)
	case len(b.Parts) > 0:
		s.taught(p, b, most)
	default:
		s.written(p, b, most)
	}
	s.beside(p, b, meta, across)
	return s.under(p, b, under, p.box.y+p.box.h)
}

// meta is what stands beside the bubble, and what does not fit there and
// stands under it: a reason in words.
func (s setter) meta(b desk.Bubble) (beside, under string) {
	beside = join(b.Status, b.When)
	if s.ruler.Span(b.Status, theme.Caption, false) > longStatus {
		beside, under = b.When, b.Status
	}
	if b.Voice != nil && b.Voice.Failed != "" {
		under = strings.TrimPrefix(under+"\n"+b.Voice.Failed, "\n")
	}
	return beside, under
}

// from is the left edge of what is so wide, on the side of who says it.
func (s setter) from(b desk.Bubble, w float32) float32 {
	if b.Mine {
		return s.width - s.gauge.margin - w
	}
	return s.gauge.margin
}

// beside puts time and state at the foot of the bubble, on its inner side.
func (s setter) beside(p *plan, b desk.Bubble, meta string, across float32) {
	h := parts.LineHeight(theme.Caption)
	at := area{p.box.x + p.box.w + metaGap, p.box.y + p.box.h - h - 2, across, h}
	if b.Mine {
		at.x = p.box.x - metaGap - across
	}
	if meta != "" {
		p.add(meta, at, theme.Caption, false, inkStatus)
	}
	if b.Retry {
		p.again = area{at.x - againRoom, at.y + (h-theme.Wide)/2, theme.Wide, theme.Wide}
	}
}

// under says under the bubble why it was not sent or cannot be heard.
func (s setter) under(p *plan, b desk.Bubble, text string, y float32) float32 {
	if text == "" {
		return y
	}
	h := parts.LineHeight(theme.Caption)
	for i, l := range s.ruler.Wrap(text, theme.Caption, false, min(s.gauge.most, s.width-2*s.gauge.margin-againRoom)) {
		w := s.ruler.Span(l, theme.Caption, false)
		at := area{s.from(b, w), y + 3, w, h}
		p.add(l, at, theme.Caption, false, inkBad)
		if b.Retry && i == 0 {
			p.again = area{at.x - againRoom, at.y + (h-theme.Wide)/2, theme.Wide, theme.Wide}
		}
		y += h
	}
	return y + 3
}

func (s setter) written(p *plan, b desk.Bubble, most float32) {
	g := s.gauge
	height := parts.LineHeight(g.text)
	texts := s.ruler.Wrap(b.Text, g.text, false, most-2*g.bubbleAcross)
	widest := float32(0)
	for _, text := range texts {
		widest = max(widest, s.ruler.Span(text, g.text, false))
	}
	p.box.w = min(most, max(widest+2*g.bubbleAcross, 44))
	p.box.h = float32(len(texts))*height + 2*g.bubbleAbove
	p.box.x = s.from(b, p.box.w)
	for i, text := range texts {
		p.add(text, area{p.box.x + g.bubbleAcross, p.box.y + g.bubbleAbove + float32(i)*height, widest, height}, g.text, false, inkSaid)
	}
}

func (s setter) pictured(p *plan, b desk.Bubble, most float32) {
	size := fitted(b.Image, min(most, s.gauge.picture), s.gauge.picture)
	p.bare = true
	p.box.w, p.box.h = size.Width, size.Height
	p.box.x = s.from(b, p.box.w)
	p.slots = append(p.slots, slot{p.box, b.Image})
}

// spoken is wider the longer the recording is.
func (s setter) spoken(p *plan, b desk.Bubble, most float32) {
	const side, edge float32 = 22, 14
	share := float32(min(max(b.Voice.Seconds, 0), longest)) / float32(longest)
	p.box.w = min(most, voiceLeast+(voiceMost-voiceLeast)*share)
	p.box.h = theme.Target
	p.box.x = s.from(b, p.box.w)
	middle := p.box.y + p.box.h/2
	p.icon = area{p.box.x + edge, middle - side/2, side, side}
	height := parts.LineHeight(theme.Body)
	length := s.ruler.Span(b.Voice.Length, theme.Body, true)
	at := area{p.box.x + p.box.w - edge - length, middle - height/2, length, height}
	p.add(b.Voice.Length, at, theme.Body, true, inkSaid)
	p.track = area{p.icon.x + side + 8, middle - 1.5, max(0, at.x-10-p.icon.x-side-8), 3}
}

// taught is a card: a title, then paragraphs and pictures in their order.
func (s setter) taught(p *plan, b desk.Bubble, most float32) {
	const pad, side float32 = 14, 20
	p.card = true
	p.box.w = min(most, cardWidth)
	p.box.x = s.from(b, p.box.w)
	x, y, inner := p.box.x+pad, p.box.y+pad-2, p.box.w-2*pad
	p.icon = area{x, y + 2, side, side}
	height := parts.LineHeight(theme.Strong)
	for _, text := range s.ruler.Wrap(b.Text, theme.Strong, true, inner-side-8) {
		p.add(text, area{x + side + 8, y, inner - side - 8, height}, theme.Strong, true, inkSaid)
		y += height
	}
	for _, part := range b.Parts {
		y += 8
		if part.Picture != nil {
			size := fitted(part.Picture, inner, 0.7*s.gauge.picture)
			p.slots = append(p.slots, slot{area{x, y, size.Width, size.Height}, part.Picture})
			y += size.Height
			continue
		}
		for _, text := range s.ruler.Wrap(part.Text, theme.Body, false, inner) {
			p.add(text, area{x, y, inner, parts.LineHeight(theme.Body)}, theme.Body, false, inkSaid)
			y += parts.LineHeight(theme.Body)
		}
	}
	p.box.h = y + pad - p.box.y
}

// unknownWide and unknownTall stand for a picture whose size is not known;
// leastSide keeps a strip of a picture under the finger.
const (
	unknownWide float32 = 160
	unknownTall float32 = 120
	leastSide   float32 = 56
)

// fitted is the size of a picture within bounds, in its own proportions.
func fitted(p *desk.Picture, wide, tall float32) fyne.Size {
	w, h := float32(p.Width), float32(p.Height)
	if w <= 0 || h <= 0 {
		w, h = unknownWide, unknownTall
	}
	scale := min(wide/w, tall/h, 1)
	return fyne.NewSize(max(w*scale, min(leastSide, wide)), max(h*scale, min(leastSide, tall)))
}

// join sets two short texts beside one another.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
