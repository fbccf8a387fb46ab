package session

import (
	"fmt"
	"slices"
	"testing"
	"time"

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

func TestNothingIsPermittedWithout(t *testing.T) {
	refuse := func(match func(Effect) bool) func(r *rig) {
		return func(r *rig) {
			r.fail = func(e Effect) (error, error) {
				if match(e) {
					return errTest, nil
				}
				return nil, nil
			}
		}
	}
	cases := map[string]func(r *rig){
		"a working journal": refuse(func(e Effect) bool { a, ok := e.(Append); return ok && a.Permit }),
		"the totalizer":     refuse(func(e Effect) bool { _, ok := e.(ReadTotal); return ok }),
		"a wish": func(r *rig) {
			r.want = nil
			r.step(Wanted{})
		},
		"a price":            func(r *rig) { r.set(func(w *wire.WantNozzle) { w.Price = 0 }) },
		"its wanted price":   func(r *rig) { r.pump.prices[0] = 1; r.restart() },
		"an open nozzle":     func(r *rig) { r.set(func(w *wire.WantNozzle) { w.Mode = wire.ModeClosed }) },
		"release of a stop":  func(r *rig) { r.set(func(w *wire.WantNozzle) { w.Hold = wire.HoldStop }) },
		"release of a pause": func(r *rig) { r.set(func(w *wire.WantNozzle) { w.Hold = wire.HoldPause }) },
		"an authorization":   func(r *rig) { r.set(func(w *wire.WantNozzle) { w.Mode = wire.ModeControlled }) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.ticks(2)
				r.pump.lift(1)
				spoil(r)
				r.ticks(10)
				if len(r.pump.orders) != 0 {
					t.Errorf("permitted %+v", r.pump.orders)
				}
			})
		})
	}
}

func TestAuthorizationIsSpentOnce(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		auth := &wire.Authorization{ID: id.Authorization{5}, ExpiresAt: start.Add(time.Hour), Preset: wire.Preset{Kind: wire.PresetMoney, Money: 20_000}}
		r.set(func(w *wire.WantNozzle) {
			w.Mode = wire.ModeControlled
			if w.Nozzle == 9 {
				w.Authorization = auth
			}
		})
		r.ticks(2)
		if len(r.pump.orders) != 0 {
			t.Fatal("permitted before the lift")
		}
		r.sell(1, 5_000)
		if len(r.pump.orders) != 1 || r.pump.orders[0].Limit != driver.ByMoney || r.pump.orders[0].Money != 20_000 {
			t.Fatalf("orders are %+v", r.pump.orders)
		}
		used := only[wire.AuthorizationUsed](t, r.facts)
		if used.Outcome != wire.AuthorizationSpent || used.Authorization != auth.ID {
			t.Errorf("used: %+v", used)
		}
		if sale := only[wire.SaleEnded](t, r.facts); sale.Authorization != auth.ID {
			t.Errorf("sale: %+v", sale)
		}
		r.sell(1, 5_000)
		r.restart()
		r.sell(1, 5_000)
		if len(r.pump.orders) != 1 {
			t.Errorf("spent %d times", len(r.pump.orders))
		}
	})
}

// The power goes between the journal and the dispenser: the permission is gone.
func TestAuthorizationIsNotHandedOverAfterARestart(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.set(func(w *wire.WantNozzle) {
			w.Mode = wire.ModeControlled
			w.Authorization = &wire.Authorization{ID: id.Authorization{byte(w.Nozzle)}, ExpiresAt: start.Add(time.Hour)}
		})
		r.ticks(2)
		r.crash = func(e Effect) bool { _, ok := e.(Authorize); return ok }
		r.pump.lift(1)
		r.ticks(3)
		r.crash = nil
		r.now = r.now.Add(AuthorizeGrace)
		r.ticks(3)
		if len(r.pump.orders) != 0 {
			t.Errorf("orders are %+v", r.pump.orders)
		}
		if used := only[wire.AuthorizationUsed](t, r.facts); used.Outcome != wire.AuthorizationSpent {
			t.Errorf("used: %+v", used)
		}
	})
}

