package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/wire"
)

// afterMaking is how long after a backup of the night it is rehearsed, at the
// earliest: the places come first.
const afterMaking = time.Minute

// Recover puts right what a crash left: it is called once, by the hub, before it
// serves.
func (k *Keeper) Recover() error {
	r := k.restored()
	if r != nil && r.State == wire.RestoreWorking {
		r.State, r.Problem, r.Ended = wire.RestoreFailed, "the hub ended while it was being made", k.Now().UTC()
		k.noteRestore(*r)
	}
	f, err := lock(filepath.Join(k.Dir, "lock"))
	if err != nil {
		return nil //nolint:nilerr // a command is at work; what is there is its own
	}
	defer func() { _ = f.Close() }()
	entries, err := os.ReadDir(k.Beside)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("looking for unfinished restores: %w", err)
	}
	for _, e := range entries {
		if r != nil && e.Name() == r.ID && r.State != wire.RestoreFailed {
			continue
		}
		if err := os.RemoveAll(filepath.Join(k.Beside, e.Name())); err != nil {
			return fmt.Errorf("clearing an unfinished restore: %w", err)
		}
	}
	return nil
}

// Tend does what is due: a backup, the places that lack the newest, a rehearsal,
// a look at the places. It is called every minute or so and returns soon; what
// takes long goes on by itself.
func (k *Keeper) Tend(ctx context.Context) error {
	k.lookAgain(ctx)
	now := k.Now()
	k.mu.Lock()
	busy := k.job != nil
	st := k.state
	k.mu.Unlock()
	d := owed(k.Plan(), k.Zone, now, st)
	if !d.missed.IsZero() {
		k.Log.Warn("a planned backup was missed", "planned", d.missed)
		k.tell(ctx, audit.Row{
			Action: "backup.missed", Object: objectBackup, Result: string(wire.ProblemStorage),
			Note: "planned for " + d.missed.In(k.Zone).Format("2006-01-02 15:04"),
		})
		k.remember(func(s *state) { s.Told = d.missed })
	}
	switch {
	case busy:
		return nil
	case d.make:
		return quiet(k.BeginMaking())
	case k.lacksNewest():
		return quiet(k.run(wire.BackupMaking, "", k.catchUp))
	case k.drillDue(st, now):
		return quiet(k.BeginDrill(""))
	}
	return nil
}

// quiet is no error when somebody else was quicker.
func quiet(err error) error {
	if errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// lookAgain looks at the places that were not looked at for a while, each in
// its own time: one that hangs keeps nobody waiting.
func (k *Keeper) lookAgain(ctx context.Context) {
	for _, s := range k.spots {
		if k.Now().Sub(k.last(s).when) < lookEvery || !s.looking.TryLock() {
			continue
		}
		k.jobs.Go(func() {
			defer s.looking.Unlock()
			_, _ = k.look(context.WithoutCancel(ctx), s) // what fails is noted at the place
		})
	}
}

// drillDue reports whether a rehearsal is due: the newest set was not rehearsed,
// or the last rehearsal is a day old.
func (k *Keeper) drillDue(st state, now time.Time) bool {
	if len(k.Identities.Public()) == 0 || now.Sub(st.Drilled) < retryAfter || now.Sub(st.Made) < afterMaking {
		return false
	}
	newest := time.Time{}
	good := false
	for _, s := range k.spots {
		for _, h := range k.last(s).sets {
			if (h.Kind == wire.BackupFull || !k.own()) && !h.At.Before(newest) {
				newest, good = h.At, h.drill != nil
			}
		}
	}
	return !newest.IsZero() && (!good || now.Sub(st.Drilled) >= drillEvery)
}

// spooled is the set that waits in the spool for places that lack it.
func (k *Keeper) spooled() (m archive.Manifest, ok bool) {
	entries, err := os.ReadDir(filepath.Join(k.Dir, "spool"))
	if err != nil {
		return m, false
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(k.spool(e.Name()), archive.ManifestName))
		if err != nil {
			continue
		}
		if m, err = k.Signer.Public().Decode(text); err == nil && m.ID == e.Name() {
			return m, true
		}
	}
	return m, false
}

// lacksNewest reports whether a set of the spool is to be tried again: at a
// place that can be used, as of the last look.
func (k *Keeper) lacksNewest() bool {
	m, ok := k.spooled()
	if !ok {
		return false
	}
	for _, s := range k.spots {
		if s.trouble() == "" && !k.has(s, m.ID) {
			return true
		}
	}
	return false
}

func (k *Keeper) has(s *spot, set string) bool {
	for _, h := range k.last(s).sets {
		if h.ID == set {
			return true
		}
	}
	return false
}

// catchUp stores the set of the spool at the places that lack it.
func (k *Keeper) catchUp(ctx context.Context, j *job) error {
	m, ok := k.spooled()
	if !ok {
		return nil
	}
	j.about(m.ID)
	j.to(wire.StepStore)
	var errs []error
	for _, s := range k.spots {
		if k.has(s, m.ID) {
			continue
		}
		errs = append(errs, k.storeAt(ctx, j, s, m))
	}
	err := errors.Join(errs...)
	if err == nil {
		k.dropSpool(m.ID)
	}
	return err
}
