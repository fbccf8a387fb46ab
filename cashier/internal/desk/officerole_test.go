package desk_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// offered is what each role is offered: pages, then tabs of the office.
var offered = map[wire.Role]struct {
	pages string
	tabs  string
}{
	wire.RoleHead:      {"board unpaid sales proof prices support members office settings", "staff posts sessions offers site alerts log keys backups account"},
	wire.RoleGroup:     {"board unpaid sales proof prices support members office settings", "staff posts sessions offers site alerts log keys backups account"},
	wire.RoleCashier:   {"board unpaid sales proof prices members office settings", "account"},
	wire.RoleAttendant: {"board unpaid sales prices office settings", "account"},
	wire.RoleAgent:     {"board unpaid sales proof prices support office settings", "account"},
}

func TestEachRoleIsOfferedItsPagesAndTabs(t *testing.T) {
	for role, want := range offered {
		b := lookbook.NewBackroom(desk.Prefs{}, role)
		var pages, tabs []string
		for _, item := range b.State.Screen().Rail {
			if !item.Leave {
				pages = append(pages, string(item.Page))
			}
		}
		b.Do(desk.GoTo{Page: desk.PageOffice})
		for _, item := range office(t, b).Tabs {
			tabs = append(tabs, string(item.Tab))
		}
		if got := strings.Join(pages, " "); got != want.pages {
			t.Errorf("%s is offered %q, want %q", role, got, want.pages)
		}
		if got := strings.Join(tabs, " "); got != want.tabs {
			t.Errorf("%s has the tabs %q, want %q", role, got, want.tabs)
		}
	}
}

// Whatever a hand does, nobody sees a page or a tab that is not theirs, and
// their till asks for nothing that the hub would refuse.
func TestNobodyGetsWhereTheirRoleDoesNotReach(t *testing.T) {
	tabs := []desk.Tab{
		desk.TabMembers, desk.TabSegments, desk.TabStaff, desk.TabPosts, desk.TabSessions, desk.TabOffers, desk.TabSite, desk.TabAlerts, desk.TabLog, desk.TabKeys, desk.TabBackups, desk.TabAccount,
	}
	acts := []string{
		"reload", "look", "reveal", "export", "erase", "segment.new", "segment.members", "staff.add", "staff.edit", "post.assign",
		"session.end", "offer.add", "offer.end", "site.edit", "alert.seen", "log.export", "keys.rotate", "backup.make", "backup.verify", "backup.drill", "backup.schedule", "backup.moment", "backup.restore", "restore.away", "restore.switch", "account.password", "factor.begin", "ok", "preview",
	}
	rapid.Check(t, func(t *rapid.T) {
		role := rapid.SampledFrom([]wire.Role{wire.RoleHead, wire.RoleGroup, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent}).Draw(t, "role")
		var must []wire.Must
		if rapid.Bool().Draw(t, "must") {
			must = []wire.Must{wire.MustPassword}
		}
		b := lookbook.NewBackroom(desk.Prefs{}, role, must...)
		t.Repeat(map[string]func(*rapid.T){
			"page": func(t *rapid.T) { b.Do(desk.GoTo{Page: rapid.SampledFrom(desk.Pages[:]).Draw(t, "page")}) },
			"tab":  func(t *rapid.T) { b.Do(desk.OfficeTab{Tab: rapid.SampledFrom(tabs).Draw(t, "tab")}) },
			"act":  func(t *rapid.T) { b.Do(desk.OfficeAct{ID: rapid.SampledFrom(acts).Draw(t, "act"), Arg: "phone"}) },
			"row": func(t *rapid.T) {
				if o := b.State.Screen().Office; o != nil && len(o.Table.Rows) > 0 {
					b.Do(desk.OfficeRow{Key: rapid.SampledFrom(o.Table.Rows).Draw(t, "row").Key})
				}
			},
			"search": func(*rapid.T) {
				b.Do(desk.OfficeFilter{Field: "value", Value: "M000123"}, desk.OfficeSearch{}, desk.OfficeMore{})
			},
			"submit": func(*rapid.T) {
				for _, f := range []string{"reason", "name", "number", "old", "new", "again", "password", "code"} {
					b.Do(desk.OfficeEdit{Field: f, Value: "123456"})
				}
				b.Do(desk.OfficeSubmit{})
			},
			"key": func(t *rapid.T) {
				b.Do(desk.Press{Key: rapid.SampledFrom([]desk.Key{desk.KeyEscape, desk.KeyEnter, desk.KeyUp, desk.KeyDown, desk.KeyF5}).Draw(t, "key")})
			},
			"answer": func(t *rapid.T) { checkAsked(t, b, role); b.Serve() },
			"": func(t *rapid.T) {
				checkAsked(t, b, role)
				checkPlace(t, b, role)
			},
		})
	})
}

