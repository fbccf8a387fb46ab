package drivertest

import (
	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
)

// checkReading compares what the driver says with what the pump did.
func (b *bench) checkReading(r driver.Reading) {
	b.Helper()
	v := b.station.View(Pump)
	if r.State < driver.Inoperative || r.State > driver.Finished {
		b.Fatalf("reading has no state: %+v", r)
	}
	if r.Nozzle < 0 || r.Nozzle > len(v.Prices) {
		b.Fatalf("reading names nozzle %d of %d", r.Nozzle, len(v.Prices))
	}
	running := r.State == driver.Fuelling || r.State == driver.Paused
	if running && (v.State == driver.Fuelling || v.State == driver.Paused) &&
		(r.Volume > v.Volume || r.Amount > v.Amount) {
		b.Fatalf("reading is ahead of the pump: %d ml %d fen, pump has %d ml %d fen", r.Volume, r.Amount, v.Volume, v.Amount)
	}
	for _, s := range r.Finished {
		b.checkSale(s, v)
	}
}

// checkSale fails on a sale that the pump did not report, and on a key that
// names two different sales.
func (b *bench) checkSale(s driver.Sale, v simulator.View) {
	b.Helper()
	if !reported(s, v) {
		b.Fatalf("the driver invented a sale: %+v; the pump's last is %+v", s, v.Last)
	}
	if s.Key == "" && !s.HasTotal {
		b.Fatalf("sale has neither key nor totalizer: %+v", s)
	}
	if s.Key == "" {
		return
	}
	if before, seen := b.keys[s.Key]; seen && !same(before, s) {
		b.Fatalf("key %q names two sales: %+v and %+v", s.Key, before, s)
	}
	b.keys[s.Key] = s
}

// reported says that a delivery in the pump's history was told with these figures.
func reported(s driver.Sale, v simulator.View) bool {
	for _, d := range v.History {
		if same(d.Sale, s) && (!s.HasTotal || s.TotalAfter == d.After) {
			return true
		}
	}
	return false
}

func same(a, b driver.Sale) bool {
	return a.Nozzle == b.Nozzle && a.Volume == b.Volume && a.Amount == b.Amount && a.Price == b.Price
}

// checkKnownAs fails unless two reports are of the same sale.
func (b *bench) checkKnownAs(got, want driver.Sale) {
	b.Helper()
	if got.Key != want.Key || got.TotalAfter != want.TotalAfter || !same(got, want) {
		b.Fatalf("the sale changed: %+v, was %+v", got, want)
	}
}

// checkDistinct fails unless two sales can be told apart.
func (b *bench) checkDistinct(one, two driver.Sale) {
	b.Helper()
	if one.Key == two.Key && one.TotalAfter == two.TotalAfter {
		b.Fatalf("two sales look like one: %+v and %+v", one, two)
	}
}
