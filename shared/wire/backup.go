package wire

import (
	"time"

	"forecourt/shared/unit"
)

// Backups is all that the head sees of the backups: what is kept where, when
// the next one is made, what is under way, and what the last rehearsals said.
type Backups struct {
	// Schedule is when backups are made.
	Schedule BackupSchedule `json:"schedule"`
	// NextAt is when the next one begins; zero when none is planned.
	NextAt time.Time `json:"next_at,omitzero"`
	// Missed says that the planned time of a backup has passed without one.
	Missed bool `json:"missed,omitempty"`
	// KeyAway says that the backups can be opened without this hub: with a key
	// that is kept elsewhere. Without it they are lost together with the hub.
	KeyAway bool `json:"key_away"`
	// RestoresHere says that this hub can open its backups by itself. If it
	// cannot, they are restored at the command line with the key kept away.
	RestoresHere bool `json:"restores_here"`
	// Work is what is being done, nil when nothing is.
	Work *BackupWork `json:"work,omitempty"`
	// Places lists where backups are kept, as configured.
	Places []BackupPlace `json:"places"`
	// Sets lists the backups, newest first, at most MaxBackupSets.
	Sets []BackupSet `json:"sets"`
	// Drills lists the rehearsals, newest first, at most MaxBackupDrills.
	Drills []BackupDrill `json:"drills"`
	// From and Until bound the moments that can be restored to, whole seconds;
	// both zero when there is none. Within them Gaps cannot be.
	From time.Time `json:"from,omitzero"`
	// Until is the last of them.
	Until time.Time `json:"until,omitzero"`
	// Gaps are the times between two backups that cannot be restored to,
	// because a part of the log is missing there.
	Gaps []BackupGap `json:"gaps,omitempty"`
	// Restore is the restore that was begun and not put away, nil for none.
	Restore *BackupRestore `json:"restore,omitempty"`
}

// Bounds of lists in Backups.
const (
	MaxBackupSets   = 200
	MaxBackupDrills = 60
)

// BackupEvery is how often a backup is made.
type BackupEvery string

// How often.
const (
	BackupDaily  BackupEvery = "daily"
	BackupWeekly BackupEvery = "weekly"
	BackupOff    BackupEvery = "off" // never by itself
)

