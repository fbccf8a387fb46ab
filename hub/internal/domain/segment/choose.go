package segment

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Choose is the members whom a rule that passed Check chooses at now, by the
// clock of a station in zone, in the order they are given in.
func Choose(rule wire.SegmentRule, members []Facts, now time.Time, zone *time.Location) []id.Member {
	if len(rule.Conditions) == 0 {
		return nil
	}
	conditions := make([]condition, len(rule.Conditions))
	for i, c := range rule.Conditions {
		conditions[i] = prepare(c, now, zone)
	}
	var chosen []id.Member
	for i := range members {
		if all(conditions, &members[i]) {
			chosen = append(chosen, members[i].Member)
		}
	}
	return chosen
}

func all(conditions []condition, who *Facts) bool {
	for i := range conditions {
		if !conditions[i].holds(who) {
			return false
		}
	}
	return true
}

// week marks days of the week, Sunday first.
type week [7]bool

// condition is a condition made ready for many members.
type condition struct {
	wire.SegmentCondition
	since time.Time // what it looks back to: fuellings after it count
	days  week
	zone  *time.Location
	// anyDay and anyHour are whether days and hours all count.
	anyDay, anyHour bool
}

func prepare(c wire.SegmentCondition, now time.Time, zone *time.Location) condition {
	p := condition{
		SegmentCondition: c, since: back(now, c.Days), zone: zone,
		anyDay: len(c.Weekdays) == 0, anyHour: c.FromHour == 0 && c.UntilHour == 0,
	}
	for _, d := range c.Weekdays {
		if 0 <= d && d < len(p.days) {
			p.days[d] = true
		}
	}
	return p
}

// holds reports whether a member meets the condition.
func (c *condition) holds(who *Facts) bool {
	switch c.Kind {
	case wire.SegmentRefuels:
		return c.inBounds(c.count(who))
	case wire.SegmentIdle:
		last := who.LastAt
		if last.IsZero() {
			last = who.Joined
		}
		return !last.After(c.since)
	case wire.SegmentSpent:
		_, spent := c.sum(who)
		return spent >= c.Each
	case wire.SegmentAverage:
		// The mean reaches a whole amount exactly when its whole part does.
		n, spent := c.sum(who)
		return n > 0 && spent/n >= c.Each
	case wire.SegmentUsual:
		return who.Usual == c.Grade
	}
	return false
}

// inBounds reports whether so many are between AtLeast and AtMost; if both are
// zero, none may be.
func (c *condition) inBounds(n int) bool {
	if c.AtMost == 0 && c.AtLeast > 0 {
		return n >= c.AtLeast
	}
	return n >= c.AtLeast && n <= c.AtMost
}

// count counts a member's fuellings that match.
func (c *condition) count(who *Facts) int {
	n := 0
	for i := range who.Fuellings {
		if c.matches(&who.Fuellings[i]) {
			n++
		}
	}
	return n
}

// matches reports whether a fuelling counts. The cheap questions come first.
func (c *condition) matches(f *Fuelling) bool {
	if f.Amount < c.Each || !f.At.After(c.since) || c.Grade != "" && f.Grade != c.Grade {
		return false
	}
	if c.anyDay && c.anyHour {
		return true
	}
	local := f.At.In(c.zone)
	return (c.anyDay || c.days[local.Weekday()]) && (c.anyHour || c.within(local.Hour()))
}

// within reports whether an hour of the day is between FromHour and UntilHour,
// which is past midnight if it is the smaller.
func (c *condition) within(hour int) bool {
	if c.FromHour < c.UntilHour {
		return c.FromHour <= hour && hour < c.UntilHour
	}
	return c.FromHour <= hour || hour < c.UntilHour
}

// sum counts and adds up a member's fuellings since the condition's time.
func (c *condition) sum(who *Facts) (n, spent unit.Fen) {
	for i := range who.Fuellings {
		if f := &who.Fuellings[i]; f.At.After(c.since) {
			n++
			spent += f.Amount
		}
	}
	return n, spent
}
