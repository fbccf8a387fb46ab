package mysql

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAMissingServerIsSaidExactly holds the words an operator copies.
func TestAMissingServerIsSaidExactly(t *testing.T) {
	if _, err := findProgram("no-such-database-server"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("findProgram: %v", err)
	}
	for _, want := range []string{"apt-get install mariadb-server-core mariadb-client mariadb-backup", "FORECOURT_DSN"} {
		if !strings.Contains(ErrNoServer.Error(), want) {
			t.Errorf("%q is not in %q", want, ErrNoServer)
		}
	}
}

// TestAMissingPluginIsSaidExactly: with what to install, and what turns it off.
func TestAMissingPluginIsSaidExactly(t *testing.T) {
	plugins := t.TempDir()
	server := filepath.Join(t.TempDir(), "mariadbd")
	script := "#!/bin/sh\necho 'plugin-dir     " + plugins + "/'\n"
	if err := os.WriteFile(server, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	err := checkPlugin(t.Context(), server)
	if !errors.Is(err, ErrNoPlugin) {
		t.Fatalf("without the plugin: %v", err)
	}
	for _, want := range []string{"file_key_management.so", "apt-get install mariadb-server", "database.at_rest: false", "FORECOURT_DB_AT_REST=false", plugins} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if err := os.WriteFile(filepath.Join(plugins, "file_key_management.so"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkPlugin(t.Context(), server); err != nil {
		t.Errorf("with it: %v", err)
	}
}

func TestVersions(t *testing.T) {
	for line, want := range map[string]string{
		"mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)": "10.11",
		"/usr/sbin/mariadbd  Ver 11.8.2-MariaDB for Linux on aarch64":                         "11.8",
	} {
		if got, err := parseVersion(line); err != nil || got != want {
			t.Errorf("parseVersion(%q) = %q, %v", line, got, err)
		}
	}
	if _, err := parseVersion("mysqld  Ver 8.0.36 for Linux on x86_64"); err == nil {
		t.Error("another server passed for MariaDB")
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"10.11", "10.6", true}, {"11.4", "10.11", true}, {"10.11", "10.11", false}, {"10.6", "10.11", false}, {"9.9", "10.0", false}, {"", "10.11", false},
	} {
		if got := newer(c.a, c.b); got != c.want {
			t.Errorf("newer(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestInstallErrorsLeavesTheAdviceOut(t *testing.T) {
	out := "Installing\n2026-11-23 [ERROR] Aborting\n" + strings.Repeat("advice\n", 40)
	if got := installErrors(out); got != "2026-11-23 [ERROR] Aborting" {
		t.Errorf("installErrors = %q", got)
	}
	if got := installErrors("nothing said\n"); got != "nothing said" {
		t.Errorf("installErrors = %q", got)
	}
}
