package link

import (
	"context"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// moment writes a time that selects; zero does not.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Records reads a page of the member's sales that ended from a time on and
// before another (zero: no bound), before one sale (zero: the newest), at most
// limit (zero leaves it to the hub), newest first.
func (d *Driver) Records(ctx context.Context, from, until time.Time, before id.Sale, limit int) (wire.OrderList, error) {
	return call[wire.OrderList](ctx, &d.caller, atDriver(get, "orders").where(
		selected("from", moment(from), "until", moment(until), "before", before.String(), "limit", number(limit))))
}

// NoteTrip notes vehicle, odometer and full tank beside one of the member's
// sales, in the place of what was noted before. The zero Trip takes it away.
func (d *Driver) NoteTrip(ctx context.Context, sale id.Sale, noted wire.Trip) (wire.Order, error) {
	return call[wire.Order](ctx, &d.caller, atDriver(put, "orders", sale.String(), "trip").with(noted))
}

// Consumption reads what a vehicle of the member's burns (zero: the one noted
// most), and what was bought, in a time as in Records.
func (d *Driver) Consumption(ctx context.Context, vehicle id.Vehicle, from, until time.Time) (wire.Consumption, error) {
	return call[wire.Consumption](ctx, &d.caller, atDriver(get, "consumption").where(
		selected("vehicle", vehicle.String(), "from", moment(from), "until", moment(until))))
}

// Notices reads what the member was told lately, newest first.
func (d *Driver) Notices(ctx context.Context) (wire.NoticeList, error) {
	return call[wire.NoticeList](ctx, &d.caller, atDriver(get, "notices"))
}
