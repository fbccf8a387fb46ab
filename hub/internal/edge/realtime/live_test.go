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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
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

func (c *counter) snapshot(context.Context, id.Station) (any, wire.Position, error) {
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
	h := &hub{t: t, ids: makes, station: id.New[id.Station](makes), metrics: prometheus.NewRegistry(), tickets: map[string]Peer{}}
	h.forecourt = &counter{ch: wire.Forecourt(h.station), epoch: id.New[id.Epoch](makes)}
	h.desk = &counter{ch: wire.Desk(h.station), epoch: id.New[id.Epoch](makes)}
	h.server = New(Deps{
		Admit:      h.admit,
		Forecourt:  h.forecourt.snapshot,
		Desk:       h.desk.snapshot,
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

func (h *hub) pumpd() Peer {
	return Peer{Device: id.New[id.Device](h.ids), Kind: wire.DevicePumpd, Station: h.station}
}

// client is a peer of a test.
type client struct {
	t       testing.TB
	ws      *websocket.Conn
	pending []wire.Frame
}

// dial opens a socket without a hello.
func dial(t testing.TB, url string, opts *websocket.DialOptions) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url, opts)
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	ws.SetReadLimit(wire.MaxFrameOutBytes)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{t: t, ws: ws}
}

// say sends frames as one message.
func (c *client) say(frames ...wire.Frame) {
	c.t.Helper()
	var lines []string
	for _, f := range frames {
		line, err := wire.Encode(f)
		if err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	c.raw(websocket.MessageText, strings.Join(lines, "\n"))
}

func (c *client) raw(typ websocket.MessageType, text string) {
	c.t.Helper()
	if err := c.ws.Write(context.Background(), typ, []byte(text)); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// hello says hello as a peer that resumes.
func (h *hub) hello(p Peer, resume ...wire.Position) wire.Frame {
	hello := wire.Hello{V: wire.Version, Min: wire.MinVersion, Ticket: h.ticket(p), Resume: resume}
	if p.bridge() {
		hello.Journal = id.New[id.Journal](h.ids)
	}
	return wire.Frame{K: wire.KindHello, D: wire.Body(hello)}
}

// enter dials, says hello and takes the welcome.
func (h *hub) enter(p Peer, resume ...wire.Position) *client {
	h.t.Helper()
	c := dial(h.t, h.url, nil)
	c.say(h.hello(p, resume...))
	if f := c.frame(); f.K != wire.KindWelcome {
		h.t.Fatalf("got %q instead of a welcome", f.K)
	}
	return c
}

// try reads the next frame within a few seconds.
func (c *client) try() (wire.Frame, error) {
	for len(c.pending) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_, message, err := c.ws.Read(ctx)
		cancel()
		if err != nil {
			return wire.Frame{}, err
		}
		if c.pending, err = wire.Decode(message); err != nil {
			return wire.Frame{}, err
		}
	}
	f := c.pending[0]
	c.pending = c.pending[1:]
	return f, nil
}

func (c *client) frame() wire.Frame {
	c.t.Helper()
	f, err := c.try()
	if err != nil {
		c.t.Fatalf("reading a frame: %v", err)
	}
	return f
}

// code reads until the socket is closed and tells the close code.
func (c *client) code() int {
	for {
		if _, err := c.try(); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

// upTo reads events of one channel until seq, and fails on a hole or a
// reorder. It returns where the channel began: after the first snapshot, or
// after from.
func (c *client) upTo(ch wire.Channel, from wire.Position, seq uint64) wire.Position {
	c.t.Helper()
	at := from
	for at.Seq < seq || at.Ep.IsZero() {
		f := c.frame()
		switch {
		case f.Ch != ch:
		case f.K == wire.KindSnap:
			at = wire.Position{Ch: ch, Ep: f.Ep, Seq: f.Seq}
		case wire.Kinds[f.K].Class == wire.ClassEvent:
			if f.Seq != at.Seq+1 {
				c.t.Fatalf("event %d came after %d", f.Seq, at.Seq)
			}
			at.Seq = f.Seq
		}
	}
	return at
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
