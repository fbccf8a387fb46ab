package member

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

const (
	// codeFor is how long a code works.
	codeFor = 5 * time.Minute
	// codeTries is how often a code may be tried: with five codes an hour, one
	// guess in 40,000 hits within an hour.
	codeTries = 5
	// codeDigits is the length of a code, codes how many there are.
	codeDigits = 6
	codes      = 1_000_000
	// codeAgain is when another code may be asked for.
	codeAgain = time.Minute
)

// phoneIndex is the keyed hash of a normal phone number.
type phoneIndex [vault.BlindBytes]byte

func (s *Store) phoneIndex(phone string) phoneIndex {
	return phoneIndex(s.Keys.Blind(purposePhone, phone))
}

// SendCode sends a one-time code to a phone number, for whoever asks from the
// address remote. It answers alike whether or not the number is a member's; it
// does not look. A number that is none is wire.ProblemPhoneRefused, too many
// codes wire.ProblemTooMany.
func (s *Store) SendCode(ctx context.Context, remote, phone string) (wire.CodeSent, error) {
	number, err := NormalPhone(phone)
	if err != nil {
		return wire.CodeSent{}, err
	}
	index := s.phoneIndex(number)
	if err := s.mayAsk(remote, index); err != nil {
		return wire.CodeSent{}, err
	}
	code, err := s.newCode()
	if err != nil {
		return wire.CodeSent{}, err
	}
	expires := s.Now().Add(codeFor)
	if err := s.keepCode(ctx, index, code, expires); err != nil {
		s.numbers.undo(string(index[:]))
		return wire.CodeSent{}, err
	}
	if err := s.Codes(ctx, number, code, expires); err != nil {
		// Nothing arrived, so asking again at once is fair; the address has
		// still used up one of its own.
		s.numbers.undo(string(index[:]))
		return wire.CodeSent{}, fmt.Errorf("sending a code: %w", err)
	}
	return wire.CodeSent{ExpiresAt: expires, AgainSeconds: int(codeAgain / time.Second)}, nil
}

// mayAsk counts a code for the address and the number.
func (s *Store) mayAsk(remote string, index phoneIndex) error {
	wait := s.remotes.take(network(remote))
	if wait == 0 {
		wait = s.numbers.take(string(index[:]))
	}
	if wait > 0 {
		return wire.NewProblem(wire.ProblemTooMany, fmt.Sprintf("another code in %v", wait.Round(time.Second)))
	}
	return nil
}

// ipv6Network is what one customer gets at least of the new addresses: each of
// them has as many as the whole internet had of the old.
const ipv6Network = 64

// network is what an address is counted as.
func network(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if port, portErr := netip.ParseAddrPort(remote); err != nil && portErr == nil {
		addr, err = port.Addr(), nil
	}
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, ipv6Network).Masked().String()
	}
	return addr.String()
}

func (s *Store) newCode() (string, error) {
	n, err := rand.Int(s.Random, big.NewInt(codes))
	if err != nil {
		return "", fmt.Errorf("reading randomness for a code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// keepCode keeps a code as the one that works for a number.
func (s *Store) keepCode(ctx context.Context, index phoneIndex, code string, expires time.Time) error {
	hash := s.codeHash(index, code)
	_, err := s.DB.ExecContext(ctx, `INSERT INTO login_code (phone_index, code_hash, tries, expires_at)
		VALUES (?, ?, 0, ?) ON DUPLICATE KEY UPDATE
		code_hash = VALUES(code_hash), tries = VALUES(tries), expires_at = VALUES(expires_at)`,
		index[:], hash[:], expires)
	if err != nil {
		return fmt.Errorf("keeping a code: %w", err)
	}
	return nil
}

// codeHash binds a code to the number it was sent to.
func (s *Store) codeHash(index phoneIndex, code string) [32]byte {
	return s.Keys.MAC(purposeCode, append(index[:], code...))
}

// holdNumber holds a number's lock to the end of tx, as useCode does, for
// somebody whose number is proved in another way. A code on its way stays what it
// is; where there is none, one is left that was over before it was made. Without
// it two at once would both find nobody: MariaDB then refuses the second, whose
// snapshot is old, and runs it again; MySQL does not.
func (s *Store) holdNumber(ctx context.Context, tx *mysql.Tx, index phoneIndex) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO login_code (phone_index, code_hash, tries, expires_at)
		VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE phone_index = phone_index`, index[:], make([]byte, 32), codeTries, s.Now())
	if err != nil {
		return fmt.Errorf("holding a number: %w", err)
	}
	return nil
}

// useCode spends a code as part of tx; ok is false if it is not the one that
// works. A wrong one is counted, so tx must be committed all the same. It
// holds the number's lock to the end of tx.
func (s *Store) useCode(ctx context.Context, tx *mysql.Tx, index phoneIndex, code string) (ok bool, err error) {
	var kept struct {
		CodeHash  []byte `db:"code_hash"`
		Tries     int
		ExpiresAt time.Time `db:"expires_at"`
	}
	err = tx.GetContext(ctx, &kept, "SELECT code_hash, tries, expires_at FROM login_code WHERE phone_index = ? FOR UPDATE", index[:])
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("reading a code: %w", err)
	}
	hash := s.codeHash(index, code) // whether or not there is one to compare with
	right := subtle.ConstantTimeCompare(hash[:], kept.CodeHash) == 1
	if err != nil || kept.Tries >= codeTries || !s.Now().Before(kept.ExpiresAt) {
		return false, nil
	}
	statement := "UPDATE login_code SET tries = tries + 1 WHERE phone_index = ?"
	if right {
		statement = "DELETE FROM login_code WHERE phone_index = ?"
	}
	if _, err := tx.ExecContext(ctx, statement, index[:]); err != nil {
		return false, fmt.Errorf("using a code: %w", err)
	}
	return right, nil
}
