package link

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"forecourt/shared/wire"
)

// tape is a handler that keeps what it is told.
type tape struct {
	connected chan wire.Welcome
	frames    chan wire.Frame
	lost      chan error
	onFrame   func(wire.Frame) // nil: keep them
}

func newTape() *tape {
	const plenty = 1 << 14
	return &tape{make(chan wire.Welcome, plenty), make(chan wire.Frame, plenty), make(chan error, plenty), nil}
}

func (t *tape) Connected(w wire.Welcome) { t.connected <- w }
func (t *tape) Lost(err error)           { t.lost <- err }

func (t *tape) Frame(f wire.Frame) {
	if t.onFrame != nil {
		t.onFrame(f)
		return
	}
	t.frames <- f
}

// patienceOfTests bounds every wait in these tests.
const patienceOfTests = 20 * time.Second

// take waits for the next thing told.
func take[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patienceOfTests):
		t.Fatalf("waited %v for a %T", patienceOfTests, *new(T))
		panic("unreachable")
	}
}

// next is the next frame that is not a beat.
func (t *tape) next(tb testing.TB) wire.Frame {
	tb.Helper()
	for {
		if f := take(tb, t.frames); f.K != wire.KindBeat {
			return f
		}
	}
}

// run follows the test channel until the test ends, and gives Run's error.
func run(t testing.TB, c *Client, opts LiveOptions) (*Live, <-chan error) {
	t.Helper()
	if opts.Channels == nil {
		opts.Channels = []wire.Channel{testChannel}
	}
	live := c.Live(opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- live.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return live, ended
}

// start serves a hub on plain loopback and follows it.
func start(t testing.TB, h *fakeHub, opts LiveOptions) (live *Live, told *tape, ended <-chan error) {
	t.Helper()
	s := httptest.NewServer(h.mux)
	t.Cleanup(s.Close)
	told = newTape()
	if opts.Handler == nil {
		opts.Handler = told
	}
	live, ended = run(t, newTestClient(t, Options{BaseURL: s.URL}), opts)
	return live, told, ended
}

// pipes is a network in memory, for tests in virtual time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	down   func() bool // nil: always up
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.down != nil && p.down() {
		return nil, errors.New("no route to host")
	}
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startVirtual serves a hub inside a synctest bubble. The returned function
// ends everything; the bubble waits for it.
func startVirtual(t *testing.T, h *fakeHub, p *pipes, opts LiveOptions) (live *Live, told *tape, end func()) {
	t.Helper()
	told = newTape()
	if opts.Handler == nil {
		opts.Handler = told
	}
	opts.Channels = []wire.Channel{testChannel}
	server := &http.Server{Handler: h.mux}
	var working sync.WaitGroup
	working.Go(func() { _ = server.Serve(p) })
	c, err := New(Options{BaseURL: "http://127.0.0.1", Device: "d", Now: time.Now, Random: chance{}, Dial: p.dial})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	live = c.Live(opts)
	working.Go(func() { _ = live.Run(ctx) })
	return live, told, func() {
		cancel()
		c.Close()
		_ = server.Close()
		working.Wait()
	}
}

// chance makes every jitter the longest there is.
type chance struct{}

func (chance) Read(b []byte) (int, error) { return 0, errors.New("no chance") }
