package pts_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// memoryNet is a network in memory, so that tests run in virtual time.
type memoryNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// serve answers a handler on a network of its own until the test ends. It is
// for virtual time only.
func serve(t *testing.T, h http.Handler) *memoryNet {
	t.Helper()
	n := &memoryNet{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: h}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(n) })
	t.Cleanup(func() {
		_ = server.Close()
		running.Wait()
		<-time.After(time.Second) // the server lingers on connections that it closed itself
	})
	return n
}

func (n *memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

func (n *memoryNet) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

func (n *memoryNet) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// client reaches the network, whatever the address.
func (n *memoryNet) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case n.conns <- theirs:
			return ours, nil
		case <-n.done:
		case <-ctx.Done():
		}
		_, _ = ours.Close(), theirs.Close()
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	}}}
}
