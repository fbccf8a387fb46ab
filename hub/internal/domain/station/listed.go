package station

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Listed is the price that a set has for one grade, and when the set took effect.
type Listed struct {
	Price unit.FenPerLitre `db:"price_fen_per_l"`
	Since time.Time        `db:"made_at"`
}

// ListedIn reads what one of the station's price sets says of a grade; it is
// zero if there is no such set or price.
func ListedIn(ctx context.Context, q sqlx.QueryerContext, station id.Station, set id.PriceSet, grade string) (Listed, error) {
	var l Listed
	err := sqlx.GetContext(ctx, q, &l, `SELECT p.price_fen_per_l, s.made_at FROM price_set s
		JOIN price p ON p.price_set = s.id WHERE s.id = ? AND s.station = ? AND p.grade = ?`, set, station, grade)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l, fmt.Errorf("reading the price of %s in set %s: %w", grade, set, err)
	}
	return l, nil
}
