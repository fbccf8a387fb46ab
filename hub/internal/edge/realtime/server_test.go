package realtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestSnapshotIsJoinedToTheStreamWithoutAHole(t *testing.T) {
	h := newHub(t, Limits{RingEvents: 1 << 16})
	stop := make(chan struct{})
	var busy sync.WaitGroup
	for _, ch := range []*counter{h.forecourt, h.desk} {
		busy.Go(func() {
			pace := time.NewTicker(time.Millisecond) // a stream, not a flood that fills every core
			defer pace.Stop()
			for {
				select {
				case <-stop:
					return
				case <-pace.C:
					for range 5 {
						ch.bump()
					}
				}
			}
		})
	}
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			c := h.enter(h.cashier(), h.ask(h.forecourt.ch), h.ask(h.desk.ch))
			positions := map[wire.Channel]uint64{}
			snaps, events := map[wire.Channel]int{}, map[wire.Channel]int{}
			for events[h.desk.ch] < 500 || events[h.forecourt.ch] < 500 {
				f, err := c.try()
				if err != nil {
					t.Errorf("reading: %v", err)
					return
				}
				last, begun := positions[f.Ch]
				switch {
				case f.K == wire.KindSnap:
					snaps[f.Ch]++
				case !begun || f.Seq != last+1:
					t.Errorf("%s: event %d after %d (begun %v)", f.Ch, f.Seq, last, begun)
					return
				default:
					events[f.Ch]++
				}
				positions[f.Ch] = f.Seq
				var body counted
				if body, err = wire.Read[counted](f.D); err != nil || body.N != f.Seq {
					t.Errorf("%s %d carries %d, %v", f.Ch, f.Seq, body.N, err)
				}
			}
			if len(snaps) != 2 || snaps[h.desk.ch] != 1 || snaps[h.forecourt.ch] != 1 {
				t.Errorf("snapshots: %v", snaps)
			}
		})
	}
	clients.Wait()
	close(stop)
	busy.Wait()
}

func TestC016ResumeGetsExactlyWhatWasMissed(t *testing.T) {
	h := newHub(t, Limits{})
	h.forecourt.bump()
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	at := c.upTo(h.forecourt.ch, wire.Position{}, 1)
	_ = c.ws.CloseNow()
	for range 100 {
		h.forecourt.bump()
	}
	c = h.enter(h.cashier(), at)
	first := c.frame()
	if first.K == wire.KindSnap || first.Seq != 2 {
		t.Fatalf("resumed with %s %d instead of event 2", first.K, first.Seq)
	}
	c.upTo(h.forecourt.ch, wire.Position{Ep: at.Ep, Seq: 2}, 101)
}

// TestAReaderFarBehindCatchesUpWithoutTheWindow resumes megabytes: what is
// there already does not wait between two writes.
func TestAReaderFarBehindCatchesUpWithoutTheWindow(t *testing.T) {
	const events = 4000
	h := newHub(t, Limits{Window: time.Hour, RingBytes: 16 << 20})
	h.forecourt.pad = fmt.Sprintf("%01000d", 0)
	for range events {
		h.forecourt.bump()
	}
	at := wire.Position{Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 1}
	h.enter(h.cashier(), at).upTo(h.forecourt.ch, at, events)
}

func TestResumeThatCannotBeHadIsASnapshot(t *testing.T) {
	h := newHub(t, Limits{RingEvents: 10})
	h.forecourt.bump()
	other := id.New[id.Epoch](h.ids)
	for range 50 {
		h.forecourt.bump()
	}
	now := h.forecourt.at()
	for name, from := range map[string]wire.Position{
		"no position":            {Ch: now.Ch},
		"another epoch":          {Ch: now.Ch, Ep: other, Seq: 50},
		"out of the ring":        {Ch: now.Ch, Ep: now.Ep, Seq: 40},
		"from the future":        {Ch: now.Ch, Ep: now.Ep, Seq: 52},
		"from the far future":    {Ch: now.Ch, Ep: now.Ep, Seq: 1<<64 - 1},
		"no epoch but a number":  {Ch: now.Ch, Seq: 45},
		"epoch of another start": {Ch: now.Ch, Ep: id.New[id.Epoch](h.ids), Seq: 51},
	} {
		t.Run(name, func(t *testing.T) {
			if f := h.enter(h.cashier(), from).frame(); f.K != wire.KindSnap || f.Seq != 51 || f.Ep != now.Ep {
				t.Errorf("got %s at %d", f.K, f.Seq)
			}
		})
	}
	if f := h.enter(h.cashier(), wire.Position{Ch: now.Ch, Ep: now.Ep, Seq: 41}).frame(); f.Seq != 42 {
		t.Errorf("the oldest event held: got %s %d", f.K, f.Seq)
	}
}

