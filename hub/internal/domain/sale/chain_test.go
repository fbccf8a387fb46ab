package sale

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// terms are those of a nozzle that sells at 7.36 yuan a litre.
var terms = Terms{Nozzle: true, Price: 736, Minimum: 5000}

// at is a chain whose last reading is known.
func at(last unit.Millilitre) Chain { return Chain{Nozzle: 3, Known: true, First: last, Last: last} }

// ended is a sale with the given figures in millilitres, fen and fen per litre.
func ended(before, after, volume unit.Millilitre, amount unit.Fen, price unit.FenPerLitre) wire.SaleEnded {
	return wire.SaleEnded{Nozzle: 3, Before: before, After: after, Volume: volume, Amount: amount, Price: price}
}

func TestTakeJudges(t *testing.T) {
	const q, booked = BucketQuarantined, BucketBooked
	for _, c := range []struct {
		name    string
		sale    wire.SaleEnded
		terms   Terms
		state   wire.SaleState
		reasons Reasons
		counted unit.Millilitre
		bucket  Bucket
	}{
		{"agrees", ended(100000, 120000, 20000, 14720, 736), terms, wire.SaleUnpaid, nil, 20000, booked},
		{"display rounds", ended(100000, 120009, 20000, 14720, 736), terms, wire.SaleUnpaid, nil, 20009, booked},
		{"a digit too far", ended(100000, 120011, 20000, 14720, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonTotalizer}, 20011, q},
		{"amount", ended(100000, 120000, 20000, 14000, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonAmount}, 20000, q},
		{"price", ended(100000, 120000, 20000, 14740, 737), terms, wire.SaleQuarantined, Reasons{wire.ReasonPrice}, 20000, q},
		{"price unknown", ended(100000, 120000, 20000, 14720, 736), Terms{Nozzle: true}, wire.SaleQuarantined, Reasons{wire.ReasonPrice}, 20000, q},
		{"nozzle unknown", ended(100000, 120000, 20000, 14720, 736), Terms{Price: 736}, wire.SaleQuarantined, Reasons{wire.ReasonFigures}, 20000, q},
		{"negative volume", ended(100000, 120000, -20000, 14720, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonFigures}, 0, q},
		{"negative amount", ended(100000, 120000, 20000, -1, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonFigures}, 0, q},
		{"reading beyond all digits", ended(100000, maxReading+1, 20000, 14720, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonFigures}, 0, q},
		{"went backwards", ended(50000, 70000, 20000, 14720, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonChain}, 20000, q},
		{"reset while fuelling", ended(100000, 300, 20000, 14720, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonTotalizer, wire.ReasonChain}, 0, q},
		{"nothing dispensed but metered", ended(100000, 100500, 0, 0, 736), terms, wire.SaleQuarantined, Reasons{wire.ReasonTotalizer}, 500, q},
		{"less than a fen", ended(100000, 100000, 5, 0, 736), terms, wire.SaleVoid, nil, 0, booked},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := at(100000)
			v := chain.Take(c.sale, c.terms)
			if v.State != c.state || !slices.Equal(v.Reasons, c.reasons) || v.Counted != c.counted || v.Bucket != c.bucket {
				t.Errorf("got %s %v, counted %d as %s", v.State, v.Reasons, v.Counted, v.Bucket)
			}
			if p := chain.Proof(); p.Difference != 0 || p.Sales != 1 {
				t.Errorf("the proof is off: %+v", p)
			}
		})
	}
}

func TestD002AmountOfTheDispenserIsOnlyChecked(t *testing.T) {
	// Preset 200.00 yuan at 7.85: the display shows 25.48 L.
	at785 := Terms{Nozzle: true, Price: 785, Minimum: 5000}
	chain := at(0)
	if v := chain.Take(ended(0, 25480, 25480, 20000, 785), at785); v.State != wire.SaleUnpaid {
		t.Errorf("200.00 for 25.48 L at 7.85 is %s %v", v.State, v.Reasons)
	}
	v := chain.Take(ended(25480, 50960, 25480, 24000, 785), at785)
	if v.State != wire.SaleQuarantined || !slices.Equal(v.Reasons, Reasons{wire.ReasonAmount}) {
		t.Errorf("240.00 for 25.48 L at 7.85 is %s %v", v.State, v.Reasons)
	}
}

func TestD004ChengduSaleIsQuarantined(t *testing.T) {
	// 40.78 L were delivered; the 27.18 L of the sale before were added.
	chain := at(0)
	if v := chain.Take(ended(0, 27180, 27180, 20004, 736), terms); v.State != wire.SaleUnpaid {
		t.Fatalf("the sale before is %s %v", v.State, v.Reasons)
	}
	v := chain.Take(ended(27180, 67960, 67960, 50019, 736), terms)
	if v.State != wire.SaleQuarantined || !slices.Equal(v.Reasons, Reasons{wire.ReasonTotalizer}) || v.Counted != 40780 {
		t.Errorf("67.96 L billed for 40.78 L is %s %v, counted %s", v.State, v.Reasons, v.Counted)
	}
	want := wire.NozzleProof{Nozzle: 3, Last: 67960, Booked: 27180, Quarantined: 40780, Sales: 2}
	if p := chain.Proof(); p != want {
		t.Errorf("proof %+v, want %+v", p, want)
	}
}

func TestD005GapIsAMissingSale(t *testing.T) {
	chain := at(100000)
	v := chain.Take(ended(127180, 147180, 20000, 14720, 736), terms)
	if v.Gap != (Stretch{100000, 127180}) || v.Gap.Volume() != 27180 {
		t.Errorf("gap %+v", v.Gap)
	}
	if v.State != wire.SaleUnpaid {
		t.Errorf("the sale after the gap is %s %v: it has to be judged by itself", v.State, v.Reasons)
	}
	if p := chain.Proof(); p.Missing != 27180 || p.Booked != 20000 || p.Difference != 0 || p.Sales != 2 {
		t.Errorf("proof %+v", p)
	}
}

