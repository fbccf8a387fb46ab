package staff

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// holdStations locks stations, in ascending order, so that who works at one
// changes one act at a time: two heads cannot each take the other's role away,
// and two people cannot be given one number.
func holdStations(ctx context.Context, tx *mysql.Tx, stations ...id.Station) error {
	stations = distinct(stations)
	query, args, err := sqlx.In("SELECT id FROM station WHERE id IN (?) ORDER BY id FOR UPDATE", stations)
	if err != nil {
		return fmt.Errorf("holding stations: %w", err)
	}
	var held []id.Station
	if err := tx.SelectContext(ctx, &held, query, args...); err != nil {
		return fmt.Errorf("holding stations: %w", err)
	}
	if len(held) != len(stations) {
		return wire.NewProblem(wire.ProblemNotFound, "there is no such station")
	}
	return nil
}

// distinct is stations in ascending order, none twice.
func distinct(stations []id.Station) []id.Station {
	sorted := slices.Clone(stations)
	slices.SortFunc(sorted, func(a, b id.Station) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(sorted)
}

// numberFree refuses a number that somebody other than who signs in with at
// one of the stations, which the caller holds: one who works there, or a
// group's manager who may come there.
func numberFree(ctx context.Context, tx *mysql.Tx, number string, who id.Staff, stations ...id.Station) error {
	if len(stations) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`SELECT EXISTS (SELECT 1 FROM staff WHERE number = ? AND id <> ? AND station IN (?))
		OR EXISTS (SELECT 1 FROM staff_station g JOIN staff p ON p.id = g.staff WHERE p.number = ? AND p.id <> ? AND g.station IN (?))`,
		number, who, stations, number, who, stations)
	if err != nil {
		return fmt.Errorf("looking who has number %s: %w", number, err)
	}
	var found bool
	if err := tx.GetContext(ctx, &found, query, args...); err != nil {
		return fmt.Errorf("looking who has number %s: %w", number, err)
	}
	if found {
		return taken(number)
	}
	return nil
}

// grants is the further stations of a group's manager, ascending.
func grants(ctx context.Context, q sqlx.QueryerContext, who id.Staff) ([]id.Station, error) {
	var list []id.Station
	err := sqlx.SelectContext(ctx, q, &list, "SELECT station FROM staff_station WHERE staff = ? ORDER BY station", who)
	if err != nil {
		return nil, fmt.Errorf("reading the stations of staff %s: %w", who, err)
	}
	return list, nil
}

// setGrants replaces them.
func setGrants(ctx context.Context, tx *mysql.Tx, who id.Staff, stations []id.Station) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM staff_station WHERE staff = ?", who); err != nil {
		return fmt.Errorf("changing the stations of staff %s: %w", who, err)
	}
	for _, at := range stations {
		if _, err := tx.ExecContext(ctx, "INSERT INTO staff_station (staff, station) VALUES (?, ?)", who, at); err != nil {
			return fmt.Errorf("changing the stations of staff %s: %w", who, err)
		}
	}
	return nil
}

// Reach is the stations at which somebody may give and take: their own, and of
// a group manager all that they have.
func Reach(ctx context.Context, q sqlx.QueryerContext, by Actor) ([]id.Station, error) {
	if by.Role != wire.RoleGroup {
		return []id.Station{by.Station}, nil
	}
	var home id.Station
	if err := sqlx.GetContext(ctx, q, &home, "SELECT station FROM staff WHERE id = ?", by.Staff); err != nil {
		return nil, fmt.Errorf("reading the station of staff %s: %w", by.Staff, err)
	}
	further, err := grants(ctx, q, by.Staff)
	return append(further, home), err
}

// reaches refuses what is beyond the stations of whoever acts: else a head
// could give themselves, or a manager whose password they set, another's
// station. An act without a person is the operator's, who may all.
func reaches(ctx context.Context, tx *mysql.Tx, by Actor, stations ...id.Station) error {
	if by.Staff.IsZero() {
		return nil
	}
	reach, err := Reach(ctx, tx, by)
	if err != nil {
		return err
	}
	for _, at := range stations {
		if !slices.Contains(reach, at) {
			return wire.NewProblem(wire.ProblemForbidden, "station "+at.String()+" is not theirs to give or take")
		}
	}
	return nil
}
