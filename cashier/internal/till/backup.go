package till

import (
	"context"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Backups is what a till asks of the hub about backups.
type Backups interface {
	Backups(context.Context) (wire.Backups, error)
	SetBackupSchedule(context.Context, id.Command, wire.BackupSchedule) (wire.Backups, error)
	MakeBackup(context.Context, id.Command) (wire.Backups, error)
	VerifyBackups(context.Context, id.Command) (wire.Backups, error)
	DrillBackup(context.Context, id.Command, wire.DrillAsk) (wire.Backups, error)
	Restore(context.Context, id.Command, wire.RestoreAsk) (wire.Backups, error)
	SwitchToRestored(ctx context.Context, key id.Command, restore string) (wire.Backups, error)
	PutRestoreAway(ctx context.Context, key id.Command, restore string) (wire.Backups, error)
}

// attemptBackup sends an act about backups once. What came of it is asked for
// anew: it goes on changing.
func (t *Till) attemptBackup(ctx context.Context, c desk.Command) (err error) {
	switch {
	case c.Kind == desk.CommandSchedule && c.Office.Schedule != nil:
		_, err = t.Hub.SetBackupSchedule(ctx, c.Key, *c.Office.Schedule)
	case c.Kind == desk.CommandBackup:
		_, err = t.Hub.MakeBackup(ctx, c.Key)
	case c.Kind == desk.CommandVerify:
		_, err = t.Hub.VerifyBackups(ctx, c.Key)
	case c.Kind == desk.CommandDrill:
		_, err = t.Hub.DrillBackup(ctx, c.Key, wire.DrillAsk{Set: c.Object})
	case c.Kind == desk.CommandRestore && c.Office.Restore != nil:
		_, err = t.Hub.Restore(ctx, c.Key, *c.Office.Restore)
	case c.Kind == desk.CommandSwitch:
		_, err = t.Hub.SwitchToRestored(ctx, c.Key, c.Object)
	case c.Kind == desk.CommandPutAway:
		_, err = t.Hub.PutRestoreAway(ctx, c.Key, c.Object)
	default:
		err = wire.NewProblem(wire.ProblemBadRequest, "no such command: "+string(c.Kind))
	}
	return err
}
