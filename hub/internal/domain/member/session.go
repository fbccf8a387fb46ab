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

	"forecourt/hub/internal/platform/audit"
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
	// actionEndSession is what the log calls it when a member ends their
	// sessions elsewhere.
	actionEndSession = "session.end"
)

// Session names a session: the SHA-256 of its token. It opens nothing.
type Session [sha256.Size]byte

// SessionOf is the session of a token.
func SessionOf(token string) Session { return sha256.Sum256([]byte(token)) }

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

// EndOthers ends every session of a member but that of a token, and counts those
// that were open. It is for a phone that was lost: one that ended any is on
// record.
func (s *Store) EndOthers(ctx context.Context, who Actor, token string) (wire.SessionsEnded, error) {
	here, now := SessionOf(token), s.Now()
	var others []struct {
		Session []byte    `db:"token_hash"`
		SeenAt  time.Time `db:"seen_at"`
	}
	var told wire.SessionsEnded
	err := s.DB.InTx(ctx, "ending a member's other sessions", func(ctx context.Context, tx *mysql.Tx) error {
		others, told.Ended = nil, 0
		if err := s.lock(ctx, tx, who.Member); err != nil {
			return err
		}
		err := tx.SelectContext(ctx, &others, "SELECT token_hash, seen_at FROM member_session WHERE member = ? AND token_hash <> ? FOR UPDATE",
			who.Member, here[:])
		if err != nil {
			return fmt.Errorf("listing a member's other sessions: %w", err)
		}
		for _, o := range others {
			if o.SeenAt.After(now.Add(-sessionIdle)) {
				told.Ended++
			}
		}
		if told.Ended == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM member_session WHERE member = ? AND token_hash <> ?", who.Member, here[:])
		if err != nil {
			return fmt.Errorf("ending a member's other sessions: %w", err)
		}
		return audit.Write(ctx, tx, audit.Row{
			At: now, Member: who.Member, Action: actionEndSession, Object: "member", ObjectID: who.Member.String(), Result: audit.OK,
			Note: fmt.Sprintf("%d on other devices", told.Ended),
		})
	})
	if err != nil {
		return wire.SessionsEnded{}, err
	}
	for _, o := range others {
		s.known.Forget([sha256.Size]byte(o.Session))
	}
	return told, nil
}

// Open is the sessions that are open, for ending the sockets of others: of
// everybody, or of those that are named.
func (s *Store) Open(ctx context.Context, of ...id.Member) (map[Session]bool, error) {
	since := s.Now().Add(-sessionIdle)
	open := map[Session]bool{}
	if len(of) == 0 {
		return open, s.openOf(ctx, open, "SELECT token_hash FROM member_session WHERE seen_at > ?", since)
	}
	for part := range slices.Chunk(of, maxBrief) {
		query, args, err := sqlx.In("SELECT token_hash FROM member_session WHERE member IN (?) AND seen_at > ?", part, since)
		if err != nil {
			return nil, fmt.Errorf("listing members' open sessions: %w", err)
		}
		if err := s.openOf(ctx, open, query, args...); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (s *Store) openOf(ctx context.Context, open map[Session]bool, query string, args ...any) error {
	var sessions [][]byte
	if err := s.DB.SelectContext(ctx, &sessions, query, args...); err != nil {
		return fmt.Errorf("listing members' open sessions: %w", err)
	}
	for _, key := range sessions {
		open[Session(key)] = true
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
