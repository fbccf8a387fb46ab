package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/token"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Failed logins in a row that cost no wait. A till is shared by a shift, so it
// has more of them than a number.
const (
	freeByNumber = 4
	freeByDevice = 20
)

// The wait after one failure more, doubled by each further one up to a limit
// that a person can sit out and a guesser cannot.
const (
	firstWait = 5 * time.Second
	waitLimit = 15 * time.Minute
	// forgetAfter is when failures count no longer.
	forgetAfter = 24 * time.Hour
)

// waitAfter is how long the next try must wait after n failures in a row.
func waitAfter(n, free int) time.Duration {
	if n <= free {
		return 0
	}
	wait := firstWait
	for i := free + 1; i < n && wait < waitLimit; i++ {
		wait *= 2
	}
	return min(wait, waitLimit)
}

// scope is what failures are counted for.
type scope struct {
	name string
	free int
}

func numberScope(station id.Station, number string) scope {
	return scope{"number/" + station.String() + "/" + number, freeByNumber}
}

func deviceScope(device id.Device) scope {
	return scope{"device/" + device.String(), freeByDevice}
}

// Login opens a session for somebody who knows their number and password. It
// answers wire.ProblemLoginRefused, the same and after the same work whichever
// of the two was wrong, or wire.ProblemTooMany while a wait runs.
func (s *Store) Login(ctx context.Context, device DeviceActor, req wire.LoginRequest) (wire.Session, error) {
	if len(req.Number) > 4*maxNumber || len(req.Password) > maxPassword {
		return wire.Session{}, wire.NewProblem(wire.ProblemLoginRefused, "too long")
	}
	scopes := []scope{deviceScope(device.Device), numberScope(device.Station, req.Number)}
	if err := s.countTry(ctx, scopes); err != nil {
		return wire.Session{}, err
	}
	who, err := s.find(ctx, device.Station, req.Number)
	if err != nil {
		return wire.Session{}, err
	}
	hash := s.stranger
	if who != nil {
		hash = who.Password
	}
	ok, cost, err := s.verify(ctx, req.Password, hash)
	if err != nil {
		return wire.Session{}, err
	}
	if !ok || who == nil {
		return wire.Session{}, wire.NewProblem(wire.ProblemLoginRefused, "")
	}
	return s.open(ctx, device, who, scopes, s.renewal(ctx, cost, req.Password))
}

