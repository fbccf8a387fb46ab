package member_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestS033AMemberKeepsNamePhoneAndPlate: what a registration stores, and that
// numbers and plates are checked.
func TestS033AMemberKeepsNamePhoneAndPlate(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	if _, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: " 王晓燕 "}); err != nil {
		t.Fatal(err)
	}
	for _, v := range []wire.VehicleRequest{{Plate: "云a·12345", Model: "大众朗逸 1.5L"}, {Plate: "云AD12345"}} {
		r.now = r.now.Add(time.Second)
		if _, err := r.AddVehicle(t.Context(), who, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, plate := range []string{"云A1234", "云A123456", "云AI2345", "A12345", ""} {
		_, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: plate})
		wantProblem(t, err, wire.ProblemPlateRefused)
	}
	_, err := r.SendCode(t.Context(), "192.0.2.1", "1380000001")
	wantProblem(t, err, wire.ProblemPhoneRefused)
	r.Store = r.reopen()
	got, err := r.Me(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "王晓燕" || got.Phone != "138****0001" || got.Number != "M000001" || len(got.Vehicles) != 2 {
		t.Fatalf("the member is %+v", got)
	}
	first, second := got.Vehicles[0], got.Vehicles[1]
	if first.Plate != "云A12345" || first.Kind != wire.PlateFuel || first.Model != "大众朗逸 1.5L" {
		t.Errorf("the first vehicle is %+v", first)
	}
	if second.Plate != "云AD12345" || second.Kind != wire.PlateNewEnergy || second.Model != "" {
		t.Errorf("the second vehicle is %+v", second)
	}
}

// TestI013NothingPersonalIsStoredInClear reads every column of every table and
// looks for the phone, the plate, the name, the model, the code and the token;
// and the plate is found again by its keyed hash.
func TestI013NothingPersonalIsStoredInClear(t *testing.T) {
	r := newRig(t)
	session := r.signIn(t, phone)
	who := member.Actor{Member: session.Member.ID}
	if _, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: "王晓燕"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云A12345", Model: "大众朗逸"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SendCode(t.Context(), "192.0.2.1", otherPhone); err != nil { // a code on its way
		t.Fatal(err)
	}
	r.agree(t, who, wire.ConsentIDNumber)
	r.agree(t, who, wire.ConsentAccount)
	if _, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: withX(t)}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AddAccount(t.Context(), who, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222021234566789"}); err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		withX(t), "19900307", "6222021234566789", "34566789",
		phone, "0000001", otherPhone, "云A12345", "A12345", "王晓燕", "晓燕", "大众朗逸", r.code(otherPhone),
		session.Token, session.Token[4:],
	}
	rows := 0
	for _, table := range tables(t, r) {
		rows += scan(t, r, table, func(column string, value []byte) {
			for _, secret := range secrets {
				if bytes.Contains(value, []byte(secret)) {
					t.Errorf("%s.%s holds %q", table, column, secret)
				}
			}
		})
	}
	if rows < 5 { // member, vehicle, member_session, login_code, member_counter
		t.Errorf("only %d rows were read", rows)
	}
	for _, plate := range []string{"云A12345", "云a·12345"} {
		if found, err := r.FindByPlate(t.Context(), r.db, plate); err != nil || !slices.Equal(found, []id.Member{who.Member}) {
			t.Errorf("%q is found at %v, %v", plate, found, err)
		}
	}
}

