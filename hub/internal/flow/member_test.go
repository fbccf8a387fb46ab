package flow_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// What the member of these tests gave. The check character of the ID number is
// right.
const (
	wangPhone   = "13800000001"
	wangName    = "王小明"
	wangPlate   = "云A12345"
	wangModel   = "大众朗逸"
	wangPaper   = "11010519491231002X"
	wangAccount = "6222021234566789"
)

// agrees has a member agree to everything.
func (h *house) agrees(who member.Actor) {
	h.t.Helper()
	for _, text := range member.ConsentTexts() {
		_, err := h.members.Consent(h.t.Context(), who, text.Purpose, wire.ConsentRequest{Given: true, Version: text.Version})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// gaveAll is a member who gave everything and paid for one sale on nozzle 3.
func (h *house) gaveAll() (member.Actor, wire.SaleEnded) {
	h.t.Helper()
	who, s := h.bought()
	h.agrees(who)
	if _, err := h.members.SetIDNumber(h.t.Context(), who, wire.IDNumberRequest{IDNumber: wangPaper}); err != nil {
		h.t.Fatal(err)
	}
	_, err := h.members.AddAccount(h.t.Context(), who, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: wangAccount})
	if err != nil {
		h.t.Fatal(err)
	}
	return who, s
}

// clear fails the test if an answer holds something personal of the member but
// what is allowed.
func clear(t *testing.T, what string, answer any, allowed ...string) {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	left := string(text)
	for _, a := range allowed {
		left = strings.ReplaceAll(left, a, "")
	}
	for _, secret := range []string{wangPhone, wangName, "小明", wangPlate, "12345", wangModel, wangPaper, "19491231", wangAccount, "34566789"} {
		if strings.Contains(left, secret) {
			t.Errorf("%s tells %s: %s", what, secret, text)
		}
	}
}

// TestS035TheHeadSeesWhoAMemberIsAndHowTheyFuel: name, vehicles and habits; the
// phone, the ID number and accounts masked; each look on record.
func TestS035TheHeadSeesWhoAMemberIsAndHowTheyFuel(t *testing.T) {
	h := newHouse(t)
	who, s := h.gaveAll()
	for _, role := range []wire.Role{wire.RoleHead, wire.RoleGroup} {
		got := must[wire.MemberRecord](t)(h.flow.MemberRecord(t.Context(), h.actor(role), who.Member))
		if got.ID != who.Member || got.Number != who.Number || got.Name != wangName || got.Since.IsZero() {
			t.Errorf("who: %+v", got)
		}
		if got.Phone != "138****0001" || got.IDNumber != "110***********002X" || len(got.Accounts) != 1 || got.Accounts[0].Account != "****6789" {
			t.Errorf("masked: %s %s %+v", got.Phone, got.IDNumber, got.Accounts)
		}
		if len(got.Vehicles) != 1 || got.Vehicles[0].Plate != wangPlate || got.Vehicles[0].Model != wangModel {
			t.Errorf("vehicles: %+v", got.Vehicles)
		}
		if got.Habits.Refuels != 1 || got.Habits.Usual != "92#" || got.Habits.Spent != s.Amount || len(got.Consents) != 5 || !got.Consents[0].Given {
			t.Errorf("habits %+v, consents %+v", got.Habits, got.Consents)
		}
		if len(got.Refuels) != 1 || got.Refuels[0].Sale != s.Sale || got.Refuels[0].Amount != s.Amount {
			t.Errorf("refuels: %+v", got.Refuels)
		}
		clear(t, "the record", got, wangName, wangPlate, wangModel)
	}
	if rows := h.logged("member.look"); len(rows) != 2 || rows[0].ObjectID != who.Member.String() || rows[0].Result != audit.OK || rows[0].Staff.IsZero() {
		t.Errorf("the log says %+v", rows)
	}
	elsewhere := h.head()
	elsewhere.Station = id.New[id.Station](h.ids)
	if got := must[wire.MemberRecord](t)(h.flow.MemberRecord(t.Context(), elsewhere, who.Member)); got.Name != wangName || len(got.Refuels) != 0 {
		t.Errorf("another station's head sees %+v", got)
	}
}

// looks is everything the office asks about a member, and which action it is.
func (h *house) looks(m id.Member, number string) map[string]struct {
	action staff.Action
	do     func(who staff.Actor) (any, error)
} {
	ctx := h.t.Context()
	type look = struct {
		action staff.Action
		do     func(who staff.Actor) (any, error)
	}
	return map[string]look{
		"search": {staff.SeeMembers, func(who staff.Actor) (any, error) {
			return h.flow.SearchMembers(ctx, who, wire.MemberSearch{Phone: wangPhone})
		}},
		"record":  {staff.SeeMembers, func(who staff.Actor) (any, error) { return h.flow.MemberRecord(ctx, who, m) }},
		"refuels": {staff.SeeMembers, func(who staff.Actor) (any, error) { return h.flow.RefuelsOfMember(ctx, who, m, id.Sale{}) }},
		"reveal": {staff.RevealMember, func(who staff.Actor) (any, error) {
			return h.flow.RevealMember(ctx, who, m, wire.RevealRequest{Field: wire.FieldPhone, Reason: "客户来电"})
		}},
		"export": {staff.EraseMember, func(who staff.Actor) (any, error) { return h.flow.ExportMember(ctx, who, m) }},
		"erase": {staff.EraseMember, func(who staff.Actor) (any, error) {
			return h.flow.EraseMember(ctx, who, h.key(), m, wire.EraseRequest{Number: number, Reason: "本人要求"})
		}},
		"by number": {staff.SeeMemberRefuels, func(who staff.Actor) (any, error) { return h.flow.RefuelsByNumber(ctx, who, number, id.Sale{}) }},
	}
}

// TestS077WhoMayNotSeeMembersIsToldNothing, whatever they ask, and that they
// asked is on record.
func TestS077WhoMayNotSeeMembersIsToldNothing(t *testing.T) {
	h := newHouse(t)
	who, _ := h.gaveAll()
	for name, look := range h.looks(who.Member, who.Number) {
		for _, role := range staff.Roles() {
			if staff.May(role, look.action) {
				continue
			}
			h.later(time.Millisecond) // the log is in the order of time
			before := len(h.refusals())
			answer, err := look.do(h.actor(role))
			wantProblem(t, err, wire.ProblemForbidden)
			clear(t, name+" as "+string(role), answer)
			if after := h.refusals(); len(after) != before+1 || after[0].Staff != h.actor(role).Staff {
				t.Errorf("%s as %s left no row in the log", name, role)
			}
		}
	}
}

// refusals is the rows of the log that say somebody was refused.
func (h *house) refusals() []audit.Entry {
	h.t.Helper()
	found := must[[]audit.Entry](h.t)(audit.Find(h.t.Context(), h.db, audit.Query{}))
	var list []audit.Entry
	for _, e := range found {
		if e.Result == string(wire.ProblemForbidden) {
			list = append(list, e)
		}
	}
	return list
}

// TestS078ACashierKnowsANumberAndRefuels and nothing else: the type they get
// has no other field, at any depth, and the answer says nothing else.
func TestS078ACashierKnowsANumberAndRefuels(t *testing.T) {
	h := newHouse(t)
	who, s := h.gaveAll()
	got := must[wire.MemberRefuels](t)(h.flow.RefuelsByNumber(t.Context(), h.cashier(), "1", id.Sale{}))
	if got.Member != (wire.MemberNumber{ID: who.Member, Number: "M000001"}) || len(got.Refuels) != 1 || got.Refuels[0].Sale != s.Sale || !got.Next.IsZero() {
		t.Errorf("the cashier sees %+v", got)
	}
	clear(t, "the cashier's answer", got)
	if rows := h.logged("member.refuels"); len(rows) != 1 || rows[0].Object != "member" || rows[0].ObjectID != who.Member.String() {
		t.Errorf("the log says %+v", rows)
	}
	h.later(time.Millisecond) // the log is in the order of time
	_, err := h.flow.RefuelsByNumber(t.Context(), h.cashier(), "M000099", id.Sale{})
	wantProblem(t, err, wire.ProblemNotFound)
	h.later(time.Millisecond)
	_, err = h.flow.RefuelsByNumber(t.Context(), h.cashier(), wangPhone, id.Sale{}) // a phone is not a number
	wantProblem(t, err, wire.ProblemNotFound)
	if rows := h.logged("member.refuels"); len(rows) != 3 || rows[0].Result != string(wire.ProblemNotFound) || rows[0].Note != "" {
		t.Errorf("the log says %+v", rows)
	}
}

// TestS078TheCashiersTypeHasNoPersonalField checks the type by reflection, so
// that no field is ever added to it unseen.
func TestS078TheCashiersTypeHasNoPersonalField(t *testing.T) {
	allowed := map[string]bool{
		"member": true, "id": true, "number": true, "refuels": true, "next": true,
		"sale": true, "nozzle": true, "grade": true, "state": true, "volume_ml": true, "amount_fen": true,
		"price_fen_per_l": true, "started_at": true, "ended_at": true,
	}
	seen := 0
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !allowed[name] {
				t.Errorf("%s.%s is told to a cashier as %q", typ, typ.Field(i).Name, name)
			}
			seen++
			walk(typ.Field(i).Type)
		}
	}
	walk(reflect.TypeFor[wire.MemberRefuels]())
	if seen < 10 {
		t.Errorf("only %d fields were looked at", seen)
	}
}

