// Package reckon counts litres and fen from outside: what the dispensers
// truly gave, what the hub stored, and what it acknowledged as paid.
package reckon

import (
	"context"
	"errors"
	"fmt"

	"forecourt/house/internal/truth"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// pageSize is the sales asked for at a time.
const pageSize = 200

// Result is what was counted.
type Result struct {
	// Dispensed counts deliveries at the dispensers, Stored sales at the hub
	// that carry fuel, Paid those that are paid.
	Dispensed, Stored, Paid int
	// Litres is what the totalizers moved, Money what was paid.
	Litres unit.Millilitre
	Money  unit.Fen
	// Faults lists everything that does not agree, empty when all is well.
	Faults []error
}

// Sales fetches every sale of the station.
func Sales(ctx context.Context, client *link.Client) ([]wire.Sale, error) {
	var all []wire.Sale
	query := link.SaleQuery{Limit: pageSize}
	for {
		page, err := client.Sales(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("reckoning: listing sales: %w", err)
		}
		all = append(all, page.Sales...)
		if page.Next.IsZero() {
			return all, nil
		}
		query.Before = page.Next
	}
}

// Count compares the three. acknowledged holds the payments that a till was
// told of. It is to be called when nothing flows and nothing is on its way.
func Count(nozzles []truth.Nozzle, sales []wire.Sale, proofs []wire.NozzleProof, acknowledged map[id.Sale]unit.Fen) Result {
	var r Result
	stored := map[int]unit.Millilitre{}
	byID := map[id.Sale]wire.Sale{}
	for _, s := range sales {
		if _, twice := byID[s.ID]; twice {
			r.fault("sale %s is listed twice", s.ID)
		}
		byID[s.ID] = s
		moved := s.After - s.Before
		if moved == 0 {
			continue
		}
		stored[s.Nozzle] += moved
		r.Stored++
		if s.State == wire.SalePaid {
			r.Paid++
			r.Money += s.Payment.Paid
		}
		if s.State == wire.SaleQuarantined || s.State == wire.SaleMissing || s.State == wire.SaleOpen {
			r.fault("sale %s on nozzle %d is %s (%v): %s L, totalizer %s to %s", s.ID, s.Nozzle, s.State, s.Reasons, s.Volume, s.Before, s.After)
		}
	}
	for _, n := range nozzles {
		delta := n.Totalizer - n.First
		r.Dispensed += n.Deliveries
		r.Litres += delta
		if stored[n.Nozzle] != delta {
			r.fault("nozzle %d: the totalizer moved %s L, the sales hold %s L", n.Nozzle, delta, stored[n.Nozzle])
		}
	}
	for _, p := range proofs {
		if p.Difference != 0 {
			r.fault("nozzle %d: the hub's own proof is off by %s L", p.Nozzle, p.Difference)
		}
	}
	for sale, fen := range acknowledged {
		s, found := byID[sale]
		if !found || s.State != wire.SalePaid || s.Payment == nil || s.Payment.Paid != fen {
			r.fault("a payment of %s for sale %s was acknowledged and is not there", fen, sale)
		}
	}
	return r
}

// Err joins the faults.
func (r Result) Err() error { return errors.Join(r.Faults...) }

func (r *Result) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Errorf(format, args...))
}
