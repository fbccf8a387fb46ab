package realtime

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"
)

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

// dial dials in memory.
func (p *pipes) dial(t *testing.T) *client { return dial(t, "ws://hub", p.options()) }

func (p *pipes) options() *websocket.DialOptions {
	return &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			near, far := net.Pipe()
			select {
			case p.conns <- far:
				return near, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}}}
}

// bubble runs a test in virtual time with a hub on pipes.
func bubble(t *testing.T, limits Limits, test func(t *testing.T, h *hub, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		h := newHubOn(t, limits, p)
		test(t, h, p)
	})
}
