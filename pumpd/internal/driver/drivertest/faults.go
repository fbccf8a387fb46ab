package drivertest

import (
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/unit"
)

// faulty lists the line faults, each alone and then all at once. Their names
// carry the acceptance row that they prove.
func faulty() []testCase {
	const often = 150 // of a thousand frames
	odds := []struct {
		name string
		odds simulator.LineFaults
	}{
		{"FaultLostFrames_I012", simulator.LineFaults{Lose: often}},
		{"FaultRepeatedFrames_I012", simulator.LineFaults{Repeat: often}},
		{"FaultTornFrames_I012", simulator.LineFaults{Tear: often}},
		{"FaultLateFrames_I012", simulator.LineFaults{Late: often}},
		{"FaultGarbage_I012", simulator.LineFaults{Noise: often}},
		{"FaultsTogether_I012", simulator.LineFaults{Lose: 30, Repeat: 30, Tear: 30, Late: 30, Noise: 30}},
	}
	var cases []testCase
	for _, o := range odds {
		cases = append(cases, testCase{o.name, func(b *bench) { b.sellUnder(o.odds) }})
	}
	return cases
}

// sellUnder sells on a bad line. Every sale must come through once, with the
// figures of the pump: see checkReading. A driver that cannot authorize is
// only watched; the pump is then authorized by hand.
func (b *bench) sellUnder(odds simulator.LineFaults) {
	b.noisy = true
	if err := b.station.SetFaults(Face, odds); err != nil {
		b.Fatal(err)
	}
	const sales = 8
	seen := make(map[string]bool)
	for i := range sales {
		nozzle := 1 + i%2
		b.untilState(driver.Idle)
		b.lift(nozzle)
		b.untilState(driver.Calling)
		b.insist(order(nozzle))
		b.untilState(driver.Fuelling)
		b.sleep(time.Second)
		b.hang()
		s := b.untilSale()
		if v := b.station.View(Pump); !same(s, v.Last) {
			b.Fatalf("sale %d = %+v, the pump sold %+v", i+1, s, v.Last)
		}
		seen[s.Key+s.TotalAfter.String()] = true
		b.release(s)
	}
	if v := b.station.View(Pump); len(seen) != sales || v.Serial != sales {
		b.Fatalf("%d different sales seen, the pump made %d, want %d", len(seen), v.Serial, sales)
	}
	b.checkChain()
}

// insist authorizes as pumpd does: once, then look, and again only if the
// pump still calls.
func (b *bench) insist(o driver.Order) {
	b.Helper()
	a, can := b.driver.(driver.Authorizer)
	if !can {
		b.pump(func(p *simulator.Pump) { _ = p.Authorize(o) })
		return
	}
	const tries = 40
	for range tries {
		if err := a.Authorize(b.Context(), b.Point, o); err == nil {
			return
		}
		b.sleep(pollEvery)
		r := b.until("a reading after a failed Authorize", func(driver.Reading) bool { return true })
		if r.State == driver.Authorized || r.State == driver.Fuelling {
			return
		}
	}
	b.Fatalf("the pump could not be authorized in %d tries", tries)
}

// checkChain proves that the deliveries add up to the totalizers, with none twice.
func (b *bench) checkChain() {
	v := b.station.View(Pump)
	sums := []unit.Millilitre{firstTotal, secondTotal}
	for _, d := range v.History {
		sums[d.Sale.Nozzle-1] += d.Sale.Volume
	}
	for i := range sums {
		if sums[i] != v.Totals[i] {
			b.Fatalf("nozzle %d: sales end at %v, totalizer at %v", i+1, sums[i], v.Totals[i])
		}
	}
}
