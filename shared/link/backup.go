package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func ofBackups(r func(...string) request, path ...string) request {
	return r(append([]string{"v1", "backups"}, path...)...)
}

// Backups reads how the backups stand.
func (c *Client) Backups(ctx context.Context) (wire.Backups, error) {
	return call[wire.Backups](ctx, &c.caller, ofBackups(get))
}

// SetBackupSchedule says when backups are made.
func (c *Client) SetBackupSchedule(ctx context.Context, key id.Command, schedule wire.BackupSchedule) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(put, "schedule").with(schedule))
}

// MakeBackup begins a backup.
func (c *Client) MakeBackup(ctx context.Context, key id.Command) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(post))
}

// VerifyBackups begins to read every copy back.
func (c *Client) VerifyBackups(ctx context.Context, key id.Command) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(post, "verification"))
}

// DrillBackup begins to rehearse a backup, or the newest if none is named.
func (c *Client) DrillBackup(ctx context.Context, key id.Command, drill wire.DrillAsk) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(post, "drills").with(drill))
}

// Restore begins to restore a backup, or a moment, beside the live data.
func (c *Client) Restore(ctx context.Context, key id.Command, restore wire.RestoreAsk) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(post, "restore").with(restore))
}

// SwitchToRestored puts restored data in the place of the live. The hub starts
// again with it, and every session ends.
func (c *Client) SwitchToRestored(ctx context.Context, key id.Command, restore string) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(post, "restore", restore, "switch"))
}

// PutRestoreAway cancels a restore, removes what it restored beside the live
// data, or forgets that it was done.
func (c *Client) PutRestoreAway(ctx context.Context, key id.Command, restore string) (wire.Backups, error) {
	return command[wire.Backups](ctx, &c.caller, key, ofBackups(drop, "restore", restore))
}
