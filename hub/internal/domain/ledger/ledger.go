// Package ledger is the double entry: accounts, and transfers that move integer
// fen from one to another.
//
// # What it promises
//
//   - A transfer is never changed and never removed; a correction is a new
//     transfer. Every transfer debits one account and credits another with the
//     same amount, so the whole always sums to zero.
//   - The maker of a transfer makes its id. The same transfer told twice is
//     recorded once; the same id with another content is refused (ErrReused).
//   - Debits and credits of an account are kept apart. A guarded account never
//     goes past its guard, what is reserved included: that is the condition of
//     the UPDATE and a CHECK of the table.
//   - A pending transfer reserves. It is resolved once: posted with at most its
//     amount, voided, or expired after its time.
//
// Lock order: accounts by ascending id, then transfers. Whatever else a
// transaction writes comes after.
package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Errors of the ledger.
var (
	// ErrReused says that a transfer's id was used for another transfer.
	ErrReused = errors.New("ledger: this id was used for another transfer")
	// ErrRecorded says that a transfer's id is recorded already. The
	// transaction has to be rolled back; Transact finds out what to answer.
	ErrRecorded = errors.New("ledger: transfer is recorded already")
	// ErrGuard says that an account would go past its guard.
	ErrGuard = errors.New("ledger: the account does not cover this")
	// ErrNoAccount says that there is no such account.
	ErrNoAccount = errors.New("ledger: no such account")
	// ErrTransfer says that a transfer is not well formed.
	ErrTransfer = errors.New("ledger: not a transfer")
	// ErrPending says that a pending transfer cannot be resolved that way:
	// there is none, it is too small, or its time is not right.
	ErrPending = errors.New("ledger: pending transfer not to be resolved so")
)

// Guard names the side of an account that the other may not exceed.
type Guard string

// The guards.
const (
	GuardNone   Guard = "none"
	GuardDebit  Guard = "debit"  // what we have or are owed: never below zero
	GuardCredit Guard = "credit" // what we owe or have earned: never below zero
)

// Account is one account.
type Account struct {
	ID      id.Account
	Station id.Station
	// Code names it in its station: "cash.drawer".
	Code  string
	Guard Guard
	// Debit and Credit are all that was ever moved, DebitPending and
	// CreditPending what is reserved.
	Debit         unit.Fen `db:"debit_fen"`
	Credit        unit.Fen `db:"credit_fen"`
	DebitPending  unit.Fen `db:"debit_pending_fen"`
	CreditPending unit.Fen `db:"credit_pending_fen"`
}

// Covered reports whether the account keeps within its guard.
func (a Account) Covered() bool {
	switch a.Guard {
	case GuardDebit:
		return a.Debit >= a.Credit+a.CreditPending
	case GuardCredit:
		return a.Credit >= a.Debit+a.DebitPending
	default:
		return true
	}
}

// The accounts of every station.
const (
	CodeReceivable = "receivable.fuel" // owed at the pump
	CodeSales      = "revenue.fuel"    // fuel sold
	CodeDrawer     = "cash.drawer"     // cash in the drawers
	CodeDriveOff   = "loss.drive_off"  // drivers who left without paying
)

// Chart is the accounts that every station has.
func Chart(station id.Station) []Account {
	chart := []Account{
		{Code: CodeReceivable, Guard: GuardDebit},
		{Code: CodeSales, Guard: GuardCredit},
		{Code: CodeDrawer, Guard: GuardDebit},
		{Code: CodeDriveOff, Guard: GuardDebit},
	}
	for i := range chart {
		chart[i].Station, chart[i].ID = station, AccountID(station, chart[i].Code)
	}
	return chart
}

// AccountID is the id of a station's account: taken from both, so that nobody
// has to look it up. It is not a time-ordered ULID.
func AccountID(station id.Station, code string) id.Account {
	sum := sha256.Sum256(append(station[:], code...))
	return id.Account(sum[:16])
}

// Kind is what a transfer does.
type Kind string

// The kinds.
const (
	Move    Kind = "move"    // moves money
	Pending Kind = "pending" // reserves it
	Post    Kind = "post"    // moves at most what was reserved, and ends the reservation
	Void    Kind = "void"    // ends the reservation
	Expire  Kind = "expire"  // ends it because its time has passed
)

