package board

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// price is a tariff with one price.
func price(p unit.FenPerLitre) wire.Tariff {
	return wire.Tariff{Since: noon, Prices: []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: p}}}
}

func TestPublicState(t *testing.T) {
	idle := wire.Nozzle{Mode: wire.ModeAttended, Hold: wire.HoldNone}
	for state, want := range map[wire.NozzleState]wire.PumpState{
		wire.NozzleIdle:       wire.PumpFree,
		wire.NozzleCalling:    wire.PumpBusy,
		wire.NozzleAuthorized: wire.PumpBusy,
		wire.NozzleFuelling:   wire.PumpBusy,
		wire.NozzlePaused:     wire.PumpBusy,
		wire.NozzleFinished:   wire.PumpBusy, // the car stands there
		wire.NozzleOffline:    wire.PumpOff,
		wire.NozzleFault:      wire.PumpOff,
		wire.NozzleClosed:     wire.PumpOff,
		wire.NozzleStopped:    wire.PumpOff,
		"dancing":             wire.PumpOff,
	} {
		n := idle
		n.State = state
		if got := publicState(n); got != want {
			t.Errorf("%s is %s, want %s", state, got, want)
		}
		n.Hold = wire.HoldPause
		if got := publicState(n); got != wire.PumpOff {
			t.Errorf("%s with a hand on it is %s", state, got)
		}
		n = idle
		n.State, n.Mode = state, wire.ModeClosed
		if got := publicState(n); got != wire.PumpOff {
			t.Errorf("%s and closed is %s", state, got)
		}
	}
}

// A driver is told when a nozzle turns free or busy, and how many there are;
// of what happens in between they hear nothing.
func TestThePublicHearsOfChangesOnly(t *testing.T) {
	b, sink := start(t, 1, 2)
	report(t, b, noon, wire.NozzleStatus{Nozzle: 1, State: wire.NozzleIdle}, wire.NozzleStatus{Nozzle: 2, State: wire.NozzleIdle})
	got := sink.takeOf("station")
	if len(got) != 3 || got[0].K != wire.KindPump || got[1].K != wire.KindPump || got[2].K != wire.KindQueue {
		t.Fatalf("two nozzles turned free: %v", got)
	}
	for i, f := range got {
		if f.Seq != uint64(i+1) || f.Ep.IsZero() || !f.At.Equal(noon) {
			t.Errorf("frame %d: %+v", i, f)
		}
	}
	queue, err := wire.Read[wire.Queue](got[2].D)
	if err != nil || !slices.Equal(queue.Grades, []wire.GradeQueue{{Grade: "92#", Free: 2}}) {
		t.Errorf("queue %s, %v", got[2].D, err)
	}
	at := noon
	for _, state := range []wire.NozzleState{wire.NozzleCalling, wire.NozzleAuthorized, wire.NozzleFuelling, wire.NozzleFinished} {
		at = at.Add(time.Minute)
		report(t, b, at, wire.NozzleStatus{Nozzle: 2, State: state, Volume: 1000, Amount: 750})
	}
	got = sink.takeOf("station")
	if len(got) != 2 {
		t.Fatalf("one car came: %v", got)
	}
	pump, err := wire.Read[wire.Pump](got[0].D)
	if err != nil || pump != (wire.Pump{Number: 2, Grade: "92#", State: wire.PumpBusy, Since: noon.Add(time.Minute)}) {
		t.Errorf("pump %s, %v", got[0].D, err)
	}
}

func TestTheTariffIsToldOnce(t *testing.T) {
	b, sink := start(t, 1)
	for _, p := range []unit.FenPerLitre{750, 750, 760} {
		if err := b.Tariff(t.Context(), price(p)); err != nil {
			t.Fatal(err)
		}
	}
	snap, at, err := b.PublicSnapshot(t.Context())
	if err != nil || at.Seq != 2 || !reflect.DeepEqual(snap.Tariff, price(760)) {
		t.Errorf("at %v: %+v, %v", at, snap.Tariff, err)
	}
	if got := sink.takeOf("station"); len(got) != 2 || got[0].K != wire.KindTariff || got[1].K != wire.KindTariff {
		t.Errorf("it sent %v", got)
	}
}

