package trip

import (
	"slices"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Outlier guard: below 2 or above 40 litres for 100 km, which no vehicle at a
// nozzle for cars burns, a reading is wrong or a fuelling was not noted. In
// millilitres a kilometre, which is tenths of a litre for 100 km.
const (
	leastRate = 20
	mostRate  = 400
)

// Fill is one delivery, as far as consumption asks.
type Fill struct {
	// Sale is the fuelling, At when it ended, Zone whose calendar it is in.
	Sale id.Sale
	At   time.Time
	Zone *time.Location
	// Volume and Cost are what was booked.
	Volume unit.Millilitre
	Cost   unit.Fen
	// Doubtful is whether fuel ran that is not settled: how much went into the
	// tank is not known, and Volume and Cost do not count.
	Doubtful bool
	// Odometer and Full are what was noted.
	Odometer int64
	Full     bool
}

// anchor reports whether an interval may begin or end here.
func (f Fill) anchor() bool { return f.Full && f.Odometer > 0 }

// Work is what a vehicle burns, worked out from the fuellings noted for it, in
// any order: the fields of wire.Consumption from Enough to Missing, and the
// newest wire.MaxTripIntervals intervals.
//
// An interval belongs to the time in which it ends: from is where that time
// begins (zero: no bound), and the last full tank before it opens the first
// interval. Litres of a full tank without an odometer, and of one at which no
// distance had been driven, are carried on to the next. Where fuel ran whose
// volume is not known no interval goes across.
func Work(fills []Fill, from time.Time) wire.Consumption {
	c := wire.Consumption{Intervals: []wire.TripInterval{}, Months: []wire.MonthOfFuel{}}
	noted := since(fills, from)
	all := intervals(noted)
	for _, i := range all {
		if !i.Outlier {
			c.Distance += i.Distance
			c.Burnt, c.Cost = plus(c.Burnt, i.Volume), plus(c.Cost, i.Cost)
		}
	}
	slices.Reverse(all)
	c.Intervals = append(c.Intervals, all[:min(len(all), wire.MaxTripIntervals)]...)
	if c.Distance == 0 {
		c.Missing = missing(noted, from, len(all))
		return c
	}
	c.Enough = true
	c.Average, c.CostPer100 = rate(c.Burnt, c.Distance), costRate(c.Cost, c.Distance)
	return c
}

// missing says why there is no interval that counts.
func missing(noted []Fill, from time.Time, outliers int) wire.ConsumptionGap {
	told, full := 0, 0
	for _, f := range noted {
		if !f.At.Before(from) {
			told++
		}
		if f.Full && !f.Doubtful {
			full++
		}
	}
	switch {
	case outliers > 0:
		return wire.GapOutlier
	case told == 0:
		return wire.GapVehicle
	case full < 2:
		return wire.GapFull
	}
	return wire.GapOdometer
}

// since is the fuellings from a time on, in the order of time, with the last
// anchor before it and what follows that.
func since(fills []Fill, from time.Time) []Fill {
	sorted := slices.SortedFunc(slices.Values(fills), func(a, b Fill) int { return inTime(a.At, b.At, a.Sale, b.Sale) })
	first := slices.IndexFunc(sorted, func(f Fill) bool { return !f.At.Before(from) })
	if first < 0 {
		return nil
	}
	for i := first - 1; i >= 0; i-- {
		if sorted[i].anchor() {
			return sorted[i:]
		}
	}
	return sorted[first:]
}

// intervals is every interval from one anchor to the next, oldest first.
func intervals(fills []Fill) []wire.TripInterval {
	var list []wire.TripInterval
	var open *Fill // where the interval in hand began
	var volume unit.Millilitre
	var cost unit.Fen
	for _, f := range fills {
		switch {
		case f.Doubtful:
			// Its litres are missing: nothing goes across. A full tank is full
			// all the same, whatever went in, and the next may begin here.
			open = nil
		case open != nil:
			volume, cost = plus(volume, f.Volume), plus(cost, f.Cost)
		}
		if !f.anchor() || open != nil && f.Odometer == open.Odometer {
			continue
		}
		// A reading that runs backwards is refused when it is noted (Fits);
		// should one be there, nothing is worked out across it.
		if open != nil && f.Odometer > open.Odometer {
			list = append(list, interval(*open, f, volume, cost))
		}
		open, volume, cost = &f, 0, 0
	}
	return list
}

func interval(from, to Fill, volume unit.Millilitre, cost unit.Fen) wire.TripInterval {
	km := to.Odometer - from.Odometer
	return wire.TripInterval{
		From: from.Sale, To: to.Sale, FromAt: from.At, ToAt: to.At, Distance: km, Volume: volume, Cost: cost,
		Average: rate(volume, km), Outlier: int64(volume) < leastRate*km || int64(volume) > mostRate*km,
	}
}

// rate is millilitres a kilometre, which is tenths of a litre for 100 km,
// rounded half up.
func rate(v unit.Millilitre, km int64) int64 { return (2*int64(v) + km) / (2 * km) }

// costRate is fen for 100 km, rounded half up.
func costRate(c unit.Fen, km int64) unit.Fen { return unit.Fen((200*int64(c) + km) / (2 * km)) }

// plus adds what is not negative and stays within unit.Max: no tank comes near
// it, and a figure that was sent wrong does not turn a sum around.
func plus[Q unit.Quantity](a, b Q) Q { return min(a+b, unit.Max) }

// Sum adds up what was bought: Refuels, Volume and Spent, and Months by each
// fuelling's own calendar, newest first. Doubtful ones do not count.
func Sum(c *wire.Consumption, fills []Fill) {
	months := map[string]wire.MonthOfFuel{}
	for _, f := range fills {
		if f.Doubtful {
			continue
		}
		c.Refuels++
		c.Volume, c.Spent = plus(c.Volume, f.Volume), plus(c.Spent, f.Cost)
		key := f.At.In(f.Zone).Format("2006-01")
		m := months[key]
		m.Month = key
		m.Refuels++
		m.Volume, m.Spent = plus(m.Volume, f.Volume), plus(m.Spent, f.Cost)
		months[key] = m
	}
	c.Months = make([]wire.MonthOfFuel, 0, len(months))
	for _, m := range months {
		c.Months = append(c.Months, m)
	}
	slices.SortFunc(c.Months, func(a, b wire.MonthOfFuel) int { return strings.Compare(b.Month, a.Month) })
}
