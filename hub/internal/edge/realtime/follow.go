package realtime

import (
	"slices"
	"sync"
	"time"

	"forecourt/shared/wire"
)

// cursor is how far one connection has come in one ring.
type cursor struct {
	conn  *conn
	ring  *ring
	place int // in its audience; guarded by the audience

	// What follows is guarded by the connection.
	life uint64 // the ring's epoch it belongs to; 0: a snapshot is due
	seq  uint64 // last event sent
	rev  uint64 // last tick sent
	// live and liveRev are where the ring stood when the connection came:
	// only later news says how fast the hub is.
	live, liveRev uint64
	checked       uint64 // the ring's news when everything was taken
	waiting       bool   // the store is being asked; nothing is sent meanwhile
	unsure        bool   // so is whether it may be here
	gone          bool
	backlog       []missed  // from the store, sent first
	resynced      time.Time // when it was last put onto a snapshot for being slow
}

// missed is a ready frame of events that were missed, from the store.
type missed struct {
	frame  []byte
	frames int
}

// audience is the followers of one ring in one shard.
type audience struct {
	ring  *ring
	shard *shard
	size  int  // guarded by the ring
	fresh bool // on the shard's list; guarded by the shard

	mu      sync.Mutex
	cursors []*cursor
}

// follow registers a cursor to be woken and places it. dead says that the ring
// is off the list: take another.
func (r *ring) follow(cur *cursor, from wire.Position) (held, ask, dead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false, false, true
	}
	sh := cur.conn.shard
	a := r.audiences[sh.index]
	if a == nil {
		a = &audience{ring: r, shard: sh}
		r.audiences[sh.index] = a
	}
	r.followers++
	a.size++
	a.mu.Lock()
	cur.place = len(a.cursors)
	a.cursors = append(a.cursors, cur)
	a.mu.Unlock()
	held, ask = r.place(cur, from)
	return held, ask, false
}

// unfollow takes a cursor off the list and reports whether it was the last.
func (r *ring) unfollow(cur *cursor, now time.Time) (last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.audiences[cur.conn.shard.index]
	a.size--
	a.mu.Lock()
	end := len(a.cursors) - 1
	a.cursors[cur.place] = a.cursors[end]
	a.cursors[cur.place].place = cur.place
	a.cursors[end] = nil
	a.cursors = a.cursors[:end]
	a.mu.Unlock()
	if r.followers--; r.followers > 0 {
		return false
	}
	clear(r.audiences) // a quiet channel holds no lists
	r.idleSince = now
	return true
}

// following lists the cursors, after counting an eviction: who is joining
// meanwhile sees the count and asks again.
func (r *ring) following(evicting bool) []*cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	if evicting {
		r.evictions++
	}
	var all []*cursor
	for _, a := range r.audiences {
		if a != nil {
			a.mu.Lock()
			all = append(all, a.cursors...)
			a.mu.Unlock()
		}
	}
	return all
}

// evicted is how often somebody was taken off.
func (r *ring) evicted() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.evictions
}

// follow gives the connection a cursor in a channel it may follow. While that
// is unsure nothing is sent, until confirm.
func (c *conn) follow(from wire.Position, unsure bool) *cursor {
	for {
		cur := &cursor{conn: c, ring: c.server.rings.get(from.Ch, true), unsure: unsure}
		held, ask, dead := cur.ring.follow(cur, from)
		if dead {
			c.server.rings.remove(cur.ring)
			continue
		}
		ask = ask && !held && c.server.canAsk(cur.ring.family)
		c.mu.Lock()
		cur.waiting = ask
		if !cur.gone { // evicted before it was here
			c.cursors = append(c.cursors, cur)
		}
		c.mu.Unlock()
		if ask {
			c.server.catchUp(cur, from)
		}
		c.shard.mark(c)
		return cur
	}
}

// confirm lets a cursor begin.
func (c *conn) confirm(cur *cursor) {
	c.mu.Lock()
	cur.unsure = false
	c.mu.Unlock()
	c.shard.mark(c)
}

// cursorOf is the connection's cursor in a channel, or nil.
func (c *conn) cursorOf(ch wire.Channel) *cursor {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.cursors, func(cur *cursor) bool { return cur.ring.channel == ch })
	if i < 0 {
		return nil
	}
	return c.cursors[i]
}

// leave takes a cursor off the connection, after which nothing more of its
// channel is packed, and tells the peer why if there is a problem. It reports
// false if it had been taken off before.
func (c *conn) leave(cur *cursor, p *wire.Problem) bool {
	c.mu.Lock()
	if cur.gone {
		c.mu.Unlock()
		return false
	}
	cur.gone, cur.backlog = true, nil
	c.cursors = slices.DeleteFunc(c.cursors, func(other *cursor) bool { return other == cur })
	if p != nil {
		c.tellRefused(cur.ring.channel, p)
	}
	c.mu.Unlock()
	c.server.unfollow(cur)
	return true
}

// leaveAll takes every cursor off a connection that has ended.
func (c *conn) leaveAll() {
	c.mu.Lock()
	cursors := c.cursors
	c.cursors = nil
	for _, cur := range cursors {
		cur.gone = true
	}
	c.mu.Unlock()
	for _, cur := range cursors {
		c.server.unfollow(cur)
	}
}

func (s *Server) unfollow(cur *cursor) {
	now := s.deps.Now()
	if cur.ring.unfollow(cur, now) {
		s.rings.idle(cur.ring, now)
	}
}

// refuse tells the peer that it does not follow a channel.
func (c *conn) refuse(ch wire.Channel, p *wire.Problem) {
	c.mu.Lock()
	c.tellRefused(ch, p)
	c.mu.Unlock()
	c.shard.mark(c)
}

// tellRefused packs a refused frame; the connection is locked.
func (c *conn) tellRefused(ch wire.Channel, p *wire.Problem) {
	c.server.metrics.refusedJoin.Inc()
	c.tell(wire.Frame{K: wire.KindRefused, Ch: ch, D: wire.Body(p)})
}

// Evict takes everybody off a channel for whom stays is false: they are told
// by a refused frame, and their connection lives. Who is joining at this
// moment is asked about again.
func (s *Server) Evict(ch wire.Channel, stays func(Peer) bool) {
	s.evict(ch, stays, notYours(ch))
}

func (s *Server) evict(ch wire.Channel, stays func(Peer) bool, p *wire.Problem) {
	r := s.rings.get(ch, false)
	if r == nil {
		return
	}
	for _, cur := range r.following(true) {
		if !stays(cur.conn.peer) && cur.conn.leave(cur, p) {
			cur.conn.shard.mark(cur.conn)
		}
	}
}

// notYours is the problem of a channel one may not follow, or no longer.
func notYours(ch wire.Channel) *wire.Problem {
	if family, _ := ch.Split(); family == familyChat {
		return wire.NewProblem(wire.ProblemNotYourThread, "")
	}
	return wire.NewProblem(wire.ProblemForbidden, "")
}
