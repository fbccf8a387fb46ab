package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Store is the rows of conversations. It is safe for concurrent use.
type Store struct{ keys *keyring.Ring }

// NewStore makes a Store that seals with the keys of members.
func NewStore(keys *keyring.Ring) *Store { return &Store{keys: keys} }

// threadRow is a row of table chat_thread.
type threadRow struct {
	Thread
	WaitingSince sql.NullTime `db:"waiting_since"`
	TakenAt      sql.NullTime `db:"taken_at"`
	ClosedAt     sql.NullTime `db:"closed_at"`
	LastAt       sql.NullTime `db:"last_at"`
	Note         []byte
	// Of the last closing, where it was joined.
	Stars   sql.NullInt64
	RatedAt sql.NullTime `db:"rated_at"`
	RatedAs []byte       `db:"rated_as"`
}

const threadColumns = `t.id, t.station, t.member, t.state, t.agent, t.agent_number, t.left_by, t.opened_at,
	t.waiting_since, t.taken_at, t.closed_at, t.closings, t.last, t.last_at, t.spoken,
	t.driver_read, t.agent_read, t.driver_unread, t.agent_unread, t.told, t.note`

// threadQuery reads whole conversations: with their station's name and the
// rating of the last closing.
const threadQuery = "SELECT " + threadColumns + `, s.name AS station_name,
		r.stars, r.at AS rated_at, r.note AS rated_as
	FROM chat_thread t JOIN station s ON s.id = t.station
	LEFT JOIN chat_rating r ON r.thread = t.id AND r.closing = t.closings`

func (s *Store) thread(r threadRow, key *vault.Key) (Thread, error) {
	t := r.Thread
	t.WaitingSince, t.TakenAt, t.ClosedAt, t.LastAt = r.WaitingSince.Time, r.TakenAt.Time, r.ClosedAt.Time, r.LastAt.Time
	var err error
	if t.Note, err = open(key, noteCell(t.ID), r.Note, ""); err != nil {
		return t, fmt.Errorf("opening the note of thread %s: %w", t.ID, err)
	}
	if !r.Stars.Valid {
		return t, nil
	}
	t.Rating = &wire.Rating{Stars: int(r.Stars.Int64), At: r.RatedAt.Time}
	if t.Rating.Note, err = open(key, ratingCell(t.ID), r.RatedAs, ErasedText); err != nil {
		return t, fmt.Errorf("opening the rating of thread %s: %w", t.ID, err)
	}
	return t, nil
}

