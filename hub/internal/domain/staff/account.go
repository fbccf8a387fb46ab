package staff

import (
	"context"
	"errors"
	"fmt"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Account is somebody's own account as it is now.
func (s *Store) Account(ctx context.Context, who Actor) (wire.Account, error) {
	var row struct {
		Number     string
		Name       []byte
		Role       wire.Role
		MustChange bool `db:"must_change"`
		Factor     bool
		Recovery   int
	}
	err := s.DB.GetContext(ctx, &row, `SELECT number, name, role, must_change, totp_at IS NOT NULL AS factor,
		(SELECT COUNT(*) FROM staff_recovery r WHERE r.staff = p.id) AS recovery FROM staff p WHERE id = ?`, who.Staff)
	if err != nil {
		return wire.Account{}, fmt.Errorf("reading the account of staff %s: %w", who.Staff, err)
	}
	name, err := s.openName(who.Staff, row.Name)
	if err != nil {
		return wire.Account{}, err
	}
	return wire.Account{
		Number: row.Number, Name: name, Role: row.Role, SecondFactor: row.Factor, Recovery: row.Recovery,
		Must: s.Rules.must(row.Role, row.MustChange, row.Factor),
	}, nil
}

// ChangeOwnPassword changes somebody's own password and ends their other
// sessions. A wrong old one is wire.ProblemLoginRefused, and counts as a
// failed login.
func (s *Store) ChangeOwnPassword(ctx context.Context, who Actor, req wire.OwnPasswordRequest) (wire.Account, error) {
	row := s.own(who, actionOwnPassword, "")
	if err := s.changeOwnPassword(ctx, who, req, row); err != nil {
		return wire.Account{}, s.ownRefused(ctx, row, err)
	}
	return s.Account(ctx, who)
}

func (s *Store) changeOwnPassword(ctx context.Context, who Actor, req wire.OwnPasswordRequest, row audit.Row) error {
	old, err := s.passwordOf(ctx, who.Staff)
	if err != nil {
		return err
	}
	sc := numberScope(who.Station, who.Number)
	tallies, err := s.countTry(ctx, sc)
	if err != nil {
		return err
	}
	ok, _, err := s.verify(ctx, req.Old, old)
	if err != nil {
		return err
	}
	if !ok {
		return wire.NewProblem(wire.ProblemLoginRefused, "the old password is wrong")
	}
	hash, err := s.chosen(ctx, who, req)
	if err != nil {
		return errors.Join(err, s.takeBack(ctx, tallies)) // that was no guess at the old one
	}
	return s.DB.InTx(ctx, "changing one's own password", func(ctx context.Context, tx *mysql.Tx) error {
		held, err := holdFactor(ctx, tx, who.Staff)
		if err != nil {
			return err
		}
		if held.Password != old {
			return wire.NewProblem(wire.ProblemLoginRefused, "the password was changed meanwhile")
		}
		if _, err := tx.ExecContext(ctx, "UPDATE staff SET password = ?, must_change = 0 WHERE id = ?", hash, who.Staff); err != nil {
			return fmt.Errorf("changing a password: %w", err)
		}
		if err := s.endSessions(ctx, tx, "staff = ? AND id <> ?", who.Staff, who.Session); err != nil {
			return err
		}
		if err := forgive(ctx, tx, sc); err != nil {
			return err
		}
		return audit.Write(ctx, tx, row)
	})
}

// chosen is the hash of a password somebody chose for themselves.
func (s *Store) chosen(ctx context.Context, who Actor, req wire.OwnPasswordRequest) (string, error) {
	if err := CheckPassword(req.New, who.Number, who.Role); err != nil {
		return "", err
	}
	if req.New == req.Old {
		return "", weak("it is the old one")
	}
	return s.hash(ctx, req.New)
}

func (s *Store) passwordOf(ctx context.Context, who id.Staff) (string, error) {
	var hash string
	if err := s.DB.GetContext(ctx, &hash, "SELECT password FROM staff WHERE id = ?", who); err != nil {
		return "", fmt.Errorf("reading the password of staff %s: %w", who, err)
	}
	return hash, nil
}

// NewSecondFactor makes a second factor for somebody who has none. It counts
// once ConfirmSecondFactor has had a code of it; until then the next one takes
// its place.
func (s *Store) NewSecondFactor(ctx context.Context, who Actor) (wire.SecondFactor, error) {
	var station string
	if err := s.DB.GetContext(ctx, &station, "SELECT name FROM station WHERE id = ?", who.Station); err != nil {
		return wire.SecondFactor{}, fmt.Errorf("reading a station's name: %w", err)
	}
	factor, err := s.newSecret(station, who.Number)
	if err != nil {
		return wire.SecondFactor{}, err
	}
	err = s.DB.InTx(ctx, "making a second factor", func(ctx context.Context, tx *mysql.Tx) error {
		row, err := holdFactor(ctx, tx, who.Staff)
		if err != nil {
			return err
		}
		if row.set() {
			return wire.NewProblem(wire.ProblemBadRequest, "there is a second factor; remove it first")
		}
		_, err = tx.ExecContext(ctx, "UPDATE staff SET totp = ?, totp_step = 0 WHERE id = ?",
			s.Vault.Seal(secretCell(who.Staff), []byte(factor.Secret)), who.Staff)
		if err != nil {
			return fmt.Errorf("keeping a second factor: %w", err)
		}
		return nil
	})
	if err != nil {
		return wire.SecondFactor{}, err
	}
	return factor, nil
}

// ConfirmSecondFactor has the new second factor count from now on, and answers
// with recovery codes, which are told once. A wrong code is
// wire.ProblemSecondRefused and counts as a failed login.
func (s *Store) ConfirmSecondFactor(ctx context.Context, who Actor, req wire.CodeRequest) (wire.RecoveryCodes, error) {
	var codes wire.RecoveryCodes
	ask := factorChange{who: who, code: req.Code, counts: false, note: "set up"}
	err := s.changeFactor(ctx, ask, func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE staff SET totp_at = ? WHERE id = ?", s.now(), who.Staff); err != nil {
			return fmt.Errorf("confirming a second factor: %w", err)
		}
		var err error
		codes.Codes, err = s.newRecovery(ctx, tx, who.Staff)
		return err
	})
	if err != nil {
		return wire.RecoveryCodes{}, err
	}
	return codes, nil
}

