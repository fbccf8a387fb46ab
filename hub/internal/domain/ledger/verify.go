package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/unit"
)

// Report is what Verify found.
type Report struct {
	// Accounts and Transfers count what was looked at.
	Accounts  int
	Transfers int
	// Debit and Credit are the sums over all accounts; a sound ledger has
	// them equal.
	Debit  unit.Fen
	Credit unit.Fen
	// Wrong names every account that is not the sum of its transfers, or
	// goes past its guard.
	Wrong []string
}

// Sound reports whether nothing was found.
func (r Report) Sound() bool { return len(r.Wrong) == 0 && r.Debit == r.Credit }

// side is what an account's transfers add up to on one side.
type side struct {
	Moved   unit.Fen
	Pending unit.Fen
}

// Verify adds up every transfer again, in one snapshot, and compares every
// account with it.
func Verify(ctx context.Context, db *mysql.DB) (Report, error) {
	var report Report
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return report, fmt.Errorf("verifying the ledger: %w", err)
	}
	// Nothing was written: how it ends does not matter.
	defer func() { _ = tx.Rollback() }()
	var rows []struct {
		Account
		MovedDebit    unit.Fen `db:"moved_debit"`
		MovedCredit   unit.Fen `db:"moved_credit"`
		PendingDebit  unit.Fen `db:"pending_debit"`
		PendingCredit unit.Fen `db:"pending_credit"`
	}
	if err := tx.SelectContext(ctx, &rows, verifyQuery); err != nil {
		return report, fmt.Errorf("adding up the ledger: %w", err)
	}
	if err := tx.GetContext(ctx, &report.Transfers, "SELECT COUNT(*) FROM ledger_transfer"); err != nil {
		return report, fmt.Errorf("counting transfers: %w", err)
	}
	report.Accounts = len(rows)
	for _, r := range rows {
		report.Debit += r.Debit
		report.Credit += r.Credit
		sums := [2]side{{r.MovedDebit, r.PendingDebit}, {r.MovedCredit, r.PendingCredit}}
		if sums != [2]side{{r.Debit, r.DebitPending}, {r.Credit, r.CreditPending}} || !r.Covered() {
			report.Wrong = append(report.Wrong, fmt.Sprintf("%s of station %s", r.Code, r.Station))
		}
	}
	return report, nil
}

// verifyQuery sums moves and posts, and pending transfers that nothing has
// resolved, on each side of each account.
const verifyQuery = `SELECT a.id, a.station, a.code, a.guard,
		a.debit_fen, a.credit_fen, a.debit_pending_fen, a.credit_pending_fen,
		CAST(COALESCE(d.moved, 0) AS SIGNED) AS moved_debit, CAST(COALESCE(d.pending, 0) AS SIGNED) AS pending_debit,
		CAST(COALESCE(c.moved, 0) AS SIGNED) AS moved_credit, CAST(COALESCE(c.pending, 0) AS SIGNED) AS pending_credit
	FROM ledger_account a
	LEFT JOIN (SELECT t.debit AS account,
			SUM(CASE WHEN t.kind IN ('move', 'post') THEN t.amount_fen ELSE 0 END) AS moved,
			SUM(CASE WHEN t.kind = 'pending' AND r.id IS NULL THEN t.amount_fen ELSE 0 END) AS pending
		FROM ledger_transfer t LEFT JOIN ledger_transfer r ON r.resolves = t.id GROUP BY t.debit) d ON d.account = a.id
	LEFT JOIN (SELECT t.credit AS account,
			SUM(CASE WHEN t.kind IN ('move', 'post') THEN t.amount_fen ELSE 0 END) AS moved,
			SUM(CASE WHEN t.kind = 'pending' AND r.id IS NULL THEN t.amount_fen ELSE 0 END) AS pending
		FROM ledger_transfer t LEFT JOIN ledger_transfer r ON r.resolves = t.id GROUP BY t.credit) c ON c.account = a.id
	ORDER BY a.station, a.code`
