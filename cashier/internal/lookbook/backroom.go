package lookbook

import (
	"slices"
	"strings"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Backroom is a till on whose members page and office somebody works: a stage
// that also plays the hub's part in questions and acts.
type Backroom struct {
	*Stage
	// What the made-up hub knows.
	Members     []wire.MemberRecord
	Segments    []wire.Segment
	Staff       []wire.StaffMember
	Sessions    []wire.StaffSession
	Rota        wire.Roster
	Raised      []wire.Alert
	Log         []wire.LogEntry
	LogState    wire.LogState
	Keys        wire.KeyRing
	Account     wire.Account
	Permissions wire.Permissions
	Offers      []wire.Offer
	Site        wire.Site
	Backups     wire.Backups
	// Refuse answers everything with a problem, while it is set.
	Refuse *wire.Problem
	// Clear are the members' fields in clear, by what the hub is asked for.
	Clear map[wire.PersonalField]string
}

// ClearPhone, ClearIDNumber and ClearAccount are what is revealed of any member
// of the made-up station.
const (
	ClearPhone    = "13800010001"
	ClearIDNumber = "530102199003071234"
	ClearAccount  = "6222021001116789"
)

// NewBackroom is a till with somebody of a role signed in and connected.
func NewBackroom(p desk.Prefs, role wire.Role, must ...wire.Must) *Backroom {
	b := &Backroom{Stage: NewStage(p), Clear: map[wire.PersonalField]string{
		wire.FieldPhone: ClearPhone, wire.FieldIDNumber: ClearIDNumber, wire.FieldAccount: ClearAccount,
	}}
	b.SignIn(role, must...)
	b.people()
	b.members()
	b.securityData()
	b.faceData()
	b.backupData()
	b.Account = wire.Account{Number: b.me().Number, Name: b.me().Name, Role: role, Must: must}
	b.Permissions = permissions()
	f := busyForecourt()
	switch {
	case len(must) > 0:
	case role == wire.RoleAttendant:
		b.ConnectPost(f, b.Post(f))
	default:
		b.Connect(f, wire.DeskSnap{Station: StationName, Prices: b.PriceBoard(f), Proofs: Proofs(f), Roster: b.Rota})
		if role == wire.RoleHead || role == wire.RoleGroup {
			b.Alerts(b.Raised[:2]...)
		}
	}
	b.Serve()
	return b
}

// me is whoever is signed in.
func (b *Backroom) me() wire.StaffMember {
	for _, p := range b.Staff {
		if p.ID == b.staff {
			return p
		}
	}
	return wire.StaffMember{}
}

// Open turns to a page and a tab, and answers what the till asks.
func (b *Backroom) Open(p desk.Page, t desk.Tab) {
	b.Do(desk.GoTo{Page: p})
	b.Serve()
	b.Do(desk.OfficeTab{Tab: t})
	b.Serve()
}

// Row chooses the n-th row of the list.
func (b *Backroom) Row(n int) {
	b.Do(desk.OfficeRow{Key: b.State.Screen().Office.Table.Rows[n].Key})
	b.Serve()
}

// Act presses a button; Fill fills in fields of the form, name and value by
// turns; Submit confirms it and plays the hub's answer.
func (b *Backroom) Act(what string, arg ...string) {
	b.Do(desk.OfficeAct{ID: what, Arg: strings.Join(arg, "")})
	b.Serve()
}

// Fill fills in fields of the form, name and value by turns.
func (b *Backroom) Fill(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Do(desk.OfficeEdit{Field: pairs[i], Value: pairs[i+1]})
	}
}

// Submit confirms the form and plays the hub's answer.
func (b *Backroom) Submit() {
	b.Do(desk.OfficeSubmit{})
	b.Serve()
}

// Search fills in filters, name and value by turns, and asks for the list.
func (b *Backroom) Search(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Do(desk.OfficeFilter{Field: pairs[i], Value: pairs[i+1]})
	}
	b.Do(desk.OfficeSearch{})
	b.Serve()
}

// Asked takes the questions and acts that the till has put to the hub.
func (b *Backroom) Asked() (questions []desk.OfficeAsk, acts []desk.Command) {
	var rest []desk.Effect
	for _, e := range b.Effects {
		switch e := e.(type) {
		case desk.OfficeAsk:
			questions = append(questions, e)
		case desk.Send:
			acts = append(acts, e.Command)
		default:
			rest = append(rest, e)
		}
	}
	b.Effects = rest
	return questions, acts
}

// Serve answers every question and every act until there are no more.
func (b *Backroom) Serve() {
	const most = 20 // no answer begins an endless talk
	for range most {
		questions, acts := b.Asked()
		if len(questions)+len(acts) == 0 {
			return
		}
		for _, q := range questions {
			if b.Refuse != nil {
				b.Do(desk.OfficeAnswer{N: q.N, Problem: b.Refuse})
			} else {
				b.Do(desk.OfficeAnswer{N: q.N, Answer: b.answer(q.Question)})
			}
		}
		for _, c := range acts {
			b.Grant(c)
		}
	}
}

// Grant plays the hub's answer to one act.
func (b *Backroom) Grant(c desk.Command) {
	c.Key = id.New[id.Command](b.IDs)
	b.Do(desk.Sent{Command: c})
	if b.Refuse != nil {
		b.Do(desk.Refused{Command: c, Problem: b.Refuse})
		return
	}
	b.keep(c)
	b.Do(desk.Answered{Command: c})
}

