package notice

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Keys are the members' keys, which seal what they are told.
	Keys *keyring.Ring
	// Now is the clock.
	Now func() time.Time
	// IDs makes the ids of notices.
	IDs *id.Maker
}

// Store is the notices of all members. It is safe for concurrent use.
type Store struct{ Deps }

// New makes a Store.
func New(d Deps) *Store { return &Store{d} }

// Limits of the texts, in characters: one text message of the long kind.
const (
	maxTitle = 40
	maxText  = 300
	// maxDue bounds one answer of Due.
	maxDue = 500
	// waitingBytes is the width of column waiting.
	waitingBytes = 16
)

// Add keeps a notice as part of tx. While one of the same kind about the same
// conversation still waits it stands for this one too, and added is false. Who
// was erased is told nothing.
func (s *Store) Add(ctx context.Context, tx *mysql.Tx, n Notice) (told wire.Notice, added bool, err error) {
	if utf8.RuneCountInString(n.Title) > maxTitle || utf8.RuneCountInString(n.Text) > maxText {
		return told, false, fmt.Errorf("notice: a %s is too long to send", n.Kind)
	}
	key, err := s.Keys.MemberKey(ctx, tx, n.Member)
	if errors.Is(err, vault.ErrErased) {
		return told, false, nil
	}
	if err != nil {
		return told, false, err
	}
	now := s.Now()
	which := id.New[id.Notice](s.IDs)
	_, err = tx.ExecContext(ctx, `INSERT INTO notice
		(id, member, kind, thread, title, text, state, waiting, tries, next_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, 'due', ?, 0, ?, ?)`, which, n.Member, n.Kind, n.Thread,
		key.Seal(cell("title", which), []byte(n.Title)), key.Seal(cell("text", which), []byte(n.Text)),
		n.waiting(), now.Add(n.After), now)
	if mysql.IsDuplicate(err) {
		return told, false, nil
	}
	if err != nil {
		return told, false, fmt.Errorf("keeping a notice: %w", err)
	}
	return wire.Notice{ID: which, Kind: n.Kind, Thread: n.Thread, Title: n.Title, Text: n.Text, At: now}, true, nil
}

// waiting is the same for notices of which only one may wait at a time.
func (n Notice) waiting() []byte {
	sum := sha256.Sum256(slices.Concat(n.Member[:], n.Thread[:], []byte(n.Kind)))
	return sum[:waitingBytes]
}

func cell(column string, key id.Notice) vault.Cell {
	return vault.Cell{Table: "notice", Column: column, Row: key}
}

const columns = "id, member, kind, thread, title, text, tries, created_at"

// stored is a row of table notice.
type stored struct {
	ID          id.Notice
	Member      id.Member
	Kind        wire.NoticeKind
	Thread      id.Thread
	Title, Text []byte
	Tries       int
	CreatedAt   time.Time `db:"created_at"`
}

func open(r stored, key *vault.Key) (Due, error) {
	title, err := key.Open(cell("title", r.ID), r.Title)
	if err != nil {
		return Due{}, fmt.Errorf("opening notice %s: %w", r.ID, err)
	}
	text, err := key.Open(cell("text", r.ID), r.Text)
	if err != nil {
		return Due{}, fmt.Errorf("opening notice %s: %w", r.ID, err)
	}
	return Due{
		Member: r.Member, Tries: r.Tries,
		Notice: wire.Notice{ID: r.ID, Kind: r.Kind, Thread: r.Thread, Title: string(title), Text: string(text), At: r.CreatedAt},
	}, nil
}

// Due lists the notices whose time has come by now, the longest waiting first,
// at most limit of them. Those of members who were erased are left out: nobody
// can read them any more.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	var rows []stored
	err := s.DB.SelectContext(ctx, &rows, `SELECT `+columns+` FROM notice
		WHERE state = 'due' AND next_at <= ? ORDER BY next_at, id LIMIT ?`, now, min(limit, maxDue))
	if err != nil {
		return nil, fmt.Errorf("listing due notices: %w", err)
	}
	members := make([]id.Member, len(rows))
	for i, r := range rows {
		members[i] = r.Member
	}
	keys, err := s.Keys.MemberKeys(ctx, s.DB, members...)
	if err != nil {
		return nil, fmt.Errorf("reading the keys of due notices: %w", err)
	}
	list := make([]Due, 0, len(rows))
	for _, r := range rows {
		key := keys[r.Member]
		if key == nil {
			continue
		}
		due, err := open(r, key)
		if err != nil {
			return nil, err
		}
		list = append(list, due)
	}
	return list, nil
}

