package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the program with an environment of its own.
func run(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	p := &program{env: env, out: &out, errs: &out, data: t.TempDir()}
	cmd := p.command()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCheckConfigExplainsAndSaysWhetherTheTillIsEnrolled(t *testing.T) {
	out, err := run(t, nil, "check-config", "--set", "language=en")
	if err != nil || !strings.Contains(out, "language") || !strings.Contains(out, "not enrolled yet") {
		t.Errorf("%v: %s", err, out)
	}
	file := filepath.Join(t.TempDir(), "credentials.json")
	text := `{"hub_url":"https://hub:8443","name":"till 1","token":"very-secret","station_name":"示范"}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = run(t, []string{"FORECOURT_CASHIER_CREDENTIALS=" + file}, "check-config")
	if err != nil || !strings.Contains(out, "示范") || strings.Contains(out, "very-secret") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := run(t, []string{"FORECOURT_CASHIER_LANGUAGE=xx"}, "check-config"); err == nil {
		t.Error("a language that is not there was good")
	}
	if _, err := run(t, nil, "check-config", "--set", "colour=pink"); err == nil {
		t.Error("an unknown setting was good")
	}
}

func TestEnrolNeedsItsFlagsAndAHub(t *testing.T) {
	if _, err := run(t, nil, "enrol"); err == nil {
		t.Error("enrolled without a code")
	}
	_, err := run(t, nil, "enrol", "ABCD-EFGH-JKLM", "--hub", "http://127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), "enrolling at") {
		t.Errorf("enrolled at nobody: %v", err)
	}
}

func TestWithoutADisplayItSaysHowToSeeTheWindow(t *testing.T) {
	t.Setenv("DISPLAY", "")
	_, err := run(t, nil)
	if err == nil || !strings.Contains(err.Error(), "Xvfb") {
		t.Errorf("said %v", err)
	}
}
