package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const personColumns = "p.id AS staff, p.station, p.number, p.name AS sealed, p.role, p.active"

// personRow is a Person as stored.
type personRow struct {
	Person
	Sealed []byte
}

// opened is rows with their names.
func (s *Store) opened(rows []personRow) ([]Person, error) {
	people := make([]Person, len(rows))
	for i, row := range rows {
		name, err := s.openName(row.Staff, row.Sealed)
		if err != nil {
			return nil, err
		}
		people[i] = row.Person
		people[i].Name = name
	}
	return people, nil
}

// List is the staff of a station by number.
func (s *Store) List(ctx context.Context, station id.Station) ([]Person, error) {
	return s.At(ctx, s.DB, station)
}

// At is the staff of a station by number, as of a snapshot or a transaction.
func (s *Store) At(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Person, error) {
	var rows []personRow
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+personColumns+" FROM staff p WHERE p.station = ? ORDER BY p.number", station)
	if err != nil {
		return nil, fmt.Errorf("listing staff: %w", err)
	}
	return s.opened(rows)
}

// One is somebody of any station, or wire.ProblemNotFound.
func (s *Store) One(ctx context.Context, q sqlx.QueryerContext, who id.Staff) (Person, error) {
	var row personRow
	err := sqlx.GetContext(ctx, q, &row, "SELECT "+personColumns+" FROM staff p WHERE p.id = ?", who)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, wire.NewProblem(wire.ProblemNotFound, "nobody is staff "+who.String())
	}
	if err != nil {
		return Person{}, fmt.Errorf("reading staff %s: %w", who, err)
	}
	people, err := s.opened([]personRow{row})
	if err != nil {
		return Person{}, err
	}
	return people[0], nil
}

// maxNames bounds how many people one question names.
const maxNames = 500

// Names is people by id, for lists that name them; who is not there is not in it.
func (s *Store) Names(ctx context.Context, q sqlx.QueryerContext, ids ...id.Staff) (map[id.Staff]Person, error) {
	found := make(map[id.Staff]Person, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), maxNames)]
		ids = ids[len(part):]
		query, args, err := sqlx.In("SELECT "+personColumns+" FROM staff p WHERE p.id IN (?)", part)
		if err != nil {
			return nil, fmt.Errorf("naming staff: %w", err)
		}
		var rows []personRow
		if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("naming staff: %w", err)
		}
		people, err := s.opened(rows)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			found[p.Staff] = p
		}
	}
	return found, nil
}
