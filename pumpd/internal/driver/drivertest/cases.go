package drivertest

import (
	"context"
	"errors"
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
)

func mandatory() []testCase {
	return []testCase{
		{"IdleAndCalling", (*bench).idleAndCalling},
		{"NoAnswer", (*bench).noAnswer},
		{"CancelledContext", (*bench).cancelled},
		{"UnknownPoint", (*bench).unknownPoint},
	}
}

func (b *bench) pointsAreListed() {
	if !slices.Contains(b.driver.Points(), b.Point) {
		b.Fatalf("Points() = %v, want %v among them", b.driver.Points(), b.Point)
	}
}

func (b *bench) idleAndCalling() {
	r := b.untilState(driver.Idle)
	if r.Nozzle != 0 || len(r.Finished) != 0 {
		b.Fatalf("idle reading = %+v", r)
	}
	for _, n := range []int{2, 1} {
		b.lift(n)
		r = b.until("calling", func(r driver.Reading) bool { return r.State == driver.Calling && r.Nozzle == n })
		if len(r.Finished) != 0 {
			b.Fatalf("calling reading has a sale: %+v", r)
		}
		b.hang()
		b.until("idle again", func(r driver.Reading) bool { return r.State == driver.Idle && r.Nozzle == 0 })
	}
}

func (b *bench) noAnswer() {
	b.untilState(driver.Idle)
	b.pump((*simulator.Pump).PowerCut)
	const patience = 20
	var err error
	for range patience {
		if _, err = b.driver.Poll(b.Context(), b.Point); err != nil {
			break
		}
		b.sleep(pollEvery)
	}
	if !errors.Is(err, driver.ErrNoAnswer) {
		b.Fatalf("Poll of a dead pump: %v, want ErrNoAnswer", err)
	}
	b.pump((*simulator.Pump).PowerBack)
	b.noisy = true // coming back may take a poll or two
	b.untilState(driver.Idle)
}

func (b *bench) cancelled() {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if _, err := b.driver.Poll(ctx, b.Point); err == nil {
		b.Fatal("Poll with a cancelled context answered a reading")
	}
	b.noisy = true
	b.untilState(driver.Idle)
}

func (b *bench) unknownPoint() {
	if _, err := b.driver.Poll(b.Context(), b.Point+7); err == nil {
		b.Fatal("Poll of a point that is not configured answered a reading")
	}
}

func authorizing() []testCase {
	return []testCase{
		{"Sale", (*bench).wholeSale},
		{"SecondNozzle", (*bench).secondNozzle},
		{"ByMoney", (*bench).byMoney},
		{"ByVolume", (*bench).byVolume},
		{"AuthorizeBeforeLift", (*bench).beforeLift},
		{"NothingDispensed", (*bench).nothingDispensed},
		{"AuthorizeRefused", (*bench).authorizeRefused},
		{"NotCallingUntilHung", (*bench).notCallingUntilHung},
		{"Restart", (*bench).restartBeforeRelease},
		{"RestartMidDelivery", (*bench).restartMidDelivery},
		{"OtherNozzleLifted", (*bench).otherNozzleLifted},
		{"EqualSales", (*bench).equalSales},
		{"RepeatedSale", (*bench).repeatedSale},
		{"PreviousSaleAdded", (*bench).previousAdded},
		{"PowerCut", (*bench).powerCut},
		{"PowerCutAtRest", (*bench).powerCutAtRest},
	}
}

func (b *bench) authorize(o driver.Order) {
	b.Helper()
	if err := b.driver.(driver.Authorizer).Authorize(b.Context(), b.Point, o); err != nil {
		b.Fatalf("Authorize(%+v): %v", o, err)
	}
}

// order is a full tank at the first or second nozzle's price.
func order(nozzle int) driver.Order {
	o := driver.Order{Nozzle: nozzle, Price: firstPrice}
	if nozzle == 2 {
		o.Price = secondPrice
	}
	return o
}

// fuel lifts, authorizes and waits until fuel flows.
func (b *bench) fuel(o driver.Order) driver.Reading {
	b.Helper()
	b.untilState(driver.Idle)
	b.lift(o.Nozzle)
	b.untilState(driver.Calling)
	b.authorize(o)
	return b.until("fuel to flow", func(r driver.Reading) bool { return r.State == driver.Fuelling && r.Volume > 0 })
}

