package flow

import (
	"context"

	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

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
		snap.Orders, err = f.ownOrders(ctx, q, m, sales)
		return err
	})
	if err == nil {
		snap.Fuelling = f.fuelling(ctx, m)
	}
	return snap, pos, err
}
