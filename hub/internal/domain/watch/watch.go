// Package watch looks at the security log as it is sealed and says what is
// unusual: somebody tries for personal data their role may not see, looks at
// very many members, reveals very many fields, guesses passwords, or changes
// keys; a backup is missed or fails, or the data is taken back to one. It also
// keeps the alerts that others find reason for: what was changed past the hub,
// and a nozzle that shows another price than the one in force.
//
// # What it promises
//
//   - The rules (judge.go) do no I/O and know no clock but the rows' own times:
//     the same rows raise the same alerts. A clock that is set back or forward
//     makes none blind for longer than its window.
//   - What goes on is one alert that counts up, not many; once somebody has
//     taken note of it, what comes after is a new one.
//   - A row is counted once, also when the log is gone through again after a
//     restart, or by two processes.
package watch

import (
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The rules' bounds.
const (
	// manyRead members looked at by one person within manyReadIn are more than
	// the work of an hour at the office brings.
	manyRead   = 30
	manyReadIn = 10 * time.Minute
	// manyReveals of masked fields by one person within revealsIn.
	manyReveals = 10
	revealsIn   = time.Hour
	// manyWrong logins refused at one till within wrongIn.
	manyWrong = 20
	wrongIn   = 10 * time.Minute
	// personalIn and keysIn are how long what goes on is one alert.
	personalIn = time.Hour
	keysIn     = time.Hour
	// priceIn is the same for a nozzle at another price: it is told of again
	// every hour, and two of those may be a little more than two hours apart.
	priceIn = 3 * time.Hour
	// backupIn is how long what fails of the backups is one alert: it is tried
	// again at least daily. restoredIn is the same for a restore: each is one.
	backupIn   = 24 * time.Hour
	restoredIn = time.Hour
)

// Refill is how many of the last rows a new Judge is shown before it judges,
// so that a restart forgets nothing that its windows reach back to.
const Refill = 20_000

// span is how long what goes on under a rule is one alert; zero is for ever.
func span(rule wire.AlertRule) time.Duration {
	switch rule {
	case wire.AlertManyRead:
		return manyReadIn
	case wire.AlertReveals:
		return revealsIn
	case wire.AlertGuessing:
		return wrongIn
	case wire.AlertPersonal:
		return personalIn
	case wire.AlertKeys:
		return keysIn
	case wire.AlertPrice:
		return priceIn
	case wire.AlertBackup:
		return backupIn
	case wire.AlertRestored:
		return restoredIn
	}
	return 0
}

// Act is a row of the log as the rules see it.
type Act struct {
	audit.Entry
	// OfHead is whether it was done to the account of a head, or of a manager
	// of a group.
	OfHead bool
}

// AboutAccount reports whether what a row means depends on whose account it
// was done to: Act.OfHead is asked of these alone.
func AboutAccount(e audit.Entry) bool {
	return e.Object == "staff" && e.Result == audit.OK &&
		(e.Action == "staff.password" || e.Action == "staff.factor" || e.Action == "account.factor")
}

// Raise is a reason for an alert.
type Raise struct {
	// Station is where; zero is for every station.
	Station id.Station
	Rule    wire.AlertRule
	// Subject is whom or what it is counted by.
	Subject string
	// Staff is who, if it is known; Object and ObjectID what it is about.
	Staff            id.Staff
	Object, ObjectID string
	// Count is how often it happened since the last Raise for the same.
	Count int
	// Upto is the number of the row, zero if it was no row.
	Upto uint64
	At   time.Time
	// Note says more.
	Note string
}
