package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"forecourt/shared/wire"
)

// smallBuffers dials with a receive buffer that holds next to nothing, so that
// a reader that stops reading is felt at once.
func smallBuffers() *websocket.DialOptions {
	d := &net.Dialer{}
	return &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := d.DialContext(ctx, network, addr)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
			}
			return c, err
		},
	}}}
}

// TestOneStalledReaderDelaysNobody has fifty readers on real sockets, one of
// which stops reading. The others get every event, and the stalled one is
// cut by its write deadline.
func TestOneStalledReaderDelaysNobody(t *testing.T) {
	const readers, events, pace = 50, 800, 20
	h := newHub(t, Limits{Window: time.Millisecond, Write: 3 * time.Second, SendBuffer: 4 << 10, RingBytes: 64 << 20})
	h.forecourt.pad = fmt.Sprintf("%03000d", 0)
	stalled := dial(t, h.url, smallBuffers())
	stalled.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
	stalled.upTo(h.forecourt.ch, wire.Position{}, 0)

	others := make([]*client, readers-1)
	for i := range others {
		others[i] = h.enter(h.cashier(), h.ask(h.forecourt.ch))
		others[i].upTo(h.forecourt.ch, wire.Position{}, 0)
	}
	gap := make(chan struct{}, 1) // paces the events, so that nobody is slow but the one
	var reading sync.WaitGroup
	for i, c := range others {
		reading.Go(func() {
			at := wire.Position{Ep: h.forecourt.epoch}
			for n := range uint64(events) {
				at = c.upTo(h.forecourt.ch, at, n+1)
				if i == 0 && n%pace == pace-1 {
					gap <- struct{}{}
				}
			}
		})
	}
	for n := range events {
		h.forecourt.bump()
		if n%pace == pace-1 {
			<-gap
		}
	}
	reading.Wait()

	if code := h.codes(t, 1); code["4008"] != 1 {
		t.Errorf("the stalled reader was closed as %v", code)
	}
	for {
		if _, err := stalled.try(); err != nil {
			break // what the kernel still held, then the end
		}
	}
}

// TestAReaderFallenOutOfTheRingIsResynced is slow but not stalled: it is put
// onto a snapshot; when it falls out again soon it gets the close code and
// resumes, and when that is long ago a snapshot once more.
func TestAReaderFallenOutOfTheRingIsResynced(t *testing.T) {
	bubble(t, Limits{RingEvents: 5, Window: 200 * time.Millisecond}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		fallOut := func() {
			h.forecourt.bump() // the first news leaves at once; then the window begins
			if f := c.frame(); f.Seq != h.forecourt.at().Seq {
				t.Fatalf("got %s %d", f.K, f.Seq)
			}
			for range 50 {
				h.forecourt.bump()
			}
		}
		for i := range 2 {
			fallOut()
			if f := c.frame(); f.K != wire.KindSnap || f.Seq != h.forecourt.at().Seq {
				t.Fatalf("fallen out: got %s %d", f.K, f.Seq)
			}
			if got := testutil.ToFloat64(h.server.metrics.resyncs); got != float64(i+1) {
				t.Errorf("%v resyncs", got)
			}
			c.quietFor(resyncApart)
		}
		fallOut()
		if f := c.frame(); f.K != wire.KindSnap {
			t.Fatalf("got %s %d", f.K, f.Seq)
		}
		c.quietFor(time.Second)
		fallOut()
		if code := c.code(); code != wire.CloseSlow || !wire.Comeback(code) {
			t.Errorf("closed with %d", code)
		}
	})
}

// quietFor reads nothing but beats for a while.
func (c *client) quietFor(d time.Duration) {
	c.t.Helper()
	for began := time.Now(); time.Since(began) < d; {
		if f := c.frame(); f.K != wire.KindBeat {
			c.t.Fatalf("got %s %d", f.K, f.Seq)
		}
	}
}

