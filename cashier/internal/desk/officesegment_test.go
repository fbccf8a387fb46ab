package desk_test

import (
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRuleIsBuiltFromWhatWasFilledIn(t *testing.T) {
	for name, c := range map[string]struct {
		fill []string
		want wire.SegmentCondition
		text string
	}{
		"large on Saturdays": {
			[]string{"c0.kind", "refuels", "c0.days", "90", "c0.weekdays", "6", "c0.each", "300", "c0.least", "4"},
			wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 300_00, AtLeast: 4},
			"最近 90 天 周六 每次至少 ¥300.00 至少 4 次",
		},
		"mornings of one grade": {
			[]string{"c0.days", "30", "c0.from", "7", "c0.until", "10", "c0.grade", "95#", "c0.least", "1", "c0.most", "3"},
			wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30, FromHour: 7, UntilHour: 10, Grade: "95#", AtLeast: 1, AtMost: 3},
			"最近 30 天 7–10 点 95# 1 到 3 次",
		},
		"from an hour on":  {[]string{"c0.from", "20"}, wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30, FromHour: 20, UntilHour: 24, AtLeast: 1}, "最近 30 天 20–24 点 至少 1 次"},
		"not once":         {[]string{"c0.least", "", "c0.most", "0"}, wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30}, "最近 30 天 一次也没有"},
		"the rare visitor": {[]string{"c0.kind", "idle", "c0.days", "60"}, wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 60}, "至少 60 天没有来加油"},
		"much in all":      {[]string{"c0.kind", "spent", "c0.days", "90", "c0.each", "1000"}, wire.SegmentCondition{Kind: wire.SegmentSpent, Days: 90, Each: 1000_00}, "最近 90 天累计至少 ¥1,000.00"},
		"a mean":           {[]string{"c0.kind", "average", "c0.days", "90", "c0.each", "286.40"}, wire.SegmentCondition{Kind: wire.SegmentAverage, Days: 90, Each: 286_40}, "最近 90 天平均每次至少 ¥286.40"},
		"a usual grade":    {[]string{"c0.kind", "usual", "c0.grade", "95#"}, wire.SegmentCondition{Kind: wire.SegmentUsual, Grade: "95#"}, "常用油品 95#"},
	} {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
		b.Act("segment.new")
		b.Fill(append([]string{"name", "分组"}, c.fill...)...)
		b.Do(desk.OfficeSubmit{})
		_, acts := b.Asked()
		want := wire.SegmentRequest{Name: "分组", Rule: wire.SegmentRule{Conditions: []wire.SegmentCondition{c.want}}}
		if len(acts) != 1 || acts[0].Kind != desk.CommandSegmentPut || acts[0].Object != "" {
			t.Errorf("%s: sent %+v; form %+v", name, acts, form(t, b))
			continue
		}
		if diff := cmp.Diff(want, *acts[0].Office.Segment); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		b.Segments = append(b.Segments, wire.Segment{ID: b.Segments[0].ID, Name: "分组", Rule: want.Rule})[2:]
		b.Grant(acts[0])
		b.Serve()
		b.Row(0)
		if got := line(office(t, b).Card, "条件 1"); strings.ReplaceAll(got, ",", "") != strings.ReplaceAll(c.text, ",", "") {
			t.Errorf("%s reads %q, want %q", name, got, c.text)
		}
	}
}

func TestRuleThatCannotBeMeantIsNotSent(t *testing.T) {
	for field, fill := range map[string][]string{
		"name":     {"name", " "},
		"c0.days":  {"c0.days", "0"},
		"c0.until": {"c0.from", "10", "c0.until", "9"},
		"c0.from":  {"c0.from", "24"},
		"c0.each":  {"c0.each", "1.234"},
		"c0.least": {"c0.least", ""},
		"c0.most":  {"c0.least", "4", "c0.most", "3"},
		"c0.grade": {"c0.kind", "usual", "c0.grade", ""},
	} {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
		b.Act("segment.new")
		b.Fill(append([]string{"name", "分组"}, fill...)...)
		b.Do(desk.OfficeSubmit{})
		if _, acts := b.Asked(); len(acts) != 0 || wrong(form(t, b), field) == "" {
			t.Errorf("%v: sent %+v, said at %s: %q", fill, acts, field, wrong(form(t, b), field))
		}
		b.Fill(fill[0], "x")
		if got := wrong(form(t, b), fill[0]); got != "" {
			t.Errorf("%v: still said %q after it was changed", fill, got)
		}
	}
}

func TestConditionsComeAndGo(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
	b.Act("segment.new")
	for range 6 {
		b.Act("condition.add")
	}
	count := func() int {
		n := 0
		for _, f := range form(t, b).Fields {
			if strings.HasSuffix(f.ID, ".kind") {
				n++
			}
		}
		return n
	}
	if count() != 4 {
		t.Fatalf("%d conditions", count())
	}
	b.Fill("c2.kind", "usual", "c2.grade", "98#")
	before := form(t, b).Fields[0].Revision
	b.Act("condition.remove", "1")
	f := form(t, b)
	moved := ""
	for _, x := range f.Fields {
		if x.ID == "c1.grade" {
			moved = x.Value
		}
	}
	if count() != 3 || moved != "98#" || f.Fields[0].Revision == before {
		t.Errorf("%d conditions, the one behind says %q, revision %d after %d", count(), moved, f.Fields[0].Revision, before)
	}
	for range 6 {
		b.Act("condition.remove", "0")
	}
	if count() != 1 {
		t.Errorf("%d conditions are left", count())
	}
}

