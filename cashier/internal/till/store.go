package till

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// openPatience bounds the wait for the file's lock: another till on the same
// data directory holds it for as long as it lives.
const openPatience = 500 * time.Millisecond

// maxCommands bounds the commands that wait for their end. A till that has
// this many unknown payments should stop taking money.
const maxCommands = 200

var (
	// ErrInUse says that another till already works on the data directory.
	ErrInUse = errors.New("till: another till already uses this data directory")
	// ErrFull says that too many commands wait for their end.
	ErrFull = errors.New("till: too many commands wait for the hub")
)

const (
	commandsBucket = "commands"
	messagesBucket = "messages"
	uploadsBucket  = "uploads"
	prefsBucket    = "prefs"
	prefsKey       = "prefs"
)

// Store is what survives the till: commands whose end is not known, messages
// that are not delivered, and its settings. Every write is on the disk when it
// returns.
type Store struct{ db *bbolt.DB }

// OpenStore opens or makes the file. Only one till can have it open.
func OpenStore(path string) (*Store, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openPatience})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("opening %s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{commandsBucket, messagesBucket, uploadsBucket, prefsBucket} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), db.Close())
	}
	return &Store{db}, nil
}

// Close releases the file.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing the till's store: %w", err)
	}
	return nil
}

// Save keeps a command before it is first sent.
func (s *Store) Save(c desk.Command) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving a command: %w", err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(commandsBucket))
		if b.Stats().KeyN >= maxCommands {
			return ErrFull
		}
		return b.Put(c.Key[:], body)
	})
	if err != nil {
		return fmt.Errorf("saving a command: %w", err)
	}
	return nil
}

// Forget drops a command whose end is known.
func (s *Store) Forget(key id.Command) error {
	err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(commandsBucket)).Delete(key[:]) })
	if err != nil {
		return fmt.Errorf("forgetting a command: %w", err)
	}
	return nil
}

// Commands lists the saved commands, oldest first: keys rise with time.
func (s *Store) Commands() ([]desk.Command, error) {
	var out []desk.Command
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(commandsBucket)).ForEach(func(_, body []byte) error {
			var c desk.Command
			if err := json.Unmarshal(body, &c); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading saved commands: %w", err)
	}
	return out, nil
}

// Prefs reads the till's settings; ok is false before they were first saved.
func (s *Store) Prefs() (p desk.Prefs, ok bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		body := tx.Bucket([]byte(prefsBucket)).Get([]byte(prefsKey))
		if body == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(body, &p)
	})
	if err != nil {
		return desk.Prefs{}, false, fmt.Errorf("reading the till's settings: %w", err)
	}
	return p, ok, nil
}

// SavePrefs keeps the till's settings.
func (s *Store) SavePrefs(p desk.Prefs) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("saving the till's settings: %w", err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(prefsBucket)).Put([]byte(prefsKey), body) })
	if err != nil {
		return fmt.Errorf("saving the till's settings: %w", err)
	}
	return nil
}