// TestS075APhoneIsMaskedUntilItIsRevealedForAReason, to be shown for half a
// minute; every field that was opened is a row of the log.
func TestS075APhoneIsMaskedUntilItIsRevealedForAReason(t *testing.T) {
	h := newHouse(t)
	who, _ := h.gaveAll()
	record := must[wire.MemberRecord](t)(h.flow.MemberRecord(t.Context(), h.head(), who.Member))
	if record.Phone != "138****0001" {
		t.Errorf("unasked, the phone is %s", record.Phone)
	}
	for _, c := range []struct {
		ask  wire.RevealRequest
		want string
	}{
		{wire.RevealRequest{Field: wire.FieldPhone, Reason: "客户来电"}, wangPhone},
		{wire.RevealRequest{Field: wire.FieldIDNumber, Reason: " 办理记名卡 "}, wangPaper},
		{wire.RevealRequest{Field: wire.FieldAccount, Account: record.Accounts[0].ID, Reason: "退款"}, wangAccount},
	} {
		h.later(time.Millisecond)
		got := must[wire.Revealed](t)(h.flow.RevealMember(t.Context(), h.head(), who.Member, c.ask))
		if got.Value != c.want || got.Field != c.ask.Field || !got.Until.Equal(h.now().Add(30*time.Second)) {
			t.Errorf("%s: %+v", c.ask.Field, got)
		}
		rows := h.logged("member.reveal")
		if want := string(c.ask.Field) + ": " + strings.TrimSpace(c.ask.Reason); rows[0].Note != want || rows[0].Staff != h.head().Staff ||
			rows[0].ObjectID != who.Member.String() || rows[0].Result != audit.OK {
			t.Errorf("the log says %+v", rows[0])
		}
	}
	if rows := h.logged("member.reveal"); len(rows) != 3 {
		t.Errorf("%d rows for three fields", len(rows))
	}
}

