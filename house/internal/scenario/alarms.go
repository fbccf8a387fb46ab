package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Alarms looks through all logs of a house for what no healthy program writes.
func Alarms(dir string) error {
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		return errors.Join(errors.New("there are no logs to look through"), err)
	}
	var all []error
	for _, name := range logs {
		found, err := alarmsIn(name)
		if err != nil {
			return err
		}
		for _, line := range found {
			all = append(all, fmt.Errorf("%s: %s", filepath.Base(name), line))
		}
	}
	return errors.Join(all...)
}

// longestLine bounds a line of a log.
const longestLine = 1 << 20

// alarmsIn lists the lines of a log that no healthy program writes: reports of
// the race detector, panics, and things the Go runtime gives up on.
func alarmsIn(log string) ([]string, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, fmt.Errorf("reading a log: %w", err)
	}
	defer f.Close()
	var found []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		line := lines.Text()
		for _, alarm := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: "} {
			if strings.Contains(line, alarm) {
				found = append(found, line)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
	return found, nil
}
