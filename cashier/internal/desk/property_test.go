package desk_test

import (
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// TestWhateverHappensNoSaleIsPaidTwice lets fingers, the hub and the network
// do as they like and watches the promises of the package.
func TestWhateverHappensNoSaleIsPaidTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := lookbook.Busy(desk.Prefs{})
		w := &watcher{open: map[id.Sale]desk.Command{}, paid: map[id.Sale]bool{}}
		t.Repeat(map[string]func(*rapid.T){
			"key": func(t *rapid.T) {
				keys := []desk.Key{
					"0", "1", "2", "3", "7", "9", "00", ".", "*", "+100", "exact", "back", "clear", "enter", "escape",
					"up", "down", "F1", "F5", "F7", "F8", "F8", "F8", "F9", "F10",
				}
				w.play(t, s, desk.Press{Key: rapid.SampledFrom(keys).Draw(t, "key"), Pad: rapid.Bool().Draw(t, "pad")})
			},
			"cash": func(t *rapid.T) { // what a cashier does all day, so that the rest happens around it
				w.play(t, s, desk.Choose{Nozzle: rapid.SampledFrom([]int{1, 3, 7, 15}).Draw(t, "unpaid")})
				w.play(t, s, desk.Press{Key: desk.KeyF8})
			},
			"touch": func(t *rapid.T) { w.play(t, s, desk.Choose{Nozzle: rapid.IntRange(0, 20).Draw(t, "nozzle")}) },
			"page":  func(t *rapid.T) { w.play(t, s, desk.GoTo{Page: rapid.SampledFrom(desk.Pages[:]).Draw(t, "page")}) },
			"time": func(t *rapid.T) {
				s.Wait(time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond)
			},
			"beat": func(t *rapid.T) { s.Beat() },
			"lost": func(t *rapid.T) { w.play(t, s, desk.Lost{Reason: "x"}) },
			"back": func(t *rapid.T) { w.play(t, s, desk.Connected{Welcome: wire.Welcome{Now: s.At()}}) },
			"unknown": func(t *rapid.T) {
				w.end(t, s, func(c desk.Command) desk.Event { return desk.Unknown{Command: c} }, false)
			},
			"yes": func(t *rapid.T) {
				w.end(t, s, func(c desk.Command) desk.Event {
					w.paid[c.Sale] = true // and the news of it may never come
					return desk.Answered{Command: c}
				}, true)
			},
			"no": func(t *rapid.T) {
				w.end(t, s, func(c desk.Command) desk.Event {
					return desk.Refused{Command: c, Problem: wire.NewProblem(wire.ProblemAmountChanged, "")}
				}, true)
			},
			"": func(t *rapid.T) { w.check(t, s) },
		})
	})
}

// watcher knows which payments are on their way and which have arrived.
type watcher struct {
	open map[id.Sale]desk.Command
	paid map[id.Sale]bool
}

func (w *watcher) play(t *rapid.T, s *lookbook.Stage, e desk.Event) {
	s.Effects = nil
	fresh := s.State.HubFresh()
	s.Do(e)
	for _, effect := range s.Effects {
		send, ok := effect.(desk.Send)
		if !ok || send.Command.Kind != desk.CommandPay {
			continue
		}
		c := send.Command
		if _, busy := w.open[c.Sale]; busy {
			t.Fatalf("a second payment of %s while the first is on its way", c.Sale)
		}
		if w.paid[c.Sale] {
			t.Fatalf("a payment of %s, which is paid", c.Sale)
		}
		if !fresh {
			t.Fatalf("a payment without fresh figures")
		}
		if c.Pay.Tendered < c.Pay.Due || c.Pay.Tendered-c.Pay.Due > unit.Fen(1000_00) {
			t.Fatalf("tendered %s for %s", c.Pay.Tendered, c.Pay.Due)
		}
		c.Key = id.New[id.Command](s.IDs)
		w.open[c.Sale] = c
		s.Do(desk.Sent{Command: c})
	}
}

// end lets one payment on its way come to something.
func (w *watcher) end(t *rapid.T, s *lookbook.Stage, how func(desk.Command) desk.Event, over bool) {
	for sale, c := range w.open {
		if over {
			delete(w.open, sale)
		}
		w.play(t, s, how(c))
		return
	}
}

func (w *watcher) check(t *rapid.T, s *lookbook.Stage) {
	screen := s.State.Screen()
	if screen.Panel.Pay.On && !s.State.HubFresh() {
		t.Fatalf("the pay button is on without fresh figures")
	}
	for _, tile := range screen.Tiles {
		if !s.State.HubFresh() && (tile.Money != "" || tile.Litres != "") {
			t.Fatalf("a stale figure on nozzle %d: %+v", tile.Nozzle, tile)
		}
	}
	if len(screen.Toasts) > 3 {
		t.Fatalf("%d toasts", len(screen.Toasts))
	}
}
