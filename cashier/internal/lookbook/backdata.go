package lookbook

import (
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// otherStations are the further stations of the made-up group.
func otherStations() []wire.StationName {
	ids := id.NewMaker(Now, nines{})
	return []wire.StationName{
		{ID: id.New[id.Station](ids), Name: "昆明北市区加油站"}, {ID: id.New[id.Station](ids), Name: "昆明呈贡加油站"},
	}
}

// people makes the staff, who is signed in where, and who has which nozzles.
func (b *Backroom) people() {
	signedIn := b.staff
	person := func(number, name string, role wire.Role, active, factor bool, seen time.Duration) wire.StaffMember {
		p := wire.StaffMember{
			ID: id.New[id.Staff](b.IDs), Number: number, Name: name, Role: role, Active: active, SecondFactor: factor, SeenAt: b.at.Add(-seen),
		}
		return p
	}
	b.Staff = []wire.StaffMember{
		person("1001", "陈志远", wire.RoleHead, true, true, time.Minute), person("2001", "王晓燕", wire.RoleCashier, true, false, time.Minute),
		person("2002", "张磊", wire.RoleCashier, true, false, 9*time.Hour), person("3001", "李建国", wire.RoleAttendant, true, false, 5*time.Minute),
		person("3002", "吴强", wire.RoleAttendant, true, false, 20*time.Minute), person("3003", "郑伟", wire.RoleAttendant, true, false, 30*time.Hour),
		person("4001", "周敏", wire.RoleAgent, true, false, 2*time.Minute), person("4004", "杨帆", wire.RoleAgent, false, false, 90*24*time.Hour),
		person("9001", "赵海", wire.RoleGroup, true, true, 26*time.Hour),
	}
	b.Staff[2].LockedUntil = b.at.Add(11 * time.Minute)
	b.Staff[8].Stations = otherStations()[:1]
	screen := b.State.Screen()
	for i := range b.Staff {
		if len(screen.Header.Staff) >= len(b.Staff[i].Name) && screen.Header.Staff[:len(b.Staff[i].Name)] == b.Staff[i].Name {
			b.Staff[i].ID = signedIn
		}
	}
	for i, p := range []wire.StaffMember{b.Staff[0], b.Staff[1], b.Staff[3], b.Staff[6]} {
		b.Sessions = append(b.Sessions, wire.StaffSession{
			ID: id.New[id.Session](b.IDs), Staff: p.ID, Number: p.Number, Name: p.Name, Role: p.Role,
			DeviceName: fmt.Sprintf("%d 号收银机", i+1), Since: b.at.Add(-time.Duration(i+1) * 50 * time.Minute), SeenAt: p.SeenAt, Own: p.ID == signedIn,
		})
	}
	until := time.Date(2026, 11, 23, 18, 0, 0, 0, Zone())
	post := func(p wire.StaffMember, nozzles ...int) wire.Post {
		out := wire.Post{Staff: p.ID, Number: p.Number, Name: p.Name, Nozzles: nozzles}
		if len(nozzles) > 0 {
			out.Since, out.By, out.Until = b.at.Add(-time.Hour), "1001", until
		}
		return out
	}
	b.Rota = wire.Roster{Posts: []wire.Post{
		post(b.Staff[3], 1, 2, 3, 4), post(b.Staff[4], 4, 5, 6, 7, 8, 9, 10, 11, 12), post(b.Staff[5]),
	}}
}

// members makes the members and the segments.
func (b *Backroom) members() {
	names := []string{"王建军", "李秀英", "张伟", "刘芳", "陈静", "杨洋", "赵敏", "黄磊", "周涛", "吴迪", "徐丽", "孙浩", "马超", "朱琳"}
	for i, name := range names {
		b.Members = append(b.Members, b.member(i, name))
	}
	segment := func(name string, members int, conditions ...wire.SegmentCondition) wire.Segment {
		return wire.Segment{
			ID: id.New[id.Segment](b.IDs), Name: name, Rule: wire.SegmentRule{Conditions: conditions}, Members: members,
			CountedAt: b.at.Add(-40 * time.Minute), By: "1001",
		}
	}
	b.Segments = []wire.Segment{
		segment("久未光临", 118, wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 60}),
		segment("周六大额", 37, wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 300_00, AtLeast: 4},
			wire.SegmentCondition{Kind: wire.SegmentUsual, Grade: "95#"}),
	}
}

