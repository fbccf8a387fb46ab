package session

import (
	"errors"
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/wire"
)

// next is the one thing to do now, or nil. The order is the order of weight:
// stopping first, then what has ended, then what begins.
func (s *Session) next() Effect {
	rules := []func() Effect{
		s.handOver, s.stop, s.refusal, s.recall, s.settle, s.begin, s.pause,
		s.expire, s.recover, s.audit, s.permit, s.price,
	}
	for _, rule := range rules {
		if e := rule(); e != nil {
			return e
		}
	}
	return nil
}

// flowing reports whether a delivery is permitted or under way.
func (s *Session) flowing() bool {
	switch s.look.State {
	case driver.Authorized, driver.Fuelling, driver.Paused:
		return s.online
	}
	return false
}

// inUse is the nozzle the point is busy with, or nil. A point that was
// permitted before the lift does not say which; then it is the one we permitted.
func (s *Session) inUse() *nozzle {
	if n := s.nozzle(s.look.Nozzle); n != nil {
		return n
	}
	if s.look.State == driver.Idle {
		return nil
	}
	for _, n := range s.nozzles {
		if n.saved.Open != nil {
			return n
		}
	}
	return nil
}

// handOver gives the dispenser a permission that has just been journaled.
func (s *Session) handOver() Effect {
	if s.grant == nil {
		return nil
	}
	order := s.grant.order
	s.grant.n.grace = s.now.Add(AuthorizeGrace)
	s.grant = nil
	return Authorize{order}
}

// stop ends a delivery that the station stopped, and withdraws a permission
// from a nozzle that was closed, and one that nobody is there to use.
func (s *Session) stop() Effect {
	if !s.flowing() || !s.cfg.Can.Stop || !(s.held() || s.strayed()) {
		return nil
	}
	if s.once("stop") {
		return Stop{}
	}
	return nil
}

// held reports whether the station does not want what goes on.
func (s *Session) held() bool {
	n := s.inUse()
	if n != nil {
		closed := n.want.Mode == wire.ModeClosed && s.look.State == driver.Authorized
		return n.wanted && (n.want.Hold == wire.HoldStop || closed)
	}
	for _, other := range s.nozzles {
		if other.want.Hold == wire.HoldStop {
			return true
		}
	}
	return false
}

// strayed reports whether the point is permitted for nobody who is there: an
// order that was thought lost, or one whose driver hung up. A dispenser that
// permits itself is left alone.
func (s *Session) strayed() bool {
	return s.cfg.Can.Authorize && !s.stray.IsZero() && s.now.Sub(s.stray) >= WithdrawAfter
}

// pause suspends and resumes as the station wants. A dispenser that cannot
// suspend is stopped: the station wants the flow to end.
func (s *Session) pause() Effect {
	n := s.inUse()
	if !s.flowing() || n == nil || !n.wanted {
		return nil
	}
	switch {
	case n.want.Hold == wire.HoldPause && s.look.State == driver.Fuelling && s.cfg.Can.Suspend:
		if s.once("suspend") {
			return Suspend{}
		}
	case n.want.Hold == wire.HoldPause && s.look.State == driver.Fuelling && s.cfg.Can.Stop:
		if s.once("stop") {
			return Stop{}
		}
	case n.want.Hold == wire.HoldNone && s.look.State == driver.Paused && s.cfg.Can.Suspend:
		if s.once("resume") {
			return Resume{}
		}
	}
	return nil
}

// expire tells the hub of authorizations that nobody used in time.
func (s *Session) expire() Effect {
	for _, n := range s.nozzles {
		a := n.want.Authorization
		if !n.wanted || a == nil || slices.Contains(n.saved.Used, a.ID) || s.now.Before(a.ExpiresAt) {
			continue
		}
		next := n.saved.clone()
		next.use(a.ID)
		fact := wire.AuthorizationUsed{Authorization: a.ID, Nozzle: next.Nozzle, Outcome: wire.AuthorizationExpired, At: s.now}
		return s.append([]Fact{s.fact(wire.KindAuthorization, fact)}, next)
	}
	return nil
}

// fact stamps a body with the time.
func (s *Session) fact(kind wire.Kind, body any) Fact { return Fact{Kind: kind, At: s.now, Body: body} }

// append asks for facts and state to be made durable. The state becomes true
// when they are. After a failure nothing is appended until the next look.
func (s *Session) append(facts []Fact, save ...Saved) Effect {
	if s.done["append"] {
		return nil
	}
	s.saving = save
	return Append{Facts: facts, Save: save}
}

// answered takes the answer to an effect.
func (s *Session) answered(asked Effect, a Answer) {
	switch asked := asked.(type) {
	case Append:
		s.appended(a.Err)
	case ReadTotal:
		s.totalRead(s.nozzle(asked.Nozzle), a)
	case ReadPrices:
		s.pricesRead(a)
	case SetPrices:
		s.prices = nil // whatever the answer, only a read-back tells
	case Recall:
		s.recallAnswered(a)
	case Authorize:
		s.authorizeAnswered(s.nozzle(asked.Order.Nozzle), a.Err)
	}
}

func (s *Session) appended(err error) {
	then := s.then
	s.then = nil
	if err != nil {
		s.done["append"] = true
		s.saving, s.grant = nil, nil
		return
	}
	if then != nil {
		then()
	}
	for _, v := range s.saving {
		for _, n := range s.nozzles {
			if n.saved.Nozzle != v.Nozzle {
				continue
			}
			if v.Open == nil || n.saved.Open == nil || v.Open.Sale != n.saved.Open.Sale {
				n.outage = false
			}
			n.saved = v
			n.last = v.Chain
		}
	}
	s.saving = nil
}

func (s *Session) totalRead(n *nozzle, a Answer) {
	if a.Err != nil {
		return
	}
	n.total, n.totalOK, n.last = a.Total, true, a.Total
}

// authorizeAnswered takes back a permission that the dispenser refused. Any
// other error says nothing: the next look shows what is true.
func (s *Session) authorizeAnswered(n *nozzle, err error) {
	if !errors.Is(err, driver.ErrRefused) || n.saved.Open == nil || n.saved.Open.Authorization.IsZero() {
		return
	}
	s.note("refused:"+n.saved.Open.Sale.String(), "the dispenser refused an authorization", "nozzle", n.saved.Nozzle)
	n.refused = n.saved.Open.Authorization
}

// recall asks the dispenser for what happened while nobody listened.
func (s *Session) recall() Effect {
	if s.recallIn == 0 || !s.online {
		return nil
	}
	since, known := s.since()
	if !s.cfg.Can.Recall || !known {
		s.recallIn = 0
		return nil
	}
	if !s.once("recall") {
		return nil
	}
	return Recall{since}
}

// since is the end of the last sale known of the point, or the beginning of
// its open delivery: a point fuels with one nozzle at a time, so everything
// before is known.
func (s *Session) since() (since time.Time, known bool) {
	for _, n := range s.nozzles {
		if n.saved.LastEnd.After(since) {
			since = n.saved.LastEnd
		}
	}
	for _, n := range s.nozzles {
		if open := n.saved.Open; since.IsZero() && open != nil {
			since = open.At
		}
	}
	return since.Add(-RecallMargin), !since.IsZero()
}

func (s *Session) recallAnswered(a Answer) {
	if a.Err != nil {
		s.recallIn--
		if s.recallIn == 0 {
			s.note("recall", "past sales could not be listed", "error", a.Err)
		}
		return
	}
	s.recallIn = 0
	s.recalled = slices.Clone(a.Sales)
}
