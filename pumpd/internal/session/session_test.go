package session

import (
	"fmt"
	"slices"
	"testing"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// both runs a test on a protocol with transaction numbers and on one without.
func both(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, keyed := range []bool{true, false} {
		t.Run(fmt.Sprintf("keyed=%v", keyed), func(t *testing.T) {
			r := newRig(t, keyed)
			r.tick()
			test(t, r)
			r.checkFacts()
		})
	}
}

func TestD004SaleFromLiftToRelease(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 25_480)
		begun, sale := only[wire.SaleStarted](t, r.facts), only[wire.SaleEnded](t, r.facts)
		if begun.Sale != sale.Sale || begun.Before != 1_000_000 || begun.Price != 750 || begun.PriceSet != (id.PriceSet{1}) {
			t.Errorf("began as %+v", begun)
		}
		if sale.Before != 1_000_000 || sale.After != 1_025_480 || sale.BeforeFrom != wire.SourceRead || sale.Volume != 25_480 ||
			sale.Nozzle != 9 || sale.Backfilled || sale.DeviceKey == "" || sale.PriceSet != (id.PriceSet{1}) {
			t.Errorf("sale is %+v", sale)
		}
		if len(r.pump.held) != 0 {
			t.Error("the sale was not released")
		}
		r.checkTotals()
	})
}

// The dispenser adds the previous sale of 27.18 L to this one: the figures go
// up as they came, and the totalizer says otherwise.
func TestD004I012ChengduPreviousSaleAdded(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 27_180)
		r.pump.add = 27_180
		r.sell(1, 40_780)
		sales := of[wire.SaleEnded](r.facts)
		if len(sales) != 2 {
			t.Fatalf("%d sales", len(sales))
		}
		if s := sales[1]; s.Volume != 67_960 || s.After-s.Before != 40_780 || s.Before != sales[0].After {
			t.Errorf("the sale is %+v", s)
		}
		r.checkTotals()
	})
}

func TestD004I012PreviousSaleToldAgain(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 20_000)
		r.pump.held = []driver.Sale{r.pump.past[0]}
		r.ticks(3)
		if n := len(of[wire.SaleEnded](r.facts)); n != 1 || len(r.pump.held) != 0 {
			t.Errorf("%d sales, %d held", n, len(r.pump.held))
		}
		r.checkTotals()
	})
}

// Under a new transaction number the claim is kept, and nothing is metered for it.
func TestD004PreviousSaleUnderANewNumber(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.sell(1, 20_000)
	again := r.pump.past[0]
	again.Key = "pts:x:1:77"
	r.pump.held = []driver.Sale{again}
	r.ticks(3)
	sales := of[wire.SaleEnded](r.facts)
	if len(sales) != 2 || sales[1].Before != sales[1].After || sales[1].Volume != 20_000 {
		t.Errorf("sales are %+v", sales)
	}
	r.checkFacts()
	r.checkTotals()
}

func TestD005EqualSalesAreTwoSales(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 26_660)
		r.sell(1, 26_660)
		sales := of[wire.SaleEnded](r.facts)
		if len(sales) != 2 || sales[0].After != sales[1].Before || sales[0].Amount != sales[1].Amount {
			t.Errorf("sales are %+v", sales)
		}
		r.checkTotals()
	})
}

func TestD005GapIsFoundAtTheLift(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 10_000)
		r.pump.total[0] += 27_180 // by hand, unseen
		r.sell(1, 5_000)
		gap := only[wire.Gap](t, r.facts)
		sales := of[wire.SaleEnded](r.facts)
		if gap.Before != 1_010_000 || gap.After != 1_037_180 || sales[1].Before != gap.After {
			t.Errorf("gap %+v, then %+v", gap, sales[1])
		}
		r.checkTotals()
	})
}

func TestD005GapIsFoundAtRest(t *testing.T) {
	cases := map[string]func(r *rig){
		"after an outage":      func(r *rig) { r.pump.away = true; r.tick(); r.pump.total[1] += 500; r.pump.away = false },
		"after a restart":      func(r *rig) { r.pump.total[1] += 500; r.restart() },
		"at the regular audit": func(r *rig) { r.pump.total[1] += 500; r.now = r.now.Add(AuditEvery) },
	}
	for name, happen := range cases {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.sell(2, 10_000)
				happen(r)
				r.ticks(2)
				gap := only[wire.Gap](t, r.facts)
				if gap.Nozzle != 10 || gap.Before != 2_010_000 || gap.After != 2_010_500 || gap.Sale.IsZero() {
					t.Errorf("gap is %+v", gap)
				}
				r.checkTotals()
			})
		})
	}
}

