package disaster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/reckon"
	"forecourt/shared/wire"
)

// killInFirst kills the hub while it makes its first backup.
func (d *disaster) killInFirst(ctx context.Context) error {
	return d.killIn(ctx, wire.BackupMaking, wire.StepCopy, d.makeBackup)
}

// killInBackups kills the hub at each step of a backup.
func (d *disaster) killInBackups(ctx context.Context) error {
	for _, step := range []wire.BackupStep{wire.StepCopy, wire.StepSums, wire.StepStore} {
		if err := d.killIn(ctx, wire.BackupMaking, step, d.makeBackup); err != nil {
			return err
		}
	}
	return nil
}

// killInRestores kills the hub at each step of a restore beside the live data,
// and has what is left of that put away.
func (d *disaster) killInRestores(ctx context.Context) error {
	restore := func(ctx context.Context) error {
		_, err := d.office.Restore(ctx, d.till.robot.NewKey(), wire.RestoreAsk{Set: d.set.ID})
		return err
	}
	for _, step := range []wire.BackupStep{wire.StepFetch, wire.StepPrepare, wire.StepReplay, wire.StepProve} {
		if err := d.killIn(ctx, wire.BackupRestoring, step, restore); err != nil {
			return err
		}
		if err := d.clearRestore(ctx); err != nil {
			return err
		}
	}
	return nil
}

// clearRestore puts away the restore that was killed. One that had failed by
// that has left nothing; one that was ready just before is there, whole.
func (d *disaster) clearRestore(ctx context.Context) error {
	b, err := d.office.Backups(ctx)
	if err != nil {
		return err
	}
	left, err := d.h.Beside()
	if err != nil {
		return err
	}
	switch r := b.Restore; {
	case r == nil || r.State != wire.RestoreFailed && r.State != wire.RestoreReady:
		return fmt.Errorf("the restore that was killed is told as %+v", r)
	case r.State == wire.RestoreFailed && len(left) > 0:
		return fmt.Errorf("the restore that was killed left %v", left)
	}
	if _, err = d.office.PutRestoreAway(ctx, d.till.robot.NewKey(), b.Restore.ID); err != nil {
		return err
	}
	if left, err = d.h.Beside(); err == nil && len(left) > 0 {
		err = fmt.Errorf("a restore that was put away left %v", left)
	}
	return err
}

// makeBackup has the hub begin a backup.
func (d *disaster) makeBackup(ctx context.Context) error {
	_, err := d.office.MakeBackup(ctx, d.till.robot.NewKey())
	return err
}

// order is that of the steps of both jobs.
var order = []wire.BackupStep{
	wire.StepCopy, wire.StepSums, wire.StepStore, wire.StepFetch, wire.StepPrepare, wire.StepReplay, wire.StepProve,
}

// withinStep bounds how far into a step the kill comes: about what the shortest
// takes.
const withinStep = 60 * time.Millisecond

// triesEach is how often a step that was over before it was seen is tried again.
const triesEach = 3

// killIn begins a job of the backups, kills the hub when the job is at a step, and
// proves that the live data is as it was. A step that is never seen is left out;
// Report.Err wants some of each job.
func (d *disaster) killIn(ctx context.Context, job wire.BackupJob, step wire.BackupStep, begin func(context.Context) error) error {
	for range triesEach {
		at, err := d.watch(ctx, job, step, begin)
		if err != nil {
			return err
		}
		if at == "" {
			continue // it was done before it was seen
		}
		if err := house.Pause(ctx, rand.N(withinStep)); err != nil {
			return err
		}
		d.h.Hub.Kill()
		if err := d.begin(ctx); err != nil {
			return err
		}
		if err := d.whole(ctx); err != nil {
			return fmt.Errorf("killed at %s of %s: %w", at, job, err)
		}
		d.report.Kills[job] = append(d.report.Kills[job], at)
		return nil
	}
	return nil
}

// watch begins a job and returns when it is at a step or beyond it, and at which;
// "" when it is done.
func (d *disaster) watch(ctx context.Context, job wire.BackupJob, step wire.BackupStep, begin func(context.Context) error) (at wire.BackupStep, err error) {
	asked := make(chan error, 1)
	go func() { asked <- d.ask(ctx, func() error { return begin(ctx) }) }()
	begun := false
	err = house.Await(ctx, fmt.Sprintf("%s to be at %s", job, step), time.Millisecond, func() (bool, error) {
		if !begun {
			select {
			case err := <-asked:
				begun = true
				if err != nil {
					return false, err
				}
			default:
			}
		}
		b, err := d.office.Backups(ctx)
		if at = ""; b.Work != nil && b.Work.Job == job {
			at = b.Work.Step
		}
		return at == "" && begun || at != "" && slices.Index(order, at) >= slices.Index(order, step), err
	})
	return at, err
}

// whole proves that a hub that was killed has everything it had, and that what
// it knows of its backups makes sense.
func (d *disaster) whole(ctx context.Context) error {
	receipts := d.till.robot.Receipts()
	sales, err := reckon.Sales(ctx, d.till.client)
	if err != nil {
		return err
	}
	if gone := unpaid(receipts, sales); len(gone) > 0 {
		return fmt.Errorf("%d payments are gone from the live data, the first for sale %s", len(gone), gone[0].Sale)
	}
	if _, err := kept(d.known, sales); err != nil {
		return err
	}
	return d.sane(ctx)
}

// sane proves that every backup that is listed is one, and that the command line
// lists the same.
func (d *disaster) sane(ctx context.Context) error {
	b, err := d.office.Backups(ctx)
	if err != nil {
		return err
	}
	listed, err := d.h.ListBackups(ctx)
	if err != nil {
		return err
	}
	for _, s := range b.Sets {
		broken := slices.ContainsFunc(s.Copies, func(c wire.BackupCopy) bool { return c.State == wire.CopyDamaged || c.State == wire.CopyMissing })
		if broken || len(s.Copies) == 0 || !strings.Contains(listed, s.ID) {
			return fmt.Errorf("backup %s is listed with %+v, and by the command line as\n%s", s.ID, s.Copies, listed)
		}
	}
	for _, p := range b.Places {
		if p.Problem != "" {
			return fmt.Errorf("place %s has a problem: %s", p.Name, p.Problem)
		}
	}
	return nil
}
