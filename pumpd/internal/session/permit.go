package session

import (
	"slices"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// permit lets a lifted nozzle dispense, when everything is in order: nothing
// unresolved at the point, the totalizer read and in the chain, the price
// verified and told, and in the controlled mode an authorization in hand.
func (s *Session) permit() Effect {
	n := s.nozzle(s.look.Nozzle)
	if !s.fresh || s.look.State != driver.Calling || n == nil || s.recallIn > 0 || !s.permissible(n) {
		return nil
	}
	if !n.lifted {
		e, ok := s.reconcile(n)
		if !ok {
			return e
		}
		n.lifted = true
	}
	if e, ok := s.verified(n); !ok {
		return e
	}
	auth := n.authorization()
	if auth != nil && !s.now.Before(auth.ExpiresAt) {
		auth = nil
	}
	if auth == nil && n.want.Mode != wire.ModeAttended {
		return nil
	}
	return s.grantTo(n, auth)
}

// permissible checks everything that needs no question to the dispenser.
func (s *Session) permissible(n *nozzle) bool {
	switch {
	case !n.wanted, n.want.Hold != wire.HoldNone, n.saved.HangUp:
		return false
	case n.want.Mode != wire.ModeAttended && n.want.Mode != wire.ModeControlled:
		return false
	case n.saved.Open != nil && s.now.Before(n.grace), s.unsettled(nil):
		return false
	case !s.cfg.Can.Authorize, !s.cfg.Can.Total:
		return false
	}
	for _, other := range s.nozzles {
		if open := other.saved.Open; open != nil && (open.Started || other != n) {
			return false
		}
	}
	return true
}

// authorization is the permission waiting for n, if it is not used up.
func (n *nozzle) authorization() *wire.Authorization {
	if a := n.want.Authorization; a != nil && !slices.Contains(n.saved.Used, a.ID) {
		return a
	}
	return nil
}

// grantTo journals the permission, to be handed over next. A permission given
// before on the same lift and not taken is given again only if it spent no
// authorization: that one is gone.
func (s *Session) grantTo(n *nozzle, auth *wire.Authorization) Effect {
	open := n.saved.Open
	if open != nil && auth == nil && !open.Authorization.IsZero() {
		return nil
	}
	if !s.once("permit") {
		return nil
	}
	order := driver.Order{Nozzle: n.index, Price: n.want.Price}
	if auth != nil {
		order = bound(order, auth.Preset)
	}
	if open != nil && auth == nil && open.PriceSet == n.want.PriceSet {
		s.grant = &grant{n, order}
		return s.handOver()
	}
	next := n.saved.clone()
	next.Open = &Open{
		Sale: s.cfg.NewSale(), Before: next.Chain, From: wire.SourceRead,
		Price: n.want.Price, PriceSet: n.want.PriceSet, At: s.now,
	}
	var facts []Fact
	if auth != nil {
		next.use(auth.ID)
		next.Open.Authorization, next.Open.Preset = auth.ID, auth.Preset
		facts = append(facts, s.fact(wire.KindAuthorization, wire.AuthorizationUsed{
			Authorization: auth.ID, Nozzle: next.Nozzle, Outcome: wire.AuthorizationSpent, At: s.now,
		}))
	}
	e := s.append(facts, next)
	if e == nil {
		return nil
	}
	s.grant = &grant{n, order}
	permitted := e.(Append)
	permitted.Permit = true
	return permitted
}

// bound writes a preset into an order.
func bound(o driver.Order, p wire.Preset) driver.Order {
	switch p.Kind {
	case wire.PresetMoney:
		o.Limit, o.Money = driver.ByMoney, p.Money
	case wire.PresetVolume:
		o.Limit, o.Volume = driver.ByVolume, p.Volume
	}
	return o
}

// refusal tells the hub of an authorization that the dispenser would not take.
func (s *Session) refusal() Effect {
	for _, n := range s.nozzles {
		if n.refused.IsZero() {
			continue
		}
		next := n.saved.clone()
		if next.Open != nil && next.Open.Authorization == n.refused && !next.Open.Started {
			next.Open = nil
		}
		s.then = func() { n.refused = id.Authorization{} }
		return s.append([]Fact{s.fact(wire.KindAuthorization, wire.AuthorizationUsed{
			Authorization: n.refused, Nozzle: next.Nozzle, Outcome: wire.AuthorizationRefused, At: s.now,
		})}, next)
	}
	return nil
}
