package realtime

import (
	"encoding"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Families of channels.
const (
	familyForecourt = "forecourt"
	familyDesk      = "desk"
	familyStation   = "station"
	familyDriver    = "driver"
	familyChat      = "chat"
	familySupport   = "support"
	familyDevice    = "device"
	familyPost      = "post"
	familySecurity  = "security"
)

// joiner is who asks to follow a channel: a person by role, or a device by
// its kind when nobody is signed in at it; a phone is a member's, or a guest's.
type joiner struct {
	kind  wire.DeviceKind
	role  wire.Role
	guest bool
}

// joins is the one table of who may follow which family of channels. What is
// not listed is refused: a till with nobody signed in follows nothing, and
// nobody works from a pumpd's device or a driver's phone. A guest sees what
// every driver sees of a station, and nothing else. Which channel of a
// family it may be is said by ours. A pumpd's own channel is its connection
// itself: acknowledgements and wishes come without being asked for.
var joins = map[joiner][]string{
	{wire.DeviceTill, wire.RoleHead, false}:      {familyForecourt, familyDesk, familySupport, familyChat, familySecurity},
	{wire.DeviceTill, wire.RoleGroup, false}:     {familyForecourt, familyDesk, familySupport, familyChat, familySecurity},
	{wire.DeviceTill, wire.RoleCashier, false}:   {familyForecourt, familyDesk},
	{wire.DeviceTill, wire.RoleAttendant, false}: {familyForecourt, familyPost},
	{wire.DeviceTill, wire.RoleAgent, false}:     {familyForecourt, familyDesk, familySupport, familyChat},
	{wire.DevicePhone, "", false}:                {familyStation, familyDriver, familyChat},
	{wire.DevicePhone, "", true}:                 {familyStation},
	{wire.DevicePumpd, "", false}:                {familyDevice},
}

// mayJoin reports whether the peer may follow the channel. Of a conversation
// it must be a party besides: that is asked of the conversation.
func mayJoin(p Peer, ch wire.Channel) bool {
	family, name := ch.Split()
	return slices.Contains(joins[joiner{p.Kind, p.Role, p.Guest}], family) && ours(p, family, name)
}

// ours reports whether a channel of a family is one that the peer may follow.
func ours(p Peer, family, name string) bool {
	switch family {
	case familyForecourt, familyDesk, familySupport, familySecurity:
		return !p.Station.IsZero() && name == p.Station.String()
	case familyDriver:
		return !p.Member.IsZero() && name == p.Member.String()
	case familyPost:
		return !p.Staff.IsZero() && name == p.Staff.String()
	case familyDevice:
		return !p.Device.IsZero() && name == p.Device.String()
	case familyStation:
		return named(name, new(id.Station))
	case familyChat:
		return named(name, new(id.Thread))
	}
	return false
}

// named reports whether a name is an id in the one way that ids are written:
// two names of one channel would be two channels.
func named(name string, as interface {
	encoding.TextUnmarshaler
	IsZero() bool
	String() string
},
) bool {
	return as.UnmarshalText([]byte(name)) == nil && !as.IsZero() && as.String() == name
}
