package simulator_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/unit"
)

var opening = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// model is a pump of two nozzles that starts at once, and its clock.
type model struct {
	*simulator.Pump
	now time.Time
}

func newModel() *model {
	m := &model{now: opening, Pump: simulator.NewPump(simulator.PumpConfig{
		Number: 1, FlowMLPerSecond: 600,
		Nozzles: []simulator.NozzleConfig{{Nozzle: 1, Price: 785, Total: 50_000}, {Nozzle: 2, Price: 895, Total: 70_000}},
	})}
	m.Advance(m.now)
	return m
}

// wait lets time pass.
func (m *model) wait(d time.Duration) {
	m.now = m.now.Add(d)
	m.Advance(m.now)
}

// sell dispenses for a time from nozzle 1 and hangs up.
func (m *model) sell(t *testing.T, o driver.Order, d time.Duration) driver.Sale {
	t.Helper()
	m.Lift(1)
	if err := m.Authorize(o); err != nil {
		t.Fatal(err)
	}
	m.wait(d)
	m.Hang()
	v := m.View()
	if !v.Held {
		t.Fatalf("no sale: %+v", v)
	}
	return v.Last
}

// TestMoneyPresetEndsExactly: whatever the money and the price, a preset ends
// on that money, at a volume that agrees with it.
func TestMoneyPresetEndsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := unit.FenPerLitre(rapid.Int64Range(300, 1500).Draw(t, "price"))
		money := unit.Fen(rapid.Int64Range(100, 100_000).Draw(t, "money"))
		p := simulator.NewPump(simulator.PumpConfig{
			FlowMLPerSecond: rapid.Int64Range(1, 100_000).Draw(t, "flow"),
			Nozzles:         []simulator.NozzleConfig{{Nozzle: 1, Price: price}},
		})
		now := opening
		p.Advance(now)
		p.Lift(1)
		if err := p.Authorize(driver.Order{Nozzle: 1, Limit: driver.ByMoney, Money: money}); err != nil {
			t.Fatal(err)
		}
		for i := 0; !p.View().Held; i++ {
			now = now.Add(time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "step")))
			p.Advance(now)
			v := p.View()
			if v.Amount > money || (!v.Held && !unit.AmountAgrees(v.Amount, v.Volume, price)) {
				t.Fatalf("shown %v for %v at %v", v.Amount, v.Volume, price)
			}
			if i > 1_000_000 {
				t.Fatal("it never ends")
			}
		}
		s := p.View().Last
		if s.Amount != money || !unit.AmountAgrees(s.Amount, s.Volume, price) || s.Volume%10 != 0 || s.Volume != s.TotalAfter {
			t.Fatalf("preset %v at %v sold %+v", money, price, s)
		}
	})
}

// TestTotalizerIsTrue drives a pump with anything in any order: a totalizer
// never goes back, the deliveries explain it to the millilitre, and nothing
// flows without permission.
func TestTotalizerIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel()
		before := m.View()
		actions := []func(){
			func() { m.Lift(rapid.IntRange(0, 3).Draw(t, "nozzle")) },
			m.Hang,
			func() {
				_ = m.Authorize(driver.Order{
					Nozzle: rapid.IntRange(0, 2).Draw(t, "nozzle"), Limit: driver.Limit(rapid.IntRange(0, 2).Draw(t, "limit")),
					Money:  unit.Fen(rapid.Int64Range(0, 30_000).Draw(t, "money")),
					Volume: unit.Millilitre(rapid.Int64Range(0, 40_000).Draw(t, "volume")),
				})
			},
			m.Stop, m.Suspend, m.Resume, m.Release, m.PowerCut, m.PowerBack, m.RepeatLastSale, m.AddPreviousSale, m.KeepPrice, m.TakePrice, m.SellDearer,
			func() { _ = m.SetPrices([]unit.FenPerLitre{700, 0}) },
			func() { _ = m.SetPrices([]unit.FenPerLitre{700, 800}) },
			func() { m.wait(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "time"))) },
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]()
			v := m.View()
			m.check(t, before, v)
			before = v
		}
	})
}

func (m *model) check(t *rapid.T, before, v simulator.View) {
	sums := []unit.Millilitre{50_000, 70_000}
	for _, d := range v.History {
		if d.After-d.Before != d.Volume {
			t.Fatalf("delivery %+v does not add up", d)
		}
		sums[d.Sale.Nozzle-1] += d.Volume
	}
	running := v.State == driver.Fuelling || v.State == driver.Paused
	for i := range sums {
		if running && !v.Held && v.Nozzle == i+1 {
			sums[i] += v.Volume
		}
		if v.Totals[i] != sums[i] || v.Totals[i] < before.Totals[i] {
			t.Fatalf("totalizer %d is %v, deliveries make %v", i+1, v.Totals[i], sums[i])
		}
	}
	if before.State == driver.Idle && v.State == driver.Idle && !slices.Equal(v.Totals, before.Totals) {
		t.Fatalf("fuel flowed at rest: %+v", v)
	}
}

