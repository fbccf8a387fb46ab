package evidence

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	yes   = wire.CheckAgrees
	no    = wire.CheckDiffers
	maybe = wire.CheckUnknown
)

func results(checks []wire.EvidenceCheck) []wire.CheckResult {
	var list []wire.CheckResult
	for _, c := range checks {
		list = append(list, c.Result)
	}
	return list
}

func TestC005EveryCheckComesOutAsItShould(t *testing.T) {
	at := func(v unit.Millilitre) *unit.Millilitre { return &v }
	for name, tt := range map[string]struct {
		change   func(s *sale.Sale)
		previous *unit.Millilitre
		listed   unit.FenPerLitre
		want     []wire.CheckResult
	}{
		"all agrees":                {nil, at(123_456_780), 750, []wire.CheckResult{yes, yes, yes, yes}},
		"a digit of the display":    {func(s *sale.Sale) { s.After += 10 }, at(123_456_770), 750, []wire.CheckResult{yes, yes, yes, yes}},
		"more than a digit":         {func(s *sale.Sale) { s.After += 11 }, at(123_456_769), 750, []wire.CheckResult{no, no, yes, yes}},
		"less than the volume":      {func(s *sale.Sale) { s.After -= 11 }, at(123_456_791), 750, []wire.CheckResult{no, no, yes, yes}},
		"Chengdu":                   {func(s *sale.Sale) { s.Volume, s.Amount = 67_960, 50_970 }, at(123_456_780), 750, []wire.CheckResult{no, yes, yes, yes}},
		"too much money":            {func(s *sale.Sale) { s.Amount += 5 }, nil, 750, []wire.CheckResult{yes, maybe, no, yes}},
		"another price":             {nil, at(123_456_780), 740, []wire.CheckResult{yes, yes, yes, no}},
		"no list price":             {nil, at(123_456_780), 0, []wire.CheckResult{yes, yes, yes, maybe}},
		"found after an outage":     {func(s *sale.Sale) { s.Backfilled = true }, nil, 750, []wire.CheckResult{maybe, maybe, yes, yes}},
		"found, and does not agree": {func(s *sale.Sale) { s.Backfilled, s.After = true, s.After+500 }, nil, 750, []wire.CheckResult{no, maybe, yes, yes}},
		"figures that never came":   {func(s *sale.Sale) { s.Bucket = sale.BucketNone }, at(123_456_780), 750, []wire.CheckResult{maybe, maybe, maybe, maybe}},
	} {
		t.Run(name, func(t *testing.T) {
			s := honest().Sale
			if tt.change != nil {
				tt.change(&s)
			}
			got := Judge(s, tt.previous, tt.listed)
			if !slices.Equal(results(got), tt.want) {
				t.Errorf("%v, want %v", results(got), tt.want)
			}
			for i, kind := range []wire.CheckKind{wire.CheckTotalizer, wire.CheckChain, wire.CheckAmount, wire.CheckPrice} {
				if got[i].Kind != kind {
					t.Errorf("check %d is %s", i, got[i].Kind)
				}
			}
		})
	}
}

// What a sale was judged by at its end and what is shown of it cannot differ.
func TestC005ChecksAgreeWithTheJudgement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := func(name string) unit.Millilitre { return unit.Millilitre(rapid.Int64Range(-30, 30).Draw(t, name)) }
		e := wire.SaleEnded{Volume: 20_000 + few("volume"), Price: 750, Before: 1_000_000 + few("before")}
		e.After = e.Before + 20_000 + few("after")
		e.Amount = 15_000 + unit.Fen(rapid.Int64Range(-10, 10).Draw(t, "fen"))
		listed := unit.FenPerLitre(rapid.Int64Range(749, 751).Draw(t, "listed"))
		chain := sale.Chain{Nozzle: 1, Known: true, First: 0, Last: 1_000_000, Sales: 1}
		previous := chain.Last
		v := chain.Take(e, sale.Terms{Nozzle: true, Price: listed})
		s := sale.Sale{Volume: e.Volume, Amount: e.Amount, Price: e.Price, Before: e.Before, After: e.After, Bucket: v.Bucket}
		got := results(Judge(s, &previous, listed))
		for i, reason := range []wire.Reason{wire.ReasonTotalizer, "", wire.ReasonAmount, wire.ReasonPrice} {
			if reason != "" && slices.Contains(v.Reasons, reason) != (got[i] == no) {
				t.Fatalf("judged %v, shown %v: %+v", v.Reasons, got, e)
			}
		}
		broken := slices.Contains(v.Reasons, wire.ReasonChain) || v.Gap != sale.Stretch{}
		if broken != (got[1] == no) {
			t.Fatalf("judged %v with gap %v, shown %v: %+v", v.Reasons, v.Gap, got, e)
		}
	})
}

func TestC005EvidenceOfTheChengduSale(t *testing.T) {
	e := Of(chengdu())
	if e.Checks[0].Result != no || e.Shown != 67_960 || e.After-e.Before != 40_780 || e.Order.Due != 0 {
		t.Errorf("%+v", e)
	}
	if e.Lines[0].Amount != 0 || e.Lines[5].Amount != 0 {
		t.Errorf("something is charged: %+v", e.Lines)
	}
}

func TestC012EvidenceHasGunPriceListPriceDiscountsAndPayAsLines(t *testing.T) {
	e := Of(honest())
	if e.Order.Price != 750 || e.Listed != 750 || e.PriceSet != (id.PriceSet{3}) || !e.PriceSince.Equal(honest().Since) {
		t.Errorf("prices %+v", e)
	}
	want := []wire.FeeLine{
		{Kind: wire.FeeGross, Amount: 30_585, Note: "40.78 L x 7.50"},
		{Kind: wire.FeeDiscount},
		{Kind: wire.FeeCampaign},
		{Kind: wire.FeeCoupon},
		{Kind: wire.FeePoints},
		{Kind: wire.FeeDue, Amount: 30_585},
		{Kind: wire.FeePaid, Amount: 30_585, Note: "cash"},
	}
	if diff := cmp.Diff(want, e.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestEvidenceWithoutAnythingBesideTheSale(t *testing.T) {
	c := honest()
	c.Listed, c.Run, c.Dispenser = 0, Run{}, 0
	e := Of(c)
	if e.Trace == nil || e.Previous != nil || !e.PriceSet.IsZero() || !e.PriceSince.IsZero() {
		t.Errorf("%+v", e)
	}
}
