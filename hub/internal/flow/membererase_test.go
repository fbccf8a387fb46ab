package flow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// lived is an office whose member has left traces everywhere: all they can
// give, a paid sale, a conversation in anna's hand with a picture, an older one
// that was rated, a note, a notice, a code on its way and a claim.
func lived(t *testing.T) (*office, wire.SaleEnded, wire.Thread) {
	t.Helper()
	o := newOffice(t)
	o.later(time.Minute) // one code a minute
	_, s := o.gaveAll()
	me := must[wire.Member](t)(o.members.Me(t.Context(), o.wang))
	o.note(o.wang, s.Sale, wire.Trip{Vehicle: me.Vehicles[0].ID, Odometer: wangOdometer, Full: true})
	o.come(o.anna)
	old := o.opened()
	o.say(asDriver(o.wang), old.ID, "我叫王小明，电话13800000001")
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), flow.Speaker{Staff: &o.anna}, o.key(), old.ID))
	must[wire.Thread](t)(o.flow.Rate(t.Context(), o.wang, old.ID, wire.RatingRequest{Stars: 5, Note: "王小明说好"}))
	must[wire.Thread](t)(o.flow.ReopenThread(t.Context(), flow.Speaker{Staff: &o.boss}, o.key(), old.ID))
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), flow.Speaker{Staff: &o.boss}, o.key(), old.ID))
	must[wire.Thread](t)(o.flow.Rate(t.Context(), o.wang, old.ID, wire.RatingRequest{Stars: 4, Note: "王小明又来了"}))
	o.later(48 * time.Hour) // too long ago to be opened again
	th := o.open(o.wang)
	must[wire.Thread](t)(o.flow.Take(t.Context(), o.anna, o.key(), th.ID))
	owner := media.Owner{Thread: th.ID, Member: o.wang.Member, Subject: o.wang.Member}
	picture := o.upload(owner, photo(t, 8, 8))
	ask := wire.SendRequest{ID: id.New[id.Message](o.ids), Kind: wire.MessagePicture, Media: picture.ID}
	must[wire.Message](t)(o.flow.Say(t.Context(), asDriver(o.wang), th.ID, ask))
	o.come(o.ben)
	must[wire.Thread](t)(o.flow.Transfer(t.Context(), o.anna, o.key(), th.ID, wire.TransferRequest{To: o.ben.Staff, Note: "王小明要退款"}))
	o.say(flow.Speaker{Staff: &o.ben}, th.ID, "王小明先生您好") // and a notice, for they are away
	if _, err := o.members.SendCode(t.Context(), "192.0.2.7", wangPhone); err != nil {
		t.Fatal(err)
	}
	o.claim(o.wang, 5)
	o.bound(wangPhone, wangOpenID)
	return o, s, th
}

