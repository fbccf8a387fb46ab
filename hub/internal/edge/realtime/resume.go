package realtime

import (
	"context"
	"fmt"
	"time"

	"forecourt/shared/wire"
)

const (
	// backlogEvents and backlogBytes bound what is read from the store for one
	// reader; who missed more takes a snapshot.
	backlogEvents = 1000
	backlogBytes  = 1 << 20
	// backlogTries bounds asking again because the ring has moved on meanwhile.
	backlogTries = 4
	// backlogTimeout bounds the reading.
	backlogTimeout = 10 * time.Second
)

// canAsk reports whether the store knows the events of a family.
func (s *Server) canAsk(family string) bool {
	return s.deps.Since != nil && stored(family)
}

// stored reports whether a family's events are in the store.
func stored(family string) bool {
	switch family {
	case familyDesk, familyDriver, familyChat, familySupport, familySecurity:
		return true
	}
	return false
}

// catchUp asks the store for what a cursor missed since a position. Until it
// has answered, the cursor holds back what is live; a cursor that cannot be
// helped begins with a snapshot.
func (s *Server) catchUp(cur *cursor, from wire.Position) {
	s.poolFor(cur.ring.family).do(func() {
		found, err := s.missedSince(cur, from)
		if err != nil && s.ctx.Err() == nil {
			s.log.Warn("the events a reader missed could not be read", "channel", from.Ch, "after", from.Seq, "error", err)
		}
		c := cur.conn
		c.mu.Lock()
		cur.waiting = false
		if !cur.gone {
			cur.backlog = found
		}
		c.mu.Unlock()
		c.shard.mark(c)
	})
}

// missedSince reads what a cursor missed and joins it to the ring behind it.
// When that cannot be had the cursor is left to a snapshot.
func (s *Server) missedSince(cur *cursor, from wire.Position) ([]missed, error) {
	ctx, cancel := context.WithTimeout(s.ctx, backlogTimeout)
	defer cancel()
	var b backlog
	for range backlogTries {
		frames, ok, err := s.deps.Since(ctx, from, backlogEvents)
		if err != nil || !ok {
			return nil, err
		}
		for _, f := range frames {
			if f.Seq != from.Seq+1 {
				return nil, fmt.Errorf("event %d came after %d", f.Seq, from.Seq)
			}
			if err := b.add(f); err != nil {
				return nil, err
			}
			if b.events > backlogEvents || b.bytes > backlogBytes {
				return nil, nil
			}
			from.Seq = f.Seq
		}
		if len(frames) == backlogEvents {
			continue // there may be more
		}
		if joined := s.adopt(cur, from); joined != behind {
			if joined == strange {
				return nil, nil
			}
			return b.done(), nil
		}
	}
	return nil, nil
}

// adopt joins the cursor to its ring behind from.
func (s *Server) adopt(cur *cursor, from wire.Position) adoption {
	cur.conn.mu.Lock()
	defer cur.conn.mu.Unlock()
	return cur.ring.adopt(cur, from.Ep, from.Seq)
}

// backlog packs missed events into ready frames.
type backlog struct {
	events, bytes int
	ready         []missed
	packing       packer
}

func (b *backlog) add(f wire.Frame) error {
	line, err := encodeLine(f)
	if err != nil {
		return err
	}
	b.events++
	b.bytes += len(line)
	if !b.packing.add(line) {
		b.flush()
		b.packing.add(line)
	}
	return nil
}

func (b *backlog) flush() {
	if b.packing.frames > 0 {
		b.ready = append(b.ready, missed{b.packing.frame(), b.packing.frames})
		b.packing = packer{}
	}
}

func (b *backlog) done() []missed {
	b.flush()
	return b.ready
}
