package session

import (
	"fmt"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// told is a finished sale and how we came to hear of it.
type told struct {
	driver.Sale
	held     bool // the dispenser keeps it until Release
	recalled bool // from its history: old ones are among them
}

// queue lists the finished sales not dealt with, oldest first.
func (s *Session) queue() []told {
	var q []told
	for _, sale := range s.recalled {
		q = append(q, told{Sale: sale, recalled: true})
	}
	for _, sale := range s.look.Finished {
		q = append(q, told{Sale: sale, held: true})
	}
	for _, sale := range s.uploads {
		q = append(q, told{Sale: sale})
	}
	return q
}

// settle journals finished sales and then releases them. The order is kept:
// when one cannot be journaled now, those behind it wait.
func (s *Session) settle() Effect {
	queue := s.queue()
	for i, sale := range queue {
		e, dealt := s.settleOne(sale, queue[i+1:])
		if e != nil || !dealt {
			return e
		}
		s.drop(sale)
	}
	return nil
}

// unsettled reports whether finished sales wait, of n or (nil) of any nozzle.
func (s *Session) unsettled(n *nozzle) bool {
	for _, sale := range s.queue() {
		if n == nil || sale.Nozzle == n.index {
			return true
		}
	}
	return false
}

// drop takes a sale that is dealt with off the lists of those that are not in
// the dispenser's own hands.
func (s *Session) drop(t told) {
	switch {
	case t.recalled:
		s.recalled = s.recalled[1:]
	case !t.held:
		s.uploads = s.uploads[1:]
	}
}

// settleOne is the next step for one sale; dealt says that nothing is left to do.
func (s *Session) settleOne(t told, later []told) (e Effect, dealt bool) {
	n := s.nozzle(t.Nozzle)
	if n == nil {
		s.note("nozzle:"+t.Key, "a sale of a nozzle that is not configured is left where it is", "nozzle", t.Nozzle, "key", t.Key)
		return nil, true
	}
	if t.recalled && !n.saved.Known {
		return nil, true // history from before this journal
	}
	if t.Key != "" && !s.cfg.TotalKeys && n.saved.knows(t.Key) {
		return s.release(t)
	}
	after, ok := s.after(n, t, later)
	if !ok {
		return s.askTotal(n), false
	}
	key, known := s.key(n, t.Sale, after)
	if known {
		return s.release(t)
	}
	if t.recalled && after <= n.saved.Chain {
		return nil, true
	}
	if n.saved.Known && after < n.saved.Chain && !s.owns(n, t.Sale, after) && !n.totalOK && s.cfg.Can.Total {
		return s.askTotal(n), false // tells a late sale from a totalizer that was reset
	}
	return s.append(s.place(n, t.Sale, key, after)), false
}

// release lets the dispenser forget a sale that is journaled.
func (s *Session) release(t told) (Effect, bool) {
	if t.held && s.once("release:%d:%s:%d", t.Nozzle, t.Key, t.TotalAfter) {
		return Release{t.Sale}, false
	}
	return nil, true
}

// askTotal asks for a nozzle's totalizer, once a look.
func (s *Session) askTotal(n *nozzle) Effect {
	if s.cfg.Can.Total && s.once("total:%d", n.index) {
		return ReadTotal{n.index}
	}
	return nil
}

// after is the totalizer after a sale. Where the protocol does not send it with
// the sale it is today's reading less what was sold since.
func (s *Session) after(n *nozzle, t told, later []told) (unit.Millilitre, bool) {
	if t.HasTotal {
		return t.TotalAfter, true
	}
	moving := s.look.Nozzle == n.index && (s.look.State == driver.Fuelling || s.look.State == driver.Paused)
	if !n.totalOK || moving {
		return 0, false
	}
	total := n.total
	for _, other := range later {
		if other.Nozzle == t.Nozzle && (other.Key == "" || other.Key != t.Key) {
			total -= other.Volume
		}
	}
	return total, true
}

// key is a sale's identity, and whether it was journaled. Where the protocol
// has no transaction numbers it is the totalizer after the sale; then a
// delivery that did not move the totalizer, or says it moved otherwise than the
// sale known by that reading, is told apart by the id of the open delivery.
func (s *Session) key(n *nozzle, sale driver.Sale, after unit.Millilitre) (key string, known bool) {
	key = sale.Key
	if key == "" {
		key = fmt.Sprintf("%s:%d:%d", s.cfg.KeyPrefix, n.index, after)
	}
	if !n.saved.knows(key) {
		return key, false
	}
	open := n.saved.Open
	if !s.cfg.TotalKeys || open == nil || (sale.Volume != 0 && sale.Volume == n.saved.LastVolume) {
		return key, true
	}
	return key + "+" + open.Sale.String(), false
}

// owns reports whether a sale is the nozzle's open delivery: it ends behind
// where that began, or nothing was metered. A sale that a transaction number
// tells apart and that moved nothing may be a repeated one; it is ours only if
// fuel was seen to flow.
func (s *Session) owns(n *nozzle, sale driver.Sale, after unit.Millilitre) bool {
	open := n.saved.Open
	if open == nil {
		return false
	}
	return after > open.Before || sale.Volume == 0 || (after == open.Before && (open.Started || s.cfg.TotalKeys))
}

// place turns a finished sale into facts and the state after it.
func (s *Session) place(n *nozzle, sale driver.Sale, key string, after unit.Millilitre) ([]Fact, Saved) {
	next := n.saved.clone()
	next.remember(key)
	ended := wire.SaleEnded{
		Nozzle: next.Nozzle, Volume: sale.Volume, Amount: sale.Amount, Price: sale.Price,
		After: after, DeviceKey: key,
	}
	var facts []Fact
	if s.owns(n, sale, after) {
		facts = s.placeOpen(n, &next, &ended)
	} else {
		facts = s.placeFound(n, sale, &next, &ended)
	}
	if ended.Sale.IsZero() {
		return facts, next
	}
	s.times(&ended, sale, n.saved.Open)
	if open := n.saved.Open; open != nil && !ended.Backfilled {
		ended.Trace = n.trace.end(*open, ended)
	}
	next.Chain, next.Known = after, true
	if next.Open != nil {
		next.Open.Before = after // found before it: it begins here
	}
	next.LastVolume, next.LastAmount, next.LastEnd = sale.Volume, sale.Amount, ended.EndedAt
	if !sale.EndedAt.IsZero() {
		next.LastEnd = sale.EndedAt.UTC()
	}
	next.HangUp = s.stillOut(n)
	return append(facts, s.fact(wire.KindSaleEnded, ended)), next
}

// stillOut reports whether the nozzle of a sale that ends has not been hung
// up: then it must be before it may dispense again.
func (s *Session) stillOut(n *nozzle) bool {
	if s.look.Nozzle != n.index {
		return false
	}
	return s.look.State == driver.Finished || (s.look.State == driver.Calling && !n.outage && n.saved.Open != nil)
}

// placeOpen ends the open delivery with a sale. After an outage the dispenser
// may have lost that delivery and tell of a later one: then what lies before
// it is a gap under the open delivery's id.
func (s *Session) placeOpen(n *nozzle, next *Saved, ended *wire.SaleEnded) []Fact {
	open := next.Open
	next.Open = nil
	ended.PriceSet = open.PriceSet
	begin := ended.After - ended.Volume
	if n.outage && begin > open.Before+Tolerance {
		ended.Sale, ended.Before = s.cfg.NewSale(), begin
		ended.BeforeFrom, ended.Backfilled = wire.SourceDerived, true
		gap := wire.Gap{Sale: open.Sale, Nozzle: next.Nozzle, FoundAt: s.now, Before: open.Before, After: begin}
		return []Fact{s.fact(wire.KindGap, gap)}
	}
	ended.Sale, ended.Before, ended.BeforeFrom = open.Sale, open.Before, open.From
	ended.Authorization = open.Authorization
	return nil
}

// placeFound places a sale that nobody watched: behind the chain, with a gap
// before it if the totalizer moved more than it says.
func (s *Session) placeFound(n *nozzle, sale driver.Sale, next *Saved, ended *wire.SaleEnded) []Fact {
	begin := ended.After - ended.Volume
	ended.BeforeFrom, ended.Backfilled, ended.PriceSet = wire.SourceDerived, true, next.PriceSet
	chain := next.Chain
	if !next.Known {
		ended.Sale, ended.Before = s.cfg.NewSale(), begin
		return nil
	}
	if ended.After < chain && (!n.totalOK || n.total >= chain-Tolerance) {
		s.note("late:"+ended.DeviceKey, "a sale told late lies within what is already accounted for; see the gap there",
			"nozzle", next.Nozzle, "key", ended.DeviceKey, "litres", sale.Volume.String(), "yuan", sale.Amount.String(), "after", ended.After.String())
		return nil
	}
	ended.Sale, ended.Before = s.cfg.NewSale(), chain
	if ended.After >= chain && begin <= chain+Tolerance {
		return nil
	}
	ended.Before = begin
	gap := wire.Gap{Sale: s.cfg.NewSale(), Nozzle: next.Nozzle, FoundAt: s.now, Before: chain, After: begin}
	return []Fact{s.fact(wire.KindGap, gap)}
}

// times bounds a sale: by our clock if it was watched, else by the dispenser's.
func (s *Session) times(ended *wire.SaleEnded, sale driver.Sale, open *Open) {
	ended.StartedAt, ended.EndedAt = s.now, s.now
	if ended.Backfilled && !sale.EndedAt.IsZero() {
		ended.EndedAt = sale.EndedAt.UTC()
		ended.StartedAt = ended.EndedAt
	}
	switch {
	case !ended.Backfilled && open != nil:
		ended.StartedAt = open.At
	case !sale.StartedAt.IsZero():
		ended.StartedAt = sale.StartedAt.UTC()
	}
}
