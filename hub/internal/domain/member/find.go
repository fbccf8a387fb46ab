package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

// find is who a unique column names; found is false if nobody.
func find(ctx context.Context, q sqlx.QueryerContext, column string, value any) (m id.Member, found bool, err error) {
	err = sqlx.GetContext(ctx, q, &m, "SELECT id FROM member WHERE "+column+" = ?", value)
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("finding a member by %s: %w", column, err)
	}
	return m, true, nil
}

// FindByNumber is whose member number it is, erased or not; found is false if
// nobody's. What is no number is wire.ProblemBadRequest.
func (s *Store) FindByNumber(ctx context.Context, q sqlx.QueryerContext, typed string) (m id.Member, found bool, err error) {
	number, err := NormalNumber(typed)
	if err != nil {
		return m, false, err
	}
	return find(ctx, q, "number", number)
}

// FindByPhone is whose number it is; found is false if nobody's. A number that
// is none is wire.ProblemPhoneRefused.
func (s *Store) FindByPhone(ctx context.Context, q sqlx.QueryerContext, typed string) (m id.Member, found bool, err error) {
	phone, err := NormalPhone(typed)
	if err != nil {
		return m, false, err
	}
	index := s.phoneIndex(phone)
	return find(ctx, q, "phone_index", index[:])
}

// FindByIDNumber is whose ID number it is; found is false if nobody's, or if
// its owner does not want it kept. What is none is wire.ProblemIDNumber.
func (s *Store) FindByIDNumber(ctx context.Context, q sqlx.QueryerContext, typed string) (m id.Member, found bool, err error) {
	number, err := NormalIDNumber(typed)
	if err != nil {
		return m, false, err
	}
	index := s.Keys.Blind(purposeIDNumber, number)
	return find(ctx, q, "id_number_index", index[:])
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
	index := s.Keys.Blind(purposePlate, normal)
	var members []id.Member
	err = sqlx.SelectContext(ctx, q, &members, "SELECT member FROM vehicle WHERE plate_index = ? ORDER BY created_at, id LIMIT ?",
		index[:], maxSharers)
	if err != nil {
		return nil, fmt.Errorf("finding a plate: %w", err)
	}
	return members, nil
}

// Newest lists the members who joined before one, zero meaning all: newest
// first, at most limit, without who was erased.
func (s *Store) Newest(ctx context.Context, q sqlx.QueryerContext, before id.Member, limit int) ([]id.Member, error) {
	where, args := "erased_at IS NULL", []any{}
	if !before.IsZero() {
		where, args = where+" AND id < ?", append(args, before)
	}
	var members []id.Member
	err := sqlx.SelectContext(ctx, q, &members, "SELECT id FROM member WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("listing the newest members: %w", err)
	}
	return members, nil
}
