package flow

import (
	"context"
	"maps"
	"slices"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// recallClaims reads, with locks, the claims that wait at the batch's nozzles.
// The chains in hand name them: where none is named, none waits, and nothing
// is read.
func (b *batch) recallClaims(ctx context.Context, tx *mysql.Tx) error {
	var named []id.Claim
	for _, c := range b.chains {
		if !c.Claim.IsZero() {
			named = append(named, c.Claim)
		}
	}
	found, err := claim.Lock(ctx, tx, named)
	for _, c := range found {
		b.claims[c.Nozzle] = c
	}
	return err
}

// claimant is the member whose claim a delivery spends, zero if there is none.
func (b *batch) claimant(c *sale.Chain, s sale.Sale) id.Member {
	waiting, ok := b.claims[c.Nozzle]
	if !ok || !waiting.Takes(s.StartedAt, s.EndedAt) {
		return id.Member{}
	}
	delete(b.claims, c.Nozzle)
	b.taken = append(b.taken, waiting.ID)
	c.Claim = id.Claim{}
	return waiting.Member
}

// tellMembers writes the events of the members whose sales have changed, in
// the order of their channels, and has the boards told whose delivery runs.
func (b *batch) tellMembers(ctx context.Context, tx *mysql.Tx) error {
	orders := map[wire.Channel][]outbox.Event{}
	var stands []claim.Stand
	for _, which := range b.order {
		s := b.sales[which].Sale
		if s.Member.IsZero() {
			continue
		}
		ch := wire.DriverOf(s.Member)
		orders[ch] = append(orders[ch], outbox.Event{Kind: wire.KindOrder, Body: s.Order(b.l.station.Name, nil), At: b.now})
		stands = append(stands, claim.Stand{
			Station: s.Station, Nozzle: s.Nozzle, Member: s.Member, Sale: s.ID, Over: s.State != wire.SaleOpen,
		})
	}
	if len(orders) == 0 {
		return nil
	}
	for _, ch := range slices.Sorted(maps.Keys(orders)) {
		if err := outbox.Append(ctx, tx, b.f.Feed, ch, orders[ch]...); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { b.f.claimed(stands...) })
	return nil
}