// countTry counts this try as a failure before it is known to be one, so that
// tries at the same moment do not share a count; success takes it back. It
// refuses while a wait runs.
func (s *Store) countTry(ctx context.Context, scopes []scope) error {
	now := s.Now()
	return s.DB.InTx(ctx, "counting a login", func(ctx context.Context, tx *mysql.Tx) error {
		for _, sc := range scopes { // always in this order: device, number
			failures, blockedUntil, err := failuresOf(ctx, tx, sc)
			if err != nil {
				return err
			}
			if wait := blockedUntil.Sub(now); wait > 0 {
				return wire.NewProblem(wire.ProblemTooMany, fmt.Sprintf("wait %v", wait.Round(time.Second)))
			}
			if err := count(ctx, tx, sc, failures+1, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func failuresOf(ctx context.Context, tx *mysql.Tx, sc scope) (failures int, blockedUntil time.Time, err error) {
	var row struct {
		Failures     int
		BlockedUntil time.Time `db:"blocked_until"`
	}
	err = tx.GetContext(ctx, &row, "SELECT failures, blocked_until FROM login_failure WHERE scope = ? FOR UPDATE", sc.name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, fmt.Errorf("reading failed logins: %w", err)
	}
	return row.Failures, row.BlockedUntil, nil
}

func count(ctx context.Context, tx *mysql.Tx, sc scope, failures int, now time.Time) error {
	until := now.Add(waitAfter(failures, sc.free))
	_, err := tx.ExecContext(ctx, `INSERT INTO login_failure (scope, failures, last_at, blocked_until)
		VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE
		failures = VALUES(failures), last_at = VALUES(last_at), blocked_until = VALUES(blocked_until)`,
		sc.name, failures, now, until)
	if err != nil {
		return fmt.Errorf("counting a failed login: %w", err)
	}
	return nil
}

// forgive ends the counts of scopes.
func forgive(ctx context.Context, tx *mysql.Tx, scopes ...scope) error {
	for _, sc := range scopes {
		if _, err := tx.ExecContext(ctx, "DELETE FROM login_failure WHERE scope = ?", sc.name); err != nil {
			return fmt.Errorf("clearing failed logins: %w", err)
		}
	}
	return nil
}

// candidate is somebody who may turn out to be who signs in.
type candidate struct {
	ID           id.Staff
	Number, Name string
	Role         wire.Role
	Password     string
	StationName  string `db:"station_name"`
}

// find is who has the number, or nil.
func (s *Store) find(ctx context.Context, station id.Station, number string) (*candidate, error) {
	var who candidate
	err := s.DB.GetContext(ctx, &who, `SELECT p.id, p.number, p.name, p.role, p.password, t.name AS station_name
		FROM staff p JOIN station t ON t.id = p.station
		WHERE p.station = ? AND p.number = ? AND p.active = 1`, station, number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding a staff number: %w", err)
	}
	return &who, nil
}

// renewal is a new hash for a password whose stored one cost less than hashes
// do by now, or "". Failing to make one is no reason to refuse the login.
func (s *Store) renewal(ctx context.Context, stored Cost, password string) string {
	if stored.MemoryKiB >= s.Cost.MemoryKiB && stored.Passes >= s.Cost.Passes {
		return ""
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return ""
	}
	return hash
}

// open writes the session, takes back the counted try and keeps a renewed hash.
func (s *Store) open(ctx context.Context, device DeviceActor, who *candidate, scopes []scope, renewed string) (wire.Session, error) {
	secret, hash, err := token.New(s.Random, tokenPrefix)
	if err != nil {
		return wire.Session{}, err
	}
	now := s.Now()
	session := wire.Session{
		Token: secret, ExpiresAt: now.Add(s.Rules.Lifetime),
		Staff: who.ID, Number: who.Number, Name: who.Name, Role: who.Role,
		Station: device.Station, StationName: who.StationName,
	}
	err = s.DB.InTx(ctx, "opening a session", func(ctx context.Context, tx *mysql.Tx) error {
		if err := forgive(ctx, tx, scopes...); err != nil {
			return err
		}
		if renewed != "" {
			if _, err := tx.ExecContext(ctx, "UPDATE staff SET password = ? WHERE id = ?", renewed, who.ID); err != nil {
				return fmt.Errorf("renewing a password hash: %w", err)
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO staff_session (token_hash, staff, device, created_at, seen_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?)`, hash[:], who.ID, device.Device, now, now, session.ExpiresAt)
		if err != nil {
			return fmt.Errorf("writing a session: %w", err)
		}
		return nil
	})
	if err != nil {
		return wire.Session{}, err
	}
	return session, nil
}

// sweepBatch bounds one DELETE of Sweep.
const sweepBatch = 1000

// Sweep removes ended sessions and forgotten failures, and says how many rows
// went. It is run now and then.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	now := s.Now()
	var total int64
	for statement, before := range map[string][]any{
		"DELETE FROM staff_session WHERE expires_at <= ? OR seen_at <= ? LIMIT ?": {now, now.Add(-s.Rules.Idle)},
		"DELETE FROM login_failure WHERE last_at <= ? LIMIT ?":                    {now.Add(-forgetAfter)},
	} {
		n, err := s.sweepAll(ctx, statement, slices.Concat(before, []any{sweepBatch}))
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Store) sweepAll(ctx context.Context, statement string, args []any) (total int64, err error) {
	for {
		result, err := s.DB.ExecContext(ctx, statement, args...)
		if err != nil {
			return total, fmt.Errorf("sweeping staff tables: %w", err)
		}
		n, err := result.RowsAffected()
		total += n
		if err != nil || n < sweepBatch {
			return total, err
		}
	}
}
