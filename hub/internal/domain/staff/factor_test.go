package staff_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// code is what an authenticator shows at a time.
func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	text, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withFactor sets a second factor up for 2001 and answers with its secret and
// recovery codes. The step it is confirmed with is spent.
func (r *rig) withFactor(t *testing.T) (secret string, recovery []string) {
	t.Helper()
	who := r.actor(t)
	factor, err := r.NewSecondFactor(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := r.ConfirmSecondFactor(t.Context(), who, wire.CodeRequest{Code: code(t, factor.Secret, r.now)})
	if err != nil {
		t.Fatal(err)
	}
	return factor.Secret, codes.Codes
}

// actor is 2001, signed in.
func (r *rig) actor(t *testing.T) staff.Actor {
	t.Helper()
	actor, err := r.Resolve(t.Context(), r.mustLogin(t).Token)
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

func (r *rig) loginWith(t *testing.T, code string) (wire.Session, error) {
	t.Helper()
	return r.Login(t.Context(), r.till, wire.LoginRequest{Number: "2001", Password: "correct horse", Code: code})
}

func TestSecondFactorAsksForACode(t *testing.T) {
	r := newRig(t)
	secret, recovery := r.withFactor(t)
	_, err := r.loginWith(t, "")
	wantProblem(t, err, wire.ProblemSecondFactor)
	// A wrong password says no more than it does without one.
	_, err = r.Login(t.Context(), r.till, wire.LoginRequest{Number: "2001", Password: "wrong", Code: "000000"})
	wantProblem(t, err, wire.ProblemLoginRefused)
	_, err = r.loginWith(t, code(t, secret, r.now)) // the one it was confirmed with
	wantProblem(t, err, wire.ProblemSecondRefused)

	r.now = r.now.Add(30 * time.Second)
	good := code(t, secret, r.now)
	if session, err := r.loginWith(t, good[:3]+" "+good[3:]); err != nil || len(session.Must) != 0 {
		t.Errorf("the right code: %v, %v", session.Must, err)
	}
	_, err = r.loginWith(t, good)
	wantProblem(t, err, wire.ProblemSecondRefused)

	r.now = r.now.Add(30 * time.Second)
	if _, err := r.loginWith(t, strings.ToLower(recovery[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	_, err = r.loginWith(t, recovery[3])
	wantProblem(t, err, wire.ProblemSecondRefused)
	account, err := r.Account(t.Context(), r.resolved(t, recovery[4]))
	if err != nil || !account.SecondFactor || account.Recovery != 8 || account.Name != "王晓燕" {
		t.Errorf("the account: %+v, %v", account, err)
	}
}

func (r *rig) resolved(t *testing.T, code string) staff.Actor {
	t.Helper()
	session, err := r.loginWith(t, code)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := r.Resolve(t.Context(), session.Token)
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

// TestCodesOfNeighbouringStepsAreTaken, and of no others; and none that is not
// younger than the last taken, also when the clock goes back.
func TestCodesOfNeighbouringStepsAreTaken(t *testing.T) {
	const step = 30 * time.Second
	for _, c := range []struct {
		off  time.Duration
		want wire.ProblemType
	}{{-2 * step, wire.ProblemSecondRefused}, {-step, ""}, {0, ""}, {step, ""}, {2 * step, wire.ProblemSecondRefused}} {
		r := newRig(t)
		secret, _ := r.withFactor(t)
		r.now = r.now.Add(10 * time.Minute)
		_, err := r.loginWith(t, code(t, secret, r.now.Add(c.off)))
		if c.want != "" {
			wantProblem(t, err, c.want)
			continue
		}
		if err != nil {
			t.Errorf("a code of %v off: %v", c.off, err)
		}
		r.now = r.now.Add(-5 * time.Minute) // the clock goes back
		_, err = r.loginWith(t, code(t, secret, r.now))
		wantProblem(t, err, wire.ProblemSecondRefused)
	}
}

// TestACodeIsGoodOnceForTwoAtATime races tills for one code.
func TestACodeIsGoodOnceForTwoAtATime(t *testing.T) {
	r := newRig(t)
	secret, recovery := r.withFactor(t)
	r.now = r.now.Add(time.Minute)
	for name, text := range map[string]string{"authenticator": code(t, secret, r.now), "recovery": recovery[0]} {
		var opened atomic.Int32
		var wg sync.WaitGroup
		for range 4 {
			till := staff.DeviceActor{Device: id.New[id.Device](r.IDs), Station: r.till.Station}
			wg.Go(func() {
				if _, err := r.Login(t.Context(), till, wire.LoginRequest{Number: "2001", Password: "correct horse", Code: text}); err == nil {
					opened.Add(1)
				}
			})
		}
		wg.Wait()
		if opened.Load() != 1 {
			t.Errorf("%s: one code opened %d sessions", name, opened.Load())
		}
	}
}

// TestWrongCodesCountAsFailedLogins: whoever knows the password has no more
// guesses at the code than at the password, whatever they do in between.
func TestWrongCodesCountAsFailedLogins(t *testing.T) {
	r := newRig(t)
	secret, _ := r.withFactor(t)
	r.now = r.now.Add(time.Minute)
	refused := 0
	for range 50 {
		_, err := r.loginWith(t, "") // asks for a code, and forgives nothing
		if err == nil {
			t.Fatal("signed in without a code")
		}
		_, err = r.loginWith(t, "000000")
		var p *wire.Problem
		if errors.As(err, &p) && p.Type == wire.ProblemSecondRefused {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d guesses at the code were heard, want 5", refused)
	}
	r.now = r.now.Add(15 * time.Minute)
	if _, err := r.loginWith(t, code(t, secret, r.now)); err != nil {
		t.Errorf("the right code after the wait: %v", err)
	}
}

// TestAskingForACodeCostsNoWait: the first half of a login is no failure.
func TestAskingForACodeCostsNoWait(t *testing.T) {
	r := newRig(t)
	secret, _ := r.withFactor(t)
	for range 30 {
		_, err := r.loginWith(t, "")
		wantProblem(t, err, wire.ProblemSecondFactor)
	}
	r.now = r.now.Add(time.Minute)
	for range 4 {
		_, _ = r.login(t.Context(), "2001", "wrong")
	}
	_, err := r.loginWith(t, "")
	wantProblem(t, err, wire.ProblemSecondFactor)
	if _, err := r.loginWith(t, code(t, secret, r.now)); err != nil {
		t.Error(err)
	}
}

func TestSettingUpASecondFactor(t *testing.T) {
	r := newRig(t)
	who := r.actor(t)
	_, err := r.ConfirmSecondFactor(t.Context(), who, wire.CodeRequest{Code: "123456"})
	wantProblem(t, err, wire.ProblemBadRequest)
	first, err := r.NewSecondFactor(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(first.URI)
	if err != nil || link.Scheme != "otpauth" || link.Host != "totp" || link.Query().Get("secret") != first.Secret ||
		!strings.Contains(link.Path, "2001") || link.Query().Get("issuer") != "昆明示范加油站" {
		t.Errorf("the link %q, %v", first.URI, err)
	}
	r.mustLogin(t) // it does not count yet
	second, err := r.NewSecondFactor(t.Context(), who)
	if err != nil || second.Secret == first.Secret {
		t.Fatalf("another try: %v", err)
	}
	_, err = r.ConfirmSecondFactor(t.Context(), who, wire.CodeRequest{Code: code(t, first.Secret, r.now)})
	wantProblem(t, err, wire.ProblemSecondRefused)
	codes, err := r.ConfirmSecondFactor(t.Context(), who, wire.CodeRequest{Code: code(t, second.Secret, r.now)})
	if err != nil || len(codes.Codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes.Codes)))) != 10 {
		t.Fatalf("recovery codes %v, %v", codes.Codes, err)
	}
	_, err = r.NewSecondFactor(t.Context(), who)
	wantProblem(t, err, wire.ProblemBadRequest)
	_, err = r.RemoveSecondFactor(t.Context(), who, wire.CodeRequest{Code: "000000"})
	wantProblem(t, err, wire.ProblemSecondRefused)
	account, err := r.RemoveSecondFactor(t.Context(), who, wire.CodeRequest{Code: codes.Codes[0]})
	if err != nil || account.SecondFactor || account.Recovery != 0 {
		t.Errorf("after the removal: %+v, %v", account, err)
	}
	r.mustLogin(t)
}

// TestSecretsOfSecondFactorsAreSealed reads what is stored of one.
func TestSecretsOfSecondFactorsAreSealed(t *testing.T) {
	r := newRig(t)
	secret, recovery := r.withFactor(t)
	stored := r.dump(t)
	for _, text := range append(recovery, secret, strings.ReplaceAll(recovery[0], "-", "")) {
		if strings.Contains(stored, text) {
			t.Errorf("the database holds %.4s...", text)
		}
	}
}

func TestSecondFactorRequired(t *testing.T) {
	r := newRig(t)
	r.rules.SecondFactor = true
	r.Store = r.reopen(t, cheap())
	for role, want := range map[wire.Role][]wire.Must{
		wire.RoleHead:    {wire.MustPassword, wire.MustSecondFactor},
		wire.RoleGroup:   {wire.MustPassword, wire.MustSecondFactor},
		wire.RoleCashier: {wire.MustPassword},
	} {
		r.add(t, staff.NewPerson{Station: r.till.Station, Number: "9-" + string(role), Name: "新人", Role: role, Password: "x7k2p9mz", MustChange: true})
		session, err := r.login(t.Context(), "9-"+string(role), "x7k2p9mz")
		if err != nil || !slices.Equal(session.Must, want) {
			t.Errorf("%s must %v, %v; want %v", role, session.Must, err, want)
		}
		actor, err := r.Resolve(t.Context(), session.Token)
		if err != nil || !slices.Equal(actor.Must, want) {
			t.Errorf("%s resolved must %v, %v", role, actor.Must, err)
		}
		account, err := r.ChangeOwnPassword(t.Context(), actor, wire.OwnPasswordRequest{Old: "x7k2p9mz", New: "another-one"})
		if err != nil || !slices.Equal(account.Must, want[1:]) {
			t.Errorf("%s after choosing a password must %v, %v", role, account.Must, err)
		}
		if actor, err = r.Resolve(t.Context(), session.Token); err != nil || !slices.Equal(actor.Must, want[1:]) {
			t.Errorf("%s in the same session must %v, %v", role, actor.Must, err)
		}
	}
}