func (s *Store) threads(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Thread, error) {
	var rows []threadRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading threads: %w", err)
	}
	keys, err := s.keysOf(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	list := make([]Thread, len(rows))
	for i, r := range rows {
		if list[i], err = s.thread(r, keys[r.Member]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// keysOf is the keys of those members of whom something is sealed in rows.
func (s *Store) keysOf(ctx context.Context, q sqlx.QueryerContext, rows []threadRow) (keyring.Keys, error) {
	var members []id.Member
	for _, r := range rows {
		if len(r.Note) > 0 || len(r.RatedAs) > 0 {
			members = append(members, r.Member)
		}
	}
	return s.memberKeys(ctx, q, members)
}

func (s *Store) one(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (Thread, error) {
	found, err := s.threads(ctx, q, query, args...)
	if err != nil {
		return Thread{}, err
	}
	if len(found) == 0 {
		return Thread{}, ErrNone
	}
	return found[0], nil
}

// Load reads one conversation, or answers ErrNone.
func (s *Store) Load(ctx context.Context, q sqlx.QueryerContext, which id.Thread) (Thread, error) {
	return s.one(ctx, q, threadQuery+" WHERE t.id = ?", which)
}

// OpenOf reads the open conversation of a member with a station, or answers
// ErrNone.
func (s *Store) OpenOf(ctx context.Context, q sqlx.QueryerContext, at id.Station, m id.Member) (Thread, error) {
	return s.one(ctx, q, threadQuery+" WHERE t.station = ? AND t.held_by = ?", at, m)
}

// Lock reads one conversation and holds its row, and with it the right to rate
// it. Its StationName is of from, read before: a plain read in here would open
// a snapshot, and make the transaction run again whenever a channel moved on.
func (s *Store) Lock(ctx context.Context, tx sqlx.QueryerContext, from Thread) (Thread, error) {
	t, err := s.one(ctx, tx, "SELECT "+threadColumns+" FROM chat_thread t WHERE t.id = ? FOR UPDATE", from.ID)
	if err != nil {
		return t, fmt.Errorf("locking thread %s: %w", from.ID, err)
	}
	t.StationName = from.StationName
	if t.Closings > 0 {
		t.Rating, err = s.lockRating(ctx, tx, t)
	}
	return t, err
}

// lockRating reads the rating of the last closing, as it stands now.
func (s *Store) lockRating(ctx context.Context, tx sqlx.QueryerContext, t Thread) (*wire.Rating, error) {
	var row struct {
		Stars int
		At    time.Time
		Note  []byte
	}
	err := sqlx.GetContext(ctx, tx, &row, `SELECT stars, at, note FROM chat_rating
		WHERE thread = ? AND closing = ? LOCK IN SHARE MODE`, t.ID, t.Closings)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the rating of thread %s: %w", t.ID, err)
	}
	keys, err := s.keysOf(ctx, tx, []threadRow{{Thread: t, RatedAs: row.Note}})
	if err != nil {
		return nil, err
	}
	note, err := open(keys[t.Member], ratingCell(t.ID), row.Note, ErasedText)
	if err != nil {
		return nil, fmt.Errorf("opening the rating of thread %s: %w", t.ID, err)
	}
	return &wire.Rating{Stars: row.Stars, Note: note, At: row.At}, nil
}

// Insert adds a conversation. The server's duplicate-key error means that the
// member has an open one with the station.
func (s *Store) Insert(ctx context.Context, tx sqlx.ExtContext, t Thread) error {
	const columns = `id, station, member, opened_at, state, held_by, agent, agent_number, left_by, waiting_since, taken_at,
		closed_at, closings, last, last_at, spoken, driver_read, agent_read, driver_unread, agent_unread, told, note`
	state, err := s.state(ctx, tx, t)
	if err != nil {
		return err
	}
	args := append([]any{t.ID, t.Station, t.Member, t.OpenedAt}, state...)
	_, err = tx.ExecContext(ctx, "INSERT INTO chat_thread ("+columns+") VALUES (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	if err != nil {
		return fmt.Errorf("opening a thread: %w", err)
	}
	return nil
}

// Save stores where a conversation stands now. The caller holds its row.
func (s *Store) Save(ctx context.Context, tx sqlx.ExtContext, t Thread) error {
	state, err := s.state(ctx, tx, t)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE chat_thread SET state = ?, held_by = ?, agent = ?, agent_number = ?, left_by = ?,
			waiting_since = ?, taken_at = ?, closed_at = ?, closings = ?, last = ?, last_at = ?, spoken = ?,
			driver_read = ?, agent_read = ?, driver_unread = ?, agent_unread = ?, told = ?, note = ?
		WHERE id = ?`, append(state, t.ID)...)
	if err != nil {
		return fmt.Errorf("storing thread %s: %w", t.ID, err)
	}
	return nil
}

// state is what changes of a conversation, in the order of Save.
func (s *Store) state(ctx context.Context, q sqlx.QueryerContext, t Thread) ([]any, error) {
	note, err := s.seal(ctx, q, t.Member, noteCell(t.ID), t.Note)
	if err != nil {
		return nil, fmt.Errorf("sealing the note of thread %s: %w", t.ID, err)
	}
	var heldBy id.Member
	if t.State != wire.ThreadClosed {
		heldBy = t.Member
	}
	return []any{
		t.State, heldBy, t.Agent, t.AgentNumber, t.LeftBy,
		nullTime(t.WaitingSince), nullTime(t.TakenAt), nullTime(t.ClosedAt), t.Closings, t.Last, nullTime(t.LastAt), t.Spoken,
		t.DriverRead, t.AgentRead, t.DriverUnread, t.AgentUnread, t.Told, note,
	}, nil
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// InsertRating keeps the rating of the conversation's last closing.
func (s *Store) InsertRating(ctx context.Context, tx sqlx.ExtContext, t Thread) error {
	note, err := s.seal(ctx, tx, t.Member, ratingCell(t.ID), t.Rating.Note)
	if err != nil {
		return fmt.Errorf("sealing the rating of thread %s: %w", t.ID, err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO chat_rating (thread, closing, agent, stars, note, at) VALUES (?, ?, ?, ?, ?, ?)",
		t.ID, t.Closings, t.Agent, t.Rating.Stars, note, t.Rating.At)
	if err != nil {
		return fmt.Errorf("rating thread %s: %w", t.ID, err)
	}
	return nil
}
