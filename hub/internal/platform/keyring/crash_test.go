package keyring_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rotatorDir in the environment makes this program a hub that rotates keys in
// that directory, again and again, until it is killed.
const rotatorDir = "FORECOURT_TEST_ROTATOR_DIR"

// The members that the rotator works on: enough for several batches.
const rotated = 1700

// start runs the house's own server in dir and opens its database.
func start(ctx context.Context, dir string) (*house, func() error, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := mysql.StartServer(ctx, mysql.ServerOptions{Dir: filepath.Join(dir, "db"), Tiny: true, Test: true, Log: log})
	if err != nil {
		return nil, nil, err
	}
	db, err := mysql.Provision(ctx, server.Endpoint, mysql.Database, log)
	if err != nil {
		return nil, nil, errors.Join(err, server.Stop(ctx))
	}
	h := &house{db: db, dir: filepath.Join(dir, "keys"), now: clock.Now, ids: id.NewMaker(clock.Now, clock.Random())}
	return h, func() error { return errors.Join(db.Close(), server.Stop(context.Background())) }, nil
}

// beRotator rotates and says after each batch how far it is.
func beRotator(dir string) int {
	ctx := context.Background()
	h, _, err := start(ctx, dir)
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	r, err := keyring.Open(ctx, h.options(slog.New(slog.DiscardHandler)))
	for err == nil {
		var problem *wire.Problem
		if _, err = r.Rotate(ctx); errors.As(err, &problem) {
			err = nil // the rotation that an earlier rotator was killed in
		}
		for done := 1; err == nil && done > 0; {
			done, err = r.Step(ctx)
			fmt.Println("step", done)
		}
	}
	fmt.Println("failed:", err)
	return 1
}

// TestS074AHalfRotatedDatabaseIsWhole: the hub and its server are killed in
// the middle of a rotation. Everything is readable before anything is done, and
// the rotation is finished.
func TestS074AHalfRotatedDatabaseIsWhole(t *testing.T) {
	dir, err := os.MkdirTemp("", "fkr") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h, stop, err := start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	h.dir = filepath.Join(dir, "keys")
	copyKeys(t, keyringtest.Dir(t), h.dir)
	h.crowd(t, h.legacy(t), rotated)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for kill := range 2 {
		killRotator(t, dir, 3+5*kill)
		h, stop, err := start(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		r := h.open(t)
		if got := len(h.phones(t, r)); got != rotated {
			t.Errorf("%d of %d phones are readable", got, rotated)
		}
		ring, err := r.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ring.Rotation == nil || ring.Rotation.Left == 0 {
			t.Errorf("it was killed too late to prove anything: %+v", ring)
		}
		if kill > 0 {
			h.finish(t, r)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// finish finishes the rotation and looks at everything again.
func (h *house) finish(t *testing.T, r *keyring.Ring) {
	t.Helper()
	if _, err := r.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(h.phones(t, h.open(t))); got != rotated {
		t.Errorf("in the end %d of %d phones are readable", got, rotated)
	}
	var left int
	err := h.db.GetContext(t.Context(), &left, `SELECT (SELECT COUNT(*) FROM data_key WHERE state = 'opening')
		+ (SELECT COUNT(*) FROM member WHERE SUBSTRING(phone, 1, 1) = 0x01)`)
	if err != nil || left != 0 {
		t.Errorf("in the end %d are left (%v)", left, err)
	}
}

// crowd enters many members at once, as before members had keys.
func (h *house) crowd(t *testing.T, v *vault.Vault, count int) {
	t.Helper()
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		for n := range count {
			if err := h.enter(ctx, tx, id.New[id.Member](h.ids), n, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(from, vault.FileName), filepath.Join(to, vault.FileName))
}

// killRotator runs the rotator and kills it after some of its steps.
func killRotator(t *testing.T, dir string, steps int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), rotatorDir+"="+dir)
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; n < steps && lines.Scan(); n++ {
		var done int
		if _, err := fmt.Sscanf(lines.Text(), "step %d", &done); err != nil || done == 0 {
			t.Errorf("the rotator says %q", lines.Text())
			break
		}
	}
	_ = child.Process.Kill() // SIGKILL; it may be gone already
	_, _ = io.Copy(io.Discard, out)
	_ = child.Wait() // it was killed
}
