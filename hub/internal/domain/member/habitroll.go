package member

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

// Standing is a member as rules that choose members see them.
type Standing struct {
	// Member is who, Since when they joined.
	Member id.Member
	Since  time.Time `db:"created_at"`
	// LastAt is their last fuelling, zero if there was none; Usual the grade
	// they usually fuel, where that was asked for.
	LastAt time.Time `db:"-"`
	Usual  string    `db:"-"`
}

// Roll lists every member who was not erased, newest first, with their usual
// grades if asked for. It reads nothing that is sealed.
func (s *Store) Roll(ctx context.Context, q sqlx.QueryerContext, usual bool) ([]Standing, error) {
	var rows []struct {
		Standing
		LastAt *time.Time `db:"last_at"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT m.id AS member, m.created_at, h.last_at
		FROM member m LEFT JOIN member_habit h ON h.member = m.id
		WHERE m.erased_at IS NULL ORDER BY m.id DESC`)
	if err != nil {
		return nil, fmt.Errorf("listing all members: %w", err)
	}
	var grades map[id.Member]string
	if usual {
		if grades, err = s.usualGrades(ctx, q); err != nil {
			return nil, err
		}
	}
	roll := make([]Standing, len(rows))
	for i, r := range rows {
		roll[i] = r.Standing
		roll[i].Usual = grades[r.Member]
		if r.LastAt != nil {
			roll[i].LastAt = *r.LastAt
		}
	}
	return roll, nil
}

// usualGrades is the usual grade of everybody who has one.
func (s *Store) usualGrades(ctx context.Context, q sqlx.QueryerContext) (map[id.Member]string, error) {
	rows, err := q.QueryxContext(ctx, "SELECT member, grade, refuels, last_at FROM member_habit_grade")
	if err != nil {
		return nil, fmt.Errorf("reading usual grades: %w", err)
	}
	defer rows.Close()
	usual, best := map[id.Member]string{}, map[id.Member]gradeTally{}
	codes := map[string]string{} // one copy of each
	for rows.Next() {
		var m id.Member
		var code string
		var g gradeTally
		if err := rows.Scan(&m, &code, &g.refuels, &g.last); err != nil {
			return nil, fmt.Errorf("reading usual grades: %w", err)
		}
		if _, known := codes[code]; !known {
			codes[code] = code
		}
		if was, ok := usual[m]; !ok || byHabit(code, g, was, best[m]) < 0 {
			usual[m], best[m] = codes[code], g
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading usual grades: %w", err)
	}
	return usual, nil
}
