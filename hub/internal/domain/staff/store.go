package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/recall"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// hashesAtOnce bounds concurrent password hashing, and so its memory: a
	// flood of logins waits here instead of filling the machine.
	hashesAtOnce = 2
	// recallFor is how long people stay known while the database is away.
	recallFor = 10 * time.Minute
	// recallLimit bounds how many.
	recallLimit = 1024
)

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Now is the clock, Random the source of tokens and salts.
	Now    func() time.Time
	Random io.Reader
	// IDs makes the ids of new people.
	IDs *id.Maker
	// Cost is that of new password hashes, Rules what ends a session.
	Cost  Cost
	Rules Rules
}

// Store is the staff of all stations. It is safe for concurrent use.
type Store struct {
	Deps
	// stranger is verified in place of the hash of a number nobody has, so
	// that both cost the same.
	stranger string
	hashing  chan struct{}
	known    *recall.Memory[Actor]
}

// NewStore makes a Store.
func NewStore(d Deps) (*Store, error) {
	stranger, err := hashPassword("", d.Cost, d.Random)
	if err != nil {
		return nil, err
	}
	return &Store{
		Deps: d, stranger: stranger, hashing: make(chan struct{}, hashesAtOnce),
		known: recall.New[Actor](d.Now, recallFor, recallLimit),
	}, nil
}

// hash is hashPassword within the bound on memory.
func (s *Store) hash(ctx context.Context, password string) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	return hashPassword(password, s.Cost, s.Random)
}

// verify is verifyPassword within the bound on memory.
func (s *Store) verify(ctx context.Context, password, phc string) (bool, Cost, error) {
	if err := s.enter(ctx); err != nil {
		return false, Cost{}, err
	}
	defer s.leave()
	return verifyPassword(password, phc)
}

func (s *Store) enter(ctx context.Context) error {
	select {
	case s.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to check a password: %w", ctx.Err())
	}
}

func (s *Store) leave() { <-s.hashing }

// Add enters somebody as part of tx. A bad field, or a number that is taken,
// is a wire.ProblemBadRequest.
func (s *Store) Add(ctx context.Context, tx *mysql.Tx, p NewPerson) (id.Staff, error) {
	if err := p.check(); err != nil {
		return id.Staff{}, err
	}
	hash, err := s.hash(ctx, p.Password)
	if err != nil {
		return id.Staff{}, err
	}
	key := id.New[id.Staff](s.IDs)
	_, err = tx.ExecContext(ctx, `INSERT INTO staff (id, station, number, name, role, password, active, created_at)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?)`, key, p.Station, p.Number, p.Name, p.Role, hash, s.Now())
	if mysql.IsDuplicate(err) {
		return id.Staff{}, wire.NewProblem(wire.ProblemBadRequest, "staff number "+p.Number+" is taken")
	}
	if err != nil {
		return id.Staff{}, fmt.Errorf("entering staff %s: %w", p.Number, err)
	}
	return key, nil
}

func (p NewPerson) check() error {
	switch {
	case p.Number == "" || utf8.RuneCountInString(p.Number) > maxNumber || strings.ContainsAny(p.Number, "/ \t\r\n"):
		return wire.NewProblem(wire.ProblemBadRequest, "a staff number has 1 to 20 characters, no blank and no slash")
	case p.Name == "" || utf8.RuneCountInString(p.Name) > maxName:
		return wire.NewProblem(wire.ProblemBadRequest, "a name has 1 to 60 characters")
	case !validRole(p.Role):
		return wire.NewProblem(wire.ProblemBadRequest, "a role is head, cashier, attendant or agent")
	}
	return checkPassword(p.Password)
}

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || len(password) > maxPassword {
		return wire.NewProblem(wire.ProblemBadRequest,
			fmt.Sprintf("a password has at least %d characters and at most %d bytes", minPassword, maxPassword))
	}
	return nil
}

// SetPassword gives somebody a new password and ends their sessions and waits.
func (s *Store) SetPassword(ctx context.Context, station id.Station, number, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, "setting a password", station, number, "UPDATE staff SET password = ? WHERE id = ?", hash)
}

// SetActive lets somebody sign in, or no longer; it ends their sessions.
func (s *Store) SetActive(ctx context.Context, station id.Station, number string, active bool) error {
	return s.change(ctx, "changing who may sign in", station, number, "UPDATE staff SET active = ? WHERE id = ?", active)
}

// change runs statement with value and the person's id, and ends their sessions.
func (s *Store) change(ctx context.Context, what string, station id.Station, number, statement string, value any) error {
	return s.DB.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		var key id.Staff
		err := tx.GetContext(ctx, &key, "SELECT id FROM staff WHERE station = ? AND number = ? FOR UPDATE", station, number)
		if errors.Is(err, sql.ErrNoRows) {
			return wire.NewProblem(wire.ProblemNotFound, "nobody has staff number "+number)
		}
		if err != nil {
			return fmt.Errorf("finding staff %s: %w", number, err)
		}
		if _, err := tx.ExecContext(ctx, statement, value, key); err != nil {
			return fmt.Errorf("changing staff %s: %w", number, err)
		}
		if err := endSessions(ctx, tx, "staff", key); err != nil {
			return err
		}
		return forgive(ctx, tx, numberScope(station, number))
	})
}

// List is the staff of a station by number.
func (s *Store) List(ctx context.Context, station id.Station) ([]Person, error) {
	var people []Person
	err := s.DB.SelectContext(ctx, &people, `SELECT id AS staff, number, name, role, active FROM staff
		WHERE station = ? ORDER BY number`, station)
	if err != nil {
		return nil, fmt.Errorf("listing staff: %w", err)
	}
	return people, nil
}
