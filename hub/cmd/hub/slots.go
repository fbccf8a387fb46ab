package main

import (
	"errors"
	"net"
	"sync"

	"forecourt/hub/internal/config"
)

// sendBufferBytes bounds what the kernel holds for one connection that takes
// nothing.
const sendBufferBytes = 256 << 10

// connections is how many a listener serves at once: the sockets, and a fifth
// as many requests beside them.
func connections(cfg config.Config) int { return cfg.Live.Connections + cfg.Live.Connections/5 }

// slots is a listener that serves a bounded number of connections at once.
// Beyond it nobody is turned away: Accept waits until one has ended, and the
// kernel holds those who knock.
type slots struct {
	net.Listener
	free chan struct{} // holds one for each connection
	done chan struct{} // closed with the listener
	once func() error  // closes it
}

func limitTo(l net.Listener, most int) *slots {
	s := &slots{Listener: l, free: make(chan struct{}, most), done: make(chan struct{})}
	s.once = sync.OnceValue(func() error {
		close(s.done)
		return l.Close()
	})
	return s
}

// Accept waits for a slot and for somebody to take it.
func (s *slots) Accept() (net.Conn, error) {
	select {
	case <-s.done:
		return nil, net.ErrClosed
	case s.free <- struct{}{}:
	}
	c, err := s.Listener.Accept()
	if err != nil {
		<-s.free
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(sendBufferBytes) // a wish: the connection works without it
	}
	return &slotted{Conn: c, leave: sync.OnceFunc(func() { <-s.free })}, nil
}

// Close ends the listener and whoever waits in Accept.
func (s *slots) Close() error { return s.once() }

// slotted is a connection that gives its slot back when it is closed.
type slotted struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *slotted) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}

// NetConn is the connection itself, for what only its own kind can do.
func (c *slotted) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending side alone, as the HTTP server does before it
// drops a connection, so that its last words arrive.
func (c *slotted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
