package flow

import (
	"context"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxOrderPage bounds a page of a member's orders; a phone shows a few at once.
const maxOrderPage = 50

// OrderQuery asks for a page of a member's own sales.
type OrderQuery struct {
	// Before asks for sales older than this one; zero begins at the newest.
	Before id.Sale
	// From is the earliest time that one ended, or began while it runs; Until
	// is the first that is too late. Zero means no bound.
	From, Until time.Time
	// Limit bounds the page; zero means its largest, 50.
	Limit int
}

// Orders reads a page of a member's sales, newest first, with how they were
// paid and what the member noted beside them.
func (f *Flow) Orders(ctx context.Context, who member.Actor, ask OrderQuery) (wire.OrderList, error) {
	page := wire.OrderList{Orders: []wire.Order{}}
	limit := ask.Limit
	if limit <= 0 || limit > maxOrderPage {
		limit = maxOrderPage
	}
	if err := checkTimes(ask.From, ask.Until); err != nil {
		return page, err
	}
	err := f.read(ctx, "listing orders", func(ctx context.Context, q reader) error {
		// One more than asked tells whether there is a following page.
		found, err := sale.OfMember(ctx, q, sale.MemberQuery{
			Member: who.Member, Before: ask.Before, From: ask.From, Until: ask.Until, Limit: limit + 1,
		})
		if err != nil {
			return err
		}
		if len(found) > limit {
			found = found[:limit]
			page.Next = found[limit-1].ID
		}
		page.Orders, err = f.ownOrders(ctx, q, who.Member, found)
		return err
	})
	return page, err
}

// Years that may be asked for: what the database keeps as a time, and a phone's
// idea of the beginning.
const (
	firstAsked = 1970
	lastAsked  = 9998
)

// checkTimes refuses bounds between which there is nothing, or that are no times.
func checkTimes(from, until time.Time) error {
	for _, t := range []time.Time{from, until} {
		if y := t.UTC().Year(); !t.IsZero() && (y < firstAsked || y > lastAsked) {
			return bad("times are between the years %d and %d", firstAsked, lastAsked)
		}
	}
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		return bad("from has to be before until")
	}
	return nil
}

// orders is sales as staff see them of a member, with their payments. What the
// member noted is the member's own and is not among it: ownOrders.
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

// ownOrders is a member's sales as the member sees them: orders with what they
// noted.
func (f *Flow) ownOrders(ctx context.Context, q reader, m id.Member, sales []sale.Sale) ([]wire.Order, error) {
	list, err := orders(ctx, q, sales)
	if err != nil {
		return nil, err
	}
	which := make([]id.Sale, len(sales))
	for i, s := range sales {
		which[i] = s.ID
	}
	notes, err := f.trips.Of(ctx, q, m, which...)
	if err != nil {
		return nil, err
	}
	for i, o := range list {
		if n, noted := notes[o.Sale]; noted {
			list[i].Trip = n.Trip()
		}
	}
	return list, nil
}

// tellOrder writes the event of a sale that had ended before and has changed
// now, for the member it belongs to: there may be a note beside it. The caller
// holds the sale, so the note stands still and is waited for by nobody who has
// it.
func (f *Flow) tellOrder(ctx context.Context, tx *mysql.Tx, s sale.Sale, name string, p *wire.Payment, at time.Time) error {
	if s.Member.IsZero() {
		return nil
	}
	o := s.Order(name, p)
	note, err := f.trips.Held(ctx, tx, s.Member, s.ID)
	if err != nil {
		return err
	}
	if note != nil {
		o.Trip = note.Trip()
	}
	return f.tellMember(ctx, tx, s.Member, outbox.Event{Kind: wire.KindOrder, Body: o, At: at})
}

// MyNotices is what a member was told lately, newest first.
func (f *Flow) MyNotices(ctx context.Context, who member.Actor) (wire.NoticeList, error) {
	list := wire.NoticeList{Notices: []wire.Notice{}}
	err := f.read(ctx, "listing notices", func(ctx context.Context, q reader) (err error) {
		list.Notices, err = f.Notices.Of(ctx, q, who.Member, wire.MaxNoticeList)
		return err
	})
	return list, err
}
