package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// fuellings reads the ticks that came to a member since the last take.
func fuellings(t interface {
	Fatalf(string, ...any)
	Helper()
}, sink *tape, m id.Member,
) []wire.Fuelling {
	t.Helper()
	var list []wire.Fuelling
	for _, f := range sink.takeOf("driver") {
		if f.Ch != wire.DriverOf(m) {
			continue
		}
		body, err := wire.Read[wire.Fuelling](f.D)
		if f.K != wire.KindFuelling || err != nil || !f.Ep.IsZero() {
			t.Fatalf("frame %+v, %v", f, err)
		}
		list = append(list, body)
	}
	return list
}

// place tells the board and waits until it knows.
func place(t testing.TB, b *Board, s Stand) {
	t.Helper()
	if err := b.Assign(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Fuelling(t.Context(), s.Member); err != nil {
		t.Fatal(err)
	}
}

func TestAMemberFollowsTheirDelivery(t *testing.T) {
	b, sink := start(t, 3)
	makes := ids()
	who, sale := id.New[id.Member](makes), id.New[id.Sale](makes)
	// The driver before left their figures on the display.
	report(t, b, noon, wire.NozzleStatus{Nozzle: 3, State: wire.NozzleIdle, Volume: 50000, Amount: 37500, Price: 750})
	place(t, b, Stand{Nozzle: 3, Member: who, Until: noon.Add(10 * time.Minute)})
	got := fuellings(t, sink, who)
	if len(got) != 1 || got[0].State != wire.NozzleIdle || got[0].Volume != 0 || got[0].Amount != 0 || got[0].Price != 750 || got[0].Over {
		t.Fatalf("on coming: %+v", got)
	}
	// Fuel runs before the hub has given the delivery to them.
	status := wire.NozzleStatus{Nozzle: 3, State: wire.NozzleFuelling, Sale: sale, Volume: 1000, Amount: 750, Price: 750, SeenAt: noon}
	report(t, b, noon, status)
	if got = fuellings(t, sink, who); len(got) != 1 || got[0].Volume != 0 || !got[0].Sale.IsZero() {
		t.Fatalf("before it is theirs: %+v", got)
	}
	place(t, b, Stand{Nozzle: 3, Member: who, Sale: sale})
	status.Volume, status.Amount, status.SeenAt = 2000, 1500, noon.Add(time.Second)
	report(t, b, noon.Add(time.Second), status)
	got = fuellings(t, sink, who)
	if len(got) != 2 || got[0].Volume != 1000 || got[1].Volume != 2000 || got[1].Amount != 1500 || got[1].Sale != sale || !got[1].SeenAt.Equal(noon.Add(time.Second)) {
		t.Fatalf("while it runs: %+v", got)
	}
	if f, err := b.Fuelling(t.Context(), who); err != nil || f == nil || *f != got[1] {
		t.Errorf("asked: %+v, %v", f, err)
	}
	status.State, status.Volume, status.Amount = wire.NozzleFinished, 2100, 1575
	report(t, b, noon.Add(2*time.Second), status)
	if got = fuellings(t, sink, who); len(got) != 1 || !got[0].Over || got[0].Volume != 2100 {
		t.Fatalf("at the end: %+v", got)
	}
	// The next car is none of theirs.
	report(t, b, noon.Add(time.Minute), wire.NozzleStatus{Nozzle: 3, State: wire.NozzleFuelling, Sale: id.New[id.Sale](makes), Volume: 9})
	if got = fuellings(t, sink, who); len(got) != 0 {
		t.Errorf("of the next car: %+v", got)
	}
	if f, _ := b.Fuelling(t.Context(), who); f != nil {
		t.Errorf("still stands there: %+v", f)
	}
}

func TestHowAStandEnds(t *testing.T) {
	makes := ids()
	who, other := id.New[id.Member](makes), id.New[id.Member](makes)
	sale, next := id.New[id.Sale](makes), id.New[id.Sale](makes)
	for name, test := range map[string]struct {
		stand Stand
		do    func(t *testing.T, b *Board)
		over  bool
	}{
		"released": {Stand{Nozzle: 3, Member: who}, func(t *testing.T, b *Board) {
			release(t, b, Stand{Nozzle: 3, Member: who})
		}, true},
		"ended as told by the facts": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			release(t, b, Stand{Nozzle: 3, Member: who, Sale: sale})
		}, true},
		"ended before it was seen to begin": {Stand{Nozzle: 3, Member: who}, func(t *testing.T, b *Board) {
			release(t, b, Stand{Nozzle: 3, Member: who, Sale: sale})
		}, true},
		"another's delivery ended": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			release(t, b, Stand{Nozzle: 3, Member: other, Sale: sale})
			release(t, b, Stand{Nozzle: 3, Member: who, Sale: next})
			release(t, b, Stand{Nozzle: 3, Member: who})
		}, false},
		"another came": {Stand{Nozzle: 3, Member: who}, func(t *testing.T, b *Board) {
			place(t, b, Stand{Nozzle: 3, Member: other})
		}, true},
		"the dispenser is past it": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			report(t, b, noon, wire.NozzleStatus{Nozzle: 3, State: wire.NozzleFuelling, Sale: next, Volume: 77})
		}, true},
		"the dispenser has not begun": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			report(t, b, noon, wire.NozzleStatus{Nozzle: 3, State: wire.NozzleCalling})
		}, false},
		"the dispenser is away": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			report(t, b, noon, wire.NozzleStatus{Nozzle: 3, State: wire.NozzleFuelling, Sale: sale, Volume: 77})
			if err := b.DeviceAway(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, false},
		"the nozzle was taken away": {Stand{Nozzle: 3, Member: who, Sale: sale}, func(t *testing.T, b *Board) {
			if err := b.Configure(t.Context(), nozzles(4)); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b, sink := start(t, 3, 4)
			place(t, b, test.stand)
			test.do(t, b)
			f, err := b.Fuelling(t.Context(), who)
			if err != nil || (f == nil) != test.over {
				t.Errorf("asked: %+v, %v", f, err)
			}
			got := fuellings(t, sink, who)
			if len(got) == 0 || got[len(got)-1].Over != test.over {
				t.Errorf("told %+v", got)
			}
		})
	}
}

