package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// DefaultSilence is how long the hub may say nothing before the
	// connection counts as lost; the hub beats once a second.
	DefaultSilence = 5 * time.Second
	// DriverSilence is the same for a Driver: no beat comes on its channels,
	// and the hub tries a quiet line every 15 seconds.
	DriverSilence = 40 * time.Second
	// connectTimeout bounds ticket, upgrade and hello together.
	connectTimeout = 10 * time.Second
	// sendTimeout bounds one write; past it the connection is given up.
	sendTimeout = 5 * time.Second
)

var (
	// ErrNotConnected says that there is no connection to send on.
	ErrNotConnected = errors.New("link: not connected")
	// ErrTooLarge says that a frame is larger than the hub takes.
	ErrTooLarge = errors.New("link: frame larger than wire.MaxFrameInBytes")
	// ErrSilent says that the hub said nothing for too long.
	ErrSilent = errors.New("link: the hub went silent")
	// ErrRunning says that a Live already runs.
	ErrRunning = errors.New("link: already running")
)

// TerminalError says that coming back is of no use: sign in or enrol again,
// or update the program.
type TerminalError struct {
	// Code is the close code, 4500-4999; a refused ticket is told as
	// wire.CloseRevoked, wire.CloseForbidden or wire.CloseTooOld.
	Code int
	// Problem is the hub's reason, if it gave one.
	Problem *wire.Problem
}

// Error says why.
func (e *TerminalError) Error() string {
	if e.Problem != nil {
		return fmt.Sprintf("link: closed for good (%d): %v", e.Code, e.Problem)
	}
	return fmt.Sprintf("link: closed for good (%d)", e.Code)
}

// Handler is told what happens, from one goroutine, in order. While it works
// nothing is read, so it should be quick; it may call Send, Resync, Join,
// Leave and Typing.
type Handler interface {
	// Connected: the hub welcomed us; what follows continues each channel
	// where it stood, or begins it with a snapshot.
	Connected(wire.Welcome)
	// Frame is news: snapshots, events (each once, in order) and ticks of the
	// channels asked for, and for devices acks and wishes. After a
	// wire.KindRefused its channel is no longer followed.
	Frame(wire.Frame)
	// Lost: there is no connection, and why. Told after each lost connection
	// and each failed try; not when Run was told to end.
	Lost(err error)
}

// LiveOptions says what to follow.
type LiveOptions struct {
	// Channels to follow, at most wire.MaxResume.
	Channels []wire.Channel
	// Journal is a device's journal; zero for a till.
	Journal id.Journal
	// Handler is told what happens.
	Handler Handler
	// Backoff bounds the waits between connections.
	Backoff Backoff
	// Silence is how long the hub may say nothing; zero is DefaultSilence, or
	// DriverSilence of a Driver.
	Silence time.Duration
}

// Live is one socket that comes back by itself and continues where it was.
type Live struct {
	caller
	way       *access
	opts      LiveOptions
	transport *http.Transport
	patience  atomic.Int64 // time.Duration of the next dial
	positions *positions
	running   atomic.Bool

	mu   sync.Mutex
	conn *websocket.Conn // nil while there is none

	asking sync.Mutex            // held while channels are asked for or left
	asked  map[wire.Channel]bool // what this connection follows
	typed  map[id.Thread]time.Time
}

// Live prepares a socket; Run opens it. Positions live as long as the Live:
// a second Run continues where the first ended.
func (a *access) Live(opts LiveOptions) *Live {
	if opts.Silence <= 0 {
		opts.Silence = a.silence
	}
	opts.Backoff = opts.Backoff.orDefaults()
	l := &Live{
		caller: a.caller, way: a, opts: opts, positions: newPositions(opts.Channels), typed: map[id.Thread]time.Time{},
	}
	dial := patient(a.opts.Dial, func() time.Duration { return time.Duration(l.patience.Load()) })
	l.transport = newTransport(a.transport.TLSClientConfig, dial)
	l.http = newHTTP(l.transport)
	return l
}

