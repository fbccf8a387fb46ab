package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/wire"
)

// stream is one open socket, read frame by frame. It belongs to one goroutine.
type stream struct {
	ctx     context.Context // its end closes the socket
	conn    *websocket.Conn
	silence time.Duration
	watch   *time.Timer // ends ctx when the hub is silent too long
	pending []wire.Frame
	problem *wire.Problem // why the hub is about to close
}

func newStream(ctx context.Context, silence time.Duration) *stream {
	return &stream{ctx: ctx, silence: silence}
}

// watchOver takes over an open socket; cancel ends it when the hub is silent
// for too long.
func (s *stream) watchOver(conn *websocket.Conn, cancel context.CancelCauseFunc) {
	conn.SetReadLimit(wire.MaxFrameOutBytes)
	s.conn = conn
	s.watch = time.AfterFunc(s.silence, func() { cancel(ErrSilent) })
}

// pinged hears that the hub tries the line: it is not silent. It is called
// while the socket is read, and answers that the library should answer.
func (s *stream) pinged(context.Context, []byte) bool {
	s.watch.Reset(s.silence)
	return true
}

// close gives the socket up without waiting for the peer's agreement.
func (s *stream) close() {
	s.watch.Stop()
	_ = s.conn.CloseNow() // it may be closed already
}

// greet says hello and waits for the welcome, which is the first frame.
func (s *stream) greet(hello wire.Hello) (wire.Welcome, error) {
	message, err := wire.Encode(wire.Frame{K: wire.KindHello, D: wire.Body(hello)})
	if err != nil {
		return wire.Welcome{}, err
	}
	if err := write(s.conn, message); err != nil {
		return wire.Welcome{}, fmt.Errorf("link: saying hello: %w", err)
	}
	for {
		f, err := s.next()
		switch {
		case err != nil:
			return wire.Welcome{}, err
		case f.K == wire.KindProblem:
			continue // the close that follows says whether to come back
		case f.K != wire.KindWelcome:
			return wire.Welcome{}, fmt.Errorf("%w: %q before the welcome", wire.ErrFrame, f.K)
		}
		welcome, err := wire.Read[wire.Welcome](f.D)
		if err == nil && (welcome.V < wire.MinVersion || welcome.V > wire.Version) {
			err = &TerminalError{Code: wire.CloseTooOld}
		}
		return welcome, err
	}
}

// next is the next frame, or why there is none.
func (s *stream) next() (wire.Frame, error) {
	for len(s.pending) == 0 {
		message, err := s.read()
		if err != nil {
			return wire.Frame{}, s.reason(err)
		}
		if s.pending, err = wire.Decode(message); err != nil {
			return wire.Frame{}, err
		}
	}
	f := s.pending[0]
	s.pending = s.pending[1:]
	if f.K == wire.KindProblem {
		if problem, err := wire.Read[wire.Problem](f.D); err == nil {
			s.problem = &problem
		}
	}
	return f, nil
}

// read reads one message. Time counts only while waiting for the hub, not
// while the handler works, and starts again with every byte.
func (s *stream) read() ([]byte, error) {
	s.watch.Reset(s.silence)
	defer s.watch.Stop()
	kind, r, err := s.conn.Reader(s.ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, fmt.Errorf("%w: a binary message", wire.ErrFrame)
	}
	return io.ReadAll(progress{r, s})
}

// progress restarts the watch whenever something arrived.
type progress struct {
	io.Reader
	s *stream
}

func (p progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.s.watch.Reset(p.s.silence)
	return n, err
}

// reason turns what the socket library says into what happened.
func (s *stream) reason(err error) error {
	if errors.Is(context.Cause(s.ctx), ErrSilent) {
		return ErrSilent
	}
	if code := int(websocket.CloseStatus(err)); code >= 0 && !wire.Comeback(code) {
		return &TerminalError{Code: code, Problem: s.problem}
	}
	if s.problem != nil {
		return fmt.Errorf("link: reading: %w (%w)", err, s.problem)
	}
	return fmt.Errorf("link: reading: %w", err)
}

// write sends one message. Its deadline closes the connection, which is what
// a peer that does not read deserves.
func write(conn *websocket.Conn, message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, message); err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	return nil
}
