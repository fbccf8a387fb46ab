package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What follows is for whoever has the hub's machine: it asks no role. Each act
// names somebody by the number they sign in with at a station, and is on the
// log in its transaction.

// Enter enters somebody.
func (s *Store) Enter(ctx context.Context, p NewPerson) (id.Staff, error) {
	p, err := s.Ready(ctx, p)
	if err != nil {
		return id.Staff{}, err
	}
	key := id.New[id.Staff](s.IDs)
	err = s.DB.InTx(ctx, "entering staff", func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := s.AddAs(ctx, tx, key, p); err != nil {
			return err
		}
		return s.operated(ctx, tx, p.Station, ActionAdd, key)
	})
	return key, err
}

// SetPassword gives somebody a new password and ends their sessions and waits.
// With mustChange they choose another when they next sign in.
func (s *Store) SetPassword(ctx context.Context, station id.Station, number, password string, mustChange bool) error {
	who, err := s.numbered(ctx, station, number)
	if err != nil {
		return err
	}
	hash, err := s.GivenPassword(ctx, who, password)
	if err != nil {
		return err
	}
	return s.operate(ctx, station, who, ActionPassword, func(ctx context.Context, tx *mysql.Tx, t target) error {
		return s.renew(ctx, tx, t, hash, mustChange, false)
	})
}

// SetActive lets somebody sign in, or no longer; it ends their sessions and
// waits.
func (s *Store) SetActive(ctx context.Context, station id.Station, number string, active bool) error {
	who, err := s.numbered(ctx, station, number)
	if err != nil {
		return err
	}
	return s.operate(ctx, station, who, ActionChange, func(ctx context.Context, tx *mysql.Tx, t target) error {
		if !active && t.Active && t.Role == wire.RoleHead {
			if err := anotherHead(ctx, tx, t); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE staff SET active = ? WHERE id = ?", active, who); err != nil {
			return fmt.Errorf("changing staff %s: %w", number, err)
		}
		if err := forgive(ctx, tx, numberScope(station, number)); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, "staff = ?", who)
	})
}

// SetStations says which further stations a group's manager may come to.
func (s *Store) SetStations(ctx context.Context, station id.Station, number string, further []id.Station) error {
	who, err := s.numbered(ctx, station, number)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, "changing a manager's stations", func(ctx context.Context, tx *mysql.Tx) error {
		person, err := s.One(ctx, tx, who)
		if err != nil {
			return err
		}
		req := wire.StaffRequest{Name: person.Name, Role: person.Role, Active: person.Active, Stations: slices.Clone(further)}
		if err := s.Change(ctx, tx, Actor{Station: station}, who, req); err != nil {
			return err
		}
		return s.operated(ctx, tx, station, ActionChange, who)
	})
}

// DropSecondFactor takes somebody's second factor away, and ends their sessions.
func (s *Store) DropSecondFactor(ctx context.Context, station id.Station, number string) error {
	who, err := s.numbered(ctx, station, number)
	if err != nil {
		return err
	}
	return s.operate(ctx, station, who, ActionFactor, func(ctx context.Context, tx *mysql.Tx, _ target) error {
		if err := dropFactor(ctx, tx, who); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, "staff = ?", who)
	})
}

// EndSessions ends somebody's sessions, wherever they are.
func (s *Store) EndSessions(ctx context.Context, station id.Station, number string) error {
	who, err := s.numbered(ctx, station, number)
	if err != nil {
		return err
	}
	return s.operate(ctx, station, who, ActionEndSession, func(ctx context.Context, tx *mysql.Tx, _ target) error {
		return s.endSessions(ctx, tx, "staff = ?", who)
	})
}

// numbered is who signs in with a number at a station, also if they no longer
// may.
func (s *Store) numbered(ctx context.Context, station id.Station, number string) (id.Staff, error) {
	var who id.Staff
	err := s.DB.GetContext(ctx, &who, `SELECT p.id FROM staff p WHERE p.number = ? AND
		(p.station = ? OR EXISTS (SELECT 1 FROM staff_station g WHERE g.staff = p.id AND g.station = ?))`, number, station, station)
	if errors.Is(err, sql.ErrNoRows) {
		return who, wire.NewProblem(wire.ProblemNotFound, "nobody has staff number "+number)
	}
	if err != nil {
		return who, fmt.Errorf("finding staff %s: %w", number, err)
	}
	return who, nil
}

// operate does an act on somebody, held, with its row of the log.
func (s *Store) operate(ctx context.Context, at id.Station, who id.Staff, action string, do func(context.Context, *mysql.Tx, target) error) error {
	return s.DB.InTx(ctx, action, func(ctx context.Context, tx *mysql.Tx) error {
		if err := holdStations(ctx, tx, at); err != nil {
			return err
		}
		t, err := hold(ctx, tx, at, who)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, t); err != nil {
			return err
		}
		return s.operated(ctx, tx, at, action, who)
	})
}
