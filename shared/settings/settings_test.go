package settings_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"forecourt/shared/settings"
	"forecourt/shared/unit"
)

type point struct {
	Address uint8 `yaml:"address" doc:"bus address"`
	Nozzles []int `yaml:"nozzles" doc:"nozzle numbers"`
}

type line struct {
	Name     string  `yaml:"name" doc:"name of the line"`
	Password string  `yaml:"password" doc:"of the controller" secret:"true"`
	Points   []point `yaml:"points" doc:"fuelling points"`
}

type config struct {
	settings.Origins
	Listen  string        `yaml:"listen" env:"FORECOURT_LISTEN" doc:"address to listen on"`
	DSN     string        `yaml:"dsn" env:"FORECOURT_DSN" doc:"the database" secret:"true"`
	Wait    time.Duration `yaml:"wait" env:"FORECOURT_WAIT" doc:"how long to wait"`
	Demo    bool          `yaml:"demo" env:"FORECOURT_DEMO" doc:"seed demo data"`
	Workers int8          `yaml:"workers" env:"FORECOURT_WORKERS" doc:"how many"`
	Level   slog.Level    `yaml:"level" env:"FORECOURT_LEVEL" doc:"what to log"`
	Allowed []string      `yaml:"allowed" env:"FORECOURT_ALLOWED" doc:"who may connect"`
	Hub     struct {
		URL string `yaml:"url" env:"FORECOURT_HUB_URL" doc:"where the hub is"`
		Key string `yaml:"key" doc:"its key" secret:"true"`
	} `yaml:"hub"`
	Lines []line `yaml:"lines" doc:"lines to dispensers"`
}

func defaults() config {
	return config{Listen: "127.0.0.1:8443", Wait: 5 * time.Second, Workers: 2}
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "station.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadReadsEveryKindOfValue(t *testing.T) {
	path := write(t, `# a comment
listen: ":9000"
dsn: 00123
wait: 1m30s
demo: true
workers: -3
level: debug
allowed: [a.example, b.example]
hub:
  url: https://hub.example
  # key: left out
lines:
  - name: islands 1-4
    password: "12"
    points:
      - {address: 0x50, nozzles: [9, 10]}
      - address: 81
        nozzles:
          - 11
  - name: second
`)
	got := defaults()
	if err := settings.Load(&got, settings.Source{File: path}); err != nil {
		t.Fatal(err)
	}
	want := config{
		Listen: ":9000", DSN: "00123", Wait: 90 * time.Second, Demo: true, Workers: -3,
		Level: slog.LevelDebug, Allowed: []string{"a.example", "b.example"},
		Lines: []line{
			{Name: "islands 1-4", Password: "12", Points: []point{{0x50, []int{9, 10}}, {81, []int{11}}}},
			{Name: "second"},
		},
	}
	want.Hub.URL = "https://hub.example"
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(settings.Origins{})); diff != "" {
		t.Error(diff)
	}
}

