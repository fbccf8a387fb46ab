package trip

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// noon is noon in Shanghai.
var noon = time.Date(2026, 3, 12, 4, 0, 0, 0, time.UTC)

var shanghai = time.FixedZone("CST", 8*60*60)

// at is a fuelling on a day of the story, named by that day.
func at(day int, volume unit.Millilitre, cost unit.Fen, odometer int64, full bool) Fill {
	return Fill{
		Sale: id.Sale{15: byte(day)}, At: noon.AddDate(0, 0, day), Zone: shanghai,
		Volume: volume, Cost: cost, Odometer: odometer, Full: full,
	}
}

func doubtful(f Fill) Fill { f.Doubtful, f.Volume, f.Cost = true, 0, 0; return f }

// answer is what is asked of consumption in the fixtures.
type answer struct {
	Enough     bool
	Distance   int64
	Burnt      unit.Millilitre
	Cost       unit.Fen
	Average    int64
	CostPer100 unit.Fen
	Missing    wire.ConsumptionGap
	Intervals  int
}

func answered(c wire.Consumption) answer {
	return answer{c.Enough, c.Distance, c.Burnt, c.Cost, c.Average, c.CostPer100, c.Missing, len(c.Intervals)}
}

func check(t *testing.T, fills []Fill, from time.Time, want answer) {
	t.Helper()
	if diff := cmp.Diff(want, answered(Work(fills, from))); diff != "" {
		t.Error(diff)
	}
}

// TestS029LitresOverDistance: 80.00 L over 1000 km are 8.0 L/100 km.
func TestS029LitresOverDistance(t *testing.T) {
	check(t, []Fill{at(0, 40_000, 30_000, 10_000, true), at(30, 80_000, 60_000, 11_000, true)}, time.Time{},
		answer{Enough: true, Distance: 1000, Burnt: 80_000, Cost: 60_000, Average: 80, CostPer100: 6000, Intervals: 1})
}

// TestS030LitresAndNeverYuan: 800 yuan over 1000 km are 8.0 L/100 km at 10.00
// yuan a litre and 10.7 at 7.50; both cost 80.00 yuan for 100 km.
func TestS030LitresAndNeverYuan(t *testing.T) {
	for price, want := range map[unit.FenPerLitre]answer{
		1000: {Enough: true, Distance: 1000, Burnt: 80_000, Cost: 80_000, Average: 80, CostPer100: 8000, Intervals: 1},
		750:  {Enough: true, Distance: 1000, Burnt: 106_670, Cost: 80_000, Average: 107, CostPer100: 8000, Intervals: 1},
	} {
		if amount, err := unit.Amount(want.Burnt, price); err != nil || !unit.AmountAgrees(80_000, want.Burnt, price) {
			t.Errorf("the fixture is wrong: %s L at %s are %s, %v", want.Burnt, price, amount, err)
		}
		check(t, []Fill{at(0, 40_000, 30_000, 10_000, true), at(30, want.Burnt, 80_000, 11_000, true)}, time.Time{}, want)
	}
}

// TestS031FullToFull: full at 10,000 km; 20 L partial at 10,300; 40 L full at
// 10,750 are 60 L over 750 km: 8.0.
func TestS031FullToFull(t *testing.T) {
	want := answer{Enough: true, Distance: 750, Burnt: 60_000, Cost: 45_000, Average: 80, CostPer100: 6000, Intervals: 1}
	for name, partial := range map[string]Fill{
		"with its odometer":           at(3, 20_000, 15_000, 10_300, false),
		"without":                     at(3, 20_000, 15_000, 0, false),
		"a full one without odometer": at(3, 20_000, 15_000, 0, true),
	} {
		t.Run(name, func(t *testing.T) {
			fills := []Fill{at(0, 35_000, 26_250, 10_000, true), partial, at(7, 40_000, 30_000, 10_750, true)}
			check(t, fills, time.Time{}, want)
			i := Work(fills, time.Time{}).Intervals[0]
			if i.From != fills[0].Sale || i.To != fills[2].Sale || !i.FromAt.Equal(fills[0].At) || !i.ToAt.Equal(fills[2].At) || i.Average != 80 || i.Outlier {
				t.Errorf("%+v", i)
			}
		})
	}
}

