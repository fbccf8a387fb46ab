package board

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Drivers see the price that the dispenser shows, and hear of it when it
// changes, while it runs too.
func TestS026DriversSeeThePriceOfThePump(t *testing.T) {
	b, sink := start(t, 1)
	if err := b.Tariff(t.Context(), price(780)); err != nil {
		t.Fatal(err)
	}
	sink.take()
	var told []unit.FenPerLitre
	see := func(state wire.NozzleState, p unit.FenPerLitre) {
		t.Helper()
		report(t, b, noon, wire.NozzleStatus{Nozzle: 1, State: state, Price: p})
		for _, f := range sink.takeOf("station") {
			if f.K == wire.KindPump {
				pump, err := wire.Read[wire.Pump](f.D)
				if err != nil {
					t.Fatal(err)
				}
				told = append(told, pump.Price)
			}
		}
	}
	see(wire.NozzleIdle, 785)
	see(wire.NozzleIdle, 785)
	see(wire.NozzleFuelling, 785)
	see(wire.NozzleFuelling, 780)
	if !slices.Equal(told, []unit.FenPerLitre{785, 785, 780}) {
		t.Errorf("drivers were told %v", told)
	}
	snap, _, err := b.PublicSnapshot(t.Context())
	if err != nil || snap.Pumps[0].Price != 780 || snap.Tariff.Prices[0].Price != 780 || !snap.Pumps[0].Since.Equal(noon) {
		t.Errorf("the snapshot: %+v, %v", snap.Pumps, err)
	}
	see(wire.NozzleOffline, 780)
	if last := told[len(told)-1]; last != 0 {
		t.Errorf("one that does not answer shows %v", last)
	}
}

// shelf is a board in a bubble, with 7.80 in force, and whom it told of.
type shelf struct {
	t     *testing.T
	board *Board
	found []Mispriced
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t}
	b, _ := startNow(t, func(m Mispriced) { s.found = append(s.found, m) }, 1, 2)
	s.board = b
	s.charge(780)
	return s
}

func (s *shelf) charge(p unit.FenPerLitre) {
	s.t.Helper()
	if err := s.board.Tariff(s.t.Context(), price(p)); err != nil {
		s.t.Fatal(err)
	}
}

// shows has nozzle 1 show a price for some time.
func (s *shelf) shows(state wire.NozzleState, p unit.FenPerLitre, stay time.Duration) {
	s.t.Helper()
	report(s.t, s.board, time.Now(), wire.NozzleStatus{Nozzle: 1, State: state, Price: p})
	time.Sleep(stay)
	synctest.Wait()
}

func TestS026ANozzleAtAnotherPriceIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		s.shows(wire.NozzleIdle, 785, PriceSettles-2*BeatEvery)
		if len(s.found) != 0 {
			t.Fatalf("found at once: %+v", s.found)
		}
		s.shows(wire.NozzleIdle, 785, 5*BeatEvery)
		if len(s.found) != 1 || s.found[0].Nozzle != 1 || s.found[0].Grade != "92#" || s.found[0].Shown != 785 || s.found[0].InForce != 780 {
			t.Fatalf("found %+v", s.found)
		}
		s.shows(wire.NozzleIdle, 785, MispricedAgain-10*BeatEvery)
		if len(s.found) != 1 {
			t.Errorf("found again before an hour is over: %+v", s.found)
		}
		s.shows(wire.NozzleIdle, 785, 20*BeatEvery)
		if len(s.found) != 2 {
			t.Errorf("not found again: %+v", s.found)
		}
		s.shows(wire.NozzleIdle, 790, PriceSettles+5*BeatEvery)
		if len(s.found) != 3 || s.found[2].Shown != 790 {
			t.Errorf("another mistake is another: %+v", s.found)
		}
	})
}

// What is no mistake is not found: a change of prices under way, a delivery
// that keeps its price, a nozzle whose price or whose price in force is not
// known.
func TestS026AChangeUnderWayIsNoMistake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		s.shows(wire.NozzleIdle, 780, time.Hour)
		for range 20 { // one change after the other, each taking long
			for _, p := range []unit.FenPerLitre{790, 780} {
				was := 790 + 780 - p
				s.charge(p)
				s.shows(wire.NozzleIdle, was, PriceSettles-2*BeatEvery)
				s.shows(wire.NozzleIdle, p, 2*BeatEvery)
			}
		}
		s.charge(790)
		s.shows(wire.NozzleFuelling, 780, time.Hour)
		s.shows(wire.NozzleFinished, 780, time.Hour)
		s.shows(wire.NozzleIdle, 780, PriceSettles-2*BeatEvery)
		s.shows(wire.NozzleIdle, 790, time.Hour)
		s.shows(wire.NozzleIdle, 0, time.Hour)
		s.shows(wire.NozzleOffline, 780, time.Hour)
		if err := s.board.Tariff(t.Context(), wire.Tariff{}); err != nil {
			t.Fatal(err)
		}
		s.shows(wire.NozzleIdle, 785, time.Hour)
		if len(s.found) != 0 {
			t.Errorf("found %+v", s.found)
		}
	})
}

// A nozzle that is busy most of the time is found by the time between.
func TestS026ABusyNozzleIsFoundToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		for range 5 {
			s.shows(wire.NozzleIdle, 785, 20*BeatEvery)
			s.shows(wire.NozzleFuelling, 785, time.Minute)
		}
		if len(s.found) != 1 {
			t.Errorf("found %+v", s.found)
		}
		if err := s.board.Configure(t.Context(), nozzles(2)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.board.Snapshot(t.Context()); err != nil { // it has taken effect
			t.Fatal(err)
		}
		if len(s.board.odd) != 0 {
			t.Errorf("one that was taken away is remembered: %v", s.board.odd)
		}
	})
}
