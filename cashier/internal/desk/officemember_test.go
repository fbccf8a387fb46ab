package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

func TestMembersAreSearchedByWhatWasTyped(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	segment := b.Segments[1].ID
	for _, c := range []struct {
		fields []string
		want   wire.MemberSearch
	}{
		{nil, wire.MemberSearch{}},
		{[]string{"value", " 123 "}, wire.MemberSearch{Number: "123"}},
		{[]string{"by", "phone", "value", "138 0001"}, wire.MemberSearch{Phone: "138 0001"}},
		{[]string{"by", "plate", "value", "云A12345"}, wire.MemberSearch{Plate: "云A12345"}},
		{[]string{"by", "id_number", "value", "53010219900307123x"}, wire.MemberSearch{IDNumber: "53010219900307123x"}},
		{[]string{"value", "x", "segment", segment.String()}, wire.MemberSearch{Segment: segment}}, // the last word counts
		{[]string{"segment", segment.String(), "value", "7"}, wire.MemberSearch{Number: "7"}},
	} {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
		for i := 0; i+1 < len(c.fields); i += 2 {
			b.Do(desk.OfficeFilter{Field: c.fields[i], Value: c.fields[i+1]})
		}
		b.Do(desk.OfficeSearch{})
		asked, _ := b.Asked()
		if len(asked) != 1 || asked[0].Question != (desk.AskMembers{Search: c.want}) {
			t.Errorf("%v asked %+v", c.fields, asked)
		}
	}
}

func TestLaterSearchReplacesTheEarlierOne(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	b.Do(desk.OfficeSearch{})
	first, _ := b.Asked()
	b.Do(desk.OfficeFilter{Field: "value", Value: "M000140"}, desk.OfficeSearch{})
	b.Serve()
	b.Do(desk.OfficeAnswer{N: first[0].N, Answer: wire.MemberPage{}})
	if rows := office(t, b).Table.Rows; len(rows) != 1 || rows[0].Cells[0].Text != "M000140" {
		t.Errorf("rows %+v", rows)
	}
}

func TestFurtherMembersGoOnWhereTheListEnds(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	all := b.Members
	next := all[4].ID
	b.Do(desk.OfficeSearch{})
	asked, _ := b.Asked()
	page := func(from, to int, next id.Member) wire.MemberPage {
		out := wire.MemberPage{Next: next}
		for _, m := range all[from:to] {
			out.Members = append(out.Members, wire.MemberRow{ID: m.ID, Number: m.Number})
		}
		return out
	}
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: page(0, 5, next)}, desk.OfficeMore{}, desk.OfficeMore{})
	asked, _ = b.Asked()
	if len(asked) != 1 || asked[0].Question != (desk.AskMembers{Search: wire.MemberSearch{Before: next}}) {
		t.Fatalf("asked %+v", asked)
	}
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: page(5, 8, id.Member{})})
	if o := office(t, b); len(o.Table.Rows) != 8 || !o.Table.More.Hidden {
		t.Errorf("%d rows, more: %+v", len(o.Table.Rows), o.Table.More)
	}
}

