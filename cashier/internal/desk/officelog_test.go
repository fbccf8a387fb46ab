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

	"github.com/google/go-cmp/cmp"
)

func TestLogIsAskedByItsFilters(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, lookbook.Zone()) }
	for _, c := range []struct {
		fields []string
		want   wire.LogQuery
	}{
		{nil, wire.LogQuery{}},
		{[]string{"person", " 2001 ", "refused", "1"}, wire.LogQuery{Number: "2001", Refused: true}},
		{[]string{"family", "member."}, wire.LogQuery{Action: "member."}},
		{[]string{"object", "m000123"}, wire.LogQuery{Member: "M000123"}},
		{[]string{"kind", "sale"}, wire.LogQuery{Object: "sale"}},
		{[]string{"kind", "nozzle", "object", "3"}, wire.LogQuery{Object: "nozzle", ObjectID: "3"}},
		{[]string{"from", "2026-11-20", "until", "2026-11-22"}, wire.LogQuery{From: day(20, 0, 0), Until: day(23, 0, 0)}},
		{[]string{"from", "2026-11-22 07:30", "until", "2026-11-22 07:30"}, wire.LogQuery{From: day(22, 7, 30), Until: day(22, 7, 31)}},
	} {
		b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
		for i := 0; i+1 < len(c.fields); i += 2 {
			b.Do(desk.OfficeFilter{Field: c.fields[i], Value: c.fields[i+1]})
		}
		b.Do(desk.OfficeSearch{})
		asked, _ := b.Asked()
		c.want.Limit = 50
		if len(asked) != 1 || !cmp.Equal(asked[0].Question.(desk.AskLog).Query, c.want) {
			t.Errorf("%v asked %+v", c.fields, asked)
		}
	}
}

func TestLogIsNarrowedToWhoOrWhatARowIsAbout(t *testing.T) {
	for act, want := range map[string]wire.LogQuery{
		"log.person": {Number: "3001", Limit: 50}, "log.object": {Object: "nozzle", ObjectID: "3", Limit: 50},
	} {
		b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
		b.Search("family", "nozzle.")
		b.Row(5)
		b.Do(desk.OfficeAct{ID: act})
		asked, _ := b.Asked()
		if len(asked) != 1 || asked[0].Question != (desk.AskLog{Query: want}) {
			t.Errorf("%s asked %+v", act, asked)
		}
	}
}

func TestTimeThatCannotBeReadIsSaidAtItsField(t *testing.T) {
	for field, filter := range map[string]desk.OfficeFilter{
		"from": {Field: "from", Value: "昨天"}, "until": {Field: "until", Value: "2026-13-01"},
		"kind": {Field: "object", Value: "3"}, // the hub wants to know three of what
	} {
		b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
		b.Do(filter, desk.OfficeSearch{}, desk.OfficeAct{ID: "log.export"})
		asked, _ := b.Asked()
		if len(asked) != 0 || len(wanted[desk.PickFile](b.Stage)) != 0 {
			t.Errorf("%+v was asked", filter)
		}
		for _, f := range office(t, b).Filters {
			if (f.Problem != "") != (f.ID == field) {
				t.Errorf("%s: %q", f.ID, f.Problem)
			}
		}
	}
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
	b.Do(desk.OfficeFilter{Field: "from", Value: "2026-11-22"}, desk.OfficeFilter{Field: "until", Value: "2026-11-20"}, desk.OfficeSearch{})
	if asked, _ := b.Asked(); len(asked) != 0 {
		t.Error("an end before the beginning was asked")
	}
}

func TestLogReadsInWords(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
	o := office(t, b)
	if got := texts(o.Table, 2); got[1] != "显示会员敏感信息" || got[4] != "收款" || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, ".") }) {
		t.Errorf("actions %q", got)
	}
	if got := texts(o.Table, 4); got[0] != "成功" || got[3] != "您的岗位没有此权限" || o.Table.Rows[3].Cells[4].Tone != desk.ToneBad {
		t.Errorf("results %q", got)
	}
	if got := texts(o.Table, 1); got[11] != "系统" {
		t.Errorf("persons %q", got)
	}
	if !strings.Contains(o.Note, "已封存 128406 行") || !strings.Contains(o.Note, "待封存 3 行") || o.NoteTone != desk.ToneGood {
		t.Errorf("note %q", o.Note)
	}
	b.Row(3)
	c := office(t, b).Card
	if line(c, "封存") != "第 128403 行" || line(c, "操作代码") != "member.look" || line(c, "对象") != "会员 M000123" {
		t.Errorf("card %+v", c)
	}
	b.Row(0)
	if got := line(office(t, b).Card, "封存"); got != "等待封存" {
		t.Errorf("not sealed yet: %q", got)
	}
	b.LogState.Problem = "row 118204 was changed"
	b.Do(desk.Press{Key: desk.KeyF5})
	b.Serve()
	if o := office(t, b); o.NoteTone != desk.ToneBad || !strings.Contains(o.Note, "118204") {
		t.Errorf("a log that does not hold: %q", o.Note)
	}
}

func TestLogIsExportedAsItIsFiltered(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabLog)
	b.Do(desk.OfficeFilter{Field: "family", Value: "member."}, desk.OfficeAct{ID: "log.export"})
	if got := wanted[desk.PickFile](b.Stage); len(got) != 1 || got[0].Name != "log-20261123-0712.csv" {
		t.Fatalf("asked for %+v", got)
	}
	b.Do(desk.FilePicked{Path: "/x.csv"})
	if got := wanted[desk.SaveLog](b.Stage); len(got) != 1 || got[0] != (desk.SaveLog{Path: "/x.csv", Query: wire.LogQuery{Action: "member."}}) {
		t.Errorf("effects %+v", got)
	}
}