// keep has the made-up hub know what an act changed, where a scene looks again.
func (b *Backroom) keep(c desk.Command) {
	switch c.Kind {
	case desk.CommandOfferAdd:
		o := c.Office.Offer
		made := wire.Offer{ID: id.New[id.Offer](b.IDs), Kind: o.Kind, Title: o.Title, Text: o.Text, From: o.From, Until: o.Until}
		b.Offers = append([]wire.Offer{made}, b.Offers...)
	case desk.CommandOfferEnd:
		b.Offers = slices.DeleteFunc(b.Offers, func(o wire.Offer) bool { return o.ID.String() == c.Object })
	case desk.CommandSite:
		b.Site = *c.Office.Site
	}
	b.keepBackup(c)
}

// answer is what the made-up hub says to a question.
func (b *Backroom) answer(q desk.Question) any {
	switch q := q.(type) {
	case desk.AskMembers:
		return b.found(q.Search)
	case desk.AskMember:
		for _, r := range b.Members {
			if r.ID == q.Member {
				return r
			}
		}
	case desk.AskMemberRefuels:
		return b.refuelsOf(q)
	case desk.AskReveal:
		return wire.Revealed{Field: q.Reveal.Field, Value: b.Clear[q.Reveal.Field], Until: b.at.Add(30 * time.Second)}
	case desk.AskSegments:
		return wire.SegmentList{Segments: b.Segments}
	case desk.AskPreview:
		return wire.SegmentPreview{Members: 37, Some: b.found(wire.MemberSearch{}).Members[:3]}
	case desk.AskStaff:
		return wire.StaffList{Staff: b.Staff, Stations: otherStations()}
	case desk.AskSessions:
		return wire.StaffSessionList{Sessions: b.Sessions}
	}
	return b.answerMore(q)
}

func (b *Backroom) answerMore(q desk.Question) any {
	switch q.(type) {
	case desk.AskPermissions:
		return b.Permissions
	case desk.AskOffers:
		return wire.OfferList{Offers: b.Offers}
	case desk.AskSite:
		return b.Site
	case desk.AskBackups:
		return b.Backups
	case desk.AskAlerts:
		return wire.AlertList{Alerts: b.Raised}
	case desk.AskLog:
		return wire.LogPage{Entries: b.Log, Next: b.Log[len(b.Log)-1].ID}
	case desk.AskLogState:
		return b.LogState
	case desk.AskKeys:
		return b.Keys
	case desk.AskPassword:
		b.done(wire.MustPassword)
		return b.Account
	case desk.AskAccount:
		return b.Account
	case desk.AskFactor:
		return wire.SecondFactor{
			Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
			URI:    "otpauth://totp/Forecourt:1001?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Forecourt",
		}
	case desk.AskConfirm:
		b.Account.SecondFactor, b.Account.Recovery = true, 10
		b.done(wire.MustSecondFactor)
		return wire.RecoveryCodes{Codes: []string{
			"7KQ2-9XFM", "R4TD-2WHB", "M8VC-6JNP", "3FYA-KE7S", "X5GL-8QZD",
			"B2NW-4RTC", "H9JM-5VKF", "6PDX-A3YE", "T7SG-1LCQ", "E4ZB-W8MR",
		}}
	case desk.AskDropFactor:
		b.Account.SecondFactor, b.Account.Recovery = false, 0
		return b.Account
	}
	return nil
}

// done takes a duty off the account.
func (b *Backroom) done(what wire.Must) {
	var left []wire.Must
	for _, m := range b.Account.Must {
		if m != what {
			left = append(left, m)
		}
	}
	b.Account.Must = left
}

// found is the page of members that a search gives.
func (b *Backroom) found(search wire.MemberSearch) wire.MemberPage {
	var page wire.MemberPage
	for i, r := range b.Members {
		if search.Number != "" && !strings.HasSuffix(r.Number, strings.TrimPrefix(strings.ToUpper(search.Number), "M")) {
			continue
		}
		if search.Phone != "" && i > 0 || search.Plate != "" && i > 0 || search.IDNumber != "" && i > 0 {
			continue
		}
		row := wire.MemberRow{ID: r.ID, Number: r.Number, Name: r.Name, Phone: r.Phone, Refuels: r.Habits.Refuels, LastAt: r.Habits.LastAt}
		for _, v := range r.Vehicles {
			row.Plates = append(row.Plates, v.Plate)
		}
		page.Members = append(page.Members, row)
	}
	return page
}

// refuelsOf is what a cashier gets of a member.
func (b *Backroom) refuelsOf(q desk.AskMemberRefuels) any {
	for _, r := range b.Members {
		if strings.EqualFold(r.Number, q.Number) {
			return wire.MemberRefuels{Member: wire.MemberNumber{ID: r.ID, Number: r.Number}, Refuels: r.Refuels}
		}
	}
	return nil
}

// Post is an attendant's post of nozzles 1 to 4, with what waits there.
func (b *Backroom) Post(f wire.ForecourtSnap) wire.PostSnap {
	sale := func(nozzle int, state wire.SaleState, volume unit.Millilitre, ago time.Duration) wire.Refuel {
		return wire.RefuelOf(b.SaleOf(f.Nozzles[nozzle-1], state, volume, ago))
	}
	return wire.PostSnap{
		Station: StationName, Prices: b.PriceBoard(f),
		Post: wire.Post{
			Staff: b.staff, Number: "3001", Name: "李建国", Nozzles: []int{1, 2, 3, 4},
			Since: b.at.Add(-time.Hour), By: "1001", Until: time.Date(2026, 11, 23, 18, 0, 0, 0, Zone()),
		},
		Refuels: []wire.Refuel{
			sale(3, wire.SaleUnpaid, 25_600, 2*time.Minute), sale(1, wire.SaleUnpaid, 13_330, 20*time.Second),
			sale(2, wire.SalePaid, 41_020, 12*time.Minute),
		},
	}
}
