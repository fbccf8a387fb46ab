package staff_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/wire"
)

// TestTenThousandWrongPasswords has a guesser at work for as long as that
// takes with the waits ignored: few guesses are heard and hashed, little is
// written, and whoever knows the password comes in once the wait is over.
func TestTenThousandWrongPasswords(t *testing.T) {
	r := newRig(t)
	const guesses = 10_000
	heard := 0
	for range guesses {
		_, err := r.login(t.Context(), "2001", "wrong")
		var p *wire.Problem
		switch {
		case !errors.As(err, &p):
			t.Fatalf("a guess: %v", err)
		case p.Type == wire.ProblemLoginRefused:
			heard++
		case p.Type != wire.ProblemTooMany:
			t.Fatalf("a guess: %v", err)
		}
		r.now = r.now.Add(10 * time.Millisecond)
	}
	// The waits of 5, 10, 20 and 40 seconds fit into these hundred seconds.
	if heard != 5+4 {
		t.Errorf("%d of %d guesses were heard", heard, guesses)
	}
	var counted, logged int
	if err := r.db.GetContext(t.Context(), &counted, "SELECT COUNT(*) FROM login_failure"); err != nil || counted != 2 {
		t.Errorf("%d rows count failures, %v; want one for the number and one for the till", counted, err)
	}
	if err := r.db.GetContext(t.Context(), &logged, "SELECT COUNT(*) FROM audit"); err != nil || logged > 2*heard {
		t.Errorf("%d rows of the log, %v", logged, err)
	}
	_, err := r.login(t.Context(), "2001", "correct horse")
	wantProblem(t, err, wire.ProblemTooMany)
	r.now = r.now.Add(15 * time.Minute)
	r.mustLogin(t)
}

// TestTheClockGoesBack: no session and no wait lasts longer for it.
func TestTheClockGoesBack(t *testing.T) {
	r := newRig(t)
	real := r.now
	r.now = real.AddDate(4, 0, 0) // a machine that starts with a wrong clock
	session := r.mustLogin(t)
	for range 6 {
		_, _ = r.login(t.Context(), "2999", "wrong")
	}
	r.now = real
	_, err := r.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	_, err = r.login(t.Context(), "2999", "wrong")
	wantProblem(t, err, wire.ProblemLoginRefused) // no wait of four years
	open, err := r.Open(t.Context())
	if err != nil || len(open) != 0 {
		t.Errorf("%d sockets stay, %v", len(open), err)
	}
	if n, err := r.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("swept %d rows, %v", n, err)
	}

	kept := r.mustLogin(t)
	r.now = r.now.Add(-30 * time.Second) // what a clock is corrected by
	if _, err := r.Resolve(t.Context(), kept.Token); err != nil {
		t.Errorf("a small correction ended a session: %v", err)
	}
	r.now = kept.ExpiresAt
	_, err = r.Resolve(t.Context(), kept.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
}

// TestLoginsAreOnTheLog: who, where, and nothing of what was typed.
func TestLoginsAreOnTheLog(t *testing.T) {
	r := newRig(t)
	session := r.mustLogin(t)
	if err := r.Logout(t.Context(), session.Token); err != nil {
		t.Fatal(err)
	}
	if err := r.Logout(t.Context(), session.Token); err != nil { // nothing happens, nothing is written
		t.Fatal(err)
	}
	_, _ = r.login(t.Context(), "2001", "typed-password")
	_, _ = r.login(t.Context(), "typed-number", "correct horse")
	for range 6 {
		_, _ = r.login(t.Context(), "2001", "typed-password")
	}
	if err := r.SetPassword(t.Context(), r.till.Station, "2001", "x7k2p9mz", true); err != nil {
		t.Fatal(err)
	}
	entries, err := audit.Find(t.Context(), r.db, audit.Query{Station: r.till.Station})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, e := range entries {
		got[e.Action+" "+e.Object+" "+e.Result]++
		if e.Object == "staff" && e.ObjectID != r.cashID.String() || e.Action == "login.refused" && !e.Staff.IsZero() {
			t.Errorf("%+v", e)
		}
	}
	want := map[string]int{
		"login.ok session ok": 1, "logout session ok": 1, "staff.password staff ok": 1,
		"login.refused staff " + string(wire.ProblemLoginRefused):   5,
		"login.refused station " + string(wire.ProblemLoginRefused): 1,
		"login.locked staff " + string(wire.ProblemTooMany):         1,
	}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%q is there %d times, want %d", key, got[key], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the log has %v", got)
	}
	if strings.Contains(r.dump(t), "typed-password") {
		t.Error("the database holds a typed password")
	}
	for _, e := range entries {
		if strings.Contains(e.Note, "typed") || strings.Contains(e.ObjectID, "typed") {
			t.Errorf("the log holds what was typed: %+v", e)
		}
	}
}