// tables lists every table of the database.
func tables(t *testing.T, r *rig) []string {
	t.Helper()
	var names []string
	err := r.db.SelectContext(t.Context(), &names, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
	if err != nil || !slices.Contains(names, "vehicle") {
		t.Fatalf("the tables are %v, %v", names, err)
	}
	return names
}

// scan reads every value of a table as bytes and says how many rows there were.
func scan(t *testing.T, r *rig, table string, look func(column string, value []byte)) int {
	t.Helper()
	rows, err := r.db.QueryxContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; rows.Next(); n++ {
		values, err := rows.SliceScan()
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if raw, ok := value.([]byte); ok {
				look(columns[i], raw)
			} else {
				look(columns[i], fmt.Append(nil, value))
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFieldsOfAnotherMemberAreRefused: a sealed field copied from row to row,
// by somebody who may write the database, does not open.
func TestFieldsOfAnotherMemberAreRefused(t *testing.T) {
	r := newRig(t)
	one, other := r.join(t, phone), r.join(t, otherPhone)
	if _, err := r.db.ExecContext(t.Context(), "UPDATE member a, member b SET a.phone = b.phone WHERE a.id = ? AND b.id = ?",
		one.Member, other.Member); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Me(t.Context(), one); err == nil || !strings.Contains(err.Error(), vault.ErrRefused.Error()) {
		t.Errorf("a phone moved to another row: %v", err)
	}
	if _, err := r.Me(t.Context(), other); err != nil {
		t.Errorf("the row it came from: %v", err)
	}
}

func TestNamesAreChecked(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	for _, name := range []string{strings.Repeat("长", 41), "a\nb", "a\x00", "\xff"} {
		_, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: name})
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	for _, name := range []string{strings.Repeat("𠮷", 40), "王五", ""} {
		if got, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: name}); err != nil || got.Name != name {
			t.Errorf("%q is kept as %q, %v", name, got.Name, err)
		}
	}
	_, err := r.Rename(t.Context(), member.Actor{Member: id.Member{15: 9}}, wire.ProfileRequest{Name: "无"})
	wantProblem(t, err, wire.ProblemNotFound)
}

func TestVehicles(t *testing.T) {
	r := newRig(t)
	who, other := r.join(t, phone), r.join(t, otherPhone)
	var got wire.Member
	for n := range 10 {
		r.now = r.now.Add(time.Second)
		var err error
		if got, err = r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: fmt.Sprintf("云A1234%d", n)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云B12345"})
	wantProblem(t, err, wire.ProblemBadRequest) // ten are enough
	// The same plate again is the same vehicle, with its new model.
	again, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云a12343", Model: strings.Repeat("长", 60)})
	if err != nil || len(again.Vehicles) != 10 || again.Vehicles[3].ID != got.Vehicles[3].ID || again.Vehicles[3].Model == "" {
		t.Errorf("added again: %+v, %v", again.Vehicles, err)
	}
	_, err = r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云A12343", Model: strings.Repeat("长", 61)})
	wantProblem(t, err, wire.ProblemBadRequest)

	// A family shares a car; who entered it first leads.
	if _, err := r.AddVehicle(t.Context(), other, wire.VehicleRequest{Plate: "云A12340"}); err != nil {
		t.Fatal(err)
	}
	if found, err := r.FindByPlate(t.Context(), r.db, "云A12340"); err != nil || !slices.Equal(found, []id.Member{who.Member, other.Member}) {
		t.Errorf("a shared plate is found at %v, %v", found, err)
	}
	// Nobody drops another's vehicle.
	if left, err := r.DropVehicle(t.Context(), other, got.Vehicles[0].ID); err != nil || len(left.Vehicles) != 1 {
		t.Errorf("dropped another's: %+v, %v", left.Vehicles, err)
	}
	for range 2 { // twice is no error
		left, err := r.DropVehicle(t.Context(), who, got.Vehicles[0].ID)
		if err != nil || len(left.Vehicles) != 9 || left.Vehicles[0].ID != got.Vehicles[1].ID {
			t.Errorf("dropped: %+v, %v", left.Vehicles, err)
		}
	}
	if found, err := r.FindByPlate(t.Context(), r.db, "云A12340"); err != nil || !slices.Equal(found, []id.Member{other.Member}) {
		t.Errorf("after that the plate is found at %v, %v", found, err)
	}
}

func TestBriefsAreMasked(t *testing.T) {
	r := newRig(t)
	named, unnamed := r.join(t, phone), r.join(t, otherPhone)
	if _, err := r.Rename(t.Context(), named, wire.ProfileRequest{Name: "欧阳小明"}); err != nil {
		t.Fatal(err)
	}
	ids := []id.Member{named.Member, unnamed.Member}
	for n := range 1200 { // more than one question, and most of them nobody
		ids = append(ids, id.Member{14: byte(n >> 8), 15: byte(n)})
	}
	briefs, err := r.Brief(t.Context(), r.db, ids...)
	if err != nil || len(briefs) != 2 {
		t.Fatalf("%d briefs, %v", len(briefs), err)
	}
	if got := briefs[named.Member]; got != (wire.MemberBrief{ID: named.Member, Number: "M000001", Name: "欧阳**"}) {
		t.Errorf("the brief is %+v", got)
	}
	if got := briefs[unnamed.Member]; got != (wire.MemberBrief{ID: unnamed.Member, Number: "M000002"}) {
		t.Errorf("the brief is %+v", got)
	}
	if none, err := r.Brief(t.Context(), r.db); err != nil || len(none) != 0 {
		t.Errorf("nobody's briefs: %v, %v", none, err)
	}
}

func TestFindingByPhone(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	if m, found, err := r.FindByPhone(t.Context(), r.db, "+86 138-0000-0001"); err != nil || !found || m != who.Member {
		t.Errorf("found %v, %v, %v", m, found, err)
	}
	if _, found, err := r.FindByPhone(t.Context(), r.db, otherPhone); err != nil || found {
		t.Errorf("a stranger: %v, %v", found, err)
	}
	_, _, err := r.FindByPhone(t.Context(), r.db, "138")
	wantProblem(t, err, wire.ProblemPhoneRefused)
	_, err = r.FindByPlate(t.Context(), r.db, "138")
	wantProblem(t, err, wire.ProblemPlateRefused)
	if got, err := r.Phone(t.Context(), r.db, who.Member); err != nil || got != phone {
		t.Errorf("the phone is %q, %v", got, err)
	}
	_, err = r.Phone(t.Context(), r.db, id.Member{15: 9})
	wantProblem(t, err, wire.ProblemNotFound)
	_, err = r.Load(t.Context(), r.db, id.Member{15: 9})
	wantProblem(t, err, wire.ProblemNotFound)
}

// BenchmarkLists is what a list of fifty costs: names for agents, and rows with
// phone and plate for the office.
func BenchmarkLists(b *testing.B) {
	r := &rig{db: mysqltest.New(b), now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC), codes: map[string]string{}}
	r.keys = keyringtest.New(b, r.db)
	r.Store = r.reopen()
	var ids []id.Member
	for n := range 50 {
		phone := fmt.Sprintf("138000001%02d", n)
		if _, err := r.SendCode(b.Context(), fmt.Sprintf("192.0.2.%d", n), phone); err != nil {
			b.Fatal(err)
		}
		session, err := r.Login(b.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone)})
		if err != nil {
			b.Fatal(err)
		}
		who := member.Actor{Member: session.Member.ID}
		if _, err := r.AddVehicle(b.Context(), who, wire.VehicleRequest{Plate: fmt.Sprintf("云A123%02d", n)}); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, who.Member)
	}
	b.Run("briefs", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Brief(b.Context(), r.db, ids...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Rows(b.Context(), r.db, ids...); err != nil {
				b.Fatal(err)
			}
		}
	})
}
