package member_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const phone, otherPhone = "13800000001", "13900000002"

// wrong is another code than the one given.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

func TestTheFirstLoginMakesAMember(t *testing.T) {
	r := newRig(t)
	sent, err := r.SendCode(t.Context(), "192.0.2.1", "+86 138 0000 0001")
	if err != nil || sent.AgainSeconds != 60 || !sent.ExpiresAt.Equal(r.now.Add(5*time.Minute)) {
		t.Fatalf("sent %+v, %v", sent, err)
	}
	if code := r.code(phone); len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		t.Fatalf("the code is %q", code)
	}
	session, err := r.Login(t.Context(), wire.DriverLogin{Phone: " 138-0000-0001", Code: " " + r.code(phone)})
	if err != nil {
		t.Fatal(err)
	}
	who := session.Member
	if who.ID.IsZero() || who.Number != "M000001" || who.Phone != member.MaskPhone(phone) || who.Name != "" || len(who.Vehicles) != 0 || !who.Since.Equal(r.now) {
		t.Errorf("the new member is %+v", who)
	}
	if who.Vehicles == nil || !strings.HasPrefix(session.Token, "fcd_") || !session.ExpiresAt.Equal(r.now.Add(90*24*time.Hour)) {
		t.Errorf("the session is %+v", session)
	}
	actor, err := r.Resolve(t.Context(), session.Token)
	if err != nil || actor != (member.Actor{Member: who.ID, Number: "M000001"}) {
		t.Errorf("resolved %+v, %v", actor, err)
	}
	r.now = r.now.Add(time.Hour)
	if again := r.signIn(t, phone); again.Member.ID != who.ID || again.Token == session.Token {
		t.Errorf("the second login is %+v", again)
	}
	if other := r.signIn(t, otherPhone); other.Member.Number != "M000002" {
		t.Errorf("the second member is %+v", other.Member)
	}
}

// TestLoginRefusesAlikeWhateverIsWrong: nobody learns who is a member, nor
// whether a code is under way.
func TestLoginRefusesAlikeWhateverIsWrong(t *testing.T) {
	r := newRig(t)
	r.signIn(t, phone)
	r.now = r.now.Add(time.Hour)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", otherPhone); err != nil {
		t.Fatal(err)
	}
	right := r.code(otherPhone)
	texts := map[string]bool{}
	for name, try := range map[string]wire.DriverLogin{
		"a member, no code sent":   {Phone: phone, Code: "123456"},
		"a stranger, no code sent": {Phone: "13700000003", Code: "123456"},
		"a stranger, wrong code":   {Phone: otherPhone, Code: wrong(right)},
		"another number's code":    {Phone: phone, Code: right},
	} {
		_, err := r.Login(t.Context(), try)
		if err == nil {
			t.Fatalf("%s: let in", name)
		}
		wantProblem(t, err, wire.ProblemCodeRefused)
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Errorf("refusals differ: %v", texts)
	}
	for _, code := range []string{"", "12345", "1234567", "12345x", "' OR 1=1", strings.Repeat("1", 9000)} {
		_, err := r.Login(t.Context(), wire.DriverLogin{Phone: otherPhone, Code: code})
		wantProblem(t, err, wire.ProblemCodeRefused)
	}
	_, err := r.Login(t.Context(), wire.DriverLogin{Phone: "138", Code: right})
	wantProblem(t, err, wire.ProblemPhoneRefused)
	if _, err := r.Login(t.Context(), wire.DriverLogin{Phone: otherPhone, Code: right}); err != nil {
		t.Errorf("the right code after all that: %v", err)
	}
}

func TestACodeWorksOnceForFiveMinutesAndFiveTries(t *testing.T) {
	r := newRig(t)
	login := func(code string) error {
		_, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: code})
		return err
	}
	fresh := func() string {
		r.now = r.now.Add(30 * time.Minute)
		if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
			t.Fatal(err)
		}
		return r.code(phone)
	}
	code := fresh()
	if err := login(code); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, login(code), wire.ProblemCodeRefused) // spent

	code = fresh()
	r.now = r.now.Add(5*time.Minute - time.Millisecond)
	if err := login(code); err != nil {
		t.Errorf("in time: %v", err)
	}
	code = fresh()
	r.now = r.now.Add(5 * time.Minute)
	wantProblem(t, login(code), wire.ProblemCodeRefused) // too late

	for wrongs, ok := range map[int]bool{4: true, 5: false} {
		code = fresh()
		for range wrongs {
			wantProblem(t, login(wrong(code)), wire.ProblemCodeRefused)
		}
		if err := login(code); (err == nil) != ok {
			t.Errorf("after %d wrong tries: %v", wrongs, err)
		}
	}
	old := fresh()
	if code = fresh(); old != code { // a new code ends the old one
		wantProblem(t, login(old), wire.ProblemCodeRefused)
	}
	r.Store = r.reopen() // a restart keeps the tries
	if err := login(code); err != nil {
		t.Error(err)
	}
}

