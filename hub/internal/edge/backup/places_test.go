package backup_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/edge/backup/place/placetest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// copyAt is a set's copy at a place.
func (h *house) copyAt(set, name string) wire.BackupCopy {
	h.t.Helper()
	for _, c := range h.set(set).Copies {
		if c.Place == name {
			return c
		}
	}
	return wire.BackupCopy{}
}

// at is how a place is.
func (h *house) place(name string) wire.BackupPlace {
	for _, p := range h.State(h.t.Context()).Places {
		if p.Name == name {
			return p
		}
	}
	return wire.BackupPlace{}
}

// TestS081FourPlacesHoldTheSame: two directories, a bucket and a server reached
// by SFTP each have a copy that was read back, and each brings the data back.
func TestS081FourPlacesHoldTheSame(t *testing.T) {
	h := newHouse(t)
	bucket, server := placetest.S3(t), placetest.SFTP(t)
	h.deps.Spots = append(h.deps.Spots, h.spot("second"),
		backup.Spot{Name: "cloud", Kind: "s3", LogEvery: 20 * time.Millisecond, Open: func() (place.Place, error) { return place.OpenS3(bucket, h.now) }},
		backup.Spot{Name: "nas", Kind: "sftp", LogEvery: 20 * time.Millisecond, Open: func() (place.Place, error) { return place.OpenSFTP(server) }},
	)
	h.keep()
	h.media["media/2026/03/A"], h.named = []byte("a picture, sealed"), []string{"media/2026/03/A"}
	set := h.made()
	shipping := h.ship()
	h.at(h.now(), "later")
	h.later(time.Minute)
	h.shipped()
	shipping()
	h.Look(t.Context())
	for _, s := range h.deps.Spots {
		if c := h.copyAt(set, s.Name); c.State != wire.CopyVerified || c.CheckedAt.IsZero() {
			t.Errorf("the copy at %s is %+v", s.Name, c)
		}
		if got, want := h.Manifests(s.Name), h.Manifests("local"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has %+v, local %+v", s.Name, got, want)
		}
		if p := h.place(s.Name); p.SameDevice != (s.Kind == "dir") || p.Where == "" || p.Sets != 1 || p.Bytes == 0 {
			t.Errorf("told of as %+v", p)
		}
	}
	if err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	delete(h.media, "media/2026/03/A")
	for _, name := range []string{"cloud", "nas"} {
		r, err := h.Restore(t.Context(), wire.RestoreAsk{At: h.now(), Place: name})
		if err != nil || r.State != wire.RestoreReady || r.Place != name || r.Lost.Members != 0 {
			t.Errorf("from %s: %+v, %v", name, r, err)
		}
	}
	if len(h.media) != 1 {
		t.Error("the picture is not back")
	}
}

// TestS081OnePlaceInTroubleKeepsNoOtherFromBeingServed, whatever its trouble is.
// It is told of once, and when the place is well again it gets what it lacks and
// that is told of too.
func TestS081OnePlaceInTroubleKeepsNoOtherFromBeingServed(t *testing.T) {
	h := newHouse(t)
	h.deps.Identities, h.deps.Schedule.Every = archive.Identities{}, wire.BackupOff // nothing else is done
	u := h.withUnruly("second")
	for _, way := range []string{down, full, lies, forgets} {
		t.Run(way, func(t *testing.T) {
			h.rows = nil
			u.set(way)
			set := h.made()
			if c := h.copyAt(set, "local"); c.State != wire.CopyVerified {
				t.Errorf("the copy at the good place is %+v", c)
			}
			c := h.copyAt(set, "second")
			if want := map[string]wire.BackupCopyState{lies: wire.CopyDamaged, forgets: wire.CopyDamaged}[way]; c.State != cmpOr(want, wire.CopyMissing) || c.Problem == "" {
				t.Errorf("the copy at the other is %+v", c)
			}
			for range 3 { // while it lasts
				h.later(10 * time.Minute)
				h.Look(t.Context())
				h.tend()
			}
			if n := h.counted("backup.place"); n != 1 || !h.noted("backup.place", false) || !h.noted("backup.made", true) {
				t.Errorf("%d rows of the place, %+v", n, h.rows)
			}
			u.set()
			h.later(backup.RetryAfter)
			h.Look(t.Context())
			h.tend()
			if c := h.copyAt(set, "second"); c.State != wire.CopyVerified {
				t.Errorf("when it is well again the copy is %+v", c)
			}
			if p := h.place("second"); p.Problem != "" {
				t.Errorf("when it is well again: %q", p.Problem)
			}
			if left, err := os.ReadDir(filepath.Join(h.in("backup"), "spool")); len(left) > 0 || err != nil {
				t.Errorf("in the spool: %v, %v", left, err)
			}
		})
	}
}

