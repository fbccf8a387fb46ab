package segment_test

import (
	"bytes"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the station's clock must not depend on the machine's zone files

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/segment"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// now is a Sunday noon in Shanghai.
var now = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// at is a moment by Shanghai's clock.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", text, shanghai(t))
	if err != nil {
		t.Fatal(err)
	}
	return moment.UTC()
}

// rule is conditions as a rule.
func rule(conditions ...wire.SegmentCondition) wire.SegmentRule {
	return wire.SegmentRule{Conditions: conditions}
}

// who is a member with a number and fuellings; the last of them is LastAt.
func who(n byte, fuellings ...segment.Fuelling) segment.Facts {
	f := segment.Facts{Member: id.Member{15: n}, Joined: now.AddDate(-1, 0, 0), Fuellings: fuellings}
	for _, fuelling := range fuellings {
		if fuelling.At.After(f.LastAt) {
			f.LastAt = fuelling.At
		}
	}
	return f
}

// chosen is whether a rule chooses one member.
func chosen(t testing.TB, r wire.SegmentRule, f segment.Facts) bool {
	t.Helper()
	if err := segment.Check(r); err != nil {
		t.Fatal(err)
	}
	return slices.Equal(segment.Choose(r, []segment.Facts{f}, now, shanghai(t)), []id.Member{f.Member})
}

// TestS036OneFuellingOnTheEdgeOfTheRule has one fuelling each, against the rule
// of Saturdays with 300.00 and more, at every edge of it.
func TestS036OneFuellingOnTheEdgeOfTheRule(t *testing.T) {
	saturdays := rule(wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 30000, AtLeast: 1})
	for name, tt := range map[string]struct {
		at     string
		amount unit.Fen
		want   bool
	}{
		"Saturday 300.00":              {"2026-11-21 09:00:00", 30000, true},
		"Saturday 299.99":              {"2026-11-21 09:00:00", 29999, false},
		"Saturday 1000.00":             {"2026-11-14 22:10:00", 100000, true},
		"Friday 300.00":                {"2026-11-20 12:00:00", 30000, false},
		"Sunday 300.00":                {"2026-11-22 08:00:00", 30000, false},
		"Friday, a second to midnight": {"2026-11-20 23:59:59", 30000, false},
		"Saturday at midnight":         {"2026-11-21 00:00:00", 30000, true},
		"Saturday, a second to Sunday": {"2026-11-21 23:59:59", 30000, true},
		"Sunday at midnight":           {"2026-11-22 00:00:00", 30000, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := who(1, segment.Fuelling{At: at(t, tt.at), Amount: tt.amount, Grade: "92#"})
			if got := chosen(t, saturdays, f); got != tt.want {
				t.Errorf("chosen: %v", got)
			}
		})
	}
}

