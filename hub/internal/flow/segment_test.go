package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Volumes of 92# at 7.50 by what they cost.
const (
	litres300   unit.Millilitre = 40_000 // 300.00
	litres29999 unit.Millilitre = 39_999 // 299.99
)

// crowd is members by what they do.
type crowd struct {
	*house
	people map[string]member.Actor
}

func newCrowd(t *testing.T, names ...string) crowd {
	c := crowd{newHouse(t), map[string]member.Actor{}}
	for i, name := range names {
		c.later(time.Minute)
		c.people[name] = c.driver(fmt.Sprintf("138000000%02d", i))
		c.consent(name, true)
	}
	return c
}

// consent has somebody agree to be chosen for offers, or no longer.
func (c crowd) consent(name string, given bool) {
	c.t.Helper()
	c.exec(`INSERT INTO consent (member, purpose, version, given, at) VALUES (?, ?, 1, ?, ?)
		ON DUPLICATE KEY UPDATE given = VALUES(given)`, c.people[name].Member, wire.ConsentMarketing, given, c.now())
}

// at sets the clock to a moment by Shanghai's.
func (h *house) at(text string) {
	h.t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		h.t.Fatal(err)
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04:05.000", text, zone)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = moment.UTC()
}

// fuel has people fuel at once, one nozzle after the other, and pay.
func (c crowd) fuel(volume unit.Millilitre, names ...string) {
	c.t.Helper()
	for _, name := range names {
		c.settle(c.refuel(c.people[name], 1, volume))
	}
}

