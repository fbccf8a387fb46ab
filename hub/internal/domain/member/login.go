package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/token"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Login opens a session for whoever has the code that was sent to a number; a
// number not seen before becomes a member. A code of wx.login that comes along
// binds WeChat's identity to the member, if WeChat vouches for it. It answers
// wire.ProblemCodeRefused, the same whichever is wrong.
func (s *Store) Login(ctx context.Context, req wire.DriverLogin) (wire.DriverSession, error) {
	phone, err := NormalPhone(req.Phone)
	if err != nil {
		return wire.DriverSession{}, err
	}
	code, ok := tidy(req.Code)
	if !ok || len(code) != codeDigits || !digits(code) {
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemCodeRefused, "a code has 6 digits")
	}
	openID := s.askedIdentity(ctx, req.WeChat)
	session, in, err := s.letIn(ctx, "signing a member in", func(ctx context.Context, tx *mysql.Tx) (who id.Member, right bool, err error) {
		index := s.phoneIndex(phone)
		if right, err = s.useCode(ctx, tx, index, code); err != nil || !right {
			return who, right, err
		}
		if who, err = s.memberOf(ctx, tx, phone, index); err != nil || openID == "" {
			return who, right, err
		}
		return who, right, s.bind(ctx, tx, who, openID)
	})
	if err == nil && !in {
		err = wire.NewProblem(wire.ProblemCodeRefused, "")
	}
	return session, err
}

// letIn finds out who somebody is and opens a session for them, in one
// transaction. in is false if find says that it is nobody; what find wrote is
// committed all the same.
func (s *Store) letIn(ctx context.Context, what string,
	find func(ctx context.Context, tx *mysql.Tx) (who id.Member, found bool, err error),
) (session wire.DriverSession, in bool, err error) {
	secret, hash, err := token.New(s.Random, tokenPrefix)
	if err != nil {
		return session, false, err
	}
	session = wire.DriverSession{Token: secret, ExpiresAt: s.Now().Add(sessionIdle)}
	err = s.DB.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		who, found, err := find(ctx, tx)
		if in = found; err != nil || !found {
			return err
		}
		if err := s.openSession(ctx, tx, who, hash); err != nil {
			return err
		}
		session.Member, err = s.Load(ctx, tx, who)
		return err
	})
	if err != nil || !in {
		return wire.DriverSession{}, false, err
	}
	return session, true, nil
}

// memberOf is whose number it is, as part of tx, which has locked the number:
// of who is a member already, or of a new one.
func (s *Store) memberOf(ctx context.Context, tx *mysql.Tx, phone string, index phoneIndex) (id.Member, error) {
	var who id.Member
	err := tx.GetContext(ctx, &who, "SELECT id FROM member WHERE phone_index = ?", index[:])
	if errors.Is(err, sql.ErrNoRows) {
		return s.join(ctx, tx, phone, index)
	}
	if err != nil {
		return who, fmt.Errorf("finding a member: %w", err)
	}
	return who, nil
}

// join makes a member.
func (s *Store) join(ctx context.Context, tx *mysql.Tx, phone string, index phoneIndex) (id.Member, error) {
	number, err := nextNumber(ctx, tx)
	if err != nil {
		return id.Member{}, err
	}
	who, now := id.New[id.Member](s.IDs), s.Now()
	key, err := s.Keys.NewMemberKey(ctx, tx, who)
	if err != nil {
		return id.Member{}, fmt.Errorf("making a member's key: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO member (id, number, name, phone, phone_index, created_at, seen_at)
		VALUES (?, ?, NULL, ?, ?, ?, ?)`, who, number, key.Seal(memberCell("phone", who), []byte(phone)), index[:], now, now)
	if err != nil {
		return id.Member{}, fmt.Errorf("entering a member: %w", err)
	}
	return who, nil
}

// nextNumber takes the next member number under the counter's lock: a number
// is given when its member is committed, or not at all.
func nextNumber(ctx context.Context, tx *mysql.Tx) (string, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO member_counter (id, last) VALUES (1, LAST_INSERT_ID(1))
		ON DUPLICATE KEY UPDATE last = LAST_INSERT_ID(last + 1)`)
	if err != nil {
		return "", fmt.Errorf("taking a member number: %w", err)
	}
	n, err := result.LastInsertId()
	if err != nil {
		return "", fmt.Errorf("taking a member number: %w", err)
	}
	return numberOf(n), nil
}

// numberOf is how people say the nth member.
func numberOf(n int64) string { return fmt.Sprintf("M%06d", n) }

func memberCell(column string, m id.Member) vault.Cell {
	return vault.Cell{Table: "member", Column: column, Row: m}
}

func vehicleCell(column string, v id.Vehicle) vault.Cell {
	return vault.Cell{Table: "vehicle", Column: column, Row: v}
}

func accountCell(a id.PaymentAccount) vault.Cell {
	return vault.Cell{Table: "member_account", Column: "account", Row: a}
}
