package realtime

import (
	"time"

	"forecourt/shared/wire"
)

const (
	// beatEvery is how often the sweeper looks whether a peer has heard
	// anything; one that has not is told that the hub is there. So the hub is
	// never silent for longer than twice that, and a peer that follows no
	// channel with a beat of its own, as a pumpd does, does not take it for gone.
	beatEvery = 1500 * time.Millisecond
	// slots is into how many parts the connections are divided: each is looked
	// at in its turn, so that ten thousand pings do not leave at once.
	slots = 16
	// pingsMissed is how many unanswered pings end a connection.
	pingsMissed = 2
)

// What the sweeper wants sent, in conn.wants.
const (
	wantBeat = 1 << iota
	wantPing
)

// sweepAll looks after connections that have nothing to say, and drops rings
// that nobody follows, until the server stops.
func (s *Server) sweepAll() {
	defer s.help.Done()
	tick := time.NewTicker(beatEvery / slots)
	defer tick.Stop()
	var here []*conn
	for slot := 0; ; slot = (slot + 1) % slots {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		now := s.deps.Now()
		here = s.inSlot(here[:0], slot)
		s.sweepSlot(here, now)
		clear(here)
		s.rings.sweep(now)
	}
}

// inSlot lists the connections of a slot.
func (s *Server) inSlot(here []*conn, slot int) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.slots[slot] {
		if c.peer.known() {
			here = append(here, c)
		}
	}
	return here
}

// sweepSlot asks for beats and pings. The beat is encoded once for all.
func (s *Server) sweepSlot(here []*conn, now time.Time) {
	beat := false
	for _, c := range here {
		wants := uint32(0)
		if !c.spoke.Swap(false) {
			wants |= wantBeat
		}
		if c.pingDue(now) {
			wants |= wantPing
		}
		if wants == 0 {
			continue
		}
		if wants&wantBeat != 0 && !beat {
			beat = true
			s.setBeat(now)
		}
		c.want(wants)
	}
}

// setBeat encodes the beat.
func (s *Server) setBeat(now time.Time) {
	frame, err := encodeFrame(wire.Frame{K: wire.KindBeat, At: now, D: wire.Body(wire.Beat{Now: now})})
	if err != nil {
		s.log.Error("the beat does not encode", "error", err)
		return
	}
	s.beat.Store(&frame)
}

// pingDue reports whether it is a screen's turn. A pumpd is known by its
// reports. The first ping comes somewhere in the interval, by the slot, so
// that those who came together are not pinged together.
func (c *conn) pingDue(now time.Time) bool {
	if c.device != nil {
		return false
	}
	every := c.server.limits.Ping
	if c.nextPing.IsZero() {
		c.nextPing = now.Add(every/2 + every/2*time.Duration(c.slot)/slots)
	}
	if now.Before(c.nextPing) {
		return false
	}
	c.nextPing = now.Add(every)
	return true
}

// want asks the shard for a beat or a ping. A peer that answers no pings is
// gone.
func (c *conn) want(wants uint32) {
	before := c.wants.Or(wants)
	if wants&wantPing != 0 && before&wantPing == 0 && c.unanswered.Add(1) > pingsMissed {
		c.end(wire.CloseGoingAway, nil)
		return
	}
	c.shard.mark(c)
}

// gatherSigns packs what the sweeper wants; the connection is locked. A beat
// is left out where there is news.
func (c *conn) gatherSigns(out *output) {
	wants := c.wants.Swap(0)
	if wants&wantBeat != 0 && len(out.pieces) == 0 {
		if frame := c.server.beat.Load(); frame != nil {
			out.add(*frame, 1)
		}
	}
	if wants&wantPing != 0 {
		out.addControl(c.server.ping)
	}
}
