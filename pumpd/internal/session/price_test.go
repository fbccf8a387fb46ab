package session

import (
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

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