// Transfer is one movement of money, from the account credited to the one
// debited.
type Transfer struct {
	ID     id.Transfer
	Kind   Kind
	Debit  id.Account
	Credit id.Account
	Amount unit.Fen `db:"amount_fen"`
	// Resolves is the pending transfer that a Post, Void or Expire ends.
	Resolves id.Transfer
	// ExpiresAt ends a Pending by itself; zero for never.
	ExpiresAt time.Time
	// Purpose says what for, in a word: "sale", "cash".
	Purpose string
	// Sale is the delivery it belongs to, if any.
	Sale id.Sale
	At   time.Time
}

// Check reports whether the transfer is well formed by itself.
func (t Transfer) Check() error {
	resolves := t.Kind == Post || t.Kind == Void || t.Kind == Expire
	known := resolves || t.Kind == Move || t.Kind == Pending
	switch {
	case !known:
		return fmt.Errorf("%w: kind %q", ErrTransfer, t.Kind)
	case t.ID.IsZero() || t.Debit.IsZero() || t.Credit.IsZero() || t.Debit == t.Credit:
		return fmt.Errorf("%w: needs an id and two accounts", ErrTransfer)
	case t.Amount <= 0 || !unit.InRange(t.Amount):
		return fmt.Errorf("%w: amount %s", ErrTransfer, t.Amount)
	case resolves == t.Resolves.IsZero():
		return fmt.Errorf("%w: %s and a transfer to resolve do not go together", ErrTransfer, t.Kind)
	case !t.ExpiresAt.IsZero() && t.Kind != Pending:
		return fmt.Errorf("%w: only a pending transfer expires", ErrTransfer)
	}
	return nil
}

// resolve reports whether t may end the pending transfer p.
func (t Transfer) resolve(p Transfer) error {
	late := !p.ExpiresAt.IsZero() && !t.At.Before(p.ExpiresAt)
	switch {
	case p.Kind != Pending || p.Debit != t.Debit || p.Credit != t.Credit:
		return fmt.Errorf("%w: %s is another transfer", ErrPending, p.ID)
	case t.Kind == Post && (t.Amount > p.Amount || late):
		return fmt.Errorf("%w: post of %s out of %s", ErrPending, t.Amount, p.Amount)
	case t.Kind != Post && t.Amount != p.Amount:
		return fmt.Errorf("%w: %s of %s out of %s", ErrPending, t.Kind, t.Amount, p.Amount)
	case t.Kind == Expire && !late:
		return fmt.Errorf("%w: not expired yet", ErrPending)
	}
	return nil
}

// change is what transfers add to one account.
type change struct {
	account                                    id.Account
	debit, credit, debitPending, creditPending unit.Fen
}

// plan adds up what transfers do to each account, in ascending order of
// account. pending holds the transfers that are resolved.
func plan(transfers []Transfer, pending map[id.Transfer]Transfer) ([]change, error) {
	sums := map[id.Account]*change{}
	at := func(a id.Account) *change {
		if sums[a] == nil {
			sums[a] = &change{account: a}
		}
		return sums[a]
	}
	for _, t := range transfers {
		if err := t.Check(); err != nil {
			return nil, err
		}
		debit, credit := at(t.Debit), at(t.Credit)
		if t.Kind == Move || t.Kind == Post {
			debit.debit += t.Amount
			credit.credit += t.Amount
		}
		reserved := unit.Fen(0)
		if t.Kind == Pending {
			reserved = t.Amount
		} else if !t.Resolves.IsZero() {
			p := pending[t.Resolves]
			if err := t.resolve(p); err != nil {
				return nil, err
			}
			reserved = -p.Amount
		}
		debit.debitPending += reserved
		credit.creditPending += reserved
	}
	changes := make([]change, 0, len(sums))
	for _, c := range sums {
		changes = append(changes, *c)
	}
	slices.SortFunc(changes, func(a, b change) int { return bytes.Compare(a.account[:], b.account[:]) })
	return changes, nil
}
