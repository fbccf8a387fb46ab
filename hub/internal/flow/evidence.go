package flow

import (
	"context"
	"errors"
	"time"

	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Evidence is everything that shows what the dispenser delivered in one of the
// member's own sales that have ended, signed (加油凭证). Any other sale answers
// wire.ProblemNotFound.
func (f *Flow) Evidence(ctx context.Context, who member.Actor, which id.Sale) (wire.Evidence, error) {
	e, _, err := f.evidence(ctx, who, which)
	return e, err
}

// EvidencePDF is Evidence as one page, and what to call the file.
func (f *Flow) EvidencePDF(ctx context.Context, who member.Actor, which id.Sale) (name string, content []byte, err error) {
	e, zone, err := f.evidence(ctx, who, which)
	if err != nil {
		return "", nil, err
	}
	content, err = evidence.PDF(e, zone)
	return "fuel-evidence-" + e.Order.Number + ".pdf", content, err
}

// EvidenceKey is what evidence is signed with, for whoever checks.
func (f *Flow) EvidenceKey() wire.EvidenceKey { return f.evidenceKey().Public() }

// evidenceKey is the key: derived, and so never kept.
func (f *Flow) evidenceKey() evidence.Key { return evidence.NewKey(f.Vault.Derive(evidence.KeyLabel)) }

// evidence reads, judges and signs. zone is the station's.
func (f *Flow) evidence(ctx context.Context, who member.Actor, which id.Sale) (e wire.Evidence, zone *time.Location, err error) {
	err = f.read(ctx, "reading evidence", func(ctx context.Context, q reader) error {
		s, err := sale.Load(ctx, q, which)
		if errors.Is(err, sale.ErrNone) || err == nil && (s.Member.IsZero() || s.Member != who.Member || s.EndedAt.IsZero()) {
			return wire.NewProblem(wire.ProblemNotFound, "sale "+which.String()+" is not the member's, or still runs")
		}
		if err != nil {
			return err
		}
		c, err := f.caseOf(ctx, q, s)
		if err != nil {
			return err
		}
		st, err := station.Load(ctx, q, s.Station)
		if err != nil {
			return err
		}
		zone, err = st.Location()
		e = evidence.Of(c)
		return err
	})
	if err != nil {
		return wire.Evidence{}, nil, err
	}
	return f.evidenceKey().Sign(e, zone), zone, nil
}

// caseOf gathers what the evidence of a sale is made from.
func (f *Flow) caseOf(ctx context.Context, q reader, s sale.Sale) (evidence.Case, error) {
	c := evidence.Case{Sale: s}
	fee, err := f.fee(ctx, q, s)
	if err != nil {
		return c, err
	}
	c.Order, c.Lines = fee.Order, fee.Lines
	nozzles, err := station.Nozzles(ctx, q, s.Station)
	if err != nil {
		return c, err
	}
	for _, n := range nozzles {
		if n.Number == s.Nozzle {
			c.Dispenser = n.Dispenser
		}
	}
	listed, err := station.ListedIn(ctx, q, s.Station, s.PriceSet, s.Grade)
	if err != nil {
		return c, err
	}
	c.Listed, c.Since = listed.Price, listed.Since
	c.Run, err = evidence.LoadRun(ctx, q, s.ID)
	if errors.Is(err, evidence.ErrTrace) {
		f.Log.Error("a stored trace cannot be read; its evidence goes without", "sale", s.ID, "error", err)
		err = nil
	}
	return c, err
}
