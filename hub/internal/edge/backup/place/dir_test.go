package place

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// withFaults has a Dir's disk fail.
func withFaults(d *Dir, fails func() bool) {
	d.disk = func(root *os.Root) disk { return faultyDisk{rootDisk{root}, fails} }
}

func testDir(t *testing.T) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "backups"), func() time.Time { return time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// below lists everything below a directory, directories too.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if name != dir {
			found = append(found, strings.TrimPrefix(name, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryFailureLeavesNothing lets one step after the other fail until a Put
// goes through without meeting the failure.
func TestEveryFailureLeavesNothing(t *testing.T) {
	const key = "sets/A/database.0001.zst.age"
	content := bytes.Repeat([]byte("sealed"), 20_000)
	for n := 1; ; n++ {
		d, step := testDir(t), 0
		withFaults(d, func() bool {
			step++
			return step == n
		})
		failed := d.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)))
		if failed == nil {
			if n < 10 {
				t.Errorf("a Put took %d steps", n-1)
			}
			return
		}
		if !errors.Is(failed, syscall.ENOSPC) && !errors.Is(failed, syscall.EIO) {
			t.Errorf("step %d: %v does not say why", n, failed)
		}
		for _, left := range below(t, d.path) {
			if left != "sets" && left != "sets/A" {
				t.Errorf("step %d failed and left %q", n, left)
			}
		}
		if err := d.Put(t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Errorf("after step %d: %v", n, err)
		}
	}
}

// TestADiskThatFailsAtRandom keeps the contract whatever fails when: what Put
// said is stored is there whole until it is removed, nothing else is ever seen
// but what a Put or a Delete that failed was about.
func TestADiskThatFailsAtRandom(t *testing.T) {
	keys := []string{"a", "log/x", "sets/A/x", "sets/A/y", "sets/B/x"}
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "disk")
		if err != nil {
			t.Fatal(err)
		}
		d, err := OpenDir(dir, func() time.Time { return time.Unix(0, 0) })
		if err != nil {
			t.Fatal(err)
		}
		odds := rapid.IntRange(0, 30).Draw(r, "odds")
		chance := rapid.IntRange(0, 99)
		withFaults(d, func() bool { return chance.Draw(r, "chance") < odds })
		sure, unsure := map[string]string{}, map[string]string{}
		for range rapid.IntRange(1, 12).Draw(r, "acts") {
			key := rapid.SampledFrom(keys).Draw(r, "key")
			if rapid.Bool().Draw(r, "put") {
				putAtRandom(t, r, d, key, sure, unsure)
			} else {
				deleteAtRandom(t, d, key, sure, unsure)
			}
			holds(t, r, d, sure, unsure)
		}
	})
}

func putAtRandom(t *testing.T, r *rapid.T, d *Dir, key string, sure, unsure map[string]string) {
	content := strings.Repeat(rapid.StringN(1, 1, 4).Draw(r, "content"), 100)
	err := d.Put(t.Context(), key, strings.NewReader(content), int64(len(content)))
	_, taken := sure[key]
	_, perhaps := unsure[key]
	switch {
	case err == nil && taken:
		r.Fatalf("%s was overwritten", key)
	case err == nil:
		sure[key] = content
		delete(unsure, key)
	case errors.Is(err, ErrExists) && !taken && !perhaps:
		r.Fatalf("%s is said to be there", key)
	case !errors.Is(err, ErrExists) && !taken:
		unsure[key] = content
	}
}

func deleteAtRandom(t *testing.T, d *Dir, key string, sure, unsure map[string]string) {
	err := d.Delete(t.Context(), key)
	content, there := sure[key]
	delete(sure, key)
	if err != nil && there {
		unsure[key] = content
	}
	if err == nil {
		delete(unsure, key)
	}
}

// holds compares what is there with what was said.
func holds(t *testing.T, r *rapid.T, d *Dir, sure, unsure map[string]string) {
	found, err := d.List(t.Context(), "")
	if err != nil {
		r.Fatal(err)
	}
	missing := maps.Clone(sure)
	for _, o := range found {
		want, known := sure[o.Key]
		if !known {
			want, known = unsure[o.Key]
		}
		delete(missing, o.Key)
		object, err := d.Get(t.Context(), o.Key)
		if err != nil {
			r.Fatal(err)
		}
		got, err := io.ReadAll(object)
		if err := errors.Join(err, object.Close()); err != nil {
			r.Fatal(err)
		}
		if !known || string(got) != want || o.Size != int64(len(got)) {
			r.Fatalf("%s is there with %q, want %q", o.Key, got, want)
		}
	}
	if len(missing) > 0 {
		r.Fatalf("%q are gone", slices.Collect(maps.Keys(missing)))
	}
}

