package realtime

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Snapshot is the whole of one station's channel and the position it is true
// at; body is the channel's snapshot type in wire.
type Snapshot func(ctx context.Context, station id.Station) (body any, at wire.Position, err error)

// Deps is what a Server stands on. All of it is needed but Origins and Limits.
type Deps struct {
	// Admit spends a ticket, once, and tells whose it was.
	Admit func(ticket string) (Peer, error)
	// Forecourt and Desk make the snapshots of the two families of channels.
	Forecourt, Desk Snapshot
	// OpenDevice begins a pumpd's session.
	OpenDevice OpenDevice
	// Origins are the further hosts that pages may connect from
	// ("station.example.cn"); the hub's own host always may. A peer without
	// an Origin header is no browser.
	Origins []string
	// Limits bounds everything; zero fields take DefaultLimits.
	Limits Limits
	// Metrics counts; from NewMetrics.
	Metrics *Metrics
	// Now is the clock, with its monotonic reading: deadlines come from it.
	Now func() time.Time
	// Log takes who came and went. Tickets never go there.
	Log *slog.Logger
}

// Server is the hub's sockets. Make one with New, mount it at /v1/live, feed it
// with Event and Tick, and Close it.
type Server struct {
	deps    Deps
	limits  Limits
	metrics *Metrics
	log     *slog.Logger

	ctx    context.Context // ends when Close begins; bounds the snapshots
	cancel context.CancelFunc
	work   sync.WaitGroup // connections and snapshots being built

	mu        sync.Mutex
	closed    bool
	open      int // sockets, those in their handshake too
	strangers int // of them, those without a good hello
	conns     map[*conn]struct{}
	peers     map[peerKey][]*conn // oldest first
	rings     map[wire.Channel]*ring
}

// peerKey is whose connections are counted together.
type peerKey struct {
	device id.Device
	staff  id.Staff
}

// New makes a Server.
func New(deps Deps) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{
		deps:    deps,
		limits:  deps.Limits.withDefaults(),
		metrics: deps.Metrics,
		log:     deps.Log,
		ctx:     ctx,
		cancel:  cancel,
		conns:   make(map[*conn]struct{}),
		peers:   make(map[peerKey][]*conn),
		rings:   make(map[wire.Channel]*ring),
	}
}

// Event publishes the next event of a channel: f.Ch, f.Ep and f.Seq place it.
// Without an epoch it belongs to the one that the channel's snapshots tell. It
// never waits for a connection.
func (s *Server) Event(f wire.Frame) {
	if line, ok := s.encode(f); ok {
		s.ring(f.Ch).event(f.Ep, f.Seq, line, f.At)
		s.metrics.published.WithLabelValues("event").Inc()
	}
}

// Publish publishes several events, as a feed hands them on.
func (s *Server) Publish(frames []wire.Frame) {
	for _, f := range frames {
		s.Event(f)
	}
}

// Tick publishes the latest of a key in a channel, such as a nozzle's running
// figures. f.Seq is the channel's last event when it was made.
func (s *Server) Tick(key int, f wire.Frame) {
	if line, ok := s.encode(f); ok {
		s.ring(f.Ch).tick(f.Ep, f.Seq, key, line, f.At)
		s.metrics.published.WithLabelValues("tick").Inc()
	}
}

// encode writes a frame once for everyone. Its epoch stays behind: on the
// socket a snapshot says it.
func (s *Server) encode(f wire.Frame) ([]byte, bool) {
	f.Ep = id.Epoch{}
	line, err := wire.Encode(f)
	if err != nil {
		// The hole it leaves makes everyone take a snapshot.
		s.log.Error("an event does not encode", "channel", f.Ch, "seq", f.Seq, "error", err)
	}
	return line, err == nil
}

func (s *Server) ring(ch wire.Channel) *ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rings[ch]
	if !ok {
		r = newRing(ch, s.limits.RingEvents, s.limits.RingBytes)
		s.rings[ch] = r
	}
	return r
}