func TestMemberCardSaysHowTheMemberFuels(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	b.Members[0].Habits = wire.Habits{
		Refuels: 10, Usual: "92#", Grades: []wire.GradeCount{{Grade: "92#", Refuels: 8}, {Grade: "95#", Refuels: 2}},
		IntervalMS: 7 * 24 * 3600 * 1000, Average: 286_40, Spent: 2864_00, Volume: 382_000, LastAt: b.At().Add(-time.Hour),
		Times: []wire.HabitTime{{Weekday: 6, Hour: 8, Refuels: 6}},
	}
	b.Row(0)
	c := office(t, b).Card
	for label, want := range map[string]string{
		"常用油品": "92#", "平均间隔": "7.0 天", "平均金额": "¥286.40", "最近加油": "2026-11-23 06:12", "常来时间": "周六 8 点（6 次）", "手机": "138****0001",
	} {
		if got := line(c, label); got != want {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
	var bars []desk.Bar
	for _, s := range c.Sections {
		bars = append(bars, s.Bars...)
	}
	if len(bars) != 2 || bars[0] != (desk.Bar{Label: "92#", Value: "8 次", Percent: 80}) || bars[1].Percent != 20 {
		t.Errorf("bars %+v", bars)
	}
}

func TestMeanIntervalIsPrintedToATenthOfADay(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "", 8_640_000: "0.1 天", 4_319_999: "0.0 天", 4_320_000: "0.1 天", 604_800_000: "7.0 天", 561_599_999: "6.5 天", 949_000_000: "11.0 天",
	} {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
		b.Members[0].Habits.IntervalMS = ms
		b.Row(0)
		if got := line(office(t, b).Card, "平均间隔"); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

// reveal asks for the phone of the first member and plays the hub's yes.
func reveal(t *testing.T, b *lookbook.Backroom) {
	t.Helper()
	b.Row(0)
	b.Act("reveal", "phone")
	b.Do(desk.OfficeSubmit{})
	if got := wrong(form(t, b), "reason"); got == "" {
		t.Error("revealed without a reason")
	}
	b.Fill("reason", " 核对退款 ")
	b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
	asked, _ := b.Asked()
	want := desk.AskReveal{Member: b.Members[0].ID, Reveal: wire.RevealRequest{Field: wire.FieldPhone, Reason: "核对退款"}}
	if len(asked) != 1 || asked[0].Question != want {
		t.Fatalf("asked %+v", asked)
	}
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: wire.Revealed{Field: wire.FieldPhone, Value: lookbook.ClearPhone, Until: b.At().Add(time.Minute)}})
}

func TestRevealedPhoneIsMaskedAgainAfterHalfAMinute(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	reveal(t, b)
	if got := line(office(t, b).Card, "手机"); got != lookbook.ClearPhone || office(t, b).Form != nil {
		t.Fatalf("phone %q", got)
	}
	b.Wait(desk.RevealFor - time.Millisecond)
	if got := line(office(t, b).Card, "手机"); got != lookbook.ClearPhone {
		t.Errorf("gone too early: %q", got)
	}
	b.Wait(time.Millisecond)
	if got := line(office(t, b).Card, "手机"); got != "138****0001" || holds(b.State, lookbook.ClearPhone) {
		t.Errorf("after half a minute: %q, in the state: %v", got, holds(b.State, lookbook.ClearPhone))
	}
}

func TestRevealedFieldGoesWhenThePersonTurnsAway(t *testing.T) {
	for name, turn := range map[string]func(*lookbook.Backroom){
		"hidden":        func(b *lookbook.Backroom) { b.Act("hide") },
		"another row":   func(b *lookbook.Backroom) { b.Row(1) },
		"no row":        func(b *lookbook.Backroom) { b.Do(desk.Press{Key: desk.KeyEscape}) },
		"another tab":   func(b *lookbook.Backroom) { b.Do(desk.OfficeTab{Tab: desk.TabSegments}) },
		"another page":  func(b *lookbook.Backroom) { b.Do(desk.GoTo{Page: desk.PageBoard}) },
		"a search":      func(b *lookbook.Backroom) { b.Search("value", "M000140") },
		"signed out":    func(b *lookbook.Backroom) { b.Do(desk.SignOut{}) },
		"session ended": func(b *lookbook.Backroom) { b.Do(desk.SessionEnded{}) },
		"revoked":       func(b *lookbook.Backroom) { b.Do(desk.Lost{Final: true, Code: wire.CloseRevoked}) },
	} {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
		reveal(t, b)
		turn(b)
		if holds(b.State, lookbook.ClearPhone) {
			t.Errorf("%s: the number is still there", name)
		}
	}
}

func TestAnswerToARevealThatIsNoLongerWantedIsNotKept(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	b.Row(0)
	b.Act("reveal", "phone")
	b.Fill("reason", "核对")
	b.Do(desk.OfficeSubmit{}, desk.OfficeCancel{})
	asked, _ := b.Asked()
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: wire.Revealed{Field: wire.FieldPhone, Value: lookbook.ClearPhone}})
	if holds(b.State, lookbook.ClearPhone) || office(t, b).Form != nil {
		t.Error("taken after all")
	}
}

// Whatever happens, what was revealed is in the state for half a minute at
// most, only beside the member it belongs to, and nothing personal outlives the
// page or the session.
func TestWhateverHappensNothingPersonalStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
		var last time.Time // when something was last revealed
		t.Repeat(map[string]func(*rapid.T){
			"row": func(t *rapid.T) {
				if o := b.State.Screen().Office; o != nil && len(o.Table.Rows) > 0 {
					b.Do(desk.OfficeRow{Key: rapid.SampledFrom(o.Table.Rows).Draw(t, "row").Key})
				}
			},
			"reveal": func(t *rapid.T) {
				what := rapid.SampledFrom([]string{"phone", "id_number", b.Members[0].Accounts[0].ID.String()}).Draw(t, "field")
				b.Do(desk.OfficeAct{ID: "reveal", Arg: what}, desk.OfficeEdit{Field: "reason", Value: "核对"}, desk.OfficeSubmit{})
			},
			"answer": func(*rapid.T) { b.Serve(); last = b.At() },
			"page":   func(t *rapid.T) { b.Do(desk.GoTo{Page: rapid.SampledFrom(desk.Pages[:]).Draw(t, "page")}) },
			"tab": func(t *rapid.T) {
				b.Do(desk.OfficeTab{Tab: rapid.SampledFrom([]desk.Tab{desk.TabMembers, desk.TabSegments}).Draw(t, "tab")})
			},
			"escape": func(*rapid.T) { b.Do(desk.Press{Key: desk.KeyEscape}) },
			"time":   func(t *rapid.T) { b.Wait(time.Duration(rapid.IntRange(1, 20).Draw(t, "s")) * time.Second) },
			"out":    func(*rapid.T) { b.Do(desk.SignOut{}) },
			"in":     func(*rapid.T) { b.SignIn(wire.RoleHead) },
			"": func(t *rapid.T) {
				screen := b.State.Screen()
				for _, secret := range []string{lookbook.ClearPhone, lookbook.ClearIDNumber, lookbook.ClearAccount} {
					if !holds(b.State, secret) {
						continue
					}
					if !b.At().Before(last.Add(desk.RevealFor)) {
						t.Fatalf("%s is still there %s after it came", secret, b.At().Sub(last))
					}
					if screen.Office == nil || screen.Page != desk.PageMembers || screen.Office.Card == nil {
						t.Fatalf("%s is kept away from its member, on %s", secret, screen.Page)
					}
				}
				if screen.Page != desk.PageMembers && (holds(b.State, "138****") || holds(b.State, "云A12345")) {
					t.Fatalf("members are kept on %s", screen.Page)
				}
			},
		})
	})
}

