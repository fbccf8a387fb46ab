package session

import (
	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// price brings the prices of an idle point to what is wanted and reads them
// back. A point that is busy is left alone; the others do not wait for it.
func (s *Session) price() Effect {
	if !s.fresh || s.look.State != driver.Idle || s.unsettled(nil) || !s.cfg.Can.Prices {
		return nil
	}
	target, differs, priced := s.target()
	if !priced {
		return nil
	}
	if s.prices == nil {
		return s.askPrices()
	}
	if e := s.tellPrices(); e != nil {
		return e
	}
	if !differs || s.opened() || s.now.Before(s.pushAt) || !s.once("set prices") {
		return nil
	}
	s.pushAt = s.now.Add(PriceRetry)
	s.done["read prices"] = false // what was just set is read back at once
	return SetPrices{target}
}

// target is what every nozzle of the point should show, and whether any
// differs. A nozzle without a wish keeps what it has.
func (s *Session) target() (target []unit.FenPerLitre, differs, priced bool) {
	for i, n := range s.nozzles {
		var p unit.FenPerLitre
		if i < len(s.prices) {
			p = s.prices[i]
		}
		if n.priced() {
			priced = true
			differs = differs || p != n.want.Price
			p = n.want.Price
		}
		target = append(target, p)
	}
	return target, differs, priced
}

// priced reports whether the station has a price for the nozzle.
func (n *nozzle) priced() bool {
	return n.wanted && n.want.Price > 0 && !n.want.PriceSet.IsZero()
}

// opened reports whether any nozzle of the point has a delivery in hand: it
// keeps the price it was permitted at.
func (s *Session) opened() bool {
	for _, n := range s.nozzles {
		if n.saved.Open != nil {
			return true
		}
	}
	return false
}

func (s *Session) askPrices() Effect {
	if !s.now.Before(s.readAt) && s.once("read prices") {
		return ReadPrices{}
	}
	return nil
}

// pricesRead takes a read-back. One that is short of nozzles is none.
func (s *Session) pricesRead(a Answer) {
	if a.Err != nil || len(a.Prices) != len(s.nozzles) {
		s.prices, s.readAt = nil, s.now.Add(PriceReadRetry)
		return
	}
	s.prices = a.Prices
}

// tellPrices journals every nozzle that shows its wanted price and has not
// said so for this price set.
func (s *Session) tellPrices() Effect {
	var facts []Fact
	var save []Saved
	for i, n := range s.nozzles {
		if !n.priced() || s.prices[i] != n.want.Price || n.told() {
			continue
		}
		next := n.saved.clone()
		next.Price, next.PriceSet = n.want.Price, n.want.PriceSet
		save = append(save, next)
		facts = append(facts, s.fact(wire.KindPriceApplied, wire.PriceApplied{
			Nozzle: next.Nozzle, PriceSet: next.PriceSet, Price: next.Price, AppliedAt: s.now,
		}))
	}
	if len(facts) == 0 {
		return nil
	}
	return s.append(facts, save...)
}

// told reports whether the hub was told that the wanted price is shown.
func (n *nozzle) told() bool {
	return n.saved.PriceSet == n.want.PriceSet && n.saved.Price == n.want.Price
}

// verified reports whether a lifted nozzle was read back at its wanted price.
// A dispenser whose prices cannot be read shows its price with the lift.
func (s *Session) verified(n *nozzle) (e Effect, ok bool) {
	if !n.priced() {
		return nil, false
	}
	if s.cfg.Can.Prices && s.prices == nil {
		return s.askPrices(), false
	}
	if !s.cfg.Can.Prices {
		s.prices = make([]unit.FenPerLitre, len(s.nozzles))
		s.prices[n.index-1] = s.look.Price
	}
	if s.prices[n.index-1] != n.want.Price {
		return nil, false
	}
	if !n.told() {
		return s.tellPrices(), false
	}
	return nil, true
}
