package realtime

import (
	"context"
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// snapshotTimeout bounds the making of one snapshot.
const snapshotTimeout = 10 * time.Second

// buildSnapshot makes a ring's snapshot for everyone who waits for one. Only
// one is in the making per ring; it tries until it has one or nobody is left.
func (s *Server) buildSnapshot(r *ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		r.leave(true)
		return
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		s.buildUntilKept(r)
	}()
}

func (s *Server) buildUntilKept(r *ring) {
	for {
		kept, err := s.buildOnce(r)
		if kept {
			return
		}
		if err == nil {
			continue // the epoch changed meanwhile
		}
		if s.ctx.Err() == nil {
			s.log.Error("a snapshot could not be made", "channel", r.channel, "error", err)
		}
		retry := time.NewTimer(s.limits.SnapshotRetry)
		select {
		case <-s.ctx.Done():
			retry.Stop()
			r.leave(true)
			return
		case <-retry.C:
		}
		if r.leave(false) {
			return
		}
	}
}

// buildOnce makes one snapshot and keeps it if the ring can continue it.
func (s *Server) buildOnce(r *ring) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, snapshotTimeout)
	defer cancel()
	lives, rev := r.mark()
	body, at, err := s.snapshotOf(ctx, r.channel)
	if err != nil {
		return false, err
	}
	line, err := wire.Encode(wire.Frame{
		K: wire.KindSnap, Ch: r.channel, Ep: at.Ep, Seq: at.Seq, At: s.deps.Now(), D: wire.Body(body),
	})
	if err != nil {
		return false, err
	}
	if len(line) > wire.MaxFrameOutBytes {
		return false, fmt.Errorf("snapshot of %d bytes is over the limit of %d", len(line), wire.MaxFrameOutBytes)
	}
	return r.keep(lives, &snapshot{epoch: at.Ep, seq: at.Seq, rev: rev, line: line, made: s.deps.Now()}), nil
}

// snapshotOf asks the channel's family.
func (s *Server) snapshotOf(ctx context.Context, ch wire.Channel) (any, wire.Position, error) {
	family, name := ch.Split()
	var station id.Station
	if err := station.UnmarshalText([]byte(name)); err != nil {
		return nil, wire.Position{}, fmt.Errorf("channel %q: %w", ch, err)
	}
	if family == familyDesk {
		return s.deps.Desk(ctx, station)
	}
	return s.deps.Forecourt(ctx, station)
}
