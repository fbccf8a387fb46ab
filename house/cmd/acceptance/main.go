// Command acceptance runs the tests and prints, for every promise in
// docs/acceptance.tsv, whether a test proves it: id, pass, fail or open, and
// the tests that carry the id, separated by tabs.
//
//	acceptance [ID ...]
//
// It exits non-zero when a row asked for fails, or, with ids given, is open.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
)

const (
	promises = "docs/acceptance.tsv"
	tags     = "ci,migrated_fynedo"
)

// rowID finds the ids in a test's name: TestD004ChengduSale carries D004.
var rowID = regexp.MustCompile(`[SDCI]\d{3}`)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Stdout, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "acceptance:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run prints one line a row and reports whether nothing asked for is missing.
func run(ctx context.Context, w io.Writer, only []string) (bool, error) {
	rows, err := readRows(promises)
	if err != nil {
		return false, err
	}
	for _, id := range only {
		if !slices.Contains(rows, id) {
			return false, fmt.Errorf("%s has no row %s", promises, id)
		}
	}
	results, err := runTests(ctx, only)
	if err != nil {
		return false, err
	}
	good := true
	for _, id := range rows {
		if len(only) > 0 && !slices.Contains(only, id) {
			continue
		}
		verdict, tests := results.of(id)
		fmt.Fprintf(w, "%s\t%s\t%s\n", id, verdict, strings.Join(tests, " "))
		if verdict == "fail" || (verdict == "open" && len(only) > 0) {
			good = false
		}
	}
	return good, nil
}

// readRows lists the ids of the promises, in the file's order.
func readRows(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the promises (run from the root of the tree): %w", err)
	}
	defer f.Close()
	var ids []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		id, _, _ := strings.Cut(lines.Text(), "\t")
		if rowID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// outcomes maps a test, "package.Test", to whether it passed.
type outcomes map[string]bool

// of tells a row's verdict and its tests: fail if any of them failed.
func (o outcomes) of(id string) (verdict string, tests []string) {
	verdict = "open"
	for name, passed := range o {
		if !slices.Contains(rowID.FindAllString(name, -1), id) {
			continue
		}
		tests = append(tests, name)
		switch {
		case !passed:
			verdict = "fail"
		case verdict == "open":
			verdict = "pass"
		}
	}
	slices.Sort(tests)
	return verdict, tests
}

// runTests runs the tests that carry one of the ids, or any id.
func runTests(ctx context.Context, only []string) (outcomes, error) {
	pattern := rowID.String()
	if len(only) > 0 {
		pattern = strings.Join(only, "|")
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-tags", tags, "-run", pattern,
		"./shared/...", "./pumpd/...", "./hub/...", "./cashier/...", "./house/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("running the tests: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("running the tests: %w", err)
	}
	results, err := readEvents(out)
	if err != nil {
		return nil, err
	}
	// A failing test makes go test exit non-zero; its row says so already.
	if err := cmd.Wait(); err != nil && len(results) == 0 {
		return nil, fmt.Errorf("running the tests: %w", err)
	}
	return results, nil
}

// readEvents reads go test's JSON and keeps the outcome of each top-level test.
func readEvents(r io.Reader) (outcomes, error) {
	results := outcomes{}
	dec := json.NewDecoder(r)
	for {
		var event struct{ Action, Package, Test string }
		err := dec.Decode(&event)
		if err == io.EOF {
			return results, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading go test's output: %w", err)
		}
		if event.Test == "" || strings.Contains(event.Test, "/") {
			continue
		}
		name := strings.TrimPrefix(event.Package, "forecourt/") + "." + event.Test
		switch event.Action {
		case "pass":
			results[name] = true
		case "fail":
			results[name] = false
		}
	}
}
