package staff_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// cheap is a cost for tests: the rules do not depend on it.
func cheap() staff.Cost { return staff.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1} }

// rig is a station with a till, one person and a clock of its own.
type rig struct {
	*staff.Store
	db     *mysql.DB
	now    time.Time
	till   staff.DeviceActor
	cashID id.Staff
	rules  staff.Rules
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{db: mysqltest.New(t), now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}
	r.rules = staff.Rules{Idle: 4 * time.Hour, Lifetime: 16 * time.Hour}
	r.Store = r.reopen(t, cheap())
	r.till = staff.DeviceActor{Device: id.New[id.Device](r.IDs), Station: r.station(t, "昆明示范加油站")}
	r.cashID = r.add(t, staff.NewPerson{
		Station: r.till.Station, Number: "2001", Name: "王晓燕", Role: wire.RoleCashier, Password: "correct horse",
	})
	return r
}

// reopen makes another Store on the same database, as a restart does.
func (r *rig) reopen(t *testing.T, cost staff.Cost) *staff.Store {
	t.Helper()
	clock := func() time.Time { return r.now }
	store, err := staff.NewStore(staff.Deps{
		DB: r.db, Vault: vaulttest.ForTest(), Now: clock, Random: rand.Reader, IDs: id.NewMaker(clock, rand.Reader),
		Cost: cost, Rules: r.rules,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func (r *rig) station(t *testing.T, name string) id.Station {
	t.Helper()
	key := id.New[id.Station](r.IDs)
	if _, err := r.db.ExecContext(t.Context(), `INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at)
		VALUES (?, ?, 'Asia/Shanghai', 5000, 0, ?)`, key, name, r.now); err != nil {
		t.Fatal(err)
	}
	return key
}

func (r *rig) tryAdd(ctx context.Context, p staff.NewPerson) (key id.Staff, err error) {
	err = r.db.InTx(ctx, "entering", func(ctx context.Context, tx *mysql.Tx) error {
		key, err = r.Add(ctx, tx, p)
		return err
	})
	return key, err
}

func (r *rig) add(t *testing.T, p staff.NewPerson) id.Staff {
	t.Helper()
	key, err := r.tryAdd(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (r *rig) login(ctx context.Context, number, password string) (wire.Session, error) {
	return r.Login(ctx, r.till, wire.LoginRequest{Number: number, Password: password})
}

func (r *rig) mustLogin(t *testing.T) wire.Session {
	t.Helper()
	session, err := r.login(t.Context(), "2001", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// wantProblem checks that err is a problem of a type.
func wantProblem(t *testing.T, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestLoginOpensASession(t *testing.T) {
	r := newRig(t)
	session := r.mustLogin(t)
	want := wire.Session{
		Token: session.Token, ExpiresAt: r.now.Add(16 * time.Hour), Staff: r.cashID, Number: "2001", Name: "王晓燕",
		Role: wire.RoleCashier, Station: r.till.Station, StationName: "昆明示范加油站",
	}
	if diff := cmp.Diff(want, session); diff != "" {
		t.Errorf("the session is not as wanted:\n%s", diff)
	}
	actor, err := r.Resolve(t.Context(), session.Token)
	if err != nil {
		t.Fatal(err)
	}
	wantActor := staff.Actor{
		Staff: r.cashID, Number: "2001", Name: "王晓燕", Role: wire.RoleCashier,
		Station: r.till.Station, Device: r.till.Device, Session: actor.Session,
	}
	if diff := cmp.Diff(wantActor, actor); diff != "" || actor.Session.IsZero() {
		t.Errorf("resolved, not as wanted:\n%s", diff)
	}
	if err := r.Logout(t.Context(), session.Token); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
}

func TestLoginRefusesAlikeWhateverIsWrong(t *testing.T) {
	r := newRig(t)
	other := r.station(t, "别的站")
	r.add(t, staff.NewPerson{Station: other, Number: "9001", Name: "别人", Role: wire.RoleHead, Password: "correct horse"})
	gone := r.add(t, staff.NewPerson{Station: r.till.Station, Number: "2002", Name: "离职", Role: wire.RoleCashier, Password: "correct horse"})
	if err := r.SetActive(t.Context(), r.till.Station, "2002", false); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range []struct{ name, number, password string }{
		{"wrong password", "2001", "wrong"},
		{"unknown number", "2999", "correct horse"},
		{"number of another station", "9001", "correct horse"},
		{"deactivated: " + gone.String(), "2002", "correct horse"},
		{"empty password", "2001", ""},
		{"the password of the stranger's hash", "2999", ""},
		{"SQL in the number", "2001' OR '1'='1", "correct horse"},
		{"password too long", "2001", strings.Repeat("x", 300)},
	} {
		_, err := r.login(t.Context(), c.number, c.password)
		wantProblem(t, err, wire.ProblemLoginRefused)
		if len(c.password) <= 200 {
			texts = append(texts, err.Error())
		}
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("refusals differ: %q and %q", text, texts[0])
		}
	}
}

// TestLockOut counts failures for a number, known or not, and lets time pass.
func TestLockOut(t *testing.T) {
	for _, number := range []string{"2001", "2999"} {
		r := newRig(t)
		fail := func(want wire.ProblemType) {
			t.Helper()
			_, err := r.login(t.Context(), number, "wrong")
			wantProblem(t, err, want)
		}
		for range 4 { // free
			fail(wire.ProblemLoginRefused)
		}
		fail(wire.ProblemLoginRefused) // the fifth makes the next wait
		for _, wait := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
			r.now = r.now.Add(wait - time.Millisecond)
			fail(wire.ProblemTooMany)
			r.now = r.now.Add(time.Millisecond)
			fail(wire.ProblemLoginRefused)
		}
		r.Store = r.reopen(t, cheap()) // a restart forgives nothing
		fail(wire.ProblemTooMany)
		for range 12 { // the wait has a limit
			r.now = r.now.Add(15 * time.Minute)
			fail(wire.ProblemLoginRefused)
		}
	}
}

func TestLockOutRefusesTheRightPasswordToo(t *testing.T) {
	r := newRig(t)
	for range 5 {
		_, _ = r.login(t.Context(), "2001", "wrong")
	}
	_, err := r.login(t.Context(), "2001", "correct horse")
	wantProblem(t, err, wire.ProblemTooMany)
	r.now = r.now.Add(5 * time.Second)
	r.mustLogin(t)
	for range 4 { // success has taken the count back
		_, err := r.login(t.Context(), "2001", "wrong")
		wantProblem(t, err, wire.ProblemLoginRefused)
	}
	r.mustLogin(t)
}

func TestLockOutOfADeviceThatTriesManyNumbers(t *testing.T) {
	r := newRig(t)
	for i := range 21 {
		_, err := r.login(t.Context(), "30"+string(rune('a'+i)), "wrong")
		wantProblem(t, err, wire.ProblemLoginRefused)
	}
	_, err := r.login(t.Context(), "2001", "correct horse")
	wantProblem(t, err, wire.ProblemTooMany)
	r.till.Device = id.New[id.Device](r.IDs) // another till is free to go on
	r.mustLogin(t)
}

func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		use  []time.Duration // waits between uses that must succeed
		end  time.Duration   // then this long unused must end it
	}{
		{"unused", nil, 4 * time.Hour},
		{"used and then not", []time.Duration{3 * time.Hour, 3 * time.Hour}, 4 * time.Hour},
		{"used all day", []time.Duration{
			3 * time.Hour, 3 * time.Hour, 3 * time.Hour, 3 * time.Hour, 3 * time.Hour,
		}, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			session := r.mustLogin(t)
			for _, wait := range c.use {
				r.now = r.now.Add(wait)
				if _, err := r.Resolve(t.Context(), session.Token); err != nil {
					t.Fatalf("at %v: %v", r.now, err)
				}
			}
			r.now = r.now.Add(c.end)
			_, err := r.Resolve(t.Context(), session.Token)
			wantProblem(t, err, wire.ProblemUnauthorized)
		})
	}
}

func TestChangesEndSessions(t *testing.T) {
	for name, change := range map[string]func(r *rig, ctx context.Context) error{
		"new password": func(r *rig, ctx context.Context) error {
			return r.SetPassword(ctx, r.till.Station, "2001", "another one", false)
		},
		"deactivation": func(r *rig, ctx context.Context) error { return r.SetActive(ctx, r.till.Station, "2001", false) },
		"revoked till": func(r *rig, ctx context.Context) error {
			return r.db.InTx(ctx, "revoking", func(ctx context.Context, tx *mysql.Tx) error {
				return r.EndDevice(ctx, tx, r.till.Device)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			session := r.mustLogin(t)
			if err := change(r, t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := r.Resolve(t.Context(), session.Token)
			wantProblem(t, err, wire.ProblemUnauthorized)
		})
	}
}

func TestSetPassword(t *testing.T) {
	r := newRig(t)
	if err := r.SetPassword(t.Context(), r.till.Station, "2001", "another one", false); err != nil {
		t.Fatal(err)
	}
	_, err := r.login(t.Context(), "2001", "correct horse")
	wantProblem(t, err, wire.ProblemLoginRefused)
	if _, err := r.login(t.Context(), "2001", "another one"); err != nil {
		t.Error(err)
	}
	wantProblem(t, r.SetPassword(t.Context(), r.till.Station, "2001", "short", false), wire.ProblemPasswordWeak)
	wantProblem(t, r.SetPassword(t.Context(), r.till.Station, "2999", "long enough", false), wire.ProblemNotFound)
}

func TestAddChecksItsFields(t *testing.T) {
	r := newRig(t)
	good := staff.NewPerson{Station: r.till.Station, Number: "2003", Name: "新人", Role: wire.RoleCashier, Password: "long enough"}
	for name, c := range map[string]struct {
		spoil func(*staff.NewPerson)
		want  wire.ProblemType
	}{
		"taken number":   {func(p *staff.NewPerson) { p.Number = "2001" }, wire.ProblemNumberTaken},
		"no number":      {func(p *staff.NewPerson) { p.Number = "" }, wire.ProblemBadRequest},
		"blank number":   {func(p *staff.NewPerson) { p.Number = "20 03" }, wire.ProblemBadRequest},
		"long number":    {func(p *staff.NewPerson) { p.Number = strings.Repeat("1", 21) }, wire.ProblemBadRequest},
		"no name":        {func(p *staff.NewPerson) { p.Name = "" }, wire.ProblemBadRequest},
		"blank name":     {func(p *staff.NewPerson) { p.Name = "  " }, wire.ProblemBadRequest},
		"unknown role":   {func(p *staff.NewPerson) { p.Role = "owner" }, wire.ProblemBadRequest},
		"short password": {func(p *staff.NewPerson) { p.Password = "x7k2p" }, wire.ProblemPasswordWeak},
		"long password":  {func(p *staff.NewPerson) { p.Password = strings.Repeat("x7k2p", 41) }, wire.ProblemBadRequest},
		"no station":     {func(p *staff.NewPerson) { p.Station = id.Station{1} }, wire.ProblemNotFound},
	} {
		p := good
		c.spoil(&p)
		if _, err := r.tryAdd(t.Context(), p); err == nil {
			t.Errorf("%s was accepted", name)
		} else {
			wantProblem(t, err, c.want)
		}
	}
	r.add(t, good)
	people, err := r.List(t.Context(), r.till.Station)
	if err != nil || len(people) != 2 || people[1].Name != "新人" || !people[1].Active {
		t.Errorf("listed %+v, %v", people, err)
	}
}

// TestNothingSecretIsStored looks for the password and the token in every
// column that could hold them.
func TestNothingSecretIsStored(t *testing.T) {
	r := newRig(t)
	session := r.mustLogin(t)
	var password string
	if err := r.db.GetContext(t.Context(), &password, "SELECT password FROM staff WHERE number = '2001'"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(password, "$argon2id$v=19$m=64,t=1,p=1$") || strings.Contains(password, "horse") {
		t.Errorf("stored password is %q", password)
	}
	var hash []byte
	if err := r.db.GetContext(t.Context(), &hash, "SELECT token_hash FROM staff_session"); err != nil {
		t.Fatal(err)
	}
	if len(hash) != 32 || strings.Contains(session.Token, string(hash)) {
		t.Errorf("stored token is %x", hash)
	}
}

// TestHashesAreRenewed: raising the cost raises that of every password in use.
func TestHashesAreRenewed(t *testing.T) {
	r := newRig(t)
	dearer := staff.Cost{MemoryKiB: 128, Passes: 2, Lanes: 1}
	r.Store = r.reopen(t, dearer)
	r.mustLogin(t)
	var password string
	if err := r.db.GetContext(t.Context(), &password, "SELECT password FROM staff WHERE number = '2001'"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(password, "$argon2id$v=19$m=128,t=2,p=1$") {
		t.Errorf("stored password is still %q", password)
	}
	r.mustLogin(t)
}

func TestSweepRemovesOnlyWhatHasEnded(t *testing.T) {
	r := newRig(t)
	r.mustLogin(t)
	_, _ = r.login(t.Context(), "2001", "wrong") // a failure for number and till
	r.now = r.now.Add(5 * time.Hour)
	young := r.mustLogin(t)
	_, _ = r.login(t.Context(), "2999", "wrong")
	r.now = r.now.Add(20 * time.Minute)
	if n, err := r.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("swept %d rows, %v; want the unused session", n, err)
	}
	if _, err := r.Resolve(t.Context(), young.Token); err != nil {
		t.Error(err)
	}
	r.now = r.now.Add(25 * time.Hour)
	if n, err := r.Sweep(t.Context()); err != nil || n != 3 {
		t.Errorf("swept %d rows, %v; want a session and two counts", n, err)
	}
}

func TestResolveKnowsPeopleWhileTheDatabaseIsAway(t *testing.T) {
	r := newRig(t)
	seen, unseen := r.mustLogin(t), r.mustLogin(t)
	want, err := r.Resolve(t.Context(), seen.Token)
	if err != nil {
		t.Fatal(err)
	}
	// A database that answers too late is one that does not answer.
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if actor, err := r.Resolve(late, seen.Token); err != nil || !cmp.Equal(actor, want) {
		t.Errorf("somebody just seen: %+v, %v", actor, err)
	}
	if _, err := r.Resolve(late, unseen.Token); !mysql.Unavailable(err) {
		t.Errorf("somebody never seen: %v, want that the database is away", err)
	}
	r.now = r.now.Add(10 * time.Minute)
	if _, err := r.Resolve(late, seen.Token); !mysql.Unavailable(err) {
		t.Errorf("somebody seen too long ago: %v, want that the database is away", err)
	}
	if err := r.Logout(t.Context(), seen.Token); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resolve(t.Context(), seen.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
}
