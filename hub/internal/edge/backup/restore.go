package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"forecourt/hub/internal/platform/background"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// BeginRestore begins to bring a set, or a moment, back beside the live data, and
// returns at once. What came of it is in State, and waits for Switch or PutAway.
func (k *Keeper) BeginRestore(ctx context.Context, ask wire.RestoreAsk) error {
	c, moment, err := k.pick(ctx, ask)
	if err != nil {
		return err
	}
	if k.busy() {
		return ErrBusy
	}
	if err := k.clearRestore(ctx); err != nil {
		return err
	}
	r := k.newRestore(c, moment)
	k.noteRestore(r)
	err = k.run(wire.BackupRestoring, c.ID, func(ctx context.Context, j *job) error { return k.restore(ctx, j, r, c, moment) })
	if err != nil {
		k.remember(func(s *state) { s.Restore = nil })
	}
	return err
}

// busy reports whether a job is under way in this process.
func (k *Keeper) busy() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.job != nil
}

// Restore is BeginRestore for a caller that waits.
func (k *Keeper) Restore(ctx context.Context, ask wire.RestoreAsk) (wire.BackupRestore, error) {
	c, moment, err := k.pick(ctx, ask)
	if err != nil {
		return wire.BackupRestore{}, err
	}
	if err := k.clearRestore(ctx); err != nil {
		return wire.BackupRestore{}, err
	}
	r := k.newRestore(c, moment)
	err = k.did(ctx, wire.BackupRestoring, c.ID, func(ctx context.Context, j *job) error { return k.restore(ctx, j, r, c, moment) })
	done := k.restored()
	if done == nil {
		return r, err
	}
	return *done, err
}

// newRestore is a restore that begins.
func (k *Keeper) newRestore(c copyOf, moment time.Time) wire.BackupRestore {
	at := c.At
	if !moment.IsZero() {
		at = moment
	}
	return wire.BackupRestore{
		ID: id.New[id.Command](k.ids).String(), Set: c.ID, Place: c.at.Name, At: at.UTC(), State: wire.RestoreWorking, Began: k.Now().UTC(),
	}
}

// byHand is how a set of another's server is restored: that server is not the
// hub's to stop and to replace.
const byHand = "the database server is another's; load the backup there by hand: " +
	"cat dump.*.zst.age | age -d -i KEYFILE | zstd -d | mariadb"

// pick is the set, and the moment on top of it, that was asked for.
func (k *Keeper) pick(ctx context.Context, ask wire.RestoreAsk) (c copyOf, moment time.Time, err error) {
	if !k.own() {
		return c, moment, fmt.Errorf("%w: %s", ErrUnfit, byHand)
	}
	if len(k.Identities.Public()) == 0 {
		return c, moment, ErrNoKey
	}
	moment = ask.At
	if moment.After(k.Now()) {
		return c, moment, fmt.Errorf("%w: %s has not come yet", ErrNoSet, moment.Format(time.RFC3339))
	}
	if moment.IsZero() {
		c, err = k.find(ctx, ask.Set, ask.Place)
	} else {
		c, err = k.reaching(ctx, ask)
	}
	if err != nil {
		return c, moment, err
	}
	return c, moment, k.fit(ctx, c, moment)
}

// Choose is what is asked for when nothing is named: the newest moment there is.
func (k *Keeper) Choose(ctx context.Context, ask wire.RestoreAsk) (wire.RestoreAsk, error) {
	if ask.Set != "" || !ask.At.IsZero() {
		return ask, nil
	}
	var newest held
	for s, all := range k.everywhere(ctx) {
		for _, h := range all.sets {
			if h.missing == "" && h.At.After(newest.At) && (ask.Place == "" || s.Name == ask.Place) {
				newest = h
			}
		}
	}
	if newest.ID == "" {
		return ask, ErrNoSet
	}
	if newest.Timeline == "" {
		ask.Set = newest.ID
		return ask, nil
	}
	ask.At = k.Now()
	return ask, nil
}

// reaching is the newest set from which the log leads to a moment without a
// hole, and the place that has both. What nothing leads to is refused: the
// data would be of an earlier moment than was asked for.
func (k *Keeper) reaching(ctx context.Context, ask wire.RestoreAsk) (best copyOf, err error) {
	live := k.liveTimeline()
	for s, all := range k.everywhere(ctx) {
		if ask.Place != "" && s.Name != ask.Place {
			continue
		}
		for _, h := range all.sets {
			c := copyOf{held: h, at: s}
			if ask.Set != "" && h.ID != ask.Set || h.Timeline == "" || h.At.After(ask.At.Add(time.Second-1)) {
				continue
			}
			if k.leads(h, all, s, live, ask.At) && (best.at == nil || k.better(c, best)) {
				best = c
			}
		}
	}
	if best.at == nil {
		return best, fmt.Errorf("%w: nothing leads to %s", ErrNoSet, ask.At.Format(time.RFC3339))
	}
	return best, nil
}

// better reports whether one copy is to be preferred to another for getting to a
// moment: one that is not known to be damaged, of the newest set, at the place
// that is to be trusted most.
func (k *Keeper) better(a, b copyOf) bool {
	if whole := k.rank(a) > 0; whole != (k.rank(b) > 0) {
		return whole
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(k.rank(a), k.rank(b)), cmp.Compare(k.order(b.at), k.order(a.at))) > 0
}

