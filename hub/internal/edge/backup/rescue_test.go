package backup_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

// TestKeysAreRescuedFromWhicheverSetHasThem: a damaged newest set, or a forged
// one, does not keep those of the one before from being read.
func TestKeysAreRescuedFromWhicheverSetHasThem(t *testing.T) {
	h := newHouse(t)
	first := h.made()
	h.later(time.Hour)
	second := h.made()
	in := func(set, name string) string { return filepath.Join(h.in("local"), "sets", set, name) }
	rescue := func(moment time.Time) error {
		files, err := backup.Rescue(t.Context(), h.deps.Spots, h.deps.Identities, "", moment, func([]backup.File) (archive.PublicKey, error) {
			return h.deps.Signer.Public(), nil
		})
		if err == nil && (len(files) != 1 || string(files[0].Content) != "a wrapped key") {
			t.Errorf("rescued %q", files)
		}
		return err
	}
	if err := flip(in(second, "keys.0001.zst.age")); err != nil {
		t.Fatal(err)
	}
	if err := rescue(time.Time{}); err != nil {
		t.Errorf("with damaged keys: %v", err)
	}
	if err := copyOver(in(first, "manifest.json"))(in(second, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if err := rescue(time.Time{}); err != nil {
		t.Errorf("with another's manifest: %v", err)
	}
	if err := rescue(h.now().Add(-2 * time.Hour)); err == nil || !strings.Contains(err.Error(), "no such backup") {
		t.Errorf("of before the first: %v", err)
	}
	if err := flip(in(first, "keys.0001.zst.age")); err != nil {
		t.Fatal(err)
	}
	if err := rescue(time.Time{}); err == nil || !strings.Contains(err.Error(), "altered") {
		t.Errorf("with nothing left: %v", err)
	}
}

// TestAClockThatWasWrongStopsNothing: a backup that was made when the clock was
// years ahead is neither rehearsed for ever nor the last that is made.
func TestAClockThatWasWrongStopsNothing(t *testing.T) {
	h := newHouse(t)
	right := h.now()
	h.later(10 * 365 * 24 * time.Hour)
	h.made()
	h.mu.Lock()
	h.clock = right
	h.mu.Unlock()
	h.setTo("03:30")
	h.tend()
	s := h.Fresh(t.Context())
	if len(s.Sets) != 2 {
		t.Fatalf("there are %d backups", len(s.Sets))
	}
	h.later(backup.RetryAfter)
	h.Look(t.Context())
	h.tend()
	if d := h.Fresh(t.Context()).Drills; len(d) == 0 || d[len(d)-1].Set != s.Sets[1].ID {
		t.Errorf("rehearsed was %+v, not %s", d, s.Sets[1].ID)
	}
}

// TestEveryPlacesOwnManifestIsReadBack, whatever was read of it before or at
// another place.
func TestEveryPlacesOwnManifestIsReadBack(t *testing.T) {
	h := newHouse(t)
	h.deps.Spots = append(h.deps.Spots, h.spot("second"))
	h.keep()
	set := h.made()
	if err := flip(filepath.Join(h.in("second"), "sets", set, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "place second") {
		t.Errorf("read back with %v", err)
	}
	if c := h.copyAt(set, "second"); c.State != wire.CopyDamaged {
		t.Errorf("the copy is %+v", c)
	}
}
