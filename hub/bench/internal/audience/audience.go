// Package audience is thousands of clients in one thread: an epoll loop that
// reads whatever comes, finds the marks in it, checks every connection's
// sequence and counts how late each message was.
package audience

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"forecourt/hub/bench/internal/mark"
	"forecourt/hub/bench/internal/measure"
)

// Options say whom to listen to.
type Options struct {
	// Kind is the server's: a key of greetings. Address is where it is.
	Kind, Address string
	// Clients is how many connections; the first Stalled of them never read.
	Clients, Stalled int
	// Channel is what to follow, Ticket how to be admitted.
	Channel string
	Ticket  func() (string, error)
	// OnDelivered is told after each wake-up how many messages have come in all.
	OnDelivered func(total uint64)
}

// Heard is what an audience has heard since the last Reset.
type Heard struct {
	// Delivered counts messages, Reads the system calls that brought them,
	// Bytes what they carried. Faults counts gaps, repeats and disorder.
	Delivered, Reads, Bytes, Faults uint64
	// Lost counts connections that have ended.
	Lost int
	// Late tells how late they were.
	Late *measure.Latencies
}

// listener is one connection of the audience.
type listener struct {
	fd   int
	last uint64
	scan mark.Scanner
	conn net.Conn
}

// Audience listens. Only its own loop touches what it counts, except through
// the requests below.
type Audience struct {
	opts  Options
	epoll int
	list  []*listener
	heard Heard
	total uint64

	asks chan func()
	ask  atomic.Bool
}

// connectAtOnce bounds the handshakes under way.
const connectAtOnce = 32

// Gather connects everybody. It returns when all are admitted.
func Gather(ctx context.Context, opts Options) (*Audience, error) {
	a := &Audience{opts: opts, asks: make(chan func(), 1), list: make([]*listener, opts.Clients)}
	a.heard.Late = measure.NewLatencies()
	var err error
	if a.epoll, err = unix.EpollCreate1(0); err != nil {
		return nil, fmt.Errorf("making an epoll: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(connectAtOnce)
	for i := range a.list {
		group.Go(func() error {
			l, err := connect(ctx, opts)
			if err != nil {
				return fmt.Errorf("client %d: %w", i, err)
			}
			a.list[i] = l
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, l := range a.list {
		if i < opts.Stalled {
			continue
		}
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
		if err := unix.EpollCtl(a.epoll, unix.EPOLL_CTL_ADD, l.fd, &event); err != nil {
			return nil, fmt.Errorf("watching a connection: %w", err)
		}
	}
	return a, nil
}

// connect makes one connection and greets.
func connect(ctx context.Context, opts Options) (*listener, error) {
	dialer := net.Dialer{Timeout: 20 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", opts.Address)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	_ = tcp.SetLinger(0) // thousands come and go: none may linger in TIME_WAIT
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	in := bufio.NewReaderSize(conn, 4096)
	err = greetings[opts.Kind](&caller{conn: conn, in: in, address: opts.Address, ticket: opts.Ticket, channel: opts.Channel})
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	file, err := tcp.File()
	if err != nil {
		return nil, fmt.Errorf("taking the descriptor: %w", err)
	}
	fd, err := unix.Dup(int(file.Fd()))
	_ = file.Close()
	_ = conn.Close()
	if err != nil {
		return nil, fmt.Errorf("taking the descriptor: %w", err)
	}
	l := &listener{fd: fd}
	if early, err := in.Peek(in.Buffered()); err == nil {
		l.scan.Scan(early, func(seq uint64, _ int64) { l.last = seq })
	}
	return l, unix.SetNonblock(fd, true)
}

// Listen reads until ctx ends.
func (a *Audience) Listen(ctx context.Context) error {
	events := make([]unix.EpollEvent, 512)
	buffer := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := unix.EpollWait(a.epoll, events, 20)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("waiting for news: %w", err)
		}
		for i := range max(n, 0) {
			a.read(a.list[events[i].Fd], buffer)
		}
		if n > 0 && a.opts.OnDelivered != nil {
			a.opts.OnDelivered(a.total)
		}
		if a.ask.Load() {
			(<-a.asks)()
			a.ask.Store(false)
		}
	}
	return nil
}

// read takes what one connection has.
func (a *Audience) read(l *listener, buffer []byte) {
	n, err := unix.Read(l.fd, buffer)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 {
		a.heard.Lost++
		_ = unix.EpollCtl(a.epoll, unix.EPOLL_CTL_DEL, l.fd, nil)
		return
	}
	now := time.Now().UnixNano()
	a.heard.Reads++
	a.heard.Bytes += uint64(n)
	l.scan.Scan(buffer[:n], func(seq uint64, at int64) {
		if l.last != 0 && seq != l.last+1 {
			a.heard.Faults++
		}
		l.last = seq
		a.heard.Delivered++
		a.total++
		a.heard.Late.Add(time.Duration(now - at))
	})
}

// do has the loop do something and waits until it has.
func (a *Audience) do(what func()) {
	done := make(chan struct{})
	a.asks <- func() { what(); close(done) }
	a.ask.Store(true)
	<-done
}

// Reset begins to count anew.
func (a *Audience) Reset() {
	a.do(func() {
		late := a.heard.Late
		late.Reset()
		a.heard = Heard{Late: late}
	})
}

// Report tells what was heard since Reset, with latencies judged against
// expected messages.
func (a *Audience) Report(expected uint64) Report {
	var r Report
	a.do(func() {
		never := uint64(0)
		if expected > a.heard.Delivered {
			never = expected - a.heard.Delivered
		}
		r = Report{
			Delivered: a.heard.Delivered, Expected: expected, Reads: a.heard.Reads, Bytes: a.heard.Bytes,
			Faults: a.heard.Faults, Lost: a.heard.Lost,
			P50: finite(a.heard.Late.Quantile(0.50, never)), P99: finite(a.heard.Late.Quantile(0.99, never)),
		}
	})
	return r
}

// Report is what an audience heard, for the way between processes.
type Report struct {
	Delivered, Expected, Reads, Bytes, Faults uint64
	Lost                                      int
	// P50 and P99 are in milliseconds; Never stands for infinitely late.
	P50, P99 float64
}

// Never is the lateness of what never came, in milliseconds.
const Never = 1e9

func finite(ms float64) float64 { return min(ms, Never) }