// Taking a nozzle away begins a new epoch of the public's stream too, and its
// first event says so.
func TestThePublicLearnsOfANewEpoch(t *testing.T) {
	b, sink := start(t, 1, 2)
	_, before, _ := b.PublicSnapshot(t.Context())
	sink.take()
	if err := b.Configure(t.Context(), nozzles(2)); err != nil {
		t.Fatal(err)
	}
	snap, at, err := b.PublicSnapshot(t.Context())
	_, tills, _ := b.Snapshot(t.Context())
	if err != nil || at.Ep == before.Ep || at.Ep != tills.Ep || at.Seq != 1 || len(snap.Pumps) != 1 {
		t.Fatalf("at %v with %+v, %v", at, snap.Pumps, err)
	}
	if got := sink.takeOf("station"); len(got) != 1 || got[0].Ep != at.Ep || got[0].Seq != 1 || got[0].K != wire.KindQueue {
		t.Errorf("it sent %v", got)
	}
}

// phone folds the public's stream as a phone does.
type phone struct {
	ep   id.Epoch
	seq  uint64
	snap wire.StationSnap
}

func (p *phone) apply(t *rapid.T, f wire.Frame) {
	if f.Ep != p.ep {
		return
	}
	if f.Seq != p.seq+1 {
		t.Fatalf("%d after %d", f.Seq, p.seq)
	}
	p.seq = f.Seq
	var err error
	switch f.K {
	case wire.KindPump:
		var pump wire.Pump
		pump, err = wire.Read[wire.Pump](f.D)
		at, found := slices.BinarySearchFunc(p.snap.Pumps, pump.Number, func(x wire.Pump, n int) int { return x.Number - n })
		if found {
			p.snap.Pumps[at] = pump
		} else {
			p.snap.Pumps = slices.Insert(p.snap.Pumps, at, pump)
		}
	case wire.KindTariff:
		p.snap.Tariff, err = wire.Read[wire.Tariff](f.D)
	case wire.KindQueue:
		p.snap.Queue, err = wire.Read[wire.Queue](f.D)
	default:
		t.Fatalf("a phone got %s", f.K)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// secret reports whether a key of the public's JSON could tell of anybody's
// litres or money, or of who it is. The prices are the public's own.
func secret(key string) bool {
	if key == "price_fen_per_l" {
		return false
	}
	return slices.ContainsFunc([]string{"fen", "ml", "sale", "member"}, func(word string) bool { return strings.Contains(key, word) })
}

// secrets collects the keys anywhere in a JSON value that are secret.
func secrets(v any) []string {
	var found []string
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if secret(key) {
				found = append(found, key)
			}
			found = append(found, secrets(inner)...)
		}
	case []any:
		for _, inner := range v {
			found = append(found, secrets(inner)...)
		}
	}
	return found
}

func wantNoSecrets(t interface{ Fatalf(string, ...any) }, text []byte) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if found := secrets(v); len(found) > 0 {
		t.Fatalf("every driver is told %v: %s", found, text)
	}
}

func TestSecretsAreFound(t *testing.T) {
	if got := secrets(map[string]any{"pumps": []any{map[string]any{"volume_ml": 1, "price_fen_per_l": 1}}}); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}

