package flow

import (
	"context"
	"maps"
	"slices"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/wire"
)

// write stores what the batch has changed, in the package's lock order, and
// its events last.
func (b *batch) write(ctx context.Context, tx *mysql.Tx) error {
	if _, err := claim.Delete(ctx, tx, b.taken); err != nil {
		return err
	}
	if err := ledger.Record(ctx, tx, b.transfers...); err != nil {
		return err
	}
	if err := b.writeSales(ctx, tx); err != nil {
		return err
	}
	if err := evidence.SaveRuns(ctx, tx, b.runs); err != nil {
		return err
	}
	if err := sale.SaveChains(ctx, tx, b.src.Station, b.changedChains()); err != nil {
		return err
	}
	events := b.events()
	board, err := b.writeStation(ctx, tx)
	if err != nil {
		return err
	}
	if err := outbox.Append(ctx, tx, b.f.Feed, wire.Desk(b.src.Station), append(events, board...)...); err != nil {
		return err
	}
	return b.tellMembers(ctx, tx)
}

// writeSales stores the sales in hand: new ones at once, then the ends of
// those that were open.
func (b *batch) writeSales(ctx context.Context, tx *mysql.Tx) error {
	var fresh []sale.Sale
	for _, which := range b.order {
		if e := b.sales[which]; !e.stored {
			fresh = append(fresh, e.Sale)
		}
	}
	if err := sale.Insert(ctx, tx, fresh); err != nil {
		return err
	}
	for _, which := range b.order {
		if e := b.sales[which]; e.stored {
			if err := sale.Close(ctx, tx, e.Sale); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedChains is the chains to store, by nozzle number.
func (b *batch) changedChains() []sale.Chain {
	var list []sale.Chain
	for _, number := range slices.Sorted(maps.Keys(b.touched)) {
		list = append(list, *b.chains[number])
	}
	return list
}

// writeStation stores what the facts say of permissions and prices. New
// acknowledgements make a new price board.
func (b *batch) writeStation(ctx context.Context, tx *mysql.Tx) ([]outbox.Event, error) {
	slices.SortStableFunc(b.spent, func(x, y wire.AuthorizationUsed) int { return x.Nozzle - y.Nozzle })
	for _, used := range b.spent {
		gone, err := station.Withdraw(ctx, tx, b.src.Station, used.Nozzle, used.Authorization)
		if err != nil {
			return nil, err
		}
		b.wanted = b.wanted || gone
	}
	if b.wanted {
		if err := station.Raise(ctx, tx, b.src.Station); err != nil {
			return nil, err
		}
		tx.AfterCommit(func() { b.f.wanted(b.src.Station) })
	}
	if len(b.prices) == 0 {
		return nil, nil
	}
	st, err := station.Lock(ctx, tx, b.src.Station)
	if err != nil {
		return nil, err
	}
	for _, p := range b.prices {
		p.Nozzle, p.AppliedAt = nozzle(p.Nozzle), b.plausible(p.AppliedAt)
		if err := station.Acknowledge(ctx, tx, b.src.Station, p); err != nil {
			return nil, err
		}
	}
	board, err := station.Board(ctx, tx, st)
	return []outbox.Event{{Kind: wire.KindPrices, Body: board, At: b.now}}, err
}

// events is the news of the batch: every changed sale as it stands now, then
// the proof of every changed nozzle.
func (b *batch) events() []outbox.Event {
	var events []outbox.Event
	for _, which := range b.order {
		events = append(events, outbox.Event{Kind: wire.KindSale, Body: b.sales[which].Wire(nil), At: b.now})
	}
	for _, c := range b.changedChains() {
		events = append(events, outbox.Event{Kind: wire.KindProof, Body: c.Proof(), At: b.now})
	}
	return events
}
