package sale

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

// Numbers is the short numbers of some sales, for lists that name them; those
// there are not are not in it.
func Numbers(ctx context.Context, q sqlx.QueryerContext, sales []id.Sale) (map[id.Sale]string, error) {
	found := make(map[id.Sale]string, len(sales))
	if len(sales) == 0 {
		return found, nil
	}
	query, args, err := sqlx.In("SELECT id, day, ordinal FROM sale WHERE id IN (?)", sales)
	if err != nil {
		return nil, fmt.Errorf("naming sales: %w", err)
	}
	var rows []Sale
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("naming sales: %w", err)
	}
	for _, s := range rows {
		found[s.ID] = s.Number()
	}
	return found, nil
}