func cmpOr(a, b wire.BackupCopyState) wire.BackupCopyState {
	if a != "" {
		return a
	}
	return b
}

// TestADamagedCopyIsPassedOver: once it was met, what is asked for comes from
// another place.
func TestADamagedCopyIsPassedOver(t *testing.T) {
	h := newHouse(t)
	second := h.spot("second")
	h.deps.Spots = append(h.deps.Spots, second)
	h.keep()
	set := h.made()
	if err := flip(filepath.Join(h.in("local"), "sets", set, "database.0001.zst.age")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set}); err == nil || !strings.Contains(err.Error(), "altered") {
		t.Errorf("restored with %v", err)
	}
	if !h.noted("backup.place", false) {
		t.Error("it is not told of")
	}
	for name, ask := range map[string]wire.RestoreAsk{"the set": {Set: set}, "a moment": {At: h.now()}} {
		if r, err := h.Restore(t.Context(), ask); err != nil || r.Place != "second" {
			t.Errorf("%s comes from %q, %v", name, r.Place, err)
		}
	}
}

// TestAPlaceThatHangsKeepsNobodyWaiting: not the office, not the end of the hub.
func TestAPlaceThatHangsKeepsNobodyWaiting(t *testing.T) {
	h := newHouse(t)
	u := h.withUnruly("second")
	h.made()
	u.set(hangs)
	h.later(2 * time.Minute)
	if err := h.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := h.place("second"); p.Sets != 1 {
		t.Errorf("what was last seen there is %+v", p)
	}
	if err := h.Close(); err != nil { // waits for what is under way
		t.Error(err)
	}

	opening, hold := make(chan struct{}), make(chan struct{})
	s := h.spot("third")
	open := s.Open
	s.Open = func() (place.Place, error) {
		close(opening)
		<-hold
		return open()
	}
	h.deps.Spots = []backup.Spot{h.spot("local"), s}
	h.keep()
	if err := h.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-opening
	if p := h.place("third"); p.Problem != "" || p.Name != "third" { // would wait for ever
		t.Errorf("a place that is being opened is %+v", p)
	}
	close(hold)
}

// TestADiskThatIsNotMountedIsNotFilled, until somebody says that it is meant to
// be empty: at the command line, beside the hub at work.
func TestADiskThatIsNotMountedIsNotFilled(t *testing.T) {
	h := newHouse(t)
	h.made()
	h.keep()
	if err := os.Rename(h.in("local"), h.in("unplugged")); err != nil {
		t.Fatal(err)
	}
	if set, err := h.Make(t.Context()); err == nil || !strings.Contains(err.Error(), "not mounted") {
		t.Fatalf("made %s, %v", set, err)
	}
	if !h.noted("backup.place", false) || !h.noted("backup.failed", false) {
		t.Errorf("told of as %+v", h.rows)
	}
	for _, sub := range []string{"sets", "log"} {
		if _, err := os.Stat(filepath.Join(h.in("local"), sub)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("something was stored below it: %v", err)
		}
	}
	// The disk is back.
	if err := errors.Join(os.RemoveAll(h.in("local")), os.Rename(h.in("unplugged"), h.in("local"))); err != nil {
		t.Fatal(err)
	}
	h.made()
	// Another one is put in.
	if err := os.RemoveAll(h.in("local")); err != nil {
		t.Fatal(err)
	}
	h.Look(t.Context()) // it is gone
	h.Look(t.Context()) // another is there
	if p := h.place("local"); !strings.Contains(p.Problem, "hub backup accept") {
		t.Errorf("an empty disk: %+v", p)
	}
	command, err := backup.New(h.deps)
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Accept(t.Context(), "locale"); err == nil {
		t.Error("a place that there is not was accepted")
	}
	if err := errors.Join(command.Accept(t.Context(), "local"), command.Close()); err != nil {
		t.Fatal(err)
	}
	h.made()
	if p := h.place("local"); p.Problem != "" || p.Sets != 1 {
		t.Errorf("accepted: %+v", p)
	}
}

