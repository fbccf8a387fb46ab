package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// parties ends the following of conversations by who is no party any more. It
// is told of a conversation by whoever commits the change, and asks the
// database about it beside that.
type parties struct {
	// evict has the server ask, of every peer that follows a channel, whether
	// it stays.
	evict func(ch wire.Channel, stays func(realtime.Peer) bool)
	// may asks whether a peer is a party.
	may func(ctx context.Context, p realtime.Peer, t id.Thread) (bool, error)
	log *slog.Logger

	wake chan struct{} // holds one: changed is not empty
	mu   sync.Mutex
	set  map[id.Thread]bool // whose parties have changed
}

// changed says that a conversation's parties have changed. It returns at once.
func (p *parties) changed(t id.Thread) {
	p.mu.Lock()
	p.set[t] = true
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// The waits before a conversation that could not be looked at is looked at
// again.
const (
	firstRelook = 100 * time.Millisecond
	lastRelook  = 5 * time.Second
)

// run looks at changed conversations until ctx ends.
func (p *parties) run(ctx context.Context) {
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		failed := false
		for _, t := range p.taken() {
			if err := p.look(ctx, t); err != nil {
				p.log.Warn("it is not known who may follow a conversation; asking again", "thread", t, "error", err)
				p.changed(t)
				failed = true
			}
		}
		if !failed {
			failures = 0
			continue
		}
		if clock.Sleep(ctx, clock.Backoff(failures, firstRelook, lastRelook)) != nil {
			return
		}
		failures++
	}
}

func (p *parties) taken() []id.Thread {
	p.mu.Lock()
	defer p.mu.Unlock()
	threads := slices.Collect(maps.Keys(p.set))
	clear(p.set)
	return threads
}

// look asks about everyone who follows a conversation, and then evicts. The
// server is not kept waiting for the database; who comes meanwhile was asked
// about when they joined.
func (p *parties) look(ctx context.Context, t id.Thread) error {
	gone := map[realtime.Peer]bool{}
	p.evict(wire.Chat(t), func(peer realtime.Peer) bool {
		gone[peer] = false
		return true
	})
	for peer := range gone {
		may, err := p.may(ctx, peer, t)
		if err != nil {
			return err
		}
		gone[peer] = !may
	}
	p.evict(wire.Chat(t), func(peer realtime.Peer) bool { return !gone[peer] })
	return nil
}

// speakerOf is a peer as a side of conversations; false for who is neither.
func speakerOf(p realtime.Peer) (flow.Speaker, bool) {
	switch {
	case !p.Member.IsZero():
		return flow.Speaker{Member: &member.Actor{Member: p.Member}}, true
	case !p.Staff.IsZero():
		return flow.Speaker{Staff: &staff.Actor{Staff: p.Staff, Role: p.Role, Station: p.Station, Device: p.Device}}, true
	}
	return flow.Speaker{}, false
}