// The ways in which a notice is done.
const (
	stateSent      = "sent"
	stateShown     = "shown"
	stateWithdrawn = "withdrawn"
	stateGivenUp   = "given_up"
)

// Sent notes that a notice was taken over by whoever sends it.
func (s *Store) Sent(ctx context.Context, n id.Notice) error { return s.done(ctx, n, stateSent) }

// Shown notes that a notice need not be sent: its member is in the app and saw
// it there.
func (s *Store) Shown(ctx context.Context, n id.Notice) error { return s.done(ctx, n, stateShown) }

// done ends a notice that still waits; what is done stays as it is.
func (s *Store) done(ctx context.Context, n id.Notice, state string) error {
	_, err := s.DB.ExecContext(ctx, "UPDATE notice SET state = ?, waiting = NULL, done_at = ?, tries = tries + ? WHERE id = ? AND state = 'due'",
		state, s.Now(), state == stateSent, n)
	if err != nil {
		return fmt.Errorf("noting that a notice is %s: %w", state, err)
	}
	return nil
}

// Withdraw ends, as part of tx, all waiting notices to a member about a
// conversation: they have read it.
func (s *Store) Withdraw(ctx context.Context, tx *mysql.Tx, m id.Member, t id.Thread) error {
	_, err := tx.ExecContext(ctx, `UPDATE notice SET state = ?, waiting = NULL, done_at = ?
		WHERE member = ? AND thread = ? AND state = 'due'`, stateWithdrawn, s.Now(), m, t)
	if err != nil {
		return fmt.Errorf("withdrawing notices: %w", err)
	}
	return nil
}

// Forget removes, as part of tx, all notices to a member, sent or not.
func (s *Store) Forget(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM notice WHERE member = ?", m); err != nil {
		return fmt.Errorf("forgetting the notices to a member: %w", err)
	}
	return nil
}

// Failed notes that a try failed: the next comes later, or none comes when a
// day has passed since the notice was made.
func (s *Store) Failed(ctx context.Context, n Due) error {
	now := s.Now()
	if now.Sub(n.At) >= giveUpAfter {
		return s.done(ctx, n.ID, stateGivenUp)
	}
	next := now.Add(clock.Backoff(n.Tries, firstWait, waitLimit))
	_, err := s.DB.ExecContext(ctx, "UPDATE notice SET tries = ?, next_at = ? WHERE id = ? AND state = 'due'",
		n.Tries+1, next, n.ID)
	if err != nil {
		return fmt.Errorf("noting a failed notice: %w", err)
	}
	return nil
}

// sweepBatch bounds one statement of Sweep.
const sweepBatch = 1000

// Sweep gives up what has waited for a day, and removes what was done a month
// ago. It says how many rows it touched and is run now and then.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	now := s.Now()
	given, err := s.each(ctx, "UPDATE notice SET state = 'given_up', waiting = NULL, done_at = ? WHERE state = 'due' AND created_at <= ? LIMIT ?",
		now, now.Add(-giveUpAfter))
	if err != nil {
		return given, err
	}
	removed, err := s.each(ctx, "DELETE FROM notice WHERE state <> 'due' AND done_at <= ? LIMIT ?", now.Add(-keepDone))
	return given + removed, err
}

// each runs a bounded statement until it finds no more.
func (s *Store) each(ctx context.Context, statement string, args ...any) (total int64, err error) {
	args = append(args, sweepBatch)
	for {
		result, err := s.DB.ExecContext(ctx, statement, args...)
		if err != nil {
			return total, fmt.Errorf("sweeping notices: %w", err)
		}
		n, err := result.RowsAffected()
		total += n
		if err != nil || n < sweepBatch {
			return total, err
		}
	}
}
