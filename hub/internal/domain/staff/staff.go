// Package staff knows who works at a station: their logins, their sessions and
// what their role may do.
//
// # What it promises
//
//   - Passwords are kept as argon2id only; a login costs the same work whether
//     the staff number exists or not, and says the same when it fails.
//   - Failed logins make the next try wait, longer each time, for the number
//     and for the device; the waits outlive a restart.
//   - A session is 32 random bytes, kept as their SHA-256 only. It ends after
//     a time without use, at the latest after its lifetime, on logout, when
//     the password changes and when the person is deactivated.
//   - While the database is away, people who were seen just before are still
//     known, so that a till can follow the pumps through the outage.
//
// Errors meant for people are *wire.Problem.
package staff

import (
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
	// Station is where they work, Device the till they signed in at.
	Station id.Station
	Device  id.Device
}

// DeviceActor is the till somebody signs in at.
type DeviceActor struct {
	// Device is the till, Station where it stands.
	Device  id.Device
	Station id.Station
}

// Person is an entry of the staff list.
type Person struct {
	// Staff names them; Number is what they sign in with, unique in a station.
	Staff        id.Staff
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
}

// Limits of the fields.
const (
	maxNumber = 20
	maxName   = 60
	// minPassword is short because tills have number pads; the waits after
	// failures are what keeps guessing out.
	minPassword = 6
	maxPassword = 200
)

// Rules sets how long sessions last.
type Rules struct {
	// Idle ends a session that is not used.
	Idle time.Duration
	// Lifetime ends any session, counted from the login.
	Lifetime time.Duration
}

// validRole reports whether r is a role of the permission table.
func validRole(r wire.Role) bool { return May(r, SeeBoard) }