// TestTwoProcessesShareWhatIsKnown: what a command did is known to the hub at
// work, and the other way round.
func TestTwoProcessesShareWhatIsKnown(t *testing.T) {
	h := newHouse(t)
	command, err := backup.New(h.deps)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Close() }()
	h.setTo("03:30")
	if err := h.SetPlan(wire.BackupSchedule{Every: wire.BackupDaily, At: "03:00"}); err != nil {
		t.Fatal(err)
	}
	set, err := command.Make(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.tend()
	if c := h.copyAt(set, "local"); c.State != wire.CopyVerified || h.sets() != 1 {
		t.Errorf("%d sets, that of the command is %+v", h.sets(), c)
	}
	if s := command.Plan(); s.At != "03:00" {
		t.Errorf("the command knows of %+v", s)
	}
}

// TestABadSetNeverEvictsAGoodOne, and each place is judged by itself: what could
// not be removed there, because it was away or it is locked, goes later or stays.
func TestABadSetNeverEvictsAGoodOne(t *testing.T) {
	h := newHouse(t)
	h.deps.Policy = archive.Policy{Daily: 1}
	u := h.withUnruly("second")
	const day = 24 * time.Hour
	has := func(when, name string, want ...string) {
		t.Helper()
		h.Look(t.Context())
		var got []string
		for _, m := range h.Manifests(name) {
			if m.Kind == wire.BackupFull {
				got = append(got, m.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s has %q, want %q", when, name, got, want)
		}
	}
	drill := func(set string, ok bool) {
		t.Helper()
		if _, err := h.Drill(t.Context(), set); (err == nil) != ok {
			t.Errorf("rehearsed %s: %v", set, err)
		}
	}
	good := h.made()
	drill(good, true)
	h.later(day)
	bad := h.made()
	has("with one that was not rehearsed", "local", good, bad)
	h.wrong = wire.ProofLedger
	drill(bad, false)
	h.wrong = ""
	has("with a bad one", "local", good, bad)
	has("with a bad one", "second", good, bad)

	h.later(day)
	u.set(locks)
	newest := h.made()
	drill(newest, true)
	has("with another good one", "local", newest)
	has("where all is locked", "second", good, bad, newest)
	if p := h.place("second"); p.Problem != "" {
		t.Errorf("that is no trouble: %q", p.Problem)
	}
	u.set(keepsAll)
	h.later(day)
	last := h.made() // where nothing can be removed it is stored all the same
	if c := h.copyAt(last, "second"); c.State != wire.CopyVerified {
		t.Errorf("where nothing can be removed the copy is %+v", c)
	}
	u.set()
	drill(last, true)
	has("in the end", "local", last)
	has("in the end", "second", last)
}

// TestHalvesOfSetsAreRemoved: what is left at a place of a set that was broken
// off, once nothing can make it whole.
func TestHalvesOfSetsAreRemoved(t *testing.T) {
	h := newHouse(t)
	half := func(age time.Duration) string {
		ids := id.NewMaker(func() time.Time { return h.now().Add(-age) }, h.deps.Random)
		dir := filepath.Join(h.in("local"), "sets", id.New[id.Command](ids).String())
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "database.0001.zst.age"), []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	old, young := half(backup.HalfAge+time.Hour), half(time.Hour)
	h.made()
	if _, err := os.Stat(filepath.Join(old, "database.0001.zst.age")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old half: %v", err)
	}
	if _, err := os.Stat(filepath.Join(young, "database.0001.zst.age")); err != nil {
		t.Errorf("one that may be made whole: %v", err)
	}
}

// TestAFullDiskIsToldOf: the station's own disk, before anything is begun and in
// the middle. Nothing is left of what was begun, and the live data has its room.
func TestAFullDiskIsToldOf(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	for name, enough := range map[string]int{"from the beginning": 0, "in the middle": 2} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			h.SetFree(func(string) (int64, error) {
				if asked++; asked > enough {
					return 500 << 20, nil
				}
				return 1 << 40, nil
			})
			defer h.keep()
			h.rows = nil
			_, err := h.Make(t.Context())
			if !errors.Is(err, backup.ErrNoRoom) || !strings.Contains(fmt.Sprint(err), "500 MiB are free") {
				t.Errorf("made with %v", err)
			}
			if left, err := os.ReadDir(filepath.Join(h.in("backup"), "spool")); len(left) > 0 || err != nil {
				t.Errorf("in the spool: %v, %v", left, err)
			}
			if !h.noted("backup.failed", false) {
				t.Error("it is not told of")
			}
			asked = enough
			if _, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set}); !errors.Is(err, backup.ErrNoRoom) {
				t.Errorf("restored with %v", err)
			}
			h.untouched()
			if h.sets() != 1 {
				t.Errorf("there are %d sets", h.sets())
			}
		})
	}
}
