package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/mysql"
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

const numberPrefix = "number/"

func numberScope(station id.Station, number string) scope {
	return scope{numberPrefix + station.String() + "/" + number, freeByNumber}
}

func deviceScope(device id.Device) scope {
	return scope{"device/" + device.String(), freeByDevice}
}

// tally is a try that has been counted for a scope, as its failures-th.
type tally struct {
	scope
	failures int
}

// blocked says that a wait runs.
type blocked struct {
	scope string
	until time.Time
}

// Error is for logs.
func (b blocked) Error() string { return "staff: " + b.scope + " waits" }

// key names the wait, for remembering that it has been logged.
func (b blocked) key() recallKey {
	return sha256.Sum256([]byte(b.scope + "@" + b.until.UTC().Format(time.RFC3339Nano)))
}

type recallKey = [sha256.Size]byte

// problem is what a person is told.
func (b blocked) problem(now time.Time) error {
	return wire.NewProblem(wire.ProblemTooMany, fmt.Sprintf("wait %v", b.until.Sub(now).Round(time.Second)))
}

// countTry counts this try as a failure before it is known to be one, so that
// tries at the same moment do not share a count; success takes it back. It
// answers a blocked while a wait runs.
func (s *Store) countTry(ctx context.Context, scopes ...scope) ([]tally, error) {
	now := s.now()
	var tallies []tally
	err := s.DB.InTx(ctx, "counting a login", func(ctx context.Context, tx *mysql.Tx) error {
		tallies = nil
		for _, sc := range scopes { // always in this order: device, number
			failures, until, err := failuresOf(ctx, tx, sc)
			if err != nil {
				return err
			}
			// No wait is longer than the limit: one that is comes from a clock
			// that was ahead, and would last until it is there again.
			if wait := until.Sub(now); wait > 0 && wait <= waitLimit {
				return blocked{sc.name, until}
			}
			if err := count(ctx, tx, sc, failures+1, now); err != nil {
				return err
			}
			tallies = append(tallies, tally{sc, failures + 1})
		}
		return nil
	})
	return tallies, err
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

// takeBack takes back a try that was no failure and is no success either: the
// password was right and a code is asked for. It forgives no failure before
// it, or the password alone would buy endless guesses at codes.
func (s *Store) takeBack(ctx context.Context, tallies []tally) error {
	now := s.now()
	for _, t := range tallies {
		// Who counted since has set the wait, and it stands.
		_, err := s.DB.ExecContext(ctx, `UPDATE login_failure SET
			blocked_until = IF(failures = ?, ?, blocked_until), failures = failures - 1 WHERE scope = ? AND failures > 0`,
			t.failures, now, t.name)
		if err != nil {
			return fmt.Errorf("taking back a counted login: %w", err)
		}
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
