package member_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// agree has a member agree to the text of now.
func (r *rig) agree(t *testing.T, who member.Actor, purpose wire.ConsentPurpose) {
	t.Helper()
	if _, err := r.Consent(t.Context(), who, purpose, wire.ConsentRequest{Given: true, Version: 1}); err != nil {
		t.Fatal(err)
	}
}

// words counts what consent_event holds of a member.
func (r *rig) words(t *testing.T, who member.Actor) (n int) {
	t.Helper()
	if err := r.db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM consent_event WHERE member = ?", who.Member); err != nil {
		t.Fatal(err)
	}
	return n
}

func purposes() []wire.ConsentPurpose {
	return []wire.ConsentPurpose{
		wire.ConsentIDNumber, wire.ConsentAccount, wire.ConsentLocation, wire.ConsentPlate, wire.ConsentMarketing,
	}
}

// TestD043EveryPurposeHasATextThatSaysWhatItMustSay: what is kept or used, what
// for, how long or that it is not, and that refusing changes nothing.
func TestD043EveryPurposeHasATextThatSaysWhatItMustSay(t *testing.T) {
	texts := member.ConsentTexts()
	if len(texts) != len(purposes()) {
		t.Fatalf("%d texts for %d purposes", len(texts), len(purposes()))
	}
	for i, text := range texts {
		if text.Purpose != purposes()[i] || text.Version < 1 || text.Title == "" {
			t.Errorf("text %d is of %s, version %d, %q", i, text.Purpose, text.Version, text.Title)
		}
		for _, must := range []string{"仅用于|用于|判断", "保存", "不提供给第三方", "您可以不同意，也可以随时撤回", "加油", "不受影响"} {
			if !slices.ContainsFunc(strings.Split(must, "|"), func(m string) bool { return strings.Contains(text.Text, m) }) {
				t.Errorf("the text of %s does not say %s", text.Purpose, must)
			}
		}
	}
}