func (b *Backroom) member(i int, name string) wire.MemberRecord {
	last := b.at.AddDate(0, 0, -i).Add(-5 * time.Hour)
	refuels := int64(86 - 5*i)
	vehicle := wire.Vehicle{ID: id.New[id.Vehicle](b.IDs), Plate: fmt.Sprintf("云A%05d", 12345+i*731), Kind: wire.PlateFuel, Model: "大众朗逸 1.5L", Tank: 50_000}
	r := wire.MemberRecord{
		ID: id.New[id.Member](b.IDs), Number: fmt.Sprintf("M%06d", 123+i*17), Name: name, Phone: fmt.Sprintf("138****%04d", 1+i*37),
		IDNumber: "530***********1234", Vehicles: []wire.Vehicle{vehicle}, Since: b.at.AddDate(-2, -i, 0),
		Accounts: []wire.PaymentAccount{{ID: id.New[id.PaymentAccount](b.IDs), Kind: wire.AccountBank, Account: "****6789"}},
		Habits: wire.Habits{
			Refuels: refuels, Spent: unit.Fen(refuels * 286_40), Volume: unit.Millilitre(refuels * 38_200), Usual: "92#",
			Grades:     []wire.GradeCount{{Grade: "92#", Refuels: refuels - refuels/5}, {Grade: "95#", Refuels: refuels / 5}},
			IntervalMS: int64(7 * 24 * time.Hour / time.Millisecond), Average: 286_40, FirstAt: b.at.AddDate(-2, 0, 0), LastAt: last,
			Times: []wire.HabitTime{{Weekday: 6, Hour: 8, Refuels: 31}, {Weekday: 3, Hour: 18, Refuels: 12}},
		},
		Consents: []wire.Consent{
			{Purpose: wire.ConsentIDNumber, Version: 1, Given: true, At: b.at.AddDate(-1, 0, 0)},
			{Purpose: wire.ConsentAccount, Version: 1, Given: true, At: b.at.AddDate(-1, 0, 0)},
			{Purpose: wire.ConsentLocation},
			{Purpose: wire.ConsentPlate, Version: 2, At: b.at.AddDate(0, -3, 0)},
			{Purpose: wire.ConsentMarketing, Version: 3, Given: true, At: b.at.AddDate(0, -1, 0)},
		},
	}
	if i == 0 {
		r.Vehicles = append(r.Vehicles, wire.Vehicle{ID: id.New[id.Vehicle](b.IDs), Plate: "云AD12345", Kind: wire.PlateNewEnergy, Model: "比亚迪宋 DM-i", Tank: 60_000})
	}
	forecourt := Idle(16)
	for j := range 6 {
		n := forecourt.Nozzles[(i+j*3)%16]
		r.Refuels = append(r.Refuels, wire.RefuelOf(b.SaleOf(n, wire.SalePaid, unit.Millilitre(31_000+j*2_410), time.Duration(i*24+j*7*24)*time.Hour)))
	}
	return r
}

// permissions is the permission table as the hub has it.
func permissions() wire.Permissions {
	const head, group, cashier, attendant, agent = wire.RoleHead, wire.RoleGroup, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent
	out := wire.Permissions{Roles: []wire.Role{head, group, cashier, attendant, agent}}
	row := func(roles []wire.Role, actions ...string) {
		for _, a := range actions {
			out.Rows = append(out.Rows, wire.Permission{Action: a, Roles: roles})
		}
	}
	row([]wire.Role{head, group, cashier, attendant, agent}, "see-board")
	row([]wire.Role{head, group, cashier, agent}, "see-sales")
	row([]wire.Role{attendant}, "see-refuels")
	row([]wire.Role{head, group, cashier}, "take-payment", "resolve-sale")
	row([]wire.Role{head, group, cashier, attendant}, "hold-nozzle", "stop-all")
	row([]wire.Role{head, group}, "set-mode")
	row([]wire.Role{head, group, cashier, attendant}, "authorize")
	row([]wire.Role{head, group}, "set-prices")
	row([]wire.Role{head, group, cashier, agent}, "see-proof")
	row([]wire.Role{head, group, agent}, "answer-chat")
	row([]wire.Role{head, group}, "manage-support")
	row([]wire.Role{head, group, agent}, "see-member")
	row([]wire.Role{head, group, cashier}, "see-member-refuels")
	row([]wire.Role{head, group}, "see-members", "reveal-member", "erase-member", "manage-segments", "edit-offers", "edit-site")
	row([]wire.Role{head, group, cashier, attendant}, "count-queue")
	row([]wire.Role{head, group, cashier, attendant, agent}, "own-account")
	row([]wire.Role{head, group}, "manage-staff", "assign-nozzles", "see-log", "see-keys", "rotate-keys",
		"see-backups", "make-backups", "restore-backups")
	return out
}