func TestEachSourceOverridesTheOneBefore(t *testing.T) {
	path := write(t, "listen: file\nwait: 1s\nworkers: 3\nhub: {url: file}\nallowed: [x]\n")
	got := defaults()
	err := settings.Load(&got, settings.Source{
		File:  path,
		Env:   []string{"FORECOURT_LISTEN=env", "FORECOURT_WAIT=2s", "FORECOURT_DEMO=", "FORECOURT_ALLOWED=a, b,", "OTHER=1", "odd"},
		Flags: map[string]string{"listen": "flag", "hub.url": "flag"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "flag" || got.Wait != 2*time.Second || got.Workers != 3 || got.Hub.URL != "flag" || got.Demo {
		t.Errorf("wrong precedence: %+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.Allowed); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{
		"listen": "flag", "wait": "FORECOURT_WAIT", "workers": "station.yaml:3",
		"hub.url": "flag", "demo": "default", "hub.key": "default",
	} {
		if from := got.Origin(key); from != want {
			t.Errorf("%s came from %q, want %q", key, from, want)
		}
	}
}

func TestMistakesNameKeyLineValueAndWhatIsExpected(t *testing.T) {
	tests := []struct{ name, file, env, flag, want string }{
		{"unknown key", "listen: a\nlisted: b\n", "", "", `station.yaml:2: unknown key "listed"; known here: listen, dsn,`},
		{"unknown inner key", "hub:\n  url: a\n  port: 1\n", "", "", `station.yaml:3: unknown key "hub.port"; known here: url, key`},
		{"unknown key in a list", "lines:\n- nam: x\n", "", "", `station.yaml:2: unknown key "lines[0].nam"`},
		{"duration", "wait: soon\n", "", "", `station.yaml:1: wait: "soon": expected a duration such as "250ms"`},
		{"duration without unit", "wait: 5\n", "", "", `wait: "5": expected a duration`},
		{"number", "workers: many\n", "", "", `workers: "many": expected a whole number from -128 to 127`},
		{"number too large", "workers: 128\n", "", "", `"128": expected a whole number from -128 to 127`},
		{"fraction", "workers: 1.5\n", "", "", `"1.5": expected a whole number`},
		{"unsigned", "lines: [{points: [{address: 256}]}]\n", "", "", `lines[0].points[0].address: "256": expected a whole number from 0 to 255`},
		{"bool", "demo: yes\n", "", "", `demo: "yes": expected true or false`},
		{"text type", "level: loud\n", "", "", `level: "loud": expected a valid slog.Level`},
		{"section for value", "listen: {a: b}\n", "", "", `station.yaml:1: listen: expected a single value`},
		{"value for section", "hub: here\n", "", "", `hub: expected a section`},
		{"value for list", "allowed: here\n", "", "", `allowed: expected a list`},
		{"value for sections", "lines: here\n", "", "", `lines: expected a list`},
		{"list for the whole", "- a\n", "", "", `station.yaml:1: the file: expected a section`},
		{"repeated key", "listen: a\nlisten: b\n", "", "", `line 2: `},
		{"not yaml", "listen: [a\n", "", "", `station.yaml: line `},
		{"two documents", "listen: a\n---\nlisten: b\n", "", "", `expected one document, found 2`},
		{"env", "", "FORECOURT_WAIT=x", "", `FORECOURT_WAIT: wait: "x": expected a duration`},
		{"flag", "", "", "demo=1", `flag: demo: "1": expected true or false`},
		{"unknown flag", "", "", "hub=1", `flag: unknown key "hub"`},
		{"flag for list of sections", "", "", "lines=1", `flag: lines: "1": is a list of sections`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := defaults()
			src := settings.Source{File: write(t, tt.file), Env: []string{tt.env}}
			if key, value, ok := strings.Cut(tt.flag, "="); ok {
				src.Flags = map[string]string{key: value}
			}
			err := settings.Load(&cfg, src)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	cfg := defaults()
	err := settings.Load(&cfg, settings.Source{File: write(t, "wait: a\ndemo: b\nx: c\n"), Env: []string{"FORECOURT_WORKERS=d"}})
	if err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("want four mistakes, got %v", err)
	}
}

func TestFileMustExistAndBeBounded(t *testing.T) {
	cfg := defaults()
	if err := settings.Load(&cfg, settings.Source{File: filepath.Join(t.TempDir(), "no.yaml")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	big := write(t, "#"+strings.Repeat("x", settings.MaxFileBytes))
	if err := settings.Load(&cfg, settings.Source{File: big}); err == nil {
		t.Error("an oversized file was read")
	}
	for _, text := range []string{"", "# nothing\n", "hub:\n", "listen:\n", "---\n"} {
		cfg := defaults()
		if err := settings.Load(&cfg, settings.Source{File: write(t, text)}); err != nil || cfg.Listen != "127.0.0.1:8443" {
			t.Errorf("%q: %v, listen %q", text, err, cfg.Listen)
		}
	}
}

func TestExplainShowsEverythingButSecrets(t *testing.T) {
	cfg := defaults()
	path := write(t, "dsn: topsecret\nlines:\n- {name: one, password: topsecret, points: [{address: 1, nozzles: [1, 2]}]}\n- name: two\n")
	if err := settings.Load(&cfg, settings.Source{File: path, Flags: map[string]string{"wait": "1s"}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "topsecret") {
		t.Error("a secret was printed")
	}
	for _, want := range []string{
		"listen 127.0.0.1:8443 default FORECOURT_LISTEN address to listen on",
		"dsn (hidden) station.yaml:1 FORECOURT_DSN the database",
		"wait 1s flag FORECOURT_WAIT how long to wait",
		"hub.key (not set) default - its key",
		"lines[0].password (hidden) station.yaml:3 - of the controller",
		"lines[0].points[0].nozzles 1, 2 station.yaml:3 - nozzle numbers",
		"lines[1].password (not set) default - of the controller",
	} {
		if !strings.Contains(squeezed(out.String()), want+"\n") {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
}

// squeezed makes a table readable for comparison: one space between columns.
func squeezed(text string) string {
	var lines []string
	for l := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.Join(strings.Fields(l), " "))
	}
	return strings.Join(lines, "\n")
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	type bad struct {
		settings.Origins
		PIN   int    `yaml:"pin" env:"FORECOURT_PIN" doc:"a number" secret:"true"`
		Token string `yaml:"token" doc:"a token" secret:"true"`
	}
	for _, src := range []settings.Source{
		{File: write(t, "pin: topsecret\n")},
		{File: write(t, "token: {topsecret: x}\n")},
		{File: write(t, "token: topsecret: x\n")},
		{File: write(t, "token: \"topsecret\n")},
		{Env: []string{"FORECOURT_PIN=topsecret"}},
	} {
		var cfg bad
		err := settings.Load(&cfg, src)
		if err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("got %v", err)
		}
	}
}

func TestUnusableStructsAreTheProgramsMistake(t *testing.T) {
	for name, cfg := range map[string]any{
		"not a pointer": config{},
		"no origins": &struct {
			A string `yaml:"a"`
		}{},
		"float": &struct {
			settings.Origins
			A float64 `yaml:"a"`
		}{},
		"map in a list": &struct {
			settings.Origins
			A []struct {
				B map[string]int `yaml:"b"`
			} `yaml:"a"`
		}{},
		"untagged": &struct {
			settings.Origins
			A string
		}{},
		"twice": &struct {
			settings.Origins
			A string `yaml:"a"`
			B string `yaml:"a"`
		}{},
	} {
		if err := settings.Load(cfg, settings.Source{}); !errors.Is(err, settings.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Explain prints of a number or duration, Load reads back as the same.
func TestPrintedValuesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := defaults()
		want.Workers = rapid.Int8().Draw(t, "workers")
		want.Wait = time.Duration(rapid.Int64().Draw(t, "wait"))
		var got config
		err := settings.Load(&got, settings.Source{Flags: map[string]string{
			"workers": fmt.Sprint(want.Workers), "wait": want.Wait.String(),
		}})
		if err != nil || got.Workers != want.Workers || got.Wait != want.Wait {
			t.Fatalf("%v: %v, %v", err, got.Workers, got.Wait)
		}
	})
}

// No text makes Load panic.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"listen: a\n", "lines: [{points: [{address: 0x50}]}]", "a: &x {b: *x}", "<<: {a: b}",
		"? [a]\n: b", "- a", "hub: |\n  x", "listen: !!str 5", "\xff", "{", "workers: .nan",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg := defaults()
		if err := settings.Load(&cfg, settings.Source{File: write(t, text)}); err == nil {
			if err := settings.Explain(&bytes.Buffer{}, &cfg); err != nil {
				t.Error(err)
			}
		}
	})
}

// A quantity that prints itself in litres was explained as "5.000" although
// the file wants 5000 millilitres.
func TestExplainShowsNumbersAsTheFileHoldsThem(t *testing.T) {
	var cfg struct {
		settings.Origins
		Minimum unit.Millilitre `yaml:"minimum_ml" doc:"smallest sale"`
	}
	if err := settings.Load(&cfg, settings.Source{Flags: map[string]string{"minimum_ml": "5000"}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	if want := "minimum_ml 5000 flag - smallest sale\n"; !strings.Contains(squeezed(out.String()), want) {
		t.Errorf("missing %q in\n%s", want, out.String())
	}
}
