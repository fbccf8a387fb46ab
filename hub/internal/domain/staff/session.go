package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"forecourt/hub/internal/platform/audit"
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
	// clockSlack is how far ahead of the clock a session may have been opened.
	// One from further ahead was opened while the clock was wrong, and would
	// last until it is that late.
	clockSlack = time.Minute
)

// Resolve is who a session's token belongs to, or wire.ProblemUnauthorized.
// While the database is away it answers for those seen in the last minutes.
func (s *Store) Resolve(ctx context.Context, token string) (Actor, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "not a session token")
	}
	hash := sha256.Sum256([]byte(token))
	row, actor, err := s.session(ctx, hash)
	switch {
	case err == nil:
		s.known.Remember(hash, actor, row.ExpiresAt)
		return actor, s.touch(ctx, hash, row.SeenAt)
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
	ID         id.Session
	Staff      id.Staff
	Number     string
	Name       []byte
	Role       wire.Role
	Station    id.Station
	Device     id.Device
	MustChange bool `db:"must_change"`
	Factor     bool
	SeenAt     time.Time `db:"seen_at"`
	ExpiresAt  time.Time `db:"expires_at"`
}

// valid is the condition of a session o that is open, and its values.
const valid = "o.expires_at > ? AND o.seen_at > ? AND o.created_at <= ? AND p.active = 1"

func (s *Store) validAt() []any {
	now := s.Now()
	return []any{now, now.Add(-s.Rules.Idle), now.Add(clockSlack)}
}

func (s *Store) session(ctx context.Context, hash [sha256.Size]byte) (sessionRow, Actor, error) {
	var r sessionRow
	err := s.DB.GetContext(ctx, &r, `SELECT o.id, o.staff, p.number, p.name, p.role, o.station, o.device,
			p.must_change, p.totp_at IS NOT NULL AS factor, o.seen_at, o.expires_at
		FROM staff_session o JOIN staff p ON p.id = o.staff
		WHERE o.token_hash = ? AND `+valid, append([]any{hash[:]}, s.validAt()...)...)
	if err != nil {
		return r, Actor{}, err
	}
	name, err := s.openName(r.Staff, r.Name)
	return r, Actor{
		Staff: r.Staff, Number: r.Number, Name: name, Role: r.Role, Station: r.Station, Device: r.Device,
		Session: r.ID, Must: s.Rules.must(r.Role, r.MustChange, r.Factor),
	}, err
}

// touch notes that a session is in use.
func (s *Store) touch(ctx context.Context, hash [sha256.Size]byte, seenAt time.Time) error {
	now := s.Now()
	if now.Sub(seenAt) < touchEvery {
		return nil
	}
	_, err := s.DB.ExecContext(ctx, `UPDATE staff_session o JOIN staff p ON p.id = o.staff
		SET o.seen_at = ?, p.seen_at = ? WHERE o.token_hash = ?`, now, now, hash[:])
	if err != nil && !mysql.Unavailable(err) {
		return fmt.Errorf("noting the use of a session: %w", err)
	}
	return nil // a use that is not noted ends the session a little sooner
}

// Logout ends the session of a token. Ending it twice is no error.
func (s *Store) Logout(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	s.known.Forget(hash)
	return s.DB.InTx(ctx, "ending a session", func(ctx context.Context, tx *mysql.Tx) error {
		var row struct {
			ID      id.Session
			Staff   id.Staff
			Station id.Station
			Device  id.Device
		}
		err := tx.GetContext(ctx, &row, "SELECT id, staff, station, device FROM staff_session WHERE token_hash = ? FOR UPDATE", hash[:])
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("finding a session: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM staff_session WHERE token_hash = ?", hash[:]); err != nil {
			return fmt.Errorf("ending a session: %w", err)
		}
		return audit.Write(ctx, tx, audit.Row{
			At: s.now(), Station: row.Station, Staff: row.Staff, Action: actionLogout,
			Object: objectSession, ObjectID: row.ID.String(), Result: audit.OK, Note: "device " + row.Device.String(),
		})
	})
}

// EndDevice ends every session opened at a device, as part of tx, when the
// device is revoked.
func (s *Store) EndDevice(ctx context.Context, tx *mysql.Tx, device id.Device) error {
	return s.endSessions(ctx, tx, "device = ?", device)
}

// endSessions ends the sessions that a condition picks; who is signed in there
// is known no more, and their sockets end, once that is committed.
func (s *Store) endSessions(ctx context.Context, tx *mysql.Tx, condition string, args ...any) error {
	var rows []struct {
		Hash []byte `db:"token_hash"`
		SignedIn
	}
	err := tx.SelectContext(ctx, &rows, "SELECT token_hash, staff, device FROM staff_session WHERE "+condition+" FOR UPDATE", args...)
	if err != nil {
		return fmt.Errorf("finding sessions to end: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM staff_session WHERE "+condition, args...); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	tx.AfterCommit(func() {
		for _, row := range rows {
			s.known.Forget([sha256.Size]byte(row.Hash))
			s.tellEnded(row.SignedIn)
		}
	})
	return nil
}

func (s *Store) tellEnded(who SignedIn) {
	s.mu.Lock()
	fns := s.ended
	s.mu.Unlock()
	for _, fn := range fns {
		fn(who.Device, who.Staff)
	}
}

// SignedIn is a person at a till.
type SignedIn struct {
	Staff  id.Staff
	Device id.Device
}

// Open is everybody with an open session, for ending the sockets of others.
func (s *Store) Open(ctx context.Context) (map[SignedIn]bool, error) {
	var rows []SignedIn
	err := s.DB.SelectContext(ctx, &rows, `SELECT DISTINCT o.staff, o.device
		FROM staff_session o JOIN staff p ON p.id = o.staff WHERE `+valid, s.validAt()...)
	if err != nil {
		return nil, fmt.Errorf("listing open sessions: %w", err)
	}
	open := make(map[SignedIn]bool, len(rows))
	for _, row := range rows {
		open[row] = true
	}
	return open, nil
}
