package privacy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secrets is what nobody who has the machine's files, but not its keys, may
// read: the member, and who works at the demonstration station. Of a number that
// is short enough to come up by chance, the ways in which it would be written.
func secrets() []string {
	return []string{
		Phone, Name, Plate, model, "陈志远", "王晓燕", "李建国", "刘思雨",
		fmt.Sprintf(`"odometer_km":%d`, odometer), fmt.Sprintf("%010d", odometer), fmt.Sprintf("%d km", odometer),
	}
}

// search looks for them in everything the hub keeps and in every program's log
// while all of them run. The messages to phones are left out: a real station
// sends those, and keeps none.
func (s *show) search(context.Context) error {
	logs, err := filepath.Glob(filepath.Join(s.h.Dir(), "*.log"))
	if err == nil && len(logs) == 0 {
		err = errors.New("there are no logs to search")
	}
	if err != nil {
		return err
	}
	s.report.Searched, err = Search(secrets(), append(logs, filepath.Join(s.h.Dir(), "hub"))...)
	return err
}

// Search looks for secrets in files and in everything below directories. It
// says how many bytes it read, and as an error what it found, or that there was
// nothing to search. What is removed meanwhile is left out.
func Search(secrets []string, paths ...string) (searched int64, err error) {
	var found []error
	look := func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // whoever writes there has just dropped it
		}
		searched += int64(len(content))
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				found = append(found, fmt.Errorf("%s stands in %s", secret, path))
			}
		}
		return err
	}
	for _, path := range paths {
		if err := filepath.WalkDir(path, look); err != nil {
			return searched, fmt.Errorf("searching %s: %w", path, err)
		}
	}
	if searched == 0 {
		found = append(found, errors.New("there was nothing to search"))
	}
	return searched, errors.Join(found...)
}
