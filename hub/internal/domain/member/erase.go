package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Erase makes a member nobody, as part of tx: names, numbers and keyed hashes
// go, and so do vehicles, accounts, WeChat's identity, sessions, codes, consents
// and habits. The member's number stays, and when this happened. What other
// tables hold of them is flow's to remove, before this; DestroyKey comes last.
//
// Doing it twice is doing it once; a restored backup that still has what was
// erased loses it again. Somebody who never was is wire.ProblemNotFound.
func (s *Store) Erase(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	var row struct {
		PhoneIndex []byte `db:"phone_index"`
	}
	err := tx.GetContext(ctx, &row, "SELECT phone_index FROM member WHERE id = ? FOR UPDATE", m)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.NewProblem(wire.ProblemNotFound, "no such member")
	}
	if err != nil {
		return fmt.Errorf("locking member %s: %w", m, err)
	}
	if err := s.forgetSessions(ctx, tx, m); err != nil {
		return err
	}
	if row.PhoneIndex != nil {
		if _, err := tx.ExecContext(ctx, "DELETE FROM login_code WHERE phone_index = ?", row.PhoneIndex); err != nil {
			return fmt.Errorf("removing a code: %w", err)
		}
	}
	for _, table := range []string{"vehicle", "member_account", "member_wechat", "consent", "consent_event"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE member = ?", m); err != nil {
			return fmt.Errorf("removing an erased member's rows of %s: %w", table, err)
		}
	}
	if err := s.DropHabits(ctx, tx, m); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE member SET name = NULL, phone = NULL, phone_index = NULL, id_number = NULL,
		id_number_index = NULL, erased_at = COALESCE(erased_at, ?) WHERE id = ?`, s.Now(), m)
	if err != nil {
		return fmt.Errorf("emptying member %s: %w", m, err)
	}
	return nil
}

// DestroyKey destroys a member's key and with it all that it ever sealed, in
// this database and in every backup. Nothing that can fail comes after it in tx.
func (s *Store) DestroyKey(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	if err := s.Keys.DestroyMemberKey(ctx, tx, m); err != nil {
		return fmt.Errorf("destroying the key of member %s: %w", m, err)
	}
	return nil
}

// forgetSessions ends every session of a member, those in memory too.
func (s *Store) forgetSessions(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	var hashes [][]byte
	err := tx.SelectContext(ctx, &hashes, "SELECT token_hash FROM member_session WHERE member = ? FOR UPDATE", m)
	if err != nil {
		return fmt.Errorf("listing a member's sessions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM member_session WHERE member = ?", m); err != nil {
		return fmt.Errorf("ending a member's sessions: %w", err)
	}
	tx.AfterCommit(func() {
		for _, hash := range hashes {
			s.known.Forget([32]byte(hash))
		}
	})
	return nil
}

// ErasedAt is when a member was erased, zero if they were not. Somebody who
// never was is wire.ProblemNotFound.
func (s *Store) ErasedAt(ctx context.Context, q sqlx.QueryerContext, m id.Member) (time.Time, error) {
	at, found, err := erasedAt(ctx, q, m, "")
	if err == nil && !found {
		err = wire.NewProblem(wire.ProblemNotFound, "no such member")
	}
	return at.Time, err
}

// Erased lists who was erased since, at most limit, longest ago first.
func (s *Store) Erased(ctx context.Context, q sqlx.QueryerContext, since time.Time, limit int) ([]id.Member, error) {
	var list []id.Member
	err := sqlx.SelectContext(ctx, q, &list, "SELECT id FROM member WHERE erased_at >= ? ORDER BY erased_at, id LIMIT ?", since, limit)
	if err != nil {
		return nil, fmt.Errorf("listing erased members: %w", err)
	}
	return list, nil
}

// Away is a member who stays away.
type Away struct {
	Member id.Member
	SeenAt time.Time `db:"seen_at"`
}

// Idle lists who has not signed in since, nor was noted at a pump (Seen), at
// most limit, longest away first. after is the last of the list before, the zero
// value to begin.
func (s *Store) Idle(ctx context.Context, q sqlx.QueryerContext, since time.Time, after Away, limit int) ([]Away, error) {
	var list []Away
	err := sqlx.SelectContext(ctx, q, &list, `SELECT id AS member, seen_at FROM member
		WHERE seen_at < ? AND erased_at IS NULL AND (seen_at > ? OR seen_at = ? AND id > ?)
		ORDER BY seen_at, id LIMIT ?`, since, after.SeenAt, after.SeenAt, after.Member[:], limit)
	if err != nil {
		return nil, fmt.Errorf("listing members who stay away: %w", err)
	}
	return list, nil
}
