package disaster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/robot"
	"forecourt/shared/wire"
)

// momentAgo is how far back the moment lies that is restored to: what came after
// it is to be lost.
const momentAgo = 3 * time.Second

// toMoment restores to a moment from the office while the hub serves and the
// station sells, and lets that take over. A member who was there at the moment
// has themselves erased in between.
func (d *disaster) toMoment(ctx context.Context) error {
	m, erase, err := d.join(ctx, goneSoon)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(momentAgo + time.Second):
	}
	if err := d.remember(ctx); err != nil {
		return err
	}
	r := &d.report.Moment
	moment := time.Now().Add(-momentAgo).Truncate(time.Second)
	r.Lost.Until = moment.Add(time.Second) // all of that second is to be there
	began := time.Now()
	restored, err := d.restoreBeside(ctx, wire.RestoreAsk{At: moment})
	if err != nil {
		return err
	}
	r.Restore, r.Told = time.Since(began), restored.Lost
	if err := erase(ctx); err != nil {
		return err
	}
	d.erased = append(d.erased, m)
	if err := d.remember(ctx); err != nil {
		return err
	}
	if _, err := d.office.SwitchToRestored(ctx, d.till.robot.NewKey(), restored.ID); err != nil {
		return err
	}
	r.Lost.At = time.Now()
	if err := d.till.end(); err != nil {
		return err
	}
	if err := d.awaitSwitch(ctx); err != nil {
		return err
	}
	r.Down = time.Since(r.Lost.At)
	if err := d.comeBack(ctx, r); err != nil {
		return err
	}
	if err := foretold(r.Lost, *r.Told, restored.Began); err != nil {
		return err
	}
	return d.putAway(ctx, restored.ID)
}

// restoreBeside restores from the office and waits until it is ready.
func (d *disaster) restoreBeside(ctx context.Context, ask wire.RestoreAsk) (r wire.BackupRestore, err error) {
	err = d.ask(ctx, func() error { _, err := d.office.Restore(ctx, d.till.robot.NewKey(), ask); return err })
	if err != nil {
		return r, err
	}
	err = house.Await(ctx, "the restored data to be ready", 100*time.Millisecond, func() (bool, error) {
		b, err := d.office.Backups(ctx)
		if err != nil {
			return false, err
		}
		if b.Restore == nil || b.Restore.State == wire.RestoreFailed {
			return false, fmt.Errorf("the restore failed: %+v", b.Restore)
		}
		r = *b.Restore
		return r.State == wire.RestoreReady, nil
	})
	if err == nil && r.Lost == nil {
		err = errors.New("the restore does not say what would be lost")
	}
	return r, err
}

// awaitSwitch waits until the hub serves the restored data: it no longer knows
// the session that asked for it.
func (d *disaster) awaitSwitch(ctx context.Context) error {
	return house.Await(ctx, "the hub to serve the restored data", 50*time.Millisecond, func() (bool, error) {
		if d.h.Hub.PID() == 0 {
			return false, fmt.Errorf("the hub ended: %s", d.h.Hub.LastWords())
		}
		_, err := d.office.Backups(ctx)
		p := robot.Refusal(err)
		return p != nil && p.Type == wire.ProblemUnauthorized, nil
	})
}

// putAway has the data from before a restore removed.
func (d *disaster) putAway(ctx context.Context, restore string) error {
	b, err := d.office.Backups(ctx)
	if err != nil {
		return err
	}
	if b.Restore == nil || b.Restore.ID != restore || b.Restore.State != wire.RestoreDone {
		return fmt.Errorf("the restore that took over is told as %+v", b.Restore)
	}
	_, err = d.office.PutRestoreAway(ctx, d.till.robot.NewKey(), restore)
	return err
}

// killBeforeSwitch restores a backup at the command line beside the hub at work,
// and kills the hub when the switch is planned: it begins with the restored data.
func (d *disaster) killBeforeSwitch(ctx context.Context) error {
	if err := d.backUpAgain(ctx); err != nil {
		return err
	}
	r := &d.report.Planned
	r.Lost.Until = d.set.At
	began := time.Now()
	if _, err := d.h.RestoreSet(ctx, d.set.ID); err != nil {
		return err
	}
	r.Restore = time.Since(began)
	if err := d.remember(ctx); err != nil {
		return err
	}
	d.h.Hub.Kill()
	r.Lost.At = time.Now()
	if err := d.till.end(); err != nil {
		return err
	}
	if err := d.begin(ctx); err != nil {
		return err
	}
	r.Down = time.Since(r.Lost.At)
	if err := d.comeBack(ctx, r); err != nil {
		return err
	}
	return d.sane(ctx)
}
