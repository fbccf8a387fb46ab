package member

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Account is a payment account in clear.
type Account struct {
	// ID names it, Kind says what it is, Account which.
	ID      id.PaymentAccount
	Kind    wire.AccountKind
	Account string
}

// accountRow is a row of table member_account.
type accountRow struct {
	ID      id.PaymentAccount
	Kind    wire.AccountKind
	Account []byte
}

// accounts lists a member's payment accounts, oldest first.
func (s *Store) accounts(ctx context.Context, q sqlx.QueryerContext, key *vault.Key, m id.Member) ([]Account, error) {
	var rows []accountRow
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT id, kind, account FROM member_account WHERE member = ? ORDER BY created_at, id", m)
	if err != nil {
		return nil, fmt.Errorf("listing the accounts of member %s: %w", m, err)
	}
	list := make([]Account, len(rows))
	for i, row := range rows {
		list[i] = Account{ID: row.ID, Kind: row.Kind}
		if list[i].Account, err = openCell(key, accountCell(row.ID), row.Account); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// accountIndex is the keyed hash of a normal account. The same text is another
// account at another service.
func (s *Store) accountIndex(a Account) [vault.BlindBytes]byte {
	return s.Keys.Blind(purposeAccount, string(a.Kind)+":"+a.Account)
}

// AddAccount keeps an account that a member pays from, at most ten, and returns
// the member as they are now. One they have stays as it is. Without consent it
// answers wire.ProblemConsentNeeded.
func (s *Store) AddAccount(ctx context.Context, who Actor, req wire.PaymentAccountRequest) (wire.Member, error) {
	account, err := NormalAccount(req.Kind, req.Account)
	if err != nil {
		return wire.Member{}, err
	}
	given := Account{Kind: req.Kind, Account: account}
	return s.change(ctx, "keeping an account", who.Member, func(ctx context.Context, tx *mysql.Tx, key *vault.Key) error {
		if err := needConsent(ctx, tx, who.Member, wire.ConsentAccount); err != nil {
			return err
		}
		has, err := s.accounts(ctx, tx, key, who.Member)
		if err != nil {
			return err
		}
		for _, a := range has {
			if a.Kind == given.Kind && a.Account == given.Account {
				return nil
			}
		}
		if len(has) >= maxAccounts {
			return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("a member has at most %d accounts", maxAccounts))
		}
		given.ID = id.New[id.PaymentAccount](s.IDs)
		return s.insertAccount(ctx, tx, key, who.Member, given)
	})
}

func (s *Store) insertAccount(ctx context.Context, tx *mysql.Tx, key *vault.Key, m id.Member, a Account) error {
	index := s.accountIndex(a)
	_, err := tx.ExecContext(ctx, `INSERT INTO member_account (id, member, kind, account, account_index, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, a.ID, m, a.Kind, key.Seal(accountCell(a.ID), []byte(a.Account)), index[:], s.Now())
	if err != nil {
		return fmt.Errorf("writing an account: %w", err)
	}
	return nil
}

// DropAccount forgets an account of a member and returns the member as they are
// now. One that is not theirs is no error.
func (s *Store) DropAccount(ctx context.Context, who Actor, a id.PaymentAccount) (wire.Member, error) {
	return s.change(ctx, "dropping an account", who.Member, func(ctx context.Context, tx *mysql.Tx, _ *vault.Key) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM member_account WHERE id = ? AND member = ?", a, who.Member); err != nil {
			return fmt.Errorf("removing an account: %w", err)
		}
		return nil
	})
}

// dropAccounts forgets every account of a member.
func dropAccounts(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM member_account WHERE member = ?", m); err != nil {
		return fmt.Errorf("removing accounts: %w", err)
	}
	return nil
}
