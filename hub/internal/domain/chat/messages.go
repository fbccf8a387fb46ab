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

// messageRow is a row of table chat_message, with whose conversation it is.
type messageRow struct {
	Member      id.Member
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

// messageQuery reads messages with whose they are: that names the key.
const messageQuery = `SELECT t.member, m.thread, m.n, m.id, m.party, m.staff, m.agent, m.kind, m.event, m.wait_seconds,
		m.media, m.canned, m.body, m.at
	FROM chat_message m JOIN chat_thread t ON t.id = m.thread WHERE `

// empty reports whether nothing is said in a message beyond what it is: it
// needs no body, and no key.
func (b body) empty() bool { return b.Text == "" && b.Media == nil && len(b.Parts) == 0 }

// sealed is a message as its row holds it; key is asked for where it is needed.
func sealed(m Message, key func() (*vault.Key, error)) (messageRow, error) {
	row := messageRow{
		Thread: m.Thread, N: m.N, ID: m.ID, Party: m.From, Staff: m.Staff, Agent: m.Agent, Kind: m.Kind, Event: m.Event,
		WaitSeconds: m.WaitSeconds, Canned: m.Canned, At: m.At,
	}
	if m.Media != nil {
		row.Media = m.Media.ID
	}
	b := body{m.Text, m.Media, m.Parts}
	if b.empty() {
		return row, nil
	}
	plain, err := json.Marshal(b)
	if err != nil {
		return row, fmt.Errorf("encoding message %s: %w", m.ID, err)
	}
	k, err := key()
	if err != nil {
		return row, fmt.Errorf("sealing message %s: %w", m.ID, err)
	}
	row.Body = k.Seal(bodyCell(m.ID), plain)
	return row, nil
}

// opened is the message of a row. Without the member's key it reads as erased,
// and so does one whose body was taken away.
func opened(r messageRow, key *vault.Key) (Message, error) {
	m := Message{Staff: r.Staff, Canned: r.Canned, Message: wire.Message{
		ID: r.ID, Thread: r.Thread, N: r.N, From: r.Party, Agent: r.Agent, Kind: r.Kind, Event: r.Event,
		WaitSeconds: r.WaitSeconds, At: r.At,
	}}
	if len(r.Body) == 0 || key == nil {
		return erased(m), nil
	}
	plain, err := key.Open(bodyCell(r.ID), r.Body)
	if err != nil {
		return Message{}, fmt.Errorf("opening message %s: %w", r.ID, err)
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Message{}, fmt.Errorf("reading message %s: %w", r.ID, err)
	}
	m.Text, m.Media, m.Parts = b.Text, b.Media, b.Parts
	return m, nil
}

// erased is a message of which only the row is left. Most events of the system
// say nothing more anyway.
func erased(m Message) Message {
	switch {
	case m.Kind != wire.MessageEvent:
		m.Kind, m.Text = wire.MessageText, ErasedText
	case m.Event == wire.ChatGreeting || m.Event == wire.ChatAway:
		m.Text = ErasedText
	}
	return m
}

// InsertMessages adds messages to conversations of a member. The server's
// duplicate-key error means that an id was used before. Nothing can be said to
// a member who was erased (wire.ProblemErased).
func (s *Store) InsertMessages(ctx context.Context, tx sqlx.ExtContext, with id.Member, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	key := func() (*vault.Key, error) { return s.keyFor(ctx, tx, with) }
	rows := make([]messageRow, len(messages))
	for i, m := range messages {
		var err error
		if rows[i], err = sealed(m, key); err != nil {
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
	if err := sqlx.SelectContext(ctx, q, &rows, messageQuery+where, args...); err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	var members []id.Member
	for _, r := range rows {
		if len(r.Body) > 0 && !slices.Contains(members, r.Member) {
			members = append(members, r.Member)
		}
	}
	keys, err := s.memberKeys(ctx, q, members)
	if err != nil {
		return nil, err
	}
	list := make([]Message, len(rows))
	for i, r := range rows {
		if list[i], err = opened(r, keys[r.Member]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Find reads a message by its id, or answers ErrNone.
func (s *Store) Find(ctx context.Context, q sqlx.QueryerContext, which id.Message) (Message, error) {
	return first(s.messages(ctx, q, "m.id = ?", which))
}

// At reads message n of a conversation whose row the caller holds, or answers
// ErrNone.
func (s *Store) At(ctx context.Context, tx sqlx.QueryerContext, t id.Thread, n uint64) (Message, error) {
	return first(s.messages(ctx, tx, "m.thread = ? AND m.n = ? LOCK IN SHARE MODE", t, n))
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
	where, args := "m.thread = ?", []any{t}
	if before > 0 {
		where, args = where+" AND m.n < ?", append(args, before)
	}
	list, err := s.messages(ctx, q, where+" ORDER BY m.n DESC LIMIT ?", append(args, limit)...)
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
	list, err := s.messages(ctx, q, "(m.thread, m.n) IN ("+pairs+")", args...)
	for _, m := range list {
		previews[m.Thread] = m.Preview()
	}
	return previews, err
}
