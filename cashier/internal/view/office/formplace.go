package office

import (
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// formRing is the room at the left of the fields for what is drawn around them.
const formRing float32 = 4

// problemLines is how many lines the form's problem takes at most.
const problemLines = 3

// gauge is the geometry in the window's size.
func (f *form) gauge() gauge { return gaugeOf(f.Size().SubtractWidthHeight(0, theme.Target)) }

// codeBeside reports whether the QR code stands beside the fields: there is
// room for both, and then they are seen at once.
func (f *form) codeBeside() bool {
	return f.shown != nil && f.code.Visible() && f.Size().Width >= codeWide+2*formAround
}

func (f *form) place(size fyne.Size) {
	parts.Place(f.scrim, 0, 0, size.Width, size.Height)
	if f.shown == nil {
		return
	}
	g, beside := f.gauge(), f.codeBeside()
	width := min(formWide, size.Width-2*formAround)
	aside := float32(0)
	if beside {
		width, aside = codeWide, g.code+g.formEdge
	}
	inner := width - 2*g.formEdge
	f.body.set(f.blocks(beside))
	content := f.body.fit(inner - aside)
	if beside {
		content = max(content, g.code)
	}
	head, foot := g.formEdge+parts.LineHeight(theme.Title)+10, f.footTall(g, inner)
	height, room := head+content+foot, content+1 // not a hair less than all: that would be a bar
	limited := height > size.Height-2*formAround
	if limited {
		height = size.Height - 2*formAround
		room = max(0, height-head-foot)
	}
	left, top := (size.Width-width)/2, max(formAround, (size.Height-height)/2)
	x, y := left+g.formEdge, top+g.formEdge-4
	parts.Place(f.card, left, top, width, height)
	parts.Place(f.title, x, y, inner, parts.LineHeight(theme.Title))
	y = top + head
	if beside {
		parts.Place(f.code, x, y, g.code, g.code)
	}
	// The scroll reaches into the card's edge, so that its bar lies beside the
	// fields and not on them.
	parts.Place(f.body.Scroll, x+aside-formRing, y, inner-aside+formRing+g.formEdge-4, room)
	parts.Show(f.fold, limited)
	parts.Place(f.fold, left+1, y+room, width-2, 1)
	f.placeFoot(g, x, top+height-foot, inner)
}

// said are the lines of the problem.
func (f *form) said(width float32) []string {
	text := f.kit.wrap(f.shown.Problem, theme.Body, true, width)
	return text[:min(len(text), problemLines)]
}

// footTall is the height of problem, and buttons.
func (f *form) footTall(g gauge, width float32) float32 {
	height := 4 + theme.Gap + theme.Target + g.formEdge - 4
	if n := len(f.said(width)); n > 0 {
		height += float32(n)*parts.LineHeight(theme.Body) + 4
	}
	return height
}

func (f *form) placeFoot(g gauge, x, y, w float32) {
	y += 4
	text := f.said(w)
	f.problem.put(f.kit.palette, desk.ToneBad, text)
	if len(text) > 0 {
		y += 4
		f.problem.place(x, y, w)
		y += float32(len(text)) * parts.LineHeight(theme.Body)
	}
	y += theme.Gap
	half := (w - theme.Gap) / 2
	switch {
	case !f.cancel.Visible():
		parts.Place(f.ok, x, y, w, theme.Target)
	case !f.ok.Visible():
		parts.Place(f.cancel, x, y, w, theme.Target)
	default:
		parts.Place(f.cancel, x, y, half, theme.Target)
		parts.Place(f.ok, x+half+theme.Gap, y, half, theme.Target)
	}
}

// codeBlock is the QR code among what scrolls, where there is no room beside.
type codeBlock struct {
	widget.BaseWidget
	form *form
}

func newCodeBlock(f *form) *codeBlock {
	b := &codeBlock{form: f}
	b.ExtendBaseWidget(b)
	return b
}

func (b *codeBlock) tall(float32) float32 { return b.form.gauge().code + theme.Pad }

// CreateRenderer keeps the code square and in the middle.
func (b *codeBlock) CreateRenderer() fyne.WidgetRenderer {
	return &parts.Painter{Parts: []fyne.CanvasObject{b.form.code}, Place: func(size fyne.Size) {
		side := b.form.gauge().code
		parts.Place(b.form.code, max(0, (size.Width-side)/2), 0, side, side)
	}}
}

// actRow is a form's further acts, after its fields.
type actRow struct {
	widget.BaseWidget
	acts acts
}

func newActRow(k *kit) *actRow {
	r := &actRow{acts: acts{kit: k}}
	r.ExtendBaseWidget(r)
	return r
}

func (r *actRow) set(next []desk.Act) {
	if r.acts.set(next) {
		r.Refresh()
	}
	r.place(r.Size())
}

func (r *actRow) tall(width float32) float32 {
	return flowTall(r.acts.visible(), width, theme.Target) + theme.Pad
}

func (r *actRow) place(size fyne.Size) { placeFlow(r.acts.visible(), 0, 0, size.Width, theme.Target) }

// CreateRenderer draws the acts.
func (r *actRow) CreateRenderer() fyne.WidgetRenderer {
	return &grower{parts.Painter{Place: r.place}, r.acts.objects}
}
