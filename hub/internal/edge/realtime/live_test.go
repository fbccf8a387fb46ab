package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// toxiproxy leaves its own slicer behind when the line is cut under it.
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*SlicerToxic).Pipe"))
}

// newIDs makes ids that rise, from a clock and chance that never change.
func newIDs() *id.Maker {
	return id.NewMaker(func() time.Time { return time.UnixMilli(1_790_000_000_000) }, rand.NewChaCha8([32]byte{1}))
}

// hub is a Server with peers, tickets and a counting channel per family
// behind it, on a real loopback listener or a given one.
type hub struct {
	t       testing.TB
	server  *Server
	metrics *prometheus.Registry
	ids     *id.Maker
	station id.Station
	url     string
	http    *http.Server

	mu      sync.Mutex
	tickets map[string]Peer
	next    int
	devices []*fakeSession

	forecourt, desk *counter
	chats           map[wire.Channel]*counter
	parties         map[wire.Channel]map[Peer]bool
	typed           chan string
	changes         chan []Change
	built           map[wire.Channel]int // snapshots
}

// counter is a channel whose whole state is how many events there were.
type counter struct {
	ch      wire.Channel
	publish func(wire.Frame)

	mu    sync.Mutex
	epoch id.Epoch
	seq   uint64
	fail  error
	pad   string
}

// counted is the body of a counter's events and snapshots.
type counted struct {
	N   uint64 `json:"n"`
	Pad string `json:"pad,omitempty"`
}

// bump publishes the next event.
func (c *counter) bump() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	c.publish(wire.Frame{K: wire.KindNozzle, Ch: c.ch, Ep: c.epoch, Seq: c.seq, At: time.Now(), D: wire.Body(counted{c.seq, c.pad})})
}

func (c *counter) snapshot(context.Context, wire.Channel) (any, wire.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return counted{N: c.seq}, wire.Position{Ch: c.ch, Ep: c.epoch, Seq: c.seq}, c.fail
}

func (c *counter) failing(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

func (c *counter) at() wire.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return wire.Position{Ch: c.ch, Ep: c.epoch, Seq: c.seq}
}

// fakeSession remembers what a device said.
type fakeSession struct {
	out    DeviceOut
	took   chan []wire.Frame
	closed chan struct{}
}

func (f *fakeSession) Take(_ context.Context, _ time.Time, frames []wire.Frame) { f.took <- frames }
func (f *fakeSession) Close()                                                   { close(f.closed) }

func newHub(t testing.TB, limits Limits) *hub {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := newHubOn(t, limits, l)
	h.url = "ws://" + l.Addr().String()
	return h
}

func newHubOn(t testing.TB, limits Limits, l net.Listener) *hub {
	t.Helper()
	makes := newIDs()
	h := &hub{
		t: t, ids: makes, station: id.New[id.Station](makes), metrics: prometheus.NewRegistry(), tickets: map[string]Peer{},
		chats: map[wire.Channel]*counter{}, parties: map[wire.Channel]map[Peer]bool{},
		typed: make(chan string, 1000), changes: make(chan []Change, 100), built: map[wire.Channel]int{},
	}
	h.forecourt = &counter{ch: wire.Forecourt(h.station), epoch: id.New[id.Epoch](makes)}
	h.desk = &counter{ch: wire.Desk(h.station), epoch: id.New[id.Epoch](makes)}
	h.server = New(Deps{
		Admit: h.admit,
		Snapshots: map[string]Snapshot{
			familyForecourt: h.forecourt.snapshot, familyDesk: h.desk.snapshot, familyChat: h.chatSnapshot,
		},
		Party:      h.party,
		Typing:     func(p Peer, t id.Thread) { h.typed <- p.label() + " in " + t.String() },
		Presence:   func(changes []Change) { h.changes <- changes },
		OpenDevice: h.openDevice,
		Limits:     limits,
		Metrics:    NewMetrics(h.metrics),
		Now:        time.Now,
		Log:        slog.New(slog.DiscardHandler),
	})
	h.forecourt.publish, h.desk.publish = h.server.Event, h.server.Event
	h.http = &http.Server{Handler: h.server, ReadHeaderTimeout: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.http.Serve(l)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		h.server.Close(ctx)
		_ = h.http.Close()
		<-done
	})
	return h
}