// wantChosen tries a rule and fails the test unless it chooses exactly these.
func (c crowd) wantChosen(rule wire.SegmentRule, names ...string) {
	c.t.Helper()
	preview, err := c.flow.PreviewSegment(c.t.Context(), c.head(), wire.SegmentRequest{Name: "x", Rule: rule})
	if err != nil {
		c.t.Fatal(err)
	}
	var got []string
	for _, row := range preview.Some {
		for name, who := range c.people {
			if who.Member == row.ID {
				got = append(got, name)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(names)
	if !slices.Equal(got, names) || preview.Members != len(names) {
		c.t.Errorf("chosen: %v (%d), want %v", got, preview.Members, names)
	}
}

func ruleOf(conditions ...wire.SegmentCondition) wire.SegmentRule {
	return wire.SegmentRule{Conditions: conditions}
}

// often is the rule of those who often fuel on a Saturday for 300.00 and more.
func often() wire.SegmentRule {
	return ruleOf(wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 30000, AtLeast: 4})
}

// TestS036SaturdayThreeHundred seeds four weeks of fuelling and asks for those
// who often fuel on a Saturday with at least 300.00 each: exactly they are
// found, and nobody at the edge of it.
func TestS036SaturdayThreeHundred(t *testing.T) {
	c := newCrowd(t, "every Saturday", "and more", "at midnight", "three Saturdays", "299.99", "Fridays", "Friday, last millisecond",
		"Sunday at midnight", "unpaid", "no consent", "consent withdrawn", "erased", "two in a day")
	for week := range 4 {
		day := func(day int, clock string) string { return fmt.Sprintf("2026-04-%02d %s", day+7*week, clock) }
		c.at(day(3, "12:00:00.000"))
		c.fuel(litres300, "Fridays")
		c.at(day(3, "23:59:59.999"))
		c.fuel(litres300, "Friday, last millisecond")
		c.at(day(4, "00:00:00.000"))
		c.fuel(litres300, "at midnight")
		c.at(day(4, "09:30:00.000"))
		c.fuel(litres300, "every Saturday", "no consent", "consent withdrawn", "erased")
		c.fuel(2*litres300, "and more")
		c.fuel(litres29999, "299.99")
		c.refuel(c.people["unpaid"], 2, litres300)
		if week > 0 {
			c.fuel(litres300, "three Saturdays")
		}
		if week < 2 {
			c.fuel(litres300, "two in a day", "two in a day")
		}
		c.at(day(5, "00:00:00.000"))
		c.fuel(litres300, "Sunday at midnight")
	}
	c.exec("DELETE FROM consent WHERE member = ?", c.people["no consent"].Member)
	c.consent("consent withdrawn", false)
	c.erase(c.people["erased"])

	c.at("2026-04-27 12:00:00.000")
	loyal := []string{"every Saturday", "and more", "at midnight", "two in a day"}
	c.wantChosen(often(), loyal...)
	saved, err := c.flow.SaveSegment(t.Context(), c.head(), c.key(), id.Segment{}, wire.SegmentRequest{Name: "周六加满300", Rule: often()})
	if err != nil || saved.Members != len(loyal) || saved.By != "head" || !saved.CountedAt.Equal(c.now()) {
		t.Errorf("saved %+v, %v", saved, err)
	}
	// A day before the first Saturday's fuellings are 90 days old all are still there.
	c.at("2026-07-02 23:59:59.999")
	c.wantChosen(often(), loyal...)
	c.at("2026-07-03 00:00:00.000") // the one of midnight is exactly 90 days old
	c.wantChosen(often(), "every Saturday", "and more", "two in a day")
	c.habitsSound()
}

// TestS037AwayForThirtyDays: members who have not fuelled for 30 days, to the
// millisecond; who never fuelled counts from the day they joined.
func TestS037AwayForThirtyDays(t *testing.T) {
	c := newCrowd(t, "30 days", "a millisecond less", "came back", "away, no consent", "never came")
	c.at("2026-05-01 08:00:00.000")
	c.fuel(litres300, "came back", "30 days", "away, no consent")
	c.at("2026-05-01 08:00:00.001")
	c.fuel(litres300, "a millisecond less")
	c.at("2026-05-31 08:00:00.000")
	c.people["new"] = c.driver("13900000001")
	c.consent("new", true)
	c.exec("DELETE FROM consent WHERE member = ?", c.people["away, no consent"].Member)
	away := ruleOf(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 30})
	c.wantChosen(away, "30 days", "came back", "never came")
	c.fuel(litres300, "came back")
	c.wantChosen(away, "30 days", "never came")
	c.at("2026-05-31 08:00:00.001")
	c.wantChosen(away, "30 days", "never came", "a millisecond less")
}

// TestRulesOverHabits: the usual grade, sums and means, and several conditions.
func TestRulesOverHabits(t *testing.T) {
	c := newCrowd(t, "92", "95", "both, 95 last", "both, 92 last")
	c.at("2026-05-01 08:00:00.000")
	c.fuel(litres300, "92", "92")
	for _, name := range []string{"95", "both, 92 last"} {
		c.settle(c.refuel(c.people[name], 2, 50_000)) // 399.00
	}
	c.fuel(litres300, "both, 95 last")
	c.at("2026-05-02 08:00:00.000")
	c.fuel(litres300, "both, 92 last")
	c.settle(c.refuel(c.people["both, 95 last"], 2, 50_000))
	usual := wire.SegmentCondition{Kind: wire.SegmentUsual, Grade: "95#"}
	c.wantChosen(ruleOf(usual), "95", "both, 95 last")
	c.wantChosen(ruleOf(usual, wire.SegmentCondition{Kind: wire.SegmentSpent, Days: 30, Each: 39901}), "both, 95 last")
	c.wantChosen(ruleOf(wire.SegmentCondition{Kind: wire.SegmentAverage, Days: 30, Each: 30000}), "92", "95", "both, 95 last", "both, 92 last")
	c.wantChosen(ruleOf(wire.SegmentCondition{Kind: wire.SegmentAverage, Days: 30, Each: 34950}), "95", "both, 95 last", "both, 92 last")
	c.wantChosen(ruleOf(wire.SegmentCondition{Kind: wire.SegmentAverage, Days: 30, Each: 34951}), "95")
	c.wantChosen(ruleOf(wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30}))
	c.at("2026-06-30 08:00:00.000")
	c.wantChosen(ruleOf(wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30}), "92", "95", "both, 95 last", "both, 92 last")
}

