package realtime

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestC016AThousandClientsCutAtOnceComeBack loses every connection at once,
// while events go on. All come back within seconds and continue where they
// were; those who have nothing to continue from share one snapshot.
func TestC016AThousandClientsCutAtOnceComeBack(t *testing.T) {
	const clients, fresh, within = 1000, 100, 30 * time.Second
	h := newHub(t, Limits{SnapshotFor: time.Minute})
	shared := h.chat()
	everyone := func(context.Context, Peer, id.Thread) (bool, error) { return true, nil }
	h.server.deps.Party = everyone
	shared.bump()
	peers, at := make([]Peer, clients), make([]wire.Position, clients)
	for i := range peers {
		peers[i] = h.driver()
	}
	come := func(visit func(i int, c *client)) {
		var all sync.WaitGroup
		queue := make(chan int)
		for range 64 { // as many at a time as a listener's backlog takes
			all.Go(func() {
				for i := range queue {
					visit(i, h.enter(peers[i], at[i]))
				}
			})
		}
		for i := range peers {
			queue <- i
		}
		close(queue)
		all.Wait()
	}
	there := make([]*client, clients)
	for i := range at {
		at[i] = h.ask(shared.ch)
	}
	come(func(i int, c *client) { there[i], at[i] = c, c.upTo(shared.ch, wire.Position{}, 1) })
	if got := h.snapshots(shared.ch); got != 1 {
		t.Errorf("%d snapshots for %d newcomers", got, clients)
	}

	began := time.Now()
	for _, c := range there {
		_ = c.ws.CloseNow()
	}
	for range 200 {
		shared.bump()
	}
	for i := range fresh {
		at[i] = h.ask(shared.ch)
	}
	come(func(i int, c *client) { // a gap or a reorder fails in upTo
		there[i] = c
		at[i] = c.upTo(shared.ch, at[i], 201)
	})
	shared.bump()
	for i, c := range there {
		c.upTo(shared.ch, at[i], 202)
	}
	if took := time.Since(began); took > within {
		t.Errorf("all were back after %v", took)
	}
	if got := h.snapshots(shared.ch); got > 2 {
		t.Errorf("%d snapshots", got)
	}
}

// TestASilentStrangerMakesRoomAtAFullDoor fills the door with sockets that say
// nothing: honest ones get in all the same.
func TestASilentStrangerMakesRoomAtAFullDoor(t *testing.T) {
	bubble(t, Limits{Strangers: 3}, func(t *testing.T, h *hub, p *pipes) {
		silent := []*client{p.dial(t), p.dial(t), p.dial(t)}
		time.Sleep(silentFor)
		synctest.Wait()
		c := p.dial(t)
		c.say(h.hello(h.cashier()))
		if f := c.frame(); f.K != wire.KindWelcome {
			t.Fatalf("got %s", f.K)
		}
		began := time.Now()
		_ = silent[0].code()
		if time.Since(began) > time.Second {
			t.Error("the oldest of the silent was not the one to go")
		}
		for _, s := range silent[1:] {
			if code := s.code(); code != wire.CloseHelloTimeout {
				t.Errorf("the others were closed with %d", code)
			}
		}
	})
}

func TestThoseWhoAreTurnedAwayDoNotComeBackTogether(t *testing.T) {
	h := newHub(t, Limits{Connections: 1})
	h.enter(h.cashier())
	waits := map[int]bool{}
	for range 60 {
		_, resp, err := websocket.Dial(context.Background(), h.url, nil)
		if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("let in: %v", err)
		}
		wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || wait < 1 || wait > 30 {
			t.Fatalf("Retry-After %q", resp.Header.Get("Retry-After"))
		}
		waits[wait] = true
	}
	if len(waits) < 3 {
		t.Errorf("all were told %v", waits)
	}
}

// TestOneSnapshotForAllWhoWait has many readers wait for a snapshot that
// cannot be had at first.
func TestOneSnapshotForAllWhoWait(t *testing.T) {
	h := newHub(t, Limits{SnapshotRetry: 50 * time.Millisecond})
	agent := h.agent()
	chat := h.chat(agent)
	chat.failing(errors.New("the database is away"))
	var clients []*client
	for range 4 {
		clients = append(clients, h.enter(agent, h.ask(chat.ch)))
	}
	before := h.snapshots(chat.ch)
	chat.failing(nil)
	for _, c := range clients {
		c.upTo(chat.ch, wire.Position{}, 0)
	}
	if got := h.snapshots(chat.ch) - before; got > 2 { // one may have failed just then
		t.Errorf("%d snapshots for 4 readers", got)
	}
}
