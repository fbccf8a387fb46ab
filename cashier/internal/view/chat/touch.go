package chat

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// touch is a widget that can be touched and lights up under the pointer.
type touch struct {
	widget.BaseWidget
	tap     func()
	paint   func()
	hovered bool
}

var (
	_ fyne.Tappable     = (*touch)(nil)
	_ desktop.Hoverable = (*touch)(nil)
)

// Tapped does what the widget is for.
func (t *touch) Tapped(*fyne.PointEvent) { t.tap() }

// MouseIn, MouseMoved and MouseOut light it under the pointer.
func (t *touch) MouseIn(*desktop.MouseEvent)    { t.hovered = true; t.paint() }
func (t *touch) MouseMoved(*desktop.MouseEvent) {}
func (t *touch) MouseOut()                      { t.hovered = false; t.paint() }