func release(t testing.TB, b *Board, s Stand) {
	t.Helper()
	if err := b.Release(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		makes, sink := ids(), &tape{}
		b := New(id.New[id.Station](makes), nozzles(1), func() id.Epoch { return id.New[id.Epoch](makes) }, sink, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		go b.Run(ctx)
		who := id.New[id.Member](makes)
		place(t, b, Stand{Nozzle: 1, Member: who, Until: time.Now().Add(time.Minute)})
		sink.take()
		time.Sleep(time.Minute - time.Second)
		synctest.Wait()
		if got := fuellings(t, sink, who); len(got) != 0 {
			t.Errorf("too early: %+v", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := fuellings(t, sink, who); len(got) != 1 || !got[0].Over {
			t.Errorf("after the time: %+v", got)
		}
		cancel()
		synctest.Wait()
	})
}

// TestNobodySeesAnothersFigures drives a nozzle and its members at random:
// figures only ever reach a member under the id of a delivery that was given
// to them.
func TestNobodySeesAnothersFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, sink := start(t, 1)
		ctx, makes := context.Background(), ids()
		var members []id.Member
		var sales []id.Sale
		for range 3 {
			members = append(members, id.New[id.Member](makes))
			sales = append(sales, id.New[id.Sale](makes))
		}
		anySale := append([]id.Sale{{}}, sales...)
		theirs := map[id.Sale]id.Member{}
		for i, s := range sales {
			theirs[s] = members[i]
		}
		check := func(t *rapid.T) {
			for _, f := range sink.takeOf("driver") {
				body, err := wire.Read[wire.Fuelling](f.D)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case body.Sale.IsZero() && (body.Volume != 0 || body.Amount != 0):
					t.Fatalf("%s is told figures of nobody's delivery: %+v", f.Ch, body)
				case !body.Sale.IsZero() && f.Ch != wire.DriverOf(theirs[body.Sale]):
					t.Fatalf("%s is told of another's delivery: %+v", f.Ch, body)
				}
			}
		}
		states := []wire.NozzleState{wire.NozzleIdle, wire.NozzleCalling, wire.NozzleFuelling, wire.NozzlePaused, wire.NozzleFinished}
		t.Repeat(map[string]func(*rapid.T){
			"report": func(t *rapid.T) {
				s := wire.Status{Nozzles: []wire.NozzleStatus{{
					Nozzle: 1, State: rapid.SampledFrom(states).Draw(t, "state"), Sale: rapid.SampledFrom(anySale).Draw(t, "sale"),
					Volume: unit.Millilitre(rapid.Int64Range(1, 3).Draw(t, "volume")), Amount: 5,
				}}}
				if err := b.Report(ctx, noon, s); err != nil {
					t.Fatal(err)
				}
			},
			"waits": func(t *rapid.T) {
				if err := b.Assign(ctx, Stand{Nozzle: 1, Member: rapid.SampledFrom(members).Draw(t, "member")}); err != nil {
					t.Fatal(err)
				}
			},
			"given": func(t *rapid.T) {
				sale := rapid.SampledFrom(sales).Draw(t, "sale")
				if err := b.Assign(ctx, Stand{Nozzle: 1, Member: theirs[sale], Sale: sale}); err != nil {
					t.Fatal(err)
				}
			},
			"over": func(t *rapid.T) {
				sale := rapid.SampledFrom(sales).Draw(t, "sale")
				if err := b.Release(ctx, Stand{Nozzle: 1, Member: theirs[sale], Sale: sale}); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				if _, err := b.Fuelling(ctx, members[0]); err != nil {
					t.Fatal(err)
				}
				check(t)
			},
		})
	})
}
