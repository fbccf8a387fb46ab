package staff

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/recall"
	"forecourt/hub/internal/platform/vault"
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
	// toldLimit bounds the waits that are remembered as logged.
	toldLimit = 4096
)

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Vault seals names and the secrets of second factors.
	Vault *vault.Vault
	// Now is the clock, Random the source of tokens and salts.
	Now    func() time.Time
	Random io.Reader
	// IDs makes the ids of new people and sessions.
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
	told     *recall.Memory[struct{}] // the waits that are on the log

	mu    sync.Mutex
	ended []func(till id.Device, person id.Staff)
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
		told:  recall.New[struct{}](d.Now, waitLimit, toldLimit),
	}, nil
}

// OnEnded has fn called after the commit that ends a session by somebody's act
// other than their own logout, so that its sockets end too. fn must not block.
func (s *Store) OnEnded(fn func(till id.Device, person id.Staff)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, fn)
}

// now is the clock, as the database keeps times.
func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

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

// Ready checks somebody's fields and hashes their password, which takes too
// long to do while rows are held.
func (s *Store) Ready(ctx context.Context, p NewPerson) (NewPerson, error) {
	if err := p.check(); err != nil {
		return p, err
	}
	var err error
	p.hash, err = s.hash(ctx, p.Password)
	return p, err
}

// Add enters somebody as part of tx. A bad field is wire.ProblemBadRequest, a
// bad password wire.ProblemPasswordWeak, a number that somebody signs in with
// there already wire.ProblemNumberTaken.
func (s *Store) Add(ctx context.Context, tx *mysql.Tx, p NewPerson) (id.Staff, error) {
	return s.AddAs(ctx, tx, id.New[id.Staff](s.IDs), p)
}

// AddAs is Add with an id made before.
func (s *Store) AddAs(ctx context.Context, tx *mysql.Tx, key id.Staff, p NewPerson) (id.Staff, error) {
	if p.hash == "" {
		var err error
		if p, err = s.Ready(ctx, p); err != nil {
			return id.Staff{}, err
		}
	}
	if err := holdStations(ctx, tx, p.Station); err != nil {
		return id.Staff{}, err
	}
	if err := numberFree(ctx, tx, p.Number, key, p.Station); err != nil {
		return id.Staff{}, err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO staff (id, station, number, name, role, password, active, must_change, created_at)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)`, key, p.Station, p.Number, s.sealName(key, p.Name), p.Role, p.hash, p.MustChange, s.Now())
	if mysql.IsDuplicate(err) {
		return id.Staff{}, taken(p.Number)
	}
	if err != nil {
		return id.Staff{}, fmt.Errorf("entering staff %s: %w", p.Number, err)
	}
	return key, nil
}

func (p NewPerson) check() error {
	if p.Number == "" || utf8.RuneCountInString(p.Number) > maxNumber || strings.ContainsAny(p.Number, "/ \t\r\n") {
		return wire.NewProblem(wire.ProblemBadRequest, "a staff number has 1 to 20 characters, no blank and no slash")
	}
	if err := checkPerson(p.Name, p.Role); err != nil {
		return err
	}
	return CheckPassword(p.Password, p.Number, p.Role)
}

func checkPerson(name string, role wire.Role) error {
	switch {
	case strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name):
		return wire.NewProblem(wire.ProblemBadRequest, "a name has 1 to 60 characters")
	case !validRole(role):
		return wire.NewProblem(wire.ProblemBadRequest, "a role is head, group, cashier, attendant or agent")
	}
	return nil
}

func taken(number string) error {
	return wire.NewProblem(wire.ProblemNumberTaken, "staff number "+number+" is taken")
}
