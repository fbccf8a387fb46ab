package scenario_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"forecourt/house/internal/house"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// forecourt is a station as drivers, its head and its dispensers see it.
type forecourt struct {
	*testing.T
	h      *house.House
	head   *link.Client
	guest  *link.Driver
	number id.Station

	mu    sync.Mutex
	place *mirror.Public // what a driver's phone holds, signed in or not
}

// Connected, Lost and Frame fold what a guest hears.
func (f *forecourt) Connected(wire.Welcome) {}

func (f *forecourt) Lost(error) {}

func (f *forecourt) Frame(frame wire.Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.place.Apply(frame); err != nil {
		f.Errorf("folding %s: %v", frame.K, err)
	}
}

// looks has a guest follow the station until the test ends.
func (f *forecourt) looks() {
	f.guest = must[*link.Driver](f.T)(f.h.Stranger())
	ctx, cancel := context.WithCancel(f.Context())
	ended := make(chan error, 1)
	live := f.guest.GuestLive(link.LiveOptions{Channels: []wire.Channel{wire.PublicStation(f.number)}, Handler: f})
	go func() { ended <- live.Run(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			f.Error(err)
		}
		f.guest.Close()
	})
}

// now is what the guest's phone holds.
func (f *forecourt) now() wire.StationSnap {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.place.Snap()
}

// The hub says 7.80 and a dispenser keeps 7.85. Drivers see what it shows, no
// drop leaves it, and the office is told. A dispenser that shows the right
// price and charges another one sells into quarantine, and is charged at a
// price that was on show.
func TestS026APriceTheDispenserKeepsIsShownBlockedAndAnAlert(t *testing.T) {
	t.Parallel() // most of it is a minute's wait
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 30, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	f := &forecourt{T: t, h: h, place: mirror.NewPublic()}
	var session wire.Session
	if f.head, session, err = h.TillAs(t.Context(), "office", house.Head); err != nil {
		t.Fatal(err)
	}
	f.number = session.Station
	f.looks()

	f.charges(785)
	f.shows(785, 1, 3, 5, 9, 11, 13)
	stubborn := []int{3, 11} // one of each protocol
	f.suffers("keep-price", stubborn...)
	f.charges(780)
	f.shows(780, 1, 5, 9, 13)
	f.shows(785, stubborn...)
	card := must[wire.StationCard](t)(f.guest.Station(t.Context(), f.number))
	if card.Tariff.Prices[0].Price != 780 || !f.showing(card.Pumps, 785, stubborn) {
		t.Errorf("the card of the station is %+v", card)
	}
	f.givesNothing(stubborn...)
	f.sellsDearer(1)
	f.alerts(stubborn...)
	f.suffers("take-price", stubborn...)
	f.shows(780, stubborn...)
	for _, nozzle := range stubborn {
		fuel(t, h, nozzle)
		if s := f.last(nozzle); s.Price != 780 || s.State != wire.SaleUnpaid {
			t.Errorf("nozzle %d, set right, sold %+v", nozzle, s)
		}
	}
	noRaces(t, dir)
}

// charges puts a price of 92# in force.
func (f *forecourt) charges(p unit.FenPerLitre) {
	f.Helper()
	req := wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: p}}}
	must[wire.Done](f.T)(f.head.SetPrices(f.Context(), id.New[id.Command](f.h.IDs()), req))
	want := wire.GradePrice{Grade: "92#", Name: "92号汽油", Price: p}
	await(f.T, "drivers to be told of the price", func() bool { return slices.Contains(f.now().Tariff.Prices, want) })
}

// shows waits until drivers are told that nozzles show a price.
func (f *forecourt) shows(p unit.FenPerLitre, nozzles ...int) {
	f.Helper()
	await(f.T, p.String()+" on the nozzles", func() bool { return f.showing(f.now().Pumps, p, nozzles) })
}

func (f *forecourt) showing(pumps []wire.Pump, p unit.FenPerLitre, nozzles []int) bool {
	agree := 0
	for _, pump := range pumps {
		if slices.Contains(nozzles, pump.Number) && pump.Price == p {
			agree++
		}
	}
	return agree == len(nozzles)
}