// TestPublishingByLink is for file systems that cannot rename without
// replacing.
func TestPublishingByLink(t *testing.T) {
	d := testDir(t)
	root, err := d.root()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	disk := rootDisk{root}
	for _, name := range []string{"half1", "half2"} {
		if err := os.WriteFile(filepath.Join(d.path, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := disk.link("half1", "x"); err != nil {
		t.Fatal(err)
	}
	if err := disk.link("half2", "x"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	if err := disk.publish(".", "half2", "x"); !errors.Is(err, ErrExists) {
		t.Errorf("renaming over another: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(d.path, "x")); string(got) != "half1" {
		t.Errorf("there is %q, %v", got, err)
	}
	if got := below(t, d.path); !slices.Equal(got, []string{"half2", "x"}) {
		t.Errorf("left %q", got)
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	d := testDir(t)
	if err := d.Put(t.Context(), "sets/A/x", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, "sets": 0o700, "sets/A": 0o700, "sets/A/x": 0o600} {
		info, err := os.Stat(path.Join(d.path, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has %v, %v, want %v", name, info.Mode().Perm(), err, want)
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(open, d.now); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("one that is open to others: %v", err)
	}
}

// TestS081AnotherDiskUnderTheSamePathIsRefused: a disk that was unplugged leaves its mount point
// behind, which is on the data's disk.
func TestS081AnotherDiskUnderTheSamePathIsRefused(t *testing.T) {
	d := testDir(t)
	if err := d.Put(t.Context(), "x", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	d.device++
	_, getting := d.Get(t.Context(), "x")
	_, listing := d.List(t.Context(), "")
	_, freeing := d.Free(t.Context())
	for what, err := range map[string]error{
		"storing": d.Put(t.Context(), "y", strings.NewReader("y"), 1), "getting": getting, "listing": listing,
		"removing": d.Delete(t.Context(), "x"), "asking what is free": freeing,
	} {
		if err == nil || !strings.Contains(err.Error(), "another disk") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := below(t, d.path); !slices.Equal(got, []string{"x"}) {
		t.Errorf("there are %q", got)
	}
}

func TestDevicesAreTold(t *testing.T) {
	d := testDir(t)
	device, err := d.Device()
	same, err2 := DeviceOf(t.TempDir())
	if err := errors.Join(err, err2); err != nil || device != same {
		t.Errorf("the device is %d and %d, %v", device, same, err)
	}
	if other, err := DeviceOf("/proc"); err != nil || other == device {
		t.Errorf("another is %d, %v", other, err)
	}
	if _, err := DeviceOf("/nowhere/at/all"); err == nil {
		t.Error("nothing is on a disk")
	}
}

// TestWhatElseLiesThere is no object, and nobody trips over it.
func TestWhatElseLiesThere(t *testing.T) {
	d := testDir(t)
	if err := d.Put(t.Context(), "sets/A/x", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(d.path, name) }
	err := errors.Join(
		os.Mkdir(in("lost+found"), 0), os.Mkdir(in(".Trash"), 0o700), os.WriteFile(in(".Trash/x"), nil, 0o600),
		os.WriteFile(in(".DS_Store"), nil, 0o600), os.WriteFile(in("a b"), nil, 0o600),
		os.Symlink("/etc/passwd", in("passwd")), os.Symlink("sets/A/x", in("link")), syscall.Mkfifo(in("pipe"), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.List(t.Context(), "")
	if err != nil || len(found) != 1 || found[0].Key != "sets/A/x" {
		t.Errorf("listed are %+v, %v", found, err)
	}
	for _, key := range []string{"passwd", "link", "pipe", "sets"} {
		if _, err := d.Get(t.Context(), key); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s can be read: %v", key, err)
		}
	}
}

func TestTidyRemovesWhatACrashLeft(t *testing.T) {
	d := testDir(t)
	if err := d.Put(t.Context(), "sets/A/x", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(d.path, "sets/B"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{
		"sets/A/.put-1-OLD": 25 * time.Hour, "sets/A/.put-2-NEW": 23 * time.Hour, "sets/B/.put-3-OLD": 25 * time.Hour,
	} {
		file := filepath.Join(d.path, name)
		if err := errors.Join(os.WriteFile(file, []byte("ha"), 0o600), os.Chtimes(file, d.now().Add(-age), d.now().Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := Tidy(t.Context(), d); n != 2 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if left := below(t, d.path); !slices.Equal(left, []string{"sets", "sets/A", "sets/A/.put-2-NEW", "sets/A/x"}) {
		t.Errorf("left %q", left)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Tidy(ended, d); !errors.Is(err, context.Canceled) {
		t.Errorf("tidying in vain: %v", err)
	}
	// A name that a crash left is not used again.
	if err := os.WriteFile(filepath.Join(d.path, "sets/A/.put-2-y"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), "sets/A/y", strings.NewReader("y"), 1); err != nil {
		t.Error(err)
	}
}
