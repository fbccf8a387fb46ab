package till

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// send gives a command its id, saves it if it must not be lost, and pursues
// it. A command that could not be saved is not sent.
func (t *Till) send(c desk.Command) {
	if c.Kind == desk.CommandSay {
		t.post(c)
		return
	}
	c.Key = id.New[id.Command](t.IDs)
	t.mu.Lock()
	s := t.session
	t.mu.Unlock()
	if s == nil {
		return
	}
	if c.Outlives() {
		if err := t.Store.Save(c); err != nil {
			t.Log.Error("command not saved, so not sent", "kind", string(c.Kind), "error", err)
			t.Post(desk.GivenUp{Command: c})
			return
		}
		t.Post(desk.Sent{Command: c})
		t.running.Go(func() { t.pursue(s.ctx, c) })
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, HandPatience)
	t.overtake(s, c, cancel)
	t.Post(desk.Sent{Command: c})
	t.running.Go(func() {
		defer cancel()
		t.pursue(ctx, c)
		if ctx.Err() == context.DeadlineExceeded {
			t.Post(desk.GivenUp{Command: c})
		}
	})
}

// overtake ends the earlier hand on the same nozzle, and notes this one. A
// hand on all nozzles ends every other.
func (t *Till) overtake(s *session, c desk.Command, cancel context.CancelFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := fmt.Sprintf("%s/%d/%s/%s", c.Kind, c.Nozzle, c.Thread, c.Object)
	for other, end := range s.hands {
		if other == name || c.Kind == desk.CommandHoldAll && onPump(other) {
			end()
			delete(s.hands, other)
		}
	}
	s.hands[name] = cancel
}

// onPump reports whether a hand's name is that of one on a nozzle.
func onPump(name string) bool {
	kind, _, _ := strings.Cut(name, "/")
	switch desk.CommandKind(kind) {
	case desk.CommandHold, desk.CommandHoldAll, desk.CommandAuthorize:
		return true
	}
	return false
}

// pursue sends a command until its end is known or ctx ends.
func (t *Till) pursue(ctx context.Context, c desk.Command) {
	for try := 0; ctx.Err() == nil; try++ {
		slow := time.AfterFunc(unknownAfter, func() { t.Post(desk.Unknown{Command: c}) })
		answer, err := t.attempt(ctx, c)
		slow.Stop()
		if t.settled(ctx, c, answer, err) {
			return
		}
		t.rest(ctx, try)
	}
}

// settled takes what an attempt came to and reports whether it is over.
func (t *Till) settled(ctx context.Context, c desk.Command, answer desk.Answered, err error) bool {
	problem := problemOf(err)
	switch {
	case err == nil:
		t.forget(c)
		t.Post(answer)
		return true
	case ctx.Err() != nil:
		return true // signed out, closed or overtaken: what is saved stays saved
	case problem != nil && problem.Type == wire.ProblemUnauthorized:
		// Nobody is signed in any more. An earlier send may have arrived, so
		// the command stays saved and is asked again after the next login.
		t.Post(desk.Unknown{Command: c})
		t.Post(desk.SessionEnded{})
		return true
	case problem != nil && (!problem.Retry || c.Kind.Office() && !storage(problem)):
		t.forget(c)
		t.Post(desk.Refused{Command: c, Problem: problem})
		return true
	}
	t.Log.Info("no answer to a command; asking again", "key", c.Key, "kind", string(c.Kind), "error", err)
	t.Post(desk.Unknown{Command: c})
	return false
}

// storage reports whether the hub itself is in trouble, which passes in a
// moment. What else may succeed later, such as another rotation of the keys, is
// for the person to try again.
func storage(p *wire.Problem) bool {
	return p.Type == wire.ProblemStorage || p.Type == wire.ProblemInternal
}

