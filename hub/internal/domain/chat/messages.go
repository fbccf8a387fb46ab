package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxRecentBytes bounds the messages of a snapshot, encoded: tutorials are
// long, and wire.MaxFrameOutBytes has to hold them.
const maxRecentBytes = 256 << 10

// Recent is the last messages that a snapshot carries, out of some, oldest
// first.
func Recent(messages []wire.Message) []wire.Message {
	first, bytes := len(messages), 0
	for first > 0 && len(messages)-first < wire.MaxMessagesInSnap {
		bytes += size(messages[first-1])
		if bytes > maxRecentBytes {
			break
		}
		first--
	}
	return slices.Clone(messages[first:])
}

// size is about how many bytes a message is, encoded.
func size(m wire.Message) int {
	const frame, picture = 400, 200
	n := frame + len(m.Text)
	for _, p := range m.Parts {
		n += picture + len(p.Text)
	}
	return n
}

// body is what is sealed of a message.
type body struct {
	Text  string      `json:"text,omitempty"`
	Media *wire.Media `json:"media,omitempty"`
	Parts []wire.Part `json:"parts,omitempty"`
}

// messageRow is a row of table chat_message.
type messageRow struct {
	Thread      id.Thread
	N           uint64
	ID          id.Message
	Party       wire.Party
	Staff       id.Staff
	Agent       string
	Kind        wire.MessageKind
	Event       wire.ChatEvent
	WaitSeconds int `db:"wait_seconds"`
	Media       id.Media
	Canned      id.Canned
	Body        []byte
	At          time.Time
}

const messageColumns = "thread, n, id, party, staff, agent, kind, event, wait_seconds, media, canned, body, at"

func bodyCell(m id.Message) vault.Cell {
	return vault.Cell{Table: "chat_message", Column: "body", Row: m}
}

func (s *Store) sealed(m Message) (messageRow, error) {
	plain, err := json.Marshal(body{m.Text, m.Media, m.Parts})
	if err != nil {
		return messageRow{}, fmt.Errorf("encoding message %s: %w", m.ID, err)
	}
	row := messageRow{
		Thread: m.Thread, N: m.N, ID: m.ID, Party: m.From, Staff: m.Staff, Agent: m.Agent, Kind: m.Kind, Event: m.Event,
		WaitSeconds: m.WaitSeconds, Canned: m.Canned, At: m.At, Body: s.vault.Seal(bodyCell(m.ID), plain),
	}
	if m.Media != nil {
		row.Media = m.Media.ID
	}
	return row, nil
}

func (s *Store) opened(r messageRow) (Message, error) {
	plain, err := s.vault.Open(bodyCell(r.ID), r.Body)
	if err != nil {
		return Message{}, fmt.Errorf("opening message %s: %w", r.ID, err)
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Message{}, fmt.Errorf("reading message %s: %w", r.ID, err)
	}
	return Message{Staff: r.Staff, Canned: r.Canned, Message: wire.Message{
		ID: r.ID, Thread: r.Thread, N: r.N, From: r.Party, Agent: r.Agent, Kind: r.Kind, Event: r.Event,
		Text: b.Text, Media: b.Media, Parts: b.Parts, WaitSeconds: r.WaitSeconds, At: r.At,
	}}, nil
}

// InsertMessages adds messages. The server's duplicate-key error means that an
// id was used before.
func (s *Store) InsertMessages(ctx context.Context, tx sqlx.ExtContext, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	rows := make([]messageRow, len(messages))
	for i, m := range messages {
		var err error
		if rows[i], err = s.sealed(m); err != nil {
			return err
		}
	}
	_, err := sqlx.NamedExecContext(ctx, tx, "INSERT INTO chat_message ("+messageColumns+`)
		VALUES (:thread, :n, :id, :party, :staff, :agent, :kind, :event, :wait_seconds, :media, :canned, :body, :at)`, rows)
	if err != nil {
		return fmt.Errorf("writing %d messages: %w", len(messages), err)
	}
	return nil
}

func (s *Store) messages(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]Message, error) {
	var rows []messageRow
	if err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+messageColumns+" FROM chat_message WHERE "+where, args...); err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	list := make([]Message, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = s.opened(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Find reads a message by its id, or answers ErrNone.
func (s *Store) Find(ctx context.Context, q sqlx.QueryerContext, which id.Message) (Message, error) {
	return first(s.messages(ctx, q, "id = ?", which))
}

// At reads message n of a conversation whose row the caller holds, or answers
// ErrNone.
func (s *Store) At(ctx context.Context, tx sqlx.QueryerContext, t id.Thread, n uint64) (Message, error) {
	return first(s.messages(ctx, tx, "thread = ? AND n = ? LOCK IN SHARE MODE", t, n))
}

func first(found []Message, err error) (Message, error) {
	if err != nil {
		return Message{}, err
	}
	if len(found) == 0 {
		return Message{}, ErrNone
	}
	return found[0], nil
}

// Page reads the messages of a conversation before number before, zero meaning
// the end: at most limit, oldest first.
func (s *Store) Page(ctx context.Context, q sqlx.QueryerContext, t id.Thread, before uint64, limit int) ([]Message, error) {
	where, args := "thread = ?", []any{t}
	if before > 0 {
		where, args = where+" AND n < ?", append(args, before)
	}
	list, err := s.messages(ctx, q, where+" ORDER BY n DESC LIMIT ?", append(args, limit)...)
	slices.Reverse(list)
	return list, err
}

// Unread counts the messages of a party after number n of a conversation whose
// row the caller holds.
func (s *Store) Unread(ctx context.Context, tx sqlx.QueryerContext, t id.Thread, of wire.Party, n uint64) (int, error) {
	var count int
	err := sqlx.GetContext(ctx, tx, &count, `SELECT COUNT(*) FROM chat_message
		WHERE thread = ? AND n > ? AND party = ? LOCK IN SHARE MODE`, t, n, of)
	if err != nil {
		return 0, fmt.Errorf("counting unread messages: %w", err)
	}
	return count, nil
}

// Previews reads the last thing a person said in each of some conversations.
func (s *Store) Previews(ctx context.Context, q sqlx.QueryerContext, threads []Thread) (map[id.Thread]*wire.Preview, error) {
	previews := map[id.Thread]*wire.Preview{}
	var args []any
	for _, t := range threads {
		if t.Spoken > 0 {
			args = append(args, t.ID, t.Spoken)
		}
	}
	if len(args) == 0 {
		return previews, nil
	}
	pairs := "(?, ?)" + strings.Repeat(", (?, ?)", len(args)/2-1)
	list, err := s.messages(ctx, q, "(thread, n) IN ("+pairs+")", args...)
	for _, m := range list {
		previews[m.Thread] = m.Preview()
	}
	return previews, err
}
