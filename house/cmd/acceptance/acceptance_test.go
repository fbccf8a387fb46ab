package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// put writes files below a fresh folder.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestGoEvents(t *testing.T) {
	const events = `{"Action":"run","Package":"forecourt/hub/a","Test":"TestS029Litres"}
{"Action":"pass","Package":"forecourt/hub/a","Test":"TestS029Litres/a/b"}
{"Action":"pass","Package":"forecourt/hub/a","Test":"TestS029Litres"}
{"Action":"fail","Package":"forecourt/pumpd/b","Test":"TestS030C005Yuan"}
{"Action":"skip","Package":"forecourt/pumpd/b","Test":"TestS031Full"}
{"Action":"fail","Package":"forecourt/pumpd/b"}
`
	got := outcomes{}
	if err := readEvents(strings.NewReader(events), got); err != nil {
		t.Fatal(err)
	}
	if want := (outcomes{"hub/a.TestS029Litres": true, "pumpd/b.TestS030C005Yuan": false}); !maps.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
	if err := readEvents(strings.NewReader("FAIL\n"), got); err == nil {
		t.Error("what is no JSON was read")
	}
}

func TestVerdicts(t *testing.T) {
	results := outcomes{
		"a.TestS029": true, "m/a.test.ts: S029 litres": true,
		"a.TestS030": true, "m/a.test.ts: S030 S031 yuan": false,
	}
	for id, want := range map[string]string{
		"S029": "pass [a.TestS029 m/a.test.ts: S029 litres]",
		"S030": "fail [a.TestS030 m/a.test.ts: S030 S031 yuan]",
		"S031": "fail [m/a.test.ts: S030 S031 yuan]",
		"S032": "open []",
	} {
		verdict, tests := results.of(id)
		if got := fmt.Sprint(verdict, " ", tests); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestFilesOfAConfiguration(t *testing.T) {
	root := put(t, map[string]string{
		"x.config.ts":          "export default { test: {\n include: [\n 'src/**/*.test.ts', 'test/one/*.test.ts',\n ],\n exclude: [] } }",
		"none.config.ts":       "export default {}",
		"src/a/b.test.ts":      "it('S029 litres', f)",
		"src/a/b.ts":           "// S029",
		"test/one/c.test.ts":   "describe('C006 a driver', f)",
		"test/other/d.test.ts": "it('S029 elsewhere', f)",
	})
	files, err := testsOf(root, "x.config.ts")
	if want := []string{"src/a/b.test.ts", "test/one/c.test.ts"}; err != nil || !slices.Equal(files, want) {
		t.Fatalf("files %v, %v", files, err)
	}
	kept, err := carrying(root, files, regexp.MustCompile("S030|C006"))
	if want := []string{"test/one/c.test.ts"}; err != nil || !slices.Equal(kept, want) {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, err := testsOf(root, "none.config.ts"); err == nil {
		t.Error("a configuration that includes nothing was read")
	}
}

// Every test file of the pages belongs to one of the configurations here: none
// is left out because a folder got another name.
func TestNoTestOfThePagesIsForgotten(t *testing.T) {
	root := filepath.Join("..", "..", "..", pages)
	var known []string
	for _, config := range configurations {
		files, err := testsOf(root, config)
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, files...)
	}
	for _, folder := range []string{"src", "test"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".test.ts") {
				return err
			}
			file, err := filepath.Rel(root, path)
			if !slices.Contains(known, file) {
				t.Errorf("%s belongs to no configuration", file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What vitest reports: titles with their groups, tests that were not asked for,
// and files of which a test could not run at all.
func TestVitestsReport(t *testing.T) {
	root := put(t, map[string]string{
		"src/a.test.ts": "describe('C006 a driver', () => { it('S029 litres', f) })\nit.each([1])('S030 S031 %s', f)\nit('D001 another', f)",
		"src/b.test.ts": "beforeAll(breaks)\nit(\n  `S032 no data`, f)\nconst text = 'S033 '",
	})
	type test = map[string]string
	file := func(name string, tests ...test) map[string]any {
		return map[string]any{"name": filepath.Join(root, name), "status": "passed", "assertionResults": tests}
	}
	text, err := json.Marshal(map[string]any{"success": false, "testResults": []any{
		file("src/a.test.ts",
			test{"fullName": " C006 a driver S029 litres", "status": "passed"},
			test{"fullName": " S030 S031 1", "status": "failed"},
			test{"fullName": " D001 another", "status": "failed"},
			test{"fullName": " S036 later", "status": "todo"}),
		file("src/b.test.ts", test{"fullName": " S032 no data", "status": "skipped"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	got := outcomes{}
	failed, err := r.read(root, regexp.MustCompile("C006|S0.."), got)
	want := outcomes{
		"miniprogram/src/a.test.ts: C006 a driver S029 litres": true,
		"miniprogram/src/a.test.ts: S030 S031 1":               false,
		"miniprogram/src/b.test.ts: S032 did not run":          false,
	}
	if err != nil || !failed || !maps.Equal(got, want) {
		t.Errorf("outcomes %v, failed %t, %v", got, failed, err)
	}
}
