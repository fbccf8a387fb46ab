package place_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/edge/backup/place/placetest"
)

// soon is a limit for servers that hang: short, because it is waited for.
const soon = 150 * time.Millisecond

// filesBelow lists every file of a directory, unfinished ones too.
func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
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

// TestEveryFailureOfAServerLeavesNothing lets one request after the other go
// wrong, in every way, until a Put goes through without meeting it.
func TestEveryFailureOfAServerLeavesNothing(t *testing.T) {
	for name, bad := range map[string]verdict{"refused": refuse, "cut": cut, "cut before the answer": late} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				if met := serverFailsAt(t, n, bad); !met {
					if n < 9 {
						t.Errorf("a Put took %d requests", n-1)
					}
					return
				}
			}
		})
	}
}

// serverFailsAt stores an object while request number n goes wrong, and says
// whether it came to that.
func serverFailsAt(t *testing.T, n int, bad verdict) (met bool) {
	const key = "sets/A/database.0001.zst.age"
	content := noise(70_000)
	s := &script{offer: []string{syncs}}
	over := false
	s.judge = func(i int, _ byte, _ []byte) verdict {
		if i == n && !over {
			met = true
			return bad
		}
		return pass
	}
	o := placetest.SFTPThrough(t, between(s))
	p, err := place.OpenSFTP(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	failed := p.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)))
	s.so(func() { over = true })
	left := filesBelow(t, o.Dir)
	whole := slices.Equal(left, []string{key}) && bytes.Equal(get(t, p, key), content)
	switch {
	case failed == nil && !whole:
		t.Errorf("request %d went wrong and nobody said so; left are %q", n, left)
	case failed != nil && !whole && len(left) > 0:
		t.Errorf("request %d went wrong (%v) and left %q", n, failed, left)
	}
	// Whatever happened, the next attempt ends well.
	err = p.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)))
	if (err == nil) == whole || (whole && !errors.Is(err, place.ErrExists)) {
		t.Errorf("after request %d: %v, whole: %v", n, err, whole)
	}
	if !bytes.Equal(get(t, p, key), content) {
		t.Errorf("request %d left another content", n)
	}
	return met
}

