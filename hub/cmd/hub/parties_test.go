package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/hub/internal/edge/realtime"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// followers is who follows a conversation, as the server would know it.
type followers struct {
	mu   sync.Mutex
	here map[realtime.Peer]bool
}

func (f *followers) evict(_ wire.Channel, stays func(realtime.Peer) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for p := range f.here {
		if !stays(p) {
			delete(f.here, p)
		}
	}
}

func (f *followers) are(peers ...realtime.Peer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range peers {
		if !f.here[p] {
			return false
		}
	}
	return len(f.here) == len(peers)
}

func TestS056WhoIsNoPartyFollowsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := realtime.Peer{Kind: wire.DevicePhone, Member: id.Member{1}}
		before, after := realtime.Peer{Staff: id.Staff{2}}, realtime.Peer{Staff: id.Staff{3}}
		here := &followers{here: map[realtime.Peer]bool{driver: true, before: true, after: true}}
		away := 3
		p := &parties{
			evict: here.evict, wake: make(chan struct{}, 1), set: map[id.Thread]bool{}, log: slog.New(slog.DiscardHandler),
			may: func(_ context.Context, peer realtime.Peer, thread id.Thread) (bool, error) {
				if away > 0 {
					away--
					return false, errors.New("the database is away")
				}
				return peer != before && thread == id.Thread{9}, nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		p.changed(id.Thread{9})
		synctest.Wait()
		if !here.are(driver, before, after) {
			t.Error("somebody went while nobody could tell")
		}
		<-time.After(lastRelook)
		synctest.Wait()
		if !here.are(driver, after) {
			t.Error("the one who handed it on stays, or another went")
		}
		cancel()
		<-done
		if len(p.set) != 0 {
			t.Errorf("left over: %v", p.set)
		}
	})
}

func TestSpeakers(t *testing.T) {
	if who, ok := speakerOf(realtime.Peer{Kind: wire.DevicePhone, Member: id.Member{1}}); !ok || who.Member == nil || who.Staff != nil {
		t.Errorf("a driver speaks as %+v", who)
	}
	agent := realtime.Peer{Kind: wire.DeviceTill, Staff: id.Staff{1}, Role: wire.RoleAgent, Station: id.Station{2}, Device: id.Device{3}}
	if who, ok := speakerOf(agent); !ok || who.Member != nil || who.Staff.Role != wire.RoleAgent || who.Staff.Station != agent.Station {
		t.Errorf("an agent speaks as %+v", who)
	}
	if _, ok := speakerOf(realtime.Peer{Kind: wire.DevicePumpd, Device: id.Device{1}}); ok {
		t.Error("a pumpd speaks")
	}
}
