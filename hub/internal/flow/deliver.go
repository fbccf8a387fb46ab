package flow

import (
	"errors"
	"time"

	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// start takes the fact that fuel began to flow.
func (b *batch) start(e wire.SaleStarted) {
	if known := b.sales[e.Sale]; known != nil {
		b.duplicates++
		return
	}
	number := nozzle(e.Nozzle)
	c := b.chain(number)
	b.supersede(c, e.Sale)
	s := b.blank(e.Sale, number)
	s.State = wire.SaleOpen
	s.Price, s.PriceSet, s.Before, s.After = e.Price, e.PriceSet, e.Before, e.Before
	s.StartedAt, s.Authorization = b.plausible(e.StartedAt), e.Authorization
	s.Member = b.claimant(c, s)
	b.put(s)
	c.Begin(s.ID, e.Before)
}

// end takes the fact that a delivery is complete: it is judged, booked into
// its nozzle's chain, and, if all agrees, owed for.
func (b *batch) end(e wire.SaleEnded) {
	if b.toldAgain(e) {
		return
	}
	number := nozzle(e.Nozzle)
	c := b.chain(number)
	b.supersede(c, e.Sale)
	run := b.ran(c, e)
	v := c.Take(e, b.l.terms(number, e.PriceSet))
	b.found(number, v.Gap, e)
	s := b.blank(e.Sale, number)
	s.State, s.Reasons, s.Counted, s.Bucket = v.State, v.Reasons, v.Counted, v.Bucket
	s.Volume, s.Amount, s.Price, s.PriceSet = e.Volume, e.Amount, e.Price, e.PriceSet
	s.Before, s.After = e.Before, e.After
	s.StartedAt, s.EndedAt = b.plausible(e.StartedAt), b.plausible(e.EndedAt)
	s.Authorization, s.DeviceKey, s.Backfilled = e.Authorization, deviceKey(e.DeviceKey), e.Backfilled
	if started := b.sales[e.Sale] != nil; !started && s.State != wire.SaleVoid {
		s.Member = b.claimant(c, s)
	}
	b.judge(s)
	run.Sale = s.ID
	b.runs = append(b.runs, run)
	if !e.Authorization.IsZero() {
		b.spent = append(b.spent, wire.AuthorizationUsed{Authorization: e.Authorization, Nozzle: number})
	}
}

// ran is how a delivery ran that is about to be judged: what is known of its
// nozzle until now, and its trace. A trace that cannot be is left out, and the
// sale is taken all the same.
func (b *batch) ran(c *sale.Chain, e wire.SaleEnded) evidence.Run {
	run := evidence.Run{Points: e.Trace}
	if c.Known && c.Sales > 0 {
		previous := c.Last
		run.Previous = &previous
	}
	err := evidence.CheckTrace(e.Trace)
	if err == nil && e.Backfilled && len(e.Trace) > 0 {
		err = errors.New("nobody watched a sale that was found after an outage")
	}
	if err != nil {
		b.f.Log.Warn("a trace is left out", "sale", e.Sale, "points", len(e.Trace), "error", err)
		run.Points = nil
	}
	return run
}

// judge puts a judged sale in hand and books what follows from its state.
func (b *batch) judge(s sale.Sale) {
	b.judged++
	switch s.State {
	case wire.SaleQuarantined:
		b.quarantined++
	case wire.SaleMissing:
		b.missing++
	}
	if s.Bucket == sale.BucketBooked {
		s.Booked, s.Charge = s.Volume, s.Amount
	}
	s = b.put(s).Sale
	if s.State == wire.SaleUnpaid {
		b.transfers = append(b.transfers, b.f.transfer(s, ledger.CodeReceivable, ledger.CodeSales, "sale", b.now))
	}
}

// toldAgain reports whether the delivery is known, under its own id or by the
// dispenser's key under another, and so has no effect.
func (b *batch) toldAgain(e wire.SaleEnded) bool {
	earlier, same := b.keys[deviceKey(e.DeviceKey)]
	switch {
	case b.done(e.Sale):
	case same && earlier != e.Sale:
		// What was opened for it was nothing.
		if open := b.sales[e.Sale]; open != nil {
			b.drop(open, noteToldAgain)
			if c := b.chain(open.Nozzle); c.OpenSale == open.ID {
				c.OpenSale = id.Sale{}
			}
		}
	default:
		return false
	}
	b.duplicates++
	b.f.Log.Info("a sale was told again", "sale", e.Sale, "key", e.DeviceKey)
	return true
}

// found drafts a missing sale (补录) for what the totalizer moved before a
// delivery without a sale.
func (b *batch) found(number int, gap sale.Stretch, after wire.SaleEnded) {
	if gap.Volume() == 0 {
		return
	}
	s := b.blank(id.Sale{}, number)
	s.StartedAt = b.plausible(after.StartedAt)
	b.draft(s, gap)
}

// gap takes the fact that a totalizer moved without a sale.
func (b *batch) gap(e wire.Gap) {
	if b.done(e.Sale) {
		b.duplicates++
		return
	}
	number := nozzle(e.Nozzle)
	c := b.chain(number)
	b.supersede(c, e.Sale)
	if c.OpenSale == e.Sale {
		c.OpenSale = id.Sale{}
	}
	v, ok := c.TakeGap(e)
	if !ok {
		b.duplicates++
		if open := b.sales[e.Sale]; open != nil {
			b.drop(open, noteSuperseded)
		}
		return
	}
	if v.Gap.Volume() != 0 {
		b.found(number, v.Gap, wire.SaleEnded{StartedAt: e.FoundAt})
	}
	s := b.blank(e.Sale, number)
	s.StartedAt = b.plausible(e.FoundAt)
	if v.State == wire.SaleMissing {
		b.draft(s, sale.Stretch{Before: e.After - v.Counted, After: e.After})
		return
	}
	s.State, s.Reasons, s.Counted, s.Bucket = v.State, v.Reasons, v.Counted, v.Bucket
	s.Before, s.After, s.EndedAt = e.Before, e.After, s.StartedAt
	b.judge(s)
}

// draft puts a missing sale in hand. Its volume is metered; its price and
// amount are a suggestion for whoever enters it, from the prices in force.
func (b *batch) draft(s sale.Sale, metered sale.Stretch) {
	s.State, s.Bucket = wire.SaleMissing, sale.BucketMissing
	s.Before, s.After, s.Counted, s.Volume = metered.Before, metered.After, metered.Volume(), metered.Volume()
	s.PriceSet = b.l.station.PriceSet
	s.Price = b.l.terms(s.Nozzle, s.PriceSet).Price
	s.Amount = amountOf(s.Volume, s.Price)
	s.EndedAt = s.StartedAt
	b.judge(s)
}

// transfer is a movement of a sale's charge between two accounts of its
// station.
func (f *Flow) transfer(s sale.Sale, debit, credit, purpose string, at time.Time) ledger.Transfer {
	return ledger.Transfer{
		ID: id.New[id.Transfer](f.IDs), Kind: ledger.Move,
		Debit: ledger.AccountID(s.Station, debit), Credit: ledger.AccountID(s.Station, credit),
		Amount: s.Charge, Purpose: purpose, Sale: s.ID, At: at,
	}
}
