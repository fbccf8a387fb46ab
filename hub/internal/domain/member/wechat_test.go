package member_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var _ member.WeChat = vouching{}

// throughWeChat signs somebody in by WeChat's word.
func (r *rig) throughWeChat(t *testing.T, code, phoneCode string) wire.DriverSession {
	t.Helper()
	session, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: code, PhoneCode: phoneCode})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func (r *rig) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := r.db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM "+table); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWeChatsWordAndANumberMakeAMember(t *testing.T) {
	r := newRig(t)
	_, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-1"})
	wantProblem(t, err, wire.ProblemWeChatPhone)
	if n := r.count(t, "member"); n != 0 {
		t.Errorf("%d members without a number", n)
	}
	first := r.throughWeChat(t, "js-wang-2", "phone-"+phone+"-1")
	if first.Member.Phone != member.MaskPhone(phone) || first.Member.Number != "M000001" || !first.ExpiresAt.Equal(r.now.Add(90*24*time.Hour)) {
		t.Errorf("the first session is %+v", first)
	}
	if who, err := r.Resolve(t.Context(), first.Token); err != nil || who.Member != first.Member.ID {
		t.Errorf("resolved %+v, %v", who, err)
	}
	again := r.throughWeChat(t, "js-wang-3", "")
	if again.Member.ID != first.Member.ID || again.Token == first.Token {
		t.Errorf("the second session is %+v", again)
	}
	asked := len(r.asked)
	r.throughWeChat(t, "js-wang-4", "phone-"+otherPhone+"-1") // a number nobody needs is not paid for
	if got := r.asked[asked:]; !slices.Equal(got, []string{"js-wang-4"}) {
		t.Errorf("WeChat was asked for %q", got)
	}
	if n := r.count(t, "member"); n != 1 {
		t.Errorf("%d members", n)
	}
}

// TestTheNumbersMemberIsFound: who joined by text message is the same member
// when WeChat gives the number, and a code on its way still works.
func TestTheNumbersMemberIsFound(t *testing.T) {
	r := newRig(t)
	who := r.join(t, phone)
	r.now = r.now.Add(time.Hour)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Fatal(err)
	}
	if got := r.throughWeChat(t, "js-wang-1", "phone-"+phone+"-1"); got.Member.ID != who.Member {
		t.Errorf("signed in as %+v", got.Member)
	}
	if _, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone)}); err != nil {
		t.Errorf("the code that was on its way: %v", err)
	}
}

// TestTheNumbersOwnerBindsTheIdentity: to themselves, and away from whoever had
// it; the identity they had before is nobody's.
func TestTheNumbersOwnerBindsTheIdentity(t *testing.T) {
	r := newRig(t)
	login := func(phone, code string) wire.DriverSession {
		t.Helper()
		r.now = r.now.Add(time.Hour)
		if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
			t.Fatal(err)
		}
		session, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone), WeChat: code})
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	first := login(phone, "js-wang-1").Member.ID
	if got := r.throughWeChat(t, "js-wang-2", ""); got.Member.ID != first {
		t.Errorf("the identity opens %+v", got.Member)
	}
	second := login(otherPhone, "js-wang-3").Member.ID // a phone handed on with its WeChat
	if got := r.throughWeChat(t, "js-wang-4", ""); got.Member.ID != second || second == first {
		t.Errorf("after it moved the identity opens %+v", got.Member)
	}
	login(otherPhone, "js-li-1") // and now another account
	if got := r.throughWeChat(t, "js-li-2", ""); got.Member.ID != second {
		t.Errorf("the new identity opens %+v", got.Member)
	}
	_, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-5"})
	wantProblem(t, err, wire.ProblemWeChatPhone)
	if n := r.count(t, "member_wechat"); n != 1 {
		t.Errorf("%d identities are bound", n)
	}
	wrongly := wire.DriverLogin{Phone: phone, Code: "000000", WeChat: "js-li-3"}
	_, err = r.Login(t.Context(), wrongly)
	wantProblem(t, err, wire.ProblemCodeRefused)
	if got := r.throughWeChat(t, "js-li-4", ""); got.Member.ID != second {
		t.Errorf("without the number's code the identity moved to %+v", got.Member)
	}
}

