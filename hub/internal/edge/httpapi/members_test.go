package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ MemberDesk = (*flow.Flow)(nil)
	_ Self       = (*flow.Flow)(nil)
	_ MemberDesk = memberBook{}
	_ Self       = memberBook{}
)

const (
	aMember  = "01J0000000000000000000000M"
	aAccount = "01J0000000000000000000000B"
)

// memberBook answers what is asked of members, and remembers it where the desk
// does.
type memberBook struct{ *desk }

func (r memberBook) SearchMembers(_ context.Context, who staff.Actor, req wire.MemberSearch) (wire.MemberPage, error) {
	return wire.MemberPage{Members: []wire.MemberRow{}}, r.did("search %s %s %d", who.Number, req.Phone, req.Limit)
}

func (r memberBook) MemberRecord(_ context.Context, who staff.Actor, m id.Member) (wire.MemberRecord, error) {
	return wire.MemberRecord{ID: m}, r.did("record %s %s", who.Number, m)
}

func (r memberBook) RefuelsOfMember(_ context.Context, who staff.Actor, m id.Member, before id.Sale) (wire.RefuelList, error) {
	return wire.RefuelList{}, r.did("refuels %s %s %s", who.Number, m, before)
}

func (r memberBook) RefuelsByNumber(_ context.Context, who staff.Actor, number string, before id.Sale) (wire.MemberRefuels, error) {
	return wire.MemberRefuels{}, r.did("refuels by number %s %s %s", who.Number, number, before)
}

func (r memberBook) RevealMember(_ context.Context, who staff.Actor, m id.Member, req wire.RevealRequest) (wire.Revealed, error) {
	return wire.Revealed{}, r.did("reveal %s %s %s %s", who.Number, m, req.Field, req.Reason)
}

func (r memberBook) EraseMember(_ context.Context, who staff.Actor, key id.Command, m id.Member, req wire.EraseRequest) (wire.Done, error) {
	return wire.Done{Command: key}, r.did("erase %s %s %s %s", who.Number, key, m, req.Number)
}

func (r memberBook) ExportMember(_ context.Context, who staff.Actor, m id.Member) (wire.MemberExport, error) {
	return wire.MemberExport{}, r.did("export %s %s", who.Number, m)
}

func (r memberBook) ExportMe(_ context.Context, who member.Actor) (wire.MemberExport, error) {
	return wire.MemberExport{}, r.did("export me %s", who.Number)
}

func (r memberBook) RevealMyPhone(_ context.Context, who member.Actor) (wire.OwnPhone, error) {
	return wire.OwnPhone{}, r.did("my phone %s", who.Number)
}

func (m memberStore) EndOthers(_ context.Context, who member.Actor, token string) (wire.SessionsEnded, error) {
	return wire.SessionsEnded{Ended: 2}, m.desk.did("end others %s %s", who.Number, token)
}

func (r memberBook) EraseMe(_ context.Context, who member.Actor, req wire.EraseRequest) error {
	return r.did("erase me %s %s", who.Number, req.Number)
}

func (m memberStore) MyConsents(_ context.Context, who member.Actor) (wire.ConsentList, error) {
	return wire.ConsentList{}, m.desk.did("consents %s", who.Number)
}

func (m memberStore) Consent(_ context.Context, who member.Actor, p wire.ConsentPurpose, req wire.ConsentRequest) (wire.ConsentList, error) {
	return wire.ConsentList{}, m.desk.did("consent %s %s %t %d", who.Number, p, req.Given, req.Version)
}

func (m memberStore) SetIDNumber(_ context.Context, who member.Actor, req wire.IDNumberRequest) (wire.Member, error) {
	return wire.Member{}, m.desk.did("id number %s %s", who.Number, req.IDNumber)
}

func (m memberStore) AddAccount(_ context.Context, who member.Actor, req wire.PaymentAccountRequest) (wire.Member, error) {
	return wire.Member{}, m.desk.did("add account %s %s %s", who.Number, req.Kind, req.Account)
}

