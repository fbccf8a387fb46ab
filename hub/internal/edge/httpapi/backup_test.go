package httpapi

import (
	"context"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var _ Backups = keeper{}

const (
	aSet     = "01J0000000000000000000SET0"
	aRestore = "01J0000000000000000000RST0"
)

// keeper answers what is asked of the backups, and remembers it where the desk
// does.
type keeper struct{ *desk }

func (k keeper) state(err error) (wire.Backups, error) {
	return wire.Backups{Places: []wire.BackupPlace{}, Sets: []wire.BackupSet{}, Drills: []wire.BackupDrill{}}, err
}

func (k keeper) State(_ context.Context, who staff.Actor) (wire.Backups, error) {
	return k.state(k.did("backups %s", who.Number))
}

func (k keeper) SetSchedule(_ context.Context, who staff.Actor, key id.Command, s wire.BackupSchedule) (wire.Backups, error) {
	return k.state(k.did("schedule %s %s %s %s %d", who.Number, key, s.Every, s.At, s.Weekday))
}

func (k keeper) Make(_ context.Context, who staff.Actor, key id.Command) (wire.Backups, error) {
	return k.state(k.did("make %s %s", who.Number, key))
}

func (k keeper) Verify(_ context.Context, who staff.Actor, key id.Command) (wire.Backups, error) {
	return k.state(k.did("verify %s %s", who.Number, key))
}

func (k keeper) Drill(_ context.Context, who staff.Actor, key id.Command, set string) (wire.Backups, error) {
	return k.state(k.did("drill %s %s %s", who.Number, key, set))
}

func (k keeper) Restore(_ context.Context, who staff.Actor, key id.Command, ask wire.RestoreAsk) (wire.Backups, error) {
	return k.state(k.did("restore %s %s %s %s %s", who.Number, key, ask.Set, ask.At.UTC().Format(time.TimeOnly), ask.Place))
}

func (k keeper) Switch(_ context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error) {
	return k.state(k.did("switch %s %s %s", who.Number, key, restore))
}

func (k keeper) PutAway(_ context.Context, who staff.Actor, key id.Command, restore string) (wire.Backups, error) {
	return k.state(k.did("put away %s %s %s", who.Number, key, restore))
}

func backupRoutes() []route {
	by := "2001 " + aKey
	return []route{
		{method: "GET", path: "/v1/backups", action: staff.SeeBackups, call: "backups 2001"},
		{
			method: "PUT", path: "/v1/backups/schedule", body: `{"every":"weekly","at":"03:30","weekday":1}`,
			action: staff.MakeBackups, call: "schedule " + by + " weekly 03:30 1",
		},
		{method: "POST", path: "/v1/backups", action: staff.MakeBackups, call: "make " + by},
		{method: "POST", path: "/v1/backups/verification", action: staff.MakeBackups, call: "verify " + by},
		{method: "POST", path: "/v1/backups/drills", body: `{"set":"` + aSet + `"}`, action: staff.MakeBackups, call: "drill " + by + " " + aSet},
		{
			method: "POST", path: "/v1/backups/restore", body: `{"set":"` + aSet + `","at":"2026-12-01T14:03:27+08:00","place":"nas"}`,
			action: staff.RestoreBackups, call: "restore " + by + " " + aSet + " 06:03:27 nas",
		},
		{method: "POST", path: "/v1/backups/restore/" + aRestore + "/switch", action: staff.RestoreBackups, call: "switch " + by + " " + aRestore},
		{method: "DELETE", path: "/v1/backups/restore/" + aRestore, action: staff.RestoreBackups, call: "put away " + by + " " + aRestore},
	}
}

// TestWhatIsNoScheduleAndNoRestoreIsRefused before anything is begun.
func TestWhatIsNoScheduleAndNoRestoreIsRefused(t *testing.T) {
	const schedule, restore = "/v1/backups/schedule", "/v1/backups/restore"
	for name, r := range map[string]route{
		"a time that is none":   {method: "PUT", path: schedule, body: `{"every":"daily","at":"24:00","weekday":0}`},
		"half a time":           {method: "PUT", path: schedule, body: `{"every":"daily","at":"3:30","weekday":0}`},
		"an eighth day":         {method: "PUT", path: schedule, body: `{"every":"weekly","at":"03:30","weekday":7}`},
		"hourly":                {method: "PUT", path: schedule, body: `{"every":"hourly","at":"03:30","weekday":0}`},
		"nothing to restore":    {method: "POST", path: restore, body: `{}`},
		"only a place":          {method: "POST", path: restore, body: `{"place":"nas"}`},
		"a moment that is none": {method: "POST", path: restore, body: `{"at":"yesterday"}`},
		"an unknown word":       {method: "POST", path: restore, body: `{"set":"` + aSet + `","now":true}`},
	} {
		s := newSite(t)
		if p := problem(t, s.call("head", r.method, r.path, r.body)); p.Status != 422 && p.Status != 400 || len(s.desk.calls) != 0 {
			t.Errorf("%s: %v, heard %q", name, p, s.desk.calls)
		}
	}
}