func TestNewEpochSendsASnapshotOnTheSameSocket(t *testing.T) {
	h := newHub(t, Limits{})
	h.forecourt.bump()
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 1)
	h.forecourt.mu.Lock()
	h.forecourt.epoch, h.forecourt.seq = id.New[id.Epoch](h.ids), 0
	h.forecourt.mu.Unlock()
	h.forecourt.bump()
	f := c.frame()
	if f.K != wire.KindSnap || f.Ep != h.forecourt.epoch || f.Seq != 1 {
		t.Fatalf("got %s %d", f.K, f.Seq)
	}
	h.forecourt.bump()
	if f := c.frame(); f.Seq != 2 {
		t.Fatalf("after it came %s %d", f.K, f.Seq)
	}
}

func TestAHoleInTheFeedIsHealedBySnapshot(t *testing.T) {
	h := newHub(t, Limits{})
	h.desk.bump()
	c := h.enter(h.cashier(), h.ask(h.desk.ch))
	c.upTo(h.desk.ch, wire.Position{}, 1)
	for range 3 { // it is no reader's fault: none is closed for it
		h.desk.mu.Lock()
		h.desk.seq += 5 // events that were never handed over
		h.desk.mu.Unlock()
		h.desk.bump()
		if f, want := c.frame(), h.desk.at().Seq; f.K != wire.KindSnap || f.Seq != want {
			t.Fatalf("got %s %d instead of a snapshot at %d", f.K, f.Seq, want)
		}
	}
}

func TestOneChannelWithoutSnapshotDoesNotHoldAnother(t *testing.T) {
	h := newHub(t, Limits{SnapshotRetry: 20 * time.Millisecond})
	h.desk.failing(errors.New("the database is away"))
	c := h.enter(h.cashier(), h.ask(h.desk.ch), h.ask(h.forecourt.ch))
	if f := c.frame(); f.Ch != h.forecourt.ch || f.K != wire.KindSnap {
		t.Fatalf("got %s of %s", f.K, f.Ch)
	}
	h.forecourt.bump()
	if f := c.frame(); f.Ch != h.forecourt.ch || f.Seq != 1 {
		t.Fatalf("got %s %d of %s", f.K, f.Seq, f.Ch)
	}
	h.desk.failing(nil)
	if f := c.frame(); f.Ch != h.desk.ch || f.K != wire.KindSnap {
		t.Fatalf("once the database is back: got %s of %s", f.K, f.Ch)
	}
}

func TestAFloodInOneChannelDoesNotSilenceAnother(t *testing.T) {
	h := newHub(t, Limits{})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch), h.ask(h.desk.ch))
	c.upTo(h.desk.ch, wire.Position{}, 0)
	h.forecourt.pad = fmt.Sprintf("%03000d", 0)
	for range 1000 { // a thousand messages' worth
		h.forecourt.bump()
	}
	h.desk.bump()
	for before := 0; ; before++ {
		if f := c.frame(); f.Ch == h.desk.ch {
			if before > 900 {
				t.Errorf("%d frames of one channel went first", before)
			}
			return
		}
	}
}

func TestTicksAreLatestWinsAndNeverAheadOfTheirEvents(t *testing.T) {
	h := newHub(t, Limits{Window: 50 * time.Millisecond})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 0)
	for i := range 1000 {
		h.server.Tick(3, wire.Frame{K: wire.KindReading, Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 0, At: time.Now(), D: wire.Body(wire.Reading{Number: 3, Volume: 10})})
		if i == 998 {
			h.forecourt.bump()
		}
	}
	h.server.Tick(3, wire.Frame{K: wire.KindReading, Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 1, At: time.Now(), D: wire.Body(wire.Reading{Number: 3, Volume: 99})})
	ticks, seq := 0, uint64(0)
	for {
		f := c.frame()
		if f.K == wire.KindNozzle {
			seq = f.Seq
			continue
		}
		ticks++
		if f.Seq > seq {
			t.Fatalf("a tick at %d overtook event %d", f.Seq, seq)
		}
		if r, err := wire.Read[wire.Reading](f.D); err != nil || r.Volume == 99 {
			break
		}
	}
	if ticks > 100 {
		t.Errorf("%d of 1001 ticks were sent; newer ones replace older ones", ticks)
	}
}

