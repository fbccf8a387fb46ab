package realtime

import (
	"context"
	"errors"
	"fmt"
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

// serve is the life of a connection.
func (s *Server) serve(c *conn) {
	defer s.work.Done()
	defer s.forget(c)
	defer c.finish()
	hello, err := c.hello()
	if err == nil {
		err = c.enter(hello)
	}
	if err == nil {
		return
	}
	var r *refusal
	if errors.As(err, &r) {
		s.metrics.refused.Inc()
		c.log.Info("a hello was refused", "code", r.code, "problem", r.problem.Type, "detail", r.problem.Detail)
		c.end(r.code, r.problem)
		return
	}
	c.log.Info("a socket ended before its hello", "error", err)
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

// enter spends the ticket, checks what the peer may, welcomes it and serves
// it until it goes.
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
	if peer.Device.IsZero() {
		return refuse(wire.CloseBadTicket, wire.ProblemUnauthorized, "a ticket of nobody")
	}
	c.server.enlist(c, peer)
	if peer.bridge() {
		return c.serveDevice(h)
	}
	return c.serveScreen(h)
}

// welcome answers the hello.
func (c *conn) welcome(h wire.Hello, acked uint64) error {
	now := c.server.deps.Now()
	line, err := wire.Encode(wire.Frame{K: wire.KindWelcome, At: now, D: wire.Body(wire.Welcome{
		V: min(h.V, wire.Version), Now: now, Acked: acked,
	})})
	if err != nil {
		return err
	}
	if err := c.ws.Write(context.Background(), websocket.MessageText, line); err != nil {
		return fmt.Errorf("welcoming: %w", err)
	}
	return nil
}

// serveScreen welcomes a screen, places its cursors and lets it listen.
func (c *conn) serveScreen(h wire.Hello) error {
	if err := c.welcome(h, 0); err != nil {
		return err
	}
	for _, p := range h.Resume {
		c.cursors = append(c.cursors, c.server.ring(p.Ch).follow(c, p))
	}
	c.log.Info("a screen is here", "channels", len(h.Resume))
	c.whileWriting(c.listenScreen)
	c.log.Info("a screen is gone", "code", c.code)
	return nil
}

// serveDevice opens the device's session, welcomes it and takes what it says.
func (c *conn) serveDevice(h wire.Hello) error {
	session, acked, err := c.server.deps.OpenDevice(c.ctx, c.peer, h.Journal, c)
	if err != nil {
		return fmt.Errorf("opening the device's session: %w", err)
	}
	defer session.Close()
	if err := c.welcome(h, acked); err != nil {
		return err
	}
	c.log.Info("a pumpd is here", "journal", h.Journal, "acked", acked)
	c.whileWriting(func() { c.listenDevice(session) })
	c.log.Info("a pumpd is gone", "code", c.code)
	return nil
}

// whileWriting runs the reader with the writer beside it and returns when both
// have ended and the socket is closed.
func (c *conn) whileWriting(listen func()) {
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		c.write()
	}()
	listen()
	c.end(int(websocket.StatusNormalClosure), nil)
	<-wrote
	<-c.closed
}

// cut closes the socket without a word.
func (c *conn) cut() { _ = c.ws.CloseNow() }
