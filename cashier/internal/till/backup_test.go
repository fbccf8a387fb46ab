package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// backupHub answers what is asked about backups, and notes what it was told to
// do.
type backupHub struct {
	officeHub
	did []string
}

func (h *backupHub) note(key id.Command, what string) (wire.Backups, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys, h.did = append(h.keys, key), append(h.did, what)
	return wire.Backups{}, h.err
}

func (h *backupHub) Backups(context.Context) (wire.Backups, error) {
	return wire.Backups{KeyAway: true}, h.err
}

func (h *backupHub) SetBackupSchedule(_ context.Context, key id.Command, s wire.BackupSchedule) (wire.Backups, error) {
	return h.note(key, "schedule "+string(s.Every)+" "+s.At)
}

func (h *backupHub) MakeBackup(_ context.Context, key id.Command) (wire.Backups, error) {
	return h.note(key, "make")
}

func (h *backupHub) VerifyBackups(_ context.Context, key id.Command) (wire.Backups, error) {
	return h.note(key, "verify")
}

func (h *backupHub) DrillBackup(_ context.Context, key id.Command, d wire.DrillAsk) (wire.Backups, error) {
	return h.note(key, "drill "+d.Set)
}

func (h *backupHub) Restore(_ context.Context, key id.Command, r wire.RestoreAsk) (wire.Backups, error) {
	return h.note(key, "restore "+r.Set+" "+r.At.UTC().Format(time.TimeOnly)+" "+r.Place)
}

func (h *backupHub) SwitchToRestored(_ context.Context, key id.Command, restore string) (wire.Backups, error) {
	return h.note(key, "switch "+restore)
}

func (h *backupHub) PutRestoreAway(_ context.Context, key id.Command, restore string) (wire.Backups, error) {
	return h.note(key, "put away "+restore)
}

func TestBackupsAreAskedForAndActedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &backupHub{officeHub: officeHub{session: wire.Session{Number: "1001", Role: wire.RoleHead}}}
		b := newBackOffice(t, &hub.officeHub)
		b.Hub = hub
		b.signIn()
		b.Do(desk.OfficeAsk{N: 1, Question: desk.AskBackups{}})
		synctest.Wait()
		if answers := told[desk.OfficeAnswer](b.rig); len(answers) != 1 || !cmp.Equal(answers[0].Answer, any(wire.Backups{KeyAway: true})) {
			t.Errorf("answers %+v", answers)
		}
		send := func(c desk.Command) {
			b.Do(desk.Send{Command: c})
			synctest.Wait()
		}
		send(desk.Command{Kind: desk.CommandSchedule, Office: desk.OfficeBody{Schedule: &wire.BackupSchedule{Every: wire.BackupDaily, At: "03:30"}}})
		send(desk.Command{Kind: desk.CommandBackup})
		send(desk.Command{Kind: desk.CommandVerify})
		send(desk.Command{Kind: desk.CommandDrill, Object: "S"})
		send(desk.Command{Kind: desk.CommandRestore, Object: "S", Office: desk.OfficeBody{Restore: &wire.RestoreAsk{Set: "S", At: time.Unix(3600, 0), Place: "nas"}}})
		send(desk.Command{Kind: desk.CommandSwitch, Object: "R"})
		send(desk.Command{Kind: desk.CommandPutAway, Object: "R"})
		want := []string{"schedule daily 03:30", "make", "verify", "drill S", "restore S 01:00:00 nas", "switch R", "put away R"}
		if diff := cmp.Diff(want, hub.did); diff != "" || count[desk.Answered](b.rig) != len(want) {
			t.Errorf("answered %d%s", count[desk.Answered](b.rig), diff)
		}
		send(desk.Command{Kind: desk.CommandSchedule}) // nothing to send
		send(desk.Command{Kind: desk.CommandRestore})
		hub.err = wire.NewProblem(wire.ProblemBackupBusy, "") // for the person to try again, not for the till
		send(desk.Command{Kind: desk.CommandBackup})
		if refused := told[desk.Refused](b.rig); len(refused) != 3 || refused[2].Problem.Type != wire.ProblemBackupBusy || len(hub.did) != len(want)+1 {
			t.Errorf("refused %+v after %q", refused, hub.did)
		}
		for i, key := range hub.keys {
			if key.IsZero() || i > 0 && key == hub.keys[i-1] {
				t.Errorf("the keys are %v", hub.keys)
			}
		}
		b.close(t)
	})
}