func (m memberStore) DropAccount(_ context.Context, who member.Actor, a id.PaymentAccount) (wire.Member, error) {
	return wire.Member{}, m.desk.did("drop account %s %s", who.Number, a)
}

func (m memberStore) MyHabits(_ context.Context, who member.Actor) (wire.Habits, error) {
	return wire.Habits{}, m.desk.did("habits %s", who.Number)
}

func memberRoutes() []route {
	const of = "/v1/members/" + aMember
	return []route{
		{method: "POST", path: "/v1/members/search", body: `{"phone":"13800000001","limit":5}`, action: staff.SeeMembers, call: "search 2001 13800000001 5", keyless: true},
		{method: "GET", path: of, action: staff.SeeMembers, call: "record 2001 " + aMember},
		{method: "GET", path: of + "/refuels?before=" + aSale, action: staff.SeeMembers, call: "refuels 2001 " + aMember + " " + aSale},
		{method: "POST", path: of + "/reveal", body: `{"field":"phone","reason":"客户来电"}`, action: staff.RevealMember, call: "reveal 2001 " + aMember + " phone 客户来电", keyless: true},
		{method: "POST", path: of + "/erasure", body: `{"number":"M000007","reason":"本人要求"}`, action: staff.EraseMember, call: "erase 2001 " + aKey + " " + aMember + " M000007"},
		{method: "GET", path: of + "/export", action: staff.EraseMember, call: "export 2001 " + aMember},
		{method: "GET", path: "/v1/member-numbers/7/refuels?before=" + aSale, action: staff.SeeMemberRefuels, call: "refuels by number 2001 7 " + aSale},
	}
}

func selfRoutes() []route {
	return []route{
		{method: "GET", path: "/v1/driver/consents", call: "consents M000007"},
		{method: "PUT", path: "/v1/driver/consents/id_number", body: `{"given":true,"version":1}`, call: "consent M000007 id_number true 1"},
		{method: "PUT", path: "/v1/driver/me/id-number", body: `{"id_number":"11010519491231002X"}`, call: "id number M000007 11010519491231002X"},
		{method: "POST", path: "/v1/driver/me/accounts", body: `{"kind":"bank","account":"6222021234566789"}`, call: "add account M000007 bank 6222021234566789"},
		{method: "DELETE", path: "/v1/driver/me/accounts/" + aAccount, call: "drop account M000007 " + aAccount},
		{method: "GET", path: "/v1/driver/me/habits", call: "habits M000007"},
		{method: "GET", path: "/v1/driver/me/export", call: "export me M000007"},
		{method: "POST", path: "/v1/driver/me/phone", call: "my phone M000007"},
		{method: "DELETE", path: "/v1/driver/sessions", call: "end others M000007 " + driverToken},
	}
}

func TestBadRequestsAboutMembersAreRefusedBeforeTheFlow(t *testing.T) {
	for _, r := range []route{
		{method: "POST", path: "/v1/members/search", body: `{"limit":101}`},
		{method: "POST", path: "/v1/members/search", body: `{"name":"王"}`}, // names cannot be searched
		{method: "GET", path: "/v1/members/138"},
		{method: "GET", path: "/v1/members/" + aMember + "/refuels?before=x"},
		{method: "GET", path: "/v1/member-numbers/" + strings.Repeat("1", 21) + "/refuels"},
		{method: "POST", path: "/v1/members/" + aMember + "/reveal", body: `{"field":"phone","reason":""}`},
		{method: "POST", path: "/v1/members/" + aMember + "/reveal", body: `{"field":"name","reason":"客户来电"}`},
		{method: "POST", path: "/v1/members/" + aMember + "/erasure", body: `{"reason":"本人要求"}`},
	} {
		s := newSite(t)
		if p := problem(t, s.call("head", r.method, r.path, r.body)); p.Status != 400 && p.Status != 422 || len(s.desk.calls) != 0 {
			t.Errorf("%s %s %s: %v, heard %q", r.method, r.path, r.body, p, s.desk.calls)
		}
	}
	for _, r := range []route{
		{method: "PUT", path: "/v1/driver/consents/horoscope", body: `{"given":true,"version":1}`},
		{method: "PUT", path: "/v1/driver/consents/id_number", body: `{"given":true}`},
		{method: "PUT", path: "/v1/driver/consents/id_number", body: `{"given":true,"version":0}`},
		{method: "POST", path: "/v1/driver/me/accounts", body: `{"kind":"shells","account":"6222021234566789"}`},
		{method: "POST", path: "/v1/driver/me/accounts", body: `{"kind":"bank","account":"1"}`},
		{method: "POST", path: "/v1/driver/me/erasure", body: `{}`},
		{method: "POST", path: "/v1/driver/vehicles", body: `{"plate":"云A12345","tank_ml":1500001}`},
	} {
		s := newSite(t)
		if p := problem(t, s.call("driver", r.method, r.path, r.body)); p.Status != 400 && p.Status != 422 || len(s.desk.calls) != 0 {
			t.Errorf("%s %s %s: %v, heard %q", r.method, r.path, r.body, p, s.desk.calls)
		}
	}
}

