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
	if err != nil {
		return err
	}
	found := []error{}
	look := func(path string) error {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the database has just dropped it
		}
		s.report.Searched += int64(len(content))
		for _, secret := range secrets() {
			if bytes.Contains(content, []byte(secret)) {
				found = append(found, fmt.Errorf("%s stands in %s", secret, path))
			}
		}
		return err
	}
	for _, log := range logs {
		if err := look(log); err != nil {
			return err
		}
	}
	err = filepath.WalkDir(filepath.Join(s.h.Dir(), "hub"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		return errors.Join(err, look(path))
	})
	if len(logs) == 0 || s.report.Searched == 0 {
		err = errors.Join(err, errors.New("there was nothing to search"))
	}
	return errors.Join(append(found, err)...)
}
