package offer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrNone says that a station has no such offer.
var ErrNone = errors.New("offer: no such offer")

// row is a row of table offer.
type row struct {
	ID      id.Offer
	Station id.Station
	Kind    wire.OfferKind
	Title   string
	Text    string
	From    time.Time    `db:"from_at"`
	Until   time.Time    `db:"until_at"`
	Ended   sql.NullTime `db:"ended_at"`
}

const query = "SELECT id, station, kind, title, text, from_at, until_at, ended_at FROM offer"

// offer is the row as drivers see it: one that somebody ended was until then.
func (r row) offer() wire.Offer {
	o := wire.Offer{ID: r.ID, Kind: r.Kind, Title: r.Title, Text: r.Text, From: r.From, Until: r.Until}
	if r.Ended.Valid {
		o.Until = r.Ended.Time
	}
	return o
}

// Open lists a station's offers that have not ended, the one that begins last
// first, at most wire.MaxOffers.
func Open(ctx context.Context, q sqlx.QueryerContext, at id.Station, now time.Time) ([]wire.Offer, error) {
	list := []wire.Offer{}
	rows, err := read(ctx, q, " WHERE station = ? AND ended_at IS NULL AND until_at > ? ORDER BY from_at DESC, id DESC LIMIT ?",
		at, now, wire.MaxOffers)
	for _, r := range rows {
		list = append(list, r.offer())
	}
	return list, err
}

// InForce reads what every station offers now, the offer that began last
// first. A station that offers nothing is not in it.
func InForce(ctx context.Context, q sqlx.QueryerContext, now time.Time) (map[id.Station][]wire.Offer, error) {
	rows, err := read(ctx, q, " WHERE ended_at IS NULL AND from_at <= ? AND until_at > ? ORDER BY from_at DESC, id DESC", now, now)
	return byStation(rows), err
}

// InForceAt reads what one station offers now, as InForce does.
func InForceAt(ctx context.Context, q sqlx.QueryerContext, at id.Station, now time.Time) ([]wire.Offer, error) {
	rows, err := read(ctx, q, ` WHERE station = ? AND ended_at IS NULL AND from_at <= ? AND until_at > ?
		ORDER BY from_at DESC, id DESC`, at, now, now)
	return byStation(rows)[at], err
}

func byStation(rows []row) map[id.Station][]wire.Offer {
	lists := map[id.Station][]wire.Offer{}
	for _, r := range rows {
		lists[r.Station] = append(lists[r.Station], r.offer())
	}
	return lists
}

func read(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]row, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, q, &rows, query+where, args...); err != nil {
		return nil, fmt.Errorf("reading offers: %w", err)
	}
	return rows, nil
}

// Add adds an offer of a station, made by a staff number. The caller holds the
// station's row.
func Add(ctx context.Context, tx sqlx.ExecerContext, at id.Station, o wire.Offer, by string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO offer (id, station, kind, title, text, from_at, until_at, made_at, made_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, o.ID, at, o.Kind, o.Title, o.Text, o.From, o.Until, now, by)
	if err != nil {
		return fmt.Errorf("adding an offer: %w", err)
	}
	return nil
}

// End ends an offer of a station now, if it has not ended, and reads it as it
// is then. ErrNone says that there is no such offer.
func End(ctx context.Context, tx sqlx.ExtContext, at id.Station, which id.Offer, now time.Time) (wire.Offer, error) {
	_, err := tx.ExecContext(ctx, "UPDATE offer SET ended_at = ? WHERE id = ? AND station = ? AND ended_at IS NULL AND until_at > ?",
		now, which, at, now)
	if err != nil {
		return wire.Offer{}, fmt.Errorf("ending offer %s: %w", which, err)
	}
	rows, err := read(ctx, tx, " WHERE id = ? AND station = ?", which, at)
	if err != nil {
		return wire.Offer{}, err
	}
	if len(rows) == 0 {
		return wire.Offer{}, fmt.Errorf("%w: %s", ErrNone, which)
	}
	return rows[0].offer(), nil
}