func TestExportsOfOneMemberAreLimited(t *testing.T) {
	s := newSite(t)
	for range strangerTries {
		if got := s.call("driver", "GET", "/v1/driver/me/export", ""); got.StatusCode != http.StatusOK {
			t.Fatal(got.StatusCode)
		}
	}
	if p := problem(t, s.call("driver", "GET", "/v1/driver/me/export", "")); p.Type != wire.ProblemTooMany {
		t.Errorf("%v", p)
	}
}

// memberSite is the API on the real members: the site's people and devices, a
// real database behind.
type memberSite struct {
	*site
	db      *mysql.DB
	code    string
	session wire.DriverSession
	flow    *flow.Flow
}

// What the member of these tests gave.
const (
	wangPhone = "13800138000"
	wangName  = "王小明"
	wangPlate = "云A54321"
	wangPaper = "11010519491231002X"
)

// none keeps nothing: nobody uploads here.
type none struct{}

func (none) Put(context.Context, string, []byte) error             { return nil }
func (none) Get(context.Context, string, int64) ([]byte, error)    { return nil, media.ErrNoObject }
func (none) Delete(context.Context, string) error                  { return nil }
func (none) Send(context.Context, notice.To, notice.Message) error { return nil }
func (none) Tick(int, wire.Frame)                                  {}

func newMemberSite(t *testing.T) *memberSite {
	t.Helper()
	s := &memberSite{site: newSite(t), db: mysqltest.New(t)}
	now := func() time.Time { return s.now }
	ids, keys := id.NewMaker(now, rand.Reader), keyringtest.New(t, s.db)
	layout := station.Layout{
		Station: station.Station{
			ID: s.people.station, Name: "示范加油站", Zone: station.DefaultZone, Minimum: station.DefaultMinimum,
			PriceSet: id.New[id.PriceSet](ids), CreatedAt: s.now,
		},
		Grades: []station.Grade{{Code: "92#", Name: "92号汽油", Place: 1}}, Prices: station.Prices{"92#": 750},
		Tanks: []station.Tank{{Number: 1, Grade: "92#", Capacity: 30_000_000}}, Dispensers: []station.Dispenser{{Number: 1, Name: "1"}},
		Nozzles: []station.Nozzle{{Number: 1, Dispenser: 1, Tank: 1, Mode: wire.ModeAttended, Hold: wire.HoldNone}},
	}
	if err := station.Install(t.Context(), s.db, layout); err != nil {
		t.Fatal(err)
	}
	members := member.New(member.Deps{DB: s.db, Keys: keys, Now: now, Random: rand.Reader, IDs: ids, Codes: s.texted})
	s.flow = flow.New(flow.Deps{
		DB: s.db, Feed: outbox.NewFeed(s.db, keys.Vault, mysqltest.Log(t)), Now: now, IDs: ids, Log: mysqltest.Log(t),
		Vault: keys.Vault, Keys: keys, Members: members, Notices: notice.New(notice.Deps{DB: s.db, Keys: keys, Now: now, IDs: ids}),
		Notifier: none{}, Media: media.New(media.Deps{DB: s.db, Keys: keys, Objects: none{}, Random: rand.Reader, Now: now, IDs: ids}),
		Rooms: chat.NewRooms(none{}, now, mysqltest.Log(t)), Words: chat.NewWords(),
	})
	deps := s.inside.deps
	deps.MemberDesk, deps.Self, deps.Members, deps.Metrics = s.flow, s.flow, members, prometheus.NewRegistry()
	s.inside = assemble(deps)
	s.api = s.inside.around(http.HandlerFunc(s.inside.route))
	s.register(ids)
	return s
}

