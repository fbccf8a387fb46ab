// Package device knows the machines that may speak to the hub: pumpd and
// tills, how they are enrolled, known and revoked.
//
// # What it promises
//
//   - An enrolment code works once, for a few minutes, and a handful of wrong
//     tries end it. Its text is printed once and kept only as a hash.
//   - A device's token is 32 random bytes, kept as their SHA-256 only.
//   - A revoked device is refused from its next request on.
//   - While the database is away, devices that were seen just before are still
//     known, so that pumpd can reconnect and report through the outage.
//
// Errors meant for people are *wire.Problem.
package device

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/recall"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// tokenPrefix tells a device's token from a session's.
	tokenPrefix = "fcd_"
	// maxName bounds a device's name.
	maxName = 60
	// recallFor is how long devices stay known while the database is away: as
	// long as somebody takes to come and look.
	recallFor = time.Hour
	// recallLimit bounds how many.
	recallLimit = 1024
)

// Actor is a known device.
type Actor struct {
	// Device names it, Kind says what it is, Name what people call it.
	Device id.Device
	Kind   wire.DeviceKind
	Name   string
	// Station is where it belongs.
	Station id.Station
}

// Entry is a device in a list.
type Entry struct {
	Actor
	// CreatedAt is when it was enrolled, RevokedAt when it was revoked; nil
	// if it was not.
	CreatedAt time.Time  `db:"created_at"`
	RevokedAt *time.Time `db:"revoked_at"`
}

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Now is the clock, Random the source of codes and tokens.
	Now    func() time.Time
	Random io.Reader
	// IDs makes the ids of new devices.
	IDs *id.Maker
}

// Store is the devices of all stations. It is safe for concurrent use.
type Store struct {
	Deps
	known *recall.Memory[Actor]
}

// NewStore makes a Store.
func NewStore(d Deps) *Store {
	return &Store{Deps: d, known: recall.New[Actor](d.Now, recallFor, recallLimit)}
}

// Resolve is the device a token belongs to, or wire.ProblemUnauthorized. While
// the database is away it answers for those seen in the last hour.
func (s *Store) Resolve(ctx context.Context, token string) (Actor, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "not a device token")
	}
	hash := sha256.Sum256([]byte(token))
	var actor Actor
	err := s.DB.GetContext(ctx, &actor, `SELECT id AS device, kind, name, station FROM device
		WHERE token_hash = ? AND revoked_at IS NULL`, hash[:])
	switch {
	case err == nil:
		s.known.Remember(hash, actor, time.Time{})
		return actor, nil
	case errors.Is(err, sql.ErrNoRows):
		s.known.Forget(hash)
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such device, or it was revoked")
	case mysql.Unavailable(err):
		if actor, ok := s.known.Recall(hash); ok {
			return actor, nil
		}
	}
	return Actor{}, fmt.Errorf("finding a device: %w", err)
}

// List is the devices of a station, the revoked ones too, oldest first.
func (s *Store) List(ctx context.Context, station id.Station) ([]Entry, error) {
	var entries []Entry
	err := s.DB.SelectContext(ctx, &entries, `SELECT id AS device, kind, name, station, created_at, revoked_at
		FROM device WHERE station = ? ORDER BY id`, station)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	return entries, nil
}

// Revoke ends a device's token as part of tx. Revoking twice is no error;
// a device nobody knows is wire.ProblemNotFound.
func (s *Store) Revoke(ctx context.Context, tx *mysql.Tx, device id.Device) error {
	result, err := tx.ExecContext(ctx, "UPDATE device SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?", s.Now(), device)
	if err != nil {
		return fmt.Errorf("revoking a device: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, wire.NewProblem(wire.ProblemNotFound, "no device "+device.String()))
	}
	return nil
}

// Valid is every device that is not revoked, for ending the sockets of others.
func (s *Store) Valid(ctx context.Context) (map[id.Device]bool, error) {
	var keys []id.Device
	if err := s.DB.SelectContext(ctx, &keys, "SELECT id FROM device WHERE revoked_at IS NULL"); err != nil {
		return nil, fmt.Errorf("listing valid devices: %w", err)
	}
	valid := make(map[id.Device]bool, len(keys))
	for _, key := range keys {
		valid[key] = true
	}
	return valid, nil
}
