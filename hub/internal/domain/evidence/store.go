package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Run is how a delivery ran: what only the moment of its end knew.
type Run struct {
	Sale id.Sale
	// Previous is where everything known of the nozzle ended until then, nil
	// if nothing was.
	Previous *unit.Millilitre
	// Points is the trace, sound by CheckTrace; none if nobody watched it.
	Points []wire.TracePoint
}

// SaveRuns stores how deliveries ran. One that is stored stays as it is.
func SaveRuns(ctx context.Context, tx sqlx.ExecerContext, runs []Run) error {
	var args []any
	for _, r := range runs {
		if r.Previous == nil && len(r.Points) == 0 {
			continue
		}
		args = append(args, r.Sale, r.Previous, packTrace(r.Points))
	}
	const one, columns = "(?, ?, ?)", 3
	if len(args) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO sale_trace (sale, previous_ml, points) VALUES "+one+
		strings.Repeat(", "+one, len(args)/columns-1)+" ON DUPLICATE KEY UPDATE sale = VALUES(sale)", args...)
	if err != nil {
		return fmt.Errorf("storing how %d deliveries ran: %w", len(args)/columns, err)
	}
	return nil
}

// LoadRun reads how a delivery ran; of one that nothing is stored of, nothing
// but its name. With ErrTrace the rest of it is there.
func LoadRun(ctx context.Context, q sqlx.QueryerContext, which id.Sale) (Run, error) {
	run := Run{Sale: which}
	var row struct {
		Previous sql.NullInt64 `db:"previous_ml"`
		Points   []byte
	}
	err := sqlx.GetContext(ctx, q, &row, "SELECT previous_ml, points FROM sale_trace WHERE sale = ?", which)
	if errors.Is(err, sql.ErrNoRows) {
		return run, nil
	}
	if err != nil {
		return run, fmt.Errorf("reading how sale %s ran: %w", which, err)
	}
	if row.Previous.Valid {
		previous := unit.Millilitre(row.Previous.Int64)
		run.Previous = &previous
	}
	run.Points, err = unpackTrace(row.Points)
	if err != nil {
		run.Points = nil
		return run, fmt.Errorf("reading the trace of sale %s: %w", which, err)
	}
	return run, nil
}