func TestHeldOverPowerCut(t *testing.T) {
	m := newModel()
	m.Lift(1)
	if err := m.Authorize(driver.Order{Nozzle: 1}); err != nil {
		t.Fatal(err)
	}
	m.wait(10 * time.Second)
	m.PowerCutUntil(m.now.Add(time.Minute))
	at := m.View().Totals[0]
	m.wait(30 * time.Second)
	m.Hang()
	if v := m.View(); !v.Dark || v.Totals[0] != at {
		t.Fatalf("without power: %+v", v)
	}
	m.wait(31 * time.Second)
	v := m.View()
	if v.Dark || v.Boots != 1 || v.State != driver.Finished || v.Last.Volume != 6000 || v.Last.Amount != 4710 || v.Last.TotalAfter != at {
		t.Fatalf("after the power came back: %+v", v)
	}
}

// TestChengdu: 27.18 L were sold, then 40.78 L are, and the dispenser says
// 67.96 L. Only the totalizer knows better.
func TestChengdu(t *testing.T) {
	m := newModel()
	first := m.sell(t, driver.Order{Nozzle: 1, Limit: driver.ByVolume, Volume: 27_180}, time.Hour)
	m.Release()
	m.AddPreviousSale()
	second := m.sell(t, driver.Order{Nozzle: 1, Limit: driver.ByVolume, Volume: 40_780}, time.Hour)
	if second.Volume != 67_960 || second.TotalAfter-first.TotalAfter != 40_780 {
		t.Fatalf("sold %+v after %+v", second, first)
	}
	if d := m.View().History[1]; d.Volume != 40_780 || d.Sale.Volume != 67_960 {
		t.Fatalf("the truth is %+v", d)
	}
}

// A broken price memory says yes to every price and keeps its own.
func TestKeepPrice(t *testing.T) {
	m := newModel()
	was := m.View().Prices
	m.KeepPrice()
	if err := m.SetPrices([]unit.FenPerLitre{700, 800}); err != nil || !slices.Equal(m.View().Prices, was) {
		t.Fatalf("%v, prices %v, were %v", err, m.View().Prices, was)
	}
	m.TakePrice()
	if err := m.SetPrices([]unit.FenPerLitre{700, 800}); err != nil || m.View().Prices[0] != 700 {
		t.Fatalf("%v, prices %v", err, m.View().Prices)
	}
}

func TestSellDearer(t *testing.T) {
	m := newModel()
	m.SellDearer()
	order := driver.Order{Nozzle: 1, Price: 700, Limit: driver.ByVolume, Volume: 10_000}
	if s := m.sell(t, order, time.Hour); s.Price != 705 || s.Amount != 7_050 {
		t.Fatalf("sold %+v", s)
	}
	m.Release()
	if s := m.sell(t, order, time.Hour); s.Price != 700 || s.Amount != 7_000 {
		t.Fatalf("then sold %+v", s)
	}
}

func TestRepeatLastSale(t *testing.T) {
	m := newModel()
	m.RepeatLastSale() // there is none yet: it waits
	sale := m.sell(t, driver.Order{Nozzle: 1}, 10*time.Second)
	m.Release()
	if v := m.View(); !v.Held || v.Last != sale || v.Serial != 1 {
		t.Fatalf("not told again: %+v", v)
	}
	m.Release()
	if m.View().Held {
		t.Fatal("told a third time")
	}
}

func TestAttendantsPreset(t *testing.T) {
	m := newModel()
	m.Preset(driver.ByMoney, 10_000, 0)
	if s := m.sell(t, driver.Order{Nozzle: 1}, time.Hour); s.Amount != 10_000 {
		t.Fatalf("sold %+v", s)
	}
	m.Release()
	m.Preset(driver.ByMoney, 10_000, 0)
	if s := m.sell(t, driver.Order{Nozzle: 1, Limit: driver.ByVolume, Volume: 5000}, time.Hour); s.Volume != 5000 {
		t.Fatalf("an order with its own bound sold %+v", s)
	}
}

func TestRefusals(t *testing.T) {
	m := newModel()
	m.Lift(1)
	if err := m.Authorize(driver.Order{Nozzle: 3}); err == nil {
		t.Error("a nozzle that is not there was authorized")
	}
	if err := m.SetPrices([]unit.FenPerLitre{700}); err == nil {
		t.Error("one price for two nozzles was taken")
	}
	if err := m.Authorize(driver.Order{Nozzle: 2}); err != nil {
		t.Fatal(err)
	}
	m.wait(time.Minute)
	if v := m.View(); v.State != driver.Authorized {
		t.Errorf("the wrong nozzle is out, and the pump is %v", v.State)
	}
	m.Stop()
	if err := m.SetPrices([]unit.FenPerLitre{700, 0}); err != nil {
		t.Fatal(err)
	}
	if err := m.Authorize(driver.Order{Nozzle: 1}); err == nil || m.View().State != driver.Inoperative {
		t.Errorf("a pump without a price: %v, %v", err, m.View().State)
	}
}
