package desk_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestStaffListAndPermissionTable(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabStaff)
	o := office(t, b)
	if got := texts(o.Table, 3); got[0] != "在职" || got[2] != "锁定至 07:23" || got[7] != "已停用" {
		t.Errorf("states %q", got)
	}
	table := o.Card.Sections[0].Table
	if len(table.Columns) != 6 || len(table.Rows) != len(b.Permissions.Rows) {
		t.Fatalf("%d columns, %d rows", len(table.Columns), len(table.Rows))
	}
	for i, row := range table.Rows {
		if strings.Contains(row.Cells[0].Text, "-") {
			t.Errorf("no words for %q", row.Cells[0].Text)
		}
		for j, role := range b.Permissions.Roles {
			if got, want := row.Cells[j+1].Text == "是", slices.Contains(b.Permissions.Rows[i].Roles, role); got != want {
				t.Errorf("%s of %s: %v, want %v", row.Cells[0].Text, role, got, want)
			}
		}
	}
}

func TestSomebodyIsEnteredAndChanged(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabStaff)
	b.Act("staff.add")
	b.Fill("number", "2003", "name", " 林小雨 ", "role", "attendant", "password", "lizhi-7-yun", "again", "lizhi-7-yum")
	b.Do(desk.OfficeSubmit{})
	if got := wrong(form(t, b), "again"); got != "两次输入不一致" {
		t.Errorf("two passwords: %q", got)
	}
	b.Fill("again", "lizhi-7-yun")
	b.Do(desk.OfficeSubmit{})
	_, acts := b.Asked()
	want := wire.NewStaffRequest{Number: "2003", Name: "林小雨", Role: wire.RoleAttendant, Password: "lizhi-7-yun"}
	if len(acts) != 1 || *acts[0].Office.NewStaff != want {
		t.Fatalf("sent %+v", acts)
	}
	if holds(b.State.Screen(), "lizhi") {
		t.Error("the password is on the screen")
	}
	b.Do(desk.Refused{Command: acts[0], Problem: wire.NewProblem(wire.ProblemNumberTaken, "")})
	if got := form(t, b).Problem; got != "该工号已被使用" {
		t.Errorf("problem %q", got)
	}
	b.Do(desk.Press{Key: desk.KeyEscape})
	if holds(b.State, "lizhi") {
		t.Error("the password outlives its form")
	}

	b.Row(8)
	b.Act("staff.edit")
	f := form(t, b)
	if last := f.Fields[len(f.Fields)-1]; last.ID != "stations" || len(last.Choices) != 2 || last.Value != last.Choices[0].Value {
		t.Fatalf("stations of a group manager: %+v", last)
	}
	other := f.Fields[len(f.Fields)-1].Choices[1].Value
	b.Fill("stations", other, "active", "")
	b.Do(desk.OfficeSubmit{})
	_, acts = b.Asked()
	station, _ := id.Parse[id.Station](other)
	change := wire.StaffRequest{Name: "赵海", Role: wire.RoleGroup, Stations: []id.Station{station}}
	if len(acts) != 1 || acts[0].Object != b.Staff[8].ID.String() {
		t.Fatalf("sent %+v", acts)
	}
	if diff := cmp.Diff(change, *acts[0].Office.Staff); diff != "" {
		t.Error(diff)
	}
	b.Grant(acts[0])
	b.Fill("x", "y")
	b.Serve()
	b.Act("staff.edit")
	b.Fill("role", "cashier")
	b.Do(desk.OfficeSubmit{})
	if _, acts = b.Asked(); len(acts[0].Office.Staff.Stations) != 0 {
		t.Error("a cashier was given stations")
	}
}

func TestPasswordIsGivenAndTheSecondFactorTaken(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabStaff)
	b.Row(0)
	b.Act("staff.password")
	b.Fill("password", "lizhi-7-yun", "again", "lizhi-7-yun", "drop", "1")
	b.Do(desk.OfficeSubmit{})
	_, acts := b.Asked()
	if len(acts) != 1 || *acts[0].Office.Password != (wire.PasswordRequest{Password: "lizhi-7-yun", DropSecondFactor: true}) {
		t.Fatalf("sent %+v", acts)
	}
	b.Grant(acts[0])
	if holds(b.State, "lizhi") || !strings.Contains(said(b.Stage), "下次登录须自行修改") {
		t.Errorf("said %q", said(b.Stage))
	}
	for _, e := range b.Effects {
		if r, ok := e.(desk.Record); ok && holds(r, "lizhi") {
			t.Error("the password is in the event log")
		}
	}
}