func TestAServerThatLiesIsFoundOut(t *testing.T) {
	o := placetest.SFTPThrough(t, between(&script{judge: only(sftpWrite, "", feign)}))
	p := openSFTP(t, o)
	err := p.Put(t.Context(), "x", bytes.NewReader(noise(100)), 100)
	if !errors.Is(err, place.ErrSize) || !strings.Contains(err.Error(), "holds 0") {
		t.Errorf("storing: %v", err)
	}
	if left := filesBelow(t, o.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

func TestAServerThatFeignsALinkIsFoundOut(t *testing.T) {
	o := placetest.SFTPThrough(t, between(&script{judge: only(sftpExtended, "hardlink", feign)}))
	p := openSFTP(t, o)
	if err := p.Put(t.Context(), "x", bytes.NewReader(noise(100)), 100); err == nil {
		t.Error("nobody said so")
	}
	if left := filesBelow(t, o.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

func TestAServerThatHangsIsGivenUp(t *testing.T) {
	const never = 1 << 30
	var from int // the request from which on nothing is answered
	s := &script{}
	s.judge = func(n int, _ byte, _ []byte) verdict {
		if n >= from {
			return hang
		}
		return pass
	}
	o := placetest.SFTPThrough(t, between(s))
	o.Stall = soon
	p := openSFTP(t, o)
	var whole int
	s.so(func() { from = never })
	put(t, p, "x", noise(3<<20))
	s.so(func() { whole = s.n })
	for n := range 4 {
		s.so(func() { from = s.n + 1 + n*whole/6 })
		began := time.Now()
		_, listing := p.List(t.Context(), "")
		_, freeing := p.Free(t.Context())
		for what, err := range map[string]error{
			"storing": p.Put(t.Context(), "y", bytes.NewReader(noise(3<<20)), 3<<20), "removing": p.Delete(t.Context(), "x"),
			"reading": readAll(t, p, "x"), "listing": listing, "asking what is free": freeing,
		} {
			if err != nil && !errors.Is(err, place.ErrStalled) {
				t.Errorf("%s: %v", what, err)
			}
			if err == nil && n == 0 {
				t.Errorf("%s went well", what)
			}
		}
		if took := time.Since(began); took > 20*soon {
			t.Errorf("it took %v", took)
		}
		s.so(func() { from = never })
	}
	if keys := keysIn(t, p, "y"); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

func readAll(t *testing.T, p place.Place, key string) error {
	t.Helper()
	object, err := p.Get(t.Context(), key)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, object)
	_ = object.Close()
	return err
}

// TestConnectionsAreMadeAnew after the server ended those that were kept.
func TestConnectionsAreMadeAnew(t *testing.T) {
	s := &script{judge: only(sftpRealPath, "", cut)}
	p := openSFTP(t, placetest.SFTPThrough(t, between(s)))
	for _, key := range []string{"a", "b", "c"} {
		put(t, p, key, noise(100))
	}
	if got := keysIn(t, p, ""); len(got) != 3 {
		t.Errorf("there are %q", got)
	}
	s.so(func() {
		if !bytes.Contains(s.seen, []byte{sftpRealPath}) {
			t.Error("no connection was kept")
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	o := placetest.SFTP(t)
	o.Stall = soon
	p := openSFTP(t, o)
	put(t, p, "x", noise(100))
	var held []io.ReadCloser
	for {
		object, err := p.Get(t.Context(), "x")
		if err != nil {
			if len(held) < 2 || !errors.Is(err, place.ErrStalled) {
				t.Errorf("after %d: %v", len(held), err)
			}
			break
		}
		held = append(held, object)
		if len(held) > 20 {
			t.Fatal("no bound")
		}
	}
	for _, object := range held {
		if err := object.Close(); err != nil {
			t.Error(err)
		}
	}
	put(t, p, "y", noise(100))
}

func TestWhatIsSynced(t *testing.T) {
	s := &script{offer: []string{syncs}}
	p := openSFTP(t, placetest.SFTPThrough(t, between(s)))
	put(t, p, "sets/A/x", noise(100))
	// The file; the directories above the place, sets and A; A with the name.
	s.so(func() {
		if s.synced != 5 {
			t.Errorf("synced %d times", s.synced)
		}
	})
}

func TestAnotherServerIsRefused(t *testing.T) {
	o := placetest.SFTP(t)
	for name, key := range map[string]string{
		"another key":         "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChhuEtxA8sj2TD3CqxkwCIlCMRgq+0WbLFmb3gM2",
		"another fingerprint": "SHA256:" + strings.Repeat("A", 43),
	} {
		other := o
		other.HostKey = key
		p := openSFTP(t, other)
		_, err := p.List(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "not the server that was meant") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), o.Password) {
			t.Errorf("%s: %v tells the password", name, err)
		}
	}
}

func TestAServerIsKnownByItsFingerprintToo(t *testing.T) {
	o := placetest.SFTP(t)
	o.HostKey = "SHA256:" + strings.Repeat("A", 43)
	_, err := openSFTP(t, o).List(t.Context(), "")
	_, shown, _ := strings.Cut(err.Error(), "ssh-ed25519 ")
	o.HostKey, _, _ = strings.Cut(shown, ",")
	put(t, openSFTP(t, o), "x", nil)
}

func TestTheAccountShowsWhoItIs(t *testing.T) {
	o := placetest.SFTP(t)
	withKey, wrongPassword, wrongUser := o, o, o
	withKey.Password, withKey.KeyFile = "", placetest.SFTPKeyFile(t)
	put(t, openSFTP(t, withKey), "x", nil)
	wrongPassword.Password = "another"
	wrongUser.User = "nobody"
	for _, wrong := range []place.SFTPOptions{wrongPassword, wrongUser} {
		_, err := openSFTP(t, wrong).List(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "unable to authenticate") || strings.Contains(err.Error(), wrong.Password) {
			t.Errorf("listing: %v", err)
		}
	}
}

func TestSFTPNeedsAllOfThis(t *testing.T) {
	open, locked := filepath.Join(t.TempDir(), "open"), filepath.Join(t.TempDir(), "locked")
	for file, mode := range map[string]os.FileMode{open: 0o644, locked: 0o600} {
		if err := os.WriteFile(file, []byte("no key at all"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for says, spoil := range map[string]func(*place.SFTPOptions){
		"needs an address":         func(o *place.SFTPOptions) { o.Address = "" },
		"a user and":               func(o *place.SFTPOptions) { o.User = "" },
		"and a directory":          func(o *place.SFTPOptions) { o.Dir = "" },
		"needs the server's key":   func(o *place.SFTPOptions) { o.HostKey = " " },
		"is not one line":          func(o *place.SFTPOptions) { o.HostKey += "\n" + o.HostKey },
		"like \"ssh-ed25519":       func(o *place.SFTPOptions) { o.HostKey = "AAAA" },
		"fingerprint is not whole": func(o *place.SFTPOptions) { o.HostKey = "SHA256:abc" },
		"a key or a password":      func(o *place.SFTPOptions) { o.Password = "" },
		"no such file":             func(o *place.SFTPOptions) { o.KeyFile = "/nowhere" },
		"chmod 600":                func(o *place.SFTPOptions) { o.KeyFile = open },
		"is no private key":        func(o *place.SFTPOptions) { o.KeyFile = locked },
	} {
		o := placetest.SFTP(t)
		spoil(&o)
		_, err := place.OpenSFTP(o)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func TestAServerThatIsAwayIsNotAnEmptyOne(t *testing.T) {
	o := placetest.SFTP(t)
	o.Address = "127.0.0.1:1"
	s3 := memoryS3(t, nil)
	s3.Endpoint = "127.0.0.1:1"
	for name, p := range map[string]place.Place{"sftp": openSFTP(t, o), "s3": openS3(t, s3)} {
		_, listing := p.List(t.Context(), "")
		_, getting := p.Get(t.Context(), "x")
		for what, err := range map[string]error{
			"listing": listing, "getting": getting,
			"storing": p.Put(t.Context(), "x", strings.NewReader("x"), 1), "removing": p.Delete(t.Context(), "x"),
		} {
			if err == nil || errors.Is(err, place.ErrNotFound) || !strings.Contains(err.Error(), "127.0.0.1:1") {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
	}
}

func TestTidyingAServer(t *testing.T) {
	o := placetest.SFTP(t)
	p := openSFTP(t, o)
	put(t, p, "sets/A/x", nil)
	put(t, p, "sets/B/y", nil)
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"sets/A/.put-1-1-OLD": 25 * time.Hour, "sets/A/.put-1-2-NEW": 23 * time.Hour, "sets/.put-1-1-OLD": 25 * time.Hour,
	} {
		file := filepath.Join(o.Dir, name)
		if err := os.WriteFile(file, []byte("ha"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := place.Tidy(t.Context(), p); n != 2 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if left := filesBelow(t, o.Dir); !slices.Equal(left, []string{"sets/A/.put-1-2-NEW", "sets/A/x", "sets/B/y"}) {
		t.Errorf("left %q", left)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := place.Tidy(ended, p); !errors.Is(err, context.Canceled) {
		t.Errorf("tidying in vain: %v", err)
	}
}

func TestAClosedServerIsNotReachedAgain(t *testing.T) {
	p := openSFTP(t, placetest.SFTP(t))
	put(t, p, "x", noise(10))
	object, err := p.Get(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(object); len(got) != 10 || err != nil {
		t.Errorf("what was open gave %d bytes, %v", len(got), err)
	}
	_ = object.Close()
	if _, err := p.List(t.Context(), ""); err == nil {
		t.Error("a closed place lists")
	}
}
