package session

import (
	"slices"
	"testing"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

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