// TestS075AMembersOwnLookIsOnRecordToo, by them and without the number; who is
// nobody any more gets none, and that is on record as well.
func TestS075AMembersOwnLookIsOnRecordToo(t *testing.T) {
	h := newHouse(t)
	who, _ := h.gaveAll()
	snap, _, err := h.flow.DriverSnapshot(t.Context(), who.Member)
	if err != nil || snap.Member.Phone != "138****0001" {
		t.Errorf("unasked, the phone is %s, %v", snap.Member.Phone, err)
	}
	if rows := h.logged("member.reveal"); len(rows) != 0 {
		t.Errorf("before they asked the log says %+v", rows)
	}
	if shown := must[wire.OwnPhone](t)(h.flow.RevealMyPhone(t.Context(), who)); shown.Phone != wangPhone {
		t.Errorf("shown is %+v", shown)
	}
	rows := h.logged("member.reveal")
	if len(rows) != 1 || rows[0].Member != who.Member || !rows[0].Staff.IsZero() || rows[0].ObjectID != who.Member.String() ||
		rows[0].Result != audit.OK || rows[0].Note != "phone: the member's own" {
		t.Errorf("the log says %+v", rows)
	}
	h.later(time.Second)
	nobody := member.Actor{Member: id.New[id.Member](h.ids)}
	shown, err := h.flow.RevealMyPhone(t.Context(), nobody)
	wantProblem(t, err, wire.ProblemNotFound)
	if rows := h.logged("member.reveal"); shown.Phone != "" || len(rows) != 2 || rows[0].Result != string(wire.ProblemNotFound) {
		t.Errorf("nobody is shown %+v, the log says %+v", shown, rows)
	}
}

func TestS075WithoutAReasonOrAFieldNothingIsRevealed(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000002") // gave a phone only
	ask := func(m id.Member, req wire.RevealRequest) error {
		got, err := h.flow.RevealMember(t.Context(), h.head(), m, req)
		if got.Value != "" || !got.Until.IsZero() {
			t.Errorf("%+v reveals %+v", req, got)
		}
		return err
	}
	for _, reason := range []string{"", " ", "x", "  x ", strings.Repeat("因", 201), "\xff\xff"} {
		wantProblem(t, ask(who.Member, wire.RevealRequest{Field: wire.FieldPhone, Reason: reason}), wire.ProblemBadRequest)
	}
	wantProblem(t, ask(who.Member, wire.RevealRequest{Field: "password", Reason: "好奇"}), wire.ProblemBadRequest)
	wantProblem(t, ask(who.Member, wire.RevealRequest{Field: wire.FieldIDNumber, Reason: "好奇"}), wire.ProblemNotFound)
	wantProblem(t, ask(who.Member, wire.RevealRequest{Field: wire.FieldAccount, Reason: "好奇"}), wire.ProblemNotFound)
	wantProblem(t, ask(id.New[id.Member](h.ids), wire.RevealRequest{Field: wire.FieldPhone, Reason: "好奇"}), wire.ProblemNotFound)
	for _, row := range h.logged("member.reveal") {
		if row.Result == audit.OK {
			t.Errorf("the log says it was done: %+v", row)
		}
	}
}