// sell dispenses for some time, hangs up and answers the reported sale.
func (b *bench) sell(nozzle int, d time.Duration) driver.Sale {
	b.Helper()
	b.fuel(order(nozzle))
	b.sleep(d)
	b.hang()
	return b.untilSale()
}

func (b *bench) wholeSale() {
	r := b.fuel(order(1))
	if r.Nozzle != 1 || r.Price != firstPrice || len(r.Finished) != 0 {
		b.Fatalf("fuelling reading = %+v", r)
	}
	b.sleep(3 * time.Second)
	b.until("more litres", func(next driver.Reading) bool { return next.Volume > r.Volume && next.Amount > r.Amount })
	b.hang()
	sale := b.untilSale()
	if last := b.station.View(Pump).Last; !same(last, sale) || (sale.HasTotal && sale.TotalAfter != last.TotalAfter) {
		b.Fatalf("sale = %+v, pump says %+v", sale, last)
	}
	for range 5 {
		b.sleep(pollEvery)
		r := b.until("a reading", func(driver.Reading) bool { return true })
		if r.State != driver.Finished || len(r.Finished) != 1 {
			b.Fatalf("an unreleased sale is not reported: %+v", r)
		}
		b.checkKnownAs(r.Finished[0], sale)
	}
	b.release(sale)
	b.untilState(driver.Idle)
	b.must("second Release", func(ctx context.Context) error { return b.driver.Release(ctx, b.Point, sale) })
	b.checkDistinct(b.sell(1, 2*time.Second), sale)
}

func (b *bench) secondNozzle() {
	sale := b.sell(2, 2*time.Second)
	if sale.Nozzle != 2 || sale.Price != secondPrice {
		b.Fatalf("sale = %+v", sale)
	}
}

func (b *bench) byMoney() {
	o := order(2)
	o.Limit, o.Money = driver.ByMoney, 5000
	b.fuel(o)
	sale := b.untilSale()
	if sale.Amount != o.Money {
		b.Fatalf("a preset of 50.00 sold %v", sale.Amount)
	}
}

func (b *bench) byVolume() {
	o := order(1)
	o.Limit, o.Volume = driver.ByVolume, 6500
	b.fuel(o)
	sale := b.untilSale()
	if sale.Volume != o.Volume {
		b.Fatalf("a preset of 6.50 L sold %v", sale.Volume)
	}
}

func (b *bench) beforeLift() {
	b.untilState(driver.Idle)
	b.authorize(order(2))
	b.untilState(driver.Authorized)
	b.lift(2)
	b.untilState(driver.Fuelling)
	b.sleep(time.Second)
	b.hang()
	if s := b.untilSale(); s.Nozzle != 2 {
		b.Fatalf("sale = %+v", s)
	}
}

// nothingDispensed: a permission that is not used is no sale, or at most one
// of nothing that can be released.
func (b *bench) nothingDispensed() {
	b.untilState(driver.Idle)
	b.lift(1)
	b.untilState(driver.Calling)
	b.authorize(order(1))
	b.hang()
	for range 20 {
		r := b.until("a reading", func(driver.Reading) bool { return true })
		for _, s := range r.Finished {
			b.release(s)
		}
		b.sleep(pollEvery)
	}
	b.untilState(driver.Idle)
	b.sell(1, time.Second)
}

// authorizeRefused: a pump that holds a sale is not authorized again.
func (b *bench) authorizeRefused() {
	sale := b.sell(1, time.Second)
	b.hang()
	if err := b.driver.(driver.Authorizer).Authorize(b.Context(), b.Point, order(1)); err == nil {
		b.Fatal("a pump with an unreleased sale was authorized")
	}
	b.checkKnownAs(b.untilSale(), sale)
}

// notCallingUntilHung: a nozzle that is still out after its sale does not ask
// for the next one, or a preset would start over by itself.
func (b *bench) notCallingUntilHung() {
	o := order(1)
	o.Limit, o.Money = driver.ByMoney, 3000
	b.fuel(o)
	b.release(b.untilSale())
	for range 20 {
		if r := b.until("a reading", func(driver.Reading) bool { return true }); r.State == driver.Calling {
			b.Fatalf("the nozzle of the last sale calls again: %+v", r)
		}
		b.sleep(pollEvery)
	}
	b.hang()
	b.untilState(driver.Idle)
	b.lift(1)
	b.untilState(driver.Calling)
}