// checkAsked looks at what the till has asked of the hub.
func checkAsked(t *rapid.T, b *lookbook.Backroom, role wire.Role) {
	head := role == wire.RoleHead || role == wire.RoleGroup
	for _, e := range b.Effects {
		switch e := e.(type) {
		case desk.OfficeAsk:
			switch e.Question.(type) {
			case desk.AskAccount, desk.AskPassword, desk.AskFactor, desk.AskConfirm, desk.AskDropFactor:
			case desk.AskMemberRefuels:
				if role != wire.RoleCashier {
					t.Fatalf("%s asked %T", role, e.Question)
				}
			default:
				if !head {
					t.Fatalf("%s asked %T", role, e.Question)
				}
			}
		case desk.Send:
			if e.Command.Kind.Office() && !head {
				t.Fatalf("%s sent %s", role, e.Command.Kind)
			}
		case desk.SaveLog, desk.SaveMember:
			if !head {
				t.Fatalf("%s exports", role)
			}
		case desk.FetchSales:
			if role == wire.RoleAttendant {
				t.Fatal("an attendant asked for every sale")
			}
		}
	}
}

// checkPlace looks at where the person is.
func checkPlace(t *rapid.T, b *lookbook.Backroom, role wire.Role) {
	screen := b.State.Screen()
	if !slices.Contains(strings.Fields(offered[role].pages), string(screen.Page)) {
		t.Fatalf("%s is on page %s", role, screen.Page)
	}
	chosen := false
	for _, item := range screen.Rail {
		chosen = chosen || item.Page == screen.Page
	}
	if !chosen {
		t.Fatalf("%s is on a page that the rail does not offer: %s", role, screen.Page)
	}
	if screen.Office == nil {
		return
	}
	open := slices.IndexFunc(screen.Office.Tabs, func(i desk.TabItem) bool { return i.Chosen })
	if open < 0 {
		t.Fatalf("no tab is chosen on %s", screen.Page)
	}
	if tab := screen.Office.Tabs[open].Tab; screen.Page == desk.PageOffice && !slices.Contains(strings.Fields(offered[role].tabs), string(tab)) {
		t.Fatalf("%s is on tab %s", role, tab)
	}
}

func TestCashiersTillHoldsNothingOfAMemberButNumberAndFuellings(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleCashier)
	b.Do(desk.GoTo{Page: desk.PageMembers})
	b.Search("value", "M000123")
	o := office(t, b)
	if len(o.Table.Rows) != 6 || o.Card != nil || len(o.Tabs) != 1 || !strings.Contains(o.Note, "M000123") {
		t.Fatalf("the page: %+v", o)
	}
	for _, secret := range []string{"王建军", "138****", "云A12345", "530*"} {
		if holds(b.State, secret) {
			t.Errorf("the till holds %q", secret)
		}
	}
	b.Refuse = wire.NewProblem(wire.ProblemNotFound, "")
	b.Search("value", "M999999")
	if o := office(t, b); len(o.Table.Rows) != 0 || o.Table.Note != "没有找到" {
		t.Errorf("a number nobody has: %+v", o.Table)
	}
}

func TestEveryTextOfEverySceneIsWhole(t *testing.T) {
	for _, lang := range []desk.Lang{desk.Chinese, desk.English} {
		for _, scene := range lookbook.Scenes() {
			screen := scene.Play(desk.Prefs{Lang: lang}).Screen()
			if holds(screen, "%!") || holds(screen, "%d") || holds(screen, "%s") {
				t.Errorf("%s in %s has a text with a hole", scene.Name, lang)
			}
		}
	}
}
