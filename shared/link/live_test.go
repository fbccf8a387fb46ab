package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestNewsArriveOnceAndInOrderAcrossCuts(t *testing.T) {
	h := newFakeHub()
	conns := make(chan *websocket.Conn, 8)
	h.welcome = func(c *websocket.Conn, _ wire.Hello) bool { conns <- c; return false }
	h.publish()
	h.publish()
	_, told, _ := start(t, h, LiveOptions{})

	if w := take(t, told.connected); w.Acked != 7 || w.V != wire.Version {
		t.Errorf("welcome: %+v", w)
	}
	if f := told.next(t); f.K != wire.KindSnap || f.Seq != 2 {
		t.Fatalf("first a snapshot: %+v", f)
	}
	want := uint64(2)
	for range 3 {
		for range 4 {
			h.publish()
			want++
			if f := told.next(t); f.K != wire.KindNozzle || f.Seq != want {
				t.Fatalf("want event %d, got %+v", want, f)
			}
		}
		_ = take(t, conns).CloseNow()
		take(t, told.lost)
		take(t, told.connected)
	}
	hellos, tickets := h.seen()
	if len(hellos) != 4 || tickets != 4 {
		t.Fatalf("one ticket and one hello a connection: %d, %d", tickets, len(hellos))
	}
	for i, hello := range hellos {
		at := hello.Resume[0]
		if at.Seq != uint64(i)*4+min(uint64(i), 1)*2 || at.Ep.IsZero() != (i == 0) || at.Ch != testChannel {
			t.Errorf("hello %d resumes at %+v", i, at)
		}
		if hello.Ticket != "t" || hello.V != wire.Version || hello.Min != wire.MinVersion {
			t.Errorf("hello %d: %+v", i, hello)
		}
	}
}

func TestWhatCannotBeResumedStartsFromASnapshot(t *testing.T) {
	for name, lose := range map[string]func(*fakeHub){
		"the ring moved on": func(h *fakeHub) { h.publish(); h.forget() },
		"another epoch":     func(h *fakeHub) { h.newEpoch() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub()
			cut := make(chan struct{}, 1)
			h.script = func(ctx context.Context, c *websocket.Conn, at []wire.Position) {
				go func() { <-cut; _ = c.CloseNow() }()
				h.follow(ctx, c, at)
			}
			_, told, _ := start(t, h, LiveOptions{})
			told.next(t)
			h.publish()
			told.next(t)
			lose(h)
			cut <- struct{}{}
			for f := told.next(t); f.K != wire.KindSnap; f = told.next(t) {
				if f.Seq > 2 {
					t.Fatalf("no snapshot before %+v", f)
				}
			}
			seq := h.publish()
			if f := told.next(t); f.Seq != seq {
				t.Errorf("after the snapshot: %+v", f)
			}
			cut <- struct{}{}
		})
	}
}

func event(seq uint64) wire.Frame {
	return wire.Frame{K: wire.KindNozzle, Ch: testChannel, Seq: seq, D: wire.Body(wire.Nozzle{})}
}

func snapshot(epoch id.Epoch, seq uint64) wire.Frame {
	return wire.Frame{K: wire.KindSnap, Ch: testChannel, Ep: epoch, Seq: seq, D: wire.Body(wire.ForecourtSnap{})}
}

func TestAHoleAsksForASnapshot(t *testing.T) {
	h := newFakeHub()
	epoch := id.New[id.Epoch](testIDs)
	h.script = func(ctx context.Context, c *websocket.Conn, at []wire.Position) {
		if at[0].Ep.IsZero() {
			send(c, snapshot(epoch, 10))
		}
		send(c, event(at[0].Seq+11), event(13)) // first time 11, then a hole; after it 11 and the hole again
		<-ctx.Done()
	}
	_, told, _ := start(t, h, LiveOptions{})
	for range 2 {
		if f := told.next(t); f.K != wire.KindSnap {
			t.Fatalf("want a snapshot, got %+v", f)
		}
		if f := told.next(t); f.Seq != 11 {
			t.Fatalf("want 11, got %+v", f)
		}
		if err := take(t, told.lost); !errors.Is(err, ErrGap) {
			t.Fatalf("want a gap, got %v", err)
		}
	}
}