// TestS032NotEnoughDataIsSaid, and why, rather than a wrong number.
func TestS032NotEnoughDataIsSaid(t *testing.T) {
	first, partial, second := at(0, 35_000, 26_250, 10_000, true), at(3, 20_000, 15_000, 10_300, false), at(7, 40_000, 30_000, 10_750, true)
	far := at(7, 40_000, 30_000, 30_000, true)
	near := at(7, 40_000, 30_000, 10_050, true)
	unread := at(7, 40_000, 30_000, 0, true)
	for name, test := range map[string]struct {
		fills []Fill
		from  time.Time
		want  answer
	}{
		"nothing":                       {nil, time.Time{}, answer{Missing: wire.GapVehicle}},
		"one record":                    {[]Fill{first}, time.Time{}, answer{Missing: wire.GapFull}},
		"one full and a partial":        {[]Fill{first, partial}, time.Time{}, answer{Missing: wire.GapFull}},
		"no distance":                   {[]Fill{first, unread}, time.Time{}, answer{Missing: wire.GapOdometer}},
		"the first was not read":        {[]Fill{unread, at(9, 9000, 6750, 10_900, true)}, time.Time{}, answer{Missing: wire.GapOdometer}},
		"nothing in the time":           {[]Fill{first, second}, noon.AddDate(0, 0, 8), answer{Missing: wire.GapVehicle}},
		"too little for the distance":   {[]Fill{first, far}, time.Time{}, answer{Missing: wire.GapOutlier, Intervals: 1}},
		"too much for the distance":     {[]Fill{first, near}, time.Time{}, answer{Missing: wire.GapOutlier, Intervals: 1}},
		"a delivery in doubt between":   {[]Fill{first, doubtful(partial), second}, time.Time{}, answer{Missing: wire.GapOdometer}},
		"the second in doubt":           {[]Fill{first, doubtful(second)}, time.Time{}, answer{Missing: wire.GapFull}},
		"the same reading":              {[]Fill{first, at(7, 40_000, 30_000, 10_000, true)}, time.Time{}, answer{Missing: wire.GapOdometer}},
		"a reading that runs backwards": {[]Fill{first, at(7, 40_000, 30_000, 9_000, true)}, time.Time{}, answer{Missing: wire.GapOdometer}},
	} {
		t.Run(name, func(t *testing.T) { check(t, test.fills, test.from, test.want) })
	}
}

func TestIntervalsBesideEachOther(t *testing.T) {
	first, second, third := at(0, 1, 1, 10_000, true), at(7, 40_000, 30_000, 10_500, true), at(14, 30_000, 24_000, 10_900, true)
	for name, test := range map[string]struct {
		fills []Fill
		from  time.Time
		want  answer
	}{
		// The sum of litres by the sum of kilometres: 7.78, and not the mean of
		// 8.0 and 7.5, which is 7.75.
		"two": {
			[]Fill{first, second, third},
			time.Time{},
			answer{Enough: true, Distance: 900, Burnt: 70_000, Cost: 54_000, Average: 78, CostPer100: 6000, Intervals: 2},
		},
		"one that cannot be does not count": {
			[]Fill{first, second, third, at(21, 90_000, 70_000, 11_000, true)},
			time.Time{},
			answer{Enough: true, Distance: 900, Burnt: 70_000, Cost: 54_000, Average: 78, CostPer100: 6000, Intervals: 3},
		},
		"in doubt, the tank was full all the same": {
			[]Fill{first, doubtful(second), third},
			time.Time{},
			answer{Enough: true, Distance: 400, Burnt: 30_000, Cost: 24_000, Average: 75, CostPer100: 6000, Intervals: 1},
		},
		"it belongs to the time it ends in": {
			[]Fill{first, second, third},
			second.At,
			answer{Enough: true, Distance: 900, Burnt: 70_000, Cost: 54_000, Average: 78, CostPer100: 6000, Intervals: 2},
		},
		"and not to a later one": {
			[]Fill{first, second, third},
			second.At.Add(1),
			answer{Enough: true, Distance: 400, Burnt: 30_000, Cost: 24_000, Average: 75, CostPer100: 6000, Intervals: 1},
		},
		"topped up at the same place": {
			[]Fill{first, at(1, 2000, 1500, 10_000, true), second},
			time.Time{},
			answer{Enough: true, Distance: 500, Burnt: 42_000, Cost: 31_500, Average: 84, CostPer100: 6300, Intervals: 1},
		},
		"after a reading that runs backwards": {
			[]Fill{at(0, 1, 1, 90_000, true), at(1, 1, 1, 10_000, true), second},
			time.Time{},
			answer{Enough: true, Distance: 500, Burnt: 40_000, Cost: 30_000, Average: 80, CostPer100: 6000, Intervals: 1},
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, test.fills, test.from, test.want) })
	}
	c := Work([]Fill{first, second, third}, time.Time{})
	if c.Intervals[0].To != third.Sale || c.Intervals[1].To != second.Sale {
		t.Errorf("newest first: %+v", c.Intervals)
	}
}