// TestD043AfterErasingNothingOfAMemberIsLeft: before it a dozen fields open
// with their key; after it no table has one that opens, nor an index, nor a word
// in clear. The sale, its money and its proof stay, and are nobody's.
func TestD043AfterErasingNothingOfAMemberIsLeft(t *testing.T) {
	o, s, th := lived(t)
	key := must[*vault.Key](t)(o.keys.MemberKey(t.Context(), o.db, o.wang.Member))
	before, _ := o.traces(key)
	for _, column := range []string{
		"member.phone", "member.name", "member.id_number", "vehicle.plate", "vehicle.model", "member_account.account", "member_wechat.openid",
		"chat_message.body", "chat_thread.note", "chat_rating.note", "notice.text", "sale_trip.odometer_km",
	} {
		if before[column] == 0 {
			t.Errorf("before it nothing of %s opens: %v", column, before)
		}
	}
	paid := o.stored(s.Sale)
	done := must[wire.Done](t)(o.flow.EraseMember(t.Context(), o.boss, o.key(), o.wang.Member,
		wire.EraseRequest{Number: "1", Reason: "本人书面要求"}))
	if done.Repeat {
		t.Error("it is taken for a repeat")
	}
	after, clear := o.traces(key)
	if len(after) != 0 || len(clear) != 0 {
		t.Errorf("after it these open: %v; and in clear: %v", after, clear)
	}
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM sale WHERE member IS NOT NULL":          0,
		"SELECT COUNT(*) FROM claim":                                  0,
		"SELECT COUNT(*) FROM notice":                                 0,
		"SELECT COUNT(*) FROM media":                                  0,
		"SELECT COUNT(*) FROM member_session":                         0,
		"SELECT COUNT(*) FROM member_habit":                           0,
		"SELECT COUNT(*) FROM sale_trip":                              0,
		"SELECT COUNT(*) FROM login_code":                             0,
		"SELECT COUNT(*) FROM member WHERE erased_at IS NOT NULL":     1,
		"SELECT COUNT(*) FROM chat_thread":                            2,
		"SELECT COUNT(*) FROM chat_thread WHERE state <> 'closed'":    0,
		"SELECT COUNT(*) FROM chat_message WHERE body IS NOT NULL":    0,
		"SELECT COUNT(*) FROM outbox WHERE channel NOT LIKE 'desk/%'": 0,
		"SELECT COUNT(*) FROM chat_duty WHERE active <> 0":            0,
		"SELECT COUNT(*) FROM audit WHERE action = 'member.erase'":    1,
		"SELECT COUNT(*) FROM member_key":                             0,
	} {
		if n := o.rows(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	same(t, "the sale", o.stored(s.Sale), paid)
	o.sound()
	if row := o.logged("member.erase")[0]; row.Staff != o.boss.Staff || row.ObjectID != o.wang.Member.String() || row.Note != "本人书面要求" {
		t.Errorf("the log says %+v", row)
	}
	if c := last[wire.Case](o, wire.Support(o.station), wire.KindCase); c.Thread.State != wire.ThreadClosed || c.Member.Name != "" || c.Last != nil || c.Note != "" {
		t.Errorf("agents are told %+v", c)
	}
	if snap := o.snapshot(th.ID); strings.Contains(fmt.Sprintf("%+v", snap), "小明") || snap.Thread.State != wire.ThreadClosed {
		t.Errorf("the conversation is %+v", snap)
	}
	for range 2 { // objects nobody holds are swept away
		o.later(2 * time.Hour)
		must[int](t)(o.media.Sweep(t.Context()))
	}
	if len(o.attic.kept) != 0 {
		t.Errorf("%d objects are kept", len(o.attic.kept))
	}
}

func TestD043ErasingIsDoneOnce(t *testing.T) {
	o, _, th := lived(t)
	var gone []id.Member
	o.flow.OnErased(func(m id.Member, _ []id.Thread) { gone = append(gone, m) })
	key, ask := o.key(), wire.EraseRequest{Number: o.wang.Number, Reason: "本人要求"}
	for n := range 3 {
		done := must[wire.Done](t)(o.flow.EraseMember(t.Context(), o.boss, key, o.wang.Member, ask))
		if done.Command != key || done.Repeat != (n > 0) {
			t.Errorf("time %d: %+v", n+1, done)
		}
	}
	if len(gone) != 1 || gone[0] != o.wang.Member {
		t.Errorf("told of %v", gone)
	}
	_, err := o.flow.EraseMember(t.Context(), o.boss, o.key(), o.wang.Member, ask)
	wantProblem(t, err, wire.ProblemErased)
	for name, look := range o.looks(o.wang.Member, o.wang.Number) {
		if name == "search" {
			continue
		}
		who := o.boss
		if look.action == staff.SeeMemberRefuels {
			who = o.cashier()
		}
		_, err := look.do(who)
		t.Log(name)
		wantProblem(t, err, wire.ProblemErased)
	}
	_, err = o.flow.SearchMembers(t.Context(), o.boss, wire.MemberSearch{Number: "1"})
	wantProblem(t, err, wire.ProblemErased)
	_, err = o.flow.MemberCard(t.Context(), o.boss, th.ID)
	wantProblem(t, err, wire.ProblemErased)
	if page := must[wire.MemberPage](t)(o.flow.SearchMembers(t.Context(), o.boss, wire.MemberSearch{Phone: wangPhone})); len(page.Members) != 0 {
		t.Errorf("found by phone: %+v", page)
	}
}

// TestD043AMemberErasesThemselves with their number typed once more; nobody
// else is meant by mistake, and what they had signed in with ends.
func TestD043AMemberErasesThemselves(t *testing.T) {
	o, _, _ := lived(t)
	other := o.driver("13800000002")
	for _, number := range []string{"", "M", other.Number, "M000099"} {
		wantProblem(t, o.flow.EraseMe(t.Context(), o.wang, wire.EraseRequest{Number: number}), wire.ProblemBadRequest)
	}
	if err := o.flow.EraseMe(t.Context(), o.wang, wire.EraseRequest{Number: o.wang.Number}); err != nil {
		t.Fatal(err)
	}
	_, err := o.members.Me(t.Context(), o.wang)
	wantProblem(t, err, wire.ProblemErased)
	_, err = o.tryClaim(o.wang, 3)
	wantProblem(t, err, wire.ProblemErased)
	rows := o.logged("member.erase")
	done := 0
	for _, row := range rows {
		if row.Member != o.wang.Member || !row.Staff.IsZero() {
			t.Errorf("the log says %+v", row)
		}
		if row.Result == audit.OK {
			done++
		}
	}
	if len(rows) != 5 || done != 1 {
		t.Errorf("%d rows, %d of them done", len(rows), done)
	}
	o.later(time.Minute) // one code a minute
	if again := o.driver(wangPhone); again.Member == o.wang.Member || again.Number == o.wang.Number {
		t.Errorf("the phone joins anew as %+v", again)
	}
	if me := must[wire.Member](t)(o.members.Me(t.Context(), other)); me.Phone != "138****0002" {
		t.Errorf("the other is %+v", me)
	}
}

// TestD043NobodyIsErasedWhoStillOwes: while fuel runs, while a sale is unpaid,
// while one waits to be judged.
func TestD043NobodyIsErasedWhoStillOwes(t *testing.T) {
	o := newOffice(t)
	who := o.driver("13800000002")
	ask := wire.EraseRequest{Number: who.Number, Reason: "本人要求"}
	blocked := func(what string) {
		t.Helper()
		t.Log(what)
		_, err := o.flow.EraseMember(t.Context(), o.boss, o.key(), who.Member, ask)
		wantProblem(t, err, wire.ProblemEraseBlocked)
		wantProblem(t, o.flow.EraseMe(t.Context(), who, ask), wire.ProblemEraseBlocked)
		if _, err := o.members.Me(t.Context(), who); err != nil {
			t.Errorf("and yet %v", err)
		}
	}
	o.claim(who, 3)
	s := o.sale(3, 26_670)
	o.take(begin(s))
	blocked("it runs")
	o.take(s)
	blocked("it is unpaid")
	must[wire.Sale](t)(o.flow.Pay(t.Context(), o.cashier(), o.key(), s.Sale, cash(s.Amount, 30_000)))
	o.claim(who, 5)
	odd := o.figures(5, 0, 20_000, 20_000, 700) // at another price
	o.take(odd)
	if got := o.stored(odd.Sale); got.State != wire.SaleQuarantined {
		t.Fatalf("the sale is %s", got.State)
	}
	blocked("it is quarantined")
	must[wire.Sale](t)(o.flow.Resolve(t.Context(), o.boss, o.key(), odd.Sale, wire.ResolveRequest{Act: wire.ResolveDismiss, Note: "价格不符"}))
	must[wire.Done](t)(o.flow.EraseMember(t.Context(), o.boss, o.key(), who.Member, ask))
}

func TestD043AHeadNeedsTheNumberAndAReason(t *testing.T) {
	o, _, _ := lived(t)
	for _, ask := range []wire.EraseRequest{
		{Number: "M000001"}, {Number: "M000001", Reason: " x "}, {Number: "M000002", Reason: "本人要求"}, {Reason: "本人要求"},
	} {
		_, err := o.flow.EraseMember(t.Context(), o.boss, o.key(), o.wang.Member, ask)
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	_, err := o.flow.EraseMember(t.Context(), o.boss, id.Command{}, o.wang.Member, wire.EraseRequest{Number: "1", Reason: "本人要求"})
	wantProblem(t, err, wire.ProblemKeyMissing)
	if _, err := o.members.Me(t.Context(), o.wang); err != nil {
		t.Error(err)
	}
}

// TestD043ARestoredMemberIsErasedAgain: the rows come back with a backup, the
// key does not.
func TestD043ARestoredMemberIsErasedAgain(t *testing.T) {
	o, _, _ := lived(t)
	key := must[*vault.Key](t)(o.keys.MemberKey(t.Context(), o.db, o.wang.Member))
	// What a restore leaves: everything but the key, which the ring destroys.
	err := o.db.InTx(t.Context(), "destroying a key", func(ctx context.Context, tx *mysql.Tx) error {
		return o.keys.DestroyMemberKey(ctx, tx, o.wang.Member)
	})
	if err != nil {
		t.Fatal(err)
	}
	stranger := id.New[id.Member](o.ids) // joined after the backup
	for range 2 {
		if err := o.flow.EraseAgain(t.Context(), o.wang.Member, stranger); err != nil {
			t.Fatal(err)
		}
	}
	if after, clear := o.traces(key); len(after) != 0 || len(clear) != 0 {
		t.Errorf("these open: %v; and in clear: %v", after, clear)
	}
	if rows := o.logged("member.erase"); len(rows) != 1 || !rows[0].Staff.IsZero() || !rows[0].Member.IsZero() {
		t.Errorf("the log says %+v", rows)
	}
}

// TestD043AnExportHoldsEverything, in clear for the member, and is on record.
func TestD043AnExportHoldsEverything(t *testing.T) {
	o, s, th := lived(t)
	mine := must[wire.MemberExport](t)(o.flow.ExportMe(t.Context(), o.wang))
	if mine.Member.Name != wangName || mine.Member.Phone != wangPhone || mine.IDNumber != wangPaper || len(mine.Accounts) != 1 ||
		mine.Accounts[0].Account != wangAccount || mine.Member.Vehicles[0].Plate != wangPlate {
		t.Errorf("who: %+v %s %+v", mine.Member, mine.IDNumber, mine.Accounts)
	}
	if len(mine.Orders) != 1 || mine.Orders[0].Sale != s.Sale || mine.Orders[0].Paid != s.Amount || mine.Habits.Refuels != 1 ||
		len(mine.Consents) != 5 || len(mine.Notices) == 0 || mine.Cut {
		t.Errorf("what: %+v %+v %+v %+v", mine.Orders, mine.Habits, mine.Consents, mine.Notices)
	}
	if trip := mine.Orders[0].Trip; trip == nil || trip.Odometer != wangOdometer || trip.Vehicle != mine.Member.Vehicles[0].ID {
		t.Errorf("what was noted beside it: %+v", trip)
	}
	if len(mine.Threads) != 2 || mine.Threads[0].Thread.ID != th.ID {
		t.Fatalf("conversations: %+v", mine.Threads)
	}
	text := must[[]byte](t)(json.Marshal(mine.Threads))
	for _, said := range []string{"我叫王小明，电话13800000001", "王小明先生您好", "王小明又来了"} {
		if !bytes.Contains(text, []byte(said)) {
			t.Errorf("the export does not say %q", said)
		}
	}
	if bytes.Contains(text, []byte("退款")) {
		t.Error("the export holds a note between agents")
	}
	o.later(time.Second)
	theirs := must[wire.MemberExport](t)(o.flow.ExportMember(t.Context(), o.boss, o.wang.Member))
	theirs.At = mine.At
	same(t, "the head's export", theirs, mine)
	rows := o.logged("member.export")
	if len(rows) != 2 || rows[0].Staff != o.boss.Staff || rows[1].Member != o.wang.Member || rows[1].ObjectID != o.wang.Member.String() {
		t.Errorf("the log says %+v", rows)
	}
}

// TestD043WhoStaysAwayIsErased after the time that is configured; who comes or
// signs in is not, and who owes stays until it is settled.
func TestD043WhoStaysAwayIsErased(t *testing.T) {
	o, _, _ := lived(t)
	const keep = 3 * 365 * 24 * time.Hour
	away, comes, signs, owes := o.driver("13800000011"), o.driver("13800000012"), o.driver("13800000013"), o.driver("13800000014")
	o.claim(owes, 7)
	o.take(o.sale(7, 10_000))
	o.later(keep - 3*24*time.Hour)
	o.claim(comes, 3)
	s := o.sale(3, 10_000)
	o.take(s)
	must[wire.Sale](t)(o.flow.Pay(t.Context(), o.cashier(), o.key(), s.Sale, cash(s.Amount, 30_000)))
	o.driver("13800000013")
	if n := must[int](t)(o.flow.KeepMembers(t.Context(), keep)); n != 0 {
		t.Errorf("%d were erased a day too early", n)
	}
	o.later(4 * 24 * time.Hour)
	for i, want := range []int{2, 0} { // wang and away, once
		if n := must[int](t)(o.flow.KeepMembers(t.Context(), keep)); n != want {
			t.Errorf("round %d erased %d, want %d", i+1, n, want)
		}
	}
	for _, m := range []member.Actor{o.wang, away} {
		_, err := o.members.Me(t.Context(), m)
		wantProblem(t, err, wire.ProblemErased)
	}
	for _, m := range []member.Actor{comes, signs, owes} {
		if _, err := o.members.Me(t.Context(), m); err != nil {
			t.Errorf("member %s: %v", m.Number, err)
		}
	}
	rows := o.logged("member.erase")
	if len(rows) != 2 || !rows[0].Staff.IsZero() || rows[0].Note != "neither came nor signed in for 1095 days" {
		t.Errorf("the log says %+v", rows)
	}
}

// TestErasingMeetsADeliveryThatBegins: whoever comes first, an erased member
// has no claim and no sale, and who has a sale is not erased.
func TestErasingMeetsADeliveryThatBegins(t *testing.T) {
	o := newOffice(t)
	var drivers []member.Actor
	for n := range 8 {
		drivers = append(drivers, o.driver(fmt.Sprintf("1380000003%d", n)))
	}
	codes := o.codes()
	var all sync.WaitGroup
	for i, who := range drivers {
		all.Go(func() {
			_, err := o.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: codes[i+1]})
			var p *wire.Problem
			if err != nil && !errors.As(err, &p) {
				t.Errorf("claiming: %v", err)
			}
		})
		all.Go(func() {
			err := o.flow.EraseMe(t.Context(), who, wire.EraseRequest{Number: who.Number})
			var p *wire.Problem
			if err != nil && !errors.As(err, &p) {
				t.Errorf("erasing: %v", err)
			}
		})
	}
	for i := range drivers {
		o.take(begin(o.sale(i+1, 10_000)))
	}
	all.Wait()
	const left = `SELECT COUNT(*) FROM member m WHERE m.erased_at IS NOT NULL AND (
		EXISTS (SELECT 1 FROM sale s WHERE s.member = m.id) OR EXISTS (SELECT 1 FROM claim c WHERE c.member = m.id)
		OR EXISTS (SELECT 1 FROM member_key k WHERE k.member = m.id))`
	if n := o.rows(left); n != 0 {
		t.Errorf("%d erased members have a claim, a sale or a key", n)
	}
	const whole = `SELECT COUNT(*) FROM member m WHERE m.erased_at IS NULL
		AND (m.phone IS NULL OR NOT EXISTS (SELECT 1 FROM member_key k WHERE k.member = m.id))`
	if n := o.rows(whole); n != 0 {
		t.Errorf("%d members are half erased", n)
	}
}