func TestD007SmallSalesAreFlaggedAndEmptyOnesVoid(t *testing.T) {
	chain := at(100000)
	v := chain.Take(ended(100000, 102000, 2000, 1472, 736), terms)
	if v.State != wire.SaleUnpaid || !slices.Equal(v.Reasons, Reasons{wire.ReasonSmall}) {
		t.Errorf("2.00 L is %s %v", v.State, v.Reasons)
	}
	v = chain.Take(ended(102000, 102000, 0, 0, 736), terms)
	if v.State != wire.SaleVoid || len(v.Reasons) != 0 {
		t.Errorf("0.00 L is %s %v", v.State, v.Reasons)
	}
}

func TestTakeGap(t *testing.T) {
	for _, c := range []struct {
		name   string
		before unit.Millilitre
		after  unit.Millilitre
		ok     bool
		state  wire.SaleState
		want   unit.Millilitre
	}{
		{"joins", 100000, 127180, true, wire.SaleMissing, 27180},
		{"with a hole before it", 110000, 127180, true, wire.SaleMissing, 27180},
		{"half of it known", 90000, 110000, true, wire.SaleMissing, 10000},
		{"all of it known", 90000, 100000, false, "", 0},
		{"totalizer exchanged", 100000, 0, true, wire.SaleQuarantined, 0},
		{"impossible", -1, 100, true, wire.SaleQuarantined, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := at(100000)
			v, ok := chain.TakeGap(wire.Gap{Nozzle: 3, Before: c.before, After: c.after})
			if ok != c.ok || v.State != c.state || v.Counted != c.want {
				t.Errorf("got %v %s %v, counted %d", ok, v.State, v.Reasons, v.Counted)
			}
			if p := chain.Proof(); p.Difference != 0 {
				t.Errorf("the proof is off: %+v", p)
			}
		})
	}
}

// TestI001ProofIsAlwaysExact feeds a chain with anything at all, honest and
// dishonest, and finds the difference at zero after every step.
func TestI001ProofIsAlwaysExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chain := Chain{Nozzle: 1}
		var meter unit.Millilitre
		reading := func(name string) unit.Millilitre {
			if rapid.Bool().Draw(t, name+" near") {
				return meter + unit.Millilitre(rapid.Int64Range(-50, 100000).Draw(t, name))
			}
			return unit.Millilitre(rapid.Int64().Draw(t, name))
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			before, after := reading("before"), reading("after")
			if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
				chain.TakeGap(wire.Gap{Before: before, After: after})
			} else {
				volume := reading("volume")
				if rapid.Bool().Draw(t, "honest") {
					before = chain.Last
					volume = unit.Millilitre(rapid.Int64Range(0, 100000).Draw(t, "litres"))
					after = before + volume
				}
				amount, _ := unit.Amount(max(volume, 0), 736)
				v := chain.Take(ended(before, after, volume, amount, 736), terms)
				if v.Bucket == BucketQuarantined && rapid.Bool().Draw(t, "accept") {
					chain.Settle(v.Bucket, v.Counted, v.Counted)
				}
			}
			meter = chain.Last
			if p := chain.Proof(); p.Difference != 0 {
				t.Fatalf("difference %d after before %d, after %d: %+v", p.Difference, before, after, p)
			}
		}
	})
}

func TestResolve(t *testing.T) {
	unpaid := Sale{State: wire.SaleUnpaid, Bucket: BucketBooked, Volume: 20000, Amount: 14720, Price: 736, Counted: 20000, Booked: 20000, Charge: 14720}
	lied := Sale{State: wire.SaleQuarantined, Bucket: BucketQuarantined, Volume: 67960, Amount: 50019, Price: 736, Counted: 40780}
	accept := func(v unit.Millilitre, a unit.Fen) wire.ResolveRequest {
		return wire.ResolveRequest{Act: wire.ResolveAccept, Note: "x", Volume: v, Amount: a}
	}
	for _, c := range []struct {
		name string
		sale Sale
		req  wire.ResolveRequest
		want wire.SaleState
		err  error
	}{
		{"drive-off", unpaid, wire.ResolveRequest{Act: wire.ResolveDriveOff}, wire.SaleDriveOff, nil},
		{"test", unpaid, wire.ResolveRequest{Act: wire.ResolveTest}, wire.SaleTest, nil},
		{"dismiss what is owed", unpaid, wire.ResolveRequest{Act: wire.ResolveDismiss}, "", ErrState},
		{"dismiss", lied, wire.ResolveRequest{Act: wire.ResolveDismiss}, wire.SaleVoid, nil},
		{"accept as metered", lied, accept(40780, 30014), wire.SaleUnpaid, nil},
		{"accept what was displayed", lied, accept(67960, 50019), "", ErrVolume},
		{"accept at a price of one's own", lied, accept(40780, 40000), "", ErrAmount},
		{"accept for nothing", lied, accept(40780, 0), "", ErrAmount},
		{"drive-off of a quarantined sale", lied, wire.ResolveRequest{Act: wire.ResolveDriveOff}, "", ErrState},
		{"unknown act", unpaid, wire.ResolveRequest{Act: "forget"}, "", ErrState},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.sale.Resolve(c.req, 736)
			if err != c.err || err == nil && got.State != c.want {
				t.Fatalf("got %s, %v", got.State, err)
			}
			if got.Volume != c.sale.Volume || got.Amount != c.sale.Amount {
				t.Error("the dispenser's own figures were changed")
			}
		})
	}
}
