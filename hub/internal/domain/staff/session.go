package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// tokenPrefix tells a session's token from a device's, for people and for
	// scanners that look for leaked secrets.
	tokenPrefix = "fcs_"
	// touchEvery is how exactly the last use of a session is known; writing
	// it on every request would make reading a write.
	touchEvery = time.Minute
)

// Resolve is who a session's token belongs to, or wire.ProblemUnauthorized.
// While the database is away it answers for those seen in the last minutes.
func (s *Store) Resolve(ctx context.Context, token string) (Actor, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "not a session token")
	}
	hash := sha256.Sum256([]byte(token))
	row, err := s.session(ctx, hash)
	switch {
	case err == nil:
		s.known.Remember(hash, row.actor(), row.ExpiresAt)
		return row.actor(), s.touch(ctx, hash, row.SeenAt)
	case errors.Is(err, sql.ErrNoRows):
		s.known.Forget(hash)
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such session, or it has ended")
	case mysql.Unavailable(err):
		if actor, ok := s.known.Recall(hash); ok {
			return actor, nil
		}
	}
	return Actor{}, fmt.Errorf("finding a session: %w", err)
}

// sessionRow is an open session and whose it is.
type sessionRow struct {
	Staff        id.Staff
	Number, Name string
	Role         wire.Role
	Station      id.Station
	Device       id.Device
	SeenAt       time.Time `db:"seen_at"`
	ExpiresAt    time.Time `db:"expires_at"`
}

func (r sessionRow) actor() Actor {
	return Actor{Staff: r.Staff, Number: r.Number, Name: r.Name, Role: r.Role, Station: r.Station, Device: r.Device}
}

func (s *Store) session(ctx context.Context, hash [sha256.Size]byte) (sessionRow, error) {
	var row sessionRow
	now := s.Now()
	err := s.DB.GetContext(ctx, &row, `SELECT o.staff, p.number, p.name, p.role, p.station, o.device, o.seen_at, o.expires_at
		FROM staff_session o JOIN staff p ON p.id = o.staff
		WHERE o.token_hash = ? AND o.expires_at > ? AND o.seen_at > ? AND p.active = 1`,
		hash[:], now, now.Add(-s.Rules.Idle))
	return row, err
}

// touch notes that a session is in use.
func (s *Store) touch(ctx context.Context, hash [sha256.Size]byte, seenAt time.Time) error {
	now := s.Now()
	if now.Sub(seenAt) < touchEvery {
		return nil
	}
	_, err := s.DB.ExecContext(ctx, "UPDATE staff_session SET seen_at = ? WHERE token_hash = ?", now, hash[:])
	if err != nil && !mysql.Unavailable(err) {
		return fmt.Errorf("noting the use of a session: %w", err)
	}
	return nil // a use that is not noted ends the session a little sooner
}

// Logout ends the session of a token. Ending it twice is no error.
func (s *Store) Logout(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	s.known.Forget(hash)
	if _, err := s.DB.ExecContext(ctx, "DELETE FROM staff_session WHERE token_hash = ?", hash[:]); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// EndDevice ends every session opened at a device, as part of tx, when the
// device is revoked.
func (s *Store) EndDevice(ctx context.Context, tx *mysql.Tx, device id.Device) error {
	return endSessions(ctx, tx, "device", device)
}

// endSessions ends the sessions whose column (staff or device) is key.
func endSessions(ctx context.Context, tx *mysql.Tx, column string, key any) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM staff_session WHERE "+column+" = ?", key); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// SignedIn is a person at a till.
type SignedIn struct {
	Staff  id.Staff
	Device id.Device
}

// Open is everybody with an open session, for ending the sockets of others.
func (s *Store) Open(ctx context.Context) (map[SignedIn]bool, error) {
	var rows []SignedIn
	now := s.Now()
	err := s.DB.SelectContext(ctx, &rows, `SELECT DISTINCT o.staff, o.device
		FROM staff_session o JOIN staff p ON p.id = o.staff
		WHERE o.expires_at > ? AND o.seen_at > ? AND p.active = 1`, now, now.Add(-s.Rules.Idle))
	if err != nil {
		return nil, fmt.Errorf("listing open sessions: %w", err)
	}
	open := make(map[SignedIn]bool, len(rows))
	for _, row := range rows {
		open[row] = true
	}
	return open, nil
}
