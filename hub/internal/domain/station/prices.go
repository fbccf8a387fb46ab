package station

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// PricesOf reads one price set of a station; it is empty for a set that the
// station does not have.
func PricesOf(ctx context.Context, q sqlx.QueryerContext, station id.Station, set id.PriceSet) (Prices, error) {
	var rows []struct {
		Grade string
		Price unit.FenPerLitre `db:"price_fen_per_l"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT p.grade, p.price_fen_per_l FROM price p
		JOIN price_set s ON s.id = p.price_set WHERE s.station = ? AND s.id = ?`, station, set)
	if err != nil {
		return nil, fmt.Errorf("reading price set %s: %w", set, err)
	}
	prices := make(Prices, len(rows))
	for _, r := range rows {
		prices[r.Grade] = r.Price
	}
	return prices, nil
}

// PutInForce adds a price set and makes it the one in force. The caller holds
// the station's row (Lock); the want revision is raised with it.
func PutInForce(ctx context.Context, tx sqlx.ExtContext, station id.Station, set id.PriceSet, prices Prices, by string, at time.Time) error {
	if err := addSet(ctx, tx, station, set, prices, by, at); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE station SET price_set = ?, want_rev = want_rev + 1 WHERE id = ?", set, station)
	if err != nil {
		return fmt.Errorf("putting price set %s in force: %w", set, err)
	}
	return nil
}

func addSet(ctx context.Context, tx sqlx.ExtContext, station id.Station, set id.PriceSet, prices Prices, by string, at time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO price_set (id, station, made_at, made_by) VALUES (?, ?, ?, ?)",
		set, station, utc(at), by)
	if err != nil {
		return fmt.Errorf("adding price set %s: %w", set, err)
	}
	for _, grade := range slices.Sorted(maps.Keys(prices)) {
		_, err := tx.ExecContext(ctx, "INSERT INTO price (price_set, grade, price_fen_per_l) VALUES (?, ?, ?)",
			set, grade, prices[grade])
		if err != nil {
			return fmt.Errorf("adding price of %s: %w", grade, err)
		}
	}
	return nil
}

// Acknowledge notes the price that was read back from a nozzle. The caller
// holds the station's row, so that price boards follow each other.
func Acknowledge(ctx context.Context, tx sqlx.ExecerContext, station id.Station, p wire.PriceApplied) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO nozzle_price (station, nozzle, price_set, price_fen_per_l, applied_at)
		VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE price_set = VALUES(price_set),
		price_fen_per_l = VALUES(price_fen_per_l), applied_at = VALUES(applied_at)`,
		station, p.Nozzle, p.PriceSet, p.Price, utc(p.AppliedAt))
	if err != nil {
		return fmt.Errorf("acknowledging a price on nozzle %d: %w", p.Nozzle, err)
	}
	return nil
}

// Board reads the price board: the prices in force and how far each nozzle is.
func Board(ctx context.Context, q sqlx.QueryerContext, s Station) (wire.PriceBoard, error) {
	board := wire.PriceBoard{Set: s.PriceSet, Prices: []wire.GradePrice{}, Nozzles: []wire.NozzlePrice{}}
	err := sqlx.GetContext(ctx, q, &board.Since, "SELECT made_at FROM price_set WHERE id = ?", s.PriceSet)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return board, fmt.Errorf("reading price set %s: %w", s.PriceSet, err)
	}
	var grades []struct {
		Code, Name string
		Price      sql.NullInt64
	}
	err = sqlx.SelectContext(ctx, q, &grades, `SELECT g.code, g.name, p.price_fen_per_l AS price FROM grade g
		LEFT JOIN price p ON p.grade = g.code AND p.price_set = ?
		WHERE g.station = ? ORDER BY g.place, g.code`, s.PriceSet, s.ID)
	if err != nil {
		return board, fmt.Errorf("reading prices: %w", err)
	}
	inForce := Prices{}
	for _, g := range grades {
		inForce[g.Code] = unit.FenPerLitre(g.Price.Int64)
		board.Prices = append(board.Prices, wire.GradePrice{Grade: g.Code, Name: g.Name, Price: inForce[g.Code]})
	}
	board.Nozzles, err = acknowledged(ctx, q, s, inForce)
	return board, err
}

// acknowledged reads how far each nozzle is.
func acknowledged(ctx context.Context, q sqlx.QueryerContext, s Station, inForce Prices) ([]wire.NozzlePrice, error) {
	var rows []struct {
		Number  int
		Grade   string
		Applied id.PriceSet
		Price   sql.NullInt64
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT n.number, t.grade, a.price_set AS applied, a.price_fen_per_l AS price
		FROM nozzle n JOIN tank t ON t.station = n.station AND t.number = n.tank
		LEFT JOIN nozzle_price a ON a.station = n.station AND a.nozzle = n.number
		WHERE n.station = ? ORDER BY n.number`, s.ID)
	if err != nil {
		return nil, fmt.Errorf("reading price acknowledgements: %w", err)
	}
	list := make([]wire.NozzlePrice, len(rows))
	for i, r := range rows {
		p := wire.NozzlePrice{Nozzle: r.Number, Applied: r.Applied, Price: unit.FenPerLitre(r.Price.Int64)}
		p.Acked = r.Price.Valid && r.Applied == s.PriceSet && p.Price == inForce[r.Grade]
		list[i] = p
	}
	return list, nil
}
