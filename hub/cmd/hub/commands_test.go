package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/mysql/mysqltest"
	petrolsql "forecourt/sql"
)

func TestCheckConfigExplainsAndFails(t *testing.T) {
	s := newSite(t)
	out := s.mustRun(t, "", "check-config")
	for _, want := range []string{"listen", "FORECOURT_LISTEN", "station.minimum_ml", "The configuration is good."} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not explained:\n%s", want, out)
		}
	}
	file := filepath.Join(t.TempDir(), "hub.yaml")
	if err := os.WriteFile(file, []byte("lisen: 0.0.0.0:1\nplain: 0.0.0.0:80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, "", "check-config", "--config", file); err == nil || !strings.Contains(err.Error(), "lisen") {
		t.Errorf("an unknown key: %v", err)
	}
	if _, err := s.run(t, "", "check-config", "--set", "plain=0.0.0.0:80"); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("plain HTTP for everyone: %v", err)
	}
}

func TestCommandsWorkWithoutARunningHub(t *testing.T) {
	s := newSite(t)
	if _, err := s.run(t, "", "enrol", "--kind", "till"); err == nil || !strings.Contains(err.Error(), "no station") {
		t.Errorf("enrolling without a station: %v", err)
	}
	s.mustRun(t, "", "seed-demo")
	if again := s.mustRun(t, "", "migrate", "--demo"); again != "" {
		t.Errorf("seeding twice printed %q", again)
	}
	code := s.mustRun(t, "", "enrol", "--kind", "pumpd", "--station", "昆明示范加油站")
	if before, print, ok := strings.Cut(strings.TrimSpace(code), "."); !ok || len(before) != 14 || len(print) != 64 {
		t.Errorf("code %q", code)
	}
	if _, err := s.run(t, "", "enrol", "--kind", "fridge"); err == nil {
		t.Error("a fridge was enrolled")
	}
	if _, err := s.run(t, "", "enrol", "--kind", "till", "--station", "别的站"); err == nil || !strings.Contains(err.Error(), "昆明示范加油站") {
		t.Errorf("another station: %v", err)
	}
	s.mustRun(t, "a new password\n", "staff", "set-password", "2001")
	s.mustRun(t, "long enough\n", "staff", "add", "2002", "新人", "cashier")
	s.mustRun(t, "", "staff", "deactivate", "3001")
	list := s.mustRun(t, "", "staff", "list")
	if !strings.Contains(list, "新人") || !strings.Contains(list, "false") {
		t.Errorf("the staff list:\n%s", list)
	}
	if _, err := s.run(t, "short\n", "staff", "set-password", "2001"); err == nil {
		t.Error("a short password was taken")
	}
}

// TestStaffCommands is an operator's day: a manager of two stations, a lost
// phone, a stolen session.
func TestStaffCommands(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	const at = "--station=昆明示范加油站"
	text, err := petrolsql.Demo.ReadFile(petrolsql.DemoFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "second.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "昆明示范加油站", "第二加油站", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.mustRun(t, "", "set-up", file)
	s.mustRun(t, "x7k2p9mz\n", "staff", "add", "5001", "赵经理", "group", at)
	s.mustRun(t, "", "staff", "stations", "5001", "第二加油站", at)
	if list := s.mustRun(t, "", "staff", "list", "--station=第二加油站"); !strings.Contains(list, "赵经理") {
		t.Errorf("the second station's staff:\n%s", list)
	}
	if _, err := s.run(t, "", "staff", "stations", "2001", "第二加油站", at); err == nil {
		t.Error("a cashier was given a second station")
	}
	if _, err := s.run(t, "", "staff", "deactivate", "1001", at); err == nil {
		t.Error("the last head was deactivated")
	}
	if _, err := s.run(t, "qwerty\n", "staff", "set-password", "2001", at); err == nil {
		t.Error("a password from the list was taken")
	}
	s.mustRun(t, "", "staff", "drop-second-factor", "5001", at)
	s.mustRun(t, "", "staff", "end-sessions", "5001", at)
	if list := s.mustRun(t, "", "staff", "sessions", at); !strings.HasPrefix(list, "NUMBER") || strings.Count(list, "\n") != 1 {
		t.Errorf("the sessions:\n%s", list)
	}
}

func TestSetUpAStationFromItsFile(t *testing.T) {
	s := newSite(t)
	text, err := petrolsql.Demo.ReadFile(petrolsql.DemoFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "station.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out := s.mustRun(t, "", "set-up", file)
	if strings.Count(out, "password") != 5 || strings.Contains(out, "password forecourt") {
		t.Errorf("the first passwords:\n%s", out)
	}
	if err := os.WriteFile(file, append(text, "colour: red\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, "", "set-up", file); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("an unknown key: %v", err)
	}
}

// TestAnotherServerByDSN runs on a server that is not the hub's own.
func TestAnotherServerByDSN(t *testing.T) {
	s := newSite(t)
	server := mysqltest.Server(t)
	db := mysqltest.New(t) // a database of that server
	var name string
	if err := db.GetContext(t.Context(), &name, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "FORECOURT_DSN="+server.DSN(name), "FORECOURT_MIGRATE_DSN="+server.AdminDSN(name))
	hub := s.serve(t, "--demo")
	till, _ := hub.till(t)
	if err := login(t, till, "1001", "forecourt"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(s.data, "db")); !os.IsNotExist(err) {
		t.Errorf("the hub made a database of its own (%v)", err)
	}
}

func TestOpenAPIIsADocument(t *testing.T) {
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal([]byte(newSite(t).mustRun(t, "", "openapi")), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) < 10 {
		t.Errorf("document of version %q with %d paths", doc.OpenAPI, len(doc.Paths))
	}
}

func TestVersion(t *testing.T) {
	if got := newSite(t).mustRun(t, "", "version"); got != "dev\n" {
		t.Errorf("version %q", got)
	}
}