// TestC016ResumeThroughABrokenNetwork reads a busy channel through a proxy
// that slices, delays and resets, and comes back each time: nothing is missed,
// nothing comes twice or out of order.
func TestC016ResumeThroughABrokenNetwork(t *testing.T) {
	const events = 400
	h := newHub(t, Limits{})
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()),
		"line", "127.0.0.1:0", h.url[len("ws://"):])
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	defer proxy.Stop()
	add := func(toxic string) {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
	_ = toxics.New // the toxics register themselves when their package is linked
	add(`{"name":"slices","type":"slicer","attributes":{"average_size":60,"size_variation":30,"delay":10}}`)
	add(`{"name":"cut","type":"limit_data","attributes":{"bytes":9000}}`)

	h.forecourt.bump()
	published := make(chan struct{})
	go func() {
		defer close(published)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range events - 1 {
			<-tick.C
			h.forecourt.bump()
		}
	}()
	p, at, cuts, snaps := h.cashier(), h.ask(h.forecourt.ch), 0, 0
	for at.Seq < events {
		c, err := enterBy(h, "ws://"+proxy.Listen, p, at)
		for err == nil && at.Seq < events {
			var f wire.Frame
			if f, err = c.try(); err != nil {
				cuts++
				break
			}
			switch {
			case f.K == wire.KindSnap:
				snaps++
				at.Ep, at.Seq = f.Ep, f.Seq
			case f.K == wire.KindWelcome:
			case f.Seq != at.Seq+1:
				t.Fatalf("event %d came after %d", f.Seq, at.Seq)
			default:
				at.Seq = f.Seq
			}
		}
	}
	<-published
	if cuts < 3 || snaps != 1 {
		t.Errorf("%d cuts and %d snapshots; the test means many and one", cuts, snaps)
	}
}

// enterBy is enter over a line that may break at any byte.
func enterBy(h *hub, url string, p Peer, at wire.Position) (*client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(wire.MaxFrameOutBytes)
	h.t.Cleanup(func() { _ = ws.CloseNow() })
	line, err := wire.Encode(h.hello(p, at))
	if err != nil {
		return nil, err
	}
	return &client{t: h.t, ws: ws}, ws.Write(ctx, websocket.MessageText, line)
}

func TestHelloTimeout(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		began := time.Now()
		if code := c.code(); code != wire.CloseHelloTimeout {
			t.Errorf("closed with %d", code)
		}
		if waited := time.Since(began); waited != DefaultLimits().Hello {
			t.Errorf("closed after %v", waited)
		}
	})
}

func TestWriteDeadlineCutsAReaderThatTakesNothing(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		h.forecourt.bump() // a pipe holds nothing: this write waits for the reader
		began := time.Now()
		synctest.Wait()
		time.Sleep(DefaultLimits().Window + DefaultLimits().Write + time.Millisecond)
		synctest.Wait()
		if got := testutil.ToFloat64(h.server.metrics.closes.WithLabelValues("4008")); got != 1 {
			t.Errorf("%v slow closes %v after the write began", got, time.Since(began))
		}
		if _, err := c.try(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the reader then sees %v", err)
		}
	})
}

func TestASilentPumpdIsTakenForGone(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.pumpd()))
		if f := c.frame(); f.K != wire.KindWelcome {
			t.Fatal(f.K)
		}
		began := time.Now()
		code := make(chan int)
		go func() { code <- c.code() }()
		for range 3 { // a pumpd that reports stays
			time.Sleep(DefaultLimits().Silence - time.Second)
			c.say(wire.Frame{K: wire.KindStatus, D: wire.Body(wire.Status{})})
		}
		if code := <-code; code != wire.CloseGoingAway {
			t.Errorf("closed with %d", code)
		}
		if stayed, want := time.Since(began), 3*(DefaultLimits().Silence-time.Second)+DefaultLimits().Silence; stayed != want {
			t.Errorf("closed after %v, want %v", stayed, want)
		}
		<-h.device(0).closed
	})
}

func TestAPumpdHearsTheHubWhenThereIsNoNews(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.pumpd()))
		last := time.Now()
		for range 5 {
			c.frame()
			if quiet := time.Since(last); quiet > 3*time.Second {
				t.Errorf("the hub was silent for %v", quiet)
			}
			last = time.Now()
			c.say(wire.Frame{K: wire.KindStatus, D: wire.Body(wire.Status{})})
		}
	})
}

