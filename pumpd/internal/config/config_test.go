package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/shared/settings"
)

const good = `
data: /srv/pumpd
uploads: 127.0.0.1:9181
lines:
  - name: island-1
    protocol: dart
    port: {tcp: "127.0.0.1:7001"}
    points:
      - {address: 0x50, nozzles: [9, 10]}
      - {address: 0x51, nozzles: [11]}
  - name: island-2
    protocol: pts
    url: https://192.0.2.10
    user: admin
    password: hidden-password
    points:
      - {address: 1, nozzles: [1, 2]}
`

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pumpd.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(settings.Source{File: file})
}

func TestGoodConfiguration(t *testing.T) {
	cfg, err := load(t, good)
	if err != nil {
		t.Fatal(err)
	}
	if p := cfg.Lines[0].Points[0]; p.Address != 0x50 || len(p.Nozzles) != 2 || p.Nozzles[1] != 10 {
		t.Errorf("the first point is %+v", p)
	}
	if cfg.Hub.Credentials != "/srv/pumpd/credentials.json" || cfg.JournalDir() != "/srv/pumpd/journal" {
		t.Errorf("files are %q and %q", cfg.Hub.Credentials, cfg.JournalDir())
	}
	if cfg.Lines[0].Pace != 10*time.Millisecond || cfg.Lines[1].Pace != 100*time.Millisecond {
		t.Errorf("paces are %v and %v", cfg.Lines[0].Pace, cfg.Lines[1].Pace)
	}
	var out bytes.Buffer
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "hidden-password") || !strings.Contains(text, "lines[0].port.tcp") {
		t.Errorf("explained as\n%s", text)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	cases := map[string]struct{ old, new, want string }{
		"nozzle twice":       {"nozzles: [1, 2]", "nozzles: [1, 9]", "lines[1].points[0]: nozzle 9 is already used by lines[0].points[0]"},
		"name twice":         {"name: island-2", "name: island-1", "lines[1]: name island-1 is already used by lines[0]"},
		"address twice":      {"address: 0x51", "address: 0x50", "lines[0].points[1]: address 0x50 is already used by lines[0].points[0]"},
		"address of another": {"address: 0x51", "address: 1", "lines[0].points[1].address: 0x1 is not 0x50 to 0x6f"},
		"no nozzle":          {"nozzles: [11]", "nozzles: []", "lines[0].points[1].nozzles: 0 are configured"},
		"nozzle zero":        {"nozzles: [11]", "nozzles: [0]", "0 is not 1 to 999"},
		"protocol":           {"protocol: dart", "protocol: morse", `"morse" is neither dart nor pts`},
		"no port":            {`port: {tcp: "127.0.0.1:7001"}`, "pace: 1ms", "lines[0].port: port: give either tcp or serial"},
		"url on dart":        {"protocol: dart", "protocol: dart\n    url: http://x", "belong to pts"},
		"port on pts":        {"user: admin", "port: {tcp: a:1}", "belong to dart"},
		"pace":               {"protocol: dart", "protocol: dart\n    pace: 1m", "lines[0].pace"},
		"name with a slash":  {"name: island-1", "name: a/b", "lines[0].name"},
		"unknown key":        {"protocol: dart", "protocoll: dart", "protocoll"},
		"listen":             {"uploads: 127.0.0.1:9181", "listen: here", `listen: "here" is not host:port`},
		"dials in, nowhere":  {"uploads: 127.0.0.1:9181", "listen: :1", ""},
		"no lines":           {good[strings.Index(good, "lines:"):], "", "there is no dispenser"},
		"format":             {"data: /srv/pumpd", "log: {format: xml}", "neither text nor json"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("%q is not in the good configuration", c.old)
			}
			_, err := load(t, strings.Replace(good, c.old, c.new, 1))
			if c.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("answered %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestControllerThatDialsInNeedsAnAddress(t *testing.T) {
	text := strings.Replace(good, "url: https://192.0.2.10", "controller: 0F0C0A0B0102030405060708", 1)
	if _, err := load(t, text); err != nil {
		t.Errorf("refused: %v", err)
	}
	text = strings.Replace(text, "uploads: 127.0.0.1:9181", "", 1)
	if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), "uploads is not set") {
		t.Errorf("answered %v", err)
	}
}
