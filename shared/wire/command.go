package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// HeaderIdempotencyKey carries a command's id, saved by the sender before it
// first sent it. A repeat returns the first result; the same key with another
// body is refused (ProblemKeyReused).
const HeaderIdempotencyKey = "Idempotency-Key"

// HeaderDevice carries the device token of a till beside the bearer token of
// the person who uses it.
const HeaderDevice = "Forecourt-Device"

// EnrolRequest exchanges a one-time code for a device token.
type EnrolRequest struct {
	// Code is what `hub enrol` printed, without the fingerprint.
	Code string `json:"code" minLength:"8" maxLength:"64"`
	// Name tells devices apart in lists: "till 1".
	Name string `json:"name" minLength:"1" maxLength:"60"`
}

// DeviceKind says what an enrolled device is.
type DeviceKind string

// The kinds.
const (
	DevicePumpd DeviceKind = "pumpd"
	DeviceTill  DeviceKind = "till"
	// DevicePhone is a driver's phone or browser: never enrolled, known by
	// the member's session alone.
	DevicePhone DeviceKind = "phone"
)

// EnrolReply is a device's credentials; the token is shown once.
type EnrolReply struct {
	// Device is the new device, Kind what it is.
	Device id.Device  `json:"device"`
	Kind   DeviceKind `json:"kind"`
	// Station is where it belongs, StationName how it is called.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	// Token authenticates it.
	Token string `json:"token"`
	// CA is the hub's certificate authority, PEM, to be pinned.
	CA string `json:"ca"`
}

// LoginRequest opens a session at a till.
type LoginRequest struct {
	// Number is the staff number.
	Number string `json:"number" minLength:"1" maxLength:"20"`
	// Password is theirs.
	Password string `json:"password" minLength:"1" maxLength:"200"`
	// Code is from their authenticator, or a recovery code, once the hub has
	// asked for it (ProblemSecondFactor).
	Code string `json:"code,omitempty" maxLength:"20"`
}

// Role is what a person may do.
type Role string

// The roles.
const (
	RoleHead      Role = "head"      // 负责人
	RoleCashier   Role = "cashier"   // 收银员
	RoleAttendant Role = "attendant" // 加油员
	RoleAgent     Role = "agent"     // 客服
	RoleGroup     Role = "group"     // 集团经理: head of several stations
)

// Session is an open session.
type Session struct {
	// Token authenticates the person.
	Token string `json:"token"`
	// ExpiresAt ends it.
	ExpiresAt time.Time `json:"expires_at"`
	// Staff, Number, Name and Role are who.
	Staff  id.Staff `json:"staff"`
	Number string   `json:"number"`
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	// Station is where, StationName its name.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	// Must holds what has to be done before the session is good for anything
	// else.
	Must []Must `json:"must,omitempty"`
}

// Ticket admits one socket, once, for a few seconds.
type Ticket struct {
	// Ticket goes into the hello.
	Ticket string `json:"ticket"`
	// ExpiresAt ends it.
	ExpiresAt time.Time `json:"expires_at"`
}

// PayRequest takes money for a sale.
type PayRequest struct {
	// Tender is how.
	Tender Tender `json:"tender" enum:"cash"`
	// Due is what the cashier saw; another amount due is refused.
	Due unit.Fen `json:"due_fen" minimum:"0" maximum:"9007199254740991"`
	// Tendered is what was handed over, at least Due.
	Tendered unit.Fen `json:"tendered_fen" minimum:"0" maximum:"9007199254740991"`
}

// ResolveAct says how a sale leaves the open list without money.
type ResolveAct string

// The acts.
const (
	ResolveDriveOff ResolveAct = "drive_off" // unpaid: left without paying
	ResolveTest     ResolveAct = "test"      // unpaid: pump test, returned to the tank
	ResolveAccept   ResolveAct = "accept"    // quarantined or missing: becomes unpaid with the figures given
	ResolveDismiss  ResolveAct = "dismiss"   // quarantined or missing: never charged; the litres stay proved
)

// ResolveRequest resolves a sale without money.
type ResolveRequest struct {
	// Act is how.
	Act ResolveAct `json:"act" enum:"drive_off,test,accept,dismiss"`
	// Note says why, in words; it is kept.
	Note string `json:"note" minLength:"1" maxLength:"400"`
	// Volume and Amount are the figures to charge, for ResolveAccept.
	Volume unit.Millilitre `json:"volume_ml,omitempty" minimum:"0" maximum:"9007199254740991"`
	Amount unit.Fen        `json:"amount_fen,omitempty" minimum:"0" maximum:"9007199254740991"`
}

// AuthorizeRequest permits one delivery on a nozzle in the controlled mode.
type AuthorizeRequest struct {
	// Preset bounds it.
	Preset Preset `json:"preset"`
	// ValidSeconds is how long it waits for a lift.
	ValidSeconds int `json:"valid_seconds" minimum:"5" maximum:"900"`
}

// HoldRequest lays or lifts the station's hand on a nozzle.
type HoldRequest struct {
	// Hold is what should be.
	Hold Hold `json:"hold" enum:"none,pause,stop"`
}

// ModeRequest changes who lets a nozzle dispense.
type ModeRequest struct {
	// Mode is what should be.
	Mode Mode `json:"mode" enum:"attended,controlled,closed"`
}

// PriceRequest sets new prices, at once.
type PriceRequest struct {
	// Prices holds the grades that change; the others stay.
	Prices []GradePriceRequest `json:"prices" minItems:"1" maxItems:"20"`
}

// GradePriceRequest is one new price.
type GradePriceRequest struct {
	// Grade is "92#".
	Grade string `json:"grade" minLength:"1" maxLength:"10"`
	// Price is in fen per litre.
	Price unit.FenPerLitre `json:"price_fen_per_l" minimum:"1" maximum:"99999"`
}

// Done answers a command whose effect arrives as an event.
type Done struct {
	// Command is the key it was sent with.
	Command id.Command `json:"command"`
	// Repeat is whether this is the answer to an earlier send.
	Repeat bool `json:"repeat,omitempty"`
}

// SaleList is a page of sales, newest first.
type SaleList struct {
	// Sales holds the page.
	Sales []Sale `json:"sales"`
	// Next is the id to ask before for the following page; zero at the end.
	Next id.Sale `json:"next,omitzero"`
}
