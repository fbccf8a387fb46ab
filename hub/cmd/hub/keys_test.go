package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func (s *site) keyFile() string { return filepath.Join(s.data, "keys", "vault.key") }

// must move something away or back.
func mustRename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreRotatedAndNothingMoves(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	codes := s.mustRun(t, "", "nozzle-codes")
	status := s.mustRun(t, "", "keys", "status")
	for _, want := range []string{"file, fingerprint ", "never printed", "1    seal     active", "1    index    active"} {
		if !strings.Contains(status, want) {
			t.Errorf("%q is not in\n%s", want, status)
		}
	}
	if out := s.mustRun(t, "", "keys", "rotate"); !strings.Contains(out, "Key 2 seals") {
		t.Errorf("rotate printed %q", out)
	}
	if _, err := s.run(t, "", "keys", "rotate"); err == nil || !strings.Contains(err.Error(), "changed already") {
		t.Errorf("a second rotation at once: %v", err)
	}
	if out := s.mustRun(t, "", "keys", "rotate", "--wait"); !strings.Contains(out, "rows were sealed anew") {
		t.Errorf("rotate --wait printed %q", out)
	}
	status = s.mustRun(t, "", "keys", "status")
	if !strings.Contains(status, "2    seal     active") || strings.Contains(status, "Rotation") {
		t.Errorf("afterwards:\n%s", status)
	}
	if again := s.mustRun(t, "", "nozzle-codes"); again != codes {
		t.Errorf("the codes were\n%s\nand are\n%s", codes, again)
	}
}

var sheetLine = regexp.MustCompile(`(?m)^    [1-4]   (\S{4} \S{4} \S{4} \S{4})$`)

// TestALostKeyComesBackFromTheSheet, typed with a slip first.
func TestALostKeyComesBackFromTheSheet(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	codes := s.mustRun(t, "", "nozzle-codes")
	if _, err := s.run(t, "yes\n", "keys", "sheet"); err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("the sheet was printed without anybody being asked: %v", err)
	}
	sheet := s.mustRun(t, "", "keys", "sheet", "--yes")
	var lines []string
	for _, m := range sheetLine.FindAllStringSubmatch(sheet, -1) {
		lines = append(lines, m[1])
	}
	if len(lines) != 4 || !strings.Contains(sheet, "昆明示范加油站") {
		t.Fatalf("the sheet:\n%s", sheet)
	}
	if status := s.mustRun(t, "", "keys", "status"); !strings.Contains(status, "printed 2") {
		t.Errorf("the sheet was not noted:\n%s", status)
	}
	typed := strings.Join(lines, "\n") + "\n"
	if _, err := s.run(t, typed, "keys", "recover"); err == nil || !strings.Contains(err.Error(), "vault.key") {
		t.Errorf("over a key file: %v", err)
	}
	mustRename(t, s.keyFile(), s.keyFile()+".lost")
	if _, err := s.run(t, "", "nozzle-codes"); err == nil || !strings.Contains(err.Error(), "vault.key") {
		t.Errorf("without its key: %v", err)
	}
	slip := strings.Replace(typed, lines[2], "2222"+lines[2][4:], 1)
	if _, err := s.run(t, slip, "keys", "recover"); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("with a slip: %v", err)
	}
	if _, err := s.run(t, lines[0]+"\n", "keys", "recover"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("one line alone: %v", err)
	}
	s.mustRun(t, typed, "keys", "recover")
	if info, err := os.Stat(s.keyFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	if again := s.mustRun(t, "", "nozzle-codes"); again != codes {
		t.Errorf("the codes were\n%s\nand are\n%s", codes, again)
	}
}

// TestTheMasterKeyChangesItsPlace: from the file to a passphrase, and to a
// credential.
func TestTheMasterKeyChangesItsPlace(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	codes := s.mustRun(t, "", "nozzle-codes")
	same := func(what string) {
		t.Helper()
		if again := s.mustRun(t, "", "nozzle-codes"); again != codes {
			t.Errorf("%s: the codes were\n%s\nand are\n%s", what, codes, again)
		}
	}
	if _, err := s.run(t, "", "keys", "rekey"); err == nil {
		t.Error("rekey to nowhere")
	}
	s.mustRun(t, "", "keys", "rekey", "--file")
	same("another key in the file")
	if _, err := s.run(t, "short\n", "keys", "rekey", "--passphrase"); err == nil || !strings.Contains(err.Error(), "12") {
		t.Errorf("a short passphrase: %v", err)
	}
	same("after a refusal")
	if out := s.mustRun(t, "correct horse battery\n", "keys", "rekey", "--passphrase"); !strings.Contains(out, "keys.source: passphrase") {
		t.Errorf("rekey printed %q", out)
	}
	if _, err := s.run(t, "", "nozzle-codes"); err == nil || !strings.Contains(err.Error(), "fingerprint") {
		t.Errorf("with the file of before: %v", err)
	}
	s.usePassphrase(t, "correct horse battery")
	same("by passphrase")
	s.usePassphrase(t, "wrong horse battery")
	if _, err := s.run(t, "", "nozzle-codes"); err == nil || !strings.Contains(err.Error(), "passphrase is wrong") {
		t.Errorf("with a wrong passphrase: %v", err)
	}
	s.usePassphrase(t, "correct horse battery")
	s.mustRun(t, "", "keys", "rekey", "--file")
	credentials := t.TempDir()
	mustRename(t, s.keyFile(), filepath.Join(credentials, "forecourt-vault"))
	s.env = append(s.env, "FORECOURT_KEYS=credential", "CREDENTIALS_DIRECTORY="+credentials)
	same("by credential")
}

// usePassphrase configures a passphrase.
func (s *site) usePassphrase(t *testing.T, phrase string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte(phrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "FORECOURT_KEYS=passphrase", "FORECOURT_PASSPHRASE_FILE="+path)
}
