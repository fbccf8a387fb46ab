package realtime

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/wire"
)

// refusal is why a hello leads nowhere: a close code and what is told first.
type refusal struct {
	code    int
	problem *wire.Problem
}

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("close %d: %v", r.code, r.problem) }

func refuse(code int, t wire.ProblemType, detail string) error {
	return &refusal{code, wire.NewProblem(t, detail)}
}

// serve is the beginning of a connection's life. The rest is another
// goroutine's: reading a hello makes this one's stack larger than a quiet
// connection needs.
func (s *Server) serve(c *conn) {
	hello, err := c.hello()
	if err == nil {
		err = c.enter(hello)
	}
	if err == nil {
		go s.attend(c)
		return
	}
	var r *refusal
	if errors.As(err, &r) {
		s.metrics.refused.Inc()
		c.logs(slog.LevelInfo, "a hello was refused", "code", r.code, "problem", r.problem.Type, "detail", r.problem.Detail)
		c.end(r.code, r.problem)
	} else {
		c.logs(slog.LevelInfo, "a socket ended before its hello", "error", err)
	}
	s.leave(c)
}

// attend is a welcomed connection's life until its end.
func (s *Server) attend(c *conn) {
	if c.device != nil {
		c.listenDevice()
	} else {
		c.listenScreen()
	}
	s.leave(c)
}

// leave is the end of a connection's life.
func (s *Server) leave(c *conn) {
	defer s.work.Done()
	c.end(int(websocket.StatusNormalClosure), nil)
	c.leaveAll()
	c.finish()
	if c.device != nil && c.device.session != nil {
		c.device.session.Close()
	}
	if c.peer.known() {
		c.logs(slog.LevelInfo, "a peer is gone", "code", c.code)
	}
	s.forget(c)
}

// hello waits for the first frame, which must be a hello of a version both
// sides speak.
func (c *conn) hello() (wire.Hello, error) {
	late := time.AfterFunc(c.server.limits.Hello, func() { c.end(wire.CloseHelloTimeout, nil) })
	defer late.Stop()
	frames, err := c.read()
	if err != nil {
		return wire.Hello{}, err
	}
	return readHello(frames)
}

// readHello checks a hello as far as it can be checked without its ticket. It
// ignores fields it does not know: a newer peer must be told that it is too
// new, not that it is broken.
func readHello(frames []wire.Frame) (wire.Hello, error) {
	if len(frames) != 1 || frames[0].K != wire.KindHello {
		return wire.Hello{}, refuse(wire.CloseBadFrame, wire.ProblemBadRequest, "the first message is one hello")
	}
	h, err := wire.Read[wire.Hello](frames[0].D)
	if err != nil {
		return h, refuse(wire.CloseBadFrame, wire.ProblemBadRequest, err.Error())
	}
	if h.V < wire.MinVersion || h.Min > wire.Version {
		return h, refuse(wire.CloseTooOld, wire.ProblemTooOld,
			fmt.Sprintf("peer speaks %d to %d, hub %d to %d", h.Min, h.V, wire.MinVersion, wire.Version))
	}
	if len(h.Resume) > wire.MaxResume {
		return h, refuse(wire.CloseBadFrame, wire.ProblemBadRequest, "too many channels")
	}
	asked := make(map[wire.Channel]bool, len(h.Resume))
	for _, p := range h.Resume {
		if asked[p.Ch] {
			return h, refuse(wire.CloseBadFrame, wire.ProblemBadRequest, "a channel is asked for twice")
		}
		asked[p.Ch] = true
	}
	return h, nil
}

// enter spends the ticket, checks what the peer may, and welcomes it.
func (c *conn) enter(h wire.Hello) error {
	peer, err := c.server.deps.Admit(h.Ticket)
	if err != nil {
		return refuse(wire.CloseBadTicket, wire.ProblemUnauthorized, err.Error())
	}
	for _, p := range h.Resume {
		if !mayJoin(peer, p.Ch) {
			return refuse(wire.CloseForbidden, wire.ProblemForbidden, string(p.Ch))
		}
	}
	if peer.bridge() && h.Journal.IsZero() {
		return refuse(wire.CloseBadFrame, wire.ProblemBadRequest, "a pumpd names its journal")
	}
	if !peer.known() {
		return refuse(wire.CloseBadTicket, wire.ProblemUnauthorized, "a ticket of nobody")
	}
	c.server.enlist(c, peer)
	if peer.bridge() {
		return c.enterDevice(h)
	}
	return c.enterScreen(h)
}

// welcome answers the hello and lets out what follows it.
func (c *conn) welcome(h wire.Hello, acked uint64) error {
	now := c.server.deps.Now()
	frame, err := encodeFrame(wire.Frame{K: wire.KindWelcome, At: now, D: wire.Body(wire.Welcome{
		V: min(h.V, wire.Version), Now: now, Acked: acked,
	})})
	if err != nil {
		return err
	}
	if err := c.line.send([][]byte{frame}); err != nil {
		return fmt.Errorf("welcoming: %w", err)
	}
	c.open()
	return nil
}

// enterScreen welcomes a screen and places its cursors.
func (c *conn) enterScreen(h wire.Hello) error {
	if err := c.welcome(h, 0); err != nil {
		return err
	}
	for _, p := range h.Resume {
		c.join(p)
	}
	c.logs(slog.LevelInfo, "a screen is here", "channels", len(h.Resume))
	return nil
}

// enterDevice opens the device's session and welcomes it.
func (c *conn) enterDevice(h wire.Hello) error {
	session, acked, err := c.server.deps.OpenDevice(c.device.ctx, c.peer, h.Journal, c)
	if err != nil {
		return fmt.Errorf("opening the device's session: %w", err)
	}
	c.device.session = session
	if err := c.welcome(h, acked); err != nil {
		return err
	}
	c.logs(slog.LevelInfo, "a pumpd is here", "journal", h.Journal, "acked", acked)
	return nil
}