// TestACodeLetsOneInAtATime: of many that come with the same code at once one
// is let in.
func TestACodeLetsOneInAtATime(t *testing.T) {
	r := newRig(t)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	in := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone)}); err == nil {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d were let in", in)
	}
}

// TestMembersAreNumberedWithoutAHole also when many join at once.
func TestMembersAreNumberedWithoutAHole(t *testing.T) {
	r := newRig(t)
	const many = 24
	numbers := make([]string, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			phone := fmt.Sprintf("138000001%02d", i)
			if _, err := r.SendCode(t.Context(), fmt.Sprintf("192.0.2.%d", i), phone); err != nil {
				t.Error(err)
				return
			}
			session, err := r.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(phone)})
			if err != nil {
				t.Error(err)
				return
			}
			numbers[i] = session.Member.Number
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	for i, number := range numbers {
		if want := fmt.Sprintf("M%06d", i+1); number != want {
			t.Fatalf("number %d is %s, want %s", i, number, want)
		}
	}
}

func TestCodesAreBoundedByNumber(t *testing.T) {
	r := newRig(t)
	ask := func(n int) error {
		_, err := r.SendCode(t.Context(), fmt.Sprintf("192.0.2.%d", n), phone)
		return err
	}
	for n := range 5 {
		if err := ask(n); err != nil {
			t.Fatalf("code %d: %v", n+1, err)
		}
		r.now = r.now.Add(time.Minute - time.Millisecond)
		wantProblem(t, ask(100+n), wire.ProblemTooMany) // one a minute
		r.now = r.now.Add(time.Millisecond)
	}
	wantProblem(t, ask(200), wire.ProblemTooMany) // five an hour
	r.now = r.now.Add(55*time.Minute - time.Millisecond)
	wantProblem(t, ask(201), wire.ProblemTooMany)
	r.now = r.now.Add(time.Millisecond)
	if err := ask(202); err != nil {
		t.Errorf("after an hour: %v", err)
	}
}

func TestCodesAreBoundedByAddress(t *testing.T) {
	for name, remotes := range map[string][]string{
		"one address":      {"192.0.2.7"},
		"and its ports":    {"192.0.2.7:1234", "192.0.2.7:5678", "192.0.2.7"},
		"written as IPv6":  {"192.0.2.7", "::ffff:192.0.2.7"},
		"one IPv6 network": {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "[2001:db8:1:2::3]:443"},
		"unknown":          {"", "nonsense"},
	} {
		r := newRig(t)
		n := 0
		ask := func(remote string) error {
			n++
			_, err := r.SendCode(t.Context(), remote, fmt.Sprintf("1380000%04d", n))
			return err
		}
		for i := range 20 {
			if err := ask(remotes[i%len(remotes)]); err != nil {
				t.Fatalf("%s: code %d: %v", name, i+1, err)
			}
		}
		for _, remote := range remotes {
			wantProblem(t, ask(remote), wire.ProblemTooMany)
		}
		if err := ask("198.51.100.1"); err != nil {
			t.Errorf("%s: another address: %v", name, err)
		}
		r.now = r.now.Add(time.Hour)
		if err := ask(remotes[0]); err != nil {
			t.Errorf("%s: after an hour: %v", name, err)
		}
	}
}

func TestACodeThatWasNotSentMayBeAskedForAgain(t *testing.T) {
	r := newRig(t)
	r.failed = errors.New("no such service")
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); !errors.Is(err, r.failed) || strings.Contains(err.Error(), phone) {
		t.Errorf("sending failed with %v", err)
	}
	r.failed = nil
	if _, err := r.SendCode(t.Context(), "192.0.2.1", phone); err != nil {
		t.Error(err)
	}
	_, err := r.SendCode(t.Context(), "192.0.2.1", phone)
	wantProblem(t, err, wire.ProblemTooMany)
	_, err = r.SendCode(t.Context(), "192.0.2.1", "12345")
	wantProblem(t, err, wire.ProblemPhoneRefused)
}

func TestSessionsEnd(t *testing.T) {
	r := newRig(t)
	session := r.signIn(t, phone)
	for range 3 { // used once a quarter
		r.now = r.now.Add(90*24*time.Hour - time.Second)
		if _, err := r.Resolve(t.Context(), session.Token); err != nil {
			t.Fatal(err)
		}
	}
	r.now = r.now.Add(90 * 24 * time.Hour)
	_, err := r.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)

	session = r.signIn(t, phone)
	for range 2 { // twice is no error
		if err := r.Logout(t.Context(), session.Token); err != nil {
			t.Fatal(err)
		}
	}
	for _, token := range []string{session.Token, "", "fcd_", "fcs_" + session.Token[4:]} {
		_, err = r.Resolve(t.Context(), token)
		wantProblem(t, err, wire.ProblemUnauthorized)
	}
}

