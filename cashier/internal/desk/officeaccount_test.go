package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

func TestLoginAsksForACodeAndKeepsThePassword(t *testing.T) {
	s := lookbook.NewStage(desk.Prefs{})
	s.Effects = nil
	s.Do(desk.SignIn{Number: "1001", Password: "lizhi", Code: "stray"})
	s.Do(desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemSecondFactor, "")})
	if f := s.State.Screen().Login; f.Code == "" || f.CodeHelp == "" || f.Problem != "" || f.Busy {
		t.Fatalf("form %+v", f)
	}
	s.Do(desk.SignIn{Number: "1001"})
	if f := s.State.Screen().Login; f.Problem != "请输入动态验证码" {
		t.Errorf("without a code: %+v", f)
	}
	s.Do(desk.SignIn{Number: "1001", Code: " 123 456 "}, desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemSecondRefused, "")})
	if f := s.State.Screen().Login; f.Code == "" || !strings.Contains(f.Problem, "动态验证码错误") {
		t.Errorf("a wrong code: %+v", f)
	}
	s.Do(desk.SignIn{Number: "1001", Password: "lizhi", Code: "654321"})
	got := wanted[desk.Login](s)
	want := []desk.Login{{Number: "1001", Password: "lizhi"}, {Number: "1001", Password: "lizhi", Code: "123456"}, {Number: "1001", Password: "lizhi", Code: "654321"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("logins %+v", got)
	}
	s.SignIn(wire.RoleHead)
	if holds(s.State, "lizhi") {
		t.Error("the password outlives the login")
	}
}

func TestPasswordDoesNotWaitForItsCodeForEver(t *testing.T) {
	for name, away := range map[string]func(*lookbook.Stage){
		"two minutes":   func(s *lookbook.Stage) { s.Wait(2 * time.Minute) },
		"escape":        func(s *lookbook.Stage) { s.Do(desk.Press{Key: desk.KeyEscape}) },
		"somebody else": func(s *lookbook.Stage) { s.Do(desk.SignIn{Number: "2001", Password: "other"}) },
		"refused anyway": func(s *lookbook.Stage) {
			s.Do(desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemLoginRefused, "")})
		},
	} {
		s := lookbook.NewStage(desk.Prefs{})
		s.Do(desk.SignIn{Number: "1001", Password: "lizhi"}, desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemSecondFactor, "")})
		away(s)
		if f := s.State.Screen().Login; f.Code != "" || holds(s.State, "lizhi") {
			t.Errorf("%s: %+v", name, f)
		}
		s.Effects = nil
		s.Do(desk.SignIn{Number: "1001", Code: "123456"})
		if got := wanted[desk.Login](s); len(got) != 0 {
			t.Errorf("%s: signed in with %+v", name, got)
		}
	}
}

