package ledger

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// OfSales adds up what was moved for each of some sales, by purpose ("sale",
// "cash").
func OfSales(ctx context.Context, q sqlx.QueryerContext, sales []id.Sale) (map[id.Sale]map[string]unit.Fen, error) {
	moved := make(map[id.Sale]map[string]unit.Fen, len(sales))
	if len(sales) == 0 {
		return moved, nil
	}
	query, args, err := sqlx.In(`SELECT sale, purpose, CAST(SUM(amount_fen) AS SIGNED) AS amount FROM ledger_transfer
		WHERE sale IN (?) AND kind IN ('move', 'post') GROUP BY sale, purpose`, sales)
	if err != nil {
		return nil, fmt.Errorf("adding up what was moved for sales: %w", err)
	}
	var rows []struct {
		Sale    id.Sale
		Purpose string
		Amount  unit.Fen
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("adding up what was moved for sales: %w", err)
	}
	for _, r := range rows {
		if moved[r.Sale] == nil {
			moved[r.Sale] = map[string]unit.Fen{}
		}
		moved[r.Sale][r.Purpose] = r.Amount
	}
	return moved, nil
}
