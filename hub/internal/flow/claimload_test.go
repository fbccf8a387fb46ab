package flow_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestManyClaimOneNozzleAndOneGetsIt(t *testing.T) {
	h := newHouse(t)
	code := h.codes()[3]
	var mu sync.Mutex
	var won []id.Member
	var running sync.WaitGroup
	for range 16 {
		who := h.stranger()
		running.Go(func() {
			_, err := h.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: code})
			var p *wire.Problem
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				won = append(won, who.Member)
			case !errors.As(err, &p) || p.Type != wire.ProblemNozzleClaimed:
				t.Errorf("claiming: %v", err)
			}
		})
	}
	running.Wait()
	if got := h.waiting(); len(won) != 1 || got[3] != won[0] {
		t.Errorf("%d claims stand, %v waits", len(won), got)
	}
}

// Members claim nozzles while cars fuel there: every claim that a delivery
// spent is gone, every delivery has one member at most, and the books agree.
func TestClaimsAndDeliveriesTogether(t *testing.T) {
	h := newHouse(t)
	codes := h.codes()
	var running sync.WaitGroup
	for range 8 {
		who := h.stranger()
		running.Go(func() {
			for i := range 12 {
				_, err := h.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: codes[1+(i*3)%8]})
				var p *wire.Problem
				if err != nil && (!errors.As(err, &p) || p.Type != wire.ProblemNozzleClaimed) {
					t.Errorf("claiming: %v", err)
				}
			}
		})
	}
	for range 6 {
		for n := 1; n <= 8; n += 2 {
			a, b := h.sale(n, 10_000), h.sale(n+1, 10_000)
			h.take(begin(a), begin(b))
			h.take(a, b)
		}
	}
	running.Wait()
	var mismatched int
	err := h.db.GetContext(t.Context(), &mismatched, `SELECT COUNT(*) FROM claim c
		LEFT JOIN nozzle_chain n ON n.station = c.station AND n.nozzle = c.nozzle AND n.claim = c.id WHERE n.nozzle IS NULL`)
	if err != nil || mismatched != 0 {
		t.Errorf("%d claims wait where no chain names them, %v", mismatched, err)
	}
	given := map[id.Sale]wire.Channel{}
	for _, f := range h.events {
		if f.K != wire.KindOrder {
			continue
		}
		o, err := wire.Read[wire.Order](f.D)
		if err != nil {
			t.Fatal(err)
		}
		if other, known := given[o.Sale]; known && other != f.Ch {
			t.Errorf("sale %s is %s's and %s's", o.Sale, other, f.Ch)
		}
		given[o.Sale] = f.Ch
	}
	h.sound()
}

// TestFactsCostNothingMoreWhereNobodyWaits counts the questions to the
// database: a batch asks for claims only where a nozzle of it has one.
func TestFactsCostNothingMoreWhereNobodyWaits(t *testing.T) {
	h := newHouse(t)
	h.take(h.sale(1, 10_000)) // the lane knows its station
	asked := func() int {
		var row struct {
			Name  string `db:"Variable_name"`
			Value int    `db:"Value"`
		}
		if err := h.db.GetContext(t.Context(), &row, "SHOW GLOBAL STATUS LIKE 'Com_select'"); err != nil {
			t.Fatal(err)
		}
		return row.Value
	}
	cost := func(bodies ...any) int {
		before := asked()
		h.take(bodies...)
		return asked() - before
	}
	plain := cost(h.sale(1, 10_000), h.sale(2, 10_000))
	h.claim(h.stranger(), 3)
	if got := cost(h.sale(1, 10_000), h.sale(2, 10_000)); got != plain {
		t.Errorf("%d questions with a claim elsewhere, %d without", got, plain)
	}
	if got := cost(h.sale(1, 10_000), h.sale(3, 10_000)); got != plain+1 {
		t.Errorf("%d questions with a claim, want one more than %d", got, plain)
	}
	if got := cost(h.sale(1, 10_000), h.sale(3, 10_000)); got != plain {
		t.Errorf("%d questions after it was spent, %d before", got, plain)
	}
}

// BenchmarkTakeFacts takes sales of eight nozzles, two facts each: where nobody
// waits, and where a member waits at each.
func BenchmarkTakeFacts(b *testing.B) {
	for _, claimed := range []bool{false, true} {
		b.Run(fmt.Sprintf("claimed=%v", claimed), func(b *testing.B) {
			h := newHouse(b)
			codes := h.codes()
			for b.Loop() {
				if claimed {
					b.StopTimer()
					for n := 1; n <= 8; n++ {
						if _, err := h.flow.ClaimNozzle(b.Context(), h.stranger(), wire.ClaimRequest{Code: codes[n]}); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				var bodies []any
				for n := 1; n <= 8; n++ {
					s := h.sale(n, 10_000)
					bodies = append(bodies, begin(s), s)
				}
				h.take(bodies...)
			}
		})
	}
}
