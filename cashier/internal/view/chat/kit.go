package chat

import (
	"fmt"
	"image/color"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/view/parts"
	"forecourt/cashier/internal/view/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// kit is what the widgets of the page share.
type kit struct {
	palette  theme.Palette
	lang     desk.Lang
	send     func(desk.Event)
	keys     parts.Keys
	window   fyne.Window
	work     func(func())
	ruler    *parts.Ruler
	pictures *pictures
}

// gauge is the geometry: roomy at 1366 x 768, tight when the scale is turned
// up and about 850 points are left for the page.
type gauge struct {
	queue, side, head         float32 // widths of the lists at the sides, height of their heads
	row, group, order         float32 // heights of rows
	margin, text, picture     float32 // of the conversation: its edge, the letters, a picture's longest side
	most, act                 float32 // the widest bubble, the widest act in the head
	tool                      float32 // width of a button of the composer
	bubbleAcross, bubbleAbove float32 // ground around a text
	tight                     bool
}

var (
	roomy = gauge{
		queue: 284, side: 300, head: 60, row: 64, group: theme.Target, order: 52,
		margin: theme.Wide, text: theme.Strong, picture: 240, most: 460, act: 124, tool: theme.Target,
		bubbleAcross: 14, bubbleAbove: 9,
	}
	tight = gauge{
		queue: 204, side: 216, head: 52, row: 54, group: 36, order: 48,
		margin: theme.Gap, text: theme.Body, picture: 168, most: 300, act: 66, tool: 38,
		bubbleAcross: 10, bubbleAbove: 7, tight: true,
	}
)

// Below either of these the page is tight.
const (
	tightWidth  float32 = 1050
	tightHeight float32 = 560
)

func gaugeOf(size fyne.Size) gauge {
	if size.Width < tightWidth || size.Height < tightHeight {
		return tight
	}
	return roomy
}

// rowGround is what a row of any list stands on.
func (k *kit) rowGround(chosen, hovered bool) color.NRGBA {
	p := k.palette
	switch {
	case chosen:
		return theme.Blend(p.Card, p.Brand, 14)
	case hovered:
		return theme.Blend(p.Card, p.Ink, 5)
	}
	return p.Card
}

// word is a text that only the widgets know they need: the state does not
// know how far a list is scrolled, or that a picture cannot be drawn.
type word struct{ zh, en string }

var (
	wordNewMessages = word{"%d 条新消息", "%d new"}
	wordBadPicture  = word{"图片无法显示", "The picture cannot be shown"}
	wordCopy        = word{"复制", "Copy"}
	wordChoose      = word{"选择图片", "Choose a picture"}
	wordSendIt      = word{"发送", "Send"}
	wordCancel      = word{"取消", "Cancel"}
)

// say is a word in the page's language.
func (k *kit) say(w word) string {
	if k.lang == desk.English {
		return w.en
	}
	return w.zh
}

// count is a word with a number.
func (k *kit) count(w word, n int) string { return fmt.Sprintf(k.say(w), n) }

// dotSide is the size of the sign that someone is there, or that a recording
// runs.
const dotSide float32 = 10

// newDot is that sign. It is a rectangle: a circle of the library works its
// size out from two corners, and rounding would repaint it for nothing.
func newDot() *canvas.Rectangle { return &canvas.Rectangle{CornerRadius: dotSide / 2} }

// letters changes a text with its size and weight if they differ.
func letters(t *canvas.Text, s string, size float32, bold bool, c color.NRGBA) {
	if t.TextSize != size || t.TextStyle.Bold != bold {
		t.TextSize, t.TextStyle.Bold = size, bold
		t.Text, t.Color = s, c
		t.Refresh()
		return
	}
	parts.Put(t, s, c)
}