func (f *forecourt) suffers(fault string, nozzles ...int) {
	f.Helper()
	for _, nozzle := range nozzles {
		if err := f.h.Truth.Fault(f.Context(), nozzle, fault); err != nil {
			f.Fatal(err)
		}
	}
}

// givesNothing lifts nozzles and has another delivery made meanwhile.
func (f *forecourt) givesNothing(nozzles ...int) {
	f.Helper()
	for _, nozzle := range nozzles {
		if err := f.h.Truth.Lift(f.Context(), nozzle, 10_000); err != nil {
			f.Fatal(err)
		}
	}
	fuel(f.T, f.h, 5)
	if s := f.last(5); s.Price != 780 || s.State != wire.SaleUnpaid {
		f.Errorf("a nozzle at the price in force sold %+v", s)
	}
	for _, nozzle := range nozzles {
		if n := dispenser(f.T, f.h, nozzle); n.Busy || n.Totalizer != n.First {
			f.Errorf("at another price than the one in force: %+v", n)
		}
	}
	f.shows(785, nozzles...)
	for _, nozzle := range nozzles {
		if err := f.h.Truth.Hang(f.Context(), nozzle); err != nil {
			f.Fatal(err)
		}
	}
}

// sellsDearer has a dispenser charge 0.05 yuan more than it was permitted to.
func (f *forecourt) sellsDearer(nozzle int) {
	f.Helper()
	f.suffers("sell-dearer", nozzle)
	fuel(f.T, f.h, nozzle)
	s := f.last(nozzle)
	if s.Price != 785 || s.State != wire.SaleQuarantined || !slices.Contains(s.Reasons, wire.ReasonPrice) || s.Due != 0 {
		f.Fatalf("a sale at a price that is not its set's: %+v", s)
	}
	metered := s.After - s.Before
	accept := func(p unit.FenPerLitre) (wire.Sale, error) {
		amount := must[unit.Fen](f.T)(unit.Amount(metered, p))
		return f.head.Resolve(f.Context(), id.New[id.Command](f.h.IDs()), s.ID, wire.ResolveRequest{
			Act: wire.ResolveAccept, Note: "油机多收", Volume: s.After - s.Before, Amount: amount,
		})
	}
	if _, err := accept(790); err == nil {
		f.Error("it was charged at a price that was never on show")
	}
	due := must[unit.Fen](f.T)(unit.Amount(metered, 780))
	if s, err := accept(780); err != nil || s.State != wire.SaleUnpaid || s.Due != due {
		f.Errorf("charged at the price in force it is %+v, %v", s, err)
	}
}

// last is the newest sale of a nozzle, once the hub has it.
func (f *forecourt) last(nozzle int) (found wire.Sale) {
	f.Helper()
	await(f.T, "the sale", func() bool {
		for _, s := range must[wire.SaleList](f.T)(f.head.Sales(f.Context(), link.SaleQuery{})).Sales {
			if s.Nozzle == nozzle && s.State != wire.SaleOpen {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// alerts waits until the office is told of nozzles, and of no others.
func (f *forecourt) alerts(nozzles ...int) {
	f.Helper()
	var told map[string]string
	const longerThanAChangeTakes = 2 * time.Minute
	awaitFor(f.T, longerThanAChangeTakes, "the alerts", func() bool {
		told = map[string]string{}
		for _, a := range must[wire.AlertList](f.T)(f.head.Alerts(f.Context(), link.AlertQuery{Open: true})).Alerts {
			if a.Rule == wire.AlertPrice {
				told[a.ObjectID] = a.Note
			}
		}
		return len(told) >= len(nozzles)
	})
	want := map[string]string{}
	for _, nozzle := range nozzles {
		want[strconv.Itoa(nozzle)] = "shows 7.85, in force 7.80"
	}
	if !maps.Equal(told, want) {
		f.Errorf("told of %v, want %v", told, want)
	}
}
