package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/wire"
)

// backupScenes are the moments of the backups tab.
func backupScenes() []Scene {
	return []Scene{
		{"backups", Backups},
		{"backups-card", backupsCard},
		{"backups-trouble", backupsTrouble},
		{"backups-none", backupsNone},
		{"backups-loading", backupsLoading},
		{"backups-failed", backupsFailed},
		{"backups-making", backupsMaking},
		{"backups-elsewhere", backupsElsewhere},
		{"backups-schedule", backupsSchedule},
		{"restore-form", restoreForm},
		{"restore-wrong", restoreWrong},
		{"restore-working", restoreWorking},
		{"restore-ready", RestoreReady},
		{"restore-switch", restoreSwitch},
		{"restore-switching", restoring(wire.RestoreSwitching)},
		{"restore-done", restoring(wire.RestoreDone)},
		{"restore-failed", restoring(wire.RestoreFailed)},
		{"alert-backup", alertBackup},
	}
}

// Backups is the backups tab of a head, all well.
func Backups(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabBackups).Stage }

func backupsCard(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabBackups)
	b.Row(1)
	return b.Stage
}

func backupsTrouble(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	all := &b.Backups
	all.Missed, all.KeyAway = true, false
	all.Places[0].SameDevice = true
	all.Places[1].Problem, all.Places[1].ProblemSince = "dial tcp 192.168.1.20:22: no route to host", b.at.Add(-7*time.Hour)
	all.Places[1].LogAt = b.at.Add(-7 * time.Hour)
	all.Sets[0].Copies[1] = wire.BackupCopy{Place: "nas", State: wire.CopyMissing}
	all.Sets[0].Copies[0] = wire.BackupCopy{Place: "disk2", State: wire.CopyDamaged, Problem: "part database.0002.zst.age is altered", CheckedAt: b.at}
	all.Sets[0].Good, all.Sets[0].Drill = false, nil
	all.Sets[1].Good, all.Sets[1].Drill.OK, all.Sets[1].Drill.Checks[1] = false, false, wire.BackupCheck{Proof: wire.ProofLedger, Problem: "account 7 is 100 fen off"}
	all.Sets[2].Refused = "made by a newer hub"
	all.Drills = all.Drills[1:]
	all.Drills[0].OK = false
	all.Gaps = []wire.BackupGap{{From: b.at.AddDate(0, 0, -3), Until: b.at.AddDate(0, 0, -3).Add(41 * time.Minute)}}
	b.Open(desk.PageOffice, desk.TabBackups)
	return b.Stage
}

func backupsNone(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	all := &b.Backups
	all.Sets, all.Drills, all.From, all.Until = nil, nil, time.Time{}, time.Time{}
	for i := range all.Places {
		all.Places[i].Sets, all.Places[i].Bytes, all.Places[i].LogAt = 0, 0, time.Time{}
	}
	b.Open(desk.PageOffice, desk.TabBackups)
	return b.Stage
}

func backupsLoading(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Do(desk.GoTo{Page: desk.PageOffice})
	b.Serve()
	b.Do(desk.OfficeTab{Tab: desk.TabBackups})
	return b.Stage
}

func backupsFailed(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Open(desk.PageOffice, desk.TabBackups)
	return b.Stage
}

func backupsMaking(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Backups.Work = &wire.BackupWork{Job: wire.BackupMaking, Step: wire.StepStore, Began: b.at.Add(-11 * time.Second), Done: 710, LeftMS: 5_000}
	b.Open(desk.PageOffice, desk.TabBackups)
	return b.Stage
}

func backupsElsewhere(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Backups.RestoresHere = false
	b.Open(desk.PageOffice, desk.TabBackups)
	b.Row(0)
	return b.Stage
}

func backupsSchedule(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabBackups)
	b.Act("backup.schedule")
	b.Fill("every", string(wire.BackupWeekly))
	return b.Stage
}

func restoreForm(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabBackups)
	b.Row(1)
	b.Act("backup.restore")
	return b.Stage
}

func restoreWrong(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabBackups)
	b.Act("backup.moment")
	b.Fill("moment", "2026-10-01 14:03:27")
	b.Submit()
	return b.Stage
}

// yesterday is the moment that the scenes bring back.
func yesterday() time.Time { return time.Date(2026, 11, 22, 14, 3, 27, 0, Zone()) }

func restoreWorking(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabBackups)
	b.Act("backup.moment")
	b.Fill("moment", "2026-11-22 14:03:27")
	b.Submit()
	return b.Stage
}

// restoring is a restore so far.
func restoring(state wire.RestoreState) func(desk.Prefs) *Stage {
	return func(p desk.Prefs) *Stage {
		b := NewBackroom(p, wire.RoleHead)
		b.Restoring(state, yesterday())
		b.Open(desk.PageOffice, desk.TabBackups)
		return b.Stage
	}
}

// RestoreReady is a restore that waits for the switch.
func RestoreReady(p desk.Prefs) *Stage { return restoring(wire.RestoreReady)(p) }

func restoreSwitch(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Restoring(wire.RestoreReady, yesterday())
	b.Open(desk.PageOffice, desk.TabBackups)
	b.Act("restore.switch")
	b.Fill("sure", "14:03")
	b.Submit()
	return b.Stage
}

// alertBackup is the alert that a place for backups is out of reach.
func alertBackup(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Raised = append([]wire.Alert{{
		ID: b.Raised[1].ID, Rule: wire.AlertBackup, At: b.at.Add(-time.Hour), Object: "backup", ObjectID: "nas", Count: 7,
		Note: "backup.place: dial tcp 192.168.1.20:22: no route to host",
	}}, b.Raised[2:]...)
	b.Alerts(b.Raised[:1]...)
	b.Open(desk.PageOffice, desk.TabAlerts)
	b.Row(0)
	return b.Stage
}
