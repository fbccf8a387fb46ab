package sale

import (
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	// Tolerance is how far a display and its totalizer may be apart: one
	// hundredth of a litre, the resolution of both (domain rules, section 3).
	Tolerance unit.Millilitre = 10
	// maxReading bounds a totalizer reading that is believed: ten milliard
	// litres are beyond the digits of any dispenser, and small enough that
	// no number of them overflows a chain.
	maxReading unit.Millilitre = 10_000_000_000_000
)

// Chain is the proof of one nozzle: the readings at both ends of what is
// known, and everything that was booked between them. At all times
// Last - First == Booked + Quarantined + Missing + Rounding.
type Chain struct {
	// Nozzle is the station's nozzle number.
	Nozzle int
	// Known is whether there is a reading at all.
	Known bool
	// First and Last are the readings at its ends. First moves with Last
	// when a totalizer is reset or exchanged, so that the proof goes on.
	First, Last unit.Millilitre
	// Booked is the volume displayed on sales that count, Quarantined and
	// Missing are metered, Rounding is metered minus displayed of Booked.
	Booked, Quarantined, Missing, Rounding unit.Millilitre
	// Sales counts the sales in it.
	Sales int64
	// OpenSale is the delivery in hand, if any.
	OpenSale id.Sale
	// Claim names the claim that waits at the nozzle. It may be gone by now,
	// but none waits that is not named.
	Claim id.Claim
}

// Proof is the chain as screens see it.
func (c Chain) Proof() wire.NozzleProof {
	return wire.NozzleProof{
		Nozzle: c.Nozzle, First: c.First, Last: c.Last,
		Booked: c.Booked, Quarantined: c.Quarantined, Missing: c.Missing, Rounding: c.Rounding,
		Difference: (c.Last - c.First) - (c.Booked + c.Quarantined + c.Missing + c.Rounding),
		Sales:      c.Sales,
	}
}

// Terms is what a sale is judged by besides its own figures.
type Terms struct {
	// Nozzle is whether the station has that nozzle.
	Nozzle bool
	// Price is what the sale's price set says for the grade; zero if there
	// is no such set or price.
	Price unit.FenPerLitre
	// Minimum is the minimum measured quantity.
	Minimum unit.Millilitre
}

// Verdict is what became of a sale.
type Verdict struct {
	State   wire.SaleState
	Reasons Reasons
	// Counted and Bucket are its place in the chain.
	Counted unit.Millilitre
	Bucket  Bucket
	// Gap is what the totalizer moved before it without a sale.
	Gap Stretch
}

// Stretch is a piece of a totalizer's way; it is empty when both ends are equal.
type Stretch struct{ Before, After unit.Millilitre }

// Volume is the length of the stretch.
func (s Stretch) Volume() unit.Millilitre { return s.After - s.Before }

// Take judges an ended delivery and books it into the chain.
//
// The rules are the domain rules, section 3: after minus before is the volume,
// before is the previous sale's after, the amount is price times volume, and
// the price is the set's. A gap in the chain is a missing sale of its own, and
// the sale after it is judged by itself. A chain that went backwards
// quarantines the sale and is anchored anew.
func (c *Chain) Take(e wire.SaleEnded, t Terms) Verdict {
	c.OpenSale = id.Sale{}
	c.Sales++
	if !plausible(e) {
		// Readings that cannot be are not believed; if fuel ran, the next
		// reading shows it as a gap.
		return Verdict{State: wire.SaleQuarantined, Reasons: Reasons{wire.ReasonFigures}, Bucket: BucketQuarantined}
	}
	gap, backwards := c.join(e.Before)
	counted, reset := c.move(e.After)
	reasons := disagreements(e, t)
	if backwards || reset {
		reasons = append(reasons, wire.ReasonChain)
	}
	v := Verdict{State: wire.SaleUnpaid, Reasons: reasons, Counted: counted, Bucket: BucketBooked, Gap: gap}
	switch {
	case len(reasons) > 0:
		v.State, v.Bucket = wire.SaleQuarantined, BucketQuarantined
	case e.Volume == 0 || e.Amount == 0:
		v.State = wire.SaleVoid
	case e.Volume < t.Minimum:
		v.Reasons = append(v.Reasons, wire.ReasonSmall)
	}
	c.book(v, e.Volume)
	return v
}

