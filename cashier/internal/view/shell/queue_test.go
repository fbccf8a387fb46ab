package shell_test

import (
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/cashier/internal/view/parts"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// counted waits until the taps are sent and returns the numbers.
func (b *bench) counted() (out []int) {
	b.Wait(time.Second)
	for _, c := range b.sent() {
		if c.Kind == desk.CommandQueue {
			out = append(out, c.Queue.Waiting)
		}
	}
	b.Effects = nil
	return out
}

func TestQueueIsCountedByTouchAndByKeyboard(t *testing.T) {
	for name, size := range map[string]fyne.Size{"floor": floor, "scaled": scaled} {
		s := lookbook.Busy(desk.Prefs{})
		b := open(t, s, size)
		s.Effects = nil
		steps := map[string]*parts.Button{}
		for _, button := range find[*parts.Button](b.window.Content()) {
			steps[button.Label()] = button
		}
		b.touch(steps["+"])
		for _, y := range []float32{1, 47} { // a finger hits more than is drawn
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(steps["+"])
			test.TapCanvas(b.window.Canvas(), at.AddXY(steps["+"].Size().Width/2, y))
		}
		if got := b.counted(); len(got) != 1 || got[0] != 3 || s.State.Screen().Page != desk.PageBoard {
			t.Errorf("%s: three touches sent %v", name, got)
		}

		s = lookbook.Busy(desk.Prefs{})
		b = open(t, s, size)
		s.Effects = nil
		b.text("++++-")
		if got := b.counted(); len(got) != 1 || got[0] != 3 {
			t.Errorf("%s: ++++- sent %v", name, got)
		}
		if p := s.State.Screen().Panel; !p.Empty {
			t.Errorf("%s: + and - chose %q", name, p.Title)
		}
	}
}

func TestTileUnderTheStepperIsStillHit(t *testing.T) {
	s := lookbook.Queue(desk.Prefs{})
	b := open(t, s, floor)
	s.Effects = nil
	more := find[*parts.Button](b.window.Content())
	for _, button := range more {
		if button.Label() != "+" {
			continue
		}
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(button)
		test.TapCanvas(b.window.Canvas(), at.AddXY(button.Size().Width/2, button.Size().Height+1))
	}
	if got := b.counted(); len(got) != 0 || s.State.Screen().Panel.Title != "4号枪 · 98#" {
		t.Errorf("a touch on the tile's edge sent %v and chose %q", got, s.State.Screen().Panel.Title)
	}
}