// liveTimeline is that of the data at work, "" where no hub is at work here.
func (k *Keeper) liveTimeline() string {
	if !k.own() || k.Switch == nil {
		return ""
	}
	live, err := k.Timeline()
	if err != nil {
		return ""
	}
	return live
}

// leads reports whether the log leads from a set to a moment at a place: it
// reaches beyond it, or it is the newest there is of data that is at work, or
// of data that is lost, whose end is all that is left.
func (k *Keeper) leads(h held, all seen, s *spot, live string, moment time.Time) bool {
	_, until := chainOf(h.Manifest, all.logs)
	if !until.Before(moment) {
		return true
	}
	if !unbroken(h.Manifest, all.logs) {
		return false
	}
	if h.Timeline == live {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.logAt.Before(moment)
	}
	return live == "" && newestTimeline(all) == h.Timeline
}

// newestTimeline is the timeline of the newest set of a place.
func newestTimeline(all seen) string {
	for i := len(all.sets) - 1; i >= 0; i-- {
		if t := all.sets[i].Timeline; t != "" {
			return t
		}
	}
	return ""
}

// restored is the restore that is remembered, nil for none.
func (k *Keeper) restored() (r *wire.BackupRestore) {
	k.recall(func(s *state) {
		if s.Restore != nil {
			of := *s.Restore
			r = &of
		}
	})
	return r
}

func (k *Keeper) noteRestore(r wire.BackupRestore) {
	k.remember(func(s *state) { s.Restore = &r })
}

// restore brings a set back beside the live data and leaves it there, fit to
// take over.
func (k *Keeper) restore(ctx context.Context, j *job, r wire.BackupRestore, c copyOf, moment time.Time) error {
	k.noteRestore(r)
	dir := k.restoreDir(r.ID)
	err := k.bringFit(ctx, j, &r, c, moment, dir)
	if err == nil {
		r.State = wire.RestoreReady
	} else {
		err = errors.Join(err, background.RemoveAll(ctx, dir))
		r.State, r.Problem, r.Ended = wire.RestoreFailed, firstLine(err.Error()), k.Now().UTC()
		if errors.Is(err, context.Canceled) {
			r.Problem = "it was broken off"
		}
	}
	k.noteRestore(r)
	k.tell(ctx, resultRow("backup.restore", r.Set, err))
	return err
}

// bringFit brings a set back, says what would be lost, and makes it fit to take
// over.
func (k *Keeper) bringFit(ctx context.Context, j *job, r *wire.BackupRestore, c copyOf, moment time.Time, dir string) (err error) {
	b, err := k.bring(ctx, j, c, moment, dir)
	r.Checks, r.At = b.proved, b.at.UTC()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop(ctx)) }()
	lost, err := k.Prover.Loss(ctx, b.server.Endpoint)
	if err != nil {
		return err
	}
	lost.Seconds = int64(max(0, k.Now().Sub(r.At)) / time.Second)
	r.Lost = &lost
	if err := k.Prover.Settle(ctx, b.server.Endpoint, r.At); err != nil {
		return err
	}
	if err := k.bringMedia(ctx, b); err != nil {
		return err
	}
	if _, err := timeline(dir, k.Now, k.Random); err != nil { // another life begins
		return err
	}
	if err := b.stop(ctx); err != nil {
		return err
	}
	return syncAll(dir)
}

// clearRestore puts away a restore that was begun before another is. The data
// from before one that is done stays: who restores again may have chosen wrong
// the first time, and want that back.
func (k *Keeper) clearRestore(ctx context.Context) error {
	r := k.restored()
	if r == nil || r.State == wire.RestoreDone {
		return nil
	}
	return k.PutAway(ctx, r.ID)
}

// PutAway breaks off a restore under way, removes what was restored and did not
// take over, or forgets one that is done together with the data from before it,
// and from before those that were done earlier.
func (k *Keeper) PutAway(ctx context.Context, restore string) error {
	r := k.restored()
	if r == nil || r.ID != restore {
		return ErrNoSet
	}
	switch r.State {
	case wire.RestoreSwitching:
		return ErrBusy
	case wire.RestoreWorking:
		if k.breakOff() {
			return nil // it notes itself as failed; a second time puts it away
		}
	}
	err := os.RemoveAll(k.restoreDir(r.ID))
	if r.State == wire.RestoreDone {
		err = errors.Join(err, removeBefore(k.DataDir))
	}
	if err != nil {
		return fmt.Errorf("putting a restore away: %w", err)
	}
	k.remember(func(s *state) { s.Restore = nil })
	return nil
}

// breakOff ends a restore under way.
func (k *Keeper) breakOff() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.job == nil || k.job.kind != wire.BackupRestoring {
		return false
	}
	k.job.end()
	return true
}

// BeginSwitch has what was restored take the live data's place: the hub ends and
// begins again with it.
func (k *Keeper) BeginSwitch(ctx context.Context, restore string) error {
	r := k.restored()
	if r == nil || r.ID != restore || r.State != wire.RestoreReady {
		return ErrNotReady
	}
	if k.Switch == nil {
		return errors.New("backup: no hub is at work here")
	}
	if err := k.PlanSwitch(*r); err != nil {
		return err
	}
	k.Switch()
	return nil
}

// PlanSwitch notes that a restore is to take over when the hub begins the next
// time.
func (k *Keeper) PlanSwitch(r wire.BackupRestore) error {
	if err := planSwitch(k.Dir, r); err != nil {
		return err
	}
	r.State = wire.RestoreSwitching
	k.noteRestore(r)
	return nil
}