func (s *memberSite) texted(_ context.Context, _, code string, _ time.Time) error {
	s.code = code
	return nil
}

// register signs the member in, who says who they are, and fuels.
func (s *memberSite) register(ids *id.Maker) {
	s.t.Helper()
	s.ok(s.call("", "POST", "/v1/driver/codes", `{"phone":"`+wangPhone+`"}`))
	s.session = read[wire.DriverSession](s.t, s.call("", "POST", "/v1/driver/login", `{"phone":"`+wangPhone+`","code":"`+s.code+`"}`))
	s.ok(s.mine("PUT", "/v1/driver/me", `{"name":"`+wangName+`"}`))
	s.ok(s.mine("POST", "/v1/driver/vehicles", `{"plate":"`+wangPlate+`","model":"大众朗逸","tank_ml":55000}`))
	src := flow.Source{Device: id.New[id.Device](ids), Station: s.people.station, Journal: id.New[id.Journal](ids)}
	ended := wire.SaleEnded{
		Sale: id.New[id.Sale](ids), Nozzle: 1, StartedAt: s.now, EndedAt: s.now, Volume: 20_000, Amount: 15_000, Price: 750,
		After: 20_000, BeforeFrom: wire.SourceRead, DeviceKey: "test:1",
	}
	if _, err := s.flow.TakeFacts(s.t.Context(), src, []flow.Fact{{Seq: 1, At: s.now, Kind: wire.KindSaleEnded, Body: ended}}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.ExecContext(s.t.Context(), "UPDATE sale SET member = ?, state = 'paid' WHERE id = ?", s.session.Member.ID, ended.Sale); err != nil {
		s.t.Fatal(err)
	}
}

// mine is a request of the member.
func (s *memberSite) mine(method, path, body string) *http.Response {
	return s.call("driver", method, path, body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.session.Token) })
}

// ok fails the test unless a request was served, and is its answer's text.
func (s *memberSite) ok(r *http.Response) string {
	s.t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode >= 300 {
		s.t.Fatalf("%d %s, %v", r.StatusCode, text, err)
	}
	return string(text)
}

// fields is the name of every field in an answer, at any depth.
func fields(v any) []string {
	var names []string
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			names = append(append(names, name), fields(value)...)
		}
	case []any:
		for _, value := range v {
			names = append(names, fields(value)...)
		}
	}
	return names
}

// TestS078ACashiersAnswerHasNoPersonalField reads the answer as it goes over
// the wire: the member's number and refuels are in it, and no field for a
// phone, a name, a plate or an ID number, filled or not.
func TestS078ACashiersAnswerHasNoPersonalField(t *testing.T) {
	s := newMemberSite(t)
	s.ok(s.mine("PUT", "/v1/driver/consents/id_number", `{"given":true,"version":1}`))
	s.ok(s.mine("PUT", "/v1/driver/me/id-number", `{"id_number":"`+wangPaper+`"}`))
	text := s.ok(s.call("cashier", "GET", "/v1/member-numbers/1/refuels", ""))
	var answer any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"member", "id", "number", "refuels", "sale", "nozzle", "grade", "state", "volume_ml", "amount_fen", "price_fen_per_l",
		"started_at", "ended_at", "next",
	}
	names := fields(answer)
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			t.Errorf("a cashier is told %q: %s", name, text)
		}
	}
	if !slices.Contains(names, "number") || !slices.Contains(names, "amount_fen") || !strings.Contains(text, s.session.Member.Number) {
		t.Errorf("a cashier is told %s", text)
	}
	for _, secret := range []string{wangPhone, "****", wangName, wangPlate, "大众朗逸", wangPaper} {
		if strings.Contains(text, secret) {
			t.Errorf("a cashier is told %s: %s", secret, text)
		}
	}
	for _, path := range []string{"", "/refuels", "/export"} {
		if p := problem(t, s.call("cashier", "GET", "/v1/members/"+s.session.Member.ID.String()+path, "")); p.Type != wire.ProblemForbidden {
			t.Errorf("%s as cashier: %v", path, p)
		}
	}
}