// TestWeChatBeingAwayStopsNobodyWithACode: the number lets them in by itself.
func TestWeChatBeingAwayStopsNobodyWithACode(t *testing.T) {
	r := newRig(t)
	r.away = wire.NewProblem(wire.ProblemWeChatAway, "")
	_, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-1", PhoneCode: "phone-" + phone + "-1"})
	wantProblem(t, err, wire.ProblemWeChatAway)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone), WeChat: "js-wang-2"}); err != nil {
		t.Errorf("with a code: %v", err)
	}
	r.away = nil
	_, err = r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "used"})
	wantProblem(t, err, wire.ProblemWeChatRefused)
	_, err = r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-3", PhoneCode: "used"})
	wantProblem(t, err, wire.ProblemWeChatRefused)
	_, err = r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-4", PhoneCode: "phone-02812345678-1"})
	wantProblem(t, err, wire.ProblemPhoneRefused)
	r.Store.WeChat = nil
	_, err = r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-5"})
	wantProblem(t, err, wire.ProblemWeChatAway)
	r.now = r.now.Add(time.Hour)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone), WeChat: "js-wang-6"}); err != nil {
		t.Errorf("without a mini-program: %v", err)
	}
	if n := r.count(t, "member_wechat"); n != 0 {
		t.Errorf("%d identities are bound", n)
	}
}

// TestANewIdentityAtOnceIsOneMember: whoever taps twice, on however many
// phones, joins once.
func TestANewIdentityAtOnceIsOneMember(t *testing.T) {
	for name, phones := range map[string][]string{
		"one number":  {phone},
		"two numbers": {phone, otherPhone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			const taps = 12
			members := make([]id.Member, taps)
			var wg sync.WaitGroup
			for i := range taps {
				wg.Go(func() {
					session, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{
						Code: fmt.Sprintf("js-wang-%d", i), PhoneCode: fmt.Sprintf("phone-%s-%d", phones[i%len(phones)], i),
					})
					if err != nil {
						t.Error(err)
					}
					members[i] = session.Member.ID
				})
			}
			wg.Wait()
			slices.SortFunc(members, func(a, b id.Member) int { return bytes.Compare(a[:], b[:]) })
			if who := slices.Compact(members); len(who) != 1 || who[0].IsZero() {
				t.Errorf("signed in as %v", who)
			}
			if n := r.count(t, "member"); n != 1 {
				t.Errorf("%d members", n)
			}
		})
	}
}

// TestOneNumberAtOnceIsOneMember, though its owner comes with several accounts:
// each lets them in, and the last keeps the place. Many others are there
// already, so that it is the number that is waited for and nothing else.
func TestOneNumberAtOnceIsOneMember(t *testing.T) {
	r := newRig(t)
	const others, numbers, accounts = 30, 4, 4
	for i := range others {
		r.throughWeChat(t, fmt.Sprintf("js-other%d-1", i), fmt.Sprintf("phone-138000002%02d-1", i))
	}
	var wg sync.WaitGroup
	for i := range numbers * accounts {
		wg.Go(func() {
			number := fmt.Sprintf("138000001%02d", i%numbers)
			session, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: fmt.Sprintf("js-account%d-1", i), PhoneCode: "phone-" + number + "-1"})
			if err != nil || session.Member.Phone != member.MaskPhone(number) {
				t.Errorf("%s signed in as %+v, %v", number, session.Member, err)
			}
		})
	}
	wg.Wait()
	if members, bound := r.count(t, "member"), r.count(t, "member_wechat"); members != others+numbers || bound != others+numbers {
		t.Errorf("%d members and %d identities", members, bound)
	}
}

