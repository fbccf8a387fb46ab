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
	h := newHub(t, Limits{Window: time.Millisecond, Write: 2 * time.Second, SendBuffer: 4 << 10, RingBytes: 64 << 20})
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

	for {
		if _, err := stalled.try(); err != nil {
			break // what the kernel still held, then the end
		}
	}
	if code := h.codes(t, 1); code["4008"] != 1 {
		t.Errorf("the stalled reader was closed as %v", code)
	}
}

// TestAReaderFallenOutOfTheRingIsTold is slow but not stalled: it gets the
// close code and resumes.
func TestAReaderFallenOutOfTheRingIsTold(t *testing.T) {
	h := newHub(t, Limits{RingEvents: 5, Window: 200 * time.Millisecond})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 0)
	for range 50 {
		h.forecourt.bump()
	}
	if code := c.code(); code != wire.CloseSlow || !wire.Comeback(code) {
		t.Errorf("closed with %d", code)
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

// pipes is a listener of connections in memory, for bubbles of virtual time.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

// dialer dials in memory; it remembers the raw line of the last connection.
func (p *pipes) dial(t *testing.T) *client {
	return dial(t, "ws://hub", &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			near, far := net.Pipe()
			select {
			case p.conns <- far:
				return near, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}}})
}

// bubble runs a test in virtual time with a hub on pipes.
func bubble(t *testing.T, limits Limits, test func(t *testing.T, h *hub, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		h := newHubOn(t, limits, p)
		test(t, h, p)
	})
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
		time.Sleep(DefaultLimits().Write + time.Millisecond)
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
