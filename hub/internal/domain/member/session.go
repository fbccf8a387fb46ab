package member

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// tokenPrefix tells a member's token from others, for people and for
	// scanners that look for leaked secrets.
	tokenPrefix = "fcd_"
	// sessionIdle ends a session that is not used: a driver who fuels once a
	// quarter stays signed in.
	sessionIdle = 90 * 24 * time.Hour
	// touchEvery is how exactly the last use is known; writing it on every
	// request would make reading a write.
	touchEvery = time.Hour
)

// openSession writes a session as part of tx and ends the member's longest
// unused ones past maxSessions.
func (s *Store) openSession(ctx context.Context, tx *mysql.Tx, who id.Member, hash [sha256.Size]byte) error {
	now := s.Now()
	_, err := tx.ExecContext(ctx, "INSERT INTO member_session (token_hash, member, created_at, seen_at) VALUES (?, ?, ?, ?)",
		hash[:], who, now, now)
	if err != nil {
		return fmt.Errorf("writing a session: %w", err)
	}
	if err := s.Seen(ctx, tx, who, now); err != nil {
		return err
	}
	var open int
	if err := tx.GetContext(ctx, &open, "SELECT COUNT(*) FROM member_session WHERE member = ?", who); err != nil {
		return fmt.Errorf("counting sessions: %w", err)
	}
	if open <= maxSessions {
		return nil
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM member_session WHERE member = ? AND token_hash <> ? ORDER BY seen_at LIMIT ?",
		who, hash[:], open-maxSessions)
	if err != nil {
		return fmt.Errorf("ending old sessions: %w", err)
	}
	return nil
}

// Resolve is whose session a token belongs to, or wire.ProblemUnauthorized.
// While the database is away it answers for those seen in the last minutes.
func (s *Store) Resolve(ctx context.Context, token string) (Actor, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "not a member's token")
	}
	hash := sha256.Sum256([]byte(token))
	var row struct {
		Actor
		SeenAt time.Time `db:"seen_at"`
	}
	now := s.Now()
	err := s.DB.GetContext(ctx, &row, `SELECT o.member, m.number, o.seen_at FROM member_session o
		JOIN member m ON m.id = o.member WHERE o.token_hash = ? AND o.seen_at > ?`, hash[:], now.Add(-sessionIdle))
	switch {
	case err == nil:
		s.known.Remember(hash, row.Actor, row.SeenAt.Add(sessionIdle))
		return row.Actor, s.touch(ctx, row.Actor, hash, row.SeenAt)
	case errors.Is(err, sql.ErrNoRows):
		s.known.Forget(hash)
		return Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such session, or it has ended")
	case mysql.Unavailable(err):
		if who, ok := s.known.Recall(hash); ok {
			return who, nil
		}
	}
	return Actor{}, fmt.Errorf("finding a member's session: %w", err)
}

// touch notes that a session is in use.
func (s *Store) touch(ctx context.Context, who Actor, hash [sha256.Size]byte, seenAt time.Time) error {
	now := s.Now()
	if now.Sub(seenAt) < touchEvery {
		return nil
	}
	_, err := s.DB.ExecContext(ctx, "UPDATE member_session SET seen_at = ? WHERE token_hash = ?", now, hash[:])
	if err == nil {
		err = s.Seen(ctx, s.DB, who.Member, now)
	}
	if err != nil && !mysql.Unavailable(err) {
		return fmt.Errorf("noting the use of a session: %w", err)
	}
	return nil // a use that is not noted ends the session a little sooner
}

// Logout ends the session of a token. Ending it twice is no error.
func (s *Store) Logout(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	s.known.Forget(hash)
	if _, err := s.DB.ExecContext(ctx, "DELETE FROM member_session WHERE token_hash = ?", hash[:]); err != nil {
		return fmt.Errorf("ending a member's session: %w", err)
	}
	return nil
}

// Open is who has an open session, for ending the sockets of others: of
// everybody, or of those that are named.
func (s *Store) Open(ctx context.Context, of ...id.Member) (map[id.Member]bool, error) {
	since := s.Now().Add(-sessionIdle)
	open := map[id.Member]bool{}
	if len(of) == 0 {
		return open, s.openOf(ctx, open, "SELECT DISTINCT member FROM member_session WHERE seen_at > ?", since)
	}
	for part := range slices.Chunk(of, maxBrief) {
		query, args, err := sqlx.In("SELECT DISTINCT member FROM member_session WHERE member IN (?) AND seen_at > ?", part, since)
		if err != nil {
			return nil, fmt.Errorf("listing members' open sessions: %w", err)
		}
		if err := s.openOf(ctx, open, query, args...); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (s *Store) openOf(ctx context.Context, open map[id.Member]bool, query string, args ...any) error {
	var members []id.Member
	if err := s.DB.SelectContext(ctx, &members, query, args...); err != nil {
		return fmt.Errorf("listing members' open sessions: %w", err)
	}
	for _, m := range members {
		open[m] = true
	}
	return nil
}

// sweepBatch bounds one DELETE of Sweep.
const sweepBatch = 1000

// Sweep removes ended sessions and expired codes, and says how many rows went.
// It is run now and then.
func (s *Store) Sweep(ctx context.Context) (total int64, err error) {
	now := s.Now()
	for _, ended := range []struct {
		statement string
		before    time.Time
	}{
		{"DELETE FROM member_session WHERE seen_at <= ? LIMIT ?", now.Add(-sessionIdle)},
		{"DELETE FROM login_code WHERE expires_at <= ? LIMIT ?", now},
	} {
		n, err := s.sweepAll(ctx, ended.statement, ended.before)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Store) sweepAll(ctx context.Context, statement string, before time.Time) (total int64, err error) {
	for {
		result, err := s.DB.ExecContext(ctx, statement, before, sweepBatch)
		if err != nil {
			return total, fmt.Errorf("sweeping members' tables: %w", err)
		}
		n, err := result.RowsAffected()
		total += n
		if err != nil || n < sweepBatch {
			return total, err
		}
	}
}
