package realtime

import (
	"strings"
	"testing"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestS077S079JoinsCellByCell writes the table of who may follow what once more, in
// full, so that no cell changes by accident: every kind of device, every role,
// every family.
func TestS077S079JoinsCellByCell(t *testing.T) {
	const till, pumpd, phone = wire.DeviceTill, wire.DevicePumpd, wire.DevicePhone
	families := strings.Fields("forecourt desk station driver chat support device post security ledger")
	for _, row := range []struct {
		kind wire.DeviceKind
		role wire.Role
		want string // a column a family
	}{
		{till, wire.RoleHead, "x x - - x x - - x -"},
		{till, wire.RoleGroup, "x x - - x x - - x -"},
		{till, wire.RoleCashier, "x x - - - - - - - -"},
		{till, wire.RoleAttendant, "x - - - - - - x - -"},
		{till, wire.RoleAgent, "x x - - x x - - - -"},
		{till, "", "- - - - - - - - - -"},
		{till, "owner", "- - - - - - - - - -"},
		{pumpd, wire.RoleHead, "- - - - - - - - - -"},
		{pumpd, wire.RoleCashier, "- - - - - - - - - -"},
		{pumpd, wire.RoleAttendant, "- - - - - - - - - -"},
		{pumpd, wire.RoleAgent, "- - - - - - - - - -"},
		{pumpd, "", "- - - - - - x - - -"},
		{phone, wire.RoleHead, "- - - - - - - - - -"},
		{phone, wire.RoleCashier, "- - - - - - - - - -"},
		{phone, wire.RoleAttendant, "- - - - - - - - - -"},
		{phone, wire.RoleAgent, "- - - - - - - - - -"},
		{phone, "", "- - x x x - - - - -"},
		{"", wire.RoleHead, "- - - - - - - - - -"},
		{"", "", "- - - - - - - - - -"},
	} {
		cells := strings.Fields(row.want)
		if len(cells) != len(families) {
			t.Fatalf("the row of a %q at a %q has %d cells", row.role, row.kind, len(cells))
		}
		for i, family := range families {
			checkCell(t, row.kind, row.role, family, cells[i] == "x")
		}
	}
}

// TestAGuestFollowsStationsAndNothingElse is the guest's row of the table, and
// that nobody else's rights come with it.
func TestAGuestFollowsStationsAndNothingElse(t *testing.T) {
	ids := newIDs()
	station := id.New[id.Station](ids)
	for _, family := range strings.Fields("forecourt desk station driver chat support device post security ledger") {
		ch := wire.Channel(family + "/" + station.String())
		if got, want := mayJoin(Peer{Kind: wire.DevicePhone, Guest: true}, ch), family == "station"; got != want {
			t.Errorf("a guest joining %s: %v", family, got)
		}
		for _, p := range []Peer{
			{Kind: wire.DeviceTill, Guest: true},
			{Kind: wire.DevicePumpd, Guest: true},
			{Guest: true},
			{Kind: wire.DeviceTill, Role: wire.RoleHead, Station: station, Guest: true},
		} {
			if mayJoin(p, ch) {
				t.Errorf("a guest as %+v may join %s", p, family)
			}
		}
	}
}

// checkCell asks for one's own channel of a family, and for ones that are not.
func checkCell(t *testing.T, kind wire.DeviceKind, role wire.Role, family string, want bool) {
	t.Helper()
	ids := newIDs()
	p := Peer{
		Kind: kind, Role: role, Device: id.New[id.Device](ids), Station: id.New[id.Station](ids),
		Staff: id.New[id.Staff](ids), Member: id.New[id.Member](ids),
	}
	other, thread := id.New[id.Station](ids).String(), id.New[id.Thread](ids).String()
	own := map[string]string{"driver": p.Member.String(), "device": p.Device.String(), "station": other, "chat": thread, "post": p.Staff.String()}[family]
	if own == "" {
		own = p.Station.String()
	}
	if got := mayJoin(p, wire.Channel(family+"/"+own)); got != want {
		t.Errorf("a %q at a %q joining %q: %v, want %v", role, kind, family, got, want)
	}
	strange := []string{"", "/", "/x", "/" + strings.ToLower(own), "/" + own + "/", "/" + own + "x", "/00000000000000000000000000"}
	if family != "station" && family != "chat" {
		strange = append(strange, "/"+other)
	}
	for _, name := range strange {
		if mayJoin(p, wire.Channel(family+name)) {
			t.Errorf("a %q at a %q may join %q", role, kind, family+name)
		}
	}
	if nobody := (Peer{Kind: kind, Role: role}); family != "station" && family != "chat" &&
		mayJoin(nobody, wire.Channel(family+"/"+id.Station{}.String())) {
		t.Errorf("a %q at a %q without a place may join %q", role, kind, family)
	}
}
