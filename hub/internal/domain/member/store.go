package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// memberRow is a row of table member.
type memberRow struct {
	ID        id.Member
	Number    string
	Name      []byte
	Phone     []byte
	IDNumber  []byte       `db:"id_number"`
	CreatedAt time.Time    `db:"created_at"`
	ErasedAt  sql.NullTime `db:"erased_at"`
}

const memberColumns = "id, number, name, phone, id_number, created_at, erased_at"

// Person is a member with everything in clear. It is for telling them of
// themselves, and for whoever has a reason that is on record.
type Person struct {
	// ID names the member, Number is what people say.
	ID     id.Member
	Number string
	// Name, Phone and IDNumber are "" if they were not given.
	Name, Phone, IDNumber string
	// Accounts and Vehicles are oldest first.
	Accounts []Account
	Vehicles []wire.Vehicle
	// Since is when they joined.
	Since time.Time
}

// Member is the person as they see themselves: phone, ID number and accounts
// masked, for a phone lies about.
func (p Person) Member() wire.Member {
	return wire.Member{
		ID: p.ID, Number: p.Number, Name: p.Name, Phone: MaskPhone(p.Phone), IDNumber: MaskIDNumber(p.IDNumber),
		Accounts: p.Masked(), Vehicles: p.Vehicles, Since: p.Since,
	}
}

// Masked is the person's accounts, masked.
func (p Person) Masked() []wire.PaymentAccount {
	var list []wire.PaymentAccount
	for _, a := range p.Accounts {
		list = append(list, wire.PaymentAccount{ID: a.ID, Kind: a.Kind, Account: MaskAccount(a.Account)})
	}
	return list
}

// Load is a member as they see themselves. It answers wire.ProblemNotFound, or
// wire.ProblemErased.
func (s *Store) Load(ctx context.Context, q sqlx.QueryerContext, m id.Member) (wire.Member, error) {
	p, err := s.Person(ctx, q, m)
	if err != nil {
		return wire.Member{}, err
	}
	return p.Member(), nil
}

// Person reads a member with everything in clear. It answers
// wire.ProblemNotFound, or wire.ProblemErased.
func (s *Store) Person(ctx context.Context, q sqlx.QueryerContext, m id.Member) (Person, error) {
	row, err := s.row(ctx, q, m)
	if err != nil {
		return Person{}, err
	}
	key, err := s.key(ctx, q, m)
	if err != nil {
		return Person{}, err
	}
	p := Person{ID: row.ID, Number: row.Number, Since: row.CreatedAt}
	if p.Name, err = row.open(key, "name", row.Name); err != nil {
		return Person{}, err
	}
	if p.Phone, err = row.open(key, "phone", row.Phone); err != nil {
		return Person{}, err
	}
	if p.IDNumber, err = row.open(key, "id_number", row.IDNumber); err != nil {
		return Person{}, err
	}
	if p.Accounts, err = s.accounts(ctx, q, key, m); err != nil {
		return Person{}, err
	}
	p.Vehicles, err = s.vehicles(ctx, q, key, m)
	return p, err
}

// row reads a member's row.
func (s *Store) row(ctx context.Context, q sqlx.QueryerContext, m id.Member) (memberRow, error) {
	var row memberRow
	err := sqlx.GetContext(ctx, q, &row, "SELECT "+memberColumns+" FROM member WHERE id = ?", m)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return row, wire.NewProblem(wire.ProblemNotFound, "no such member")
	case err != nil:
		return row, fmt.Errorf("reading member %s: %w", m, err)
	case row.ErasedAt.Valid:
		return row, erased(m)
	}
	return row, nil
}

// erased is the answer about somebody who is nobody any more.
func erased(m id.Member) error {
	return wire.NewProblem(wire.ProblemErased, "member "+m.String())
}

// key is a member's own key, or wire.ProblemErased: a restored backup may still
// have the row of somebody whose key was destroyed since.
func (s *Store) key(ctx context.Context, q sqlx.QueryerContext, m id.Member) (*vault.Key, error) {
	key, err := s.Keys.MemberKey(ctx, q, m)
	if errors.Is(err, vault.ErrErased) {
		return nil, erased(m)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key of member %s: %w", m, err)
	}
	return key, nil
}

// open opens a field of a member; what is NULL is "".
func (r memberRow) open(key *vault.Key, column string, sealed []byte) (string, error) {
	return openCell(key, memberCell(column, r.ID), sealed)
}

