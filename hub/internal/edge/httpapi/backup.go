package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Backups is what the API asks of the backups. What takes long is begun and
// answered at once; how far it is, State tells.
type Backups interface {
	State(ctx context.Context, who staff.Actor) (wire.Backups, error)
	SetSchedule(ctx context.Context, who staff.Actor, key id.Command, s wire.BackupSchedule) (wire.Backups, error)
	// Make begins a backup, Verify the reading back of every copy, Drill the
	// rehearsal of a set ("" for the newest).
	Make(ctx context.Context, who staff.Actor, key id.Command) (wire.Backups, error)
	Verify(ctx context.Context, who staff.Actor, key id.Command) (wire.Backups, error)
	Drill(ctx context.Context, who staff.Actor, key id.Command, set string) (wire.Backups, error)
	// Restore begins a restore beside the live data, Switch puts it in their
	// place, PutAway cancels it, removes what was restored or forgets that it
	// was done.
	Restore(ctx context.Context, who staff.Actor, key id.Command, ask wire.RestoreAsk) (wire.Backups, error)
	Switch(ctx context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error)
	PutAway(ctx context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error)
}

// backups registers what a head asks about backups.
func (a *api) backups() {
	person(a, backupOp("backups", http.MethodGet, "", "Look at the backups, their places and their rehearsals"), staff.SeeBackups,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.Backups, error) {
			return a.deps.Backups.State(ctx, who)
		})
	person(a, backupOp("setBackupSchedule", http.MethodPut, "/schedule", "Say when backups are made"), staff.MakeBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *scheduleInput) (wire.Backups, error) {
			return a.deps.Backups.SetSchedule(ctx, who, key, in.Body)
		}))
	person(a, backupOp("makeBackup", http.MethodPost, "", "Begin a backup"), staff.MakeBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, _ *Keyed) (wire.Backups, error) {
			return a.deps.Backups.Make(ctx, who, key)
		}))
	person(a, backupOp("verifyBackups", http.MethodPost, "/verification", "Begin to read every copy back"), staff.MakeBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, _ *Keyed) (wire.Backups, error) {
			return a.deps.Backups.Verify(ctx, who, key)
		}))
	person(a, backupOp("drillBackup", http.MethodPost, "/drills", "Begin to rehearse a backup: restore it beside the live data, prove it, throw it away"), staff.MakeBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *drillInput) (wire.Backups, error) {
			return a.deps.Backups.Drill(ctx, who, key, in.Body.Set)
		}))
	a.restores()
}

// restores registers the ways back to a backup.
func (a *api) restores() {
	person(a, backupOp("restore", http.MethodPost, "/restore", "Begin to restore a backup, or a moment, beside the live data"), staff.RestoreBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *restoreInput) (wire.Backups, error) {
			if in.Body.Set == "" && in.Body.At.IsZero() {
				return wire.Backups{}, wire.NewProblem(wire.ProblemBadRequest, "neither a backup nor a moment is named")
			}
			return a.deps.Backups.Restore(ctx, who, key, in.Body)
		}))
	person(a, backupOp("switchToRestored", http.MethodPost, "/restore/{restore}/switch", "Put the restored data in the place of the live; everybody signs in again"), staff.RestoreBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *restoreCommand) (wire.Backups, error) {
			return a.deps.Backups.Switch(ctx, who, key, in.Restore)
		}))
	person(a, backupOp("putRestoreAway", http.MethodDelete, "/restore/{restore}", "Cancel a restore, remove what it restored beside the live data, or forget that it was done"), staff.RestoreBackups,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *restoreCommand) (wire.Backups, error) {
			return a.deps.Backups.PutAway(ctx, who, key, in.Restore)
		}))
}

func backupOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: "/v1/backups" + path, Summary: summary, Tags: []string{"backups"}}
}

type (
	scheduleInput struct {
		Keyed
		Body wire.BackupSchedule
	}
	drillInput struct {
		Keyed
		Body wire.DrillAsk
	}
	restoreInput struct {
		Keyed
		Body wire.RestoreAsk
	}
	restoreCommand struct {
		Keyed
		Restore string `path:"restore" maxLength:"40" doc:"The restore's id."`
	}
)
