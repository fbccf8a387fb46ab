package objects

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
)

// fullDisk is a disk whose step number n fails as a full disk does: a write
// leaves half of what it was given.
type fullDisk struct {
	disk
	n int
}

func (d *fullDisk) fails() bool {
	d.n--
	return d.n == 0
}

func (d *fullDisk) mkdir(name string) error {
	if d.fails() {
		return syscall.ENOSPC
	}
	return d.disk.mkdir(name)
}

func (d *fullDisk) write(name string, content []byte) error {
	if d.fails() {
		return errors.Join(syscall.ENOSPC, d.disk.write(name, content[:len(content)/2]))
	}
	return d.disk.write(name, content)
}

func (d *fullDisk) rename(from, to string) error {
	if d.fails() {
		return syscall.ENOSPC
	}
	return d.disk.rename(from, to)
}

func (d *fullDisk) sync(dir string) error {
	if d.fails() {
		return syscall.EIO
	}
	return d.disk.sync(dir)
}

// filesIn lists every file below dir.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, strings.TrimPrefix(name, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryFailureLeavesNothing lets one step after the other fail until a
// Put goes through without meeting the failure.
func TestEveryFailureLeavesNothing(t *testing.T) {
	const key = "media/2026/03/OBJECT"
	content := []byte("sealed content")
	for n := 1; ; n++ {
		dir := filepath.Join(t.TempDir(), "objects")
		d, err := OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		d.disk = &fullDisk{d.disk, n}
		failed := d.Put(t.Context(), key, content)
		got, err := d.Get(t.Context(), key, 100)
		if closing := d.Close(); closing != nil {
			t.Error(closing)
		}
		if failed == nil {
			if !bytes.Equal(got, content) {
				t.Errorf("read %q, %v", got, err)
			}
			if n < 9 {
				t.Errorf("a Put took %d steps", n-1)
			}
			return
		}
		if !errors.Is(failed, syscall.ENOSPC) && !errors.Is(failed, syscall.EIO) {
			t.Errorf("step %d: %v does not say why", n, failed)
		}
		if !errors.Is(err, media.ErrNoObject) {
			t.Errorf("step %d failed and left %q, %v", n, got, err)
		}
		if left := filesIn(t, dir); len(left) > 0 {
			t.Errorf("step %d failed and left %q", n, left)
		}
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Put(t.Context(), "media/2026/X", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{
		"": 0o700, "media": 0o700, "media/2026": 0o700, "media/2026/X": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has %v, %v, want %v", name, info.Mode().Perm(), err, want)
		}
	}
}

func TestTidyRemovesWhatACrashLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Put(t.Context(), "media/WHOLE", []byte("x")); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)
	for name, age := range map[string]time.Duration{".put-1-OLD": 2 * time.Hour, ".put-2-NEW": time.Minute} {
		file := filepath.Join(dir, "media", name)
		if err := os.WriteFile(file, []byte("ha"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.Tidy(t.Context(), now); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if left := filesIn(t, dir); len(left) != 2 {
		t.Errorf("left %q", left)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Tidy(ended, now); !errors.Is(err, context.Canceled) {
		t.Errorf("tidying in vain: %v", err)
	}
}