// TestTheGuardIsFromTwoToForty litres for 100 km, both included.
func TestTheGuardIsFromTwoToForty(t *testing.T) {
	for volume, outlier := range map[unit.Millilitre]bool{1_999: true, 2_000: false, 40_000: false, 40_001: true} {
		c := Work([]Fill{at(0, 1, 1, 10_000, true), at(1, volume, 100, 10_100, true)}, time.Time{})
		if len(c.Intervals) != 1 || c.Intervals[0].Outlier != outlier || c.Enough == outlier {
			t.Errorf("%s L over 100 km: %+v", volume, c)
		}
	}
}

func TestHalvesAreRoundedUp(t *testing.T) {
	for _, test := range []struct {
		volume unit.Millilitre
		cost   unit.Fen
		km     int64
		rate   int64
		fen    unit.Fen
	}{
		{80_000, 80_000, 1000, 80, 8000},
		{80_499, 80_004, 1000, 80, 8000},
		{80_500, 80_005, 1000, 81, 8001},
		{106_670, 80_000, 1000, 107, 8000},
		{23_500, 1, 300, 78, 0}, // 78.33 and 0.33
		{1, 1, 2, 1, 50},
	} {
		if got, fen := rate(test.volume, test.km), costRate(test.cost, test.km); got != test.rate || fen != test.fen {
			t.Errorf("%s L, %s yuan over %d km: %d and %d, want %d and %d", test.volume, test.cost, test.km, got, fen, test.rate, test.fen)
		}
	}
}

// TestAFigureThatWasSentWrongDoesNotTurnASumAround.
func TestAFigureThatWasSentWrongDoesNotTurnASumAround(t *testing.T) {
	fills := []Fill{at(0, 1, 1, 1, true)}
	for day := range 5 {
		fills = append(fills, at(day+1, unit.Max, unit.Max, int64(day+2), true))
	}
	c := Work(fills, time.Time{})
	Sum(&c, fills)
	if c.Enough || c.Missing != wire.GapOutlier || c.Volume != unit.Max || c.Spent != unit.Max || len(c.Intervals) != 5 || c.Intervals[0].Average <= 0 {
		t.Errorf("%+v", c)
	}
}

