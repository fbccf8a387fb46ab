// Package tap sits on a line between pumpd and a simulated dispenser, passes
// every byte on as it comes, and remembers when bytes of the dispenser's
// replies passed. It needs to understand none of them.
package tap

import (
	"context"
	"fmt"
	"net"
	"sort"
	"sync"
	"time"
)

// kept bounds the times that are remembered: some minutes of a busy line.
const kept = 200_000

// Tap is one tapped line.
type Tap struct {
	to       string
	listener net.Listener

	mu    sync.Mutex
	times []time.Time // when bytes of replies passed, in order
	work  sync.WaitGroup
	conns map[net.Conn]struct{}
}

// Open listens on a port of the kernel's for a line that ends at to.
func Open(to string) (*Tap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tapping the line to %s: %w", to, err)
	}
	t := &Tap{to: to, listener: listener, conns: map[net.Conn]struct{}{}}
	t.work.Go(t.accept)
	return t, nil
}

// Address is where pumpd should connect.
func (t *Tap) Address() string { return t.listener.Addr().String() }

// Close cuts the line.
func (t *Tap) Close() {
	_ = t.listener.Close() // nothing was written to it
	t.mu.Lock()
	for c := range t.conns {
		_ = c.Close()
	}
	t.mu.Unlock()
	t.work.Wait()
}

// LastBefore is when the last byte of a reply passed, at or before a moment.
func (t *Tap) LastBefore(moment time.Time) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := sort.Search(len(t.times), func(i int) bool { return t.times[i].After(moment) })
	if i == 0 {
		return time.Time{}, false
	}
	return t.times[i-1], true
}

func (t *Tap) accept() {
	for {
		near, err := t.listener.Accept()
		if err != nil {
			return
		}
		t.work.Go(func() { t.join(near) })
	}
}

// join passes bytes both ways until either side is gone.
func (t *Tap) join(near net.Conn) {
	defer near.Close()
	var dialer net.Dialer
	far, err := dialer.DialContext(context.Background(), "tcp", t.to)
	if err != nil {
		return
	}
	defer far.Close()
	t.hold(near, far)
	defer t.release(near, far)
	var both sync.WaitGroup
	both.Go(func() { pass(far, near, func() {}) })
	both.Go(func() { pass(near, far, t.mark) })
	both.Wait()
}

// pass copies from one side to the other and marks each piece as it leaves.
func pass(to, from net.Conn, mark func()) {
	defer to.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			mark()
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (t *Tap) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.times) < kept {
		t.times = append(t.times, time.Now())
	}
}

func (t *Tap) hold(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		t.conns[c] = struct{}{}
	}
}

func (t *Tap) release(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		delete(t.conns, c)
	}
}