func TestPreviewIsOfTheRuleOnTheScreen(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
	b.Row(1)
	b.Act("segment.edit")
	b.Do(desk.OfficeAct{ID: "preview"})
	asked, _ := b.Asked()
	if len(asked) != 1 {
		t.Fatalf("asked %+v", asked)
	}
	if diff := cmp.Diff(b.Segments[1].Rule, asked[0].Question.(desk.AskPreview).Segment.Rule); diff != "" {
		t.Error(diff)
	}
	if f := form(t, b); !f.Busy || f.OK.On {
		t.Errorf("while it is asked: %+v", f)
	}
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: wire.SegmentPreview{Members: 37}})
	if f := form(t, b); len(f.Lines) != 1 || f.Lines[0].Value != "选中 37 名会员" || f.Busy {
		t.Errorf("lines %+v", f.Lines)
	}
	b.Fill("c0.days", "91")
	if f := form(t, b); len(f.Lines) != 0 {
		t.Error("the count is of another rule now")
	}
}

func TestSegmentIsRemovedOnceAskedAndLeadsToItsMembers(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
	b.Row(1)
	b.Act("segment.drop")
	if _, acts := b.Asked(); len(acts) != 0 {
		t.Fatal("not asked first")
	}
	b.Do(desk.Press{Key: desk.KeyEscape})
	b.Act("segment.drop")
	b.Do(desk.OfficeSubmit{})
	if _, acts := b.Asked(); len(acts) != 1 || acts[0].Kind != desk.CommandSegmentDrop || acts[0].Object != b.Segments[1].ID.String() {
		t.Errorf("sent %+v", acts)
	}
	c := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
	c.Row(1)
	c.Do(desk.OfficeAct{ID: "segment.members"})
	asked, _ := c.Asked()
	if len(asked) != 2 || asked[0].Question != (desk.AskMembers{Search: wire.MemberSearch{Segment: c.Segments[1].ID}}) {
		t.Fatalf("asked %+v", asked)
	}
	if o := office(t, c); o.Filters[2].Value != c.Segments[1].ID.String() || !o.Tabs[0].Chosen {
		t.Errorf("filters %+v", o.Filters)
	}
}

// A rule that is opened and saved again is the same rule.
func TestRuleSurvivesTheForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabSegments)
		var rule wire.SegmentRule
		for range rapid.IntRange(1, 8).Draw(t, "conditions") {
			rule.Conditions = append(rule.Conditions, aCondition(t))
		}
		b.Segments[1].Rule = rule
		b.Do(desk.OfficeAct{ID: "reload"})
		b.Serve()
		b.Row(1)
		b.Act("segment.edit")
		b.Do(desk.OfficeSubmit{})
		_, acts := b.Asked()
		if len(acts) != 1 {
			t.Fatalf("not sent: %+v", b.State.Screen().Office.Form)
		}
		if diff := cmp.Diff(rule, acts[0].Office.Segment.Rule); diff != "" {
			t.Fatal(diff)
		}
	})
}

// aCondition is a condition that makes sense.
func aCondition(t *rapid.T) wire.SegmentCondition {
	c := wire.SegmentCondition{Kind: rapid.SampledFrom([]wire.SegmentKind{
		wire.SegmentRefuels, wire.SegmentIdle, wire.SegmentSpent, wire.SegmentAverage, wire.SegmentUsual,
	}).Draw(t, "kind")}
	grade := rapid.SampledFrom([]string{"92#", "95#", "0#", "甲醇"})
	if c.Kind == wire.SegmentUsual {
		c.Grade = grade.Draw(t, "grade")
		return c
	}
	c.Days = rapid.IntRange(1, 3650).Draw(t, "days")
	if c.Kind == wire.SegmentSpent || c.Kind == wire.SegmentAverage || c.Kind == wire.SegmentRefuels && rapid.Bool().Draw(t, "amount") {
		c.Each = 1 + 7*100*(1+3) // any amount will do
	}
	if c.Kind != wire.SegmentRefuels {
		return c
	}
	for d := range 7 {
		if rapid.Bool().Draw(t, "day") {
			c.Weekdays = append(c.Weekdays, d)
		}
	}
	if rapid.Bool().Draw(t, "hours") {
		c.FromHour = rapid.IntRange(0, 23).Draw(t, "from")
		c.UntilHour = rapid.IntRange(c.FromHour+1, 24).Draw(t, "until")
	}
	if rapid.Bool().Draw(t, "of one grade") {
		c.Grade = grade.Draw(t, "grade")
	}
	c.AtLeast = rapid.IntRange(0, 9).Draw(t, "least")
	if rapid.Bool().Draw(t, "bounded") {
		c.AtMost = rapid.IntRange(max(1, c.AtLeast), 20).Draw(t, "most")
	}
	return c
}
