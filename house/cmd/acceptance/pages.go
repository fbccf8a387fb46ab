package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// pages is where the drivers' pages are, with the configurations of their tests.
const pages = "miniprogram"

var configurations = []string{"vitest.config.ts", "test/vitest.ways.config.ts", "test/vitest.browser.config.ts"}

var (
	included = regexp.MustCompile(`include: \[([^\]]*)\]`)
	quoted   = regexp.MustCompile(`'([^']+)'`)
	// titled finds the ids that a test's or a group's title begins with.
	titled = regexp.MustCompile("\\(\\s*['\"`]((?:[SDCI]\\d{3} )+)")
)

// runPages runs the tests of the drivers' pages in whose files a pattern is
// found: each configuration that has any. It keeps what became of those whose
// titles have it.
func runPages(ctx context.Context, pattern string, results outcomes) error {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("running the pages' tests: %w", err)
	}
	for _, config := range configurations {
		files, err := testsOf(pages, config)
		if err != nil {
			return err
		}
		if files, err = carrying(pages, files, wanted); err != nil {
			return err
		}
		if len(files) == 0 {
			continue
		}
		if err := runConfiguration(ctx, config, wanted, files, results); err != nil {
			return fmt.Errorf("running the tests of %s: %w", config, err)
		}
	}
	return nil
}

// testsOf lists the test files below the folders that a configuration
// includes, as paths below root.
func testsOf(root, config string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(root, config))
	if err != nil {
		return nil, fmt.Errorf("reading a configuration of tests: %w", err)
	}
	list := included.FindSubmatch(text)
	if list == nil {
		return nil, fmt.Errorf("%s does not say which tests it includes", config)
	}
	var files []string
	for _, glob := range quoted.FindAllSubmatch(list[1], -1) {
		folder, _, _ := strings.Cut(string(glob[1]), "*")
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".test.ts") {
				path, err = filepath.Rel(root, path)
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for the tests of %s: %w", config, err)
		}
	}
	return files, nil
}

// carrying keeps the files in which a pattern is found.
func carrying(root string, files []string, wanted *regexp.Regexp) ([]string, error) {
	var kept []string
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("looking for ids: %w", err)
		}
		if wanted.Match(text) {
			kept = append(kept, file)
		}
	}
	return kept, nil
}

// runConfiguration runs some files and reads what became of their tests. Whole
// files: a test of a page may need the one before it. What they print goes to
// the standard error, for whoever waits.
func runConfiguration(ctx context.Context, config string, wanted *regexp.Regexp, files []string, results outcomes) error {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "report.json")
	args := []string{"vitest", "run", "--config", config, "--reporter=json", "--outputFile=" + out}
	cmd := exec.CommandContext(ctx, "npx", append(args, files...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = pages, os.Stderr, os.Stderr
	ended := cmd.Run()
	text, err := os.ReadFile(out)
	if err != nil {
		return errors.Join(ended, err)
	}
	root, err := filepath.Abs(pages)
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("reading vitest's report: %w", err)
	}
	failed, err := r.read(root, wanted, results)
	if err == nil && !failed && ended != nil {
		err = fmt.Errorf("no test failed, but it ended with %w", ended)
	}
	return err
}

// report is what is read of vitest's JSON.
type report struct {
	TestResults []struct {
		Name             string // the file's whole path
		AssertionResults []struct {
			FullName string // of the groups and the test
			Status   string
		}
	}
}

// read keeps the outcome of each test that a pattern finds, and reports whether
// any failed, of the others too. A title that stands in a file but never ran has failed: what the
// file or the group needs first did not work.
func (r report) read(root string, wanted *regexp.Regexp, results outcomes) (failed bool, err error) {
	for _, file := range r.TestResults {
		name := pages + strings.TrimPrefix(file.Name, root)
		var ran []string
		for _, test := range file.AssertionResults {
			passed := test.Status == "passed"
			failed = failed || test.Status == "failed"
			if !wanted.MatchString(test.FullName) || (!passed && test.Status != "failed") {
				continue
			}
			results[name+": "+strings.TrimSpace(test.FullName)] = passed
			ran = append(ran, rowID.FindAllString(test.FullName, -1)...)
		}
		text, err := os.ReadFile(file.Name)
		if err != nil {
			return false, fmt.Errorf("reading a test: %w", err)
		}
		for _, id := range promised(text, wanted) {
			if !slices.Contains(ran, id) {
				failed = true
				results[name+": "+id+" did not run"] = false
			}
		}
	}
	return failed, nil
}

// promised lists the ids that titles in a test file begin with, of those that a
// pattern finds.
func promised(text []byte, wanted *regexp.Regexp) []string {
	var ids []string
	for _, title := range titled.FindAllSubmatch(text, -1) {
		for _, id := range rowID.FindAllString(string(title[1]), -1) {
			if wanted.MatchString(id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