// TestS035WhoSeesAMemberOverHTTP is the same member as each role receives them.
func TestS035WhoSeesAMemberOverHTTP(t *testing.T) {
	s := newMemberSite(t)
	path := "/v1/members/" + s.session.Member.ID.String()
	for _, as := range []string{"head", "group"} {
		text := s.ok(s.call(as, "GET", path, ""))
		if !strings.Contains(text, wangName) || !strings.Contains(text, wangPlate) || !strings.Contains(text, `"138****8000"`) || strings.Contains(text, wangPhone) {
			t.Errorf("as %s: %s", as, text)
		}
	}
	for _, as := range []string{"cashier", "attendant", "agent"} {
		got := s.call(as, "GET", path, "")
		text, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusForbidden || strings.Contains(string(text), wangName) {
			t.Errorf("as %s: %d %s", as, got.StatusCode, text)
		}
	}
	if got := s.call("attendant", "GET", "/v1/member-numbers/1/refuels", ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("as attendant by number: %d", got.StatusCode)
	}
}

// TestS075TheWholePhoneTakesAReasonAndLeavesARow, and nothing personal is in
// an address or in the log of requests.
func TestS075TheWholePhoneTakesAReasonAndLeavesARow(t *testing.T) {
	s := newMemberSite(t)
	path := "/v1/members/" + s.session.Member.ID.String()
	page := read[wire.MemberPage](t, s.call("head", "POST", "/v1/members/search", `{"phone":"+86 `+wangPhone+`"}`))
	if len(page.Members) != 1 || page.Members[0].Phone != "138****8000" {
		t.Errorf("found %+v", page)
	}
	if p := problem(t, s.call("head", "POST", path+"/reveal", `{"field":"phone"}`)); p.Type != wire.ProblemBadRequest {
		t.Errorf("without a reason: %v", p)
	}
	shown := read[wire.Revealed](t, s.call("head", "POST", path+"/reveal", `{"field":"phone","reason":"客户遗留物品"}`))
	if shown.Value != wangPhone {
		t.Errorf("revealed %+v", shown)
	}
	rows, err := audit.Find(t.Context(), s.db, audit.Query{Action: "member.reveal"})
	if err != nil || len(rows) != 1 || rows[0].Note != "phone: 客户遗留物品" || rows[0].Result != audit.OK {
		t.Errorf("the log says %+v, %v", rows, err)
	}
	for _, secret := range []string{wangPhone, wangName, wangPlate, "客户遗留物品"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log of requests says %s", secret)
		}
	}
}

