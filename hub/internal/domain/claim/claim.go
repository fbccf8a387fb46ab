// Package claim knows which member stands at which nozzle, before the
// dispenser says anything: a driver reads the code on the sticker at the
// nozzle, and the next delivery there is theirs.
//
// # What it promises
//
//   - A nozzle has at most one claim and a member at most one; the database
//     refuses a second.
//   - A claim takes a delivery by its times alone (Claim.Takes): one that began
//     shortly before it or before its end, and was not over when it was made.
//     So what a dispenser tells late is never given to whoever stands there by
//     then.
//   - A nozzle's code is derived from a key outside the database and says
//     nothing of any other nozzle's. Codes are compared in constant time.
//
// The rules (this file, code.go) do no I/O; store.go is the SQL.
package claim

import (
	"time"

	"forecourt/shared/id"
)

const (
	// Lasts is how long a claim waits for a delivery: time to open the cap,
	// choose and lift, and not so long that the next car meets it.
	Lasts = 10 * time.Minute
	// Grace is how long fuel may have been running when the driver gets to the
	// phone.
	Grace = 5 * time.Minute
)

// Claim is a member's word that they stand at a nozzle.
type Claim struct {
	ID      id.Claim
	Station id.Station
	Nozzle  int
	Member  id.Member
	// At is when it was made, Until when it ends.
	At    time.Time
	Until time.Time
}

// New is a claim made at now.
func New(which id.Claim, s id.Station, nozzle int, m id.Member, now time.Time) Claim {
	return Claim{ID: which, Station: s, Nozzle: nozzle, Member: m, At: now, Until: now.Add(Lasts)}
}

// Live reports whether the claim still waits at now.
func (c Claim) Live(now time.Time) bool { return now.Before(c.Until) }

// Takes reports whether a delivery that began at started is the claim's. ended
// is when it was over, zero while it runs.
func (c Claim) Takes(started, ended time.Time) bool {
	begins := !started.Before(c.At.Add(-Grace)) && started.Before(c.Until)
	return begins && (ended.IsZero() || !ended.Before(c.At))
}

// Stand is a member at a nozzle, as the board of the station is told of it.
type Stand struct {
	Station id.Station
	Nozzle  int
	Member  id.Member
	// Sale is the member's delivery there, zero while they wait for it.
	Sale id.Sale
	// Until ends the waiting; zero once there is a delivery.
	Until time.Time
	// Over says that it is no longer so: the member is gone, or the delivery
	// has ended.
	Over bool
}

// Waiting is the stand of a claim.
func (c Claim) Waiting() Stand {
	return Stand{Station: c.Station, Nozzle: c.Nozzle, Member: c.Member, Until: c.Until}
}