// TestManyJoinThroughWeChatAtOnce, each their own member, beside others who come
// by text message with the same numbers.
func TestManyJoinThroughWeChatAtOnce(t *testing.T) {
	r := newRig(t)
	const many = 16
	var wg sync.WaitGroup
	for i := range many {
		number := fmt.Sprintf("138000001%02d", i)
		if _, err := r.SendCode(t.Context(), fmt.Sprintf("192.0.2.%d", i), number); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			_, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: fmt.Sprintf("js-p%d-1", i), PhoneCode: "phone-" + number + "-1"})
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			_, err := r.Login(t.Context(), wire.DriverLogin{Phone: number, Code: r.code(number), WeChat: fmt.Sprintf("js-p%d-2", i)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if members, bound := r.count(t, "member"), r.count(t, "member_wechat"); members != many || bound != many {
		t.Errorf("%d members and %d identities of %d people", members, bound, many)
	}
	for i := range many {
		got := r.throughWeChat(t, fmt.Sprintf("js-p%d-3", i), "")
		if want := fmt.Sprintf("138****01%02d", i); got.Member.Phone != want {
			t.Errorf("identity %d opens %s", i, got.Member.Phone)
		}
	}
}

// TestS075TheIdentityIsSealed: neither it nor the number it came with stands
// anywhere in clear, and it opens for the member it is bound to alone.
func TestS075TheIdentityIsSealed(t *testing.T) {
	r := newRig(t)
	session := r.throughWeChat(t, "js-wangxiaoyan-1", "phone-"+phone+"-1")
	plain := r.join(t, otherPhone)
	for _, table := range tables(t, r) {
		scan(t, r, table, func(column string, value []byte) {
			for _, secret := range []string{"wangxiaoyan", phone, session.Token} {
				if bytes.Contains(value, []byte(secret)) {
					t.Errorf("%s.%s holds %q", table, column, secret)
				}
			}
		})
	}
	for who, want := range map[id.Member]string{session.Member.ID: "o-wangxiaoyan", plain.Member: ""} {
		got, err := r.OpenID(t.Context(), r.db, who)
		bound, boundErr := r.BoundToWeChat(t.Context(), r.db, who)
		if err := errors.Join(err, boundErr); err != nil || got != want || bound != (want != "") {
			t.Errorf("%s is known as %q, bound %v, %v", who, got, bound, err)
		}
	}
	// A row moved to another member opens nothing.
	if _, err := r.db.ExecContext(t.Context(), "UPDATE member_wechat SET member = ?", plain.Member); err != nil {
		t.Fatal(err)
	}
	if got, err := r.OpenID(t.Context(), r.db, plain.Member); err == nil {
		t.Errorf("a moved row opens as %q", got)
	}
}

// TestD043AnErasedMembersIdentityIsNobodys: the same person may join anew.
func TestD043AnErasedMembersIdentityIsNobodys(t *testing.T) {
	r := newRig(t)
	who := r.throughWeChat(t, "js-wang-1", "phone-"+phone+"-1").Member.ID
	r.erase(t, who)
	if n := r.count(t, "member_wechat"); n != 0 {
		t.Errorf("%d identities are kept", n)
	}
	_, err := r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: "js-wang-2"})
	wantProblem(t, err, wire.ProblemWeChatPhone)
	again := r.throughWeChat(t, "js-wang-3", "phone-"+phone+"-2")
	if again.Member.ID == who || again.Member.Number != "M000002" {
		t.Errorf("who joins anew is %+v", again.Member)
	}
}

// TestErasingAndSigningInAtOnceLeavesNoSession of somebody who is nobody.
func TestErasingAndSigningInAtOnceLeavesNoSession(t *testing.T) {
	r := newRig(t)
	for round := range 6 {
		who := r.throughWeChat(t, fmt.Sprintf("js-wang%d-1", round), fmt.Sprintf("phone-%s-1", phone)).Member.ID
		var wg sync.WaitGroup
		wg.Go(func() {
			err := r.db.InTx(t.Context(), "erasing", func(ctx context.Context, tx *mysql.Tx) error {
				if err := r.Erase(ctx, tx, who); err != nil {
					return err
				}
				return r.DestroyKey(ctx, tx, who)
			})
			if err != nil {
				t.Error(err)
			}
		})
		var session wire.DriverSession
		var loginErr error
		wg.Go(func() {
			session, loginErr = r.WeChatLogin(t.Context(), wire.WeChatLogin{Code: fmt.Sprintf("js-wang%d-2", round)})
		})
		wg.Wait()
		if loginErr == nil {
			_, loginErr = r.Resolve(t.Context(), session.Token)
			wantProblem(t, loginErr, wire.ProblemUnauthorized)
		} else {
			wantProblem(t, loginErr, wire.ProblemWeChatPhone)
		}
	}
	if n := r.count(t, "member_session"); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// TestManySessionsThroughWeChatAreBounded as all are.
func TestManySessionsThroughWeChatAreBounded(t *testing.T) {
	r := newRig(t)
	first := r.throughWeChat(t, "js-wang-0", "phone-"+phone+"-1")
	for n := range 10 {
		r.now = r.now.Add(time.Minute)
		r.throughWeChat(t, fmt.Sprintf("js-wang-%d", n+1), "")
	}
	if n := r.count(t, "member_session"); n != 10 {
		t.Errorf("%d sessions are open", n)
	}
	_, err := r.Resolve(t.Context(), first.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
}
