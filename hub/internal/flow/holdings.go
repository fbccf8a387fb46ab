package flow

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/unit"
)

// Holdings is how much a database holds of what people would miss.
type Holdings struct {
	// Sales, Payments, Messages and Members count what is stored; Payments are
	// those that succeeded, and Amount is their sum.
	Sales, Payments, Messages, Members int64
	Amount                             unit.Fen
}

// CountHoldings counts what a database holds.
func CountHoldings(ctx context.Context, db *mysql.DB) (h Holdings, err error) {
	err = db.GetContext(ctx, &h, `SELECT
		(SELECT COUNT(*) FROM sale) AS sales,
		(SELECT COUNT(*) FROM payment_attempt WHERE state = 'succeeded') AS payments,
		(SELECT COALESCE(SUM(amount_fen), 0) FROM payment_attempt WHERE state = 'succeeded') AS amount,
		(SELECT COUNT(*) FROM chat_message) AS messages,
		(SELECT COUNT(*) FROM member) AS members`)
	if err != nil {
		return h, fmt.Errorf("counting what there is: %w", err)
	}
	return h, nil
}