func TestResyncAsksForASnapshot(t *testing.T) {
	h := newFakeHub()
	live, told, _ := start(t, h, LiveOptions{})
	told.next(t)
	h.publish()
	told.next(t)
	live.Resync("desk/unknown")
	take(t, told.lost)
	take(t, told.connected)
	take(t, told.connected)
	live.Resync(testChannel)
	take(t, told.lost)
	if f := told.next(t); f.K != wire.KindSnap || f.Seq != 1 {
		t.Errorf("got %+v", f)
	}
	hellos, _ := h.seen()
	if len(hellos) != 3 || hellos[1].Resume[0].Ep.IsZero() || !hellos[2].Resume[0].Ep.IsZero() {
		t.Errorf("only the channel named starts again: %+v", hellos)
	}
}

func TestCloseCodesSayWhetherToComeBack(t *testing.T) {
	for code, comeback := range map[int]bool{
		wire.CloseGoingAway: true, wire.CloseSlow: true, wire.CloseBadTicket: true, wire.CloseHelloTimeout: true,
		wire.CloseFactOrder: true, int(websocket.StatusInternalError): true, int(websocket.StatusNormalClosure): true,
		wire.CloseTooOld: false, wire.CloseForbidden: false, wire.CloseRevoked: false, wire.CloseBadFrame: false, 4999: false,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			h := newFakeHub()
			var tries atomic.Int32
			h.welcome = func(c *websocket.Conn, _ wire.Hello) bool {
				if tries.Add(1) > 1 {
					return false
				}
				send(c, wire.Frame{K: wire.KindProblem, D: wire.Body(wire.NewProblem(wire.ProblemTooOld, "why"))})
				_ = c.Close(websocket.StatusCode(code), "")
				return true
			}
			_, told, ended := start(t, h, LiveOptions{})
			if err := take(t, told.lost); !strings.Contains(err.Error(), "why") {
				t.Errorf("the hub's reason is missing: %v", err)
			}
			if comeback {
				take(t, told.connected)
				return
			}
			var terminal *TerminalError
			if err := take(t, ended); !errors.As(err, &terminal) || terminal.Code != code || terminal.Problem == nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestARefusedTicketSaysWhetherToComeBack(t *testing.T) {
	for kind, code := range map[wire.ProblemType]int{
		wire.ProblemUnauthorized: wire.CloseRevoked, wire.ProblemForbidden: wire.CloseForbidden,
		wire.ProblemTooOld: wire.CloseTooOld, wire.ProblemStorage: 0, wire.ProblemTooMany: 0, wire.ProblemNotFound: 0,
	} {
		t.Run(string(kind), func(t *testing.T) {
			h := newFakeHub()
			h.refuse = func(w http.ResponseWriter, n int) bool {
				if n == 1 {
					answer(w, wire.Problems[kind].Status, wire.NewProblem(kind, "detail"))
				}
				return n == 1
			}
			_, told, ended := start(t, h, LiveOptions{})
			take(t, told.lost)
			if code == 0 {
				take(t, told.connected)
				return
			}
			var terminal *TerminalError
			if err := take(t, ended); !errors.As(err, &terminal) || terminal.Code != code || terminal.Problem.Type != kind {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAHubOfAnotherVersionIsLeftAlone(t *testing.T) {
	h := newFakeHub()
	h.welcome = func(c *websocket.Conn, _ wire.Hello) bool {
		send(c, wire.Frame{K: wire.KindWelcome, D: wire.Body(wire.Welcome{V: wire.Version + 1})})
		<-c.CloseRead(context.Background()).Done()
		return true
	}
	_, _, ended := start(t, h, LiveOptions{})
	var terminal *TerminalError
	if err := take(t, ended); !errors.As(err, &terminal) || terminal.Code != wire.CloseTooOld {
		t.Errorf("got %v", err)
	}
}

func TestGarbageIsALostConnectionAndNotACrash(t *testing.T) {
	big := wire.Frame{K: wire.KindNozzle, Ch: testChannel, Seq: 11, D: []byte(`"` + strings.Repeat("x", wire.MaxFrameOutBytes) + `"`)}
	for name, spoil := range map[string]func(context.Context, *websocket.Conn){
		"not JSON":  func(ctx context.Context, c *websocket.Conn) { _ = c.Write(ctx, websocket.MessageText, []byte("{")) },
		"no kind":   func(ctx context.Context, c *websocket.Conn) { _ = c.Write(ctx, websocket.MessageText, []byte("{}")) },
		"binary":    func(ctx context.Context, c *websocket.Conn) { _ = c.Write(ctx, websocket.MessageBinary, []byte("{}")) },
		"too large": func(_ context.Context, c *websocket.Conn) { send(c, big) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub()
			epoch := id.New[id.Epoch](testIDs)
			var tries atomic.Int32
			h.script = func(ctx context.Context, c *websocket.Conn, _ []wire.Position) {
				if tries.Add(1) == 1 {
					send(c, snapshot(epoch, 10))
					spoil(ctx, c)
				} else {
					send(c, snapshot(epoch, 20))
				}
				<-ctx.Done()
			}
			_, told, _ := start(t, h, LiveOptions{})
			told.next(t)
			take(t, told.lost)
			if f := told.next(t); f.Seq != 20 {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestADeviceSendsFacts(t *testing.T) {
	h := newFakeHub()
	journal := id.New[id.Journal](testIDs)
	c := newTestClient(t, Options{BaseURL: "http://127.0.0.1:1"})
	if err := c.Live(LiveOptions{Handler: newTape()}).Send(wire.Frame{K: wire.KindStatus}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("before Run: %v", err)
	}
	live, told, _ := start(t, h, LiveOptions{Channels: []wire.Channel{}, Journal: journal})
	take(t, told.connected)
	fact := wire.Frame{K: wire.KindSaleStarted, Seq: 8, D: wire.Body(wire.SaleStarted{Nozzle: 3, Before: unit.Millilitre(5)})}
	if err := live.Send(fact); err != nil {
		t.Fatal(err)
	}
	big := wire.Frame{K: wire.KindStatus, D: []byte(`"` + strings.Repeat("x", wire.MaxFrameInBytes) + `"`)}
	if err := live.Send(big); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := live.Send(wire.Frame{K: wire.KindStatus, D: []byte("{")}); err == nil {
		t.Error("a body that is no JSON was sent")
	}
	if err := live.Run(t.Context()); !errors.Is(err, ErrRunning) {
		t.Errorf("a second Run: %v", err)
	}
	hellos, _ := h.seen()
	if len(hellos) != 1 || hellos[0].Journal != journal || len(hellos[0].Resume) != 0 {
		t.Errorf("hello: %+v", hellos)
	}
	if got := take(t, h.got); got.Seq != 8 || got.K != wire.KindSaleStarted {
		t.Errorf("the hub got %+v", got)
	}
}

func TestAcksAndWishesReachADevice(t *testing.T) {
	h := newFakeHub()
	h.script = func(ctx context.Context, c *websocket.Conn, _ []wire.Position) {
		send(c, wire.Frame{K: wire.KindAck, Seq: 9}, wire.Frame{K: wire.KindWant, D: wire.Body(wire.Want{Rev: 3})})
		<-ctx.Done()
	}
	_, told, _ := start(t, h, LiveOptions{Channels: []wire.Channel{}})
	if ack, want := told.next(t), told.next(t); ack.Seq != 9 || want.K != wire.KindWant {
		t.Errorf("got %+v and %+v", ack, want)
	}
}

func TestRunEndsWithItsContextAndMayBeRunAgain(t *testing.T) {
	h := newFakeHub()
	s := httptest.NewServer(h.mux)
	t.Cleanup(s.Close)
	told := newTape()
	live := newTestClient(t, Options{BaseURL: s.URL}).Live(LiveOptions{Channels: []wire.Channel{testChannel}, Handler: told})
	for want := range uint64(2) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- live.Run(ctx) }()
		take(t, told.connected)
		if want == 0 {
			told.next(t) // the snapshot; the second Run goes on from the first
		}
		h.publish()
		if f := told.next(t); f.K != wire.KindNozzle || f.Seq != want+1 {
			t.Errorf("got %+v", f)
		}
		cancel()
		if err := take(t, ended); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	select {
	case err := <-told.lost:
		t.Errorf("told of a loss that was asked for: %v", err)
	default:
	}
}
