package realtime

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func guest() Peer { return Peer{Kind: wire.DevicePhone, Guest: true} }

// A guest gets a station's snapshot; asking for anything else ends it.
func TestAGuestSeesAStationAndNoMore(t *testing.T) {
	h := newHub(t, Limits{})
	h.server.deps.Snapshots[familyStation] = h.forecourt.snapshot
	station := wire.PublicStation(id.New[id.Station](newIDs()))
	c := h.enter(guest(), h.ask(station))
	if f := c.frame(); f.K != wire.KindSnap || f.Ch != station {
		t.Errorf("got %s of %s", f.K, f.Ch)
	}
	for _, ch := range []wire.Channel{
		wire.DriverOf(id.New[id.Member](newIDs())), wire.Chat(id.New[id.Thread](newIDs())), wire.Desk(id.New[id.Station](newIDs())),
		wire.Forecourt(id.New[id.Station](newIDs())), wire.Security(id.New[id.Station](newIDs())),
	} {
		late := h.enter(guest(), h.ask(station))
		late.frame()
		late.say(wire.Frame{K: wire.KindJoin, Ch: ch})
		if code := late.code(); code != wire.CloseForbidden {
			t.Errorf("joining %s ended it with %d", ch, code)
		}
		early := dial(t, h.url, nil)
		early.say(h.hello(guest(), h.ask(ch)))
		if code := early.code(); code != wire.CloseForbidden {
			t.Errorf("a hello for %s ended with %d", ch, code)
		}
	}
	if got := testutil.ToFloat64(h.server.metrics.connections.WithLabelValues("guest")); got < 1 {
		t.Errorf("%v guests are counted", got)
	}
}

// Guests are counted together: past the bound the oldest goes, and nobody
// else's connection.
func TestGuestsAreBounded(t *testing.T) {
	h := newHub(t, Limits{Guests: 2, PerPeer: 1})
	member := h.enter(h.driver())
	first, second := h.enter(guest()), h.enter(guest())
	third := h.enter(guest())
	if code := first.code(); code != wire.CloseGoingAway {
		t.Errorf("the oldest was closed with %d", code)
	}
	for _, c := range []*client{member, second, third} {
		if err := pinged(c); err != nil {
			t.Errorf("another one was closed too: %v", err)
		}
	}
	if h.server.Drivers() != 1 {
		t.Errorf("%d drivers are online; guests are nobody's", h.server.Drivers())
	}
}

// The line holds those that are here, whatever the order they go in.
func TestTheLineOfGuests(t *testing.T) {
	var g guests
	conns := make([]*conn, 6)
	for i := range conns {
		conns[i] = &conn{}
		want := 0
		if i >= 4 {
			want = 1 // of the first three, the second has gone
		}
		surplus := g.come(conns[i], 3)
		if len(surplus) != want {
			t.Fatalf("guest %d made %d go", i+1, len(surplus))
		}
		if i == 1 {
			g.gone(conns[1])
			g.gone(conns[1])
		}
	}
	if g.line.Len() != 3 || conns[0].seat != nil || conns[2].seat != nil || conns[3].seat == nil {
		t.Errorf("%d are in the line", g.line.Len())
	}
	for _, c := range conns {
		g.gone(c)
	}
	if g.line.Len() != 0 {
		t.Errorf("%d are left", g.line.Len())
	}
}

func TestGuestsTakeAQuarterAtMost(t *testing.T) {
	for connections, want := range map[int]int{0: 5000, 400: 100, 2: 1} {
		if got := (Limits{Connections: connections}).withDefaults().Guests; got != want {
			t.Errorf("of %d connections %d are for guests, want %d", connections, got, want)
		}
	}
}
