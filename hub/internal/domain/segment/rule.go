package segment

import (
	"fmt"
	"time"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Bounds of a rule, as the tags of wire.SegmentRule say them.
const (
	maxConditions = 8
	maxDays       = 3650
	maxCount      = 100_000
	maxGrade      = 10
)

// day is what a rule means by a day that has passed.
const day = 24 * time.Hour

// Check refuses a rule that cannot be used with wire.ProblemSegmentRule, whose
// detail names the condition, from 1, and what is wrong with it.
func Check(rule wire.SegmentRule) error {
	if n := len(rule.Conditions); n < 1 || n > maxConditions {
		return wire.NewProblem(wire.ProblemSegmentRule, fmt.Sprintf("a rule has 1 to %d conditions, not %d", maxConditions, n))
	}
	for i, c := range rule.Conditions {
		if wrong := check(c); wrong != "" {
			return wire.NewProblem(wire.ProblemSegmentRule, fmt.Sprintf("condition %d: %s", i+1, wrong))
		}
	}
	return nil
}

// check says what is wrong with a condition, "" if nothing.
func check(c wire.SegmentCondition) string {
	if wrong := outOfRange(c); wrong != "" {
		return wrong
	}
	if left := unused(c); left != "" {
		return fmt.Sprintf("%s does not look at %s", c.Kind, left)
	}
	switch c.Kind {
	case wire.SegmentRefuels:
		if c.AtMost > 0 && c.AtMost < c.AtLeast {
			return fmt.Sprintf("at least %d cannot be at most %d", c.AtLeast, c.AtMost)
		}
	case wire.SegmentIdle:
		if c.Days == 0 {
			return "how many days ago has to be said"
		}
	case wire.SegmentSpent, wire.SegmentAverage:
		if c.Each == 0 {
			return "an amount is needed"
		}
	case wire.SegmentUsual:
		if c.Grade == "" {
			return "a grade is needed"
		}
	default:
		return fmt.Sprintf("%q is no kind of condition", c.Kind)
	}
	return ""
}

// outOfRange names the first field that no condition may have so.
func outOfRange(c wire.SegmentCondition) string {
	switch {
	case c.Days < 0 || c.Days > maxDays:
		return fmt.Sprintf("days are 0 to %d, not %d", maxDays, c.Days)
	case c.FromHour < 0 || c.FromHour > 23 || c.UntilHour < 0 || c.UntilHour > 24:
		return fmt.Sprintf("hours are 0 to 24, not %d to %d", c.FromHour, c.UntilHour)
	case c.FromHour == c.UntilHour && c.FromHour != 0:
		return "from an hour until the same is no time"
	case c.Each < 0 || c.Each > unit.Max:
		return "the amount is out of range"
	case c.AtLeast < 0 || c.AtLeast > maxCount || c.AtMost < 0 || c.AtMost > maxCount:
		return fmt.Sprintf("a count is 0 to %d", maxCount)
	case len(c.Grade) > maxGrade:
		return fmt.Sprintf("a grade has at most %d characters", maxGrade)
	}
	var seen week
	for _, d := range c.Weekdays {
		if d < 0 || d >= len(seen) || seen[d] {
			return "weekdays are 0, Sunday, to 6, each once"
		}
		seen[d] = true
	}
	return ""
}

// unused names a field that is given though the condition's kind does not use
// it, so that nobody believes that it counts.
func unused(c wire.SegmentCondition) string {
	counts := c.Kind == wire.SegmentRefuels
	switch {
	case !counts && len(c.Weekdays) > 0:
		return "weekdays"
	case !counts && (c.FromHour != 0 || c.UntilHour != 0):
		return "hours"
	case !counts && (c.AtLeast != 0 || c.AtMost != 0):
		return "a count"
	case c.Grade != "" && !counts && c.Kind != wire.SegmentUsual:
		return "a grade"
	case c.Each != 0 && (c.Kind == wire.SegmentIdle || c.Kind == wire.SegmentUsual):
		return "an amount"
	case c.Days != 0 && c.Kind == wire.SegmentUsual:
		return "days"
	}
	return ""
}

// Since is how far back fuellings have to be known to decide a rule: those
// after it, the zero time for all. needed is whether any have to be.
func Since(rule wire.SegmentRule, now time.Time) (since time.Time, needed bool) {
	longest := 0
	for _, c := range rule.Conditions {
		switch c.Kind {
		case wire.SegmentRefuels, wire.SegmentSpent, wire.SegmentAverage:
			if c.Days == 0 {
				return time.Time{}, true
			}
			longest = max(longest, c.Days)
		case wire.SegmentIdle, wire.SegmentUsual: // the last fuelling and the usual grade are facts of their own
		}
	}
	return back(now, longest), longest > 0
}

// NeedsUsual reports whether a rule looks at the usual grade.
func NeedsUsual(rule wire.SegmentRule) bool {
	for _, c := range rule.Conditions {
		if c.Kind == wire.SegmentUsual {
			return true
		}
	}
	return false
}

// back is so many days before now; zero days is the beginning of time.
func back(now time.Time, days int) time.Time {
	if days == 0 {
		return time.Time{}
	}
	return now.Add(-time.Duration(days) * day)
}
