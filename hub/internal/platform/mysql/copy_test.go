package mysql_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"forecourt/hub/internal/platform/mysql"
)

var quiet = slog.New(slog.DiscardHandler)

// TestCopyAndTailAreTheDatabase: a copy taken while money moves, and the
// log from there to a later snapshot, give the very tables of that snapshot.
func TestCopyAndTailAreTheDatabase(t *testing.T) {
	for name, key := range map[string][]byte{"in clear": nil, "encrypted": keyOf(7)} {
		t.Run(name, func(t *testing.T) {
			b, stop := openBank(t, key)
			b.awaitMoves(t, 100)
			var stream bytes.Buffer
			from, err := mysql.Copy{Dir: b.dir, AtRest: key, Log: quiet}.Stream(t.Context(), &stream)
			if err != nil {
				t.Fatal(err)
			}
			b.awaitMoves(t, 100)
			b.exec(t, "FLUSH BINARY LOGS") // the tail reaches over two files
			b.awaitMoves(t, 100)
			want := sumsOf(t, b.Endpoint)
			b.awaitMoves(t, 100)
			stop()
			if from.Compare(want.At) >= 0 {
				t.Fatalf("the copy is of %s, the snapshot of %s", from, want.At)
			}
			if found := bytes.Contains(stream.Bytes(), []byte(told)); found != (key == nil) {
				t.Errorf("the copy holds what was written in clear: %v", found)
			}
			scratch := restore(t, &stream, key)
			if total := totalOf(t, scratch.Endpoint); total != bankAccounts*bankStart {
				t.Errorf("the copy alone holds %d fen, want %d: it is not of one moment", total, bankAccounts*bankStart)
			}
			if got := sumsOf(t, scratch.Endpoint); reflect.DeepEqual(got.Tables, want.Tables) {
				t.Fatal("the copy alone already has what came after it")
			}
			tail := logFile(t, b.Endpoint, from, want.At)
			if err := mysql.Replay(t.Context(), scratch.Endpoint, writeAll(tail)); err != nil {
				t.Fatal(err)
			}
			got := sumsOf(t, scratch.Endpoint)
			if !got.At.IsZero() {
				t.Errorf("a server that only replays has a log, at %s", got.At)
			}
			if !reflect.DeepEqual(got.Tables, want.Tables) {
				t.Errorf("restored %+v\nwant     %+v", got.Tables, want.Tables)
			}
			if key != nil {
				if found := filesWith(t, filepath.Dir(scratch.Socket)); len(found) > 0 {
					t.Errorf("in clear beside the restored data: %v", found)
				}
			}
		})
	}
}

