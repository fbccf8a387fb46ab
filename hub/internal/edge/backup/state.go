package backup

import (
	"path/filepath"
	"time"

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
	err := readJSON(k.stateFile(), &k.state)
	if err != nil {
		// It is a help and no more: what is in it comes back by itself.
		k.Log.Warn("what was remembered of the backups cannot be read and is begun anew", "error", err)
		k.state = state{}
	}
	if k.state.Begun.IsZero() {
		k.state.Begun = k.Now().UTC()
		return k.saveState()
	}
	return nil
}

// saveState keeps the state; the caller holds mu.
func (k *Keeper) saveState() error { return writeJSON(k.stateFile(), &k.state) }

// remember changes the state and keeps it.
func (k *Keeper) remember(change func(s *state)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.state)
	if err := k.saveState(); err != nil {
		k.Log.Warn("what is known of the backups was not kept", "error", err)
	}
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

func (k *Keeper) checkOf(place, set string) (check, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.state.Checks[place][set]
	return c, ok
}
