package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// memberRow is a row of table member.
type memberRow struct {
	ID        id.Member
	Number    string
	Name      []byte
	Phone     []byte
	CreatedAt time.Time `db:"created_at"`
}

// Load is a member as they see themselves, or wire.ProblemNotFound.
func (s *Store) Load(ctx context.Context, q sqlx.QueryerContext, m id.Member) (wire.Member, error) {
	var row memberRow
	err := sqlx.GetContext(ctx, q, &row, "SELECT id, number, name, phone, created_at FROM member WHERE id = ?", m)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Member{}, wire.NewProblem(wire.ProblemNotFound, "no such member")
	}
	if err != nil {
		return wire.Member{}, fmt.Errorf("reading member %s: %w", m, err)
	}
	who := wire.Member{ID: row.ID, Number: row.Number, Since: row.CreatedAt}
	if who.Name, err = s.open(row, "name", row.Name); err != nil {
		return wire.Member{}, err
	}
	if who.Phone, err = s.open(row, "phone", row.Phone); err != nil {
		return wire.Member{}, err
	}
	who.Vehicles, err = s.vehicles(ctx, q, m)
	return who, err
}

// open opens a field of a member; what is NULL is "".
func (s *Store) open(row memberRow, column string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := s.Vault.Open(memberCell(column, row.ID), sealed)
	if err != nil {
		return "", fmt.Errorf("opening the %s of member %s: %w", column, row.Number, err)
	}
	return string(plain), nil
}

// maxBrief bounds how many members one question names; more are asked in
// several.
const maxBrief = 500

// Brief is members as lists of agents name them, by id. Whoever is no member
// is not in it.
func (s *Store) Brief(ctx context.Context, q sqlx.QueryerContext, ids ...id.Member) (map[id.Member]wire.MemberBrief, error) {
	found := make(map[id.Member]wire.MemberBrief, len(ids))
	for part := range slices.Chunk(ids, maxBrief) {
		if err := s.brief(ctx, q, part, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) brief(ctx context.Context, q sqlx.QueryerContext, ids []id.Member, into map[id.Member]wire.MemberBrief) error {
	query, args, err := sqlx.In("SELECT id, number, name FROM member WHERE id IN (?)", ids)
	if err != nil {
		return fmt.Errorf("listing members: %w", err)
	}
	var rows []memberRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return fmt.Errorf("listing members: %w", err)
	}
	for _, row := range rows {
		name, err := s.open(row, "name", row.Name)
		if err != nil {
			return err
		}
		into[row.ID] = wire.MemberBrief{ID: row.ID, Number: row.Number, Name: MaskName(name)}
	}
	return nil
}

// Phone is a member's number, 11 digits, for telling them something.
func (s *Store) Phone(ctx context.Context, q sqlx.QueryerContext, m id.Member) (string, error) {
	row := memberRow{ID: m}
	err := sqlx.GetContext(ctx, q, &row, "SELECT id, number, phone FROM member WHERE id = ?", m)
	if errors.Is(err, sql.ErrNoRows) {
		return "", wire.NewProblem(wire.ProblemNotFound, "no such member")
	}
	if err != nil {
		return "", fmt.Errorf("reading the number of member %s: %w", m, err)
	}
	return s.open(row, "phone", row.Phone)
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
	var sealed []byte
	if name != "" {
		sealed = s.Vault.Seal(memberCell("name", who.Member), []byte(name))
	}
	return s.change(ctx, "renaming a member", who.Member, func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE member SET name = ? WHERE id = ?", sealed, who.Member); err != nil {
			return fmt.Errorf("writing a name: %w", err)
		}
		return nil
	})
}

// change runs fn with a member's row locked, and returns the member afterwards.
func (s *Store) change(ctx context.Context, what string, m id.Member, fn func(context.Context, *mysql.Tx) error) (wire.Member, error) {
	var after wire.Member
	err := s.DB.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		var one int
		err := tx.GetContext(ctx, &one, "SELECT 1 FROM member WHERE id = ? FOR UPDATE", m)
		if errors.Is(err, sql.ErrNoRows) {
			return wire.NewProblem(wire.ProblemNotFound, "no such member")
		}
		if err != nil {
			return fmt.Errorf("locking member %s: %w", m, err)
		}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		after, err = s.Load(ctx, tx, m)
		return err
	})
	return after, err
}

// FindByPhone is whose number it is; found is false if nobody's. A number that
// is none is wire.ProblemPhoneRefused.
func (s *Store) FindByPhone(ctx context.Context, q sqlx.QueryerContext, phone string) (m id.Member, found bool, err error) {
	number, err := NormalPhone(phone)
	if err != nil {
		return m, false, err
	}
	index := s.phoneIndex(number)
	err = sqlx.GetContext(ctx, q, &m, "SELECT id FROM member WHERE phone_index = ?", index[:])
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("finding a phone number: %w", err)
	}
	return m, true, nil
}

// maxSharers bounds how many members of one plate are told of.
const maxSharers = 20

// FindByPlate is who has a plate, whoever entered it first leading. A plate
// that is none is wire.ProblemPlateRefused.
func (s *Store) FindByPlate(ctx context.Context, q sqlx.QueryerContext, plate string) ([]id.Member, error) {
	normal, _, err := NormalPlate(plate)
	if err != nil {
		return nil, err
	}
	index := s.Vault.Blind(purposePlate, normal)
	var members []id.Member
	err = sqlx.SelectContext(ctx, q, &members, "SELECT member FROM vehicle WHERE plate_index = ? ORDER BY created_at, id LIMIT ?",
		index[:], maxSharers)
	if err != nil {
		return nil, fmt.Errorf("finding a plate: %w", err)
	}
	return members, nil
}
