package member

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Habits are how a member fuels: sums over their paid sales, of every station,
// kept up to date by the transaction that settles a sale (NoteFuelling), so
// that they never say more or less than the sales do (消费习惯).
//
// They are figures under the member's id. The files they stand in are encrypted
// by the database server, as all of its files are; names, phones and plates are
// sealed by field elsewhere and never stand beside them. Erasing a member
// removes them (DropHabits).
//
// This file does no I/O; habitstore.go is the SQL.

// Fuelling is one paid sale of a member, as far as habits go.
type Fuelling struct {
	// Sale is which.
	Sale id.Sale
	// At is when the delivery ended, Zone the clock of the station it was at.
	At   time.Time
	Zone *time.Location
	// Grade is "92#", "" if the station does not know the nozzle: then it counts
	// for no grade.
	Grade string
	// Volume and Amount are what was charged for.
	Volume unit.Millilitre
	Amount unit.Fen
}

// HabitBrief is what a list shows of a member's habits.
type HabitBrief struct {
	// Refuels counts the fuellings, LastAt is the last one.
	Refuels int64
	LastAt  time.Time
}

// Tally is fuellings added up. The order of adding does not matter. The zero
// value has none.
type Tally struct {
	refuels     int64
	spent       unit.Fen
	volume      unit.Millilitre
	first, last time.Time
	grades      map[string]gradeTally
	times       map[hourOfWeek]int64
}

// gradeTally is how often a grade was fuelled, and when last.
type gradeTally struct {
	refuels int64
	last    time.Time
}

// hourOfWeek is an hour of a weekday; weekday 0 is Sunday.
type hourOfWeek struct{ weekday, hour int }

// hourAt is the hour within which t lies by a station's clock.
func hourAt(t time.Time, zone *time.Location) hourOfWeek {
	local := t.In(zone)
	return hourOfWeek{int(local.Weekday()), local.Hour()}
}

// Add adds a fuelling.
func (t *Tally) Add(f Fuelling) {
	if t.refuels == 0 || f.At.Before(t.first) {
		t.first = f.At
	}
	t.last = later(t.last, f.At)
	t.refuels++
	t.spent += f.Amount
	t.volume += f.Volume
	if t.times == nil {
		t.grades, t.times = map[string]gradeTally{}, map[hourOfWeek]int64{}
	}
	t.times[hourAt(f.At, f.Zone)]++
	if f.Grade != "" {
		g := t.grades[f.Grade]
		t.grades[f.Grade] = gradeTally{g.refuels + 1, later(g.last, f.At)}
	}
}

// Equal reports whether two tallies say the same.
func (t Tally) Equal(o Tally) bool {
	return t.refuels == o.refuels && t.spent == o.spent && t.volume == o.volume &&
		t.first.Equal(o.first) && t.last.Equal(o.last) && maps.Equal(t.times, o.times) &&
		maps.EqualFunc(t.grades, o.grades, func(a, b gradeTally) bool {
			return a.refuels == b.refuels && a.last.Equal(b.last)
		})
}

// Habits is the tally as it is shown.
func (t Tally) Habits() wire.Habits {
	h := wire.Habits{
		Refuels: t.refuels, Spent: t.spent, Volume: t.volume, FirstAt: t.first, LastAt: t.last,
		Grades: t.gradeCounts(), Times: t.favourites(), Average: mean(t.spent, t.refuels),
	}
	if len(h.Grades) > 0 {
		h.Usual = h.Grades[0].Grade
	}
	if t.refuels > 1 {
		h.IntervalMS = t.last.Sub(t.first).Milliseconds() / (t.refuels - 1)
	}
	return h
}

// gradeCounts lists the grades, the most fuelled one first; of those fuelled
// equally often the one fuelled last leads, and that is the usual one.
func (t Tally) gradeCounts() []wire.GradeCount {
	codes := slices.SortedFunc(maps.Keys(t.grades), func(a, b string) int {
		return byHabit(a, t.grades[a], b, t.grades[b])
	})
	counts := make([]wire.GradeCount, len(codes))
	for i, code := range codes {
		counts[i] = wire.GradeCount{Grade: code, Refuels: t.grades[code].refuels}
	}
	return counts
}

// byHabit orders grades: most fuelled first, then fuelled last first, then by
// name, so that the order never depends on chance.
func byHabit(a string, inA gradeTally, b string, inB gradeTally) int {
	return cmp.Or(cmp.Compare(inB.refuels, inA.refuels), inB.last.Compare(inA.last), cmp.Compare(a, b))
}

// favourites lists the hours of the week at which most fuellings ended, at most
// wire.MaxHabitTimes; of equal ones the earlier in the week leads.
func (t Tally) favourites() []wire.HabitTime {
	hours := slices.SortedFunc(maps.Keys(t.times), func(a, b hourOfWeek) int {
		return cmp.Or(cmp.Compare(t.times[b], t.times[a]), cmp.Compare(a.weekday, b.weekday), cmp.Compare(a.hour, b.hour))
	})
	hours = hours[:min(len(hours), wire.MaxHabitTimes)]
	list := make([]wire.HabitTime, len(hours))
	for i, h := range hours {
		list[i] = wire.HabitTime{Weekday: h.weekday, Hour: h.hour, Refuels: t.times[h]}
	}
	return list
}

// mean is sum over n, rounded half up; zero of nothing. The sum is not negative.
func mean(sum unit.Fen, n int64) unit.Fen {
	if n == 0 {
		return 0
	}
	whole, rest := sum/unit.Fen(n), sum%unit.Fen(n)
	if rest >= unit.Fen(n)-rest {
		whole++
	}
	return whole
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