func TestMonthsAreOfTheStationsCalendar(t *testing.T) {
	midnight := time.Date(2026, 3, 31, 16, 0, 0, 0, time.UTC) // in Shanghai
	fill := func(at time.Time, volume unit.Millilitre) Fill {
		return Fill{At: at, Zone: shanghai, Volume: volume, Cost: unit.Fen(volume) * 3 / 4}
	}
	fills := []Fill{
		fill(midnight.Add(-time.Millisecond), 10_000), fill(midnight, 20_000), fill(midnight.AddDate(0, 0, 3), 4_000),
		doubtful(fill(midnight, 99_000)), fill(time.Date(2025, 12, 31, 15, 0, 0, 0, time.UTC), 8_000),
	}
	var c wire.Consumption
	Sum(&c, fills)
	want := wire.Consumption{Refuels: 4, Volume: 42_000, Spent: 31_500, Months: []wire.MonthOfFuel{
		{Month: "2026-04", Refuels: 2, Volume: 24_000, Spent: 18_000},
		{Month: "2026-03", Refuels: 1, Volume: 10_000, Spent: 7_500},
		{Month: "2025-12", Refuels: 1, Volume: 8_000, Spent: 6_000},
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	c = wire.Consumption{}
	if Sum(&c, nil); c.Months == nil || len(c.Months) != 0 {
		t.Error("no months are no list")
	}
}

func TestOnlyTheNewestIntervalsAreListed(t *testing.T) {
	var fills []Fill
	for n := range wire.MaxTripIntervals + 10 {
		f := at(0, 8_000, 6_000, int64(1000+100*n), true)
		f.At, f.Sale = noon.AddDate(0, 0, n), id.Sale{14: byte(n / 256), 15: byte(n)}
		fills = append(fills, f)
	}
	c := Work(fills, time.Time{})
	if len(c.Intervals) != wire.MaxTripIntervals || c.Intervals[0].To != fills[len(fills)-1].Sale || c.Distance != 100*int64(len(fills)-1) {
		t.Errorf("%d intervals, the first %+v, over %d km", len(c.Intervals), c.Intervals[0], c.Distance)
	}
}

// drawFills is a story of a vehicle whose odometer never runs backwards.
func drawFills(t *rapid.T) []Fill {
	var fills []Fill
	km := int64(rapid.IntRange(1, 100_000).Draw(t, "start"))
	when := noon
	for n := range rapid.IntRange(0, 30).Draw(t, "fuellings") {
		when = when.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours")) * time.Hour)
		km += int64(rapid.IntRange(0, 900).Draw(t, "km"))
		f := Fill{
			Sale: id.Sale{15: byte(n + 1)}, At: when, Zone: shanghai, Odometer: km,
			Volume: unit.Millilitre(rapid.IntRange(1, 90_000).Draw(t, "ml")), Cost: unit.Fen(rapid.IntRange(0, 90_000).Draw(t, "fen")),
			Full: rapid.Bool().Draw(t, "full"), Doubtful: rapid.IntRange(0, 9).Draw(t, "doubt") == 0,
		}
		if rapid.IntRange(0, 3).Draw(t, "read") == 0 {
			f.Odometer = 0
		}
		fills = append(fills, f)
	}
	return fills
}

func drawFrom(t *rapid.T) time.Time {
	return rapid.SampledFrom([]time.Time{{}, noon.AddDate(0, 1, 0)}).Draw(t, "from")
}

func TestTheOrderOfAskingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fills, from := drawFills(t), drawFrom(t)
		want := Work(fills, from)
		Sum(&want, fills)
		mixed := rapid.Permutation(fills).Draw(t, "mixed")
		before := slices.Clone(mixed)
		got := Work(mixed, from)
		Sum(&got, mixed)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if !slices.Equal(before, mixed) {
			t.Fatal("what was asked with is not as it was")
		}
	})
}

// TestFillingInTwoStepsIsFillingOnce: a part first and the rest after it change
// nothing but the count.
func TestFillingInTwoStepsIsFillingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fills, from := drawFills(t), drawFrom(t)
		if len(fills) == 0 {
			return
		}
		n := rapid.IntRange(0, len(fills)-1).Draw(t, "which")
		part, rest := fills[n], fills[n]
		part.Volume = unit.Millilitre(rapid.Int64Range(0, int64(rest.Volume)).Draw(t, "part"))
		part.Cost = unit.Fen(rapid.Int64Range(0, int64(rest.Cost)).Draw(t, "paid"))
		rest.Volume, rest.Cost = rest.Volume-part.Volume, rest.Cost-part.Cost
		part.Sale, part.Full, part.Odometer = id.Sale{14: 1, 15: rest.Sale[15]}, false, 0
		part.At = rest.At.Add(-1)
		if n > 0 && part.At.Before(fills[n-1].At) || rest.At.Equal(from) || rest.Doubtful {
			return // the part would be of another time, or it is not known what a part is
		}
		split := slices.Concat(fills[:n], []Fill{part, rest}, fills[n+1:])
		want, got := Work(fills, from), Work(split, from)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestTheAverageLiesBetween the least and the greatest interval that counts.
func TestTheAverageLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Work(drawFills(t), drawFrom(t))
		least, most := int64(1<<62), int64(0)
		var burnt unit.Millilitre
		for _, i := range c.Intervals {
			if i.Distance <= 0 || i.From == i.To || i.ToAt.Before(i.FromAt) {
				t.Fatalf("%+v", i)
			}
			if !i.Outlier {
				least, most = min(least, i.Average), max(most, i.Average)
				burnt += i.Volume
			}
		}
		if c.Enough != (c.Missing == "") || c.Enough != (most > 0) {
			t.Fatalf("%+v", c)
		}
		if c.Enough && (c.Average < least || c.Average > most || c.Average < 20 || c.Average > 400 || burnt != c.Burnt) {
			t.Fatalf("%d is not between %d and %d", c.Average, least, most)
		}
	})
}
