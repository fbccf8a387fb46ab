package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// officeScenes are the moments of the members page and of the office.
func officeScenes() []Scene {
	return []Scene{
		{"login-code", loginCode},
		{"members", Members},
		{"members-loading", membersLoading},
		{"members-none", membersNone},
		{"members-card", MemberCard},
		{"members-reveal", memberReveal},
		{"members-shown", memberShown},
		{"members-erase", memberErase},
		{"members-cashier", CashierMembers},
		{"segments", segments},
		{"segments-builder", segmentBuilder},
		{"staff", staffTab},
		{"staff-card", staffCard},
		{"staff-add", staffAdd},
		{"posts", posts},
		{"posts-assign", postsAssign},
		{"sessions", sessions},
		{"alerts", alerts},
		{"alert-toast", alertToast},
		{"log", logTab},
		{"log-card", logCard},
		{"log-broken", logBroken},
		{"keys", keysTab},
		{"keys-rotating", keysRotating},
		{"account", account},
		{"account-factor", accountFactor},
		{"account-codes", accountCodes},
		{"account-must", accountMust},
		{"attendant", Attendant},
		{"attendant-no-post", attendantNoPost},
		{"attendant-sales", attendantSales},
	}
}

func loginCode(p desk.Prefs) *Stage {
	s := NewStage(p)
	s.Do(desk.SignIn{Number: "1001", Password: "x"}, desk.SignInFailed{Problem: wire.NewProblem(wire.ProblemSecondFactor, "")})
	return s
}

// head is the back room of a head at a page and a tab.
func head(p desk.Prefs, page desk.Page, tab desk.Tab) *Backroom {
	b := NewBackroom(p, wire.RoleHead)
	b.Open(page, tab)
	return b
}

// Members is the list of members.
func Members(p desk.Prefs) *Stage { return head(p, desk.PageMembers, desk.TabMembers).Stage }

func membersLoading(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Do(desk.GoTo{Page: desk.PageMembers})
	return b.Stage
}

func membersNone(p desk.Prefs) *Stage {
	b := head(p, desk.PageMembers, desk.TabMembers)
	b.Search("by", "number", "value", "999999")
	return b.Stage
}

func card(p desk.Prefs) *Backroom {
	b := head(p, desk.PageMembers, desk.TabMembers)
	b.Row(0)
	return b
}

// MemberCard is a member beside the list.
func MemberCard(p desk.Prefs) *Stage { return card(p).Stage }

func memberReveal(p desk.Prefs) *Stage {
	b := card(p)
	b.Act("reveal", "phone")
	b.Fill("reason", "核对退款收款人")
	return b.Stage
}

func memberShown(p desk.Prefs) *Stage {
	b := card(p)
	b.Act("reveal", "phone")
	b.Fill("reason", "核对退款收款人")
	b.Submit()
	b.Wait(4 * time.Second)
	b.Beat()
	return b.Stage
}

func memberErase(p desk.Prefs) *Stage {
	b := card(p)
	b.Act("erase")
	b.Fill("number", "M000124", "reason", "会员书面申请")
	b.Submit()
	return b.Stage
}

// CashierMembers is what a cashier sees of a member.
func CashierMembers(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleCashier)
	b.Do(desk.GoTo{Page: desk.PageMembers})
	b.Search("value", "M000123")
	return b.Stage
}

func segments(p desk.Prefs) *Stage {
	b := head(p, desk.PageMembers, desk.TabSegments)
	b.Row(1)
	return b.Stage
}

func segmentBuilder(p desk.Prefs) *Stage {
	b := head(p, desk.PageMembers, desk.TabSegments)
	b.Row(1)
	b.Act("segment.edit")
	b.Act("preview")
	return b.Stage
}

func staffTab(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabStaff).Stage }

func staffCard(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabStaff)
	b.Row(2)
	return b.Stage
}

func staffAdd(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabStaff)
	b.Act("staff.add")
	b.Fill("number", "2003", "name", "林小雨", "password", "a", "again", "b")
	b.Submit()
	return b.Stage
}

func posts(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabPosts)
	b.Row(1)
	return b.Stage
}

func postsAssign(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabPosts)
	b.Row(2)
	b.Act("post.assign")
	b.Fill("nozzles", "13,14,15,16")
	return b.Stage
}

func sessions(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabSessions)
	b.Row(1)
	return b.Stage
}

func alerts(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabAlerts)
	b.Row(0)
	return b.Stage
}

// alertToast is an alert that arrives while the head watches the pumps.
func alertToast(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	a := b.Raised[1]
	a.ID, a.Rule, a.At = id.New[id.Alert](b.IDs), wire.AlertTampered, b.at
	b.Alert(a)
	return b.Stage
}

func logTab(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabLog).Stage }

func logCard(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabLog)
	b.Row(3)
	return b.Stage
}

func logBroken(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.LogState.Problem = "row 118204 was changed"
	b.Open(desk.PageOffice, desk.TabLog)
	b.Search("from", "昨天", "refused", "1")
	return b.Stage
}

func keysTab(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabKeys).Stage }

func keysRotating(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Keys.Rotation = &wire.Rotation{To: 3, Done: 2_904, Left: 1_278, Since: b.at.Add(-6 * time.Minute)}
	b.Open(desk.PageOffice, desk.TabKeys)
	return b.Stage
}

func account(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleCashier)
	b.Open(desk.PageOffice, desk.TabAccount)
	return b.Stage
}

func accountFactor(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabAccount)
	b.Act("factor.begin")
	return b.Stage
}

func accountCodes(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabAccount)
	b.Act("factor.begin")
	b.Fill("code", "123456")
	b.Submit()
	return b.Stage
}

func accountMust(p desk.Prefs) *Stage {
	return NewBackroom(p, wire.RoleHead, wire.MustPassword, wire.MustSecondFactor).Stage
}

// Attendant is the board of an attendant with a post.
func Attendant(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleAttendant)
	b.Do(desk.Choose{Nozzle: 3})
	return b.Stage
}

func attendantNoPost(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleAttendant)
	f := busyForecourt()
	b.Posted(wire.PostSnap{Station: StationName, Prices: b.PriceBoard(f)})
	return b.Stage
}

func attendantSales(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleAttendant)
	b.Do(desk.GoTo{Page: desk.PageSales})
	b.Do(desk.RefuelsLoaded{List: wire.RefuelList{Refuels: b.Post(busyForecourt()).Refuels}})
	return b.Stage
}
