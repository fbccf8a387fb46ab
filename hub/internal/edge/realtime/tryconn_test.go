package realtime

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"forecourt/shared/wire"
)

// linePair is a connection of ours and the peer's end of it, over TCP with as
// small buffers as the kernel gives.
func linePair(t *testing.T, timeout time.Duration) (*boundedConn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
	})
	peer := far.(*net.TCPConn)
	_ = peer.SetReadBuffer(64 << 10)
	boundKernel(near, 32<<10)
	return &boundedConn{Conn: near, raw: rawOf(near), timeout: timeout, now: time.Now}, peer
}

// TestAPartOfAFrameGoesOnBeforeAnythingElse fills a line by trying, while
// somebody sends control frames the way the library does and somebody else
// sends what could not be tried: what arrives is whole frames.
func TestAPartOfAFrameGoesOnBeforeAnythingElse(t *testing.T) {
	line, peer := linePair(t, 10*time.Second)
	pong := []byte{0x8a, 0x00}
	var control sync.WaitGroup
	stop := make(chan struct{})
	control.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := line.Write(pong); err != nil {
				t.Error(err)
				return
			}
		}
	})
	const frames = 3000
	arrived := make(chan error, 1)
	go func() { arrived <- readWhole(peer, frames) }()
	tryer, partial, untried := newTryer(), 0, 0
	for n := range frames {
		pieces := [][]byte{textFrame(bytes.Repeat([]byte{byte('a' + n%26)}, 1+(n*37)%5000)), pingFrame()}
		switch got, err := line.try(tryer, pieces); got {
		case partly:
			partial++
			err = line.send(nil)
			fallthrough
		case wrote:
			if err != nil {
				t.Fatal(err)
			}
		case untaken:
			untried++
			if err := line.send(pieces); err != nil {
				t.Fatal(err)
			}
		case hopeless:
			t.Fatal(err)
		}
	}
	close(stop)
	control.Wait()
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-arrived; err != nil {
		t.Error(err)
	}
	if partial == 0 || untried == 0 {
		t.Errorf("%d partly, %d untaken; the test means both", partial, untried)
	}
}

// readWhole reads frames to the end and counts the texts, each of one letter.
func readWhole(from io.Reader, want int) error {
	all, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	texts := 0
	for len(all) > 0 {
		switch all[0] {
		case 0x8a, 0x89:
			all = all[2:]
			continue
		case 0x81:
		default:
			return fmt.Errorf("after %d texts a frame begins with %x", texts, all[0])
		}
		n, head := int(all[1]), 2
		if n == 126 {
			n, head = int(all[2])<<8|int(all[3]), 4
		}
		text := all[head : head+n]
		if letter := byte('a' + texts%26); bytes.Count(text, []byte{letter}) != n {
			return fmt.Errorf("text %d is broken", texts)
		}
		texts++
		all = all[head+n:]
	}
	if texts != want {
		return fmt.Errorf("%d texts, want %d", texts, want)
	}
	return nil
}

// TestALineStaysUsableLongAfterAWait sends once with a deadline; after the
// deadline has passed the line can still be tried.
func TestALineStaysUsableLongAfterAWait(t *testing.T) {
	line, peer := linePair(t, time.Millisecond)
	if err := line.send([][]byte{pingFrame()}); err != nil {
		t.Fatal(err)
	}
	passed := make(chan struct{})
	time.AfterFunc(20*time.Millisecond, func() { close(passed) })
	<-passed
	if got, err := line.try(newTryer(), [][]byte{pingFrame()}); got != wrote || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := io.ReadFull(peer, make([]byte, 4)); err != nil {
		t.Error(err)
	}
}

