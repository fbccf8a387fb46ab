// Command acceptance runs the tests, of the Go modules and of the drivers'
// pages, and prints for every promise in docs/acceptance.tsv whether a test
// proves it: id, pass, fail or open, and the tests that carry the id, separated
// by tabs.
//
//	acceptance [ID ...]
//
// It exits non-zero when a row asked for fails, or, with ids given, is open.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
)

const promises = "docs/acceptance.tsv"

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
	results := outcomes{}
	if err := errors.Join(runGo(ctx, pattern(only), results), runPages(ctx, pattern(only), results)); err != nil {
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

// pattern finds the tests of some ids, or of any.
func pattern(only []string) string {
	if len(only) == 0 {
		return rowID.String()
	}
	return strings.Join(only, "|")
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

// outcomes maps a test, "package.Test" or "file: title", to whether it passed.
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
