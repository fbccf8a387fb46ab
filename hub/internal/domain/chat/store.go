package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Store is the rows of conversations. It is safe for concurrent use.
type Store struct{ vault *vault.Vault }

// NewStore makes a Store that seals with v.
func NewStore(v *vault.Vault) *Store { return &Store{vault: v} }

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

func noteCell(t id.Thread) vault.Cell {
	return vault.Cell{Table: "chat_thread", Column: "note", Row: t}
}

func ratingCell(t id.Thread) vault.Cell {
	return vault.Cell{Table: "chat_rating", Column: "note", Row: t}
}

func (s *Store) thread(r threadRow) (Thread, error) {
	t := r.Thread
	t.WaitingSince, t.TakenAt, t.ClosedAt, t.LastAt = r.WaitingSince.Time, r.TakenAt.Time, r.ClosedAt.Time, r.LastAt.Time
	var err error
	if t.Note, err = s.text(noteCell(t.ID), r.Note); err != nil {
		return t, fmt.Errorf("opening the note of thread %s: %w", t.ID, err)
	}
	if !r.Stars.Valid {
		return t, nil
	}
	t.Rating = &wire.Rating{Stars: int(r.Stars.Int64), At: r.RatedAt.Time}
	if t.Rating.Note, err = s.text(ratingCell(t.ID), r.RatedAs); err != nil {
		return t, fmt.Errorf("opening the rating of thread %s: %w", t.ID, err)
	}
	return t, nil
}

// seal seals a text; the empty one is NULL.
func (s *Store) seal(at vault.Cell, text string) []byte {
	if text == "" {
		return nil
	}
	return s.vault.Seal(at, []byte(text))
}

func (s *Store) text(at vault.Cell, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := s.vault.Open(at, sealed)
	return string(plain), err
}

func (s *Store) threads(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Thread, error) {
	var rows []threadRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading threads: %w", err)
	}
	list := make([]Thread, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = s.thread(r); err != nil {
			return nil, err
		}
	}
	return list, nil
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
	note, err := s.text(ratingCell(t.ID), row.Note)
	if err != nil {
		return nil, fmt.Errorf("opening the rating of thread %s: %w", t.ID, err)
	}
	return &wire.Rating{Stars: row.Stars, Note: note, At: row.At}, nil
}

// Insert adds a conversation. The server's duplicate-key error means that the
// member has an open one with the station.
func (s *Store) Insert(ctx context.Context, tx sqlx.ExecerContext, t Thread) error {
	const columns = `id, station, member, opened_at, state, held_by, agent, agent_number, left_by, waiting_since, taken_at,
		closed_at, closings, last, last_at, spoken, driver_read, agent_read, driver_unread, agent_unread, told, note`
	args := append([]any{t.ID, t.Station, t.Member, t.OpenedAt}, s.state(t)...)
	_, err := tx.ExecContext(ctx, "INSERT INTO chat_thread ("+columns+") VALUES (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	if err != nil {
		return fmt.Errorf("opening a thread: %w", err)
	}
	return nil
}

// Save stores where a conversation stands now. The caller holds its row.
func (s *Store) Save(ctx context.Context, tx sqlx.ExecerContext, t Thread) error {
	_, err := tx.ExecContext(ctx, `UPDATE chat_thread SET state = ?, held_by = ?, agent = ?, agent_number = ?, left_by = ?,
			waiting_since = ?, taken_at = ?, closed_at = ?, closings = ?, last = ?, last_at = ?, spoken = ?,
			driver_read = ?, agent_read = ?, driver_unread = ?, agent_unread = ?, told = ?, note = ?
		WHERE id = ?`, append(s.state(t), t.ID)...)
	if err != nil {
		return fmt.Errorf("storing thread %s: %w", t.ID, err)
	}
	return nil
}

// state is what changes of a conversation, in the order of Save.
func (s *Store) state(t Thread) []any {
	var heldBy id.Member
	if t.State != wire.ThreadClosed {
		heldBy = t.Member
	}
	return []any{
		t.State, heldBy, t.Agent, t.AgentNumber, t.LeftBy,
		nullTime(t.WaitingSince), nullTime(t.TakenAt), nullTime(t.ClosedAt), t.Closings, t.Last, nullTime(t.LastAt), t.Spoken,
		t.DriverRead, t.AgentRead, t.DriverUnread, t.AgentUnread, t.Told, s.seal(noteCell(t.ID), t.Note),
	}
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// InsertRating keeps the rating of the conversation's last closing.
func (s *Store) InsertRating(ctx context.Context, tx sqlx.ExecerContext, t Thread) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO chat_rating (thread, closing, agent, stars, note, at) VALUES (?, ?, ?, ?, ?, ?)",
		t.ID, t.Closings, t.Agent, t.Rating.Stars, s.seal(ratingCell(t.ID), t.Rating.Note), t.Rating.At)
	if err != nil {
		return fmt.Errorf("rating thread %s: %w", t.ID, err)
	}
	return nil
}
