package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// Open makes the accounts that are not there yet.
func Open(ctx context.Context, tx sqlx.ExecerContext, accounts []Account) error {
	for _, a := range accounts {
		_, err := tx.ExecContext(ctx, `INSERT INTO ledger_account
			(id, station, code, guard, debit_fen, credit_fen, debit_pending_fen, credit_pending_fen)
			VALUES (?, ?, ?, ?, 0, 0, 0, 0) ON DUPLICATE KEY UPDATE guard = guard`, a.ID, a.Station, a.Code, a.Guard)
		if err != nil {
			return fmt.Errorf("opening account %s: %w", a.Code, err)
		}
	}
	return nil
}

// Record books transfers as part of tx: the accounts first, in ascending
// order, then the transfers. After any error the transaction has to be rolled
// back. ErrRecorded says that one of the ids is recorded already, ErrGuard
// that an account does not cover it.
func Record(ctx context.Context, tx sqlx.ExtContext, transfers ...Transfer) error {
	if len(transfers) == 0 {
		return nil
	}
	pending, err := pendingOf(ctx, tx, transfers)
	if err != nil {
		return err
	}
	changes, err := plan(transfers, pending)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := apply(ctx, tx, c); err != nil {
			return err
		}
	}
	return insert(ctx, tx, transfers)
}

// Transact books transfers in a transaction of their own. Told again, the same
// transfers are booked once and answered alike; ErrReused says that an id was
// used for another transfer.
func Transact(ctx context.Context, db *mysql.DB, transfers ...Transfer) error {
	err := db.InTx(ctx, "booking transfers", func(ctx context.Context, tx *mysql.Tx) error {
		return Record(ctx, tx, transfers...)
	})
	if !errors.Is(err, ErrRecorded) && !errors.Is(err, ErrGuard) {
		return err
	}
	// A repeat may also find the accounts as the first time left them.
	same, lookErr := recorded(ctx, db, transfers)
	if lookErr != nil {
		return lookErr
	}
	switch {
	case same:
		return nil
	case errors.Is(err, ErrRecorded):
		return fmt.Errorf("%w: resolved already", ErrPending)
	default:
		return err
	}
}

// recorded reports whether all transfers are booked as they are; ErrReused
// says that one is booked as another.
func recorded(ctx context.Context, q sqlx.QueryerContext, transfers []Transfer) (bool, error) {
	found, err := load(ctx, q, ids(transfers, func(t Transfer) id.Transfer { return t.ID }), "")
	if err != nil {
		return false, err
	}
	all := true
	for _, t := range transfers {
		was, ok := found[t.ID]
		if ok && was != t.stored() {
			return false, fmt.Errorf("%w: %s", ErrReused, t.ID)
		}
		all = all && ok
	}
	return all, nil
}

// stored is the transfer as the table keeps it.
func (t Transfer) stored() Transfer {
	t.At = t.At.UTC().Truncate(time.Millisecond)
	if !t.ExpiresAt.IsZero() {
		t.ExpiresAt = t.ExpiresAt.UTC().Truncate(time.Millisecond)
	}
	return t
}

// pendingOf reads what transfers resolve. It reads the rows as they are now,
// not as of a snapshot, which the accounts' updates could conflict with.
func pendingOf(ctx context.Context, tx sqlx.QueryerContext, transfers []Transfer) (map[id.Transfer]Transfer, error) {
	wanted := ids(transfers, func(t Transfer) id.Transfer { return t.Resolves })
	if len(wanted) == 0 {
		return nil, nil
	}
	return load(ctx, tx, wanted, " LOCK IN SHARE MODE")
}

func ids(transfers []Transfer, of func(Transfer) id.Transfer) []any {
	var list []any
	for _, t := range transfers {
		if i := of(t); !i.IsZero() {
			list = append(list, i)
		}
	}
	return list
}

const transferColumns = "id, kind, debit, credit, amount_fen, resolves, expires_at, purpose, sale, at"

