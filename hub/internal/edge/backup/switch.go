package backup

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// switchFile notes that restored data is to take the live data's place. It is
// written before anything is moved and removed when all is done: whatever comes
// between, Finish goes on where it was.
const switchFile = "switch.json"

// beforePrefix begins the name of the directory that the live data is moved to.
const beforePrefix = "before-"

// Switch is where a switch moves what.
type Switch struct {
	// Dir is where the hub keeps what it knows of its backups, Restore where
	// data is restored beside the live, Live the live data's directory, DataDir
	// the one that holds them all.
	Dir, Restore, Live, DataDir string
	// Anchors sets aside what the second place holds of the log beyond the
	// restored data; name is what tells it apart.
	Anchors func(name string) error
	Now     func() time.Time
	Log     *slog.Logger
}

func planSwitch(dir string, r wire.BackupRestore) error {
	return writeJSON(filepath.Join(dir, switchFile), r)
}

// before is where the live data from before a restore lies.
func before(dataDir, restore string) string { return filepath.Join(dataDir, beforePrefix+restore) }

// removeBefore removes what restores have moved aside.
func removeBefore(dataDir string) error {
	entries, err := os.ReadDir(dataDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		of, ok := strings.CutPrefix(e.Name(), beforePrefix)
		if _, err := id.Parse[id.Command](of); !ok || err != nil {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dataDir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Finish does a switch that was planned, or what is left of it after a crash,
// and reports whether there was one. It is called before the database is
// started, and is two renames: the live data goes aside, the restored takes its
// place. If the restored data is not there the plan is dropped and the live data
// stays.
func (s Switch) Finish() (done bool, err error) {
	path := filepath.Join(s.Dir, switchFile)
	var r wire.BackupRestore
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err := readJSON(path, &r); err != nil {
		return false, err
	}
	restored, aside := filepath.Join(s.Restore, r.ID), before(s.DataDir, r.ID)
	switch {
	case exists(restored):
		if err := s.moveIn(r, restored, aside); err != nil {
			return false, err
		}
	case !exists(s.Live) && exists(aside):
		s.Log.Error("what was restored is gone: the data from before takes its place again", "restore", r.ID)
		if err := move(aside, s.Live); err != nil {
			return false, err
		}
		r.State, r.Problem = wire.RestoreFailed, "what was restored is gone"
		return false, s.noteDone(path, r)
	case !exists(aside):
		s.Log.Error("what was restored is gone: the live data stays as it is", "restore", r.ID)
		r.State, r.Problem = wire.RestoreFailed, "what was restored is gone"
		return false, s.noteDone(path, r)
	}
	s.Log.Warn("restored data has taken the live data's place", "set", r.Set, "moment", r.At, "before", aside)
	r.State = wire.RestoreDone
	return true, s.noteDone(path, r)
}

// moveIn moves the live data aside, if there is any left, and the restored in.
func (s Switch) moveIn(r wire.BackupRestore, restored, aside string) error {
	if s.Anchors != nil {
		if err := s.Anchors(r.ID); err != nil {
			return fmt.Errorf("setting the log's anchors aside: %w", err)
		}
	}
	if exists(s.Live) {
		if exists(aside) {
			return fmt.Errorf("backup: %s is there already; move it away", aside)
		}
		if err := move(s.Live, aside); err != nil {
			return err
		}
	}
	return move(restored, s.Live)
}

// noteDone notes how a switch ended and forgets the plan, in this order: noting
// it twice does no harm.
func (s Switch) noteDone(path string, r wire.BackupRestore) error {
	file := filepath.Join(s.Dir, "state.json")
	var st state
	if err := readJSON(file, &st); err != nil {
		st = state{}
	}
	r.Ended = s.Now().UTC()
	st.Restore = &r
	if r.State == wire.RestoreDone {
		st.Restored = r.Ended // it is backed up at once
	}
	if err := writeJSON(file, &st); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("forgetting the switch: %w", err)
	}
	return syncDir(s.Dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// move renames a directory, durably.
func move(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("moving %s: %w", from, err)
	}
	if err := syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(from))
}
