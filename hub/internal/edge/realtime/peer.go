package realtime

import (
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Peer is who holds a connection, as the spent ticket says.
type Peer struct {
	// Device is the enrolled device it came from, Kind what that is.
	Device id.Device
	Kind   wire.DeviceKind
	// Station is where it belongs.
	Station id.Station
	// Staff and Role are the person at a till; zero for a device by itself.
	Staff id.Staff
	Role  wire.Role
}

// bridge reports whether the peer is a pumpd: it follows nothing, it tells.
func (p Peer) bridge() bool { return p.Kind == wire.DevicePumpd && p.Staff.IsZero() }

// label names the peer for metrics.
func (p Peer) label() string {
	if p.Role == "" {
		return string(p.Kind)
	}
	return string(p.Role)
}

// Families of channels.
const (
	familyForecourt = "forecourt"
	familyDesk      = "desk"
)

// joiner is who asks to follow a channel: a person by role, or a device by
// its kind when nobody is signed in at it.
type joiner struct {
	kind wire.DeviceKind
	role wire.Role
}

// joins is the one table of who may follow which family of channels, at their
// own station. What is not listed is refused: pumpd and a till with nobody
// signed in follow nothing, and nobody works from a pumpd's device.
var joins = map[joiner][]string{
	{wire.DeviceTill, wire.RoleHead}:      {familyForecourt, familyDesk},
	{wire.DeviceTill, wire.RoleCashier}:   {familyForecourt, familyDesk},
	{wire.DeviceTill, wire.RoleAttendant}: {familyForecourt, familyDesk},
	{wire.DeviceTill, wire.RoleAgent}:     {familyForecourt, familyDesk},
}

// mayJoin reports whether the peer may follow the channel.
func mayJoin(p Peer, ch wire.Channel) bool {
	family, name := ch.Split()
	if p.Station.IsZero() || name != p.Station.String() {
		return false
	}
	for _, allowed := range joins[joiner{p.Kind, p.Role}] {
		if allowed == family {
			return true
		}
	}
	return false
}
