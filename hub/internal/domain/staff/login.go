package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/token"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxCode bounds a code of the second factor, with blanks and dashes.
const maxCode = 20

// Login opens a session for somebody who knows their number and password and,
// if they have a second factor, a code. It answers wire.ProblemLoginRefused,
// the same and after the same work whichever of number and password was wrong;
// wire.ProblemTooMany while a wait runs; wire.ProblemSecondFactor once the
// password was right and a code is needed, wire.ProblemSecondRefused if the
// one given is not good.
func (s *Store) Login(ctx context.Context, device DeviceActor, req wire.LoginRequest) (wire.Session, error) {
	if len(req.Number) > 4*maxNumber || len(req.Password) > maxPassword || len(req.Code) > maxCode {
		return wire.Session{}, s.noted(ctx, device, nil, wire.NewProblem(wire.ProblemLoginRefused, "too long"))
	}
	who, err := s.find(ctx, device.Station, req.Number)
	if err != nil {
		return wire.Session{}, err
	}
	session, err := s.try(ctx, device, who, req)
	return session, s.noted(ctx, device, who, err)
}

// try counts the try, checks the password and opens the session. who is nil
// for a number nobody has.
func (s *Store) try(ctx context.Context, device DeviceActor, who *candidate, req wire.LoginRequest) (wire.Session, error) {
	tallies, err := s.countTry(ctx, deviceScope(device.Device), numberScope(device.Station, req.Number))
	if err != nil {
		return wire.Session{}, err
	}
	hash := s.stranger
	if who != nil && who.Active {
		hash = who.Password
	}
	ok, cost, err := s.verify(ctx, req.Password, hash)
	if err != nil {
		return wire.Session{}, err
	}
	if !ok || hash == s.stranger {
		return wire.Session{}, wire.NewProblem(wire.ProblemLoginRefused, "")
	}
	session, err := s.open(ctx, device, who, tallies, req.Code, s.renewal(ctx, cost, req.Password))
	var p *wire.Problem
	if errors.As(err, &p) && p.Type == wire.ProblemSecondFactor {
		return wire.Session{}, errors.Join(err, s.takeBack(ctx, tallies))
	}
	return session, err
}

// candidate is somebody who may turn out to be who signs in.
type candidate struct {
	ID          id.Staff
	Number      string
	Name        []byte
	Role        wire.Role
	Password    string
	Active      bool
	MustChange  bool   `db:"must_change"`
	StationName string `db:"station_name"`
}

// find is who signs in with the number at a station, also if they no longer
// may, or nil: who works there, or a group's manager who may come there.
func (s *Store) find(ctx context.Context, station id.Station, number string) (*candidate, error) {
	const columns = "SELECT p.id, p.number, p.name, p.role, p.password, p.active, p.must_change, t.name AS station_name FROM "
	var who candidate
	err := s.DB.GetContext(ctx, &who, columns+`staff p JOIN station t ON t.id = p.station WHERE p.station = ? AND p.number = ?
		UNION ALL `+columns+`staff_station g JOIN staff p ON p.id = g.staff JOIN station t ON t.id = g.station
			WHERE g.station = ? AND p.number = ? AND p.role = 'group'
		LIMIT 1`, station, number, station, number)
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

// open spends the code, writes the session, takes back the counted try and
// keeps a renewed hash: all of it or nothing.
func (s *Store) open(ctx context.Context, device DeviceActor, who *candidate, tallies []tally, code, renewed string) (wire.Session, error) {
	secret, hash, err := token.New(s.Random, tokenPrefix)
	if err != nil {
		return wire.Session{}, err
	}
	name, err := s.openName(who.ID, who.Name)
	if err != nil {
		return wire.Session{}, err
	}
	now := s.now()
	session := wire.Session{
		Token: secret, ExpiresAt: now.Add(s.Rules.Lifetime),
		Staff: who.ID, Number: who.Number, Name: name, Role: who.Role,
		Station: device.Station, StationName: who.StationName,
	}
	key := id.New[id.Session](s.IDs)
	err = s.DB.InTx(ctx, "opening a session", func(ctx context.Context, tx *mysql.Tx) error {
		factor, err := s.admit(ctx, tx, who, code)
		if err != nil {
			return err
		}
		session.Must = s.Rules.must(who.Role, who.MustChange, factor)
		if renewed == "" {
			renewed = who.Password
		}
		if _, err := tx.ExecContext(ctx, "UPDATE staff SET password = ?, seen_at = ? WHERE id = ?", renewed, now, who.ID); err != nil {
			return fmt.Errorf("noting a login: %w", err)
		}
		for _, t := range tallies {
			if err := forgive(ctx, tx, t.scope); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO staff_session (token_hash, id, staff, station, device, created_at, seen_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, hash[:], key, who.ID, device.Station, device.Device, now, now, session.ExpiresAt)
		if err != nil {
			return fmt.Errorf("writing a session: %w", err)
		}
		return audit.Write(ctx, tx, audit.Row{
			At: now, Station: device.Station, Staff: who.ID, Action: actionLogin, Object: objectSession, ObjectID: key.String(),
			Result: audit.OK, Note: "device " + device.Device.String(),
		})
	})
	if err != nil {
		return wire.Session{}, err
	}
	return session, nil
}

// admit holds the row of who signs in, finds them as they were when the
// password was checked, and spends the code if they have a second factor. It
// answers whether they have one.
func (s *Store) admit(ctx context.Context, tx *mysql.Tx, who *candidate, code string) (bool, error) {
	row, err := holdFactor(ctx, tx, who.ID)
	if err != nil {
		return false, err
	}
	if !row.Active || row.Password != who.Password || row.Role != who.Role || row.MustChange != who.MustChange {
		return false, wire.NewProblem(wire.ProblemLoginRefused, "") // changed while the password was checked
	}
	switch {
	case !row.set():
		return false, nil
	case code == "":
		return true, wire.NewProblem(wire.ProblemSecondFactor, "")
	}
	return true, s.spend(ctx, tx, row, code)
}

// sweepBatch bounds one DELETE of Sweep.
const sweepBatch = 1000

// Sweep removes ended sessions and forgotten failures, and says how many rows
// went. It is run now and then.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	now := s.Now()
	var total int64
	for statement, before := range map[string][]any{
		"DELETE FROM staff_session WHERE expires_at <= ? OR seen_at <= ? OR created_at > ? LIMIT ?": {
			now, now.Add(-s.Rules.Idle), now.Add(clockSlack),
		},
		"DELETE FROM login_failure WHERE last_at <= ? LIMIT ?": {now.Add(-forgetAfter)},
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
