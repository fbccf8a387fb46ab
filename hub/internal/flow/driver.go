package flow

import (
	"context"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxOrderPage bounds a page of a member's orders; a phone shows a few at once.
const maxOrderPage = 50

// OnFuelling has fn asked what a member who stands at a nozzle sees, nil if
// they stand at none: the board knows. Call it before the Flow is used.
func (f *Flow) OnFuelling(fn func(ctx context.Context, m id.Member) *wire.Fuelling) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.fuelling = fn
}

// fuelling asks the function of OnFuelling.
func (f *Flow) fuelling(ctx context.Context, m id.Member) *wire.Fuelling {
	f.mu.Lock()
	fn := f.hooks.fuelling
	f.mu.Unlock()
	if fn == nil {
		return nil
	}
	return fn(ctx, m)
}

// Stations lists the stations as drivers choose them.
func (f *Flow) Stations(ctx context.Context) ([]wire.StationCard, error) {
	all, err := station.All(ctx, f.DB)
	cards := make([]wire.StationCard, len(all))
	for i, s := range all {
		cards[i] = wire.StationCard{ID: s.ID, Name: s.Name}
	}
	return cards, err
}

// Orders reads a page of a member's sales, newest first.
func (f *Flow) Orders(ctx context.Context, who member.Actor, before id.Sale, limit int) (wire.OrderList, error) {
	if limit <= 0 || limit > maxOrderPage {
		limit = maxOrderPage
	}
	var page wire.OrderList
	err := f.read(ctx, "listing orders", func(ctx context.Context, q reader) error {
		// One more than asked tells whether there is a following page.
		found, err := sale.OfMember(ctx, q, sale.MemberQuery{Member: who.Member, Before: before, Limit: limit + 1})
		if err != nil {
			return err
		}
		if len(found) > limit {
			found = found[:limit]
			page.Next = found[limit-1].ID
		}
		page.Orders, err = orders(ctx, q, found)
		return err
	})
	return page, err
}

// orders is sales as their member sees them, with their payments.
func orders(ctx context.Context, q reader, sales []sale.Sale) ([]wire.Order, error) {
	var paid []id.Sale
	names := map[id.Station]string{}
	for _, s := range sales {
		if s.State == wire.SalePaid {
			paid = append(paid, s.ID)
		}
		if _, known := names[s.Station]; known {
			continue
		}
		st, err := station.Load(ctx, q, s.Station)
		if err != nil {
			return nil, err
		}
		names[s.Station] = st.Name
	}
	payments, err := payment.Of(ctx, q, paid)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Order, len(sales))
	for i, s := range sales {
		list[i] = s.Order(names[s.Station], payments[s.ID])
	}
	return list, nil
}

// DriverSnapshot is what a member's phone shows, and the position in the
// member's channel that it stands at: exactly the events up to there are in
// it. The fuelling is of the moment.
func (f *Flow) DriverSnapshot(ctx context.Context, m id.Member) (wire.DriverSnap, wire.Position, error) {
	var snap wire.DriverSnap
	var pos wire.Position
	err := f.read(ctx, "reading a driver's snapshot", func(ctx context.Context, q reader) (err error) {
		if pos, err = f.Feed.Position(ctx, q, wire.DriverOf(m)); err != nil {
			return err
		}
		if snap.Member, err = f.Members.Load(ctx, q, m); err != nil {
			return err
		}
		threads, err := f.chat.store.OfMember(ctx, q, m, wire.MaxThreadsInSnap)
		if err != nil {
			return err
		}
		snap.Threads = make([]wire.Thread, len(threads))
		for i, t := range threads {
			snap.Threads[i] = t.Wire()
		}
		sales, err := sale.OfMember(ctx, q, sale.MemberQuery{Member: m, Limit: wire.MaxOrdersInSnap})
		if err != nil {
			return err
		}
		snap.Orders, err = orders(ctx, q, sales)
		return err
	})
	if err == nil {
		snap.Fuelling = f.fuelling(ctx, m)
	}
	return snap, pos, err
}
