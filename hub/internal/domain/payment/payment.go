// Package payment keeps what is owed for sales and the tries to pay it.
//
// # What it promises
//
//   - A sale has one payable. Paying it is a try with an id that the till made
//     and saved before it asked.
//   - At most one try succeeds: the database refuses a second winner of a
//     payable, whoever asks and however often.
//   - Cash is counted here: what is handed over covers what is due, and the
//     rest is change.
package payment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Errors of paying.
var (
	// ErrTooLittle says that less was handed over than is due.
	ErrTooLittle = errors.New("payment: less handed over than is due")
	// ErrAmount says that an amount is not one: negative or out of range.
	ErrAmount = errors.New("payment: not an amount")
	// ErrPaid says that another try has paid it already. The transaction has
	// to be rolled back.
	ErrPaid = errors.New("payment: paid already")
)

// State is where a try stands. Cash succeeds as it is taken; other tenders
// wait for an outside word.
type State string

// The states.
const (
	Started   State = "pending"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Closed    State = "closed"
)

// Attempt is one try to pay a sale.
type Attempt struct {
	// ID is the till's id of the act of paying.
	ID id.Attempt
	// Sale is what for.
	Sale id.Sale
	// Tender is how.
	Tender wire.Tender
	State  State
	// Amount is what counts, Tendered what was handed over, Change what was
	// given back.
	Amount   unit.Fen `db:"amount_fen"`
	Tendered unit.Fen `db:"tendered_fen"`
	Change   unit.Fen `db:"change_fen"`
	// Staff and StaffNumber are who took it.
	Staff       id.Staff
	StaffNumber string `db:"staff_number"`
	At          time.Time
}

// Cash works out the change for what was handed over.
func Cash(due, tendered unit.Fen) (change unit.Fen, err error) {
	if due <= 0 || !unit.InRange(due) || tendered < 0 || !unit.InRange(tendered) {
		return 0, fmt.Errorf("%w: %s for %s", ErrAmount, tendered, due)
	}
	if tendered < due {
		return 0, fmt.Errorf("%w: %s for %s", ErrTooLittle, tendered, due)
	}
	return tendered - due, nil
}

// Wire is a successful try as a till sees it.
func (a Attempt) Wire() *wire.Payment {
	return &wire.Payment{
		Attempt: a.ID, Tender: a.Tender, Paid: a.Amount, Tendered: a.Tendered, Change: a.Change,
		At: a.At, By: a.StaffNumber,
	}
}

// Succeed books a try that is a success as it is made. The sale's payable is
// opened under fresh if it has none. ErrPaid says that the sale has been paid,
// or that the try's id is used.
func Succeed(ctx context.Context, tx sqlx.ExtContext, fresh id.Payable, a Attempt) error {
	payable, err := open(ctx, tx, fresh, a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO payment_attempt (id, payable, tender, state, amount_fen, tendered_fen,
			change_fen, staff, staff_number, at, won) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, payable, a.Tender, Succeeded, a.Amount, a.Tendered, a.Change, a.Staff, a.StaffNumber, a.At.UTC(), payable)
	if mysql.IsDuplicate(err) {
		return fmt.Errorf("%w: %w", ErrPaid, err)
	}
	if err != nil {
		return fmt.Errorf("recording a payment: %w", err)
	}
	result, err := tx.ExecContext(ctx, "UPDATE payable SET state = 'paid' WHERE id = ? AND state = 'open' AND amount_fen = ?",
		payable, a.Amount)
	if err != nil {
		return fmt.Errorf("closing a payable: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrPaid, err)
	}
	return nil
}

// open returns the payable of the attempt's sale, and makes it if need be.
func open(ctx context.Context, tx sqlx.ExtContext, fresh id.Payable, a Attempt) (id.Payable, error) {
	_, err := tx.ExecContext(ctx, "INSERT INTO payable (id, sale, amount_fen, state, opened_at) VALUES (?, ?, ?, 'open', ?)",
		fresh, a.Sale, a.Amount, a.At.UTC())
	if err == nil {
		return fresh, nil
	}
	if !mysql.IsDuplicate(err) {
		return fresh, fmt.Errorf("opening a payable: %w", err)
	}
	var payable id.Payable
	if err := sqlx.GetContext(ctx, tx, &payable, "SELECT id FROM payable WHERE sale = ? FOR UPDATE", a.Sale); err != nil {
		return payable, fmt.Errorf("reading the payable of sale %s: %w", a.Sale, err)
	}
	return payable, nil
}

// Of reads the payments that paid these sales.
func Of(ctx context.Context, q sqlx.QueryerContext, sales []id.Sale) (map[id.Sale]*wire.Payment, error) {
	paid := map[id.Sale]*wire.Payment{}
	if len(sales) == 0 {
		return paid, nil
	}
	args := make([]any, len(sales))
	for i, s := range sales {
		args[i] = s
	}
	var rows []Attempt
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT a.id, p.sale, a.tender, a.state, a.amount_fen, a.tendered_fen,
			a.change_fen, a.staff, a.staff_number, a.at
		FROM payable p JOIN payment_attempt a ON a.won = p.id
		WHERE p.sale IN (?`+strings.Repeat(", ?", len(args)-1)+")", args...)
	if err != nil {
		return nil, fmt.Errorf("reading payments: %w", err)
	}
	for _, a := range rows {
		paid[a.Sale] = a.Wire()
	}
	return paid, nil
}