// TestS037ThirtyDaysToTheMillisecond: away for exactly 30 days is away for 30
// days. Who never fuelled counts from the day they joined.
func TestS037ThirtyDaysToTheMillisecond(t *testing.T) {
	away := rule(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 30})
	edge := now.Add(-30 * 24 * time.Hour)
	for name, tt := range map[string]struct {
		joined, last time.Time
		want         bool
	}{
		"exactly 30 days":             {now.AddDate(-1, 0, 0), edge, true},
		"a millisecond less":          {now.AddDate(-1, 0, 0), edge.Add(time.Millisecond), false},
		"a millisecond more":          {now.AddDate(-1, 0, 0), edge.Add(-time.Millisecond), true},
		"never, joined 30 days ago":   {edge, time.Time{}, true},
		"never, joined a moment less": {edge.Add(time.Millisecond), time.Time{}, false},
		"a clock that runs ahead":     {now.AddDate(-1, 0, 0), now.Add(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := chosen(t, away, segment.Facts{Member: id.Member{1}, Joined: tt.joined, LastAt: tt.last}); got != tt.want {
				t.Errorf("chosen: %v", got)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	weekly := func(amount unit.Fen, grade string, days ...int) []segment.Fuelling {
		list := make([]segment.Fuelling, len(days))
		for i, d := range days {
			list[i] = segment.Fuelling{At: now.Add(-time.Duration(d) * 24 * time.Hour), Amount: amount, Grade: grade}
		}
		return list
	}
	three := who(1, weekly(20001, "92#", 1, 8, 30)...) // Saturday noon, Saturday noon, and exactly 30 days ago
	usual := three
	usual.Usual = "92#"
	night := who(2, segment.Fuelling{At: at(t, "2026-11-21 23:30:00"), Amount: 100, Grade: "0#"},
		segment.Fuelling{At: at(t, "2026-11-21 05:59:59"), Amount: 101, Grade: "0#"})
	type c = wire.SegmentCondition
	for name, tt := range map[string]struct {
		who  segment.Facts
		rule c
		want bool
	}{
		"what is exactly so old is not within":   {three, c{Kind: wire.SegmentRefuels, Days: 30, AtLeast: 3}, false},
		"a day more and it is":                   {three, c{Kind: wire.SegmentRefuels, Days: 31, AtLeast: 3}, true},
		"ever":                                   {three, c{Kind: wire.SegmentRefuels, AtLeast: 3}, true},
		"as many as allowed":                     {three, c{Kind: wire.SegmentRefuels, Days: 30, AtLeast: 1, AtMost: 2}, true},
		"more than allowed":                      {three, c{Kind: wire.SegmentRefuels, AtLeast: 1, AtMost: 2}, false},
		"at most, and none at all":               {who(3), c{Kind: wire.SegmentRefuels, Days: 30, AtMost: 2}, true},
		"none may be, and there are":             {three, c{Kind: wire.SegmentRefuels}, false},
		"none may be, and there is none":         {who(3), c{Kind: wire.SegmentRefuels}, true},
		"none of that grade may be":              {three, c{Kind: wire.SegmentRefuels, Grade: "95#"}, true},
		"another grade":                          {three, c{Kind: wire.SegmentRefuels, Grade: "95#", AtLeast: 1}, false},
		"the grade":                              {three, c{Kind: wire.SegmentRefuels, Grade: "92#", AtLeast: 3}, true},
		"an hour":                                {three, c{Kind: wire.SegmentRefuels, FromHour: 12, UntilHour: 13, AtLeast: 3}, true},
		"until an hour is before it":             {three, c{Kind: wire.SegmentRefuels, FromHour: 11, UntilHour: 12, AtLeast: 1}, false},
		"over midnight":                          {night, c{Kind: wire.SegmentRefuels, FromHour: 22, UntilHour: 6, AtLeast: 2}, true},
		"over midnight, until the hour before":   {night, c{Kind: wire.SegmentRefuels, FromHour: 22, UntilHour: 5, AtLeast: 2}, false},
		"until midnight":                         {night, c{Kind: wire.SegmentRefuels, FromHour: 23, UntilHour: 24, AtLeast: 1}, true},
		"from midnight":                          {night, c{Kind: wire.SegmentRefuels, FromHour: 0, UntilHour: 6, AtLeast: 1}, true},
		"the sum, exactly":                       {three, c{Kind: wire.SegmentSpent, Days: 30, Each: 40002}, true},
		"the sum, a fen less":                    {three, c{Kind: wire.SegmentSpent, Days: 30, Each: 40003}, false},
		"the mean, exactly":                      {three, c{Kind: wire.SegmentAverage, Each: 20001}, true},
		"the mean, a fen less":                   {three, c{Kind: wire.SegmentAverage, Each: 20002}, false},
		"a mean between two fen is the lesser":   {night, c{Kind: wire.SegmentAverage, Each: 101}, false},
		"no mean of nothing":                     {who(3), c{Kind: wire.SegmentAverage, Each: 1}, false},
		"the usual grade":                        {usual, c{Kind: wire.SegmentUsual, Grade: "92#"}, true},
		"another usual grade":                    {usual, c{Kind: wire.SegmentUsual, Grade: "95#"}, false},
		"no usual grade":                         {who(3), c{Kind: wire.SegmentUsual, Grade: "92#"}, false},
		"the largest amount does not run over":   {three, c{Kind: wire.SegmentAverage, Each: unit.Max}, false},
		"a weekday by the station's clock":       {three, c{Kind: wire.SegmentRefuels, Weekdays: []int{6}, AtLeast: 2}, true},
		"several weekdays":                       {three, c{Kind: wire.SegmentRefuels, Weekdays: []int{5, 6}, AtLeast: 3}, true},
		"a weekday that has not so many of them": {three, c{Kind: wire.SegmentRefuels, Weekdays: []int{5}, AtLeast: 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := chosen(t, rule(tt.rule), tt.who); got != tt.want {
				t.Errorf("chosen: %v", got)
			}
		})
	}
}

func TestAllConditionsMustHoldAndNoneChoosesNobody(t *testing.T) {
	members := []segment.Facts{who(3), who(1), who(2)}
	members[0].Usual, members[1].Usual, members[2].Usual = "92#", "95#", "92#"
	members[2].Joined = now
	choose := func(conditions ...wire.SegmentCondition) []id.Member {
		return segment.Choose(rule(conditions...), members, now, shanghai(t))
	}
	idle, usual := wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 1}, wire.SegmentCondition{Kind: wire.SegmentUsual, Grade: "92#"}
	if got := choose(); got != nil {
		t.Errorf("no condition chose %v", got)
	}
	if got := choose(usual); !slices.Equal(got, []id.Member{members[0].Member, members[2].Member}) {
		t.Errorf("one condition chose %v, want the third and the second in the order given", got)
	}
	if got := choose(usual, idle); !slices.Equal(got, []id.Member{members[0].Member}) {
		t.Errorf("both conditions chose %v", got)
	}
}

// drawn is members with fuellings at any time of a year.
func drawn(t *rapid.T) []segment.Facts {
	var members []segment.Facts
	for n := range rapid.IntRange(1, 8).Draw(t, "members") {
		var fuellings []segment.Fuelling
		for range rapid.IntRange(0, 12).Draw(t, "fuellings") {
			fuellings = append(fuellings, segment.Fuelling{
				At:     now.Add(-time.Duration(rapid.IntRange(0, 200*24).Draw(t, "hours ago")) * time.Hour),
				Amount: unit.Fen(rapid.SampledFrom([]int{29999, 30000, 45000}).Draw(t, "amount")),
				Grade:  rapid.SampledFrom([]string{"92#", "95#"}).Draw(t, "grade"),
			})
		}
		members = append(members, who(byte(n+1), fuellings...))
	}
	return members
}

// drawnCondition counts fuellings; AtLeast is not set.
func drawnCondition(t *rapid.T) wire.SegmentCondition {
	return wire.SegmentCondition{
		Kind: wire.SegmentRefuels, Days: rapid.SampledFrom([]int{0, 30, 90}).Draw(t, "days"),
		Weekdays: rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 0, 3, rapid.ID[int]).Draw(t, "weekdays"),
		FromHour: rapid.SampledFrom([]int{0, 6, 20}).Draw(t, "from"), UntilHour: rapid.SampledFrom([]int{0, 5, 24}).Draw(t, "until"),
		Grade: rapid.SampledFrom([]string{"", "92#"}).Draw(t, "grade"),
		Each:  rapid.SampledFrom([]unit.Fen{0, 30000}).Draw(t, "each"),
	}
}

// TestS036AskingForMoreNeverChoosesMore: Choose falls with AtLeast, and what it
// chooses has so many matching fuellings counted by hand.
func TestS036AskingForMoreNeverChoosesMore(t *testing.T) {
	zone := shanghai(t)
	rapid.Check(t, func(t *rapid.T) {
		members, c := drawn(t), drawnCondition(t)
		var before []id.Member
		for n := 1; n <= 13; n++ {
			c.AtLeast = n
			got := segment.Choose(rule(c), members, now, zone)
			if n > 1 && !subset(got, before) {
				t.Fatalf("at least %d chose %v, at least %d chose %v", n, got, n-1, before)
			}
			for _, f := range members {
				if want := byHand(c, f, zone) >= n; want != slices.Contains(got, f.Member) {
					t.Fatalf("%v of member %v: want chosen %v", c, f.Member, want)
				}
			}
			before = got
		}
		if len(before) != 0 {
			t.Fatalf("at least 13 of at most 12 chose %v", before)
		}
	})
}

// TestOlderFuellingsNeverDecide: leaving out what Since does not ask for
// changes nothing.
func TestOlderFuellingsNeverDecide(t *testing.T) {
	zone := shanghai(t)
	rapid.Check(t, func(t *rapid.T) {
		members, c := drawn(t), drawnCondition(t)
		c.AtLeast = rapid.IntRange(0, 4).Draw(t, "at least")
		r := rule(c, wire.SegmentCondition{
			Kind: rapid.SampledFrom([]wire.SegmentKind{wire.SegmentSpent, wire.SegmentAverage}).Draw(t, "kind"),
			Days: rapid.SampledFrom([]int{0, 7, 60}).Draw(t, "days"), Each: 20000,
		})
		all := segment.Choose(r, members, now, zone)
		since, needed := segment.Since(r, now)
		if !needed {
			t.Fatal("a rule over fuellings needs none")
		}
		for i := range members {
			members[i].Fuellings = slices.DeleteFunc(members[i].Fuellings, func(f segment.Fuelling) bool { return !f.At.After(since) })
		}
		if some := segment.Choose(r, members, now, zone); !slices.Equal(all, some) {
			t.Fatalf("%v with all fuellings, %v with those since %v", all, some, since)
		}
	})
}

// byHand counts a member's fuellings that match a condition, in another way
// than the package does: hour by hour of the week.
func byHand(c wire.SegmentCondition, f segment.Facts, zone *time.Location) int {
	n := 0
	for _, fuelling := range f.Fuellings {
		local := fuelling.At.In(zone)
		old := c.Days > 0 && now.Sub(fuelling.At) >= time.Duration(c.Days)*24*time.Hour
		otherDay := len(c.Weekdays) > 0 && !slices.Contains(c.Weekdays, int(local.Weekday()))
		hours := []int{}
		for h := c.FromHour; c.FromHour != 0 || c.UntilHour != 0; h = (h + 1) % 24 {
			if len(hours) > 0 && h == c.UntilHour%24 || len(hours) == 24 {
				break
			}
			hours = append(hours, h)
		}
		otherHour := len(hours) > 0 && !slices.Contains(hours, local.Hour())
		if !old && !otherDay && !otherHour && fuelling.Amount >= c.Each && (c.Grade == "" || c.Grade == fuelling.Grade) {
			n++
		}
	}
	return n
}

func subset(a, b []id.Member) bool {
	for _, m := range a {
		if !slices.ContainsFunc(b, func(o id.Member) bool { return bytes.Equal(o[:], m[:]) }) {
			return false
		}
	}
	return true
}
