package place

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

const (
	// sshDialTimeout bounds making a connection up to the handshake's end.
	sshDialTimeout = 20 * time.Second
	// sshLines bounds the connections to one server: one that writes, one that
	// reads, and two for whoever asks meanwhile. OpenSSH begins to refuse at
	// ten that are being made (sshd_config, MaxStartups).
	sshLines = 4
	// sshIdle is how long a connection is kept for the next call.
	sshIdle = 30 * time.Second
	// sshProof bounds asking a connection that was kept whether it still works.
	sshProof = 10 * time.Second
)

// line is a connection to a server. Whoever took it has it alone.
type line struct {
	socket *socket
	ssh    *ssh.Client
	sftp   *sftp.Client
	drop   func()      // ends the connection; more than once is no harm
	watch  *watch      // of the call that has it
	cut    func() bool // ends the watch's hold on the connection
	idle   *time.Timer
}

// lines are the connections to a server: made when they are needed, kept for a
// while, given up when anything about them is doubtful.
type lines struct {
	address string
	stall   time.Duration
	pin     pin
	config  ssh.ClientConfig
	free    chan struct{} // a token for each connection that may be made

	mu     sync.Mutex
	kept   []*line
	closed bool
}

func newLines(o SFTPOptions, p pin, auth []ssh.AuthMethod) *lines {
	l := &lines{
		address: o.Address, stall: o.Stall, pin: p, free: make(chan struct{}, sshLines),
		config: ssh.ClientConfig{User: o.User, Auth: auth, HostKeyCallback: p.check},
	}
	for range sshLines {
		l.free <- struct{}{}
	}
	return l
}

// take hands out a connection that works, watched from now on. Give it back.
func (l *lines) take(ctx context.Context) (*line, error) {
	w := newWatch(ctx, l.stall)
	select {
	case <-l.free:
	case <-w.ctx.Done():
		defer w.stop()
		return nil, fmt.Errorf("waiting for one of %d connections: %w", sshLines, context.Cause(w.ctx))
	}
	got, err := l.connection(w)
	if err != nil {
		err = w.why(err)
		w.stop()
		l.free <- struct{}{}
		return nil, err
	}
	got.attach(w)
	return got, nil
}

// connection is one that was kept and still works, or a new one.
func (l *lines) connection(w *watch) (*line, error) {
	for {
		old, err := l.pop()
		if err != nil {
			return nil, err
		}
		if old == nil {
			return l.dial(w.ctx)
		}
		if old.works(w.ctx, min(l.stall, sshProof)) {
			return old, nil
		}
		old.drop()
	}
}

func (l *lines) pop() (*line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.New("the place has been closed")
	}
	last := len(l.kept) - 1
	if last < 0 {
		return nil, nil
	}
	old := l.kept[last]
	l.kept = l.kept[:last]
	old.idle.Stop()
	return old, nil
}

// give takes a connection back, whose call ended with err. It is kept if it
// cannot have come to harm.
func (l *lines) give(got *line, err error) {
	whole := got.detach()
	fine := err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound)
	if !whole || !fine || !l.keep(got) {
		got.drop()
	}
	l.free <- struct{}{}
}

func (l *lines) keep(got *line) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	got.idle = time.AfterFunc(sshIdle, func() { l.expire(got) })
	l.kept = append(l.kept, got)
	return true
}

// expire ends a connection that nobody has used for a while.
func (l *lines) expire(old *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, kept := range l.kept {
		if kept == old {
			l.kept = append(l.kept[:i], l.kept[i+1:]...)
			old.drop()
			return
		}
	}
}

// close ends the connections that nobody uses; others end when they are given
// back.
func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, old := range l.kept {
		old.idle.Stop()
		old.drop()
	}
	l.kept = nil
}

// dial makes a connection. A server with several keys shows the pinned one if
// it is asked for that kind; of a fingerprint the kind is not known.
func (l *lines) dial(ctx context.Context) (*line, error) {
	var refused error
	for _, kinds := range l.pin.kinds() {
		made, err := l.dialFor(ctx, kinds)
		var none *ssh.AlgorithmNegotiationError
		if err == nil || (!errors.Is(err, errHostKey) && !errors.As(err, &none)) {
			return made, err
		}
		if refused == nil || errors.Is(err, errHostKey) { // says more than that there is no such key
			refused = err
		}
	}
	return nil, refused
}

func (l *lines) dialFor(ctx context.Context, kinds []string) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, min(l.stall, sshDialTimeout))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, err
	}
	made := &line{socket: &socket{Conn: conn}}
	made.drop = sync.OnceFunc(made.end)
	cut := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = made.greet(l.address, l.config, kinds)
	if !cut() {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		made.drop()
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return made, nil
}

// greet does both handshakes.
func (c *line) greet(address string, config ssh.ClientConfig, kinds []string) error {
	config.HostKeyAlgorithms = kinds
	conn, channels, requests, err := ssh.NewClientConn(c.socket, address, &config)
	if err != nil {
		return err
	}
	c.ssh = ssh.NewClient(conn, channels, requests)
	c.sftp, err = sftp.NewClient(c.ssh, sftp.UseConcurrentWrites(true))
	return err
}

// end closes everything, the socket first: closing the others politely would
// wait for a server that hangs.
func (c *line) end() {
	_ = c.socket.Close()
	if c.sftp != nil {
		_ = c.sftp.Close()
	}
	if c.ssh != nil {
		_ = c.ssh.Close()
		_ = c.ssh.Wait()
	}
}

// works asks the server anything, to see whether it is still there.
func (c *line) works(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cut := context.AfterFunc(ctx, c.drop)
	_, err := c.sftp.RealPath(".")
	return cut() && err == nil
}

// attach puts the connection under a watch: it ends when the watch does.
func (c *line) attach(w *watch) {
	c.watch = w
	c.socket.watch.Store(w)
	c.cut = context.AfterFunc(w.ctx, c.drop)
	w.moved()
}

// detach ends that, and says whether the connection was left whole.
func (c *line) detach() bool {
	whole := c.cut()
	c.socket.watch.Store(nil)
	c.watch.stop()
	return whole
}

// socket tells the watch of whoever has the connection that something moved.
type socket struct {
	net.Conn
	watch atomic.Pointer[watch]
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.moved()
	return n, err
}

func (s *socket) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	s.moved()
	return n, err
}

func (s *socket) moved() {
	if w := s.watch.Load(); w != nil {
		w.touched()
	}
}
