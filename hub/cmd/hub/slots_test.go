package main

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
)

// queue is a listener in memory whose connections are handed in.
type queue struct {
	conns chan net.Conn
	ended chan struct{}
}

func (q queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.ended:
		return nil, net.ErrClosed
	}
}

func (q queue) Close() error   { close(q.ended); return nil }
func (q queue) Addr() net.Addr { return &net.TCPAddr{} }

func TestSlotsBoundWhoIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{make(chan net.Conn, 10), make(chan struct{})}
		l := limitTo(q, 2)
		for range 4 {
			ours, theirs := net.Pipe()
			defer func() { _ = ours.Close() }()
			q.conns <- theirs
		}
		served := make(chan net.Conn)
		var ended error
		go func() {
			defer close(served)
			for {
				c, err := l.Accept()
				if err != nil {
					ended = err
					return
				}
				served <- c
			}
		}()
		first, second := <-served, <-served
		synctest.Wait()
		select {
		case <-served:
			t.Fatal("a third connection was served beside two")
		default:
		}
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		_ = first.Close() // twice gives back one slot
		third := <-served
		synctest.Wait()
		select {
		case <-served:
			t.Fatal("a slot was given back twice")
		default:
		}
		if inner, ok := third.(interface{ NetConn() net.Conn }); !ok || inner.NetConn() == third || inner.NetConn() == nil {
			t.Error("the connection itself cannot be had")
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, open := <-served; open || !errors.Is(ended, net.ErrClosed) {
			t.Errorf("closing ends Accept: %v", ended)
		}
		_, _ = second.Close(), third.Close()
	})
}

func TestSlotsOfAListenerThatIsClosed(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := limitTo(l, 1)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for range 3 {
		if _, err := s.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after closing: %v", err)
		}
	}
}