func TestSessionIsEndedOnceAskedButNotOnesOwn(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabSessions)
	b.Row(0)
	if c := office(t, b).Card; len(c.Acts) != 0 || !strings.Contains(c.Note, "您自己") {
		t.Errorf("own session: %+v", c)
	}
	b.Row(1)
	b.Act("session.end")
	if f := form(t, b); f.OK.Style != desk.ActDanger || !strings.Contains(f.Text, "重新登录") {
		t.Errorf("form %+v", f)
	}
	b.Do(desk.Press{Key: desk.KeyEnter})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandSessionEnd || acts[0].Object != b.Sessions[1].ID.String() {
		t.Fatalf("sent %+v", acts)
	}
	b.Sessions = slices.Delete(b.Sessions, 1, 2)
	b.Grant(acts[0])
	b.Serve()
	if o := office(t, b); o.Form != nil || o.Card != nil || len(o.Table.Rows) != 3 {
		t.Errorf("after it: %+v", o)
	}
}

func TestNozzlesAreAssignedForAShift(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabPosts)
	if o := office(t, b); o.Note != "没有人负责：13 14 15 16 号枪" || o.NoteTone != desk.ToneWarn {
		t.Errorf("note %q", o.Note)
	}
	b.Row(2)
	b.Act("post.assign")
	if f := form(t, b); len(f.Fields[0].Choices) != 16 || f.Fields[0].Choices[0].Label != "1 · 92#" || f.Fields[1].Value != "8" {
		t.Errorf("form %+v", f)
	}
	for _, c := range [][2]string{{"", "8"}, {"13", "25"}, {"13", "0"}, {"13", "acht"}} {
		b.Fill("nozzles", c[0], "hours", c[1])
		b.Do(desk.OfficeSubmit{})
		if _, acts := b.Asked(); len(acts) != 0 {
			t.Errorf("%v was taken", c)
		}
	}
	b.Fill("nozzles", "16,13,14,15", "hours", "12")
	b.Do(desk.OfficeSubmit{})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Object != b.Rota.Posts[2].Staff.String() ||
		!slices.Equal(acts[0].Office.Assign.Nozzles, []int{13, 14, 15, 16}) || acts[0].Office.Assign.Hours != 12 {
		t.Fatalf("sent %+v", acts)
	}
	b.Grant(acts[0])
	b.Rota.Posts[2].Nozzles = []int{13, 14, 15, 16}
	b.Roster(b.Rota)
	if o := office(t, b); o.Note != "" || o.Form != nil || texts(o.Table, 2)[2] != "13 14 15 16" {
		t.Errorf("after the news: %q, %q", o.Note, texts(o.Table, 2))
	}
	b.Row(0)
	b.Act("post.end")
	b.Do(desk.OfficeSubmit{})
	if _, acts := b.Asked(); len(acts) != 1 || len(acts[0].Office.Assign.Nozzles) != 0 || acts[0].Office.Assign.Nozzles == nil {
		t.Errorf("ending sent %+v", acts)
	}
}

func TestActThatWasNotAnsweredIsSaidAndTheListReadAgain(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabSessions)
	b.Row(1)
	b.Act("session.end")
	b.Do(desk.OfficeSubmit{})
	_, acts := b.Asked()
	b.Do(desk.Sent{Command: acts[0]}, desk.Unknown{Command: acts[0]})
	if f := form(t, b); !f.Busy || f.Cancel.On {
		t.Errorf("unknown: %+v", f)
	}
	b.Do(desk.Press{Key: desk.KeyEscape}, desk.GivenUp{Command: acts[0]})
	asked, _ := b.Asked()
	if f := form(t, b); f.Busy || f.Problem != "操作未送达，请再试" || len(asked) != 1 {
		t.Errorf("given up: %+v, asked %+v", f, asked)
	}
}