func TestFirstEventLeavesAtOnceAndTheNextWithinTheWindow(t *testing.T) {
	bubble(t, Limits{Window: 20 * time.Millisecond}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		time.Sleep(time.Second)
		began := time.Now()
		h.forecourt.bump()
		c.frame()
		if took := time.Since(began); took != 0 {
			t.Errorf("the first event took %v", took)
		}
		h.forecourt.bump()
		h.forecourt.bump()
		c.frame()
		if took := time.Since(began); took != 20*time.Millisecond {
			t.Errorf("the second event took %v", took)
		}
		c.frame()
		if took := time.Since(began); took != 20*time.Millisecond {
			t.Errorf("the third event took %v; it travels with the second", took)
		}
	})
}

func TestADeadLineIsFoundByPing(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		c := p.dial(t)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		if testutil.ToFloat64(h.server.metrics.connections.WithLabelValues("cashier")) != 1 {
			t.Fatal("the screen is not counted")
		}
		time.Sleep(time.Minute) // reads nothing, answers no ping
		synctest.Wait()
		if got := testutil.ToFloat64(h.server.metrics.connections.WithLabelValues("cashier")); got != 0 {
			t.Errorf("%v screens are still counted", got)
		}
	})
}

// TestAPumpdWaitsForNoWindow gets its acknowledgement in the middle of the
// window that screens wait for.
func TestAPumpdWaitsForNoWindow(t *testing.T) {
	bubble(t, Limits{Window: time.Second, Shards: 1}, func(t *testing.T, h *hub, p *pipes) {
		c, d := p.dial(t), p.dial(t)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		d.say(h.hello(h.pumpd()))
		d.frame()
		time.Sleep(time.Second)
		h.forecourt.bump()
		c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch}, 1)
		began := time.Now()
		h.forecourt.bump()
		h.device(0).out.Ack(42)
		if f := d.frame(); f.K != wire.KindAck || time.Since(began) != 0 {
			t.Errorf("got %s after %v", f.K, time.Since(began))
		}
		h.device(0).out.Ack(43)
		if f := d.frame(); f.Seq != 43 || time.Since(began) != 0 {
			t.Errorf("got %s %d after %v", f.K, f.Seq, time.Since(began))
		}
		c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch, Seq: 1}, 2)
		if time.Since(began) == 0 {
			t.Error("the screen did not wait for its window")
		}
	})
}

// TestALiveLineIsPingedAndStays answers its pings for ten minutes.
func TestALiveLineIsPingedAndStays(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		pings := 0
		opts := p.options()
		opts.OnPingReceived = func(context.Context, []byte) bool { pings++; return true }
		c := dial(t, "ws://hub", opts)
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		c.quietFor(10 * time.Minute)
		if want := int(10 * time.Minute / DefaultLimits().Ping); pings < want*9/10 || pings > want+1 {
			t.Errorf("%d pings in ten minutes", pings)
		}
	})
}

func TestI007LatencyFromStatusToSocketIsMeasured(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		h.server.Event(wire.Frame{K: wire.KindNozzle, Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 1, At: time.Now(), D: wire.Body(counted{1, ""})})
		h.forecourt.seq = 1
		time.Sleep(time.Hour) // what is old when a screen comes says nothing of the hub's speed
		c := p.dial(t)
		c.say(h.hello(h.cashier(), wire.Position{Ch: h.forecourt.ch, Ep: h.forecourt.epoch}))
		c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch}, 1)
		arrived := time.Now()
		time.Sleep(30 * time.Millisecond)
		h.server.Event(wire.Frame{K: wire.KindNozzle, Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 2, At: arrived, D: wire.Body(counted{2, ""})})
		h.server.Tick(3, wire.Frame{K: wire.KindReading, Ch: h.forecourt.ch, Ep: h.forecourt.epoch, Seq: 2, At: arrived, D: wire.Body(wire.Reading{Number: 3})})
		c.frame()
		c.frame()
		synctest.Wait()
		families, err := h.metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "forecourt_live_send_seconds" {
				continue
			}
			got := f.GetMetric()[0].GetHistogram()
			if got.GetSampleCount() != 2 || got.GetSampleSum() < 0.06 || got.GetSampleSum() > 0.1 {
				t.Errorf("%d samples of %v seconds in all; two of 0.03 to 0.05 were live", got.GetSampleCount(), got.GetSampleSum())
			}
			return
		}
		t.Error("there is no histogram")
	})
}