// inquire learns the end of a command that somebody else gave and whose
// answer was lost: the hub would refuse it from this person. The sale tells
// whether it arrived; if it has not by now it never will.
func (t *Till) inquire(ctx context.Context, c desk.Command) {
	for try := 0; ctx.Err() == nil; try++ {
		sale, err := t.Hub.Sale(ctx, c.Sale)
		waits := err == nil && mirror.Waiting(sale.State)
		switch {
		case err != nil:
			t.Log.Info("no answer about a sale; asking again", "key", c.Key, "error", err)
		case !waits && arrived(sale, c):
			t.forget(c)
			t.Post(desk.Answered{Command: c, Sale: &sale})
			return
		case !waits:
			t.forget(c)
			t.Post(desk.Refused{Command: c, Problem: wire.NewProblem(wire.ProblemSaleAlreadyPaid, "")})
			return
		case t.Now().Sub(c.At) > arrives:
			t.forget(c)
			t.Post(desk.GivenUp{Command: c})
			return
		}
		t.rest(ctx, try)
	}
}

// arrived reports whether a settled sale is what the command made of it.
func arrived(sale wire.Sale, c desk.Command) bool {
	if c.Kind == desk.CommandPay {
		return sale.Payment != nil && id.Command(sale.Payment.Attempt) == c.Key
	}
	return sale.State != wire.SalePaid
}

func (t *Till) forget(c desk.Command) {
	if !c.Outlives() {
		return
	}
	if err := t.Store.Forget(c.Key); err != nil {
		// It will be asked again after the next login; its id makes that harmless.
		t.Log.Error("command not forgotten", "key", c.Key, "error", err)
	}
}

// attempt sends a command once.
func (t *Till) attempt(ctx context.Context, c desk.Command) (answer desk.Answered, err error) {
	answer.Command = c
	switch c.Kind {
	case desk.CommandPay:
		answer.Sale, err = of(t.Hub.Pay(ctx, c.Key, c.Sale, *c.Pay))
	case desk.CommandResolve:
		answer.Sale, err = of(t.Hub.Resolve(ctx, c.Key, c.Sale, *c.Resolve))
	case desk.CommandHold:
		_, err = t.Hub.SetHold(ctx, c.Key, c.Nozzle, *c.Hold)
	case desk.CommandHoldAll:
		_, err = t.Hub.SetHoldAll(ctx, c.Key, *c.Hold)
	case desk.CommandAuthorize:
		_, err = t.Hub.Authorize(ctx, c.Key, c.Nozzle, *c.Authorize)
	case desk.CommandPrices:
		_, err = t.Hub.SetPrices(ctx, c.Key, *c.Prices)
	case desk.CommandQueue:
		answer.Queue, err = of(t.Hub.CountQueue(ctx, c.Key, *c.Queue))
	default:
		if c.Kind.Office() {
			return answer, t.attemptOffice(ctx, c)
		}
		return answer, t.attemptChat(ctx, c)
	}
	return answer, err
}

// of is what was answered, and nothing where there was no answer.
func of[A any](answer A, err error) (*A, error) {
	if err != nil {
		return nil, err
	}
	return &answer, nil
}

// attemptChat sends a command about a conversation once.
func (t *Till) attemptChat(ctx context.Context, c desk.Command) (err error) {
	switch c.Kind {
	case desk.CommandTake:
		_, err = t.Hub.Take(ctx, c.Key, c.Thread)
	case desk.CommandTransfer:
		_, err = t.Hub.Transfer(ctx, c.Key, c.Thread, *c.Transfer)
	case desk.CommandClose:
		_, err = t.Hub.CloseThread(ctx, c.Key, c.Thread)
	case desk.CommandReopen:
		_, err = t.Hub.ReopenThread(ctx, c.Key, c.Thread)
	case desk.CommandDuty:
		_, err = t.Hub.SetDuty(ctx, *c.Duty)
	default:
		err = wire.NewProblem(wire.ProblemBadRequest, "no such command: "+string(c.Kind))
	}
	return err
}

// rest waits before the next try: longer each time, and never all tills at once.
func (t *Till) rest(ctx context.Context, try int) {
	wait := min(longestWait, firstWait<<min(try, 6))
	wait = wait/2 + time.Duration(t.random(uint64(wait)/2+1))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// random is a number below n; without randomness it is zero, which only
// costs the jitter.
func (t *Till) random(n uint64) uint64 {
	var b [8]byte
	if _, err := io.ReadFull(t.Random, b[:]); err != nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b[:]) % n
}
