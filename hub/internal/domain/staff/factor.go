package staff

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The second factor is TOTP (RFC 6238) as every authenticator knows it: six
// digits of HMAC-SHA-1, a new code every 30 seconds.
const (
	codeDigits = otp.DigitsSix
	codeStep   = 30 * time.Second
	// codeSkew is how many steps a phone's clock may be off either way.
	codeSkew = 1
	// secretBytes is what RFC 4226, section 4, recommends.
	secretBytes = 20
)

// Recovery codes: ten, of 60 bits, in three groups that can be read aloud.
const (
	recoveryCodes = 10
	recoveryBytes = 8 // of which 12 characters, 60 bits, are used
	recoveryChars = 12
	recoveryGroup = 4
)

func secretCell(who id.Staff) vault.Cell { return vault.Cell{Table: "staff", Column: "totp", Row: who} }

// factorRow is what a login and the second factor depend on.
type factorRow struct {
	ID         id.Staff
	Number     string
	Role       wire.Role
	Password   string
	Active     bool
	MustChange bool         `db:"must_change"`
	Secret     []byte       `db:"totp"`
	Since      sql.NullTime `db:"totp_at"`
	Step       int64        `db:"totp_step"`
}

// set reports whether signing in takes a code.
func (r factorRow) set() bool { return r.Since.Valid }

// holdFactor reads it and holds the row.
func holdFactor(ctx context.Context, tx *mysql.Tx, who id.Staff) (factorRow, error) {
	var row factorRow
	err := tx.GetContext(ctx, &row, `SELECT id, number, role, password, active, must_change, totp, totp_at, totp_step
		FROM staff WHERE id = ? FOR UPDATE`, who)
	if errors.Is(err, sql.ErrNoRows) {
		return row, wire.NewProblem(wire.ProblemNotFound, "nobody is staff "+who.String())
	}
	if err != nil {
		return row, fmt.Errorf("holding staff %s: %w", who, err)
	}
	return row, nil
}

// spend takes a code of the authenticator, or a recovery code, as part of tx,
// which holds the row: each is good once.
func (s *Store) spend(ctx context.Context, tx *mysql.Tx, row factorRow, code string) error {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	var result sql.Result
	var err error
	if len(code) == codeDigits.Length() && strings.Trim(code, "0123456789") == "" {
		step, found, err := s.stepOf(row, code)
		if err != nil {
			return err
		}
		if !found {
			return wire.NewProblem(wire.ProblemSecondRefused, "")
		}
		result, err = tx.ExecContext(ctx, "UPDATE staff SET totp_step = ? WHERE id = ? AND totp_step < ?", step, row.ID, step)
		return spent(result, err)
	}
	hash := s.recoveryHash(row.ID, code)
	result, err = tx.ExecContext(ctx, "DELETE FROM staff_recovery WHERE staff = ? AND hash = ?", row.ID, hash[:])
	return spent(result, err)
}

// spent turns what a statement that spends a code did into an answer.
func spent(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("spending a code: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("spending a code: %w", err)
	}
	if n != 1 {
		return wire.NewProblem(wire.ProblemSecondRefused, "")
	}
	return nil
}

// stepOf is the step that a code belongs to, if it is one of now and none
// after it has been used. A clock that goes back makes no code good again.
func (s *Store) stepOf(row factorRow, code string) (step int64, found bool, err error) {
	secret, err := s.Vault.Open(secretCell(row.ID), row.Secret)
	if err != nil {
		return 0, false, fmt.Errorf("opening the second factor of staff %s: %w", row.ID, err)
	}
	now := s.Now().Unix() / int64(codeStep/time.Second)
	for step := now - codeSkew; step <= now+codeSkew; step++ {
		want, err := codeAt(string(secret), step)
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > row.Step {
			return step, true, nil
		}
	}
	return 0, false, nil
}

// codeAt is the code of a step.
func codeAt(secret string, step int64) (string, error) {
	if step < 0 {
		return "", nil // the clock stands before 1970: no code is good
	}
	code, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("making a code: %w", err)
	}
	return code, nil
}

// newSecret makes a secret for an authenticator that shows it as the account
// of a number at a station.
func (s *Store) newSecret(station, number string) (wire.SecondFactor, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: station, AccountName: number, SecretSize: secretBytes, Rand: s.Random,
		Period: uint(codeStep / time.Second), Digits: codeDigits, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return wire.SecondFactor{}, fmt.Errorf("making the secret of a second factor: %w", err)
	}
	return wire.SecondFactor{Secret: key.Secret(), URI: key.URL()}, nil
}

// newRecovery makes recovery codes in the place of those before.
func (s *Store) newRecovery(ctx context.Context, tx *mysql.Tx, who id.Staff) ([]string, error) {
	if err := dropRecovery(ctx, tx, who); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(s.Random, raw); err != nil {
			return nil, fmt.Errorf("reading randomness for a recovery code: %w", err)
		}
		text := base32.StdEncoding.EncodeToString(raw)[:recoveryChars]
		hash := s.recoveryHash(who, text)
		if _, err := tx.ExecContext(ctx, "INSERT INTO staff_recovery (staff, hash) VALUES (?, ?)", who, hash[:]); err != nil {
			return nil, fmt.Errorf("keeping a recovery code: %w", err)
		}
		codes[i] = strings.Join([]string{text[:recoveryGroup], text[recoveryGroup : 2*recoveryGroup], text[2*recoveryGroup:]}, "-")
	}
	return codes, nil
}

// recoveryHash is what is kept of a code: keyed, so that guessing needs the
// hub's key as well.
func (s *Store) recoveryHash(who id.Staff, code string) [32]byte {
	return s.Vault.MAC("staff.recovery", append(who[:], code...))
}

func dropRecovery(ctx context.Context, tx *mysql.Tx, who id.Staff) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM staff_recovery WHERE staff = ?", who); err != nil {
		return fmt.Errorf("dropping recovery codes: %w", err)
	}
	return nil
}

// dropFactor takes the second factor away as part of tx.
func dropFactor(ctx context.Context, tx *mysql.Tx, who id.Staff) error {
	_, err := tx.ExecContext(ctx, "UPDATE staff SET totp = NULL, totp_at = NULL, totp_step = 0 WHERE id = ?", who)
	if err != nil {
		return fmt.Errorf("dropping a second factor: %w", err)
	}
	return dropRecovery(ctx, tx, who)
}
