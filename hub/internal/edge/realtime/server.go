package realtime

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Snapshot is the whole of a channel and the position it is true at; body is
// the channel's snapshot type in wire. A *wire.Problem that is not to be
// retried refuses the channel to those who asked for it.
type Snapshot func(ctx context.Context, ch wire.Channel) (body any, at wire.Position, err error)

// Deps is what a Server stands on. What may be missing says so.
type Deps struct {
	// Admit spends a ticket, once, and tells whose it was.
	Admit func(ticket string) (Peer, error)
	// Snapshots makes the snapshots, by family: "forecourt", "desk", "station",
	// "driver", "chat", "support". A family without one is refused.
	Snapshots map[string]Snapshot
	// Since returns the events after a position, oldest first, at most limit,
	// and false when they cannot be told: outbox.Feed.Since. It is asked for
	// the families desk, driver, chat and support when a resumed position is
	// not held here. It may be nil: then they begin with a snapshot.
	Since func(ctx context.Context, at wire.Position, limit int) (frames []wire.Frame, ok bool, err error)
	// Party reports whether the peer is a party of the conversation. It may be
	// nil: then nobody is.
	Party func(ctx context.Context, p Peer, t id.Thread) (bool, error)
	// Typing hears that a peer who follows the conversation is writing. It
	// must return soon: the peer's own reader calls it. It may be nil.
	Typing func(p Peer, t id.Thread)
	// Presence hears who came and who has gone for good, in batches, at most
	// once a second, one call at a time. It may be nil.
	Presence func(changes []Change)
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
	deps     Deps
	limits   Limits
	metrics  *Metrics
	log      *slog.Logger
	rings    *rings
	presence *presence
	shards   []*shard
	first    pool // what a station waits for
	rest     pool // what belongs to one person or conversation
	beat     atomic.Pointer[[]byte]
	ping     []byte

	turnedAway atomic.Uint64 // for want of room

	ctx    context.Context // ends when Close begins
	cancel context.CancelFunc
	work   sync.WaitGroup // connections
	help   sync.WaitGroup // shards and whom they handed connections to, sweeper, presence

	mu        sync.Mutex
	started   bool
	closed    bool
	open      int // sockets, those in their handshake too
	strangers int // of them, those without a good hello
	arrivals  int // sockets ever; deals them out to shards and slots
	lobby     []stranger
	slots     [slots][]*conn      // every socket
	peers     map[peerKey][]*conn // oldest first
	guests    guests
}

// New makes a Server. It starts nothing before the first connection.
func New(deps Deps) *Server {
	s := &Server{
		deps: deps, limits: deps.Limits.withDefaults(), metrics: deps.Metrics, log: deps.Log,
		ping: pingFrame(), peers: make(map[peerKey][]*conn),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.rings = newRings(&s.limits, deps.Now)
	s.presence = newPresence(deps.Now, deps.Presence, deps.Metrics)
	for i := range s.limits.Shards {
		s.shards = append(s.shards, newShard(s, i))
	}
	return s
}

// start sets to work what serves the connections; s is locked.
func (s *Server) start() {
	for _, sh := range s.shards {
		s.help.Add(1)
		go sh.run()
	}
	s.help.Add(1)
	go s.sweepAll()
	s.help.Go(func() { s.presence.run(s.ctx) })
}

// poolFor is who asks the store about a family: what a whole station waits for
// is not behind what each of a thousand drivers waits for.
func (s *Server) poolFor(family string) *pool {
	if private(family) {
		return &s.rest
	}
	return &s.first
}

// Event publishes the next event of a channel: f.Ch, f.Ep and f.Seq place it.
// Without an epoch it belongs to the one that the channel's snapshots tell. It
// never waits for a connection.
func (s *Server) Event(f wire.Frame) {
	s.publish(f, "event", func(r *ring, line []byte) bool { return r.event(f.Ep, f.Seq, line, f.At) })
}

// Publish publishes several events, as a feed hands them on.
func (s *Server) Publish(frames []wire.Frame) {
	for _, f := range frames {
		s.Event(f)
	}
}

// Tick publishes the latest of a key in a channel, such as a nozzle's running
// figures. f.Seq is the channel's last event when it was made, so that a mirror
// drops a tick that comes late; 0 if its maker does not know the channel's
// events, as a board that tells a member how their fuelling runs: mirrors take
// such ticks as they arrive, which is the order they were published in.
func (s *Server) Tick(key int, f wire.Frame) {
	s.publish(f, "tick", func(r *ring, line []byte) bool { return r.tick(f.Ep, f.Seq, key, line, f.At) })
}

// publish encodes a frame once for everyone and puts it into its ring. A
// frame that does not encode leaves a hole, for which everyone takes a snapshot.
func (s *Server) publish(f wire.Frame, class string, put func(*ring, []byte) bool) {
	s.metrics.published.WithLabelValues(class).Inc()
	r := s.rings.publishTo(f.Ch)
	if r == nil {
		return
	}
	line, err := encodeLine(f)
	if err != nil {
		s.log.Error("a frame does not encode", "channel", f.Ch, "seq", f.Seq, "error", err)
		return
	}
	for r != nil && !put(r, line) { // it was dropped at this moment
		s.rings.remove(r)
		r = s.rings.publishTo(f.Ch)
	}
}

// encodeLine writes an event or tick as it goes out. Its epoch stays behind:
// on the socket a snapshot says it.
func encodeLine(f wire.Frame) ([]byte, error) {
	f.Ep = id.Epoch{}
	return wire.Encode(f)
}

// Online reports whether somebody has a connection, or had one moments ago.
func (s *Server) Online(u User) bool { return s.presence.online(u) }

// Drivers counts the members who are online.
func (s *Server) Drivers() int { return s.presence.driversOnline() }

// Drop ends every connection whose peer matches, for good: a device or a
// session was revoked.
func (s *Server) Drop(matches func(Peer) bool) {
	for _, c := range s.those(func(c *conn) bool { return c.peer.known() && matches(c.peer) }) {
		c.end(wire.CloseRevoked, nil)
	}
}

// Forget forgets the events that are held of a channel, and its snapshot: what
// they told may be known no longer. Who follows it and has not read them takes
// a snapshot.
func (s *Server) Forget(ch wire.Channel) {
	if r := s.rings.get(ch, false); r != nil {
		r.forget()
	}
}

// those lists the connections that match.
func (s *Server) those(match func(*conn) bool) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*conn
	for _, slot := range s.slots {
		for _, c := range slot {
			if match(c) {
				found = append(found, c)
			}
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
		s.help.Wait()
		s.first.close()
		s.rest.close()
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
