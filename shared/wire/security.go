package wire

import (
	"time"

	"forecourt/shared/id"
)

// LogEntry is one row of the security log (安全日志).
type LogEntry struct {
	// ID names the row; N is its number in the sealed log, zero while it waits
	// for its seal.
	ID id.LogRow `json:"id"`
	N  uint64    `json:"n,omitempty"`
	// At is when.
	At time.Time `json:"at"`
	// Staff, Number and Name are who; or Member the member, by number. All
	// empty means the hub by itself.
	Staff  id.Staff `json:"staff,omitzero"`
	Number string   `json:"number,omitempty"`
	Name   string   `json:"name,omitempty"`
	Role   Role     `json:"role,omitempty"`
	Member string   `json:"member,omitempty"`
	// Action is what was done: "member.look"; Object and ObjectID to what,
	// ObjectName what people call it, where there is such a name.
	Action     string `json:"action"`
	Object     string `json:"object,omitempty"`
	ObjectID   string `json:"object_id,omitempty"`
	ObjectName string `json:"object_name,omitempty"`
	// Result is "ok", or the type of the problem that refused it.
	Result string `json:"result"`
	// Note says more.
	Note string `json:"note,omitempty"`
}

// LogQuery asks for rows of the log; empty fields ask for any.
type LogQuery struct {
	// Number is a staff number, Member a member's number.
	Number string `json:"number,omitempty" maxLength:"20"`
	Member string `json:"member,omitempty" maxLength:"20"`
	// Action is one action, or with a dot at its end all of a family: "member.".
	Action string `json:"action,omitempty" maxLength:"40"`
	// Object and ObjectID name what it was done to.
	Object   string `json:"object,omitempty" maxLength:"24"`
	ObjectID string `json:"object_id,omitempty" maxLength:"64"`
	// Refused asks for what was refused only.
	Refused bool `json:"refused,omitempty"`
	// From is the earliest time, Until the first too late.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Before is the row to go on from: the page's Next.
	Before id.LogRow `json:"before,omitzero"`
	// Limit bounds the page.
	Limit int `json:"limit,omitempty" minimum:"0" maximum:"200"`
}

// LogPage is a page of the log, newest first.
type LogPage struct {
	// Entries holds the page.
	Entries []LogEntry `json:"entries"`
	// Next is the row to ask before for the following page; zero at the end.
	Next id.LogRow `json:"next,omitzero"`
}

// LogState is how well the log is kept.
type LogState struct {
	// Rows counts the sealed rows, Root is the root of their tree (hex).
	Rows uint64 `json:"rows"`
	Root string `json:"root"`
	// SealedAt is the last seal, AnchoredAt when it was last written to the
	// second place; Anchor says where that is.
	SealedAt   time.Time `json:"sealed_at,omitzero"`
	AnchoredAt time.Time `json:"anchored_at,omitzero"`
	Anchor     string    `json:"anchor,omitempty"`
	// Waiting counts rows without a seal.
	Waiting int `json:"waiting"`
	// Verified is the last complete check, Problem what it found, "" if all
	// was well.
	Verified time.Time `json:"verified,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

// AlertRule says why an alert was raised.
type AlertRule string

// The rules.
const (
	AlertPersonal AlertRule = "personal"  // somebody tried for personal data their role may not see
	AlertManyRead AlertRule = "many_read" // one person looked at very many members
	AlertReveals  AlertRule = "reveals"   // one person revealed very many fields
	AlertGuessing AlertRule = "guessing"  // many wrong passwords or codes for one person or at one till
	AlertTampered AlertRule = "tampered"  // a sale, or the log, was changed outside its flow
	AlertKeys     AlertRule = "keys"      // keys or the second factor of a head were changed
	AlertPrice    AlertRule = "price"     // a dispenser shows another price than the one in force
	AlertBackup   AlertRule = "backup"    // a backup was missed or failed, a place is out of reach, or a rehearsal did not prove it
	AlertRestored AlertRule = "restored"  // the data was taken back to an earlier moment
)

// Alert is an unusual act.
type Alert struct {
	// ID names it, Rule says why, At when.
	ID   id.Alert  `json:"id"`
	Rule AlertRule `json:"rule"`
	At   time.Time `json:"at"`
	// Staff, Number and Name are who, if it is known.
	Staff  id.Staff `json:"staff,omitzero"`
	Number string   `json:"number,omitempty"`
	Name   string   `json:"name,omitempty"`
	// Object and ObjectID are what it is about, Count how often.
	Object   string `json:"object,omitempty"`
	ObjectID string `json:"object_id,omitempty"`
	Count    int    `json:"count,omitempty"`
	// Note says more.
	Note string `json:"note,omitempty"`
	// SeenBy and SeenAt are who has taken note (staff number), and when.
	SeenBy string    `json:"seen_by,omitempty"`
	SeenAt time.Time `json:"seen_at,omitzero"`
}

// AlertList is a page of alerts, newest first.
type AlertList struct {
	// Alerts holds the page.
	Alerts []Alert `json:"alerts"`
	// Next is the alert to ask before for the following page; zero at the end.
	Next id.Alert `json:"next,omitzero"`
}

// SecuritySnap is the snapshot of channel security/ID, the head's.
type SecuritySnap struct {
	// Alerts holds those nobody has taken note of, newest first, at most
	// MaxAlertsInSnap.
	Alerts []Alert `json:"alerts"`
}

// MaxAlertsInSnap bounds the alerts of a SecuritySnap.
const MaxAlertsInSnap = 50

// KeyState is where a data key stands.
type KeyState string

// The states.
const (
	KeyActive  KeyState = "active"  // seals and opens
	KeyOpening KeyState = "opening" // opens only; what it sealed is being sealed anew
	KeyRetired KeyState = "retired" // nothing is sealed with it any more
)

// DataKey is one data key.
type DataKey struct {
	// ID numbers it, Purpose says what for: "seal", "index".
	ID      int      `json:"id"`
	Purpose string   `json:"purpose"`
	State   KeyState `json:"state"`
	// Since is when it was made.
	Since time.Time `json:"since"`
	// Uses counts what is sealed with it: member keys and the house's fields.
	Uses int64 `json:"uses"`
}

// KeyRing is the keys and their state. No key is in it.
type KeyRing struct {
	// Source is where the key over all keys comes from: "file", "credential"
	// or "passphrase"; Fingerprint tells one from another.
	Source      string `json:"source"`
	Fingerprint string `json:"fingerprint"`
	// Keys holds the data keys, newest first.
	Keys []DataKey `json:"keys"`
	// Members counts the members' own keys, Erased those that were destroyed.
	Members int64 `json:"members"`
	Erased  int64 `json:"erased"`
	// Rotation is the rotation under way.
	Rotation *Rotation `json:"rotation,omitempty"`
	// AtRest is whether the hub's own database encrypts its files.
	AtRest bool `json:"at_rest"`
	// SheetAt is when the recovery sheet was last printed, zero if never.
	SheetAt time.Time `json:"sheet_at,omitzero"`
}

// Rotation is a rotation of the data key under way.
type Rotation struct {
	// To is the key that everything is sealed with when it is done.
	To int `json:"to"`
	// Done and Left count what was, and what is to be, sealed anew.
	Done int64 `json:"done"`
	Left int64 `json:"left"`
	// Since is when it began.
	Since time.Time `json:"since"`
}
