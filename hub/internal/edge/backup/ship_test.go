package backup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/shared/wire"
)

// write writes some names and waits until a place has them.
func (h *house) write(place string, names ...string) {
	h.t.Helper()
	for _, name := range names {
		h.at(h.now(), name)
	}
	h.later(time.Minute)
	h.reached(place)
}

// reached waits until the log at a place has reached the clock.
func (h *house) reached(place string) {
	h.t.Helper()
	await(h.t, "the log to be shipped to "+place, func() bool { return !h.place(place).LogAt.Before(h.now()) })
}

// pieces is how many pieces of the log a directory has.
func (h *house) pieces(place string) int {
	h.t.Helper()
	found, err := filepath.Glob(filepath.Join(h.in(place), "log", "*", "*.age"))
	if err != nil {
		h.t.Fatal(err)
	}
	return len(found)
}

// restoredFrom is who is in the data as of now at a place, beside the live data.
func (h *house) restoredFrom(place string) (lost int64, err error) {
	h.t.Helper()
	r, err := h.Restore(h.t.Context(), wire.RestoreAsk{At: h.now(), Place: place})
	if err != nil {
		return 0, err
	}
	return r.Lost.Members, nil
}

// TestI004TheLogGoesOnWhereItEnded: at a place that was away for a while, with
// more than waits in memory, after the hub ended and began again, and in pieces
// that were merged. What each place has leads to the last second.
func TestI004TheLogGoesOnWhereItEnded(t *testing.T) {
	h := newHouse(t)
	u := h.withUnruly("second")
	h.Hasten(2<<10, 4<<10, 1<<20, 10*time.Minute)
	h.made()
	shipping := h.ship()
	h.write("second", "a")
	u.set(down)
	h.write("local", "b")
	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprint(i, " ", strings.Repeat("x", 40)))
	}
	h.write("local", many...)
	if lost, err := h.restoredFrom("local"); lost != 0 || err != nil {
		t.Errorf("at the place that was there %d are lost, %v", lost, err)
	}
	u.set()
	h.write("second", "c")
	shipping()

	h.unshipped(many...)
	shipping = h.ship()
	h.reached("second")
	h.reached("local")
	before := h.pieces("local")
	h.later(11 * time.Minute)
	h.write("local", "d")
	await(t, "pieces to be merged", func() bool { return h.pieces("local") < before })
	h.reached("second")
	shipping()
	for _, name := range []string{"local", "second"} {
		if lost, err := h.restoredFrom(name); lost != 0 || err != nil {
			t.Errorf("at %s %d are lost, %v", name, lost, err)
		}
	}
	if s := h.Fresh(t.Context()); len(s.Gaps) != 0 {
		t.Errorf("there are gaps: %v", s.Gaps)
	}
}

// unshipped writes while nobody ships.
func (h *house) unshipped(names ...string) {
	for _, name := range names {
		h.at(h.now(), name)
	}
	h.later(time.Minute)
}

// TestI004AHoleInTheLogIsToldOf: what the server no longer had when the hub came
// back cannot be restored to, which is seen and refused; what was before and what
// came after the next backup can.
func TestI004AHoleInTheLogIsToldOf(t *testing.T) {
	h := newHouse(t)
	h.made()
	shipping := h.ship()
	h.write("local", "before")
	whole := h.now()
	shipping()
	h.unshipped("in the hole")
	h.exec("FLUSH BINARY LOGS")
	h.purge()
	shipping = h.ship()
	h.write("local", "after")
	broken := h.now()
	h.later(time.Minute)
	h.made()
	h.write("local", "later")
	last := h.now()
	shipping()

	s := h.Fresh(t.Context())
	if len(s.Gaps) != 1 {
		t.Fatalf("the gaps are %+v", s.Gaps)
	}
	if s.Gaps[0].From.After(whole) || s.Gaps[0].Until.Before(broken) || s.Until.Before(last) {
		t.Errorf("until %v, except %+v; whole %v, broken %v, last %v", s.Until, s.Gaps, whole, broken, last)
	}
	if _, err := h.Restore(t.Context(), wire.RestoreAsk{At: broken}); !errors.Is(err, backup.ErrNoSet) {
		t.Errorf("into the hole: %v", err)
	}
	for moment, lost := range map[time.Time]int64{s.Gaps[0].From: 3, last: 0} {
		if r, err := h.Restore(t.Context(), wire.RestoreAsk{At: moment}); err != nil || r.Lost.Members != lost {
			t.Errorf("to %v: %+v, %v", moment, r.Lost, err)
		}
	}
}

// purge removes all of the log but its last file, as soon as the server has
// noticed that nobody reads it any more.
func (h *house) purge() {
	h.t.Helper()
	await(h.t, "the log to be purged", func() bool {
		files := h.logFiles()
		h.exec("PURGE BINARY LOGS TO '" + files[len(files)-1] + "'")
		return len(h.logFiles()) == 1
	})
}

// logFiles are the files of the server's log.
func (h *house) logFiles() (files []string) {
	h.t.Helper()
	rows, err := h.db.QueryxContext(h.t.Context(), "SHOW BINARY LOGS")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := rows.SliceScan()
		if err != nil {
			h.t.Fatal(err)
		}
		files = append(files, fmt.Sprintf("%s", row[0]))
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return files
}

// TestOldLogIsRemoved as soon as it is older than it is kept for, but not what
// the newest good backup needs.
func TestOldLogIsRemoved(t *testing.T) {
	h := newHouse(t)
	h.deps.KeepLog = 24 * time.Hour
	h.keep()
	h.Hasten(8<<20, 16<<20, 1<<30, 1000*time.Hour) // nothing is merged
	h.made()
	shipping := h.ship()
	h.write("local", "a")
	if _, err := h.Drill(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	h.later(48 * time.Hour)
	h.write("local", "b")
	h.made() // not rehearsed
	h.later(48 * time.Hour)
	h.write("local", "c")
	h.made()
	kept := h.pieces("local")
	if lost, err := h.restoredFrom("local"); lost != 0 || err != nil || kept < 3 {
		t.Errorf("%d pieces are kept; %d are lost, %v", kept, lost, err)
	}
	if _, err := h.Drill(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if n := h.pieces("local"); n >= kept {
		t.Errorf("%d of %d pieces are left", n, kept)
	}
	shipping()
}

// TestSmallFilesGoToThePlacesWhenTheyChange, and only then.
func TestSmallFilesGoToThePlacesWhenTheyChange(t *testing.T) {
	h := newHouse(t)
	u := h.withUnruly("second")
	count := func(name string) int {
		found, err := os.ReadDir(filepath.Join(h.in(name), "files"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return len(found)
	}
	files := []backup.File{{Name: "keys/erasures", Content: []byte("1")}}
	h.deps.Source.Files = func() ([]backup.File, error) { return slices.Clone(files), nil }
	h.keep()
	ship := func(ok bool) {
		t.Helper()
		if err := h.ShipFiles(t.Context()); (err == nil) != ok {
			t.Fatal(err)
		}
	}
	ship(true)
	ship(true)
	if count("local") != 1 || count("second") != 1 {
		t.Errorf("stored %d and %d times", count("local"), count("second"))
	}
	files[0].Content = []byte("2")
	u.set(down)
	ship(false)
	u.set()
	ship(true)
	if count("local") != 2 || count("second") != 2 {
		t.Errorf("when it changed: stored %d and %d times", count("local"), count("second"))
	}
}
