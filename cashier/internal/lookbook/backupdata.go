package lookbook

import (
	"fmt"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// ARestore names the restore of the made-up hub.
const ARestore = "01JDCM9S5Z0000000000000RST"

// backupData makes the backups of a hub where all is well: ten nights on three
// places, and one that is kept as statements.
func (b *Backroom) backupData() {
	night := time.Date(2026, 11, 23, 3, 30, 0, 0, Zone())
	b.Backups = wire.Backups{
		Schedule: wire.BackupSchedule{Every: wire.BackupDaily, At: "03:30", Weekday: 1}, NextAt: night.AddDate(0, 0, 1),
		KeyAway: true, RestoresHere: true, From: night.AddDate(0, 0, -9).Add(13 * time.Second), Until: b.at.Add(-time.Second).Truncate(time.Second),
		Places: []wire.BackupPlace{
			{Name: "disk2", Kind: "dir", Where: "/mnt/disk2/forecourt", Sets: 18, Bytes: 3_912_400_000, FreeBytes: 1_204_000_000_000, LogAt: b.at.Add(-2 * time.Second)},
			{Name: "nas", Kind: "sftp", Where: "backup@192.168.1.20:/backup/kunming", Sets: 18, Bytes: 3_912_400_000, FreeBytes: 412_000_000_000, LogAt: b.at.Add(-3 * time.Second)},
			{Name: "cloud", Kind: "s3", Where: "forecourt-kunming (s3.cn-southwest.example.com)", Sets: 17, Bytes: 3_761_100_000, FreeBytes: -1, LogAt: b.at.Add(-5 * time.Second), Locked: true},
		},
	}
	for i := range 10 {
		b.Backups.Sets = append(b.Backups.Sets, b.backupSet(i, night.AddDate(0, 0, -i)))
		if d := b.Backups.Sets[len(b.Backups.Sets)-1].Drill; d != nil {
			b.Backups.Drills = append(b.Backups.Drills, *d)
		}
		if i == 1 { // Sunday's, as statements
			text := b.backupSet(i, night.AddDate(0, 0, -1).Add(9*time.Minute))
			text.ID, text.Kind, text.Bytes, text.Good, text.Drill = "01JDCM9S5Z00000000000000SQ", wire.BackupLogical, 91_300_000, false, nil
			b.Backups.Sets = append(b.Backups.Sets, text)
		}
	}
}

// backupSet is the backup of a night, the n-th before today's.
func (b *Backroom) backupSet(n int, at time.Time) wire.BackupSet {
	set := wire.BackupSet{
		ID: fmt.Sprintf("01JDCM9S5Z0000000000000S%02d", n), Kind: wire.BackupFull, At: at.Add(13*time.Second + 418*time.Millisecond),
		TookMS: int64(16_400 - 120*n), Bytes: int64(163_200_000 - 1_400_000*n), Sales: int64(1_004_118 - 1_204*n), Good: true, Version: "1.6.0", Server: "10.11",
	}
	for i, p := range []string{"disk2", "nas", "cloud"} {
		set.Copies = append(set.Copies, wire.BackupCopy{Place: p, State: wire.CopyVerified, CheckedAt: at.Add(time.Duration(20+i) * time.Minute)})
	}
	set.Drill = &wire.BackupDrill{
		Set: set.ID, Place: "nas", At: at.Add(40 * time.Minute), UpMS: int64(4_400 + 310*((n*7)%4) - 90*n), TookMS: int64(21_300 - 150*n), OK: true,
		Checks: proved(set.Sales),
	}
	return set
}

// proved is what a rehearsal proves.
func proved(sales int64) []wire.BackupCheck {
	return []wire.BackupCheck{
		{Proof: wire.ProofTables, OK: true, Count: 62},
		{Proof: wire.ProofLedger, OK: true, Count: 418},
		{Proof: wire.ProofAudit, OK: true, Count: 128_402},
		{Proof: wire.ProofSales, OK: true, Count: sales},
		{Proof: wire.ProofMedia, OK: true, Count: 2_317},
		{Proof: wire.ProofErasures, OK: true, Count: 6},
	}
}

// Restoring has the made-up hub restore to a moment, so far.
func (b *Backroom) Restoring(state wire.RestoreState, at time.Time) {
	r := &wire.BackupRestore{ID: ARestore, Set: b.Backups.Sets[1].ID, Place: "nas", At: at, State: state, Began: b.at.Add(-40 * time.Second)}
	b.Backups.Restore, b.Backups.Work = r, nil
	switch state {
	case wire.RestoreWorking:
		b.Backups.Work = &wire.BackupWork{Job: wire.BackupRestoring, Step: wire.StepReplay, Began: r.Began, Done: 640, LeftMS: 14_000, Set: r.Set}
	case wire.RestoreFailed:
		r.Problem, r.Ended = "part database.0001.zst.age at nas is altered", b.at
	default:
		r.Checks = proved(1_002_914)
		r.Lost = &wire.RestoreLoss{
			Seconds: int64(b.at.Sub(at) / time.Second), Sales: 214, Payments: 209, Amount: unit.Fen(48_917_35), Messages: 31, Members: 2,
		}
	}
}

// keepBackup has the made-up hub do what an act about backups says.
func (b *Backroom) keepBackup(c desk.Command) {
	work := func(job wire.BackupJob, step wire.BackupStep) {
		b.Backups.Work = &wire.BackupWork{Job: job, Step: step, Began: b.at, Set: c.Object}
	}
	switch c.Kind {
	case desk.CommandSchedule:
		b.Backups.Schedule = *c.Office.Schedule
	case desk.CommandBackup:
		work(wire.BackupMaking, wire.StepCopy)
	case desk.CommandVerify:
		work(wire.BackupVerifying, wire.StepFetch)
	case desk.CommandDrill:
		work(wire.BackupDrilling, wire.StepFetch)
	case desk.CommandRestore:
		at := c.Office.Restore.At
		if at.IsZero() {
			at = b.Backups.Sets[0].At
		}
		b.Restoring(wire.RestoreWorking, at)
	case desk.CommandSwitch:
		b.Backups.Restore.State = wire.RestoreSwitching
	case desk.CommandPutAway:
		b.Backups.Restore, b.Backups.Work = nil, nil
	}
}