// ServeHTTP upgrades a request to a socket and returns; the socket lives on by
// itself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.reserve() {
		tooMany(w)
		return
	}
	ws, err := websocket.Accept(slimWriter{w, s.limits, s.deps.Now}, r, &websocket.AcceptOptions{
		OriginPatterns:  s.deps.Origins,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		s.log.Info("a socket was refused", "remote", r.RemoteAddr, "error", err)
		s.release()
		return
	}
	ws.SetReadLimit(wire.MaxFrameInBytes)
	c := &conn{
		server: s,
		ws:     ws,
		log:    s.log.With("remote", r.RemoteAddr),
		wake:   make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if s.join(c) {
		go s.serve(c)
		return
	}
	go func() {
		defer s.release()
		c.end(wire.CloseGoingAway, nil)
		c.finish()
	}()
}

// reserve makes room for one more stranger, or refuses.
func (s *Server) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.limits.Connections || s.strangers >= s.limits.Strangers {
		return false
	}
	s.open++
	s.strangers++
	s.work.Add(1)
	return true
}

// release gives back the room of a stranger that did not come in.
func (s *Server) release() {
	s.mu.Lock()
	s.open--
	s.strangers--
	s.mu.Unlock()
	s.work.Done()
}

// join puts a connection on the list, unless the server is closing.
func (s *Server) join(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.conns[c] = struct{}{}
	}
	return !s.closed
}

// tooMany answers a request for one socket too many.
func tooMany(w http.ResponseWriter) {
	p := wire.NewProblem(wire.ProblemTooMany, "the hub holds as many sockets as it may")
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the peer may be gone
}

// forget takes a connection off every list.
func (s *Server) forget(c *conn) {
	for _, cur := range c.cursors {
		cur.ring.unfollow(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.open--
	if c.peer.Device.IsZero() {
		s.strangers--
		return
	}
	key := peerKey{c.peer.Device, c.peer.Staff}
	s.peers[key] = slices.DeleteFunc(s.peers[key], func(other *conn) bool { return other == c })
	if len(s.peers[key]) == 0 {
		delete(s.peers, key)
	}
	s.metrics.connections.WithLabelValues(c.peer.label()).Dec()
}

// enlist makes a connection its peer's and counts it with the peer's others;
// the oldest beyond the bound goes.
func (s *Server) enlist(c *conn, p Peer) {
	s.mu.Lock()
	c.peer = p
	c.log = c.log.With("device", p.Device, "as", p.label())
	s.strangers--
	key := peerKey{p.Device, p.Staff}
	s.peers[key] = append(s.peers[key], c)
	bound := s.limits.PerPeer
	if p.bridge() {
		bound = 1
	}
	surplus := slices.Clone(s.peers[key][:max(0, len(s.peers[key])-bound)])
	s.mu.Unlock()
	s.metrics.connections.WithLabelValues(p.label()).Inc()
	for _, old := range surplus {
		old.log.Warn("a newer connection of the same peer takes over")
		old.end(wire.CloseGoingAway, nil)
	}
}

// Drop ends every connection whose peer matches, for good: a device or a
// session was revoked.
func (s *Server) Drop(matches func(Peer) bool) {
	for _, c := range s.those(func(c *conn) bool { return !c.peer.Device.IsZero() && matches(c.peer) }) {
		c.end(wire.CloseRevoked, nil)
	}
}

// those lists the connections that match.
func (s *Server) those(match func(*conn) bool) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*conn
	for c := range s.conns {
		if match(c) {
			found = append(found, c)
		}
	}
	return found
}

func everyone(*conn) bool { return true }

// Close tells every peer that the hub is going away and waits until all are
// closed. When ctx ends first they are cut.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	for _, c := range s.those(everyone) {
		c.end(wire.CloseGoingAway, nil)
	}
	gone := make(chan struct{})
	go func() {
		s.work.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		for _, c := range s.those(everyone) {
			c.cut()
		}
		<-gone
	}
}
