package realtime

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/wire"
)

// ServeHTTP upgrades a request to a socket and returns; the socket lives on by
// itself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.reserve() {
		tooMany(w, retryFirst+int(s.turnedAway.Add(1)%retrySpread))
		return
	}
	c := &conn{server: s, remote: r.RemoteAddr}
	slim := &slimWriter{ResponseWriter: w, limits: &s.limits, now: s.deps.Now}
	ws, err := websocket.Accept(slim, r, &websocket.AcceptOptions{
		OriginPatterns:  s.deps.Origins,
		CompressionMode: websocket.CompressionDisabled,
		OnPongReceived:  c.pong,
	})
	if err != nil {
		s.log.Info("a socket was refused", "remote", r.RemoteAddr, "error", err)
		s.release()
		return
	}
	ws.SetReadLimit(wire.MaxFrameInBytes)
	c.ws, c.line = ws, slim.line
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

// pong hears the answer to a ping.
func (c *conn) pong(context.Context, []byte) { c.unanswered.Store(0) }

// reserve makes room for one more stranger, or refuses. When there are too
// many, the one who has been silent for longest makes room, if it had its time.
func (s *Server) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.limits.Connections {
		return false
	}
	if s.strangers >= s.limits.Strangers && !s.dismissOldest() {
		return false
	}
	if !s.started {
		s.started = true
		s.start()
	}
	s.open++
	s.strangers++
	s.work.Add(1)
	return true
}

// silentFor is how long a stranger may be silent while others wait at a full
// door. An honest one says hello as soon as it is let in.
const silentFor = time.Second

// dismissOldest sends the stranger away that has been silent for longest; s is
// locked.
func (s *Server) dismissOldest() bool {
	for len(s.lobby) > 0 {
		oldest := s.lobby[0]
		passed := oldest.conn.peer.known() || oldest.conn.over.Load()
		if !passed && s.deps.Now().Sub(oldest.since) < silentFor {
			return false
		}
		s.lobby[0] = stranger{}
		s.lobby = s.lobby[1:]
		if !passed {
			oldest.conn.end(wire.CloseHelloTimeout, nil)
			go oldest.conn.cut() // no time for a handshake with everyone who is silent
			return true
		}
	}
	return false
}

// stranger is a socket whose hello has not come, since when.
type stranger struct {
	conn  *conn
	since time.Time
}

// release gives back the room of a stranger that did not come in.
func (s *Server) release() {
	s.mu.Lock()
	s.open--
	s.strangers--
	s.mu.Unlock()
	s.work.Done()
}

// join puts a connection on the lists, unless the server is closing.
func (s *Server) join(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals++
	c.shard = s.shards[s.arrivals%len(s.shards)]
	if s.closed {
		return false
	}
	c.slot = s.arrivals % slots
	c.place = len(s.slots[c.slot])
	s.slots[c.slot] = append(s.slots[c.slot], c)
	s.lobby = append(s.lobby, stranger{c, s.deps.Now()})
	return true
}

// The waits that are asked for when the hub is full: each another, so that
// those who were refused together do not come back together.
const (
	retryFirst  = 2 // seconds
	retrySpread = 8
)

// tooMany answers a request for one socket too many.
func tooMany(w http.ResponseWriter, seconds int) {
	p := wire.NewProblem(wire.ProblemTooMany, "the hub holds as many sockets as it may")
	p.Status = http.StatusServiceUnavailable
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the peer may be gone
}

// enlist makes a connection its peer's and counts it with the peer's others;
// the oldest beyond the bound goes.
func (s *Server) enlist(c *conn, p Peer) {
	bound := s.limits.PerPeer
	if p.bridge() {
		bound = 1
		c.becomeDevice()
	}
	s.mu.Lock()
	c.peer = p
	s.strangers--
	var surplus []*conn
	if p.Guest {
		surplus = s.guests.come(c, s.limits.Guests)
	} else {
		same := append(s.peers[p.key()], c)
		surplus = append(surplus, same[:max(0, len(same)-bound)]...)
		s.peers[p.key()] = same
	}
	s.mu.Unlock()
	s.presence.come(p.user())
	s.metrics.connections.WithLabelValues(p.label()).Inc()
	for _, old := range surplus { // mostly ghosts, but it may be a copied identity
		old.logs(slog.LevelWarn, "a newer connection takes over", "guest", p.Guest)
		old.end(wire.CloseGoingAway, nil)
	}
}

// forget takes a connection off every list.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unslot(c)
	s.open--
	if !c.peer.known() {
		s.strangers--
		return
	}
	if c.peer.Guest {
		s.guests.gone(c)
	} else {
		s.unpeer(c)
	}
	s.presence.gone(c.peer.user())
	s.metrics.connections.WithLabelValues(c.peer.label()).Dec()
}

// unslot takes a connection out of the sweeper's slot; s is locked.
func (s *Server) unslot(c *conn) {
	slot := s.slots[c.slot]
	last := len(slot) - 1
	slot[c.place] = slot[last]
	slot[c.place].place = c.place
	slot[last] = nil
	s.slots[c.slot] = slot[:last]
}

// unpeer takes a connection off its peer's list; s is locked.
func (s *Server) unpeer(c *conn) {
	var others []*conn
	for _, other := range s.peers[c.peer.key()] {
		if other != c {
			others = append(others, other)
		}
	}
	if len(others) == 0 {
		delete(s.peers, c.peer.key())
		return
	}
	s.peers[c.peer.key()] = others
}
