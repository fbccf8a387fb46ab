package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

// TestS082RestoreOfAChosenBackup: what was there is there again, what came after
// is told of before and gone afterwards, and the data from before stays until it
// is put away.
func TestS082RestoreOfAChosenBackup(t *testing.T) {
	h := newHouse(t)
	h.media["media/2026/03/A"], h.named = []byte("a picture, sealed"), []string{"media/2026/03/A"}
	first := h.made()
	h.exec("INSERT INTO people (name) VALUES ('later')")
	h.later(time.Minute)
	second := h.made()
	h.exec("INSERT INTO people (name) VALUES ('last')")
	delete(h.media, "media/2026/03/A")

	r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: first})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.names(); len(got) != 3 {
		t.Fatalf("the live data was touched: %q", got)
	}
	if r.State != wire.RestoreReady || r.Lost == nil || r.Lost.Members != 2 || r.Lost.Seconds != 60 {
		t.Errorf("ready as %+v, lost %+v", r, r.Lost)
	}
	for _, proof := range []wire.BackupProof{wire.ProofTables, wire.ProofLedger, wire.ProofMedia} {
		if !slices.ContainsFunc(r.Checks, func(c wire.BackupCheck) bool { return c.Proof == proof && c.OK && c.Count > 0 }) {
			t.Errorf("%s was not proved: %+v", proof, r.Checks)
		}
	}
	before, err := h.Timeline()
	if err != nil {
		t.Fatal(err)
	}
	h.switchOver(r)
	if got := h.names(); !slices.Equal(got, []string{known}) {
		t.Errorf("restored %q", got)
	}
	if string(h.media["media/2026/03/A"]) != "a picture, sealed" {
		t.Error("the picture is not back")
	}
	if after, err := h.Timeline(); err != nil || after == before {
		t.Errorf("the same life goes on: %s, %v", after, err)
	}
	state := h.Fresh(t.Context())
	if state.Restore == nil || state.Restore.State != wire.RestoreDone {
		t.Fatalf("told of as %+v", state.Restore)
	}
	aside := h.in("before-" + r.ID)
	if _, err := os.Stat(aside); err != nil {
		t.Errorf("the data from before: %v", err)
	}
	if err := h.PutAway(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(aside); !errors.Is(err, fs.ErrNotExist) || h.State(t.Context()).Restore != nil {
		t.Errorf("put away, and there is %v", err)
	}
	// Having gone back, one can go forward again.
	again, err := h.Restore(t.Context(), wire.RestoreAsk{Set: second})
	if err != nil {
		t.Fatal(err)
	}
	h.switchOver(again)
	if got := h.names(); !slices.Equal(got, []string{known, "later"}) {
		t.Errorf("restored %q", got)
	}
}

// TestI004RestoreToASecond brings back what was committed in a second and before
// it, and nothing of the next.
func TestI004RestoreToASecond(t *testing.T) {
	h := newHouse(t)
	moment := h.now().Add(10 * time.Second)
	h.made()
	shipping := h.ship()
	for i, name := range []string{"8", "9", "10a", "10b", "11", "12"} {
		second := []int{8, 9, 10, 10, 11, 12}[i]
		h.at(h.now().Add(time.Duration(second)*time.Second), name)
	}
	h.later(20 * time.Second)
	h.shipped()
	h.exec("DROP TABLE people")
	h.later(20 * time.Second)
	h.shipped()
	shipping()

	state := h.Fresh(t.Context())
	if moment.Before(state.From) || moment.After(state.Until) || len(state.Gaps) > 0 {
		t.Errorf("from %v until %v, except %v", state.From, state.Until, state.Gaps)
	}
	h.exec("CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60))") // for Loss
	r, err := h.Restore(t.Context(), wire.RestoreAsk{At: moment})
	if err != nil {
		t.Fatal(err)
	}
	h.switchOver(r)
	if got := h.names(); !slices.Equal(got, []string{known, "8", "9", "10a", "10b"}) {
		t.Errorf("as of second 10 there is %q", got)
	}
}