// Run keeps a connection until ctx ends (it returns ctx's error) or the hub
// closes for good (a *TerminalError).
func (l *Live) Run(ctx context.Context) error {
	if !l.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer l.running.Store(false)
	defer l.transport.CloseIdleConnections()
	now := l.way.opts.Now
	pace := pace{Backoff: l.opts.Backoff, random: l.way.opts.Random}
	for {
		began := now()
		l.patience.Store(int64(pace.patience()))
		connectedAt, err := l.attempt(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var stood time.Duration
		if !connectedAt.IsZero() {
			pace.connected()
			began = now()
			stood = began.Sub(connectedAt)
		}
		l.way.opts.Log.Info("no connection to the hub", "error", err, "stood", stood)
		l.opts.Handler.Lost(err)
		if terminal := (*TerminalError)(nil); errors.As(err, &terminal) {
			return err
		}
		wait := pace.next(refused(err), stood)
		if !refused(err) {
			wait -= now().Sub(began) // a try that sat on a lost packet has waited already
		}
		if !rest(ctx, wait) {
			return ctx.Err()
		}
	}
}

// rest waits, and reports whether ctx is still going on.
func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// refused reports whether the hub was reached and did not want us.
func refused(err error) bool {
	var problem *wire.Problem
	var status statusError
	return errors.As(err, &problem) || websocket.CloseStatus(err) >= 0 || (errors.As(err, &status) && !status.gateway())
}

// attempt makes one connection and follows it to its end. connectedAt is zero
// if it never got as far as a welcome.
func (l *Live) attempt(ctx context.Context) (connectedAt time.Time, err error) {
	// What was kept from before the loss may be as dead as what was lost.
	l.transport.CloseIdleConnections()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resume := l.positions.begin()
	s, welcome, err := l.open(ctx, cancel, resume)
	if err != nil {
		return time.Time{}, err
	}
	defer s.close()
	if err := l.settle(s.conn, resume); err != nil {
		return time.Time{}, err
	}
	defer l.use(nil)
	connectedAt = l.way.opts.Now()
	l.way.opts.Log.Info("connected to the hub", "version", welcome.V)
	l.opts.Handler.Connected(welcome)
	return connectedAt, l.follow(s)
}

func (l *Live) use(conn *websocket.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
}

// open takes a ticket, opens the socket and is welcomed.
func (l *Live) open(ctx context.Context, cancel context.CancelCauseFunc, resume []wire.Position) (*stream, wire.Welcome, error) {
	opening, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	admission, err := call[wire.Ticket](opening, &l.caller, l.way.tickets)
	if err != nil {
		return nil, wire.Welcome{}, asTerminal(err)
	}
	target := l.base.JoinPath("v1", "live").String()
	s := newStream(ctx, l.opts.Silence)
	conn, reply, err := websocket.Dial(opening, target, &websocket.DialOptions{HTTPClient: l.http, OnPingReceived: s.pinged})
	if err != nil && reply != nil {
		err = statusError(reply.StatusCode)
	}
	if err != nil {
		return nil, wire.Welcome{}, fmt.Errorf("link: opening the socket: %w", err)
	}
	s.watchOver(conn, cancel)
	welcome, err := s.greet(wire.Hello{
		V: wire.Version, Min: wire.MinVersion, Ticket: admission.Ticket,
		Resume: resume, Journal: l.opts.Journal,
	})
	if err != nil {
		s.close()
		return nil, wire.Welcome{}, err
	}
	return s, welcome, nil
}

// asTerminal tells a ticket that will never be given from one that may.
func asTerminal(err error) error {
	var problem *wire.Problem
	if !errors.As(err, &problem) || problem.Retry {
		return err
	}
	switch problem.Status {
	case http.StatusUnauthorized:
		return &TerminalError{Code: wire.CloseRevoked, Problem: problem}
	case http.StatusForbidden:
		return &TerminalError{Code: wire.CloseForbidden, Problem: problem}
	case http.StatusUpgradeRequired:
		return &TerminalError{Code: wire.CloseTooOld, Problem: problem}
	}
	return err
}

// follow hands on the news until the connection ends.
func (l *Live) follow(s *stream) error {
	for {
		f, err := s.next()
		if errors.Is(err, wire.ErrFrame) {
			// Whatever could not be read is not asked for again.
			l.positions.forgetAll()
		}
		if err != nil {
			return err
		}
		news, err := l.take(f)
		if err != nil {
			return err
		}
		if news && f.K != wire.KindProblem {
			l.opts.Handler.Frame(f)
		}
	}
}

// Send writes one frame, for devices. ErrNotConnected if there is no
// connection, or if it broke; then nothing is known about the frame.
func (l *Live) Send(f wire.Frame) error {
	message, err := wire.Encode(f)
	if err != nil {
		return err
	}
	if len(message) > wire.MaxFrameInBytes {
		return fmt.Errorf("%w: %s of %d bytes", ErrTooLarge, f.K, len(message))
	}
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return ErrNotConnected
	}
	return write(conn, message)
}

// Resync drops the connection and asks for a snapshot of ch on the next one,
// for a receiver that could not make sense of what it got.
func (l *Live) Resync(ch wire.Channel) {
	l.positions.forget(ch)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		// Closing may wait for the peer; the caller must not.
		go l.conn.CloseNow()
	}
}