func TestNothingFollowsABrokenWriteOrAClosingFrame(t *testing.T) {
	line, _ := linePair(t, 50*time.Millisecond)
	big := [][]byte{textFrame(make([]byte, 8<<20))} // nobody reads
	err := line.send(big)
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %v", err)
	}
	for range 2 {
		if _, again := line.Write(pingFrame()); !errors.Is(again, err) {
			t.Errorf("a control frame after half a frame: %v", again)
		}
		if got, again := line.try(newTryer(), big); got != hopeless || !errors.Is(again, err) {
			t.Errorf("a try after half a frame: %v, %v", got, again)
		}
	}
	line, _ = linePair(t, time.Second)
	if _, err := line.Write([]byte{0x88, 0}); err != nil {
		t.Fatal(err)
	}
	if err := line.send([][]byte{pingFrame()}); !errors.Is(err, errShut) {
		t.Errorf("after the closing frame: %v", err)
	}
	if got, err := line.try(newTryer(), [][]byte{pingFrame()}); got != hopeless || !errors.Is(err, errShut) {
		t.Errorf("a try after the closing frame: %v, %v", got, err)
	}
}

func TestALineThatIsGoneIsHopeless(t *testing.T) {
	line, peer := linePair(t, time.Second)
	_ = peer.SetLinger(0)
	_ = peer.Close() // a reset
	_, _ = line.Read(make([]byte, 1))
	if got, err := line.try(newTryer(), [][]byte{pingFrame()}); got != hopeless || err == nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// wrapped is a connection in a wrapper that says what it wraps, as a
// limiting listener's is; opaque is one that does not.
type (
	wrapped struct{ net.Conn }
	opaque  struct{ net.Conn }
)

func (w wrapped) NetConn() net.Conn { return w.Conn }

func TestWhatCanBeTried(t *testing.T) {
	line, _ := linePair(t, time.Second)
	tcp := line.Conn
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	for name, test := range map[string]struct {
		conn net.Conn
		want bool
	}{
		"TCP":               {tcp, true},
		"wrapped":           {wrapped{tcp}, true},
		"wrapped twice":     {wrapped{wrapped{tcp}}, true},
		"opaque":            {opaque{tcp}, false},
		"TLS":               {tls.Server(tcp, nil), false},
		"TLS in a wrapper":  {wrapped{tls.Server(tcp, nil)}, false},
		"a pipe":            {near, false},
		"a pipe, wrapped":   {wrapped{near}, false},
		"TLS over a pipe":   {tls.Server(near, nil), false},
		"TLS over a wapper": {tls.Server(wrapped{tcp}, nil), false},
	} {
		if got := rawOf(test.conn) != nil; got != test.want {
			t.Errorf("%s can be tried: %v", name, got)
		}
	}
}

// TestOverTLSEverythingArrives is the way of connections that cannot be tried.
func TestOverTLSEverythingArrives(t *testing.T) {
	h := newHub(t, Limits{Window: time.Millisecond})
	secure := httptest.NewTLSServer(h.server)
	t.Cleanup(secure.Close)
	const events = 500
	var reading sync.WaitGroup
	for range 5 {
		c := dial(t, secure.URL, &websocket.DialOptions{HTTPClient: secure.Client()})
		c.say(h.hello(h.cashier(), h.ask(h.forecourt.ch), h.ask(h.desk.ch)))
		c.upTo(h.forecourt.ch, wire.Position{}, 0)
		reading.Go(func() { c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch}, events) })
	}
	for range events {
		h.forecourt.bump()
		h.desk.bump()
	}
	reading.Wait()
	if testutil.ToFloat64(h.server.metrics.handed) == 0 {
		t.Error("no connection had a goroutine of its own; TLS cannot be tried")
	}
}

// TestPlainConnectionsAreNotHandedOver is the way of all others: idle ones and
// those that keep up never cost a goroutine.
func TestPlainConnectionsAreNotHandedOver(t *testing.T) {
	h := newHub(t, Limits{Window: time.Millisecond})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.upTo(h.forecourt.ch, wire.Position{}, 0)
	for n := range uint64(100) {
		h.forecourt.bump()
		c.upTo(h.forecourt.ch, wire.Position{Ep: h.forecourt.epoch, Seq: n}, n+1)
	}
	if got := testutil.ToFloat64(h.server.metrics.handed); got != 0 {
		t.Errorf("%v hand-overs", got)
	}
}
