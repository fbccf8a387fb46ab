package backup_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

// contextOf is a context that ends with the test or before.
func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// await waits for something that happens by itself.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// TestASwitchIsNeverLeftHalfDone begins at every state that a crash may leave
// and goes on from there: afterwards there is one live directory, the restored
// one, and the one from before beside it.
func TestASwitchIsNeverLeftHalfDone(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	h.shut()
	restored, aside := filepath.Join(h.in("restore"), r.ID), h.in("before-"+r.ID)
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for name, crash := range map[string]func(){
		"before anything":       func() {},
		"after the first move":  func() { move(h.data(), aside) },
		"after the second move": func() { move(h.data(), aside); move(restored, h.data()) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := h.PlanSwitch(r); err != nil {
				t.Fatal(err)
			}
			crash()
			if done, err := h.switching().Finish(); !done || err != nil {
				t.Fatalf("done %v, %v", done, err)
			}
			if done, err := h.switching().Finish(); done || err != nil {
				t.Errorf("and again: %v, %v", done, err)
			}
			h.open()
			if got := h.names(); len(got) != 1 {
				t.Errorf("live is %q", got)
			}
			h.shut()
			move(h.data(), restored) // as it was, for the next
			move(aside, h.data())
		})
	}
	// What was to take over is gone: the live data stays.
	if err := h.PlanSwitch(r); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(restored); err != nil {
		t.Fatal(err)
	}
	if done, err := h.switching().Finish(); done || err != nil {
		t.Fatalf("done %v, %v", done, err)
	}
	// And so it does when it was moved aside already.
	if err := h.PlanSwitch(r); err != nil {
		t.Fatal(err)
	}
	move(h.data(), aside)
	if done, err := h.switching().Finish(); done || err != nil {
		t.Fatalf("done %v, %v", done, err)
	}
	h.open()
	if got := h.names(); len(got) != 2 {
		t.Errorf("live is %q", got)
	}
	h.keep()
	if r := h.State(t.Context()).Restore; r == nil || r.State != wire.RestoreFailed {
		t.Errorf("told of as %+v", r)
	}
}

// TestABrokenOffRestoreLeavesNothing: one that is put away while it works, and
// one that the hub's end broke off.
func TestABrokenOffRestoreLeavesNothing(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	if err := h.BeginRestore(t.Context(), wire.RestoreAsk{Set: set}); err != nil {
		t.Fatal(err)
	}
	id := h.State(t.Context()).Restore.ID
	if err := h.PutAway(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	await(t, "the restore to end", func() bool { return h.State(t.Context()).Work == nil })
	if r := h.State(t.Context()).Restore; r != nil && r.State != wire.RestoreFailed && r.State != wire.RestoreReady {
		t.Errorf("told of as %+v", r)
	}
	if r := h.State(t.Context()).Restore; r != nil {
		if err := h.PutAway(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	h.untouched()

	if err := h.BeginRestore(t.Context(), wire.RestoreAsk{Set: set}); err != nil {
		t.Fatal(err)
	}
	h.keep() // the hub ends and begins again
	if err := os.MkdirAll(filepath.Join(h.in("restore"), "drill", "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.Recover(); err != nil {
		t.Fatal(err)
	}
	if r := h.State(t.Context()).Restore; r != nil && r.State == wire.RestoreWorking {
		t.Errorf("told of as %+v", r)
	}
	if _, err := os.Stat(filepath.Join(h.in("restore"), "drill")); err == nil {
		t.Error("an unfinished rehearsal is still there")
	}
}

// otherKey is a key that nothing is sealed to.
func (h *house) otherKey() archive.Identities {
	h.t.Helper()
	secret, _, err := archive.NewIdentity(rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	ids, err := archive.ReadIdentities(strings.NewReader(secret))
	if err != nil {
		h.t.Fatal(err)
	}
	return ids
}

// there reports whether there is something under a name.
func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
