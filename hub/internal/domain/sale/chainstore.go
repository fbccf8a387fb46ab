package sale

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// chainRow is a row of table nozzle_chain.
type chainRow struct {
	Nozzle      int
	First       sql.NullInt64   `db:"first_ml"`
	Last        sql.NullInt64   `db:"last_ml"`
	Booked      unit.Millilitre `db:"booked_ml"`
	Quarantined unit.Millilitre `db:"quarantined_ml"`
	Missing     unit.Millilitre `db:"missing_ml"`
	Rounding    unit.Millilitre `db:"rounding_ml"`
	Sales       int64
	OpenSale    id.Sale `db:"open_sale"`
	Claim       id.Claim
}

func (r chainRow) chain() Chain {
	return Chain{
		Nozzle: r.Nozzle, Known: r.Last.Valid,
		First: unit.Millilitre(r.First.Int64), Last: unit.Millilitre(r.Last.Int64),
		Booked: r.Booked, Quarantined: r.Quarantined, Missing: r.Missing, Rounding: r.Rounding,
		Sales: r.Sales, OpenSale: r.OpenSale, Claim: r.Claim,
	}
}

const chainColumns = `nozzle, first_ml, last_ml, booked_ml, quarantined_ml, missing_ml, rounding_ml, sales, open_sale, claim`

// Chains reads a station's chains by nozzle number.
func Chains(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Chain, error) {
	return chains(ctx, q, "SELECT "+chainColumns+" FROM nozzle_chain WHERE station = ? ORDER BY nozzle", station)
}

// LockChains reads, and holds, the chains of some nozzles in ascending order;
// a nozzle without one is left out.
func LockChains(ctx context.Context, tx sqlx.QueryerContext, station id.Station, nozzles []int) ([]Chain, error) {
	if len(nozzles) == 0 {
		return nil, nil
	}
	query := "SELECT " + chainColumns + " FROM nozzle_chain WHERE station = ? AND nozzle IN (?" +
		strings.Repeat(", ?", len(nozzles)-1) + ") ORDER BY nozzle FOR UPDATE"
	return chains(ctx, tx, query, append([]any{station}, anys(nozzles)...)...)
}

func chains(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Chain, error) {
	var rows []chainRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading totalizer chains: %w", err)
	}
	list := make([]Chain, len(rows))
	for i, r := range rows {
		list[i] = r.chain()
	}
	return list, nil
}

// SaveChains stores chains whose rows the caller holds, or makes them.
func SaveChains(ctx context.Context, tx sqlx.ExecerContext, station id.Station, list []Chain) error {
	if len(list) == 0 {
		return nil
	}
	const one = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	var args []any
	for _, c := range list {
		var first, last any
		if c.Known {
			first, last = c.First, c.Last
		}
		args = append(args, station, c.Nozzle, first, last,
			c.Booked, c.Quarantined, c.Missing, c.Rounding, c.Sales, c.OpenSale, c.Claim)
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO nozzle_chain (station, "+chainColumns+") VALUES "+
		one+strings.Repeat(", "+one, len(list)-1)+` ON DUPLICATE KEY UPDATE
		first_ml = VALUES(first_ml), last_ml = VALUES(last_ml), booked_ml = VALUES(booked_ml),
		quarantined_ml = VALUES(quarantined_ml), missing_ml = VALUES(missing_ml),
		rounding_ml = VALUES(rounding_ml), sales = VALUES(sales), open_sale = VALUES(open_sale), claim = VALUES(claim)`, args...)
	if err != nil {
		return fmt.Errorf("storing totalizer chains: %w", err)
	}
	return nil
}

