// Package evidence shows what a dispenser delivered (加油凭证): totalizers,
// times, prices, money and the curve of the delivery, each held against what it
// has to agree with, as one text under the hub's signature and as one page.
//
// # What it promises
//
//   - Nothing is judged anew: the checks are those, with the tolerances, that a
//     sale is judged by when it ends (package sale). What cannot be compared is
//     said to be unknown, never to agree.
//   - The signed text alone is proof: it holds everything that matters, and the
//     hash of the curve. The same evidence makes the same bytes, for ever, and
//     whoever has the public key can check them without the hub (Key, Verify).
//   - Nothing of it says whose delivery it was.
//   - A page (PDF) of the same evidence has the same bytes.
//
// Everything but store.go is without I/O.
package evidence

import (
	"slices"
	"time"

	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Case is what evidence is made from.
type Case struct {
	// Sale is the delivery, Order the same as its member sees it, Lines how
	// what it cost is made up.
	Sale  sale.Sale
	Order wire.Order
	Lines []wire.FeeLine
	// Dispenser is the machine of the nozzle, zero if that is not known.
	Dispenser int
	// Listed is the price that the sale's set has for its grade, Since when
	// that set took effect; zero if there is no such price.
	Listed unit.FenPerLitre
	Since  time.Time
	// Run is how it ran.
	Run Run
}

// Of is the evidence of a case, not yet signed.
func Of(c Case) wire.Evidence {
	e := wire.Evidence{
		Order: c.Order, Dispenser: c.Dispenser, DeviceKey: c.Sale.DeviceKey,
		Shown: c.Sale.Volume, ShownAmount: c.Sale.Amount,
		Before: c.Sale.Before, After: c.Sale.After, Previous: c.Run.Previous,
		Checks: Judge(c.Sale, c.Run.Previous, c.Listed),
		Lines:  slices.Clone(c.Lines), Trace: slices.Clone(c.Run.Points),
	}
	if c.Listed != 0 {
		e.PriceSet, e.Listed, e.PriceSince = c.Sale.PriceSet, c.Listed, c.Since
	}
	if e.Trace == nil {
		e.Trace = []wire.TracePoint{}
	}
	return e
}

// Judge holds a sale's own figures against its totalizer, the delivery before
// it at the nozzle, price times volume and the price of its set, in this order
// (domain rules, section 3). previous is nil, and listed zero, if not known.
func Judge(s sale.Sale, previous *unit.Millilitre, listed unit.FenPerLitre) []wire.EvidenceCheck {
	results := []wire.EvidenceCheck{
		{Kind: wire.CheckTotalizer, Result: totalizer(s)},
		{Kind: wire.CheckChain, Result: wire.CheckUnknown},
		{Kind: wire.CheckAmount, Result: agrees(unit.AmountAgrees(s.Amount, s.Volume, s.Price))},
		{Kind: wire.CheckPrice, Result: wire.CheckUnknown},
	}
	if previous != nil {
		results[1].Result = agrees(sale.Within(s.Before, *previous))
	}
	if listed != 0 {
		results[3].Result = agrees(s.Price == listed)
	}
	if s.Bucket == sale.BucketNone {
		// Its figures never came: there is nothing to hold against anything.
		for i := range results {
			results[i].Result = wire.CheckUnknown
		}
	}
	return results
}

// totalizer holds the volume against the readings. The first reading of a sale
// that was found after an outage may have been worked out from the volume: then
// that both agree says nothing.
func totalizer(s sale.Sale) wire.CheckResult {
	result := agrees(sale.Within(s.After-s.Before, s.Volume))
	if s.Backfilled && result == wire.CheckAgrees {
		return wire.CheckUnknown
	}
	return result
}

func agrees(yes bool) wire.CheckResult {
	if yes {
		return wire.CheckAgrees
	}
	return wire.CheckDiffers
}
