package houserules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/shared/houserules"
)

// witness is a test that writes down how it would fail.
type witness struct {
	testing.TB
	said []string
}

func (*witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

// house is a module in which every rule is kept.
var house = map[string]string{
	"go.mod":          "module example.test/house\n\ngo 1.26.0\n",
	"low/low.go":      "// Package low is low.\npackage low\n\nimport (\n\t\"errors\"\n\t\"regexp\"\n)\n\nvar (\n\terrLow = errors.New(\"low\")\n\ttable = map[string]int{\"a\": 1}\n\tpattern = regexp.MustCompile(`a`)\n\t_ error = errLow\n)\n\nfunc f() { table := map[string]int{}; table[\"b\"] = 2 }\n",
	"low/low_test.go": "package low\n\nimport \"time\"\n\nvar began = time.Now()\n",
	"high/high.go":    "// Package high is high.\npackage high\n\nimport _ \"example.test/house/low\"\n",
	"side/side.go":    "// Package side stands beside high.\npackage side\n",
	"cmd/x/main.go":   "// Command x is x.\npackage main\n\nimport \"time\"\n\nvar version = \"dev\"\n\nfunc main() { time.Now() }\n",
}

func rules(root string) houserules.Rules {
	return houserules.Rules{
		Root: root,
		Layers: []houserules.Layer{
			{Packages: []string{"low"}, Reason: "low knows nobody"},
			{Packages: []string{"high", "side"}, Reason: "high stands on low"},
			{Packages: []string{"cmd/..."}, Together: true, Reason: "cmd knows all"},
		},
		Imports: []houserules.Import{{Path: "net/http/...", Only: []string{"high"}, Reason: "only high speaks"}},
		Closed:  []houserules.Closed{{Packages: []string{"low"}, Allow: []string{"example.org/good"}, Reason: "low is small"}},
		Calls:   []houserules.Call{{Func: "os.Remove", Reason: "nothing is removed"}},
		Outside: []string{"cmd/..."},
	}
}

func TestCheckFindsEachBreach(t *testing.T) {
	tests := []struct{ name, file, add, want string }{
		{"nothing", "", "", ""},
		{"upward import", "low/b.go", "package low\n\nimport _ \"example.test/house/high\"\n", "low imports high, which is not below it: low knows nobody"},
		{"sideways import", "side/b.go", "// Package side.\npackage side\n\nimport _ \"example.test/house/high\"\n", "side imports high"},
		{"no layer", "new/b.go", "// Package new.\npackage new\n", "new stands in no layer"},
		{"restricted import", "low/b.go", "package low\n\nimport _ \"net/http/httptest\"\n", "only high speaks"},
		{"foreign import", "low/b.go", "package low\n\nimport _ \"example.org/bad\"\n", "low is small"},
		{"allowed foreign import", "low/b.go", "package low\n\nimport _ \"example.org/good\"\n", ""},
		{"foreign import in a test", "low/b_test.go", "package low\n\nimport _ \"example.org/bad\"\n", ""},
		{"clock", "low/b.go", "package low\n\nimport \"time\"\n\nfunc g() any { return time.Now }\n", "low/b.go:5: low uses time.Now: time is passed in"},
		{"clock by another name", "low/b.go", "package low\n\nimport clock \"time\"\n\nfunc g() any { return clock.Now() }\n", "low uses time.Now"},
		{"not the clock", "low/b.go", "package low\n\nfunc g() { var time struct{ Now int }; _ = time.Now }\n", ""},
		{"chance", "low/b.go", "package low\n\nimport \"math/rand/v2\"\n\nfunc g() int { return rand.IntN(3) }\n", "randomness is passed in"},
		{"environment", "low/b.go", "package low\n\nimport \"os\"\n\nfunc g() string { return os.Getenv(\"A\") }\n", "the environment is read in cmd"},
		{"own call rule", "cmd/x/b.go", "package main\n\nimport \"os\"\n\nfunc g() { _ = os.Remove(\"a\") }\n", "nothing is removed"},
		{"sleeping test", "low/b_test.go", "package low\n\nimport \"time\"\n\nfunc g() { time.Sleep(1) }\n", "a test that sleeps"},
		{"no comment", "low/low.go", "package low\n", "low has no package comment"},
		{"empty name", "high/util/b.go", "// Package util.\npackage util\n", "package util: a name should say"},
		{"init", "low/b.go", "package low\n\nfunc init() {}\n", "low has an init"},
		{"variable", "low/b.go", "package low\n\nvar n int\n", "variable n can change"},
		{"variable of a call", "low/b.go", "package low\n\nvar n = f()\n", "variable n can change"},
		{"version outside of main", "low/b.go", "package low\n\nvar v = \"dev\"\n", "variable v can change"},
		{"table assigned to", "low/b.go", "package low\n\nfunc g() { table[\"b\"] = 2 }\n", "variable table is assigned to"},
		{"table deleted from", "low/b.go", "package low\n\nfunc g() { delete(table, \"a\") }\n", "variable table is assigned to"},
		{"address of a table", "low/b.go", "package low\n\nfunc g() any { return &table }\n", "variable table is assigned to"},
		{"embedded files", "low/b.go", "package low\n\nimport \"embed\"\n\n//go:embed low.go\nvar files embed.FS\n", ""},
		{"testdata", "low/testdata/b.go", "package util\n", ""},
		{"another module", "inner/go.mod", "module inner\n", ""},
		{"empty layer", "high/high.go", "", `no package matches "high"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &witness{TB: t}
			houserules.Check(w, rules(build(t, tt.file, tt.add)))
			said := strings.Join(w.said, "\n")
			if (tt.want == "") != (said == "") || !strings.Contains(said, tt.want) {
				t.Errorf("said %q\nwant %q", said, tt.want)
			}
		})
	}
}

// build writes the house with one file added, replaced, or (empty) left out.
func build(t *testing.T, added, text string) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{added: text}
	for name, text := range house {
		if name != added {
			files[name] = text
		}
	}
	for name, text := range files {
		if text == "" {
			continue
		}
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
