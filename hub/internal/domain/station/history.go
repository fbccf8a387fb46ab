package station

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// maxSets bounds the price sets that a history is made of. Each changes the
// price of at least one grade, but for those that set again what was there.
const maxSets = 4 * wire.MaxPriceChanges

// History reads the last changes of a station's prices, at most limit, newest
// first and those of one moment by grade. A new set that leaves a grade as it
// was is no change of it; the first price ever is one.
func History(ctx context.Context, q sqlx.QueryerContext, station id.Station, limit int) ([]wire.PriceChange, error) {
	var rows []priceRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT s.id, s.made_at, p.grade, p.price_fen_per_l
		FROM (SELECT id, made_at FROM price_set WHERE station = ? ORDER BY made_at DESC, id DESC LIMIT ?) s
		JOIN price p ON p.price_set = s.id
		LEFT JOIN grade g ON g.station = ? AND g.code = p.grade
		ORDER BY s.made_at, s.id, g.place, p.grade`, station, maxSets, station)
	if err != nil {
		return nil, fmt.Errorf("reading the history of prices: %w", err)
	}
	return changes(rows, limit), nil
}

// priceRow is the price of a grade in a set.
type priceRow struct {
	ID    id.PriceSet
	At    time.Time `db:"made_at"`
	Grade string
	Price unit.FenPerLitre `db:"price_fen_per_l"`
}

// changes is what has changed in the price sets of rows, which are in the order
// of time. What was before the oldest set is not known if there are as many as
// were asked for: then it only says what the next ones change.
func changes(rows []priceRow, limit int) []wire.PriceChange {
	last := map[string]unit.FenPerLitre{}
	sets, begun := 0, id.PriceSet{}
	for _, r := range rows {
		if sets == 0 || r.ID != begun {
			sets, begun = sets+1, r.ID
		}
	}
	list := []wire.PriceChange{}
	for _, r := range rows {
		before, known := last[r.Grade]
		last[r.Grade] = r.Price
		if known && before == r.Price || !known && sets >= maxSets && r.ID == rows[0].ID {
			continue
		}
		list = append(list, wire.PriceChange{At: r.At, Grade: r.Grade, Price: r.Price})
	}
	list = list[max(0, len(list)-limit):]
	// Newest first; what changed together stays in the order of the grades.
	slices.SortStableFunc(list, func(x, y wire.PriceChange) int { return y.At.Compare(x.At) })
	return list
}
