package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// OfMember lists a member's conversations: the open ones and the last closed
// ones, newest first, at most limit.
func (s *Store) OfMember(ctx context.Context, q sqlx.QueryerContext, m id.Member, limit int) ([]Thread, error) {
	open, err := s.threads(ctx, q, threadQuery+` WHERE t.member = ? AND t.held_by = t.member
		ORDER BY t.id DESC LIMIT ?`, m, limit)
	if err != nil || len(open) == limit {
		return open, err
	}
	closed, err := s.threads(ctx, q, threadQuery+` WHERE t.member = ? AND t.held_by IS NULL
		ORDER BY t.id DESC LIMIT ?`, m, limit-len(open))
	return merge(open, closed), err
}

// merge joins two lists that are newest first.
func merge(a, b []Thread) []Thread {
	list := make([]Thread, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].ID.String() > b[0].ID.String() {
			list, a = append(list, a[0]), a[1:]
		} else {
			list, b = append(list, b[0]), b[1:]
		}
	}
	return append(append(list, a...), b...)
}

// Query asks for a page of a station's conversations.
type Query struct {
	Station id.Station
	// State narrows it; empty means all.
	State wire.ThreadState
	// Before asks for conversations begun before this one; zero begins at the newest.
	Before id.Thread
	// Limit bounds the page.
	Limit int
}

// List reads a page of conversations, newest first.
func (s *Store) List(ctx context.Context, q sqlx.QueryerContext, ask Query) ([]Thread, error) {
	query, args := threadQuery+" WHERE t.station = ?", []any{ask.Station}
	if ask.State != "" {
		query, args = query+" AND t.state = ?", append(args, ask.State)
	}
	if !ask.Before.IsZero() {
		query, args = query+" AND t.id < ?", append(args, ask.Before)
	}
	return s.threads(ctx, q, query+" ORDER BY t.id DESC LIMIT ?", append(args, ask.Limit)...)
}

// Desk reads what agents need: the open conversations, those that wait first,
// longest wait first, then those in hand; then the last closed ones.
func (s *Store) Desk(ctx context.Context, q sqlx.QueryerContext, at id.Station, openLimit, closedLimit int) ([]Thread, error) {
	list, err := s.Waiting(ctx, q, at, openLimit)
	if err != nil {
		return nil, err
	}
	active, err := s.threads(ctx, q, threadQuery+` WHERE t.station = ? AND t.state = 'active'
		ORDER BY t.id LIMIT ?`, at, openLimit-len(list))
	if err != nil {
		return nil, err
	}
	closed, err := s.threads(ctx, q, threadQuery+` WHERE t.station = ? AND t.state = 'closed'
		ORDER BY t.closed_at DESC, t.id DESC LIMIT ?`, at, closedLimit)
	return append(append(list, active...), closed...), err
}

// Waiting lists the conversations that wait, longest first.
func (s *Store) Waiting(ctx context.Context, q sqlx.QueryerContext, at id.Station, limit int) ([]Thread, error) {
	return s.threads(ctx, q, threadQuery+` WHERE t.station = ? AND t.state = 'waiting'
		ORDER BY t.waiting_since, t.id LIMIT ?`, at, limit)
}

// Active lists what agents have in hand, oldest first, at most limit.
func (s *Store) Active(ctx context.Context, q sqlx.QueryerContext, at id.Station, limit int) ([]Thread, error) {
	return s.threads(ctx, q, threadQuery+" WHERE t.station = ? AND t.state = 'active' ORDER BY t.id LIMIT ?", at, limit)
}

// Handled is how long the last finished conversations were in hand.
func (s *Store) Handled(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]time.Duration, error) {
	var rows []struct {
		TakenAt  time.Time `db:"taken_at"`
		ClosedAt time.Time `db:"closed_at"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT taken_at, closed_at FROM chat_thread
		WHERE station = ? AND state = 'closed' AND taken_at IS NOT NULL
		ORDER BY closed_at DESC LIMIT ?`, at, LastHandled)
	if err != nil {
		return nil, fmt.Errorf("reading how long threads took: %w", err)
	}
	list := make([]time.Duration, len(rows))
	for i, r := range rows {
		list[i] = r.ClosedAt.Sub(r.TakenAt)
	}
	return list, nil
}

// CountWaiting counts the conversations of a station that wait.
func (s *Store) CountWaiting(ctx context.Context, q sqlx.QueryerContext, at id.Station) (int, error) {
	var n int
	err := sqlx.GetContext(ctx, q, &n, "SELECT COUNT(*) FROM chat_thread WHERE station = ? AND state = 'waiting'", at)
	if err != nil {
		return 0, fmt.Errorf("counting waiting threads: %w", err)
	}
	return n, nil
}

// OpenThread is an open conversation and whose it is.
type OpenThread struct {
	ID     id.Thread
	Member id.Member
}

// OpenAt lists the open conversations of a station, as many as Rooms shows the
// presence of.
func (s *Store) OpenAt(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]OpenThread, error) {
	var list []OpenThread
	err := sqlx.SelectContext(ctx, q, &list, `SELECT id, member FROM chat_thread
		WHERE station = ? AND state IN ('waiting', 'active') LIMIT ?`, at, maxOpen)
	if err != nil {
		return nil, fmt.Errorf("listing open threads: %w", err)
	}
	return list, nil
}

// Served lists the stations where somebody answers.
func (s *Store) Served(ctx context.Context, q sqlx.QueryerContext) ([]id.Station, error) {
	var list []id.Station
	err := sqlx.SelectContext(ctx, q, &list, `SELECT DISTINCT station FROM staff
		WHERE active = 1 AND role IN ('head', 'group', 'agent') ORDER BY station`)
	if err != nil {
		return nil, fmt.Errorf("listing stations where somebody answers: %w", err)
	}
	return list, nil
}

// Has reports whether a member ever had a conversation with a station.
func (s *Store) Has(ctx context.Context, q sqlx.QueryerContext, at id.Station, m id.Member) (bool, error) {
	var one int
	err := sqlx.GetContext(ctx, q, &one, "SELECT 1 FROM chat_thread WHERE member = ? AND station = ? LIMIT 1", m, at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a thread: %w", err)
	}
	return true, nil
}
