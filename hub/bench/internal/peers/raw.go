package peers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/coder/websocket"
)

// listen opens a port of the kernel's choice.
func listen() (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return l, nil
}

// crowd is a list of connections that a plain loop writes to.
type crowd[C any] struct {
	mu   sync.Mutex
	list []C
}

func (c *crowd[C]) add(conn C) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, conn)
}

func (c *crowd[C]) all() []C {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// rawTCP is the floor: one write call a connection and nothing else.
type rawTCP struct {
	net.Listener
	crowd crowd[net.Conn]
}

// NewRawTCP makes the floor.
func NewRawTCP() (Server, error) {
	l, err := listen()
	if err != nil {
		return nil, err
	}
	s := &rawTCP{Listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.crowd.add(conn)
		}
	}()
	return s, nil
}

func (s *rawTCP) Address() string         { return s.Addr().String() }
func (s *rawTCP) Ticket() (string, error) { return "", nil }

func (s *rawTCP) Publish(_ uint64, payload []byte) {
	for _, conn := range s.crowd.all() {
		_, _ = conn.Write(payload) // who is gone is not waited for
	}
}

// naive is the loop everybody writes first.
type naive struct {
	net.Listener
	crowd crowd[*websocket.Conn]
}

// NewNaive makes a loop over coder/websocket connections.
func NewNaive() (Server, error) {
	l, err := listen()
	if err != nil {
		return nil, err
	}
	s := &naive{Listener: l}
	server := &http.Server{Handler: s}
	go func() { _ = server.Serve(l) }()
	return s, nil
}

// ServeHTTP keeps a connection until its client goes.
func (s *naive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	s.crowd.add(conn)
	<-conn.CloseRead(context.Background()).Done()
}

func (s *naive) Address() string         { return s.Addr().String() }
func (s *naive) Ticket() (string, error) { return "", nil }

func (s *naive) Publish(_ uint64, payload []byte) {
	for _, conn := range s.crowd.all() {
		_ = conn.Write(context.Background(), websocket.MessageText, payload)
	}
}