// TestD043NothingIsAgreedToUntilSomebodySaysSo, each purpose is agreed to by
// itself, and every word is kept and on record.
func TestD043NothingIsAgreedToUntilSomebodySaysSo(t *testing.T) {
	r := newRig(t)
	who, other := r.join(t, phone), r.join(t, otherPhone)
	list, err := r.MyConsents(t.Context(), who)
	if err != nil || len(list.Consents) != 5 || len(list.Texts) != 5 {
		t.Fatalf("at first: %+v, %v", list, err)
	}
	for i, c := range list.Consents {
		if c.Given || !c.At.IsZero() || c.Purpose != list.Texts[i].Purpose {
			t.Errorf("at first consent %d is %+v", i, c)
		}
	}
	r.agree(t, who, wire.ConsentMarketing)
	r.agree(t, who, wire.ConsentMarketing) // said twice is said once
	if list, err = r.MyConsents(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Consents {
		if c.Given != (c.Purpose == wire.ConsentMarketing) || c.Given && !c.At.Equal(r.now) {
			t.Errorf("then %+v", c)
		}
	}
	agree, err := r.Consenting(t.Context(), r.db, wire.ConsentMarketing, who.Member, other.Member, id.Member{15: 9})
	if err != nil || len(agree) != 1 || !agree[who.Member] {
		t.Errorf("who agrees: %v, %v", agree, err)
	}
	if agree, err = r.Consenting(t.Context(), r.db, wire.ConsentPlate, who.Member); err != nil || len(agree) != 0 {
		t.Errorf("who agrees to another purpose: %v, %v", agree, err)
	}
	r.now = r.now.Add(time.Hour)
	for range 2 {
		if _, err := r.Consent(t.Context(), who, wire.ConsentMarketing, wire.ConsentRequest{Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if agree, err = r.Consenting(t.Context(), r.db, wire.ConsentMarketing, who.Member); err != nil || len(agree) != 0 {
		t.Errorf("who agrees after it was taken back: %v, %v", agree, err)
	}
	if n := r.words(t, who); n != 2 {
		t.Errorf("%d words are kept, want that it was given and taken back", n)
	}
	for _, action := range []string{"consent.give", "consent.withdraw"} {
		rows, err := audit.Find(t.Context(), r.db, audit.Query{Action: action})
		if err != nil || len(rows) != 1 || rows[0].Member != who.Member || rows[0].ObjectID != who.Member.String() ||
			rows[0].Note != "marketing version 1" {
			t.Errorf("the log of %s: %+v, %v", action, rows, err)
		}
	}
}

func TestD043ATextNobodySawIsNotAgreedTo(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	_, err := r.Consent(t.Context(), who, wire.ConsentPlate, wire.ConsentRequest{Given: true, Version: 2})
	wantProblem(t, err, wire.ProblemConsentStale)
	_, err = r.Consent(t.Context(), who, wire.ConsentPlate, wire.ConsentRequest{Version: 2})
	wantProblem(t, err, wire.ProblemConsentStale)
	_, err = r.Consent(t.Context(), who, "horoscope", wire.ConsentRequest{Given: true, Version: 1})
	wantProblem(t, err, wire.ProblemNotFound)
	_, err = r.Consent(t.Context(), member.Actor{Member: id.Member{15: 9}}, wire.ConsentPlate, wire.ConsentRequest{Given: true, Version: 1})
	wantProblem(t, err, wire.ProblemNotFound)
	if n := r.words(t, who); n != 0 {
		t.Errorf("%d words are kept", n)
	}
}

// TestD043WithoutConsentNoIDNumberAndNoAccountIsKept, and who refuses both has
// all the rest: a name, vehicles, sessions.
func TestD043WithoutConsentNoIDNumberAndNoAccountIsKept(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	_, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: withX(t)})
	wantProblem(t, err, wire.ProblemConsentNeeded)
	_, err = r.AddAccount(t.Context(), who, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222021234566789"})
	wantProblem(t, err, wire.ProblemConsentNeeded)
	r.agree(t, who, wire.ConsentAccount) // is not the other
	_, err = r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: withX(t)})
	wantProblem(t, err, wire.ProblemConsentNeeded)
	if _, err := r.Rename(t.Context(), who, wire.ProfileRequest{Name: "王晓燕"}); err != nil {
		t.Error(err)
	}
	got, err := r.AddVehicle(t.Context(), who, wire.VehicleRequest{Plate: "云A12345"})
	if err != nil || got.IDNumber != "" || got.Accounts != nil || len(got.Vehicles) != 1 {
		t.Errorf("who refuses is %+v, %v", got, err)
	}
}

// TestD043WithdrawingRemovesWhatWasKept, at once, in the rows and in the
// indexes; the other purpose's stays.
func TestD043WithdrawingRemovesWhatWasKept(t *testing.T) {
	r := newRig(t)
	who, number := r.join(t, phone), withX(t)
	r.agree(t, who, wire.ConsentIDNumber)
	r.agree(t, who, wire.ConsentAccount)
	if got, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: strings.ToLower(number)}); err != nil ||
		got.IDNumber != member.MaskIDNumber(number) {
		t.Fatalf("the member sees %q, %v", got.IDNumber, err)
	}
	if got, err := r.AddAccount(t.Context(), who, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222 0212 3456 6789"}); err != nil ||
		len(got.Accounts) != 1 || got.Accounts[0].Account != "****6789" {
		t.Fatalf("the member sees %+v, %v", got.Accounts, err)
	}
	p, err := r.Person(t.Context(), r.db, who.Member)
	if err != nil || p.IDNumber != number || len(p.Accounts) != 1 || p.Accounts[0].Account != "6222021234566789" {
		t.Fatalf("kept is %+v, %v", p, err)
	}
	if m, found, err := r.FindByIDNumber(t.Context(), r.db, strings.ToLower(number)); err != nil || !found || m != who.Member {
		t.Errorf("found %v, %v, %v", m, found, err)
	}
	if _, err := r.Consent(t.Context(), who, wire.ConsentIDNumber, wire.ConsentRequest{Version: 1}); err != nil {
		t.Fatal(err)
	}
	p, err = r.Person(t.Context(), r.db, who.Member)
	if err != nil || p.IDNumber != "" || len(p.Accounts) != 1 {
		t.Errorf("without the first consent %+v, %v", p, err)
	}
	if _, found, err := r.FindByIDNumber(t.Context(), r.db, number); err != nil || found {
		t.Errorf("the number is still found: %v, %v", found, err)
	}
	if _, err := r.Consent(t.Context(), who, wire.ConsentAccount, wire.ConsentRequest{Version: 1}); err != nil {
		t.Fatal(err)
	}
	var left int
	err = r.db.GetContext(t.Context(), &left, `SELECT (SELECT COUNT(*) FROM member_account)
		+ (SELECT COUNT(*) FROM member WHERE id_number IS NOT NULL OR id_number_index IS NOT NULL)`)
	if err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

func TestIDNumbers(t *testing.T) {
	r := newRig(t)
	who, other, number := r.join(t, phone), r.join(t, otherPhone), withX(t)
	r.agree(t, who, wire.ConsentIDNumber)
	r.agree(t, other, wire.ConsentIDNumber)
	for range 2 { // twice is once
		if _, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: number}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.SetIDNumber(t.Context(), other, wire.IDNumberRequest{IDNumber: number})
	wantProblem(t, err, wire.ProblemIDNumber) // one person's number is one member's
	_, err = r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: number[:17] + "1"})
	wantProblem(t, err, wire.ProblemIDNumber)
	if got, err := r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{}); err != nil || got.IDNumber != "" {
		t.Errorf("taken away: %q, %v", got.IDNumber, err)
	}
	if _, err := r.SetIDNumber(t.Context(), other, wire.IDNumberRequest{IDNumber: number}); err != nil {
		t.Errorf("free again: %v", err)
	}
	for range 20 {
		_, err = r.SetIDNumber(t.Context(), who, wire.IDNumberRequest{IDNumber: number})
	}
	wantProblem(t, err, wire.ProblemTooMany) // nobody tries out whose numbers are known
}