func TestAuthorizationExpiresAndIsRefused(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		auth := func(n byte, until time.Time) {
			r.set(func(w *wire.WantNozzle) {
				w.Mode, w.Authorization = wire.ModeControlled, nil
				if w.Nozzle == 9 {
					w.Authorization = &wire.Authorization{ID: id.Authorization{n}, ExpiresAt: until}
				}
			})
		}
		auth(1, r.now.Add(time.Second))
		r.tick()
		r.now = r.now.Add(time.Second)
		r.ticks(3)
		r.fail = func(e Effect) (error, error) {
			if _, ok := e.(Authorize); ok {
				return driver.ErrRefused, nil
			}
			return nil, nil
		}
		auth(2, r.now.Add(time.Minute))
		r.pump.lift(1)
		r.ticks(20)
		var outcomes []wire.AuthorizationOutcome
		for _, u := range of[wire.AuthorizationUsed](r.facts) {
			outcomes = append(outcomes, u.Outcome)
		}
		want := []wire.AuthorizationOutcome{wire.AuthorizationExpired, wire.AuthorizationSpent, wire.AuthorizationRefused}
		if !slices.Equal(outcomes, want) {
			t.Errorf("outcomes are %v", outcomes)
		}
	})
}

func TestAttendedLiftIsPermittedAgainWhenTheCommandWasLost(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		lost := 0
		r.fail = func(e Effect) (error, error) {
			if _, ok := e.(Authorize); ok && lost < 1 {
				lost++
				return driver.ErrNoAnswer, nil
			}
			return nil, nil
		}
		r.pump.lift(1)
		r.ticks(3)
		if len(r.pump.orders) != 0 {
			t.Fatal("permitted again at once")
		}
		r.now = r.now.Add(AuthorizeGrace)
		r.ticks(2)
		r.pump.flow(3_000)
		r.tick()
		r.pump.hang()
		r.ticks(2)
		only[wire.SaleStarted](t, r.facts)
		only[wire.SaleEnded](t, r.facts)
		r.checkTotals()
	})
}

func TestHangUpBeforeTheNextDelivery(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.pump.flow(3_000)
		r.tick()
		r.pump.finish() // the limit is reached, the nozzle is still out
		r.ticks(15)
		if len(r.pump.orders) != 1 || r.status[9].State != wire.NozzleFinished {
			t.Errorf("%d permitted, shown %s", len(r.pump.orders), r.status[9].State)
		}
		r.restart()
		r.ticks(5)
		if len(r.pump.orders) != 1 {
			t.Error("permitted after a restart")
		}
		r.pump.hang()
		r.tick()
		r.sell(1, 1_000)
		if len(r.pump.orders) != 2 {
			t.Errorf("%d permitted", len(r.pump.orders))
		}
	})
}

// The permission reaches the dispenser when the driver has already hung up.
func TestPermissionIsWithdrawnAfterHangUp(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.pump.lifted = 0
		r.ticks(3)
		if r.pump.state != driver.Authorized {
			t.Fatalf("withdrawn at once: %v", r.pump.state)
		}
		r.now = r.now.Add(WithdrawAfter)
		r.ticks(3)
		if r.pump.state != driver.Idle || r.status[9].State != wire.NozzleIdle {
			t.Errorf("the pump is %v, shown %s", r.pump.state, r.status[9].State)
		}
		r.checkTotals()
		r.sell(1, 1_000)
		if n := len(r.pump.orders); n != 2 {
			t.Errorf("permitted %d times", n)
		}
	})
}

// The next driver lifts the other nozzle, and the dispenser waits for the first.
func TestPermissionOfTheOtherNozzleIsWithdrawn(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.pump.lifted = 2
		r.ticks(int(2 * WithdrawAfter / (200 * time.Millisecond)))
		if len(r.pump.orders) != 2 || r.pump.orders[1].Nozzle != 2 {
			t.Fatalf("orders are %+v, the pump is %v", r.pump.orders, r.pump.state)
		}
		r.pump.flow(2_000)
		r.tick()
		r.pump.hang()
		r.ticks(2)
		if sales := of[wire.SaleEnded](r.facts); sales[len(sales)-1].Nozzle != 10 || sales[len(sales)-1].Volume != 2_000 {
			t.Errorf("sales are %+v", sales)
		}
		r.checkTotals()
	})
}