func TestD005TotalizerGoingBackwardsIsAGap(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 10_000)
		r.pump.total[0] = 0
		r.sell(1, 3_000)
		gap := only[wire.Gap](t, r.facts)
		sales := of[wire.SaleEnded](r.facts)
		if gap.Before != 1_010_000 || gap.After != 0 || sales[1].Before != 0 || sales[1].After != 3_000 {
			t.Errorf("gap %+v, then %+v", gap, sales[1])
		}
	})
}

func TestD005SalesFoundAfterAnOutage(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 10_000)
		r.pump.away = true
		r.tick()
		for _, ml := range []unit.Millilitre{7_000, 8_000} { // the dispenser sells by itself
			r.pump.state, r.pump.lifted, r.pump.order = driver.Authorized, 1, driver.Order{Nozzle: 1}
			r.pump.flow(ml)
			r.pump.hang()
			r.pump.state = driver.Idle
		}
		r.pump.state = driver.Finished
		r.pump.away = false
		r.ticks(5)
		sales := of[wire.SaleEnded](r.facts)
		last := sales[len(sales)-1]
		if !last.Backfilled || last.BeforeFrom != wire.SourceDerived || last.Before != 1_017_000 || last.After != 1_025_000 {
			t.Errorf("the last is %+v", last)
		}
		if r.cfg.Can.Recall && (len(sales) != 3 || len(of[wire.Gap](r.facts)) != 0) {
			t.Errorf("%d sales, gaps %+v", len(sales), of[wire.Gap](r.facts))
		}
		if gaps := of[wire.Gap](r.facts); !r.cfg.Can.Recall && (len(gaps) != 1 || gaps[0].After != 1_017_000) {
			t.Errorf("the sale that the dispenser forgot is %+v", gaps)
		}
		r.checkTotals()
	})
}

func TestC001RestartInMidFuelling(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.pump.flow(5_000)
		r.tick()
		r.restart()
		r.pump.flow(5_000)
		r.tick()
		r.pump.hang()
		r.ticks(2)
		begun, sale := only[wire.SaleStarted](t, r.facts), only[wire.SaleEnded](t, r.facts)
		if begun.Sale != sale.Sale || sale.Before != 1_000_000 || sale.After != 1_010_000 || sale.Backfilled {
			t.Errorf("began %+v, ended %+v", begun, sale)
		}
		r.checkTotals()
	})
}

// The dispenser lost the delivery (a power cut): the totalizer alone says what ran.
func TestC001DeliveryLostByTheDispenser(t *testing.T) {
	for moved, wantGap := range map[unit.Millilitre]bool{5_000: true, 0: false} {
		both(t, func(t *testing.T, r *rig) {
			r.pump.lift(1)
			r.ticks(2)
			r.pump.flow(moved)
			r.tick()
			r.pump.state, r.pump.lifted, r.pump.moved = driver.Idle, 0, 0
			r.ticks(QuietLooks + 2)
			begun := only[wire.SaleStarted](t, r.facts)
			if wantGap {
				if gap := only[wire.Gap](t, r.facts); gap.Sale != begun.Sale || gap.After-gap.Before != moved {
					t.Errorf("gap is %+v", gap)
				}
			} else if sale := only[wire.SaleEnded](t, r.facts); sale.Sale != begun.Sale || sale.Volume != 0 || sale.Before != sale.After {
				t.Errorf("sale is %+v", sale)
			}
			r.checkTotals()
			r.sell(1, 1_000)
			r.checkTotals()
		})
	}
}

func TestZeroVolumeIsJournaled(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 10_000)
		for range 2 {
			r.pump.lift(1)
			r.ticks(2)
			r.pump.hang()
			r.ticks(2)
		}
		sales := of[wire.SaleEnded](r.facts)
		if len(sales) != 3 || sales[1].Volume != 0 || sales[2].Before != sales[2].After {
			t.Errorf("sales are %+v", sales)
		}
		r.checkTotals()
	})
}

