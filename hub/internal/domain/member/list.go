package member

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxBrief bounds how many members one question names; more are asked in
// several.
const maxBrief = 500

// Brief is members as lists of agents name them, by id. Whoever is no member
// is not in it; who was erased has a number and no name.
func (s *Store) Brief(ctx context.Context, q sqlx.QueryerContext, ids ...id.Member) (map[id.Member]wire.MemberBrief, error) {
	found := make(map[id.Member]wire.MemberBrief, len(ids))
	err := s.each(ctx, q, ids, func(row memberRow, keys keyring.Keys) error {
		brief := wire.MemberBrief{ID: row.ID, Number: row.Number}
		if key := keys[row.ID]; key != nil {
			name, err := row.open(key, "name", row.Name)
			if err != nil {
				return err
			}
			brief.Name = MaskName(name)
		}
		found[row.ID] = brief
		return nil
	})
	return found, err
}

// Rows is members as lists of the office show them: name and plates in clear,
// the phone masked, in the order asked. Whoever was erased, or is no member, is
// left out. However many there are, each table is asked once a chunk.
func (s *Store) Rows(ctx context.Context, q sqlx.QueryerContext, ms ...id.Member) ([]wire.MemberRow, error) {
	found := make(map[id.Member]*wire.MemberRow, len(ms))
	known := make(keyring.Keys, len(ms))
	err := s.each(ctx, q, ms, func(row memberRow, keys keyring.Keys) error {
		key := keys[row.ID]
		if key == nil || row.ErasedAt.Valid {
			return nil
		}
		name, err := row.open(key, "name", row.Name)
		if err != nil {
			return err
		}
		phone, err := row.open(key, "phone", row.Phone)
		if err != nil {
			return err
		}
		known[row.ID] = key
		found[row.ID] = &wire.MemberRow{ID: row.ID, Number: row.Number, Name: name, Phone: MaskPhone(phone)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.plates(ctx, q, known, found); err != nil {
		return nil, err
	}
	habits, err := s.HabitBrief(ctx, q, ms...)
	if err != nil {
		return nil, err
	}
	rows := make([]wire.MemberRow, 0, len(found))
	for _, m := range ms {
		if row := found[m]; row != nil {
			row.Refuels, row.LastAt = habits[m].Refuels, habits[m].LastAt
			rows = append(rows, *row)
		}
	}
	return rows, nil
}

// each reads members and their keys, a chunk at a time.
func (s *Store) each(ctx context.Context, q sqlx.QueryerContext, ms []id.Member, do func(memberRow, keyring.Keys) error) error {
	for part := range slices.Chunk(ms, maxBrief) {
		query, args, err := sqlx.In("SELECT "+memberColumns+" FROM member WHERE id IN (?)", part)
		if err != nil {
			return fmt.Errorf("listing members: %w", err)
		}
		var rows []memberRow
		if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
			return fmt.Errorf("listing members: %w", err)
		}
		keys, err := s.Keys.MemberKeys(ctx, q, part...)
		if err != nil {
			return fmt.Errorf("reading members' keys: %w", err)
		}
		for _, row := range rows {
			if err := do(row, keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// plates fills in the plates of members whose keys are known, oldest first.
func (s *Store) plates(ctx context.Context, q sqlx.QueryerContext, known keyring.Keys, into map[id.Member]*wire.MemberRow) error {
	var all []id.Member
	for m := range known {
		all = append(all, m)
	}
	for part := range slices.Chunk(all, maxBrief) {
		query, args, err := sqlx.In("SELECT id, member, plate FROM vehicle WHERE member IN (?) ORDER BY created_at, id", part)
		if err != nil {
			return fmt.Errorf("listing plates: %w", err)
		}
		var rows []vehicleRow
		if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
			return fmt.Errorf("listing plates: %w", err)
		}
		for _, row := range rows {
			plate, err := openCell(known[row.Member], vehicleCell("plate", row.ID), row.Plate)
			if err != nil {
				return err
			}
			into[row.Member].Plates = append(into[row.Member].Plates, plate)
		}
	}
	return nil
}
