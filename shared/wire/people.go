package wire

import (
	"time"

	"forecourt/shared/id"
)

// Must is something a person has to do before their session is good for
// anything else.
type Must string

// The duties.
const (
	MustPassword     Must = "password"      // choose a password of one's own
	MustSecondFactor Must = "second_factor" // set up the second factor
)

// StaffMember is somebody who works at the station, as the head sees them.
type StaffMember struct {
	// ID names them, Number is what they sign in with.
	ID     id.Staff `json:"id"`
	Number string   `json:"number"`
	// Name is how they are called, Role what they may do.
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Active is whether they may sign in.
	Active bool `json:"active"`
	// SecondFactor is whether signing in also takes a code of their phone.
	SecondFactor bool `json:"second_factor"`
	// LockedUntil is how long signing in is refused after too many failures.
	LockedUntil time.Time `json:"locked_until,omitzero"`
	// SeenAt is when they last did something, zero if never.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Stations holds the further stations of a group manager.
	Stations []StationName `json:"stations,omitempty"`
}

// StationName is a station as staff choose it from a list.
type StationName struct {
	// ID names it, Name is its sign.
	ID   id.Station `json:"id"`
	Name string     `json:"name"`
}

// StaffList is everybody who works at a station, by number.
type StaffList struct {
	// Staff holds them.
	Staff []StaffMember `json:"staff"`
	// Stations holds the other stations of the hub: what a group manager may be
	// given.
	Stations []StationName `json:"stations,omitempty"`
}

// NewStaffRequest enters somebody.
type NewStaffRequest struct {
	// Number is what they sign in with.
	Number string `json:"number" minLength:"1" maxLength:"20"`
	// Name is how they are called, Role what they may do.
	Name string `json:"name" minLength:"1" maxLength:"60"`
	Role Role   `json:"role" enum:"head,group,cashier,attendant,agent"`
	// Password is their first one; they choose another when they sign in.
	Password string `json:"password" minLength:"1" maxLength:"200"`
}

// StaffRequest says how somebody should be from now on; their sessions end
// when their role changes or they may no longer sign in.
type StaffRequest struct {
	// Name is how they are called, Role what they may do.
	Name string `json:"name" minLength:"1" maxLength:"60"`
	Role Role   `json:"role" enum:"head,group,cashier,attendant,agent"`
	// Active is whether they may sign in.
	Active bool `json:"active"`
	// Stations holds the further stations of a group manager.
	Stations []id.Station `json:"stations,omitempty" maxItems:"200"`
}

// PasswordRequest gives somebody else a password, which they must change when
// they next sign in. It ends their sessions, their waits and, if asked, their
// second factor.
type PasswordRequest struct {
	// Password is the new one.
	Password string `json:"password" minLength:"1" maxLength:"200"`
	// DropSecondFactor takes the second factor away: the phone is lost.
	DropSecondFactor bool `json:"drop_second_factor,omitempty"`
}

// OwnPasswordRequest changes one's own password.
type OwnPasswordRequest struct {
	// Old is the one of now, New the next.
	Old string `json:"old" minLength:"1" maxLength:"200"`
	New string `json:"new" minLength:"1" maxLength:"200"`
}

// SecondFactor is a second factor to be set up: it counts once a code of it
// has been given.
type SecondFactor struct {
	// Secret is for typing into an authenticator, base 32; URI the same for a
	// QR code (otpauth).
	Secret string `json:"secret"`
	URI    string `json:"uri"`
}

// CodeRequest brings a code of one's authenticator.
type CodeRequest struct {
	// Code has six digits.
	Code string `json:"code" minLength:"6" maxLength:"20"`
}

// RecoveryCodes stand in for a lost authenticator, each once. They are shown
// this one time.
type RecoveryCodes struct {
	// Codes holds them.
	Codes []string `json:"codes"`
}

// Account is one's own account.
type Account struct {
	// Number, Name and Role are who.
	Number string `json:"number"`
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	// SecondFactor is whether signing in also takes a code; Recovery counts
	// the recovery codes that are left.
	SecondFactor bool `json:"second_factor"`
	Recovery     int  `json:"recovery"`
	// Must holds what has to be done first.
	Must []Must `json:"must,omitempty"`
}

// StaffSession is an open session.
type StaffSession struct {
	// ID names it; it opens nothing.
	ID id.Session `json:"id"`
	// Staff, Number, Name and Role are whose.
	Staff  id.Staff `json:"staff"`
	Number string   `json:"number"`
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	// Device is the till, DeviceName what it is called.
	Device     id.Device `json:"device"`
	DeviceName string    `json:"device_name"`
	// Since is when it was opened, SeenAt when it was last used.
	Since  time.Time `json:"since"`
	SeenAt time.Time `json:"seen_at"`
	// Own is whether it is the asker's.
	Own bool `json:"own,omitempty"`
}

// StaffSessionList is every open session of a station, last used first.
type StaffSessionList struct {
	// Sessions holds them.
	Sessions []StaffSession `json:"sessions"`
}

// Permissions is the permission table: who may do what.
type Permissions struct {
	// Roles holds the columns, Rows one line an action.
	Roles []Role       `json:"roles"`
	Rows  []Permission `json:"rows"`
}

// Permission is one line of the table.
type Permission struct {
	// Action is what, Roles who may.
	Action string `json:"action"`
	Roles  []Role `json:"roles"`
}