func TestSeveralEventsShareOneMessageWithinItsBound(t *testing.T) {
	h := newHub(t, Limits{Window: 100 * time.Millisecond})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 0)
	h.forecourt.pad = fmt.Sprintf("%01000d", 0)
	for range 20 {
		h.forecourt.bump()
	}
	messages, frames := 0, 0
	for frames < 20 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, message, err := c.ws.Read(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if len(message) > wire.MaxBatchBytes {
			t.Errorf("a message of %d bytes", len(message))
		}
		got, err := wire.Decode(message)
		if err != nil {
			t.Fatal(err)
		}
		messages++
		frames += len(got)
	}
	if messages > 9 {
		t.Errorf("20 events took %d messages; three fit in one", messages)
	}
}

func TestNewestSocketOfAPeerWins(t *testing.T) {
	h := newHub(t, Limits{PerPeer: 2})
	p := h.cashier()
	first, second := h.enter(p), h.enter(p)
	third := h.enter(p)
	if code := first.code(); code != wire.CloseGoingAway {
		t.Errorf("the oldest was closed with %d", code)
	}
	other := h.enter(h.cashier())
	for _, c := range []*client{second, third, other} {
		if err := pinged(c); err != nil {
			t.Errorf("another one was closed too: %v", err)
		}
	}
}

func TestAPumpdHasOneSocket(t *testing.T) {
	h := newHub(t, Limits{})
	p := h.pumpd()
	first := h.enter(p)
	second := h.enter(p)
	if code := first.code(); code != wire.CloseGoingAway {
		t.Errorf("the ghost was closed with %d", code)
	}
	<-h.device(0).closed
	h.device(1).out.Ack(5)
	if f := second.frame(); f.K != wire.KindAck || f.Seq != 5 {
		t.Errorf("got %s", f.K)
	}
}

func TestTooManySocketsAreRefusedPolitely(t *testing.T) {
	h := newHub(t, Limits{Connections: 2})
	a, b := h.enter(h.cashier()), h.enter(h.cashier())
	_, resp, err := websocket.Dial(context.Background(), h.url, nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Fatalf("the third: %v", err)
	}
	_ = a.ws.Close(websocket.StatusNormalClosure, "")
	_ = b.ws.Close(websocket.StatusNormalClosure, "")
	for { // room is given back when the server has seen them go
		ws, _, err := websocket.Dial(context.Background(), h.url, nil)
		if err == nil {
			_ = ws.CloseNow()
			return
		}
	}
}

func TestStrangersCannotKeepPeersOut(t *testing.T) {
	h := newHub(t, Limits{Strangers: 3})
	inside := h.enter(h.cashier())
	for range 3 {
		dial(t, h.url, nil)
	}
	if _, _, err := websocket.Dial(context.Background(), h.url, nil); err == nil {
		t.Error("a fourth stranger was let in")
	}
	if err := pinged(inside); err != nil {
		t.Errorf("the one inside: %v", err)
	}
}

func TestDropEndsARevokedPeerForGood(t *testing.T) {
	h := newHub(t, Limits{})
	gone, stays := h.cashier(), h.cashier()
	c, other := h.enter(gone), h.enter(stays)
	h.server.Drop(func(p Peer) bool { return p.Staff == gone.Staff })
	if code := c.code(); code != wire.CloseRevoked || wire.Comeback(code) {
		t.Errorf("closed with %d", code)
	}
	if err := pinged(other); err != nil {
		t.Error(err)
	}
}

func TestCloseTellsEveryoneToComeBack(t *testing.T) {
	h := newHub(t, Limits{})
	clients := []*client{h.enter(h.cashier()), h.enter(h.pumpd()), dial(t, h.url, nil)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.server.Close(context.Background())
	}()
	for i, c := range clients {
		if code := c.code(); code != wire.CloseGoingAway || !wire.Comeback(code) {
			t.Errorf("client %d was closed with %d", i, code)
		}
	}
	<-done
	req, _ := http.NewRequest(http.MethodGet, "/v1/live", nil)
	if got := status(h.server, req); got != http.StatusServiceUnavailable {
		t.Errorf("a newcomer got %d", got)
	}
}

// pinged reports whether the socket still answers.
func pinged(c *client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	go func() { // a ping needs a reader
		for {
			if _, _, err := c.ws.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	return c.ws.Ping(ctx)
}