func (h *hub) admit(ticket string) (Peer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, ok := h.tickets[ticket]
	delete(h.tickets, ticket)
	if !ok {
		return Peer{}, errors.New("no such ticket")
	}
	return p, nil
}

// chat begins a conversation of some parties.
func (h *hub) chat(parties ...Peer) *counter {
	c := &counter{ch: wire.Chat(id.New[id.Thread](h.ids)), epoch: id.New[id.Epoch](h.ids), publish: h.server.Event}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chats[c.ch], h.parties[c.ch] = c, map[Peer]bool{}
	for _, p := range parties {
		h.parties[c.ch][p] = true
	}
	return c
}

func (h *hub) chatSnapshot(ctx context.Context, ch wire.Channel) (any, wire.Position, error) {
	h.mu.Lock()
	c := h.chats[ch]
	h.built[ch]++
	h.mu.Unlock()
	if c == nil {
		return nil, wire.Position{}, fmt.Errorf("%w: no such conversation", wire.NewProblem(wire.ProblemNotFound, ""))
	}
	return c.snapshot(ctx, ch)
}

// snapshots counts those of a conversation that were made.
func (h *hub) snapshots(ch wire.Channel) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.built[ch]
}

func (h *hub) party(_ context.Context, p Peer, t id.Thread) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parties[wire.Chat(t)][p], nil
}

// leaves takes a party out of a conversation.
func (h *hub) leaves(ch wire.Channel, p Peer) {
	h.mu.Lock()
	delete(h.parties[ch], p)
	h.mu.Unlock()
	h.server.Evict(ch, func(who Peer) bool { return who != p })
}

func (h *hub) openDevice(_ context.Context, _ Peer, _ id.Journal, out DeviceOut) (DeviceSession, uint64, error) {
	s := &fakeSession{out: out, took: make(chan []wire.Frame, 64), closed: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.devices = append(h.devices, s)
	return s, 41, nil
}

func (h *hub) device(i int) *fakeSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.devices[i]
}

// ticket makes one for a peer.
func (h *hub) ticket(p Peer) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next++
	t := fmt.Sprintf("ticket-%d", h.next)
	h.tickets[t] = p
	return t
}

// cashier is a new till with its own cashier.
func (h *hub) cashier() Peer {
	return Peer{
		Device: id.New[id.Device](h.ids), Kind: wire.DeviceTill, Station: h.station,
		Staff: id.New[id.Staff](h.ids), Role: wire.RoleCashier,
	}
}

// agent is somebody who answers conversations.
func (h *hub) agent() Peer {
	p := h.cashier()
	p.Role = wire.RoleAgent
	return p
}

// driver is a member at a phone.
func (h *hub) driver() Peer {
	return Peer{Kind: wire.DevicePhone, Member: id.New[id.Member](h.ids)}
}

func (h *hub) pumpd() Peer {
	return Peer{Device: id.New[id.Device](h.ids), Kind: wire.DevicePumpd, Station: h.station}
}

func (h *hub) ask(ch wire.Channel) wire.Position { return wire.Position{Ch: ch} }

// status asks for a plain page of the server, as a browser's address bar would.
func status(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// codes waits until so many sockets are closed and counts them by code.
func (h *hub) codes(t *testing.T, sockets int) map[string]int {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		count, all := map[string]int{}, 0
		families, err := h.metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "forecourt_live_closed_total" {
				continue
			}
			for _, m := range f.GetMetric() {
				count[m.GetLabel()[0].GetValue()] = int(m.GetCounter().GetValue())
				all += int(m.GetCounter().GetValue())
			}
		}
		if all >= sockets {
			return count
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets closed: %v", all, count)
		}
		runtime.Gosched()
	}
}