// RemoveSecondFactor takes somebody's own second factor away, for a code of it
// or a recovery code.
func (s *Store) RemoveSecondFactor(ctx context.Context, who Actor, req wire.CodeRequest) (wire.Account, error) {
	ask := factorChange{who: who, code: req.Code, counts: true, note: "removed"}
	err := s.changeFactor(ctx, ask, func(ctx context.Context, tx *mysql.Tx) error {
		return dropFactor(ctx, tx, who.Staff)
	})
	if err != nil {
		return wire.Account{}, err
	}
	return s.Account(ctx, who)
}

// factorChange is a change of one's own second factor, for a code of it.
type factorChange struct {
	who  Actor
	code string
	// counts is whether the second factor has to count already, or must not yet.
	counts bool
	note   string
}

// changeFactor counts a try, spends the code and has do change what it must,
// in one transaction with its row of the log.
func (s *Store) changeFactor(ctx context.Context, ask factorChange, do func(context.Context, *mysql.Tx) error) error {
	row := s.own(ask.who, actionOwnFactor, ask.note)
	sc := numberScope(ask.who.Station, ask.who.Number)
	tallies, err := s.countTry(ctx, sc)
	if err != nil {
		return s.ownRefused(ctx, row, err)
	}
	err = s.DB.InTx(ctx, "changing a second factor", func(ctx context.Context, tx *mysql.Tx) error {
		held, err := holdFactor(ctx, tx, ask.who.Staff)
		if err != nil {
			return err
		}
		if held.Secret == nil || held.set() != ask.counts {
			return errNoFactor
		}
		if err := s.spend(ctx, tx, held, ask.code); err != nil {
			return err
		}
		if err := do(ctx, tx); err != nil {
			return err
		}
		if err := forgive(ctx, tx, sc); err != nil {
			return err
		}
		return audit.Write(ctx, tx, row)
	})
	if errors.Is(err, errNoFactor) {
		err = wire.NewProblem(wire.ProblemBadRequest, "there is no second factor to be "+ask.note)
		return errors.Join(err, s.takeBack(ctx, tallies)) // that was no guess at a code
	}
	return s.ownRefused(ctx, row, err)
}

var errNoFactor = errors.New("staff: no such second factor")