func (b *bench) restartBeforeRelease() {
	sale := b.sell(2, 2*time.Second)
	for range 3 {
		b.restart()
		b.checkKnownAs(b.untilSale(), sale)
	}
	b.release(sale)
	b.restart()
	b.noisy = true
	b.untilState(driver.Idle)
}

func (b *bench) restartMidDelivery() {
	b.fuel(order(1))
	b.restart()
	r := b.until("fuelling seen by the new driver", func(r driver.Reading) bool { return r.State == driver.Fuelling && r.Volume > 0 })
	if r.Nozzle != 1 || r.Price != firstPrice {
		b.Fatalf("reading after a restart = %+v", r)
	}
	b.hang()
	b.release(b.untilSale())
}

// otherNozzleLifted: the next driver takes the other nozzle before the sale is
// released; the sale stays what it is, over a restart too, and then the other
// nozzle calls.
func (b *bench) otherNozzleLifted() {
	sale := b.sell(1, 2*time.Second)
	b.lift(2)
	for range 3 {
		b.checkKnownAs(b.untilSale(), sale)
		b.sleep(pollEvery)
	}
	b.restart()
	again := b.untilSale()
	b.checkKnownAs(again, sale)
	b.release(again)
	b.until("the other nozzle calls", func(r driver.Reading) bool { return r.State == driver.Calling && r.Nozzle == 2 })
}

func (b *bench) equalSales() {
	o := order(1)
	o.Limit, o.Money = driver.ByMoney, 3000
	var sales []driver.Sale
	for range 3 {
		b.fuel(o)
		s := b.untilSale()
		for _, other := range sales {
			b.checkDistinct(s, other)
		}
		sales = append(sales, s)
		b.hang()
		b.release(s)
	}
}

// repeatedSale: a dispenser that tells an old sale again must be caught by
// its key.
func (b *bench) repeatedSale() {
	sale := b.sell(1, 2*time.Second)
	b.release(sale)
	b.untilState(driver.Idle)
	b.pump((*simulator.Pump).RepeatLastSale)
	b.checkKnownAs(b.untilSale(), sale)
	b.release(sale)
	b.checkDistinct(b.sell(1, 2*time.Second), sale)
}

// previousAdded: the figures come through as the dispenser tells them, and
// the totalizer shows the lie.
func (b *bench) previousAdded() {
	first := b.sell(1, 2*time.Second)
	b.release(first)
	before := b.station.View(Pump).Totals[0]
	b.pump((*simulator.Pump).AddPreviousSale)
	second := b.sell(1, 3*time.Second)
	after := b.station.View(Pump).Totals[0]
	b.checkDistinct(second, first)
	if second.Volume != after-before+first.Volume {
		b.Fatalf("sale of %v, dispensed %v, previous %v", second.Volume, after-before, first.Volume)
	}
	if second.HasTotal && second.TotalAfter != after {
		b.Fatalf("totalizer %v, want %v", second.TotalAfter, after)
	}
}

func (b *bench) powerCut() {
	b.fuel(order(2))
	b.sleep(2 * time.Second)
	b.pump((*simulator.Pump).PowerCut)
	b.noisy = true
	for range 10 {
		if r, err := b.poll(); err == nil && len(r.Finished) > 0 {
			b.Fatalf("a pump without power told a sale: %+v", r)
		}
		b.sleep(pollEvery)
	}
	b.hang()
	b.pump((*simulator.Pump).PowerBack)
	sale := b.untilSale()
	b.release(sale)
	b.untilState(driver.Idle)
}

// powerCutAtRest: a dispenser that shows its last sale after a power cut may
// be told on, but only as the sale that it is.
func (b *bench) powerCutAtRest() {
	sale := b.sell(1, 2*time.Second)
	b.release(sale)
	b.untilState(driver.Idle)
	b.noisy = true
	b.pump((*simulator.Pump).PowerCut)
	for range 10 {
		_, _ = b.poll()
		b.sleep(pollEvery)
	}
	b.pump((*simulator.Pump).PowerBack)
	for range 20 {
		r, err := b.poll()
		for _, s := range r.Finished {
			b.checkKnownAs(s, sale)
			b.release(s)
		}
		if err != nil {
			b.sleep(pollEvery)
		}
	}
	b.untilState(driver.Idle)
	b.checkDistinct(b.sell(1, 2*time.Second), sale)
}