func TestAccounts(t *testing.T) {
	r := newRig(t)
	who, other := r.join(t, phone), r.join(t, otherPhone)
	r.agree(t, who, wire.ConsentAccount)
	r.agree(t, other, wire.ConsentAccount)
	add := func(who member.Actor, kind wire.AccountKind, account string) (wire.Member, error) {
		r.now = r.now.Add(time.Second)
		return r.AddAccount(t.Context(), who, wire.PaymentAccountRequest{Kind: kind, Account: account})
	}
	var got wire.Member
	var err error
	for n := range 10 {
		if got, err = add(who, wire.AccountBank, "622202123456678"+string(rune('0'+n))); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = add(who, wire.AccountBank, "6222-0212-3456-6783"); err != nil || len(got.Accounts) != 10 {
		t.Errorf("added again: %+v, %v", got.Accounts, err)
	}
	_, err = add(who, wire.AccountWeChat, "wxid_abc")
	wantProblem(t, err, wire.ProblemBadRequest) // ten are enough
	if _, err = add(other, wire.AccountBank, "6222021234566783"); err != nil {
		t.Errorf("a shared account: %v", err) // of a couple
	}
	left, err := r.DropAccount(t.Context(), other, got.Accounts[0].ID) // not theirs
	if err != nil || len(left.Accounts) != 1 {
		t.Errorf("dropped another's: %+v, %v", left.Accounts, err)
	}
	for range 2 {
		left, err = r.DropAccount(t.Context(), who, got.Accounts[0].ID)
		if err != nil || len(left.Accounts) != 9 || left.Accounts[0].ID != got.Accounts[1].ID {
			t.Errorf("dropped: %+v, %v", left.Accounts, err)
		}
	}
}