func load(ctx context.Context, q sqlx.QueryerContext, wanted []any, lock string) (map[id.Transfer]Transfer, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	var rows []struct {
		Transfer
		ExpiresAt sql.NullTime `db:"expires_at"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+transferColumns+" FROM ledger_transfer WHERE id IN (?"+
		strings.Repeat(", ?", len(wanted)-1)+")"+lock, wanted...)
	if err != nil {
		return nil, fmt.Errorf("reading transfers: %w", err)
	}
	found := make(map[id.Transfer]Transfer, len(rows))
	for _, r := range rows {
		r.Transfer.ExpiresAt = r.ExpiresAt.Time
		found[r.ID] = r.Transfer
	}
	return found, nil
}

// apply adds a change to its account, if the guard allows.
func apply(ctx context.Context, tx sqlx.ExtContext, c change) error {
	result, err := tx.ExecContext(ctx, `UPDATE ledger_account SET debit_fen = debit_fen + ?, credit_fen = credit_fen + ?,
			debit_pending_fen = debit_pending_fen + ?, credit_pending_fen = credit_pending_fen + ?
		WHERE id = ? AND debit_pending_fen + ? >= 0 AND credit_pending_fen + ? >= 0 AND (guard = 'none'
			OR (guard = 'debit' AND debit_fen + ? >= credit_fen + credit_pending_fen + ?)
			OR (guard = 'credit' AND credit_fen + ? >= debit_fen + debit_pending_fen + ?))`,
		c.debit, c.credit, c.debitPending, c.creditPending, c.account,
		c.debitPending, c.creditPending, c.debit, c.credit+c.creditPending, c.credit, c.debit+c.debitPending)
	if err != nil {
		return fmt.Errorf("updating account %s: %w", c.account, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("updating account %s: %w", c.account, err)
	}
	if n > 0 {
		return nil
	}
	var there int
	err = sqlx.GetContext(ctx, tx, &there, "SELECT COUNT(*) FROM ledger_account WHERE id = ?", c.account)
	if err != nil {
		return fmt.Errorf("looking for account %s: %w", c.account, err)
	}
	if there == 0 {
		return fmt.Errorf("%w: %s", ErrNoAccount, c.account)
	}
	return fmt.Errorf("%w: account %s", ErrGuard, c.account)
}

func insert(ctx context.Context, tx sqlx.ExecerContext, transfers []Transfer) error {
	const one = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	args := make([]any, 0, len(transfers)*10)
	for _, t := range transfers {
		t = t.stored()
		var expires any
		if !t.ExpiresAt.IsZero() {
			expires = t.ExpiresAt
		}
		args = append(args, t.ID, t.Kind, t.Debit, t.Credit, t.Amount, t.Resolves, expires, t.Purpose, t.Sale, t.At)
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO ledger_transfer ("+transferColumns+") VALUES "+
		one+strings.Repeat(", "+one, len(transfers)-1), args...)
	if mysql.IsDuplicate(err) {
		return fmt.Errorf("%w: %w", ErrRecorded, err)
	}
	if err != nil {
		return fmt.Errorf("recording transfers: %w", err)
	}
	return nil
}

// Accounts lists the accounts of a station by code.
func Accounts(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Account, error) {
	var list []Account
	err := sqlx.SelectContext(ctx, q, &list, "SELECT "+accountColumns+" FROM ledger_account WHERE station = ? ORDER BY code", station)
	if err != nil {
		return nil, fmt.Errorf("reading accounts: %w", err)
	}
	return list, nil
}

const accountColumns = "id, station, code, guard, debit_fen, credit_fen, debit_pending_fen, credit_pending_fen"

// Due lists pending transfers whose time has passed at now and that nobody
// has resolved, at most limit.
func Due(ctx context.Context, q sqlx.QueryerContext, now time.Time, limit int) ([]Transfer, error) {
	var list []Transfer
	err := sqlx.SelectContext(ctx, q, &list, `SELECT p.id, p.kind, p.debit, p.credit, p.amount_fen, p.resolves,
			p.expires_at AS expiresat, p.purpose, p.sale, p.at
		FROM ledger_transfer p LEFT JOIN ledger_transfer r ON r.resolves = p.id
		WHERE p.kind = 'pending' AND p.expires_at <= ? AND r.id IS NULL ORDER BY p.id LIMIT ?`, now.UTC(), limit)
	if err != nil {
		return nil, fmt.Errorf("reading expired transfers: %w", err)
	}
	return list, nil
}