func TestAlertIsCalledOnceCountedAndTakenNoteOf(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	if h := b.State.Screen().Header; h.Alerts.Text != "告警 2" || len(played(b.Stage)) > 1 {
		t.Fatalf("what was there before is only counted: %+v", h.Alerts)
	}
	b.Effects = nil
	a := wire.Alert{ID: id.New[id.Alert](b.IDs), Rule: wire.AlertPersonal, At: b.At(), Number: "2001", Name: "王晓燕", Count: 1}
	b.Alert(a)
	if !slices.Equal(played(b.Stage), []desk.Sound{desk.SoundAlarm}) || !strings.Contains(said(b.Stage), "2001 王晓燕 · 越权查看会员敏感信息") {
		t.Errorf("played %v, said %q", played(b.Stage), said(b.Stage))
	}
	b.Effects = nil
	a.Count = 2
	b.Alert(a)
	if len(played(b.Stage)) != 0 {
		t.Error("the same alert was called again")
	}
	b.Raised = append([]wire.Alert{a}, b.Raised...)
	b.Open(desk.PageOffice, desk.TabAlerts)
	o := office(t, b)
	if got := texts(o.Table, 4); !slices.Equal(got, []string{"未处理", "未处理", "未处理", "1001 已知悉"}) || o.Tabs[5].Badge != "3" {
		t.Errorf("states %q, badge %q", got, o.Tabs[5].Badge)
	}
	b.Row(0)
	b.Do(desk.OfficeAct{ID: "alert.seen"}, desk.OfficeAct{ID: "alert.seen"})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandAlertSeen || acts[0].Object != a.ID.String() {
		t.Fatalf("sent %+v", acts)
	}
	a.SeenBy, a.SeenAt = "1001", b.At()
	b.Alert(a)
	if h, o := b.State.Screen().Header, office(t, b); h.Alerts.Figure != "2" || len(o.Card.Acts) != 0 || !strings.Contains(o.Card.Subtitle, "1001") {
		t.Errorf("after it: %+v, %+v", h.Alerts, o.Card)
	}
	b.Effects = nil
	b.Grant(acts[0])
	if !strings.Contains(said(b.Stage), "已知悉") {
		t.Errorf("said %q", said(b.Stage))
	}
}

func TestAlertsAreTheHeadsAlone(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleCashier)
	b.Effects = nil
	b.Alerts(b.Raised...)
	b.Alert(b.Raised[0])
	if h := b.State.Screen().Header; h.Alerts.Text != "" || len(b.Effects) != 0 || holds(b.State, string(wire.AlertManyRead)) {
		t.Errorf("a cashier hears of alerts: %+v, %+v", h.Alerts, b.Effects)
	}
}

func TestKeysAreLookedAtWhileTheyAreChanged(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabKeys)
	b.Wait(time.Minute)
	if asked, _ := b.Asked(); len(asked) != 0 {
		t.Error("asked again while nothing changes")
	}
	b.Act("keys.rotate")
	b.Do(desk.OfficeSubmit{})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandRotate {
		t.Fatalf("sent %+v", acts)
	}
	b.Keys.Rotation = &wire.Rotation{To: 4, Done: 1, Left: 3, Since: b.At()}
	b.Grant(acts[0])
	b.Serve()
	c := office(t, b).Card
	if c.Sections[0].Bars[0].Percent != 25 || c.Acts[0].On || !c.Acts[0].Busy {
		t.Errorf("card %+v", c)
	}
	b.Wait(2 * time.Second)
	b.Wait(100 * time.Millisecond)
	asked, _ := b.Asked()
	if len(asked) != 1 || asked[0].Question != (desk.AskKeys{}) {
		t.Fatalf("asked %+v", asked)
	}
	b.Keys.Rotation = nil
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: b.Keys})
	b.Wait(time.Minute)
	if asked, _ := b.Asked(); len(asked) != 0 || !office(t, b).Card.Acts[0].On {
		t.Error("asked again after it was done")
	}
}

func TestNozzleAtAnotherPriceIsCalledByItsNumber(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	a := wire.Alert{
		ID: id.New[id.Alert](b.IDs), Rule: wire.AlertPrice, At: b.At(), Object: "nozzle", ObjectID: "6", Count: 1, Note: "shows 7.98, in force 7.86",
	}
	b.Alert(a)
	if got := said(b.Stage); !strings.Contains(got, "告警：油枪 6 · 油枪显示价与牌价不符") {
		t.Errorf("said %q", got)
	}
	b.Raised = append([]wire.Alert{a}, b.Raised...)
	b.Open(desk.PageOffice, desk.TabAlerts)
	b.Row(0)
	o := office(t, b)
	if r := o.Table.Rows[0]; r.Cells[1].Text != "油枪显示价与牌价不符" || r.Cells[2].Text != "油枪 6" {
		t.Errorf("row %+v", r)
	}
	if c := o.Card; line(c, "备注") != "显示 7.98 元/L，牌价 7.86 元/L" || line(c, "对象") != "油枪 6" || line(c, "人员") != "" {
		t.Errorf("card %+v", c)
	}
	b.Do(desk.SetPrefs{Prefs: desk.Prefs{Lang: desk.English}})
	if c := office(t, b).Card; c.Title != "A nozzle shows another price than the one in force" || line(c, "Note") != "shows 7.98, in force 7.86" {
		t.Errorf("card %+v", c)
	}
}
