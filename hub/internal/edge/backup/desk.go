package backup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxCommands bounds the commands that are remembered: a till sends one again
// within seconds.
const maxCommands = 200

// Desk is the backups as the office uses them. Who may is decided before; a
// restore takes every station of the hub back, so with more than one only the
// manager of the group may.
type Desk struct {
	Keeper *Keeper
	// Stations counts the stations of the hub.
	Stations func(ctx context.Context) (int, error)

	mu   sync.Mutex
	done map[id.Command]bool
}

// State is all that the head sees. Places that were not looked at for a while
// are looked at, for the next time.
func (d *Desk) State(ctx context.Context, _ staff.Actor) (wire.Backups, error) {
	d.Keeper.lookAgain()
	return d.Keeper.State(ctx), nil
}

// SetSchedule changes when backups are made.
func (d *Desk) SetSchedule(ctx context.Context, who staff.Actor, key id.Command, s wire.BackupSchedule) (wire.Backups, error) {
	if err := CheckSchedule(s); err != nil {
		return wire.Backups{}, wire.NewProblem(wire.ProblemBadRequest, err.Error())
	}
	what := fmt.Sprintf("%s %s %d", s.Every, s.At, s.Weekday)
	return d.command(ctx, who, key, "backup.schedule", "", what, func() error { return d.Keeper.SetPlan(s) })
}

// Make begins a backup.
func (d *Desk) Make(ctx context.Context, who staff.Actor, key id.Command) (wire.Backups, error) {
	return d.command(ctx, who, key, "backup.make", "", "", d.Keeper.BeginMaking)
}

// Verify begins to read every copy back.
func (d *Desk) Verify(ctx context.Context, who staff.Actor, key id.Command) (wire.Backups, error) {
	return d.command(ctx, who, key, "backup.verify", "", "", d.Keeper.BeginVerifying)
}

// Drill begins a rehearsal of a set, or of the newest.
func (d *Desk) Drill(ctx context.Context, who staff.Actor, key id.Command, set string) (wire.Backups, error) {
	return d.command(ctx, who, key, "backup.rehearse", set, "", func() error { return d.Keeper.BeginDrill(set) })
}

// Restore begins to bring a set or a moment back beside the live data.
func (d *Desk) Restore(ctx context.Context, who staff.Actor, key id.Command, ask wire.RestoreAsk) (wire.Backups, error) {
	if err := d.mayRestore(ctx, who); err != nil {
		return wire.Backups{}, err
	}
	moment := ""
	if !ask.At.IsZero() {
		moment = ask.At.UTC().Format(time.DateTime)
	}
	return d.command(ctx, who, key, "backup.bring", ask.Set, moment, func() error {
		return d.Keeper.BeginRestore(ctx, ask)
	})
}

// Switch has what was restored take the live data's place.
func (d *Desk) Switch(ctx context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error) {
	if err := d.mayRestore(ctx, who); err != nil {
		return wire.Backups{}, err
	}
	return d.command(ctx, who, key, "backup.switch", restore, "", func() error { return d.Keeper.BeginSwitch(ctx, restore) })
}

// PutAway breaks a restore off, or removes what is left of it.
func (d *Desk) PutAway(ctx context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error) {
	if err := d.mayRestore(ctx, who); err != nil {
		return wire.Backups{}, err
	}
	return d.command(ctx, who, key, "backup.away", restore, "", func() error { return d.Keeper.PutAway(ctx, restore) })
}

// mayRestore refuses a head whose station is one of several.
func (d *Desk) mayRestore(ctx context.Context, who staff.Actor) error {
	n, err := d.Stations(ctx)
	if err != nil {
		return err
	}
	if n > 1 && who.Role != wire.RoleGroup {
		return wire.NewProblem(wire.ProblemForbidden, "a restore takes every station of this hub back; the manager of the group may")
	}
	return nil
}

// command does something once, however often it is asked for under a key, and
// writes down who asked and what came of it.
func (d *Desk) command(ctx context.Context, who staff.Actor, key id.Command, action, object, note string, do func() error) (wire.Backups, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done[key] {
		return d.Keeper.State(ctx), nil
	}
	err := problemOf(do())
	row := audit.Row{
		Station: who.Station, Staff: who.Staff, Action: action, Object: objectBackup, ObjectID: object, Result: audit.OK, Note: note,
	}
	if problem := (*wire.Problem)(nil); errors.As(err, &problem) {
		row.Result = string(problem.Type)
	} else if err != nil {
		row.Result = string(wire.ProblemInternal)
	}
	d.Keeper.tell(ctx, row)
	if err != nil {
		return wire.Backups{}, err
	}
	if d.done == nil || len(d.done) >= maxCommands {
		d.done = map[id.Command]bool{}
	}
	d.done[key] = true
	return d.Keeper.State(ctx), nil
}

// problemOf is an error in the words of the wire.
func problemOf(err error) error {
	for of, problem := range map[error]wire.ProblemType{
		ErrBusy: wire.ProblemBackupBusy, ErrUnfit: wire.ProblemBackupUnfit, archive.ErrFormat: wire.ProblemBackupUnfit,
		ErrNoKey: wire.ProblemBackupKey, ErrNotReady: wire.ProblemNotRestorable, ErrNoSet: wire.ProblemNoBackup, errDamagedCopy: wire.ProblemNoBackup,
	} {
		if errors.Is(err, of) {
			return fmt.Errorf("%w: %w", wire.NewProblem(problem, firstLine(err.Error())), err)
		}
	}
	return err
}