// BackupSchedule is when backups are made, in the station's time zone.
type BackupSchedule struct {
	// Every says how often.
	Every BackupEvery `json:"every" enum:"daily,weekly,off"`
	// At is the time of day, "03:30".
	At string `json:"at" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	// Weekday counts for weekly ones: 0 Sunday to 6 Saturday.
	Weekday int `json:"weekday" minimum:"0" maximum:"6"`
}

// BackupGap is a time that cannot be restored to.
type BackupGap struct {
	// From is the last moment before it that can be restored to.
	From time.Time `json:"from"`
	// Until is the first after it.
	Until time.Time `json:"until"`
}

// BackupJob is what may be under way.
type BackupJob string

// The jobs.
const (
	BackupMaking    BackupJob = "making"
	BackupVerifying BackupJob = "verifying"
	BackupDrilling  BackupJob = "drilling"
	BackupRestoring BackupJob = "restoring"
)

// BackupStep is what a job does at the moment.
type BackupStep string

// The steps, in the order they come.
const (
	StepCopy    BackupStep = "copy"    // the database is copied
	StepSums    BackupStep = "sums"    // the tables are counted and summed
	StepStore   BackupStep = "store"   // the parts go to the places
	StepFetch   BackupStep = "fetch"   // the parts come from a place and are checked
	StepPrepare BackupStep = "prepare" // the copy is made ready
	StepReplay  BackupStep = "replay"  // what happened after the copy is done again
	StepProve   BackupStep = "prove"   // tables, ledger, log and sales are proved
	StepSwitch  BackupStep = "switch"  // the restored data takes the place of the live
)

// BackupWork is a job under way.
type BackupWork struct {
	// Job says what kind of work it is.
	Job BackupJob `json:"job"`
	// Step says how far in it is.
	Step BackupStep `json:"step"`
	// Began is when it was begun.
	Began time.Time `json:"began"`
	// Done and Total measure the whole job in thousandths: Done of 1000.
	Done int `json:"done" minimum:"0" maximum:"1000"`
	// LeftMS estimates the time left in milliseconds, by how long the last jobs
	// of the kind took; 0 when nothing is known yet.
	LeftMS int64 `json:"left_ms,omitempty"`
	// Set is the backup it is about.
	Set string `json:"set,omitempty"`
}

// BackupPlace is a place where backups are kept.
type BackupPlace struct {
	// Name is its name in the configuration.
	Name string `json:"name"`
	// Kind is dir, s3 or sftp.
	Kind string `json:"kind"`
	// Where says where it is, in words an operator knows: a path, a bucket, a
	// host. It holds no secret.
	Where string `json:"where"`
	// SameDevice says that it is on the very disk that the data is on: both are
	// lost together.
	SameDevice bool `json:"same_device,omitempty"`
	// Locked says that what lies there cannot be removed before its time.
	Locked bool `json:"locked,omitempty"`
	// Problem is why it could not be used when it was last tried, "" if it
	// could. It is for an operator, in English.
	Problem string `json:"problem,omitempty"`
	// ProblemSince is when it began to fail.
	ProblemSince time.Time `json:"problem_since,omitzero"`
	// Sets counts the backups there, Bytes what they and the log take.
	Sets int `json:"sets"`
	// Bytes is the size of all of it.
	Bytes int64 `json:"bytes"`
	// FreeBytes is what is free there; -1 when the place does not say.
	FreeBytes int64 `json:"free_bytes"`
	// LogAt is up to when the log of changes has been shipped there.
	LogAt time.Time `json:"log_at,omitzero"`
}

// BackupKind is how a backup holds the data.
type BackupKind string

// The kinds.
const (
	BackupFull    BackupKind = "full"    // the server's own files: quick to restore
	BackupLogical BackupKind = "logical" // statements that any MariaDB takes
)

// BackupCopyState is how a backup lies at a place.
type BackupCopyState string

// The states of a copy.
const (
	CopyStored   BackupCopyState = "stored"   // it is there and was not read back yet
	CopyVerified BackupCopyState = "verified" // every byte was read back and is right
	CopyDamaged  BackupCopyState = "damaged"  // something of it is missing or not what it was
	CopyMissing  BackupCopyState = "missing"  // it could not be stored there yet
)

// BackupCopy is a backup at a place.
type BackupCopy struct {
	// Place is the place's name.
	Place string `json:"place"`
	// State is how it lies there.
	State BackupCopyState `json:"state"`
	// CheckedAt is when it was last read back.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// Problem is what is wrong with it, in English.
	Problem string `json:"problem,omitempty"`
}

// BackupSet is a backup: one that cannot change any more.
type BackupSet struct {
	// ID is its name at every place.
	ID string `json:"id"`
	// Kind is how it holds the data.
	Kind BackupKind `json:"kind"`
	// At is the moment whose data it holds.
	At time.Time `json:"at"`
	// TookMS is how long making it took, in milliseconds.
	TookMS int64 `json:"took_ms"`
	// Bytes is its size as stored.
	Bytes int64 `json:"bytes"`
	// Sales counts the sales that it holds.
	Sales int64 `json:"sales"`
	// Copies tells of each place it is meant for or was found at.
	Copies []BackupCopy `json:"copies"`
	// Good says that a rehearsal restored it and everything was proved. Only
	// such a backup is a reason to remove older ones.
	Good bool `json:"good"`
	// Drill is its last rehearsal, nil before the first.
	Drill *BackupDrill `json:"drill,omitempty"`
	// Version is that of the hub that made it.
	Version string `json:"version"`
	// Server is the database's version, such as 10.11.
	Server string `json:"server"`
	// Refused is why this hub cannot restore it, "" if it can: made by a newer
	// hub or another database server. In English.
	Refused string `json:"refused,omitempty"`
}

// BackupDrill is a rehearsal: a backup was restored beside the live data, proved
// and thrown away.
type BackupDrill struct {
	// Set is the backup.
	Set string `json:"set"`
	// Place is the name of the place it was taken from.
	Place string `json:"place"`
	// At is when it began.
	At time.Time `json:"at"`
	// TookMS is how long it took until the restored data was proved, in
	// milliseconds.
	TookMS int64 `json:"took_ms"`
	// UpMS is how long it took until the restored data could be asked: the time
	// to recover, in milliseconds.
	UpMS int64 `json:"up_ms"`
	// OK says that everything was proved.
	OK bool `json:"ok"`
	// Checks is what was proved.
	Checks []BackupCheck `json:"checks"`
	// Problem is why it failed, in English.
	Problem string `json:"problem,omitempty"`
}

// BackupProof is one thing that is proved of restored data.
type BackupProof string

// The proofs.
const (
	ProofTables   BackupProof = "tables"   // every table has the rows and the sum noted when the backup was made
	ProofLedger   BackupProof = "ledger"   // every account is the sum of its transfers, and all of them are zero
	ProofAudit    BackupProof = "audit"    // the security log proves itself against its signed checkpoints
	ProofSales    BackupProof = "sales"    // every sale is what the totalizers of its nozzle say
	ProofMedia    BackupProof = "media"    // pictures and recordings are all there
	ProofErasures BackupProof = "erasures" // members who were erased stay so
)

// BackupCheck is the result of a proof.
type BackupCheck struct {
	// Proof says what was proved.
	Proof BackupProof `json:"proof"`
	// OK says that nothing was wrong.
	OK bool `json:"ok"`
	// Count is how many things were proved: tables, accounts, log rows, sales,
	// objects, members.
	Count int64 `json:"count"`
	// Problem is what was wrong, in English.
	Problem string `json:"problem,omitempty"`
}

// RestoreState is how far a restore is.
type RestoreState string

// The states of a restore.
const (
	RestoreWorking   RestoreState = "working"   // being fetched, prepared and proved, beside the live data
	RestoreReady     RestoreState = "ready"     // proved; waits for the word to take the live data's place
	RestoreSwitching RestoreState = "switching" // the hub starts again with it
	RestoreDone      RestoreState = "done"      // it is the live data
	RestoreFailed    RestoreState = "failed"    // it did not work out; the live data is as it was
)

// BackupRestore is a restore: first beside the live data, then in its place.
type BackupRestore struct {
	// ID names it.
	ID string `json:"id"`
	// Set is the backup it begins from.
	Set string `json:"set"`
	// Place is the name of the place it is taken from.
	Place string `json:"place"`
	// At is the moment it brings back.
	At time.Time `json:"at"`
	// State is how far it is.
	State RestoreState `json:"state"`
	// Checks is what was proved of the restored data.
	Checks []BackupCheck `json:"checks,omitempty"`
	// Lost is what the live data holds and the restored does not. Known once it
	// is ready.
	Lost *RestoreLoss `json:"lost,omitempty"`
	// Problem is why it failed, in English.
	Problem string `json:"problem,omitempty"`
	// Began is when it was asked for.
	Began time.Time `json:"began"`
	// Ended is when it was done or failed.
	Ended time.Time `json:"ended,omitzero"`
}

// RestoreLoss is what would be lost by a switch: what came after the moment.
type RestoreLoss struct {
	// Seconds between the moment and now.
	Seconds int64 `json:"seconds"`
	// Sales were stored after it; those that the station's pumpd still has in
	// its journal come back by themselves.
	Sales int64 `json:"sales"`
	// Payments were taken after it and do not come back: they have to be
	// entered again from the receipts.
	Payments int64 `json:"payments"`
	// Amount is the sum of those payments.
	Amount unit.Fen `json:"amount_fen"`
	// Messages were written by drivers and agents after it.
	Messages int64 `json:"messages"`
	// Members joined after it.
	Members int64 `json:"members"`
}

// RestoreAsk asks for a restore beside the live data: of a set, or to a moment.
type RestoreAsk struct {
	// Set names a backup; with At zero its own moment is brought back.
	Set string `json:"set,omitempty" maxLength:"40"`
	// At is the moment to bring back, to the second: all that was committed in
	// that second is in it. With no Set the newest backup before it is taken.
	At time.Time `json:"at,omitzero"`
	// Place is where to take it from; "" leaves it to the hub.
	Place string `json:"place,omitempty" maxLength:"40"`
}

// DrillAsk asks for a rehearsal.
type DrillAsk struct {
	// Set is the backup; "" is the newest.
	Set string `json:"set,omitempty" maxLength:"40"`
}
