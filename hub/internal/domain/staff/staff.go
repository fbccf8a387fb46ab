// Package staff knows who works at a station: their logins, their sessions and
// what their role may do.
//
// # What it promises
//
//   - Passwords are kept as argon2id only; a login costs the same work whether
//     the staff number exists or not, and says the same when it fails.
//   - Failed logins make the next try wait, longer each time, for the number
//     and for the device; the waits outlive a restart. A wrong code of the
//     second factor is a failed login.
//   - A code of the second factor is good once, also for two who come at the
//     same time, and also when the clock goes back.
//   - A session is 32 random bytes, kept as their SHA-256 only. It ends after
//     a time without use, at the latest after its lifetime, on logout, when
//     the password or the role changes, when the person is deactivated and
//     when a head ends it. A clock that goes back makes none longer.
//   - Names and the secrets of second factors are sealed: they are in clear
//     neither in the database nor in a log.
//   - A station keeps a head who can sign in. Nobody gives or takes away what
//     is beyond their own stations.
//   - Every login, refused or not, and every change is on the security log, in
//     the transaction that makes it. A wait that turns tries away is there
//     once. What flow does as a command is logged there.
//   - While the database is away, people who were seen just before are still
//     known, so that a till can follow the pumps through the outage.
//
// Errors meant for people are *wire.Problem.
package staff

import (
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Actor is a signed-in person at a device.
type Actor struct {
	// Staff is who, with their Number, Name and Role.
	Staff        id.Staff
	Number, Name string
	Role         wire.Role
	// Station is where they are at work, Device the till they signed in at.
	Station id.Station
	Device  id.Device
	// Session is the session they act in.
	Session id.Session
	// Must is what they have to do before anything else.
	Must []wire.Must
}

// DeviceActor is the till somebody signs in at.
type DeviceActor struct {
	// Device is the till, Station where it stands.
	Device  id.Device
	Station id.Station
}

// Person is an entry of the staff list.
type Person struct {
	// Staff names them, Station is where they work; Number is what they sign in
	// with, unique in a station.
	Staff        id.Staff
	Station      id.Station
	Number, Name string
	Role         wire.Role
	// Active is whether they may sign in.
	Active bool
}

// NewPerson is somebody to be entered.
type NewPerson struct {
	Station      id.Station
	Number, Name string
	Role         wire.Role
	Password     string
	// MustChange has them choose another password when they first sign in.
	MustChange bool

	hash string // of the password, once Ready has made it
}

// Limits of the fields.
const (
	maxNumber = 20
	maxName   = 60
	// maxStations bounds the further stations of a group's manager.
	maxStations = 200
)

// Rules sets how long sessions last, and who needs a second factor.
type Rules struct {
	// Idle ends a session that is not used.
	Idle time.Duration
	// Lifetime ends any session, counted from the login.
	Lifetime time.Duration
	// SecondFactor has those who lead a station set up a second factor before
	// anything else; it is open to everybody without that.
	SecondFactor bool
}

// Leads reports whether a role leads stations: a head, or a group's manager.
func Leads(r wire.Role) bool { return r == wire.RoleHead || r == wire.RoleGroup }

// validRole reports whether r is a role of the permission table.
func validRole(r wire.Role) bool { return slices.Contains(Roles(), r) }

// must is what somebody has to do before anything else.
func (r Rules) must(role wire.Role, change, factor bool) []wire.Must {
	var list []wire.Must
	if change {
		list = append(list, wire.MustPassword)
	}
	if r.SecondFactor && Leads(role) && !factor {
		list = append(list, wire.MustSecondFactor)
	}
	return list
}
