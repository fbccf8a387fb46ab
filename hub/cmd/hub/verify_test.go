package main

import (
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/mysql"
)

var logLine = regexp.MustCompile(`(?m)^([1-9]\d*) .*staff\.add`)

// TestI003VerifyNamesAFlippedByte: a hub at work is verified and found sound; a
// byte is flipped by whoever has the database, and verify names the row.
func TestI003VerifyNamesAFlippedByte(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	r := s.serve(t)
	r.mustRun(t, "a-long-password-7\n", "staff", "add", "2009", "新人", "cashier")
	var found []string
	await(t, "the row's seal", func() bool {
		found = logLine.FindStringSubmatch(r.mustRun(t, "", "log", "--action", "staff."))
		return found != nil
	})
	out := r.mustRun(t, "", "verify")
	for _, want := range []string{"log     ", "proved against ", "sales   ", "ledger  "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	endpoint, at, err := mysql.Running(filepath.Join(s.data, "db"))
	if err != nil || !at {
		t.Fatalf("the hub's database is not at work: %v", err)
	}
	admin, err := mysql.OpenAdmin(t.Context(), endpoint.AdminDSN(mysql.Database), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if _, err := admin.ExecContext(t.Context(), "UPDATE audit SET action = 'staff.ade' WHERE action = 'staff.add' ORDER BY n LIMIT 1"); err != nil {
		t.Fatal(err)
	}
	out, err = r.run(t, "", "verify")
	if err == nil || !strings.Contains(err.Error(), "row "+found[1]+" (") || !strings.Contains(err.Error(), "changed") {
		t.Errorf("verify answers %v, want that row %s was changed\n%s", err, found[1], out)
	}
	if !strings.Contains(out, "sales   ") {
		t.Errorf("the sales were not looked at:\n%s", out)
	}
}

// TestTheLogIsSearchedOnTheCommandLine without a hub at work.
func TestTheLogIsSearchedOnTheCommandLine(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	s.mustRun(t, "a-long-password-7\n", "staff", "add", "2009", "新人", "cashier")
	if out := s.mustRun(t, "", "log", "--action", "staff.add", "--from", "2020-01-01"); !strings.Contains(out, "2009 新人") {
		t.Errorf("the log says\n%s", out)
	}
	if out := s.mustRun(t, "", "log", "--staff", "9999"); strings.Count(out, "\n") != 1 {
		t.Errorf("of nobody the log says\n%s", out)
	}
	if _, err := s.run(t, "", "log", "--from", "yesterday"); err == nil || !strings.Contains(err.Error(), "2026-03-12") {
		t.Errorf("a time that is none: %v", err)
	}
	if out := s.mustRun(t, "", "verify"); !strings.Contains(out, "wait for their seal") {
		t.Errorf("verify says\n%s", out)
	}
}