func TestHoldPauseAndStop(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		hold := func(h wire.Hold) { r.set(func(w *wire.WantNozzle) { w.Hold = h }) }
		r.pump.lift(1)
		r.ticks(2)
		r.pump.flow(3_000)
		r.tick()
		hold(wire.HoldPause)
		if r.pump.state != driver.Paused {
			t.Fatalf("the pump is %v", r.pump.state)
		}
		r.tick()
		if r.status[9].State != wire.NozzlePaused || r.status[9].Volume != 3_000 {
			t.Errorf("shown as %+v", r.status[9])
		}
		hold(wire.HoldNone)
		r.pump.flow(1_000)
		r.tick()
		if r.pump.state != driver.Fuelling {
			t.Fatalf("the pump is %v", r.pump.state)
		}
		hold(wire.HoldStop)
		r.ticks(2)
		r.pump.hang()
		r.ticks(2)
		if sale := only[wire.SaleEnded](t, r.facts); sale.Volume != 4_000 {
			t.Errorf("sale is %+v", sale)
		}
		if r.status[9].State != wire.NozzleStopped || r.status[10].State != wire.NozzleStopped {
			t.Errorf("shown as %s and %s", r.status[9].State, r.status[10].State)
		}
		r.sell(1, 1_000)
		if len(r.pump.orders) != 1 {
			t.Error("permitted while stopped")
		}
		hold(wire.HoldNone)
		r.sell(1, 1_000)
		if len(r.pump.orders) != 2 {
			t.Error("not permitted after the release")
		}
	})
}

func TestD011C013PriceWaitsForTheBusyNozzleOnly(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		other := newRig(t, r.pump.keyed)
		other.tick()
		dearer := func(w *wire.WantNozzle) { w.Price += 20; w.PriceSet = id.PriceSet{2} }
		r.pump.lift(1)
		r.ticks(2)
		r.pump.flow(3_000)
		r.tick()
		r.facts, other.facts = nil, nil
		r.set(dearer)
		other.set(dearer)
		r.ticks(5)
		other.ticks(2)
		if r.pump.prices[0] != 750 || len(r.facts) != 0 {
			t.Fatalf("the busy point changed to %v, facts %+v", r.pump.prices, r.facts)
		}
		if acks := of[wire.PriceApplied](other.facts); len(acks) != 2 || acks[0].Price != 770 || acks[0].PriceSet != (id.PriceSet{2}) {
			t.Fatalf("the idle point told %+v", acks)
		}
		r.pump.flow(1_000)
		r.tick()
		r.pump.hang()
		r.ticks(3)
		sale := only[wire.SaleEnded](t, r.facts)
		if sale.Price != 750 || sale.PriceSet != (id.PriceSet{1}) {
			t.Errorf("the sale in progress got %+v", sale)
		}
		if acks := of[wire.PriceApplied](r.facts); len(acks) != 2 || r.pump.prices[0] != 770 {
			t.Errorf("told %+v, the pump shows %v", acks, r.pump.prices)
		}
		r.ticks(10)
		if n := len(of[wire.PriceApplied](r.facts)); n != 2 {
			t.Errorf("told %d times", n)
		}
		r.sell(1, 1_000)
		if s := of[wire.SaleEnded](r.facts)[1]; s.Price != 770 || s.PriceSet != (id.PriceSet{2}) {
			t.Errorf("the next sale got %+v", s)
		}
	})
}

func TestD011PriceThatDoesNotTakeIsNotTold(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.facts = nil
	pushed := 0
	r.fail = func(e Effect) (error, error) {
		if _, ok := e.(SetPrices); ok {
			pushed++
			return errTest, nil
		}
		return nil, nil
	}
	r.set(func(w *wire.WantNozzle) { w.Price += 20; w.PriceSet = id.PriceSet{2} })
	r.ticks(int(3 * PriceRetry / (200 * time.Millisecond)))
	if pushed < 2 || pushed > 4 || len(r.facts) != 0 {
		t.Errorf("%d tries, facts %+v", pushed, r.facts)
	}
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