// TestS083AMachineIsLost: everything but the places is gone, and what the log
// brought there is the last that is restored.
func TestS083AMachineIsLost(t *testing.T) {
	h := newHouse(t)
	h.made()
	shipping := h.ship()
	h.exec("INSERT INTO people (name) VALUES ('today')")
	h.later(time.Minute) // beyond what the server's clock says
	h.shipped()
	shipping()
	h.shut()
	for _, name := range []string{"db", "backup", "restore"} {
		if err := os.RemoveAll(h.in(name)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := backup.Rescue(t.Context(), h.deps.Spots, h.deps.Identities, "", time.Time{}, func(files []backup.File) (archive.PublicKey, error) {
		return h.deps.Signer.Public(), nil
	})
	if err != nil || len(files) != 1 || string(files[0].Content) != "a wrapped key" {
		t.Fatalf("rescued %q, %v", files, err)
	}
	h.deps.Switch = nil // no hub is at work
	h.keep()
	ask, err := h.Choose(t.Context(), wire.RestoreAsk{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Restore(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.PlanSwitch(r); err != nil {
		t.Fatal(err)
	}
	if done, err := h.switching().Finish(); !done || err != nil {
		t.Fatalf("done %v, %v", done, err)
	}
	h.open()
	if got := h.names(); !slices.Equal(got, []string{known, "today"}) {
		t.Errorf("restored %q", got)
	}
}

// ship begins to ship the log and answers what ends it.
func (h *house) ship() (stop func()) {
	ctx, cancel := contextOf(h.t)
	done := make(chan error, 1)
	go func() { done <- h.Ship(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	}
}

// shipped waits until the log has reached the places up to the clock.
func (h *house) shipped() {
	h.t.Helper()
	behind := ""
	defer func() {
		if behind != "" {
			h.t.Log("behind is", behind)
		}
	}()
	await(h.t, "the log to be shipped", func() bool {
		behind = ""
		for _, p := range h.State(h.t.Context()).Places {
			if p.LogAt.Before(h.now()) {
				behind = fmt.Sprintf("%+v", p)
			}
		}
		return behind == ""
	})
}

// TestS073ABackupShowsNothing: no object at the place holds what is in the
// database, the keys or the log, in clear.
func TestS073ABackupShowsNothing(t *testing.T) {
	h := newHouse(t)
	shipping := h.ship()
	h.made()
	h.exec("INSERT INTO people (name) VALUES (?)", known)
	h.later(time.Second)
	h.shipped()
	shipping()
	if _, err := h.Drill(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	objects := 0
	err := filepath.WalkDir(h.in("local"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, secret := range []string{known, known[:9], known[10:], "a wrapped key"} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
		objects++
		return err
	})
	if err != nil || objects < 6 {
		t.Errorf("%d objects, %v", objects, err)
	}
}

// TestDamageIsFoundAndTheLiveDataStays goes through what may be wrong with a
// set. Each is refused in words, leaves nothing beside the live data, and is no
// reason to touch that.
func TestDamageIsFoundAndTheLiveDataStays(t *testing.T) {
	h := newHouse(t)
	other, set := h.made(), h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	in := func(name string) string { return filepath.Join(h.in("local"), "sets", set, name) }
	damages := map[string]struct {
		file string
		do   func(path string) error
		want string
	}{
		"altered":          {"database.0001.zst.age", flip, "altered"},
		"cut":              {"database.0001.zst.age", cut, "bytes"},
		"missing":          {"database.0001.zst.age", os.Remove, "missing"},
		"swapped":          {"database.0001.zst.age", copyOver(strings.Replace(in("database.0001.zst.age"), set, other, 1)), ""},
		"altered tail":     {"tail.0001.zst.age", flip, "altered"},
		"altered manifest": {"manifest.json", flip, "there is no such backup"},
		"other's manifest": {"manifest.json", copyOver(strings.Replace(in("manifest.json"), set, other, 1)), "there is no such backup"},
		"cut manifest":     {"manifest.json", cut, "there is no such backup"},
	}
	for name, d := range damages {
		t.Run(name, func(t *testing.T) {
			good, err := os.ReadFile(in(d.file))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.do(in(d.file)); err != nil {
				t.Fatal(err)
			}
			h.keep() // what was read before is not remembered
			_, err = h.Restore(t.Context(), wire.RestoreAsk{Set: set})
			if err == nil || !strings.Contains(err.Error(), d.want) {
				t.Errorf("restored with %v, want %q", err, d.want)
			}
			if err := h.Verify(t.Context()); err == nil && d.file != "manifest.json" {
				t.Error("reading back found nothing")
			}
			h.untouched()
			if err := os.WriteFile(in(d.file), good, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	h.keep()
	if err := h.Verify(t.Context()); err != nil {
		t.Errorf("mended, and %v", err)
	}
	if _, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set}); err != nil {
		t.Errorf("mended, and %v", err)
	}
}

// untouched holds that the live data is as it was and nothing is left beside it.
func (h *house) untouched() {
	h.t.Helper()
	if got := h.names(); !slices.Equal(got, []string{known, "live"}) {
		h.t.Errorf("the live data is %q", got)
	}
	left, err := os.ReadDir(h.in("restore"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
		h.t.Errorf("left beside it: %v, %v", left, err)
	}
}

func flip(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[len(content)/2] ^= 1
	return os.WriteFile(path, content, 0o600)
}

func cut(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()-2)
}

func copyOver(from string) func(string) error {
	return func(path string) error {
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o600)
	}
}

// TestWhatThisHubCannotRestoreIsRefused before anything is fetched.
func TestWhatThisHubCannotRestoreIsRefused(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	good := h.deps
	for name, c := range map[string]struct {
		change func(d *backup.Deps)
		want   error
	}{
		"older hub":      {func(d *backup.Deps) { d.Source.Schema = 99 }, backup.ErrUnfit},
		"foreign server": {func(d *backup.Deps) { d.Source.DSN = "somebody@tcp(else)/x" }, backup.ErrUnfit},
		"no key":         {func(d *backup.Deps) { d.Identities = archive.Identities{} }, backup.ErrNoKey},
		"another key":    {func(d *backup.Deps) { d.Identities = h.otherKey() }, backup.ErrNoKey},
		"another hub":    {func(d *backup.Deps) { d.Signer = archive.NewSigner([32]byte{2}) }, backup.ErrNoSet},
	} {
		t.Run(name, func(t *testing.T) {
			h.deps = good
			c.change(&h.deps)
			h.keep()
			if _, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set}); !errors.Is(err, c.want) {
				t.Errorf("refused with %v, want %v", err, c.want)
			}
			h.untouched()
		})
	}
	h.deps = good
	h.keep()
	for name, ask := range map[string]wire.RestoreAsk{
		"unknown":    {Set: "01M84K6JMBJAVDVM7T388JVDZV"},
		"elsewhere":  {Set: set, Place: "cloud"},
		"too early":  {At: h.now().Add(-time.Hour)},
		"the future": {At: h.now().Add(time.Hour)},
	} {
		if _, err := h.Restore(t.Context(), ask); !errors.Is(err, backup.ErrNoSet) {
			t.Errorf("%s: refused with %v", name, err)
		}
	}
	h.untouched()
}

// TestADifferenceIsFound: restored data that is not what was backed up never
// becomes ready.
func TestADifferenceIsFound(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.wrong = wire.ProofLedger
	d, err := h.Drill(t.Context(), set)
	if !errors.Is(err, backup.ErrUnproved) || d.OK || !h.noted("backup.drill", false) {
		t.Errorf("rehearsed as %+v, %v", d, err)
	}
	if s := h.set(set); s.Good || s.Drill == nil || s.Drill.OK {
		t.Errorf("the backup counts as %+v", s)
	}
	if _, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set}); !errors.Is(err, backup.ErrUnproved) {
		t.Errorf("restored with %v", err)
	}
	if r := h.State(t.Context()).Restore; r == nil || r.State != wire.RestoreFailed || r.Problem == "" {
		t.Errorf("told of as %+v", r)
	}
}
