package staff

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// memberRow is somebody as a head sees them, as stored.
type memberRow struct {
	ID           id.Staff
	Number       string
	Name         []byte
	Role         wire.Role
	Active       bool
	SecondFactor bool         `db:"second_factor"`
	SeenAt       sql.NullTime `db:"seen_at"`
	BlockedUntil sql.NullTime `db:"blocked_until"`
}

// Members is everybody who signs in at a station, by number: those who work
// there, and group managers who may come there.
func (s *Store) Members(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]wire.StaffMember, error) {
	return s.members(ctx, q, at, "")
}

// Member is one of them, or wire.ProblemNotFound.
func (s *Store) Member(ctx context.Context, q sqlx.QueryerContext, at id.Station, who id.Staff) (wire.StaffMember, error) {
	list, err := s.members(ctx, q, at, "AND p.id = ?", who)
	if err != nil {
		return wire.StaffMember{}, err
	}
	if len(list) == 0 {
		return wire.StaffMember{}, nobody(who)
	}
	return list[0], nil
}

func (s *Store) members(ctx context.Context, q sqlx.QueryerContext, at id.Station, and string, args ...any) ([]wire.StaffMember, error) {
	var rows []memberRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT p.id, p.number, p.name, p.role, p.active, p.totp_at IS NOT NULL AS second_factor,
			p.seen_at, f.blocked_until
		FROM staff p LEFT JOIN login_failure f ON f.scope = CONCAT(?, p.number)
		WHERE (p.station = ? OR EXISTS (SELECT 1 FROM staff_station g WHERE g.staff = p.id AND g.station = ?)) `+and+`
		ORDER BY p.number`, append([]any{numberScope(at, "").name, at, at}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("listing staff: %w", err)
	}
	further, err := stationsOf(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	list := make([]wire.StaffMember, len(rows))
	for i, r := range rows {
		name, err := s.openName(r.ID, r.Name)
		if err != nil {
			return nil, err
		}
		list[i] = wire.StaffMember{
			ID: r.ID, Number: r.Number, Name: name, Role: r.Role, Active: r.Active, SecondFactor: r.SecondFactor,
			SeenAt: r.SeenAt.Time, Stations: further[r.ID],
		}
		if wait := r.BlockedUntil.Time.Sub(s.Now()); wait > 0 && wait <= waitLimit {
			list[i].LockedUntil = r.BlockedUntil.Time
		}
	}
	return list, nil
}

// stationsOf is the further stations of group managers, by name.
func stationsOf(ctx context.Context, q sqlx.QueryerContext, rows []memberRow) (map[id.Staff][]wire.StationName, error) {
	var managers []id.Staff
	for _, r := range rows {
		if r.Role == wire.RoleGroup {
			managers = append(managers, r.ID)
		}
	}
	if len(managers) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(`SELECT g.staff, t.id, t.name FROM staff_station g JOIN station t ON t.id = g.station
		WHERE g.staff IN (?) ORDER BY t.name, t.id`, managers)
	if err != nil {
		return nil, fmt.Errorf("listing the stations of managers: %w", err)
	}
	var found []struct {
		Staff id.Staff
		ID    id.Station
		Name  string
	}
	if err := sqlx.SelectContext(ctx, q, &found, query, args...); err != nil {
		return nil, fmt.Errorf("listing the stations of managers: %w", err)
	}
	cards := map[id.Staff][]wire.StationName{}
	for _, f := range found {
		cards[f.Staff] = append(cards[f.Staff], wire.StationName{ID: f.ID, Name: f.Name})
	}
	return cards, nil
}

// maxSessions bounds a list of sessions; a station has a few tills.
const maxSessions = 1000

// Sessions is every open session at a station, last used first; own is the one
// of whoever asks.
func (s *Store) Sessions(ctx context.Context, q sqlx.QueryerContext, at id.Station, own id.Session) (wire.StaffSessionList, error) {
	var rows []struct {
		ID         id.Session
		Staff      id.Staff
		Number     string
		Name       []byte
		Role       wire.Role
		Device     id.Device
		DeviceName sql.NullString `db:"device_name"`
		CreatedAt  time.Time      `db:"created_at"`
		SeenAt     time.Time      `db:"seen_at"`
	}
	args := append([]any{at}, s.validAt()...)
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT o.id, o.staff, p.number, p.name, p.role, o.device, d.name AS device_name, o.created_at, o.seen_at
		FROM staff_session o JOIN staff p ON p.id = o.staff LEFT JOIN device d ON d.id = o.device
		WHERE o.station = ? AND `+valid+` ORDER BY o.seen_at DESC, o.id LIMIT ?`, append(args, maxSessions)...)
	if err != nil {
		return wire.StaffSessionList{}, fmt.Errorf("listing sessions: %w", err)
	}
	list := wire.StaffSessionList{Sessions: make([]wire.StaffSession, len(rows))}
	for i, r := range rows {
		name, err := s.openName(r.Staff, r.Name)
		if err != nil {
			return wire.StaffSessionList{}, err
		}
		list.Sessions[i] = wire.StaffSession{
			ID: r.ID, Staff: r.Staff, Number: r.Number, Name: name, Role: r.Role, Device: r.Device, DeviceName: r.DeviceName.String,
			Since: r.CreatedAt, SeenAt: r.SeenAt, Own: r.ID == own,
		}
	}
	return list, nil
}

// Table is the permission table, for screens.
func Table() wire.Permissions {
	table := wire.Permissions{Roles: Roles()}
	for _, action := range Actions() {
		table.Rows = append(table.Rows, wire.Permission{Action: string(action), Roles: allowed(action)})
	}
	return table
}