// TestOldSessionsGiveWay: the eleventh phone signs out the one that was unused
// the longest.
func TestOldSessionsGiveWay(t *testing.T) {
	r := newRig(t)
	var tokens []string
	for range 11 {
		r.now = r.now.Add(2 * time.Hour)
		tokens = append(tokens, r.signIn(t, phone).Token)
		if len(tokens) == 5 { // the first is in use
			if _, err := r.Resolve(t.Context(), tokens[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, token := range tokens {
		if _, err := r.Resolve(t.Context(), token); (err == nil) != (i != 1) {
			t.Errorf("session %d: %v", i, err)
		}
	}
}

func TestOpenListsTheSessions(t *testing.T) {
	r := newRig(t)
	first, second := r.signIn(t, phone), r.signIn(t, otherPhone)
	r.now = r.now.Add(time.Hour)
	third := r.signIn(t, phone)
	check := func(want ...wire.DriverSession) {
		t.Helper()
		all, err := r.Open(t.Context())
		if err != nil || len(all) != len(want) {
			t.Fatalf("open are %v, %v; want %v", all, err, want)
		}
		named, err := r.Open(t.Context(), first.Member.ID, second.Member.ID, id.Member{15: 9})
		if err != nil || !maps.Equal(named, all) {
			t.Errorf("of those named open are %v, %v; want %v", named, err, all)
		}
		for _, session := range want {
			if !all[member.SessionOf(session.Token)] {
				t.Errorf("%s is not open", session.Token)
			}
		}
	}
	check(first, second, third)
	if err := r.Logout(t.Context(), second.Token); err != nil {
		t.Fatal(err)
	}
	check(first, third)
	r.now = r.now.Add(91 * 24 * time.Hour)
	check()
}

// TestEndingTheOthersLeavesTheOneInHand: a lost phone is signed out at once, also
// while the database is away; another member's is not.
func TestEndingTheOthersLeavesTheOneInHand(t *testing.T) {
	r := newRig(t)
	r.signIn(t, phone) // unused for so long that it counts no more
	r.now = r.now.Add(91 * 24 * time.Hour)
	lost := r.signIn(t, phone)
	r.now = r.now.Add(time.Hour)
	here := r.signIn(t, phone)
	stranger := r.signIn(t, otherPhone)
	who, err := r.Resolve(t.Context(), here.Token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resolve(t.Context(), lost.Token); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if told, err := r.EndOthers(t.Context(), who, here.Token); err != nil || told.Ended != want {
			t.Errorf("ended %+v, %v; want %d", told, err, want)
		}
	}
	_, err = r.Resolve(t.Context(), lost.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := r.Resolve(late, lost.Token); !mysql.Unavailable(err) {
		t.Errorf("the lost phone while the database is away: %v", err)
	}
	for _, session := range []wire.DriverSession{here, stranger} {
		if _, err := r.Resolve(t.Context(), session.Token); err != nil {
			t.Error(err)
		}
	}
	rows, err := audit.Find(t.Context(), r.db, audit.Query{Action: "session.end"})
	if err != nil || len(rows) != 1 || rows[0].Member != who.Member || rows[0].ObjectID != who.Member.String() || rows[0].Note != "1 on other devices" {
		t.Errorf("the log says %+v, %v", rows, err)
	}
}

func TestResolveKnowsMembersWhileTheDatabaseIsAway(t *testing.T) {
	r := newRig(t)
	seen, unseen := r.signIn(t, phone), r.signIn(t, otherPhone)
	want, err := r.Resolve(t.Context(), seen.Token)
	if err != nil {
		t.Fatal(err)
	}
	// A database that answers too late is one that does not answer.
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if who, err := r.Resolve(late, seen.Token); err != nil || who != want {
		t.Errorf("somebody just seen: %+v, %v", who, err)
	}
	if _, err := r.Resolve(late, unseen.Token); !mysql.Unavailable(err) {
		t.Errorf("somebody never seen: %v", err)
	}
	r.now = r.now.Add(10 * time.Minute)
	if _, err := r.Resolve(late, seen.Token); !mysql.Unavailable(err) {
		t.Errorf("somebody seen too long ago: %v", err)
	}
}

func TestSweepRemovesOnlyWhatHasEnded(t *testing.T) {
	r := newRig(t)
	r.signIn(t, phone)
	r.now = r.now.Add(60 * 24 * time.Hour)
	young := r.signIn(t, phone)
	if _, err := r.SendCode(t.Context(), "192.0.2.1", otherPhone); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("swept %d, %v, while all lives", n, err)
	}
	r.now = r.now.Add(40 * 24 * time.Hour)
	if n, err := r.Sweep(t.Context()); err != nil || n != 2 {
		t.Errorf("swept %d, %v; want a session and a code", n, err)
	}
	if _, err := r.Resolve(t.Context(), young.Token); err != nil {
		t.Error(err)
	}
}