func TestCopyFailsWhole(t *testing.T) {
	b, _ := openBank(t, keyOf(7))
	ctx := t.Context()
	c := mysql.Copy{Dir: b.dir, AtRest: keyOf(7), Log: quiet}
	if _, err := c.Stream(ctx, &failing{left: 3 << 20, err: syscall.ENOSPC}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	if _, err := c.Stream(ctx, &failing{left: 3 << 20, err: syscall.EPIPE}); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a reader that went: %v", err)
	}
	c.AtRest = keyOf(8)
	if _, err := c.Stream(ctx, io.Discard); !errors.Is(err, mysql.ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	c.AtRest = nil
	if _, err := c.Stream(ctx, io.Discard); !errors.Is(err, mysql.ErrEncrypted) {
		t.Errorf("no key: %v", err)
	}
	c = mysql.Copy{Dir: shortDir(t), Log: quiet}
	if _, err := c.Stream(ctx, io.Discard); err == nil || !strings.Contains(err.Error(), "s.sock") {
		t.Errorf("no server: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(b.dir, "tmp", "copy", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	b.awaitMoves(t, 20) // and nobody is kept from working
}

// killing is a writer that kills the copying program once it has begun.
type killing struct {
	t    *testing.T
	kill func(pid int)
	once sync.Once
}

func (k *killing) Write(p []byte) (int, error) {
	k.once.Do(func() {
		for _, pid := range childrenNamed(k.t, "mariadb-backup") {
			k.kill(pid)
		}
	})
	return len(p), nil
}

func TestKilledOrCancelledCopyIsNoCopy(t *testing.T) {
	b, _ := openBank(t, nil)
	c := mysql.Copy{Dir: b.dir, Log: quiet}
	killed := 0
	_, err := c.Stream(t.Context(), &killing{t: t, kill: func(pid int) {
		killed++
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}})
	if err == nil || killed != 1 || !strings.Contains(err.Error(), "killed") {
		t.Errorf("killed %d: %v", killed, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	_, err = c.Stream(ctx, &killing{t: t, kill: func(int) { cancel(enough) }})
	if !errors.Is(err, enough) {
		t.Errorf("cancelled: %v", err)
	}
	if left := childrenNamed(t, "mariadb-backup"); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	b.awaitMoves(t, 20)
	var stream bytes.Buffer
	if _, err := c.Stream(t.Context(), &stream); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// TestCopyEndsWithItsHub, however that ends, and stands back while it works.
func TestCopyEndsWithItsHub(t *testing.T) {
	hub, serverPID := hubProcess(t, shortDir(t), hubCopies+"=yes")
	copying := childrenOf(t, hub.Process.Pid, "mariadb-backup")
	if len(copying) != 1 {
		t.Fatalf("%d programs are copying", len(copying))
	}
	if nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, copying[0]); err != nil || nice != 20-19 { // as the kernel counts
		t.Errorf("stands back by %d, %v", 20-nice, err)
	}
	threads, back := threadsOf(t, hub.Process.Pid)
	if back != 1 || threads < 2 {
		t.Errorf("%d of the hub's %d threads stand back, want the one that waits for the copying program", back, threads)
	}
	if err := hub.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for what, pid := range map[string]int{"copying": copying[0], "serving": serverPID} {
		await(t, what+" to end", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
	}
}

func TestUnpackAndPrepareRefuseWhatIsNoCopy(t *testing.T) {
	key := keyOf(7)
	b, stop := openBank(t, key)
	b.awaitMoves(t, 20)
	var whole bytes.Buffer
	if _, err := (mysql.Copy{Dir: b.dir, AtRest: key, Log: quiet}).Stream(t.Context(), &whole); err != nil {
		t.Fatal(err)
	}
	stop()
	ctx := t.Context()
	broken := errors.New("a part is altered")
	unpack := func(r io.Reader) (string, error) {
		dir := shortDir(t)
		return dir, mysql.Unpack(ctx, dir, r)
	}
	prepare := func(r io.Reader, key []byte) error {
		dir, err := unpack(r)
		if err != nil {
			return err
		}
		err = mysql.Prepare(ctx, dir, key, quiet)
		if state, stateErr := mysql.StateOf(dir); err != nil && (stateErr != nil || state.Installed) {
			t.Errorf("what could not be prepared (%v) can be started: %+v, %v", err, state, stateErr)
		}
		return err
	}
	for name, of := range map[string]struct {
		stream []byte
		key    []byte
		want   error
	}{
		"nothing":           {nil, key, mysql.ErrNoCopy},
		"no key":            {whole.Bytes(), nil, mysql.ErrEncrypted},
		"cut between files": {whole.Bytes()[:bytes.LastIndex(whole.Bytes(), []byte("XBSTCK01\x00P\x07\x00\x00\x00version"))], key, mysql.ErrNoCopy},
		"another key":       {whole.Bytes(), keyOf(8), mysql.ErrWrongKey},
	} {
		if err := prepare(bytes.NewReader(of.stream), of.key); !errors.Is(err, of.want) {
			t.Errorf("%s: %v, want %v", name, err, of.want)
		}
	}
	dir, err := unpack(bytes.NewReader(whole.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.unpacked", "version"), []byte("10.12\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mysql.Prepare(ctx, dir, key, quiet); !errors.Is(err, mysql.ErrOtherVersion) {
		t.Errorf("of another version: %v", err)
	}
	for _, cut := range []int{1, 100, whole.Len() / 2} {
		if _, err := unpack(bytes.NewReader(whole.Bytes()[:whole.Len()-cut])); err == nil {
			t.Errorf("cut by %d: unpacked", cut)
		}
	}
	if _, err := unpack(strings.NewReader("this is no xbstream")); err == nil {
		t.Error("noise was unpacked")
	}
	if _, err := unpack(reading{bytes.NewReader(whole.Bytes()[:whole.Len()/2]), broken}); !errors.Is(err, broken) {
		t.Errorf("the reader's own error: %v", err)
	}
	if err := mysql.Unpack(ctx, b.dir, &whole); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("over a living server: %v", err)
	}
}
