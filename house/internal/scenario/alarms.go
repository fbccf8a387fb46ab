package scenario

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// longestLine bounds a line of a log.
const longestLine = 1 << 20

// Alarms lists the lines of a log that no healthy program writes: reports of
// the race detector, panics, and things the Go runtime gives up on.
func Alarms(log string) ([]string, error) {
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