// securityData makes the alerts, the log and the keys.
func (b *Backroom) securityData() {
	alert := func(rule wire.AlertRule, ago time.Duration, p wire.StaffMember, count int) wire.Alert {
		return wire.Alert{ID: id.New[id.Alert](b.IDs), Rule: rule, At: b.at.Add(-ago), Staff: p.ID, Number: p.Number, Name: p.Name, Count: count}
	}
	seen := alert(wire.AlertGuessing, 26*time.Hour, b.Staff[2], 10)
	seen.SeenBy, seen.SeenAt = "1001", b.at.Add(-25*time.Hour)
	b.Raised = []wire.Alert{alert(wire.AlertManyRead, 3*time.Hour, b.Staff[6], 64), alert(wire.AlertPersonal, 6*time.Minute, b.Staff[1], 1), seen}
	b.Raised[1].Object, b.Raised[1].ObjectID, b.Raised[1].Note = "member", "M000123", "see-members"
	b.logRows()
	b.LogState = wire.LogState{
		Rows: 128_406, Root: "9f3c5a1be07d", SealedAt: b.at.Add(-4 * time.Minute), AnchoredAt: b.at.Add(-4 * time.Minute),
		Anchor: "/mnt/anchor", Waiting: 3, Verified: b.at.Add(-3 * time.Hour),
	}
	b.Keys = wire.KeyRing{
		Source: "file", Fingerprint: "7c:1e:90:b4", Members: 4_182, Erased: 6, AtRest: true, SheetAt: b.at.AddDate(0, -2, 0),
		Keys: []wire.DataKey{
			{ID: 3, Purpose: "seal", State: wire.KeyActive, Since: b.at.Add(-6 * time.Minute), Uses: 2_904},
			{ID: 2, Purpose: "seal", State: wire.KeyOpening, Since: b.at.AddDate(0, -6, 0), Uses: 1_278},
			{ID: 1, Purpose: "index", State: wire.KeyActive, Since: b.at.AddDate(-1, 0, 0), Uses: 4_182},
		},
	}
}

func (b *Backroom) logRows() {
	row := func(ago time.Duration, p wire.StaffMember, action, object, which, name, result, note string) {
		n := uint64(128_406 - len(b.Log))
		b.Log = append(b.Log, wire.LogEntry{
			ID: id.New[id.LogRow](b.IDs), N: n, At: b.at.Add(-ago), Staff: p.ID, Number: p.Number, Name: p.Name, Role: p.Role,
			Action: action, Object: object, ObjectID: which, ObjectName: name, Result: result, Note: note,
		})
	}
	head, cashier, attendant, agent, hub := b.Staff[0], b.Staff[1], b.Staff[3], b.Staff[6], wire.StaffMember{}
	member := b.Members[0].ID.String()
	row(20*time.Second, head, "log.read", "log", "", "", "ok", "")
	row(3*time.Minute, head, "member.reveal", "member", member, "M000123", "ok", "核对退款收款人")
	row(4*time.Minute, head, "member.look", "member", member, "M000123", "ok", "")
	row(6*time.Minute, cashier, "member.look", "member", member, "M000123", string(wire.ProblemForbidden), "")
	row(8*time.Minute, cashier, "sale.pay", "sale", "", "0322", "ok", "")
	row(9*time.Minute, attendant, "nozzle.hold", "nozzle", "3", "", "ok", "stop")
	row(12*time.Minute, agent, "chat.take", "thread", "", "", "ok", "")
	row(15*time.Minute, head, "prices.set", "station", "", "", "ok", "92# 7.50")
	row(31*time.Minute, head, "post.assign", "staff", "", "3001 李建国", "ok", "1 2 3 4")
	row(52*time.Minute, b.Staff[2], "login.refused", "staff", "", "2002 张磊", string(wire.ProblemLoginRefused), "")
	row(53*time.Minute, b.Staff[2], "login.refused", "staff", "", "2002 张磊", string(wire.ProblemLoginRefused), "")
	row(2*time.Hour, hub, "keys.rotate", "keys", "3", "", "ok", "")
	row(3*time.Hour, head, "segment.save", "segment", "", "周六大额", "ok", "")
	b.Log[0].N = 0
}