// MakeChains makes an empty chain for every nozzle that has none.
func MakeChains(ctx context.Context, tx sqlx.ExecerContext, station id.Station, nozzles []int) error {
	if len(nozzles) == 0 {
		return nil
	}
	const one = "(?, ?, 0, 0, 0, 0, 0)"
	var args []any
	for _, n := range nozzles {
		args = append(args, station, n)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO nozzle_chain
		(station, nozzle, booked_ml, quarantined_ml, missing_ml, rounding_ml, sales) VALUES `+
		one+strings.Repeat(", "+one, len(nozzles)-1)+" ON DUPLICATE KEY UPDATE nozzle = VALUES(nozzle)", args...)
	if err != nil {
		return fmt.Errorf("making totalizer chains: %w", err)
	}
	return nil
}

// Recount is a nozzle's chain as the sales themselves add up to: the second
// way to the same figures.
type Recount struct {
	Nozzle      int
	Booked      unit.Millilitre
	Quarantined unit.Millilitre
	Missing     unit.Millilitre
	Rounding    unit.Millilitre
	Sales       int64
}

// Matches reports whether a chain says the same.
func (r Recount) Matches(c Chain) bool {
	return r == Recount{c.Nozzle, c.Booked, c.Quarantined, c.Missing, c.Rounding, c.Sales}
}

// RecountAll adds up every judged sale of a station, by nozzle number.
func RecountAll(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Recount, error) {
	var list []Recount
	err := sqlx.SelectContext(ctx, q, &list, `SELECT nozzle, CAST(SUM(booked_ml) AS SIGNED) AS booked,
			CAST(SUM(CASE bucket WHEN 'quarantined' THEN counted_ml ELSE 0 END) AS SIGNED) AS quarantined,
			CAST(SUM(CASE bucket WHEN 'missing' THEN counted_ml ELSE 0 END) AS SIGNED) AS missing,
			CAST(SUM(CASE bucket WHEN 'booked' THEN counted_ml - booked_ml ELSE 0 END) AS SIGNED) AS rounding,
			COUNT(*) AS sales
		FROM sale WHERE station = ? AND bucket <> 'none' GROUP BY nozzle ORDER BY nozzle`, station)
	if err != nil {
		return nil, fmt.Errorf("recounting sales: %w", err)
	}
	return list, nil
}

// Outflow is what left, and what came back to, one tank in a stretch of time.
type Outflow struct {
	Tank int
	// Metered is all that the nozzles of the tank moved.
	Metered unit.Millilitre
	// Sold is the displayed volume of what was or will be charged, Tests that
	// of pump tests (回罐), DriveOffs that of sales whose drivers left.
	Sold      unit.Millilitre
	Tests     unit.Millilitre
	DriveOffs unit.Millilitre `db:"drive_offs"`
}

// Net is what the tank lost: a pump test flows back into it.
func (o Outflow) Net() unit.Millilitre { return o.Metered - o.Tests }

// Outflows adds up the sales that ended in [from, to), by tank.
func Outflows(ctx context.Context, q sqlx.QueryerContext, station id.Station, from, to time.Time) ([]Outflow, error) {
	var list []Outflow
	err := sqlx.SelectContext(ctx, q, &list, `SELECT tank, CAST(SUM(counted_ml) AS SIGNED) AS metered,
			CAST(SUM(CASE WHEN state IN ('unpaid', 'paid') THEN booked_ml ELSE 0 END) AS SIGNED) AS sold,
			CAST(SUM(CASE WHEN state = 'test' THEN booked_ml ELSE 0 END) AS SIGNED) AS tests,
			CAST(SUM(CASE WHEN state = 'drive_off' THEN booked_ml ELSE 0 END) AS SIGNED) AS drive_offs
		FROM sale WHERE station = ? AND bucket <> 'none' AND ended_at >= ? AND ended_at < ?
		GROUP BY tank ORDER BY tank`, station, from.UTC(), to.UTC())
	if err != nil {
		return nil, fmt.Errorf("adding up tank outflows: %w", err)
	}
	return list, nil
}

// Owed adds up what a station's unpaid sales are to be paid with.
func Owed(ctx context.Context, q sqlx.QueryerContext, station id.Station) (unit.Fen, error) {
	var owed unit.Fen
	err := sqlx.GetContext(ctx, q, &owed, `SELECT CAST(COALESCE(SUM(booked_fen), 0) AS SIGNED) FROM sale
		WHERE station = ? AND state = 'unpaid'`, station)
	if err != nil {
		return 0, fmt.Errorf("adding up what is owed: %w", err)
	}
	return owed, nil
}