// TakeGap books what the totalizer moved without a sale, from the chain's end
// to the gap's. ok is false when the chain knows all of it already.
func (c *Chain) TakeGap(g wire.Gap) (v Verdict, ok bool) {
	switch {
	case !reading(g.Before) || !reading(g.After):
		v = Verdict{State: wire.SaleQuarantined, Reasons: Reasons{wire.ReasonFigures}, Bucket: BucketQuarantined}
	case g.After < g.Before:
		// The totalizer was reset or exchanged. Somebody has to look, and
		// the chain goes on from the new reading.
		v = Verdict{State: wire.SaleQuarantined, Reasons: Reasons{wire.ReasonChain}, Bucket: BucketQuarantined}
		v.Gap, _ = c.join(g.Before)
		v.Counted, _ = c.move(g.After)
		c.Quarantined += v.Counted
	default:
		if !c.Known {
			c.join(g.Before)
		}
		if g.After <= c.Last {
			return Verdict{}, false
		}
		v = Verdict{State: wire.SaleMissing, Bucket: BucketMissing}
		v.Counted, _ = c.move(g.After)
		c.Missing += v.Counted
	}
	c.Sales++
	return v, true
}

// Begin notes the delivery in hand. A chain without a reading begins at the
// one the delivery starts from, so that nothing after it goes unseen.
func (c *Chain) Begin(which id.Sale, before unit.Millilitre) {
	c.OpenSale = which
	if !c.Known && reading(before) {
		c.join(before)
	}
}

// Settle moves a sale's litres from where they stood into Booked, as
// displayed or entered: volume.
func (c *Chain) Settle(from Bucket, counted, volume unit.Millilitre) {
	switch from {
	case BucketQuarantined:
		c.Quarantined -= counted
	case BucketMissing:
		c.Missing -= counted
	}
	c.Booked += volume
	c.Rounding += counted - volume
}

// join brings the chain to the reading a delivery starts from. A step ahead
// is a gap, booked as missing; a step back moves the whole chain.
func (c *Chain) join(before unit.Millilitre) (gap Stretch, backwards bool) {
	step := before - c.Last
	switch {
	case !c.Known:
		c.Known, c.First, c.Last = true, before, before
	case step > Tolerance:
		gap = Stretch{c.Last, before}
		c.Last = before
		c.Missing += step
		c.Sales++
	case step < -Tolerance:
		backwards = true
		c.First += step
		c.Last = before
	}
	return gap, backwards
}

// move brings the chain to the reading after a delivery and returns what it
// counts. A reading that went back by more than a display's digit counts
// nothing and moves the whole chain.
func (c *Chain) move(after unit.Millilitre) (counted unit.Millilitre, reset bool) {
	counted = after - c.Last
	c.Last = after
	if counted < -Tolerance {
		c.First += counted
		return 0, true
	}
	return counted, false
}

// book puts a judged delivery into its bucket.
func (c *Chain) book(v Verdict, volume unit.Millilitre) {
	if v.Bucket == BucketQuarantined {
		c.Quarantined += v.Counted
		return
	}
	c.Booked += volume
	c.Rounding += v.Counted - volume
}

// plausible reports whether the figures can be calculated with at all.
func plausible(e wire.SaleEnded) bool {
	return reading(e.Before) && reading(e.After) && reading(e.Volume) &&
		e.Amount >= 0 && unit.InRange(e.Amount) && e.Price >= 0 && unit.InRange(e.Price)
}

func reading(v unit.Millilitre) bool { return v >= 0 && v <= maxReading }

// disagreements lists why a sale's own figures are not to be charged.
func disagreements(e wire.SaleEnded, t Terms) Reasons {
	var r Reasons
	if !t.Nozzle {
		r = append(r, wire.ReasonFigures)
	}
	if !Within(e.After-e.Before, e.Volume) {
		r = append(r, wire.ReasonTotalizer)
	}
	if e.Volume == 0 && e.Amount == 0 {
		return r
	}
	if !unit.AmountAgrees(e.Amount, e.Volume, e.Price) {
		r = append(r, wire.ReasonAmount)
	}
	if t.Price == 0 || e.Price != t.Price {
		r = append(r, wire.ReasonPrice)
	}
	return r
}

// Within reports whether two volumes are the same to a display's last digit.
func Within(a, b unit.Millilitre) bool { return a-b <= Tolerance && b-a <= Tolerance }