func TestErasingTakesTheNumberOnceMoreAndAReason(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	b.Row(0)
	b.Act("erase")
	for _, c := range [][2]string{{"", ""}, {"M000124", "会员申请"}, {"M000123", ""}, {"M000123", strings.Repeat("长", 201)}} {
		b.Fill("number", c[0], "reason", c[1])
		b.Do(desk.OfficeSubmit{})
		if _, acts := b.Asked(); len(acts) != 0 {
			t.Errorf("%v was taken: %+v", c, acts)
		}
	}
	b.Fill("number", " m000123 ", "reason", "会员申请")
	b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{}, desk.Press{Key: desk.KeyEnter})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandErase || acts[0].Object != b.Members[0].ID.String() ||
		*acts[0].Office.Erase != (wire.EraseRequest{Number: "M000123", Reason: "会员申请"}) || acts[0].Outlives() {
		t.Fatalf("sent %+v", acts)
	}
	b.Do(desk.Refused{Command: acts[0], Problem: wire.NewProblem(wire.ProblemEraseBlocked, "")})
	if f := form(t, b); f.Problem != "该会员还有未结清的交易，请先结清" || f.Busy {
		t.Fatalf("the hub's no: %+v", f)
	}
	b.Do(desk.OfficeSubmit{})
	b.Members = b.Members[1:]
	b.Serve()
	o := office(t, b)
	gone := !slices.ContainsFunc(o.Table.Rows, func(r desk.Row) bool { return r.Cells[0].Text == "M000123" })
	if o.Form != nil || !strings.Contains(said(b.Stage), "会员资料已删除") || o.Card != nil || !gone {
		t.Errorf("after the yes: form %v, said %q, card %+v, off the list %v", o.Form, said(b.Stage), o.Card, gone)
	}
}

func TestExportAsksForAFileAndSaysWhatCameOfIt(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageMembers, desk.TabMembers)
	b.Row(0)
	b.Act("export")
	if got := wanted[desk.PickFile](b.Stage); len(got) != 1 || got[0].Name != "M000123.json" {
		t.Fatalf("asked for %+v", got)
	}
	b.Effects = nil
	b.Do(desk.FilePicked{}, desk.FilePicked{Path: "/x"}) // none chosen; then nothing waits for one
	if len(wanted[desk.SaveMember](b.Stage)) != 0 {
		t.Error("exported without a file")
	}
	b.Act("export")
	b.Do(desk.FilePicked{Path: "/home/till/M000123.json"})
	if got := wanted[desk.SaveMember](b.Stage); len(got) != 1 || got[0] != (desk.SaveMember{Path: "/home/till/M000123.json", Member: b.Members[0].ID}) {
		t.Fatalf("effects %+v", got)
	}
	for e, want := range map[desk.FileSaved]string{
		{Path: "/a"}:               "已导出到 /a",
		{Path: "/b", Failed: true}: "文件写不进去：/b",
		{Path: "/c", Problem: wire.NewProblem(wire.ProblemStorage, "")}: "数据库暂时无响应",
	} {
		b.Do(e)
		if !strings.Contains(said(b.Stage), want) {
			t.Errorf("said %q, want %q", said(b.Stage), want)
		}
	}
	b.Act("export")
	b.Do(desk.GoTo{Page: desk.PageBoard}, desk.FileSaved{Path: "/later"})
	if !strings.Contains(said(b.Stage), "/later") {
		t.Errorf("away from the page: said %q", said(b.Stage))
	}
	b.Do(desk.FilePicked{Path: "/late"})
	if got := wanted[desk.SaveMember](b.Stage); len(got) != 1 {
		t.Error("a file chosen after the page was left was filled")
	}
}