func TestSegmentsAreSavedChangedCountedAndDropped(t *testing.T) {
	c := newCrowd(t, "a", "b")
	request := func(name string, days int) wire.SegmentRequest {
		return wire.SegmentRequest{Name: name, Rule: ruleOf(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: days})}
	}
	save := func(key id.Command, which id.Segment, req wire.SegmentRequest) (wire.Segment, error) {
		return c.flow.SaveSegment(t.Context(), c.head(), key, which, req)
	}
	key := c.key()
	rare, err := save(key, id.Segment{}, request(" 少来的会员 ", 30))
	if err != nil || rare.Name != "少来的会员" || rare.Members != 0 {
		t.Fatalf("saved %+v, %v", rare, err)
	}
	if again, err := save(key, id.Segment{}, request(" 少来的会员 ", 30)); err != nil || again.ID != rare.ID {
		t.Errorf("the repeat made %+v, %v", again, err)
	}
	_, err = save(c.key(), id.Segment{}, request("少来的会员", 60))
	wantProblem(t, err, wire.ProblemNameTaken)
	lost, err := save(c.key(), id.Segment{}, request("lost", 300))
	if err != nil {
		t.Fatal(err)
	}
	_, err = save(c.key(), lost.ID, request("少来的会员", 300))
	wantProblem(t, err, wire.ProblemNameTaken)
	_, err = save(c.key(), id.New[id.Segment](c.ids), request("other", 300))
	wantProblem(t, err, wire.ProblemNotFound)
	_, err = save(c.key(), id.Segment{}, request("idle", 0))
	wantProblem(t, err, wire.ProblemSegmentRule)
	_, err = c.flow.SaveSegment(t.Context(), c.cashier(), c.key(), id.Segment{}, request("x", 1))
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = c.flow.PreviewSegment(t.Context(), c.cashier(), request("x", 1))
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = c.flow.PreviewSegment(t.Context(), c.head(), request("x", 0))
	wantProblem(t, err, wire.ProblemSegmentRule)

	c.later(31 * 24 * time.Hour)
	if n, err := c.flow.CountSegments(t.Context()); err != nil || n != 2 {
		t.Errorf("counted %d segments, %v", n, err)
	}
	list, err := c.flow.Segments(t.Context(), c.station)
	if err != nil || len(list.Segments) != 2 || list.Segments[0].Name != "lost" || list.Segments[0].Members != 0 {
		t.Fatalf("listed %+v, %v", list, err)
	}
	if s := list.Segments[1]; s.ID != rare.ID || s.Members != 2 || !s.CountedAt.Equal(c.now()) || s.Rule.Conditions[0].Days != 30 {
		t.Errorf("counted as %+v", s)
	}
	changed, err := save(c.key(), rare.ID, request("少来的会员", 32))
	if err != nil || changed.ID != rare.ID || changed.Members != 0 {
		t.Errorf("changed into %+v, %v", changed, err)
	}
	stranger := c.head()
	stranger.Station = id.New[id.Station](c.ids)
	_, err = c.flow.DropSegment(t.Context(), stranger, c.key(), rare.ID)
	wantProblem(t, err, wire.ProblemNotFound)
	if _, err := c.flow.DropSegment(t.Context(), c.head(), c.key(), rare.ID); err != nil {
		t.Error(err)
	}
	_, err = c.flow.DropSegment(t.Context(), c.head(), c.key(), rare.ID)
	wantProblem(t, err, wire.ProblemNotFound)
	if list, err := c.flow.Segments(t.Context(), c.station); err != nil || len(list.Segments) != 1 {
		t.Errorf("left: %+v, %v", list, err)
	}
}

// TestALookAtASegmentIsOnRecord: who saved and who looked is in the log, and
// nothing personal with it.
func TestALookAtASegmentIsOnRecord(t *testing.T) {
	c := newCrowd(t, "a")
	c.later(31 * 24 * time.Hour)
	req := wire.SegmentRequest{Name: "rare", Rule: ruleOf(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 30})}
	if _, err := c.flow.PreviewSegment(t.Context(), c.head(), req); err != nil {
		t.Fatal(err)
	}
	saved, err := c.flow.SaveSegment(t.Context(), c.head(), c.key(), id.Segment{}, req)
	if err != nil {
		t.Fatal(err)
	}
	for action, object := range map[string]string{"segment.preview": "", "segment.save": saved.ID.String()} {
		rows, err := audit.Find(t.Context(), c.db, audit.Query{Station: c.station, Action: action})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %d rows, %v", action, len(rows), err)
		}
		if r := rows[0]; r.Staff != c.head().Staff || r.Result != audit.OK || r.ObjectID != object || !strings.Contains(r.Note, "members 1") {
			t.Errorf("%s: %+v", action, r)
		}
	}
}