// TestMembersAreFoundByOneThingAtATime: by number, phone, plate and ID number,
// whole and as people write them. What was searched for is not in the log.
func TestMembersAreFoundByOneThingAtATime(t *testing.T) {
	h := newHouse(t)
	who, _ := h.gaveAll()
	h.driver("13800000002")
	for kind, ask := range map[string]wire.MemberSearch{
		"number":    {Number: "m 1"},
		"phone":     {Phone: "+86 138-0000-0001"},
		"plate":     {Plate: "云a·12345"},
		"id_number": {IDNumber: "110105 19491231 002x"},
	} {
		h.later(time.Millisecond)
		page := must[wire.MemberPage](t)(h.flow.SearchMembers(t.Context(), h.head(), ask))
		if len(page.Members) != 1 || page.Members[0].ID != who.Member || page.Members[0].Phone != "138****0001" ||
			page.Members[0].Refuels != 1 || !page.Next.IsZero() {
			t.Errorf("by %s: %+v", kind, page)
		}
		clear(t, "the search", page, wangName, wangPlate)
		if row := h.logged("member.search")[0]; row.Note != "by "+kind+", 1 found" || row.Object != "" || row.Result != audit.OK {
			t.Errorf("by %s the log says %+v", kind, row)
		}
	}
	for want, ask := range map[wire.ProblemType]wire.MemberSearch{
		wire.ProblemPhoneRefused: {Phone: "138"},
		wire.ProblemPlateRefused: {Plate: "A12345"},
		wire.ProblemIDNumber:     {IDNumber: "110105194912310021"},
		wire.ProblemBadRequest:   {Phone: wangPhone, Plate: wangPlate},
	} {
		_, err := h.flow.SearchMembers(t.Context(), h.head(), ask)
		wantProblem(t, err, want)
	}
	page := must[wire.MemberPage](t)(h.flow.SearchMembers(t.Context(), h.head(), wire.MemberSearch{Phone: "13800000009"}))
	if page.Members == nil || len(page.Members) != 0 {
		t.Errorf("nobody is %+v", page)
	}
	for _, row := range h.logged("member.search") {
		clear(t, "the log", row)
	}
}

func TestTheNewestMembersComeInPages(t *testing.T) {
	h := newHouse(t)
	var joined []id.Member
	for n := range 5 {
		h.later(time.Second)
		joined = append(joined, h.driver("1380000001"+string(rune('0'+n))).Member)
	}
	var got []id.Member
	for ask := (wire.MemberSearch{Limit: 2}); ; {
		page := must[wire.MemberPage](t)(h.flow.SearchMembers(t.Context(), h.head(), ask))
		for _, m := range page.Members {
			got = append(got, m.ID)
		}
		if ask.Before = page.Next; page.Next.IsZero() {
			break
		}
		if len(page.Members) != 2 {
			t.Fatalf("a page of %d", len(page.Members))
		}
	}
	for i, m := range got {
		if m != joined[len(joined)-1-i] {
			t.Errorf("listed %v, joined %v", got, joined)
			break
		}
	}
	if len(got) != 5 {
		t.Errorf("%d members in all", len(got))
	}
}

func TestRefuelsOfAMemberComeInPages(t *testing.T) {
	h := newHouse(t)
	who := h.driver(wangPhone)
	const all = 53
	for range all {
		h.claim(who, 3)
		h.take(h.sale(3, unit.Millilitre(10_000)))
		h.later(time.Minute)
	}
	first := must[wire.RefuelList](t)(h.flow.RefuelsOfMember(t.Context(), h.head(), who.Member, id.Sale{}))
	rest := must[wire.RefuelList](t)(h.flow.RefuelsOfMember(t.Context(), h.head(), who.Member, first.Next))
	if len(first.Refuels) != 50 || len(rest.Refuels) != all-50 || !rest.Next.IsZero() || rest.Refuels[0].Sale == first.Refuels[49].Sale {
		t.Errorf("pages of %d and %d, next %s", len(first.Refuels), len(rest.Refuels), rest.Next)
	}
	byNumber := must[wire.MemberRefuels](t)(h.flow.RefuelsByNumber(t.Context(), h.cashier(), who.Number, first.Next))
	same(t, "the cashier's second page", byNumber.Refuels, rest.Refuels)
}
