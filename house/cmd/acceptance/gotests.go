package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// tags are what the tests are built with everywhere.
const tags = "ci,migrated_fynedo"

// runGo runs the Go tests whose names a pattern finds.
func runGo(ctx context.Context, pattern string, results outcomes) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-tags", tags, "-run", pattern,
		"./shared/...", "./pumpd/...", "./hub/...", "./cashier/...", "./house/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("running the Go tests: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running the Go tests: %w", err)
	}
	if err := readEvents(out, results); err != nil {
		return err
	}
	// A failing test makes go test exit non-zero; its row says so already.
	if err := cmd.Wait(); err != nil && len(results) == 0 {
		return fmt.Errorf("running the Go tests: %w", err)
	}
	return nil
}

// readEvents reads go test's JSON and keeps the outcome of each top-level test.
func readEvents(r io.Reader, results outcomes) error {
	dec := json.NewDecoder(r)
	for {
		var event struct{ Action, Package, Test string }
		err := dec.Decode(&event)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading go test's output: %w", err)
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