// TestThePublicsEventsFoldToTheSnapshot drives a board at random, with members
// at its nozzles, and checks that what phones fold is the board's own public
// view, and that nothing in it is another driver's.
func TestThePublicsEventsFoldToTheSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, sink := start(t, 1, 2, 3)
		ctx, makes := context.Background(), ids()
		var phones []*phone
		look := func(t *rapid.T) (wire.StationSnap, wire.Position) {
			snap, at, err := b.PublicSnapshot(ctx)
			if err != nil {
				t.Fatal(err)
			}
			wantNoSecrets(t, wire.Body(snap))
			for _, f := range sink.takeOf("station") {
				wantNoSecrets(t, f.D)
				for _, p := range phones {
					p.apply(t, f)
				}
			}
			phones = slices.DeleteFunc(phones, func(p *phone) bool { return p.ep != at.Ep })
			for _, p := range phones {
				if p.seq != at.Seq || !reflect.DeepEqual(p.snap, snap) {
					t.Fatalf("folded to %d\n%+v\nthe board is at %v\n%+v", p.seq, p.snap, at, snap)
				}
			}
			return snap, at
		}
		clock := noon
		states := []wire.NozzleState{wire.NozzleIdle, wire.NozzleCalling, wire.NozzleFuelling, wire.NozzleFinished, wire.NozzleFault}
		sales := []id.Sale{{}, id.New[id.Sale](makes), id.New[id.Sale](makes)}
		t.Repeat(map[string]func(*rapid.T){
			"report": func(t *rapid.T) {
				clock = clock.Add(time.Second)
				s := wire.Status{Nozzles: []wire.NozzleStatus{{
					Nozzle: rapid.IntRange(1, 4).Draw(t, "nozzle"),
					State:  rapid.SampledFrom(states).Draw(t, "state"),
					Sale:   rapid.SampledFrom(sales).Draw(t, "sale"),
					Volume: unit.Millilitre(rapid.Int64Range(0, 3).Draw(t, "volume")),
					Price:  unit.FenPerLitre(rapid.Int64Range(749, 751).Draw(t, "shown")),
				}}}
				if err := b.Report(ctx, clock, s); err != nil {
					t.Fatal(err)
				}
			},
			"away": func(t *rapid.T) {
				if err := b.DeviceAway(ctx); err != nil {
					t.Fatal(err)
				}
			},
			"configure": func(t *rapid.T) {
				list := nozzles(1, 2, 3, 4)[:rapid.IntRange(1, 4).Draw(t, "nozzles")]
				list[0].Hold = rapid.SampledFrom([]wire.Hold{wire.HoldNone, wire.HoldStop}).Draw(t, "hold")
				list[0].Grade = rapid.SampledFrom([]string{"92#", "95#"}).Draw(t, "grade")
				if err := b.Configure(ctx, list); err != nil {
					t.Fatal(err)
				}
			},
			"prices": func(t *rapid.T) {
				if err := b.Tariff(ctx, price(unit.FenPerLitre(rapid.Int64Range(749, 751).Draw(t, "price")))); err != nil {
					t.Fatal(err)
				}
			},
			"count": func(t *rapid.T) {
				if _, err := b.Count(ctx, rapid.IntRange(0, 3).Draw(t, "waiting")); err != nil {
					t.Fatal(err)
				}
			},
			"assign": func(t *rapid.T) {
				s := Stand{
					Nozzle: rapid.IntRange(1, 4).Draw(t, "nozzle"), Member: id.New[id.Member](makes),
					Sale: rapid.SampledFrom(sales).Draw(t, "sale"),
				}
				if err := b.Assign(ctx, s); err != nil {
					t.Fatal(err)
				}
			},
			"snapshot": func(t *rapid.T) {
				snap, at := look(t)
				snap.Pumps = slices.Clone(snap.Pumps)
				phones = append(phones, &phone{at.Ep, at.Seq, snap})
			},
			"": func(t *rapid.T) { look(t) },
		})
	})
}

// A station without nozzles has an empty view, not a missing one.
func TestAnEmptyStationIsShown(t *testing.T) {
	b := New(id.New[id.Station](ids()), []station.Nozzle{}, func() id.Epoch { return id.Epoch{1} }, &tape{}, func() time.Time { return noon })
	if q := b.public.count(); q.Grades == nil || b.public.all() != nil && len(b.public.all()) != 0 {
		t.Errorf("queue %+v", q)
	}
}
