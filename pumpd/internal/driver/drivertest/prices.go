package drivertest

import (
	"context"
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

func pricing() []testCase {
	return []testCase{
		{"Prices", (*bench).prices},
		{"PricesMustCoverAllNozzles", (*bench).pricesCover},
	}
}

func (b *bench) readPrices() []unit.FenPerLitre {
	b.Helper()
	var got []unit.FenPerLitre
	b.must("ReadPrices", func(ctx context.Context) (err error) {
		got, err = b.driver.(driver.Pricer).ReadPrices(ctx, b.Point)
		return err
	})
	return got
}

func (b *bench) prices() {
	b.untilState(driver.Idle)
	if got := b.readPrices(); !slices.Equal(got, []unit.FenPerLitre{firstPrice, secondPrice}) {
		b.Fatalf("ReadPrices = %v", got)
	}
	want := []unit.FenPerLitre{736, 1009}
	b.must("SetPrices", func(ctx context.Context) error { return b.driver.(driver.Pricer).SetPrices(ctx, b.Point, want) })
	if got := b.readPrices(); !slices.Equal(got, want) {
		b.Fatalf("read back %v, want %v", got, want)
	}
	if got := b.station.View(Pump).Prices; !slices.Equal(got, want) {
		b.Fatalf("the pump has %v, want %v", got, want)
	}
	b.fuel(driver.Order{Nozzle: 2, Price: want[1]})
	b.sleep(time.Second)
	b.hang()
	if s := b.untilSale(); s.Price != want[1] {
		b.Fatalf("sold at %v, want %v", s.Price, want[1])
	}
}

func (b *bench) pricesCover() {
	b.untilState(driver.Idle)
	err := b.driver.(driver.Pricer).SetPrices(b.Context(), b.Point, []unit.FenPerLitre{736})
	if err == nil {
		b.Fatal("one price for two nozzles was taken")
	}
	if got := b.readPrices(); !slices.Equal(got, []unit.FenPerLitre{firstPrice, secondPrice}) {
		b.Fatalf("prices are now %v", got)
	}
}

func (b *bench) totals() {
	b.untilState(driver.Idle)
	for i, want := range []unit.Millilitre{firstTotal, secondTotal} {
		b.checkTotal(i+1, want)
	}
	sale := b.sell(2, 2*time.Second)
	b.checkTotal(2, secondTotal+sale.Volume)
	b.checkTotal(1, firstTotal)
}

func (b *bench) checkTotal(nozzle int, want unit.Millilitre) {
	b.Helper()
	b.must("ReadTotal", func(ctx context.Context) error {
		got, err := b.driver.(driver.Totalizer).ReadTotal(ctx, b.Point, nozzle)
		if err == nil && got != want {
			b.Fatalf("totalizer of nozzle %d = %v, want %v", nozzle, got, want)
		}
		return err
	})
}

// recall: a sale can be found again after it was released.
func (b *bench) recall() {
	sale := b.sell(1, 2*time.Second)
	b.release(sale)
	b.must("Recall", func(ctx context.Context) error {
		list, err := b.driver.(driver.Recaller).Recall(ctx, b.Point, time.Time{})
		if err != nil {
			return err
		}
		for _, s := range list {
			b.checkSale(s, b.station.View(Pump))
			if s.Key == sale.Key {
				return nil
			}
		}
		b.Fatalf("the released sale %q is not among the %d recalled", sale.Key, len(list))
		return nil
	})
}
