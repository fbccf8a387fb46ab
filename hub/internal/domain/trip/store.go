package trip

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// Store is the notes of all members. It is safe for concurrent use.
type Store struct {
	// Keys holds every member's own key.
	Keys *keyring.Ring
}

const columns = "sale, member, vehicle, odometer_km, full_tank, at"

// stored is a row of table sale_trip.
type stored struct {
	Sale     id.Sale
	Member   id.Member
	Vehicle  id.Vehicle
	Odometer []byte `db:"odometer_km"`
	Full     bool   `db:"full_tank"`
	At       time.Time
}

// Of reads the notes beside these sales of a member's, by sale.
func (s *Store) Of(ctx context.Context, q sqlx.QueryerContext, m id.Member, sales ...id.Sale) (map[id.Sale]Note, error) {
	notes := map[id.Sale]Note{}
	if len(sales) == 0 {
		return notes, nil
	}
	query, args, err := sqlx.In("SELECT "+columns+" FROM sale_trip WHERE member = ? AND sale IN (?)", m, anys(sales))
	if err != nil {
		return nil, fmt.Errorf("reading the notes of member %s: %w", m, err)
	}
	list, err := s.read(ctx, q, m, query, args...)
	for _, n := range list {
		notes[n.Sale] = n
	}
	return notes, err
}

// Last reads a member's newest notes, at most limit, newest first.
func (s *Store) Last(ctx context.Context, q sqlx.QueryerContext, m id.Member, limit int) ([]Note, error) {
	return s.read(ctx, q, m, "SELECT "+columns+" FROM sale_trip WHERE member = ? ORDER BY at DESC, sale DESC LIMIT ?", m, limit)
}

// Vehicle reads every note about a vehicle of a member's, oldest first.
func (s *Store) Vehicle(ctx context.Context, q sqlx.QueryerContext, m id.Member, v id.Vehicle) ([]Note, error) {
	return s.read(ctx, q, m, "SELECT "+columns+" FROM sale_trip WHERE vehicle = ? AND member = ? ORDER BY at, sale", v, m)
}

// Held reads the note beside a sale as it stands now, nil if there is none. It
// is for whoever holds the sale in tx, and so waits for nobody.
func (s *Store) Held(ctx context.Context, tx sqlx.QueryerContext, m id.Member, sale id.Sale) (*Note, error) {
	list, err := s.read(ctx, tx, m, "SELECT "+columns+" FROM sale_trip WHERE sale = ? AND member = ? LOCK IN SHARE MODE", sale, m)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Put keeps a note in the place of the one there was.
func (s *Store) Put(ctx context.Context, tx sqlx.ExtContext, n Note) error {
	var sealed []byte
	if n.Odometer != 0 {
		key, err := s.Keys.MemberKey(ctx, tx, n.Member)
		if err != nil {
			return fmt.Errorf("reading the key of member %s: %w", n.Member, err)
		}
		// Always of one length: the sealed form does not say how long it is.
		sealed = key.Seal(cell(n.Sale), fmt.Appendf(nil, "%010d", n.Odometer))
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO sale_trip ("+columns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE vehicle = VALUES(vehicle), odometer_km = VALUES(odometer_km), full_tank = VALUES(full_tank)`,
		n.Sale, n.Member, n.Vehicle, sealed, n.Full, n.At)
	if err != nil {
		return fmt.Errorf("writing a note: %w", err)
	}
	return nil
}

// Remove takes a member's note beside a sale away.
func (s *Store) Remove(ctx context.Context, tx sqlx.ExecerContext, m id.Member, sale id.Sale) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM sale_trip WHERE sale = ? AND member = ?", sale, m); err != nil {
		return fmt.Errorf("removing a note: %w", err)
	}
	return nil
}

// Forget removes all notes of a member.
func (s *Store) Forget(ctx context.Context, tx sqlx.ExecerContext, m id.Member) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM sale_trip WHERE member = ?", m); err != nil {
		return fmt.Errorf("forgetting the notes of a member: %w", err)
	}
	return nil
}

// read reads notes of one member. The member's key is asked for only where
// there is something to open.
func (s *Store) read(ctx context.Context, q sqlx.QueryerContext, m id.Member, query string, args ...any) ([]Note, error) {
	var rows []stored
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading the notes of member %s: %w", m, err)
	}
	notes := make([]Note, len(rows))
	var key *vault.Key
	for i, r := range rows {
		notes[i] = Note{Sale: r.Sale, Member: r.Member, Vehicle: r.Vehicle, Full: r.Full, At: r.At}
		if r.Odometer == nil {
			continue
		}
		if key == nil {
			var err error
			if key, err = s.Keys.MemberKey(ctx, q, m); err != nil {
				return nil, fmt.Errorf("reading the key of member %s: %w", m, err)
			}
		}
		var err error
		if notes[i].Odometer, err = r.open(key); err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// open is the row's odometer.
func (r stored) open(key *vault.Key) (int64, error) {
	plain, err := key.Open(cell(r.Sale), r.Odometer)
	if err != nil {
		return 0, fmt.Errorf("opening the note of sale %s: %w", r.Sale, err)
	}
	km, err := strconv.ParseInt(string(plain), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the note of sale %s: it is not a number", r.Sale)
	}
	return km, nil
}

func cell(s id.Sale) vault.Cell {
	return vault.Cell{Table: "sale_trip", Column: "odometer_km", Row: s}
}

func anys(sales []id.Sale) []any {
	out := make([]any, len(sales))
	for i, s := range sales {
		out[i] = s
	}
	return out
}
