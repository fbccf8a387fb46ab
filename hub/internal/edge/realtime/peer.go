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
	// Member is the driver at a phone (Kind wire.DevicePhone), Session names the
	// session there, so that a lost phone is told from the one in their hand;
	// then all else is zero.
	Member  id.Member
	Session [32]byte
	// Guest is whether it is a phone of nobody in particular (Kind
	// wire.DevicePhone); then all else is zero.
	Guest bool
}

// known reports whether the peer is anybody: a ticket of nobody admits nobody.
func (p Peer) known() bool { return !p.Device.IsZero() || !p.Member.IsZero() || p.Guest }

// bridge reports whether the peer is a pumpd: it follows nothing, it tells.
func (p Peer) bridge() bool { return p.Kind == wire.DevicePumpd && p.Staff.IsZero() }

// label names the peer for metrics.
func (p Peer) label() string {
	switch {
	case p.Guest:
		return "guest"
	case p.Role == "":
		return string(p.Kind)
	}
	return string(p.Role)
}

// user is the person behind the peer; zero for a device by itself and for a
// guest, who is no person that anybody waits for.
func (p Peer) user() User {
	switch {
	case !p.Member.IsZero():
		return User{Member: p.Member}
	case !p.Staff.IsZero():
		return User{Staff: p.Staff, Station: p.Station}
	}
	return User{}
}

// peerKey is whose connections are counted together.
type peerKey struct {
	device id.Device
	staff  id.Staff
	member id.Member
}

func (p Peer) key() peerKey { return peerKey{p.Device, p.Staff, p.Member} }