func TestDutiesComeBeforeAnythingElse(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead, wire.MustPassword, wire.MustSecondFactor)
	screen := b.State.Screen()
	if screen.Page != desk.PageOffice || len(screen.Rail) != 2 || screen.Header.StopAll != "" || screen.Header.Connection != "" {
		t.Fatalf("page %s, rail %+v, header %+v", screen.Page, screen.Rail, screen.Header)
	}
	b.Do(desk.GoTo{Page: desk.PageBoard}, desk.GoTo{Page: desk.PageMembers}, desk.OfficeTab{Tab: desk.TabStaff}, desk.Press{Key: desk.KeyEscape}, desk.Press{Key: desk.KeyEscape})
	if o := office(t, b); b.State.Screen().Page != desk.PageOffice || len(o.Tabs) != 1 || o.Form != nil {
		t.Fatalf("got away to %s, %+v", b.State.Screen().Page, o)
	}
	b.Act("account.password")
	b.Fill("old", "first", "new", "lizhi-7-yun", "again", "lizhi-7-yun")
	b.Do(desk.OfficeSubmit{})
	asked, _ := b.Asked()
	if len(asked) != 1 || asked[0].Question != (desk.AskPassword{Password: wire.OwnPasswordRequest{Old: "first", New: "lizhi-7-yun"}}) {
		t.Fatalf("asked %+v", asked)
	}
	b.Account.Must = b.Account.Must[1:]
	b.Do(desk.OfficeAnswer{N: asked[0].N, Answer: b.Account})
	b.Serve() // the second factor is begun by itself
	f := form(t, b)
	if f.Code == "" || len(f.Lines) != 1 || !strings.HasPrefix(f.Lines[0].Value, "JBSW Y3DP ") || holds(b.State, "lizhi") {
		t.Fatalf("form %+v", f)
	}
	b.Fill("code", "12345")
	b.Do(desk.OfficeSubmit{})
	if asked, _ := b.Asked(); len(asked) != 0 {
		t.Error("five digits were sent")
	}
	b.Fill("code", "123 456")
	b.Submit()
	if f := form(t, b); len(f.Lines) != 10 || !f.Cancel.Hidden {
		t.Fatalf("recovery codes: %+v", f)
	}
	b.Do(desk.GoTo{Page: desk.PageOffice}, desk.OfficeTab{Tab: desk.TabAccount})
	if f := form(t, b); len(f.Lines) != 10 {
		t.Error("the codes were lost by a slip of the hand")
	}
	b.Submit()
	if got := wanted[desk.Proceed](b.Stage); len(got) != 1 || b.State.Screen().Page != desk.PageBoard || holds(b.State, "7KQ2") {
		t.Errorf("goes on %d times, on %s", len(got), b.State.Screen().Page)
	}
}

func TestOwnPasswordIsRefusedInItsForm(t *testing.T) {
	b := inTheBack(wire.RoleCashier, desk.PageOffice, desk.TabAccount)
	b.Act("account.password")
	b.Fill("old", "x", "new", "2001", "again", "2001")
	b.Refuse = wire.NewProblem(wire.ProblemPasswordWeak, "")
	b.Submit()
	if f := form(t, b); !strings.Contains(f.Problem, "密码过于简单") || f.Busy {
		t.Fatalf("form %+v", f)
	}
	b.Refuse = nil
	b.Submit()
	if o := office(t, b); o.Form != nil || !strings.Contains(said(b.Stage), "密码已修改") {
		t.Errorf("form %+v, said %q", o.Form, said(b.Stage))
	}
}

func TestSecondFactorIsTakenAwayWithACode(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabAccount)
	b.Act("factor.begin")
	b.Fill("code", "123456")
	b.Submit()
	b.Submit()
	c := office(t, b).Card
	if line(c, "二次验证") != "已启用" || line(c, "剩余恢复码") != "10" {
		t.Fatalf("card %+v", c)
	}
	b.Act("factor.drop")
	b.Fill("code", "123456")
	b.Submit()
	if got := line(office(t, b).Card, "二次验证"); got != "未启用" {
		t.Errorf("second factor %q", got)
	}
}

func TestFailuresOfATabAreSaidInWordsAndCanBeTriedAgain(t *testing.T) {
	for _, c := range []struct {
		page desk.Page
		tab  desk.Tab
	}{
		{desk.PageMembers, desk.TabMembers},
		{desk.PageMembers, desk.TabSegments},
		{desk.PageOffice, desk.TabStaff},
		{desk.PageOffice, desk.TabSessions},
		{desk.PageOffice, desk.TabAlerts},
		{desk.PageOffice, desk.TabLog},
		{desk.PageOffice, desk.TabKeys},
		{desk.PageOffice, desk.TabAccount},
	} {
		b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
		b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
		b.Open(c.page, c.tab)
		if !holds(office(t, b), "数据库暂时无响应") {
			t.Errorf("%s does not say why it is empty", c.tab)
		}
		b.Refuse = nil
		b.Act("reload")
		if holds(office(t, b), "数据库暂时无响应") {
			t.Errorf("%s still says so after it was tried again", c.tab)
		}
	}
}