// TestS075AMemberSeesTheirOwnNumberOnlyWhenTheyAsk: every other answer has it
// masked, nobody without a session gets either, and each look is a row of the
// log without the number.
func TestS075AMemberSeesTheirOwnNumberOnlyWhenTheyAsk(t *testing.T) {
	s := newMemberSite(t)
	const masked = `"138****8000"`
	for name, text := range map[string]string{
		"the entry":   s.ok(s.mine("GET", "/v1/driver/me", "")),
		"a new name":  s.ok(s.mine("PUT", "/v1/driver/me", `{"name":"`+wangName+`"}`)),
		"a vehicle":   s.ok(s.mine("POST", "/v1/driver/vehicles", `{"plate":"云A12345"}`)),
		"the session": fmt.Sprintf("%q", s.session.Member.Phone),
	} {
		if !strings.Contains(text, masked) || strings.Contains(text, wangPhone) {
			t.Errorf("%s shows %s", name, text)
		}
	}
	if p := problem(t, s.call("", "POST", "/v1/driver/me/phone", "")); p.Type != wire.ProblemUnauthorized {
		t.Errorf("without a session: %v", p)
	}
	for range revealTries {
		got := s.mine("POST", "/v1/driver/me/phone", "")
		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the number may be kept: %v", got.Header)
		}
		if shown := read[wire.OwnPhone](t, got); shown.Phone != wangPhone {
			t.Errorf("shown is %+v", shown)
		}
	}
	if p := problem(t, s.mine("POST", "/v1/driver/me/phone", "")); p.Type != wire.ProblemTooMany || !p.Retry {
		t.Errorf("once more: %v", p)
	}
	rows, err := audit.Find(t.Context(), s.db, audit.Query{Action: "member.reveal"})
	if err != nil || len(rows) != revealTries {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		if row.Member != s.session.Member.ID || !row.Staff.IsZero() || row.Result != audit.OK || strings.Contains(row.Note, wangPhone) {
			t.Errorf("the log says %+v", row)
		}
	}
	if strings.Contains(s.log.String(), wangPhone) {
		t.Error("the log of requests says the number")
	}
}

// TestD043AMembersRightsOverHTTP: to agree, to take it back, to have a copy, to
// be erased; and then to be nobody.
func TestD043AMembersRightsOverHTTP(t *testing.T) {
	s := newMemberSite(t)
	var gone []id.Member
	s.flow.OnErased(func(m id.Member, _ []id.Thread) { gone = append(gone, m) })
	if p := problem(t, s.mine("PUT", "/v1/driver/me/id-number", `{"id_number":"`+wangPaper+`"}`)); p.Type != wire.ProblemConsentNeeded {
		t.Errorf("without consent: %v", p)
	}
	list := read[wire.ConsentList](t, s.mine("PUT", "/v1/driver/consents/id_number", `{"given":true,"version":1}`))
	if len(list.Consents) != 5 || !list.Consents[0].Given {
		t.Errorf("agreed to %+v", list.Consents)
	}
	me := read[wire.Member](t, s.mine("PUT", "/v1/driver/me/id-number", `{"id_number":"`+strings.ToLower(wangPaper)+`"}`))
	if me.IDNumber != "110***********002X" {
		t.Errorf("the member sees %+v", me)
	}
	copied := read[wire.MemberExport](t, s.mine("GET", "/v1/driver/me/export", ""))
	if copied.IDNumber != wangPaper || copied.Member.Phone != wangPhone || len(copied.Orders) != 1 {
		t.Errorf("the copy is %+v", copied)
	}
	s.ok(s.mine("PUT", "/v1/driver/consents/id_number", `{"given":false,"version":1}`))
	if me = read[wire.Member](t, s.mine("GET", "/v1/driver/me", "")); me.IDNumber != "" {
		t.Errorf("after it was taken back the member sees %+v", me)
	}
	if p := problem(t, s.mine("POST", "/v1/driver/me/erasure", `{"number":"M000009"}`)); p.Type != wire.ProblemBadRequest {
		t.Errorf("another's number: %v", p)
	}
	erase := fmt.Sprintf(`{"number":%q}`, s.session.Member.Number)
	if got := s.mine("POST", "/v1/driver/me/erasure", erase); got.StatusCode != http.StatusNoContent {
		t.Errorf("erased: %d", got.StatusCode)
	}
	if len(gone) != 1 || gone[0] != s.session.Member.ID {
		t.Errorf("told of %v", gone)
	}
	if p := problem(t, s.mine("GET", "/v1/driver/me", "")); p.Type != wire.ProblemUnauthorized {
		t.Errorf("afterwards: %v", p)
	}
	if p := problem(t, s.call("head", "GET", "/v1/members/"+s.session.Member.ID.String(), "")); p.Type != wire.ProblemErased {
		t.Errorf("the head sees %v", p)
	}
	if p := problem(t, s.call("cashier", "GET", "/v1/member-numbers/1/refuels", "")); p.Type != wire.ProblemErased {
		t.Errorf("the cashier sees %v", p)
	}
}
