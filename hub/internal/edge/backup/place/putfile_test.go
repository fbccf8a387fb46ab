package place_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup/place"
)

// fileAndDirs is a file to be stored, and two directories to store it in.
func fileAndDirs(t *testing.T, n int) (file *os.File, content []byte, one, other *place.Dir) {
	t.Helper()
	dir := t.TempDir()
	content = noise(n)
	path := filepath.Join(dir, "spooled")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	open := func(name string) *place.Dir {
		d, err := place.OpenDir(filepath.Join(dir, name), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return file, content, open("one"), open("other")
}

func TestS081AFileIsStoredByASecondNameOnceOnly(t *testing.T) {
	file, content, one, other := fileAndDirs(t, 20<<20)
	for _, d := range []*place.Dir{one, other} {
		if err := place.PutFile(t.Context(), d, "sets/x/part", file); err != nil {
			t.Fatal(err)
		}
		if got := get(t, d, "sets/x/part"); !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back as %d", len(content), len(got))
		}
		if err := place.PutFile(t.Context(), d, "sets/x/part", file); !errors.Is(err, place.ErrExists) {
			t.Errorf("storing it again: %v", err)
		}
	}
	same := func(d *place.Dir) bool {
		a, err := os.Stat(filepath.Join(d.Where(), "sets/x/part"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := file.Stat()
		return err == nil && os.SameFile(a, b)
	}
	// Two directories that shared one file would be damaged together.
	if !same(one) || same(other) {
		t.Errorf("the first has the file itself: %v, the second: %v", same(one), same(other))
	}
	// What a place removes, the spool still has, and the other way round.
	if err := one.Delete(t.Context(), "sets/x/part"); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(file.Name()); err != nil || !bytes.Equal(left, content) {
		t.Errorf("of the spool's file %d of %d bytes are left, %v", len(left), len(content), err)
	}
	if err := other.Delete(t.Context(), "sets/x/part"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*place.Dir{one, other} {
		if entries, err := os.ReadDir(d.Where()); err != nil || len(entries) > 0 {
			t.Errorf("left in %s: %v, %v", d.Where(), entries, err)
		}
	}
}

func TestAFileOfAnotherDiskIsCopied(t *testing.T) {
	const elsewhere = "/dev/shm"
	dir, err := os.MkdirTemp(elsewhere, "putfile")
	if err != nil {
		t.Skipf("there is no second file system at %s: %v", elsewhere, err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file, content, _, _ := fileAndDirs(t, 1000)
	d, err := place.OpenDir(filepath.Join(dir, "place"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := place.PutFile(t.Context(), d, "sets/x/part", file); err != nil {
		t.Fatal(err)
	}
	if got := get(t, d, "sets/x/part"); !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back as %d", len(content), len(got))
	}
}

func TestAFileThatIsGoneIsNotStored(t *testing.T) {
	file, _, one, _ := fileAndDirs(t, 1000)
	if err := os.Remove(file.Name()); err != nil {
		t.Fatal(err)
	}
	if err := place.PutFile(t.Context(), one, "sets/x/part", file); err != nil {
		t.Errorf("an open file has no name any more and is copied: %v", err)
	}
	if err := place.PutFile(t.Context(), one, "../x", file); !errors.Is(err, place.ErrKey) {
		t.Errorf("a key that leads out: %v", err)
	}
}