func TestJournalBeforeRelease(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.pump.flow(4_000)
		r.tick()
		r.pump.hang()
		r.fail = func(e Effect) (error, error) {
			if _, ok := e.(Append); ok {
				return errTest, nil
			}
			return nil, nil
		}
		r.ticks(5)
		if len(r.pump.held) != 1 || slices.Contains(r.log, "Release") {
			t.Error("released without a journal")
		}
		if r.status[9].State != wire.NozzleFinished {
			t.Errorf("shown as %s", r.status[9].State)
		}
		r.pump.lift(1)
		r.ticks(2)
		if len(r.pump.orders) != 1 {
			t.Error("permitted while a sale waits for the journal")
		}
		r.fail = nil
		r.pump.hang()
		r.ticks(2)
		only[wire.SaleEnded](t, r.facts)
		r.checkTotals()
	})
}

func TestUploadedSaleIsStoredOnce(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.pump.lift(1)
	r.ticks(2)
	r.pump.flow(3_000)
	r.tick()
	r.pump.hang()
	sale := r.pump.held[0]
	r.fail = func(e Effect) (error, error) {
		if _, ok := e.(Append); ok {
			return errTest, nil
		}
		return nil, nil
	}
	r.step(Uploaded{sale})
	if !r.s.Pending(sale.Key) {
		t.Error("answered without a journal")
	}
	r.fail = nil
	r.step(Uploaded{sale})
	if r.s.Pending(sale.Key) {
		t.Error("still waits")
	}
	r.step(Uploaded{sale})
	r.ticks(3)
	only[wire.SaleEnded](t, r.facts)
	r.checkFacts()
	r.checkTotals()
}

func TestLateSaleWithinAGapIsNotCountedAgain(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.sell(1, 1_000)
	r.pump.total[0] += 5_000
	r.sell(1, 2_000)
	r.facts = slices.Clone(r.facts)
	r.step(Uploaded{driver.Sale{Key: "pts:x:1:50", Nozzle: 1, Volume: 5_000, TotalAfter: 1_006_000, HasTotal: true}})
	if len(of[wire.SaleEnded](r.facts)) != 2 || len(r.notes) == 0 {
		t.Errorf("sales %+v, notes %v", of[wire.SaleEnded](r.facts), r.notes)
	}
	r.checkFacts()
	r.checkTotals()
}

func TestStatus(t *testing.T) {
	r := newRig(t, true)
	if got := r.status[9].State; got != wire.NozzleOffline {
		t.Errorf("before the first look: %s", got)
	}
	r.tick()
	expect := func(a, b wire.NozzleState) {
		t.Helper()
		if r.status[9].State != a || r.status[10].State != b {
			t.Errorf("shown %s %s, want %s %s", r.status[9].State, r.status[10].State, a, b)
		}
	}
	expect(wire.NozzleIdle, wire.NozzleIdle)
	r.set(func(w *wire.WantNozzle) { w.Mode = wire.ModeControlled })
	r.pump.lift(2)
	r.tick()
	expect(wire.NozzleIdle, wire.NozzleCalling)
	r.set(func(w *wire.WantNozzle) { w.Mode = wire.ModeAttended })
	r.ticks(2)
	expect(wire.NozzleIdle, wire.NozzleAuthorized)
	r.pump.flow(1_230)
	r.tick()
	expect(wire.NozzleIdle, wire.NozzleFuelling)
	if v := r.status[10]; v.Volume != 1_230 || v.Sale.IsZero() || v.Price != 798 || v.SeenAt != r.now {
		t.Errorf("shown %+v", v)
	}
	r.pump.hang()
	r.ticks(2)
	expect(wire.NozzleIdle, wire.NozzleIdle)
	if v := r.status[10]; v.Volume != 1_230 || v.Totalizer != 2_001_230 || !v.Sale.IsZero() {
		t.Errorf("shown %+v", v)
	}
	r.set(func(w *wire.WantNozzle) { w.Mode = wire.ModeClosed })
	r.tick()
	expect(wire.NozzleClosed, wire.NozzleClosed)
	r.pump.state = driver.Inoperative
	r.tick()
	expect(wire.NozzleFault, wire.NozzleFault)
	r.pump.away = true
	r.tick()
	expect(wire.NozzleOffline, wire.NozzleOffline)
}

func TestMemoryIsBounded(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	for range MaxKeys + 20 {
		r.sell(1, 1_000)
	}
	if n := len(r.s.nozzles[0].saved.Keys); n != MaxKeys {
		t.Errorf("%d keys remembered", n)
	}
	r.restart()
	r.ticks(5)
	if n := len(of[wire.SaleEnded](r.facts)); n != MaxKeys+20 {
		t.Errorf("%d sales", n)
	}
	r.checkFacts()
	r.checkTotals()
}
