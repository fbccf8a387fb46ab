package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Give gives an open sale that is nobody's to a member. ErrChanged says that
// it is not open any more, or is somebody's.
func Give(ctx context.Context, tx sqlx.ExecerContext, s Sale, m id.Member) error {
	return update(ctx, tx, s, "UPDATE sale SET member = ? WHERE id = ? AND state = 'open' AND member IS NULL", m, s.ID)
}

// MemberQuery asks for a page of a member's sales.
type MemberQuery struct {
	Member id.Member
	// Station narrows it; zero means everywhere.
	Station id.Station
	// Before asks for sales older than this one; zero begins at the newest.
	Before id.Sale
	// From is the earliest time that a sale ended, or began while it runs;
	// Until is the first that is too late. Zero means no bound.
	From, Until time.Time
	// Limit bounds the page.
	Limit int
}

// Page is the statement that reads the page. It walks the member's own entries
// of index sale_member from the newest on, and so needs no sorting and looks at
// nobody else's sales. The times are compared on the way: a device's clock, and
// with it the ids, may be wrong, so they are no bound to begin at, and what one
// member ever bought is little.
func (ask MemberQuery) Page() (query string, args []any) {
	query, args = "SELECT "+columns+" FROM sale FORCE INDEX (sale_member) WHERE member = ?", []any{ask.Member}
	if !ask.Station.IsZero() {
		query, args = query+" AND station = ?", append(args, ask.Station)
	}
	if !ask.Before.IsZero() {
		query, args = query+" AND id < ?", append(args, ask.Before)
	}
	if !ask.From.IsZero() {
		query, args = query+" AND COALESCE(ended_at, started_at) >= ?", append(args, ask.From)
	}
	if !ask.Until.IsZero() {
		query, args = query+" AND COALESCE(ended_at, started_at) < ?", append(args, ask.Until)
	}
	return query + " ORDER BY id DESC LIMIT ?", append(args, ask.Limit)
}

// OfMember reads a page of a member's sales, newest first.
func OfMember(ctx context.Context, q sqlx.QueryerContext, ask MemberQuery) ([]Sale, error) {
	query, args := ask.Page()
	return list(ctx, q, query, args...)
}

// LockOwn reads, and holds, a sale of a member's. Another's is ErrNone.
func LockOwn(ctx context.Context, tx sqlx.QueryerContext, m id.Member, which id.Sale) (Sale, error) {
	var r row
	err := sqlx.GetContext(ctx, tx, &r, "SELECT "+columns+" FROM sale WHERE id = ? AND member = ? FOR UPDATE", which, m)
	if errors.Is(err, sql.ErrNoRows) {
		return Sale{}, fmt.Errorf("%w: %s", ErrNone, which)
	}
	if err != nil {
		return Sale{}, fmt.Errorf("locking sale %s: %w", which, err)
	}
	return r.sale(), nil
}

// History is what a member's sales at a station add up to.
type History struct {
	// Fuellings counts the deliveries, without those that came to nothing and
	// without pump tests; Spent is what was paid for them.
	Fuellings int64
	Spent     unit.Fen
}

// HistoryOf adds up a member's sales at a station.
func HistoryOf(ctx context.Context, q sqlx.QueryerContext, m id.Member, station id.Station) (History, error) {
	var h History
	err := sqlx.GetContext(ctx, q, &h, `SELECT COUNT(*) AS fuellings,
			CAST(COALESCE(SUM(CASE WHEN state = 'paid' THEN booked_fen ELSE 0 END), 0) AS SIGNED) AS spent
		FROM sale FORCE INDEX (sale_member)
		WHERE member = ? AND station = ? AND state NOT IN ('void', 'test')`, m, station)
	if err != nil {
		return h, fmt.Errorf("adding up a member's sales: %w", err)
	}
	return h, nil
}

// Delivery is an open sale and whose it is.
type Delivery struct {
	Sale   id.Sale
	Nozzle int
	Member id.Member
}

// Deliveries reads the deliveries in hand at a station that are somebody's, by
// nozzle.
func Deliveries(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Delivery, error) {
	var list []Delivery
	err := sqlx.SelectContext(ctx, q, &list, `SELECT s.id AS sale, s.nozzle, s.member
		FROM nozzle_chain c JOIN sale s ON s.id = c.open_sale
		WHERE c.station = ? AND s.state = ? AND s.member IS NOT NULL ORDER BY s.nozzle`, station, wire.SaleOpen)
	if err != nil {
		return nil, fmt.Errorf("reading members' deliveries: %w", err)
	}
	return list, nil
}
