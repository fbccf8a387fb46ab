package member_test

import (
	"context"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// erase erases a member as far as this package goes.
func (r *rig) erase(t *testing.T, m id.Member) {
	t.Helper()
	err := r.db.InTx(t.Context(), "erasing", func(ctx context.Context, tx *mysql.Tx) error {
		if err := r.Erase(ctx, tx, m); err != nil {
			return err
		}
		return r.DestroyKey(ctx, tx, m)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// everything is a member who gave all that can be given.
func (r *rig) everything(t *testing.T, phone, plate, number string) (member.Actor, wire.DriverSession) {
	t.Helper()
	session := r.signIn(t, phone)
	who := member.Actor{Member: session.Member.ID, Number: session.Member.Number}
	for _, p := range purposes() {
		r.agree(t, who, p)
	}
	if _, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: "王晓燕"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: plate, Model: "大众朗逸", Tank: 55_000}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: number}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AddAccount(t.Context(), who, wire.PaymentAccountRequest{Kind: wire.AccountAlipay, Account: phone}); err != nil {
		t.Fatal(err)
	}
	err := r.db.InTx(t.Context(), "noting a fuelling", func(ctx context.Context, tx *mysql.Tx) error {
		return r.NoteFuelling(ctx, tx, who.Member, member.Fuelling{
			Sale: id.New[id.Sale](r.IDs), At: r.now, Zone: time.UTC, Grade: "92#", Volume: 26_670, Amount: 20_003,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(time.Hour)
	if _, err := r.SendCode(t.Context(), "192.0.2.9", phone); err != nil { // a code on its way
		t.Fatal(err)
	}
	return who, session
}

// TestD043AnErasedMemberIsNobody: no session, no field, no index, no row; the
// number stays, and the phone may join anew as somebody else.
func TestD043AnErasedMemberIsNobody(t *testing.T) {
	r := newRig(t)
	who, session := r.everything(t, phone, "云A12345", checked("53010219900307001"))
	stays, _ := r.everything(t, otherPhone, "云A12345", checked("53010219900307003"))
	r.erase(t, who.Member)
	r.erase(t, who.Member) // twice is once
	for name, err := range map[string]error{
		"load":    second(r.Load(t.Context(), r.db, who.Member)),
		"phone":   second(r.Phone(t.Context(), r.db, who.Member)),
		"rename":  second(r.Rename(t.Context(), who, wire.ProfileRequest{Name: "无"})),
		"consent": second(r.Consent(t.Context(), who, wire.ConsentPlate, wire.ConsentRequest{Given: true, Version: 1})),
	} {
		t.Log(name)
		wantProblem(t, err, wire.ProblemErased)
	}
	_, err := r.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	if _, found, err := r.FindByPhone(t.Context(), r.db, phone); err != nil || found {
		t.Errorf("the phone is found: %v, %v", found, err)
	}
	if found, err := r.FindByPlate(t.Context(), r.db, "云A12345"); err != nil || len(found) != 1 || found[0] != stays.Member {
		t.Errorf("the plate is found at %v, %v", found, err)
	}
	rows, err := r.Rows(t.Context(), r.db, who.Member, stays.Member)
	if err != nil || len(rows) != 1 || rows[0].ID != stays.Member {
		t.Errorf("a list shows %+v, %v", rows, err)
	}
	brief, err := r.Brief(t.Context(), r.db, who.Member)
	if err != nil || brief[who.Member] != (wire.MemberBrief{ID: who.Member, Number: "M000001"}) {
		t.Errorf("the brief is %+v, %v", brief, err)
	}
	for _, table := range []string{"vehicle", "member_account", "member_wechat", "member_session", "consent", "consent_event", "member_habit", "member_key"} {
		var n int
		if err := r.db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM "+table+" WHERE member = ?", who.Member); err != nil || n != 0 {
			t.Errorf("%s has %d rows, %v", table, n, err)
		}
	}
	again := r.signIn(t, phone)
	if again.Member.ID == who.Member || again.Member.Number != "M000003" || again.Member.Name != "" {
		t.Errorf("who joins anew is %+v", again.Member)
	}
	if at, err := r.ErasedAt(t.Context(), r.db, who.Member); err != nil || at.IsZero() {
		t.Errorf("erased at %v, %v", at, err)
	}
	if p, err := r.Person(t.Context(), r.db, stays.Member); err != nil || p.Name != "王晓燕" || p.Vehicles[0].Tank != unit.Millilitre(55_000) {
		t.Errorf("who stays is %+v, %v", p, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestARestoredRowOfAnErasedMemberOpensNothing: the key is gone, and so a row
// that came back with a backup is nobody's.
func TestARestoredRowOfAnErasedMemberOpensNothing(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	var kept struct {
		Phone []byte
		Index []byte `db:"phone_index"`
	}
	if err := r.db.GetContext(t.Context(), &kept, "SELECT phone, phone_index FROM member WHERE id = ?", who.Member); err != nil {
		t.Fatal(err)
	}
	r.erase(t, who.Member)
	_, err := r.db.ExecContext(t.Context(), "UPDATE member SET phone = ?, phone_index = ?, erased_at = NULL WHERE id = ?",
		kept.Phone, kept.Index, who.Member)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Load(t.Context(), r.db, who.Member)
	wantProblem(t, err, wire.ProblemErased)
	if rows, err := r.Rows(t.Context(), r.db, who.Member); err != nil || len(rows) != 0 {
		t.Errorf("a list shows %+v, %v", rows, err)
	}
	r.erase(t, who.Member) // finishes it again
	if _, found, err := r.FindByPhone(t.Context(), r.db, phone); err != nil || found {
		t.Errorf("the phone is found: %v, %v", found, err)
	}
}

// TestD043WhoStaysAwayIsKnown: signing in and coming count, longest away leads,
// pages follow each other.
func TestD043WhoStaysAwayIsKnown(t *testing.T) {
	r := newRig(t)
	first, second := r.join(t, phone), r.join(t, otherPhone)
	r.now = r.now.Add(24 * time.Hour)
	third := r.join(t, "13800000003")
	idle := func(after member.Away, limit int) []member.Away {
		t.Helper()
		list, err := r.Idle(t.Context(), r.db, r.now.Add(-time.Hour), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	all := idle(member.Away{}, 10)
	if len(all) != 2 || all[0].Member != first.Member || all[1].Member != second.Member {
		t.Fatalf("away are %+v", all)
	}
	if page := idle(all[0], 10); len(page) != 1 || page[0] != all[1] {
		t.Errorf("after the first %+v", page)
	}
	if err := r.Seen(t.Context(), r.db, first.Member, r.now); err != nil {
		t.Fatal(err)
	}
	if err := r.Seen(t.Context(), r.db, third.Member, r.now.Add(-48*time.Hour)); err != nil { // never back in time
		t.Fatal(err)
	}
	r.erase(t, second.Member)
	if left := idle(member.Away{}, 10); len(left) != 0 {
		t.Errorf("away are %+v", left)
	}
}
