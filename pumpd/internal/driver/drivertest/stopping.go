package drivertest

import (
	"context"
	"time"

	"forecourt/pumpd/internal/driver"
)

func stopping() []testCase {
	return []testCase{
		{"Stop", (*bench).stopMidDelivery},
		{"StopWithdraws", (*bench).stopWithdraws},
	}
}

func (b *bench) stop(ctx context.Context) error { return b.driver.(driver.Stopper).Stop(ctx, b.Point) }

func (b *bench) stopMidDelivery() {
	b.fuel(order(1))
	b.must("Stop", b.stop)
	sale := b.untilSale()
	at := b.station.View(Pump).Totals[0]
	b.sleep(3 * time.Second)
	if now := b.station.View(Pump).Totals[0]; now != at {
		b.Fatalf("fuel flows after Stop: %v, was %v", now, at)
	}
	b.hang()
	b.release(sale)
	b.untilState(driver.Idle)
	b.must("Stop of an idle pump", b.stop)
}

func (b *bench) stopWithdraws() {
	b.untilState(driver.Idle)
	b.authorize(order(1))
	b.untilState(driver.Authorized)
	b.must("Stop", b.stop)
	b.untilState(driver.Idle)
	b.lift(1)
	b.untilState(driver.Calling)
	b.sleep(2 * time.Second)
	if v := b.station.View(Pump); v.Totals[0] != firstTotal {
		b.Fatal("fuel flowed on a permission that was withdrawn")
	}
}

func (b *bench) emergencyStop() {
	b.fuel(order(1))
	b.must("StopAll", b.driver.(driver.EmergencyStopper).StopAll)
	sale := b.untilSale()
	b.hang()
	b.release(sale)
}

func (b *bench) suspendAndResume() {
	s := b.driver.(driver.Suspender)
	b.fuel(order(1))
	b.must("Suspend", func(ctx context.Context) error { return s.Suspend(ctx, b.Point) })
	b.untilState(driver.Paused)
	r := b.until("a settled display", func(r driver.Reading) bool { return r.Volume == b.station.View(Pump).Volume })
	b.sleep(2 * time.Second)
	if again := b.untilState(driver.Paused); again.Volume != r.Volume {
		b.Fatalf("fuel flows while paused: %v, was %v", again.Volume, r.Volume)
	}
	b.must("Resume", func(ctx context.Context) error { return s.Resume(ctx, b.Point) })
	b.until("more litres", func(next driver.Reading) bool { return next.State == driver.Fuelling && next.Volume > r.Volume })
	b.hang()
	b.release(b.untilSale())
}
