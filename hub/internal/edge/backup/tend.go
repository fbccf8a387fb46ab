package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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
	f, err := lock(filepath.Join(k.Dir, "lock"))
	k.unsettled.Store(errors.Is(err, ErrBusy))
	if k.unsettled.Load() {
		return nil // a command is at work; what is there is its own, and Tend looks again
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // closing releases it
	r := k.restored()
	if r != nil && r.State == wire.RestoreWorking {
		r.State, r.Problem, r.Ended = wire.RestoreFailed, "the hub ended while it was being made", k.Now().UTC()
		k.noteRestore(*r)
	}
	if err := k.clearHalves(); err != nil {
		return err
	}
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

// clearHalves removes sets from the spool that were not made to their end.
func (k *Keeper) clearHalves() error {
	whole, waits := k.spooled()
	entries, err := os.ReadDir(filepath.Join(k.Dir, "spool"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("looking for unfinished backups: %w", err)
	}
	for _, e := range entries {
		if waits && e.Name() == whole.ID {
			continue
		}
		if err := os.RemoveAll(k.spool(e.Name())); err != nil {
			return fmt.Errorf("clearing an unfinished backup: %w", err)
		}
	}
	return nil
}

// Tend does what is due: a backup, the places that lack the newest, a rehearsal,
// a look at the places. It is called every minute or so and returns soon; what
// takes long goes on by itself.
func (k *Keeper) Tend(ctx context.Context) error {
	if k.unsettled.Load() {
		if err := k.Recover(); err != nil {
			return err
		}
	}
	k.lookAgain()
	now := k.Now()
	var st state
	busy := false
	k.recall(func(s *state) { st, busy = *s, k.job != nil }) // only times are read of it
	d := owed(k.planOf(&st), k.Zone, now, st)
	if !d.missed.IsZero() {
		k.Log.Warn("a planned backup was missed", "planned", d.missed)
		k.tell(ctx, audit.Row{
			Action: "backup.missed", Object: objectBackup, ObjectID: d.missed.UTC().Format(time.RFC3339),
			Result: string(wire.ProblemStorage), Note: "planned for " + d.missed.In(k.Zone).Format("2006-01-02 15:04"),
		})
		k.remember(func(s *state) { s.Told = d.missed })
	}
	switch {
	case busy:
		return nil
	case d.make:
		return quiet(k.BeginMaking())
	case k.lacksNewest():
		return quiet(k.send(ErrandStore, ""))
	case k.drillDue(st, now):
		return quiet(k.BeginDrill(""))
	case k.verifyDue(st, now):
		return quiet(k.BeginVerifying())
	}
	return nil
}

// verifyEvery is how often all copies are read back: disks and buckets lose
// things without a word.
const verifyEvery = 7 * 24 * time.Hour

// verifyDue reports whether all copies are to be read back again: each was when
// it was made.
func (k *Keeper) verifyDue(st state, now time.Time) bool {
	since := st.Verified
	if since.IsZero() {
		since = st.Begun
	}
	return now.Sub(since).Abs() >= verifyEvery
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
func (k *Keeper) lookAgain() {
	for _, s := range k.spots {
		if k.Now().Sub(k.last(s).when).Abs() < lookEvery || !s.looking.TryLock() {
			continue
		}
		k.jobs.Go(func() {
			defer s.looking.Unlock()
			_, _ = k.look(k.ctx, s) // what fails is noted at the place
		})
	}
}

// drillDue reports whether a rehearsal is due: the newest set was not rehearsed,
// or the last rehearsal is a day old.
func (k *Keeper) drillDue(st state, now time.Time) bool {
	if len(k.Identities.Public()) == 0 || now.Sub(st.Drilled).Abs() < retryAfter || now.Sub(st.Made).Abs() < afterMaking {
		return false
	}
	newest := time.Time{}
	good := false
	for _, s := range k.spots {
		for _, h := range k.last(s).sets {
			if k.toRehearse(h) && !h.At.Before(newest) {
				newest, good = h.At, h.drill != nil
			}
		}
	}
	return !newest.IsZero() && (!good || now.Sub(st.Drilled).Abs() >= drillEvery)
}

// ahead is how far ahead of the clock a set may be: one beyond it was made when
// the clock was wrong, and would count as the newest for as long.
const ahead = time.Hour

// toRehearse reports whether a set is of the kind that is rehearsed every night,
// and of those that this hub opens: after a total loss it has a new key.
func (k *Keeper) toRehearse(h held) bool {
	return (h.Kind == wire.BackupFull || !k.own()) && !h.At.After(k.Now().Add(ahead)) && k.Identities.Opens(h.Recipients)
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
// place that can be reached, as of the last look, and where it was not tried
// just now.
func (k *Keeper) lacksNewest() bool {
	m, ok := k.spooled()
	if !ok {
		return false
	}
	for _, s := range k.spots {
		if s.trouble() == "" && k.lacks(s, m.ID) && s.restedFor(k.Now()) >= retryAfter {
			return true
		}
	}
	return false
}

// restedFor is how long ago a set was begun to be stored at a place.
func (s *spot) restedFor(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.stored).Abs()
}

// lacks reports whether a place was looked at and has no good copy of a set.
func (k *Keeper) lacks(s *spot, set string) bool {
	all := k.last(s)
	if all.when.IsZero() {
		return false
	}
	for _, h := range all.sets {
		if h.ID == set {
			return k.rank(copyOf{held: h, at: s}) == 0
		}
	}
	return true
}

// catchUp stores the set of the spool at the places that lack it.
func (k *Keeper) catchUp(ctx context.Context, j *job) error {
	m, ok := k.spooled()
	if !ok {
		return nil
	}
	j.about(m.ID)
	j.to(wire.StepStore)
	at := k.everywhere(ctx)
	j.of(2 * m.Stored() * int64(len(k.spots)))
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	for _, s := range k.spots {
		_, reached := at[s]
		if reached && !k.lacks(s, m.ID) {
			j.add(2 * m.Stored())
			continue
		}
		wg.Go(func() {
			err := k.storeAt(ctx, j, s, m, nil)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if err == nil {
		k.dropSpool(m.ID)
	}
	return err
}
