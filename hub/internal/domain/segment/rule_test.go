package segment_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/segment"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestRulesThatCannotBeUsedSayWhatIsWrong(t *testing.T) {
	type c = wire.SegmentCondition
	good := c{Kind: wire.SegmentIdle, Days: 30}
	nine := make([]c, 9)
	for i := range nine {
		nine[i] = good
	}
	for want, conditions := range map[string][]c{
		"1 to 8 conditions, not 0":                   nil,
		"1 to 8 conditions, not 9":                   nine,
		"condition 1: \"sleeps\" is no kind":         {{Kind: "sleeps"}},
		"condition 2: \"\" is no kind":               {good, {}},
		"days are 0 to 3650, not 3651":               {{Kind: wire.SegmentRefuels, Days: 3651, AtLeast: 1}},
		"days are 0 to 3650, not -1":                 {{Kind: wire.SegmentIdle, Days: -1}},
		"how many days ago has to be said":           {{Kind: wire.SegmentIdle}},
		"idle does not look at an amount":            {{Kind: wire.SegmentIdle, Days: 30, Each: 1}},
		"idle does not look at weekdays":             {{Kind: wire.SegmentIdle, Days: 30, Weekdays: []int{1}}},
		"idle does not look at a grade":              {{Kind: wire.SegmentIdle, Days: 30, Grade: "92#"}},
		"spent does not look at a count":             {{Kind: wire.SegmentSpent, Days: 30, Each: 1, AtLeast: 1}},
		"spent does not look at hours":               {{Kind: wire.SegmentSpent, Days: 30, Each: 1, UntilHour: 1}},
		"average does not look at a grade":           {{Kind: wire.SegmentAverage, Each: 1, Grade: "92#"}},
		"usual does not look at days":                {{Kind: wire.SegmentUsual, Days: 1, Grade: "92#"}},
		"usual does not look at an amount":           {{Kind: wire.SegmentUsual, Each: 1, Grade: "92#"}},
		"condition 1: an amount is needed":           {{Kind: wire.SegmentSpent, Days: 30}},
		"condition 2: an amount is needed":           {good, {Kind: wire.SegmentAverage, Days: 30}},
		"a grade is needed":                          {{Kind: wire.SegmentUsual}},
		"at most 10 characters":                      {{Kind: wire.SegmentUsual, Grade: strings.Repeat("9", 11)}},
		"at least 3 cannot be at most 2":             {{Kind: wire.SegmentRefuels, AtLeast: 3, AtMost: 2}},
		"a count is 0 to 100000":                     {{Kind: wire.SegmentRefuels, AtLeast: 100_001}},
		"weekdays are 0, Sunday, to 6, each once":    {{Kind: wire.SegmentRefuels, Weekdays: []int{7}}},
		"to 6, each once":                            {{Kind: wire.SegmentRefuels, Weekdays: []int{6, 6}}},
		"0, Sunday, to 6":                            {{Kind: wire.SegmentRefuels, Weekdays: []int{-1}}},
		"hours are 0 to 24, not 24 to 3":             {{Kind: wire.SegmentRefuels, FromHour: 24, UntilHour: 3}},
		"hours are 0 to 24, not 0 to 25":             {{Kind: wire.SegmentRefuels, UntilHour: 25}},
		"from an hour until the same is no time":     {{Kind: wire.SegmentRefuels, FromHour: 7, UntilHour: 7}},
		"condition 1: the amount is out of range":    {{Kind: wire.SegmentSpent, Each: unit.Max + 1}},
		"condition 2: the amount is out of range":    {good, {Kind: wire.SegmentSpent, Each: -1}},
		"condition 1: days are 0 to 3650, not 99999": {{Kind: wire.SegmentSpent, Each: 1, Days: 99999}},
	} {
		err := segment.Check(rule(conditions...))
		var p *wire.Problem
		if !errors.As(err, &p) || p.Type != wire.ProblemSegmentRule || !strings.Contains(p.Detail, want) {
			t.Errorf("%+v: %v, want %q", conditions, err, want)
		}
	}
}

func TestRulesThatCanBeUsed(t *testing.T) {
	type c = wire.SegmentCondition
	for _, condition := range []c{
		{Kind: wire.SegmentRefuels},
		{
			Kind: wire.SegmentRefuels, Days: 3650, Weekdays: []int{0, 1, 2, 3, 4, 5, 6}, FromHour: 23, UntilHour: 24,
			Grade: "0123456789", Each: unit.Max, AtLeast: 100_000, AtMost: 100_000,
		},
		{Kind: wire.SegmentRefuels, FromHour: 22},
		{Kind: wire.SegmentRefuels, UntilHour: 24},
		{Kind: wire.SegmentIdle, Days: 1},
		{Kind: wire.SegmentSpent, Each: 1},
		{Kind: wire.SegmentAverage, Days: 1, Each: 1},
		{Kind: wire.SegmentUsual, Grade: "92#"},
	} {
		if err := segment.Check(rule(condition)); err != nil {
			t.Errorf("%+v: %v", condition, err)
		}
	}
}

func TestSinceLooksBackAsFarAsTheLongestCondition(t *testing.T) {
	type c = wire.SegmentCondition
	idle, usual := c{Kind: wire.SegmentIdle, Days: 300}, c{Kind: wire.SegmentUsual, Grade: "92#"}
	month, week := c{Kind: wire.SegmentRefuels, Days: 30, AtLeast: 1}, c{Kind: wire.SegmentSpent, Days: 7, Each: 1}
	if _, needed := segment.Since(rule(idle, usual), now); needed {
		t.Error("the last fuelling and the usual grade need all fuellings")
	}
	if since, needed := segment.Since(rule(idle, week, month), now); !needed || !since.Equal(now.Add(-30*24*time.Hour)) {
		t.Errorf("since %v, %v", since, needed)
	}
	if since, needed := segment.Since(rule(month, c{Kind: wire.SegmentAverage, Each: 1}), now); !needed || !since.IsZero() {
		t.Errorf("without a bound: since %v, %v", since, needed)
	}
	if segment.NeedsUsual(rule(idle)) || !segment.NeedsUsual(rule(idle, usual)) {
		t.Error("who needs the usual grade is mistaken")
	}
}

func TestNames(t *testing.T) {
	good := rule(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 30})
	for name, ok := range map[string]bool{
		"周六加满300": true, "  rare  ": true, strings.Repeat("油", 60): true,
		"": false, "  ": false, strings.Repeat("油", 61): false, "two\nlines": false, "\xff": false,
	} {
		got, err := segment.Clean(wire.SegmentRequest{Name: name, Rule: good})
		if (err == nil) != ok || ok && got.Name != strings.TrimSpace(name) {
			t.Errorf("%q: %q, %v", name, got.Name, err)
		}
	}
	if _, err := segment.Clean(wire.SegmentRequest{Name: "x"}); err == nil {
		t.Error("a segment without a rule was taken")
	}
}
