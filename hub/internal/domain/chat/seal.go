package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErasedText stands where something was said by or to a member who was erased.
const ErasedText = "[已删除]"

func noteCell(t id.Thread) vault.Cell {
	return vault.Cell{Table: "chat_thread", Column: "note", Row: t}
}

func ratingCell(t id.Thread) vault.Cell {
	return vault.Cell{Table: "chat_rating", Column: "note", Row: t}
}

func bodyCell(m id.Message) vault.Cell {
	return vault.Cell{Table: "chat_message", Column: "body", Row: m}
}

// memberKeys is the keys of some members, in one query. Who was erased has none.
func (s *Store) memberKeys(ctx context.Context, q sqlx.QueryerContext, members []id.Member) (keyring.Keys, error) {
	if len(members) == 0 {
		return nil, nil
	}
	keys, err := s.keys.MemberKeys(ctx, q, members...)
	if err != nil {
		return nil, fmt.Errorf("reading the keys of conversations: %w", err)
	}
	return keys, nil
}

// keyFor is the key that what is written about a member is sealed with, or
// wire.ProblemErased.
func (s *Store) keyFor(ctx context.Context, q sqlx.QueryerContext, m id.Member) (*vault.Key, error) {
	key, err := s.keys.MemberKey(ctx, q, m)
	if errors.Is(err, vault.ErrErased) {
		return nil, fmt.Errorf("%w: %w", wire.NewProblem(wire.ProblemErased, "member "+m.String()), err)
	}
	return key, err
}

// seal seals a text of a conversation with a member; the empty one is NULL and
// needs no key.
func (s *Store) seal(ctx context.Context, q sqlx.QueryerContext, m id.Member, at vault.Cell, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	key, err := s.keyFor(ctx, q, m)
	if err != nil {
		return nil, err
	}
	return key.Seal(at, []byte(text)), nil
}

// open is a text that was sealed; without a key it is gone, and erased stands
// in its place.
func open(key *vault.Key, at vault.Cell, sealed []byte, erased string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if key == nil {
		return erased, nil
	}
	plain, err := key.Open(at, sealed)
	return string(plain), err
}

// ThreadsOf lists all conversations of a member, whatever their state.
func (s *Store) ThreadsOf(ctx context.Context, q sqlx.QueryerContext, m id.Member) ([]id.Thread, error) {
	var list []id.Thread
	if err := sqlx.SelectContext(ctx, q, &list, "SELECT id FROM chat_thread WHERE member = ? ORDER BY id", m); err != nil {
		return nil, fmt.Errorf("listing the threads of a member: %w", err)
	}
	return list, nil
}

// Forget removes, as part of tx, all that was said in the conversations of a
// member, the notes and what they thought of it; that they took place remains.
// Destroying the member's key does so in backups; this does it here, also for
// what was sealed before members had keys.
func (s *Store) Forget(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	for _, statement := range []string{
		"UPDATE chat_thread SET note = NULL WHERE member = ?",
		// Joins, for an IN would have the server look at, and lock, all messages.
		"UPDATE chat_thread t JOIN chat_message m ON m.thread = t.id SET m.body = NULL WHERE t.member = ?",
		"UPDATE chat_thread t JOIN chat_rating r ON r.thread = t.id SET r.note = NULL WHERE t.member = ?",
	} {
		if _, err := tx.ExecContext(ctx, statement, m); err != nil {
			return fmt.Errorf("forgetting what a member said: %w", err)
		}
	}
	return nil
}
