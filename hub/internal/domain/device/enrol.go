package device

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/token"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The shape of an enrolment code: "ABCD-EFGH-JKLM". The first group finds it,
// the other 40 bits are its secret: with five tries, nobody guesses it.
const (
	codeLetters = 12
	groupSize   = 4
	// maxTries ends a code after that many wrong ones.
	maxTries = 5
	// DefaultTTL is how long a code is good for: time to walk to the till.
	DefaultTTL = 15 * time.Minute
	// maxTTL bounds what may be asked for.
	maxTTL = 24 * time.Hour
	// newCodeTries bounds the search for a handle that is free. There are a
	// million; two codes at a time are many.
	newCodeTries = 8
)

// alphabet is Crockford's base 32: no letter is taken for a digit.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// errHandleTaken says that a fresh code begins like one still waiting.
var errHandleTaken = errors.New("device: handle is taken")

// NewCode makes a one-time code that enrols one device of a kind at a station
// within ttl (at most a day).
func (s *Store) NewCode(ctx context.Context, station id.Station, kind wire.DeviceKind, ttl time.Duration) (string, error) {
	if kind != wire.DevicePumpd && kind != wire.DeviceTill {
		return "", wire.NewProblem(wire.ProblemBadRequest, "a device is a pumpd or a till")
	}
	if ttl <= 0 || ttl > maxTTL {
		return "", wire.NewProblem(wire.ProblemBadRequest, "a code is good for at most a day")
	}
	for range newCodeTries {
		code, err := newCode(s.Random)
		if err != nil {
			return "", err
		}
		err = s.saveCode(ctx, code, station, kind, s.Now().Add(ttl))
		if !errors.Is(err, errHandleTaken) {
			return group(code), err
		}
	}
	return "", fmt.Errorf("making an enrolment code: %w", errHandleTaken)
}

func newCode(random io.Reader) (string, error) {
	raw := make([]byte, codeLetters)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("reading randomness for a code: %w", err)
	}
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)] // 256 is a multiple of 32: no letter is likelier
	}
	return string(raw), nil
}

// group writes a code as people read it.
func group(code string) string {
	return code[:groupSize] + "-" + code[groupSize:2*groupSize] + "-" + code[2*groupSize:]
}

// normal is the code in a text as a person types it, or "".
func normal(text string) string {
	text, _, _ = strings.Cut(text, ".") // the fingerprint behind it is the peer's to check
	text = strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text))
	if len(text) != codeLetters || strings.Trim(text, alphabet) != "" {
		return ""
	}
	return text
}

func hashCode(code string) [sha256.Size]byte { return sha256.Sum256([]byte("enrolment/" + code)) }

func (s *Store) saveCode(ctx context.Context, code string, station id.Station, kind wire.DeviceKind, expires time.Time) error {
	hash := hashCode(code)
	return s.DB.InTx(ctx, "saving an enrolment code", func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM enrolment WHERE expires_at <= ?", s.Now()); err != nil {
			return fmt.Errorf("removing expired codes: %w", err)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO enrolment (handle, code_hash, station, kind, attempts, expires_at)
			VALUES (?, ?, ?, ?, 0, ?)`, code[:groupSize], hash[:], station, kind, expires)
		if mysql.IsDuplicate(err) {
			return errHandleTaken
		}
		return err
	})
}

// Enrol exchanges a one-time code for the credentials of a new device called
// name. Whatever is wrong with the code is wire.ProblemEnrolmentRefused. The
// reply's CA is left for the edge, which knows it.
func (s *Store) Enrol(ctx context.Context, code, name string) (wire.EnrolReply, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return wire.EnrolReply{}, wire.NewProblem(wire.ProblemBadRequest, "a device's name has 1 to 60 characters")
	}
	code = normal(code)
	if code == "" {
		return wire.EnrolReply{}, refused("not of the form of a code")
	}
	if err := s.countTry(ctx, code); err != nil {
		return wire.EnrolReply{}, err
	}
	secret, hash, err := token.New(s.Random, tokenPrefix)
	if err != nil {
		return wire.EnrolReply{}, err
	}
	reply := wire.EnrolReply{Device: id.New[id.Device](s.IDs), Token: secret}
	err = s.DB.InTx(ctx, "enrolling a device", func(ctx context.Context, tx *mysql.Tx) error {
		return s.spend(ctx, tx, code, name, hash, &reply)
	})
	if err != nil {
		return wire.EnrolReply{}, err
	}
	return reply, nil
}

func refused(detail string) error { return wire.NewProblem(wire.ProblemEnrolmentRefused, detail) }

// countTry counts a try of the code before looking whether it is right, in a
// transaction of its own, so that nothing undoes the count.
func (s *Store) countTry(ctx context.Context, code string) error {
	return s.DB.InTx(ctx, "counting an enrolment", func(ctx context.Context, tx *mysql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE enrolment SET attempts = attempts + 1
			WHERE handle = ? AND attempts < ? AND expires_at > ?`, code[:groupSize], maxTries, s.Now())
		if err != nil {
			return fmt.Errorf("counting a try of a code: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, refused("unknown, used, expired, or tried too often"))
		}
		return nil
	})
}

// spend checks a code, removes it and writes the device.
func (s *Store) spend(ctx context.Context, tx *mysql.Tx, code, name string, hash [sha256.Size]byte, reply *wire.EnrolReply) error {
	var row struct {
		Hash    []byte `db:"code_hash"`
		Station id.Station
		Kind    wire.DeviceKind
	}
	err := tx.GetContext(ctx, &row, "SELECT code_hash, station, kind FROM enrolment WHERE handle = ? FOR UPDATE", code[:groupSize])
	if errors.Is(err, sql.ErrNoRows) {
		return refused("used this moment")
	}
	if err != nil {
		return fmt.Errorf("reading an enrolment code: %w", err)
	}
	if want := hashCode(code); subtle.ConstantTimeCompare(want[:], row.Hash) != 1 {
		return refused("wrong")
	}
	reply.Kind, reply.Station = row.Kind, row.Station
	if err := tx.GetContext(ctx, &reply.StationName, "SELECT name FROM station WHERE id = ?", row.Station); err != nil {
		return fmt.Errorf("reading a station's name: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM enrolment WHERE handle = ?", code[:groupSize]); err != nil {
		return fmt.Errorf("spending an enrolment code: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO device (id, station, kind, name, token_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, reply.Device, row.Station, row.Kind, name, hash[:], s.Now())
	if err != nil {
		return fmt.Errorf("writing a device: %w", err)
	}
	return nil
}
