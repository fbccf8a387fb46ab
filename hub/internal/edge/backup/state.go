package backup

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"forecourt/shared/wire"
)

// state is what is remembered of the backups beside what the places hold. It
// can be lost: then places are met anew and copies are read back again.
type state struct {
	// Schedule is what the office chose; nil for what is configured.
	Schedule *wire.BackupSchedule `json:"schedule,omitempty"`
	// Begun is when this hub first looked after backups: what was planned before
	// was not missed.
	Begun time.Time `json:"begun,omitzero"`
	// Tried is when a backup was last begun, Made when one was last finished,
	// Told the planned time that was told of as missed.
	Tried time.Time `json:"tried,omitzero"`
	Made  time.Time `json:"made,omitzero"`
	Told  time.Time `json:"told,omitzero"`
	// Verified is when all copies were last begun to be read back.
	Verified time.Time `json:"verified,omitzero"`
	// Restored is when restored data took over, until it was backed up: it is
	// another life, and nothing of it is anywhere yet.
	Restored time.Time `json:"restored,omitzero"`
	// Drilled is when a rehearsal was last begun.
	Drilled time.Time `json:"drilled,omitzero"`
	// Places holds the mark of every place that was met, by name.
	Places map[string]string `json:"places,omitempty"`
	// Took is how long each step of the last job of a kind took.
	Took map[wire.BackupJob]map[wire.BackupStep]int64 `json:"took,omitempty"`
	// Checks is what reading back found, by place and set.
	Checks map[string]map[string]check `json:"checks,omitempty"`
	// Drills is the last rehearsals, newest first.
	Drills []wire.BackupDrill `json:"drills,omitempty"`
	// Restore is the restore that was begun and not put away.
	Restore *wire.BackupRestore `json:"restore,omitempty"`
}

// check is what reading a copy back found.
type check struct {
	At      time.Time `json:"at"`
	Problem string    `json:"problem,omitempty"`
}

func (k *Keeper) stateFile() string { return filepath.Join(k.Dir, "state.json") }

func (k *Keeper) loadState() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reload()
	if !k.state.Begun.IsZero() {
		return nil
	}
	return k.change(func(s *state) { s.Begun = k.Now().UTC() })
}

// reload reads the state again if another process has written it: a command
// works beside the hub. The caller holds mu.
func (k *Keeper) reload() {
	info, err := os.Stat(k.stateFile())
	if err != nil || k.stateInfo != nil && os.SameFile(info, k.stateInfo) && info.ModTime().Equal(k.stateInfo.ModTime()) {
		return
	}
	var read state
	if err := readJSON(k.stateFile(), &read); err != nil {
		// It is a help and no more: what is in it comes back by itself.
		k.Log.Warn("what was remembered of the backups cannot be read and is begun anew", "error", err)
		return
	}
	k.state, k.stateInfo = read, info
}

// change changes the state and keeps it, after what others have written. The
// caller holds mu.
func (k *Keeper) change(change func(s *state)) error {
	f, err := lockFile(filepath.Join(k.Dir, "state.lock"), unix.LOCK_EX)
	if err == nil {
		defer func() { _ = f.Close() }() // closing releases it
		k.reload()
	}
	change(&k.state)
	if err = errors.Join(err, writeJSON(k.stateFile(), &k.state)); err != nil {
		return err
	}
	k.stateInfo, err = os.Stat(k.stateFile())
	return err
}

// remember changes the state and keeps it.
func (k *Keeper) remember(change func(s *state)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.change(change); err != nil {
		k.Log.Warn("what is known of the backups was not kept", "error", err)
	}
}

// recall reads the state, which must not be kept beyond the call.
func (k *Keeper) recall(read func(s *state)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reload()
	read(&k.state)
}

// checked notes what reading a copy back found.
func (k *Keeper) checked(place, set string, problem string) {
	k.remember(func(s *state) {
		if s.Checks == nil {
			s.Checks = map[string]map[string]check{}
		}
		if s.Checks[place] == nil {
			s.Checks[place] = map[string]check{}
		}
		s.Checks[place][set] = check{At: k.Now().UTC(), Problem: problem}
	})
}

// forget forgets what reading sets back found: they are gone.
func (k *Keeper) forget(place string, sets []string) {
	k.remember(func(s *state) {
		for _, set := range sets {
			delete(s.Checks[place], set)
		}
	})
}

func (k *Keeper) checkOf(place, set string) (c check, ok bool) {
	k.recall(func(s *state) { c, ok = s.Checks[place][set] })
	return c, ok
}
