package background_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"forecourt/hub/internal/platform/background"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noise(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// write writes a large file the way backups are written.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := background.Write(f)
	for piece := content; len(piece) > 0; piece = piece[min(len(piece), 100_000):] {
		if n, err := w.Write(piece[:min(len(piece), 100_000)]); err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, n := range []int{0, 1, 256 << 10, 5<<20 + 3} {
		path, content := filepath.Join(t.TempDir(), "x"), noise(t, n)
		write(t, path, content)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r := background.Read(f)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
		if at, err := r.Seek(int64(n/2), io.SeekStart); err != nil || at != int64(n/2) {
			t.Errorf("going to the middle: %d, %v", at, err)
		}
		first := make([]byte, min(1, n-n/2))
		if _, err := io.ReadFull(r, first); err != nil {
			t.Error(err)
		}
		if at, err := r.Seek(0, io.SeekCurrent); err != nil || at != int64(n/2+len(first)) {
			t.Errorf("it stands at %d, %v, of %d", at, err, n)
		}
		if rest, err := io.ReadAll(r); err != nil || !bytes.Equal(rest, content[n/2+len(first):]) {
			t.Errorf("the rest of %d bytes came back as %d, %v", n, len(rest), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLargeDirectoriesAreRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sub", "large"), noise(t, 20<<20))
	write(t, filepath.Join(dir, "small"), noise(t, 100))
	if err := os.Symlink("/nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := background.RemoveAll(t.Context(), dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if err := background.RemoveAll(t.Context(), dir); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
}

// TestAFileWithTwoNamesIsNotCut: what lies at a place may be what waits in the
// spool, by another name. Removing one of them must leave the other whole.
func TestAFileWithTwoNamesIsNotCut(t *testing.T) {
	dir := t.TempDir()
	kept, removed := filepath.Join(dir, "kept"), filepath.Join(dir, "removed")
	content := noise(t, 20<<20)
	write(t, kept, content)
	if err := os.Mkdir(removed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(kept, filepath.Join(removed, "x")); err != nil {
		t.Fatal(err)
	}
	if err := background.RemoveAll(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(kept); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d of %d bytes are left, %v", len(got), len(content), err)
	}
}

func TestProgramsStandBack(t *testing.T) {
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", "nice; exec sh -c nice")
	cmd.Stdout = &out
	if err := background.Run(cmd); err != nil {
		t.Fatal(err)
	}
	if said := strings.Fields(out.String()); len(said) != 2 || said[0] != "19" || said[1] != "19" {
		t.Errorf("it and what it starts stand back: %q", out.String())
	}
	const policyField, schedIdle = 41, "5" // proc_pid_stat(5)
	out.Reset()
	cmd = exec.Command("cat", "/proc/self/stat")
	cmd.Stdout = &out
	if err := background.Run(cmd); err != nil {
		t.Fatal(err)
	}
	if fields := strings.Fields(out.String()); len(fields) < policyField || fields[policyField-1] != schedIdle {
		t.Errorf("it does not yield at once: %s", out.String())
	}
	// No goroutine runs on the thread that stood back.
	if nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || nice != 20 { // as the kernel counts
		t.Errorf("this thread stands back by %d, %v", 20-nice, err)
	}
}

func TestOnlyAThreadOfTheProcessStandsBack(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := background.StandBackThread(cmd.Process.Pid, os.Getpid()); err == nil {
		t.Error("a thread of another process stood back")
	}
	if err := background.StandBackThread(cmd.Process.Pid, cmd.Process.Pid); err != nil {
		t.Error(err)
	}
}

func TestFetchingTellsHowFarItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	const size = 5<<20 + 3
	write(t, path, noise(t, size))
	var told int64
	if err := background.Fetch(t.Context(), path, func(n int64) { told += n }); err != nil || told != size {
		t.Errorf("%d of %d bytes, %v", told, size, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := background.Fetch(ctx, path, func(int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it was broken off: %v", err)
	}
	if err := background.Fetch(t.Context(), path+"y", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing is there: %v", err)
	}
}

func TestRoomIsHalfOfWhatIsFree(t *testing.T) {
	for text, want := range map[string]int64{
		"MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable:    3000 kB\n": 3000 << 10 / 2,
		"MemTotal: 100 kB\n": 0,
		"":                   0,
	} {
		if got := background.RoomIn(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if background.Room() <= 0 {
		t.Error("this system has no room")
	}
}

// failing takes so many bytes and no more.
type failing struct {
	bytes.Buffer
	left int
}

// Write fails when it is full.
func (f *failing) Write(b []byte) (int, error) {
	n, _ := f.Buffer.Write(b[:min(len(b), f.left)])
	if f.left -= n; n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestRestingWritesAllOrTellsHowMuch(t *testing.T) {
	const size = 1<<20 + 5
	for _, room := range []int{size, size - 1, 300_000, 0} {
		content := noise(t, size)
		f := &failing{left: room}
		n, err := background.Rest(f).Write(content)
		if n != room || (err == nil) != (room == size) || !bytes.Equal(f.Bytes(), content[:room]) {
			t.Errorf("room for %d: %d bytes, %v", room, n, err)
		}
	}
}