// openCell opens a field; what is NULL is "".
func openCell(key *vault.Key, at vault.Cell, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := key.Open(at, sealed)
	if err != nil {
		return "", fmt.Errorf("opening %s.%s of %s: %w", at.Table, at.Column, id.Member(at.Row), err)
	}
	return string(plain), nil
}

// sealCell seals a field; "" is NULL.
func sealCell(key *vault.Key, at vault.Cell, plain string) []byte {
	if plain == "" {
		return nil
	}
	return key.Seal(at, []byte(plain))
}

// Phone is a member's number, 11 digits, for telling them something, or them
// what it is.
func (s *Store) Phone(ctx context.Context, q sqlx.QueryerContext, m id.Member) (string, error) {
	row, err := s.row(ctx, q, m)
	if err != nil {
		return "", err
	}
	key, err := s.key(ctx, q, m)
	if err != nil {
		return "", err
	}
	return row.open(key, "phone", row.Phone)
}

// Me is a signed-in member as they see themselves.
func (s *Store) Me(ctx context.Context, who Actor) (wire.Member, error) {
	return s.Load(ctx, s.DB, who.Member)
}

// Rename changes how a member is addressed; "" takes the name away. It returns
// the member as they are now.
func (s *Store) Rename(ctx context.Context, who Actor, req wire.ProfileRequest) (wire.Member, error) {
	name, err := normalText("name", req.Name, maxName)
	if err != nil {
		return wire.Member{}, err
	}
	return s.change(ctx, "renaming a member", who.Member, func(ctx context.Context, tx *mysql.Tx, key *vault.Key) error {
		sealed := sealCell(key, memberCell("name", who.Member), name)
		if _, err := tx.ExecContext(ctx, "UPDATE member SET name = ? WHERE id = ?", sealed, who.Member); err != nil {
			return fmt.Errorf("writing a name: %w", err)
		}
		return nil
	})
}

// change runs fn with a member's row locked and their key at hand, and returns
// the member afterwards.
func (s *Store) change(ctx context.Context, what string, m id.Member, fn func(context.Context, *mysql.Tx, *vault.Key) error) (wire.Member, error) {
	var after wire.Member
	err := s.DB.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		if err := s.lock(ctx, tx, m); err != nil {
			return err
		}
		key, err := s.key(ctx, tx, m)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, key); err != nil {
			return err
		}
		after, err = s.Load(ctx, tx, m)
		return err
	})
	return after, err
}

// lock holds a member's row. It answers wire.ProblemNotFound, or
// wire.ProblemErased.
func (s *Store) lock(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	at, found, err := erasedAt(ctx, tx, m, "FOR UPDATE")
	switch {
	case err != nil:
		return err
	case !found:
		return wire.NewProblem(wire.ProblemNotFound, "no such member")
	case at.Valid:
		return erased(m)
	}
	return nil
}

// erasedAt is when a member was erased, read with a lock or without.
func erasedAt(ctx context.Context, q sqlx.QueryerContext, m id.Member, lock string) (at sql.NullTime, found bool, err error) {
	err = sqlx.GetContext(ctx, q, &at, "SELECT erased_at FROM member WHERE id = ? "+lock, m)
	if errors.Is(err, sql.ErrNoRows) {
		return at, false, nil
	}
	if err != nil {
		return at, false, fmt.Errorf("reading whether member %s was erased: %w", m, err)
	}
	return at, true, nil
}

// StillThere refuses a member who was erased, and holds off their erasing until
// the end of tx: what is given to a member is given to somebody. Whether there
// ever was one is not its question: whoever asks is signed in.
func (s *Store) StillThere(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	at, _, err := erasedAt(ctx, tx, m, "LOCK IN SHARE MODE")
	if err == nil && at.Valid {
		return erased(m)
	}
	return err
}

// Seen notes that a member is about: signed in, or at a pump. Who is not for
// long enough is erased (Idle).
func (s *Store) Seen(ctx context.Context, q sqlx.ExecerContext, m id.Member, at time.Time) error {
	if _, err := q.ExecContext(ctx, "UPDATE member SET seen_at = ? WHERE id = ? AND seen_at < ?", at, m, at); err != nil {
		return fmt.Errorf("noting that a member is about: %w", err)
	}
	return nil
}
