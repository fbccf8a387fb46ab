package session

import (
	"fmt"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// apart reports whether two readings of one totalizer really differ.
func apart(a, b unit.Millilitre) bool { return a-b >= Tolerance || b-a >= Tolerance }

// reconcile brings the chain up to the totalizer, for a nozzle at which
// nothing flows: ok when they agree, otherwise with the next step. A totalizer
// that moved without a sale, forwards or backwards, is a gap.
func (s *Session) reconcile(n *nozzle) (e Effect, ok bool) {
	if !n.totalOK {
		return s.askTotal(n), false
	}
	if n.saved.Known && !apart(n.total, n.saved.Chain) {
		return nil, true
	}
	next := n.saved.clone()
	next.Chain, next.Known = n.total, true
	var facts []Fact
	if n.saved.Known {
		gap := wire.Gap{Sale: s.cfg.NewSale(), Nozzle: next.Nozzle, FoundAt: s.now, Before: n.saved.Chain, After: n.total}
		facts = append(facts, s.fact(wire.KindGap, gap))
	}
	if next.Open != nil {
		// Permitted before the gap was found, and nothing of it has flowed.
		next.Open.Before = n.total
	}
	return s.append(facts, next), false
}

// audit checks the totalizers of nozzles at rest: each after an outage, and
// now and then.
func (s *Session) audit() Effect {
	if !s.fresh || s.look.State != driver.Idle || s.unsettled(nil) || !s.cfg.Can.Total || s.recallIn > 0 {
		return nil
	}
	for _, n := range s.nozzles {
		due := n.audited.IsZero() || s.now.Sub(n.audited) >= AuditEvery
		if !due || n.saved.Open != nil {
			continue
		}
		e, ok := s.reconcile(n)
		if e != nil {
			return e
		}
		if ok {
			n.audited = s.now
			s.prices = nil // someone may have changed them by hand
		}
	}
	return nil
}

// begin journals that fuel flows. A delivery that we did not permit, or whose
// permission was not saved, begins where the chain ends.
func (s *Session) begin() Effect {
	n := s.nozzle(s.look.Nozzle)
	flows := s.look.State == driver.Fuelling || s.look.State == driver.Paused
	if !s.online || !flows || n == nil || s.unsettled(n) {
		return nil
	}
	next := n.saved.clone()
	switch {
	case next.Open != nil && next.Open.Started, next.Open == nil && !next.Known:
		return nil
	case next.Open == nil:
		next.Open = &Open{
			Sale: s.cfg.NewSale(), Before: next.Chain, From: wire.SourceChain,
			Price: s.look.Price, PriceSet: next.PriceSet,
		}
	}
	open := next.Open
	open.Started, open.At = true, s.now
	e := s.append([]Fact{s.fact(wire.KindSaleStarted, wire.SaleStarted{
		Sale: open.Sale, Nozzle: next.Nozzle, StartedAt: s.now, Before: open.Before,
		Price: open.Price, PriceSet: open.PriceSet, Authorization: open.Authorization,
	})}, next)
	if e != nil {
		begun, volume := *open, s.look.Volume
		s.then = func() { n.trace.note(begun, begun.At, volume) }
	}
	return e
}

// recover ends an open delivery that the dispenser no longer knows of: after
// asking for past sales, the totalizer says whether fuel ran.
func (s *Session) recover() Effect {
	if !s.fresh || s.recallIn > 0 {
		return nil
	}
	for _, n := range s.nozzles {
		if n.saved.Open == nil || n.quiet < QuietLooks || s.unsettled(n) || n.lifted {
			continue
		}
		if s.cfg.Can.Recall && n.sought != n.saved.Open.Sale {
			n.sought = n.saved.Open.Sale
			s.recallIn = RecallTries
			if e := s.recall(); e != nil {
				return e
			}
		}
		if !n.totalOK {
			if e := s.askTotal(n); e != nil {
				return e
			}
			continue
		}
		return s.append(s.lost(n))
	}
	return nil
}

// lost is what becomes of a delivery that the dispenser lost: a gap under its
// id if the totalizer moved, an empty sale if it began and nothing came, and
// nothing at all if it was only permitted.
func (s *Session) lost(n *nozzle) ([]Fact, Saved) {
	next := n.saved.clone()
	open := next.Open
	next.Open = nil
	if apart(n.total, next.Chain) {
		gap := wire.Gap{Sale: open.Sale, Nozzle: next.Nozzle, FoundAt: s.now, Before: next.Chain, After: n.total}
		next.Chain = n.total
		return []Fact{s.fact(wire.KindGap, gap)}, next
	}
	if !open.Started {
		return nil, next
	}
	key := fmt.Sprintf("%s:%d:%d+%s", s.cfg.KeyPrefix, n.index, next.Chain, open.Sale)
	next.remember(key)
	next.LastVolume, next.LastAmount, next.LastEnd = 0, 0, s.now
	return []Fact{s.fact(wire.KindSaleEnded, wire.SaleEnded{
		Sale: open.Sale, Nozzle: next.Nozzle, StartedAt: open.At, EndedAt: s.now,
		Price: open.Price, PriceSet: open.PriceSet, Authorization: open.Authorization,
		Before: open.Before, After: open.Before, BeforeFrom: open.From, DeviceKey: key, Backfilled: true,
	})}, next
}
