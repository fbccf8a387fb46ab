package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// snapshotTimeout bounds the making of one snapshot.
	snapshotTimeout = 10 * time.Second
	// stillFor is how long a snapshot is handed out while nothing has
	// happened since: thousands who come back together cost one.
	stillFor = 2 * time.Second
)

// snapshot is a whole channel as it goes out.
type snapshot struct {
	epoch id.Epoch
	seq   uint64
	rev   uint64 // ticks up to here are already in it
	frame []byte
	made  time.Time
}

// snapshotFor hands out a snapshot that the ring can continue and that is
// recent, and moves the cursor to it. Without one it reports whether the
// caller has to see to one.
func (r *ring) snapshotFor(cur *cursor, now time.Time, maxAge time.Duration) (frame []byte, build bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.snap; s != nil && s.epoch == r.epoch && s.seq >= r.lo && r.recent(s, now, maxAge) {
		cur.life, cur.seq, cur.rev = r.lives, s.seq, s.rev
		return s.frame, false
	}
	build = !r.building
	r.building = true
	return nil, build
}

// recent reports whether a snapshot is handed out again.
func (r *ring) recent(s *snapshot, now time.Time, maxAge time.Duration) bool {
	age := now.Sub(s.made)
	return age <= maxAge || (s.seq == r.hi && age <= stillFor)
}

// mark says where the ring stands before a snapshot is built.
func (r *ring) mark() (lives, rev uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lives, r.rev
}

// keep takes a snapshot built since mark. It reports false if the epoch
// changed meanwhile: build again.
func (r *ring) keep(lives uint64, s *snapshot) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.epoch == r.epoch:
	case r.epoch.IsZero() && r.placed:
		r.epoch = s.epoch // what came without an epoch is of this one
	case lives != r.lives:
		return false
	default:
		r.begin(s.epoch, s.seq)
	}
	r.snap, r.building = s, false
	r.wake()
	return true
}

// abandon ends the building of snapshots if nobody follows any more, or in any
// case when the server stops.
func (r *ring) abandon(anyway bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.followers > 0 && !anyway {
		return false
	}
	r.building = false
	return true
}

// buildSnapshot sees to a ring's snapshot for everyone who waits for one. Only
// one is in the making per ring.
func (s *Server) buildSnapshot(r *ring) {
	s.poolFor(r.family).do(func() { s.buildNow(r) })
}

// buildNow makes a snapshot, again as long as the epoch changes under it.
// When it cannot be had it is tried again later, until nobody waits.
func (s *Server) buildNow(r *ring) {
	for !r.abandon(s.ctx.Err() != nil) {
		kept, err := s.buildOnce(r)
		if kept {
			return
		}
		if err == nil {
			continue
		}
		if s.ctx.Err() == nil {
			s.log.Error("a snapshot could not be made", "channel", r.channel, "error", err)
		}
		if p := (*wire.Problem)(nil); errors.As(err, &p) && !p.Retry {
			r.abandon(true)
			s.evict(r.channel, func(Peer) bool { return false }, p) // there is nothing to wait for
			return
		}
		time.AfterFunc(s.limits.SnapshotRetry, func() { s.buildSnapshot(r) })
		return
	}
}

// buildOnce makes one snapshot and keeps it if the ring can continue it.
func (s *Server) buildOnce(r *ring) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, snapshotTimeout)
	defer cancel()
	make, ok := s.deps.Snapshots[r.family]
	if !ok {
		return false, fmt.Errorf("%w: nobody makes it", wire.NewProblem(wire.ProblemNotFound, string(r.channel)))
	}
	lives, rev := r.mark()
	body, at, err := make(ctx, r.channel)
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
	return r.keep(lives, &snapshot{epoch: at.Ep, seq: at.Seq, rev: rev, frame: textFrame(line), made: s.deps.Now()}), nil
}
