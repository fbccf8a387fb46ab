package member

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// habitTables are what a member's habits stand in, in the order of locking.
var habitTables = [...]string{"member_habit", "member_habit_grade", "member_habit_time"}

// NoteFuelling adds a paid sale to its member's habits as part of tx, which is
// the transaction that made the sale paid by a conditional UPDATE: that happens
// once, and so does this. For nobody it does nothing.
//
// The member's row of member_habit is locked first and holds off whoever else
// would change the same habits.
func (s *Store) NoteFuelling(ctx context.Context, tx *mysql.Tx, m id.Member, f Fuelling) error {
	if m.IsZero() {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO member_habit (member, refuels, spent_fen, volume_ml, first_at, last_at)
		VALUES (?, 1, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE
		refuels = refuels + 1, spent_fen = spent_fen + VALUES(spent_fen), volume_ml = volume_ml + VALUES(volume_ml),
		first_at = LEAST(first_at, VALUES(first_at)), last_at = GREATEST(last_at, VALUES(last_at))`,
		m, f.Amount, f.Volume, f.At, f.At)
	if err == nil && f.Grade != "" {
		_, err = tx.ExecContext(ctx, `INSERT INTO member_habit_grade (member, grade, refuels, last_at)
			VALUES (?, ?, 1, ?) ON DUPLICATE KEY UPDATE
			refuels = refuels + 1, last_at = GREATEST(last_at, VALUES(last_at))`, m, f.Grade, f.At)
	}
	if err == nil {
		at := hourAt(f.At, f.Zone)
		_, err = tx.ExecContext(ctx, `INSERT INTO member_habit_time (member, weekday, hour, refuels)
			VALUES (?, ?, ?, 1) ON DUPLICATE KEY UPDATE refuels = refuels + 1`, m, at.weekday, at.hour)
	}
	if err != nil {
		return fmt.Errorf("noting sale %s among its member's habits: %w", f.Sale, err)
	}
	return nil
}

// DropHabits removes a member's habits as part of tx, which erases them.
func (s *Store) DropHabits(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	return dropHabits(ctx, tx, []id.Member{m})
}

func dropHabits(ctx context.Context, tx *mysql.Tx, ms []id.Member) error {
	for _, table := range habitTables {
		query, args, err := sqlx.In("DELETE FROM "+table+" WHERE member IN (?)", ms)
		if err == nil {
			_, err = tx.ExecContext(ctx, query, args...)
		}
		if err != nil {
			return fmt.Errorf("removing members' habits: %w", err)
		}
	}
	return nil
}

// Habits is how a member fuels; of one who never fuelled, and of nobody, all of
// it is zero.
func (s *Store) Habits(ctx context.Context, q sqlx.QueryerContext, m id.Member) (wire.Habits, error) {
	kept, err := s.Tallies(ctx, q, m)
	return kept[m].Habits(), err
}

// HabitBrief is what a list shows of members' habits, by id. Who never fuelled
// is not in it.
func (s *Store) HabitBrief(ctx context.Context, q sqlx.QueryerContext, ms ...id.Member) (map[id.Member]HabitBrief, error) {
	found := make(map[id.Member]HabitBrief, len(ms))
	err := habitsIn(ctx, q, "SELECT member, refuels, last_at FROM member_habit WHERE member IN (?)", ms, func(r habitRow) {
		found[r.Member] = HabitBrief{Refuels: r.Refuels, LastAt: r.LastAt}
	})
	return found, err
}

// Tallies is what is kept of members' fuellings, by id. Who never fuelled is
// not in it.
func (s *Store) Tallies(ctx context.Context, q sqlx.QueryerContext, ms ...id.Member) (map[id.Member]Tally, error) {
	found := make(map[id.Member]Tally, len(ms))
	err := habitsIn(ctx, q, `SELECT member, refuels, spent_fen, volume_ml, first_at, last_at
		FROM member_habit WHERE member IN (?)`, ms, func(r habitRow) {
		found[r.Member] = Tally{
			refuels: r.Refuels, spent: r.Spent, volume: r.Volume, first: r.FirstAt, last: r.LastAt,
			grades: map[string]gradeTally{}, times: map[hourOfWeek]int64{},
		}
	})
	if err != nil {
		return nil, err
	}
	err = habitsIn(ctx, q, "SELECT member, grade, refuels, last_at FROM member_habit_grade WHERE member IN (?)", ms, func(r habitRow) {
		if t, ok := found[r.Member]; ok {
			t.grades[r.Grade] = gradeTally{r.Refuels, r.LastAt}
		}
	})
	if err != nil {
		return nil, err
	}
	err = habitsIn(ctx, q, "SELECT member, weekday, hour, refuels FROM member_habit_time WHERE member IN (?)", ms, func(r habitRow) {
		if t, ok := found[r.Member]; ok {
			t.times[hourOfWeek{r.Weekday, r.Hour}] = r.Refuels
		}
	})
	return found, err
}

// habitRow is a row of any of the tables of habits, as far as it was asked for.
type habitRow struct {
	Member  id.Member
	Refuels int64
	Spent   unit.Fen        `db:"spent_fen"`
	Volume  unit.Millilitre `db:"volume_ml"`
	FirstAt time.Time       `db:"first_at"`
	LastAt  time.Time       `db:"last_at"`
	Grade   string
	Weekday int
	Hour    int
}

// habitsIn reads rows of members, so many members at a time.
func habitsIn(ctx context.Context, q sqlx.QueryerContext, query string, ms []id.Member, each func(habitRow)) error {
	for part := range slices.Chunk(ms, maxBrief) {
		in, args, err := sqlx.In(query, part)
		if err != nil {
			return fmt.Errorf("reading members' habits: %w", err)
		}
		var rows []habitRow
		if err := sqlx.SelectContext(ctx, q, &rows, in, args...); err != nil {
			return fmt.Errorf("reading members' habits: %w", err)
		}
		for _, r := range rows {
			each(r)
		}
	}
	return nil
}

// SetHabits makes the habits of these members what their paid sales say, which
// paid reads from the snapshot it is given. The members' rows are locked before
// it is opened: a sale that is being settled meanwhile is either in it, or is
// noted after this transaction. Who was erased, and who never paid, is left
// without.
func (s *Store) SetHabits(ctx context.Context, tx *mysql.Tx, ms []id.Member,
	paid func(context.Context, sqlx.QueryerContext, []id.Member) (map[id.Member]Tally, error),
) error {
	if len(ms) == 0 {
		return nil
	}
	ms = slices.SortedFunc(slices.Values(ms), compareMembers)
	if err := lockHabits(ctx, tx, ms); err != nil {
		return err
	}
	gone, err := ErasedAmong(ctx, tx, ms)
	if err != nil {
		return err
	}
	tallies, err := paid(ctx, tx, ms)
	if err != nil {
		return err
	}
	for _, m := range gone {
		delete(tallies, m)
	}
	if err := dropHabits(ctx, tx, ms); err != nil {
		return err
	}
	return insertHabits(ctx, tx, ms, tallies)
}

func compareMembers(a, b id.Member) int { return bytes.Compare(a[:], b[:]) }

// lockHabits holds the rows of members, made if they are not there, in the
// order given.
func lockHabits(ctx context.Context, tx *mysql.Tx, ms []id.Member) error {
	rows := make([][]any, len(ms))
	for i, m := range ms {
		rows[i] = []any{m, 0, 0, 0, habitEpoch, habitEpoch}
	}
	return insertMany(ctx, tx, "member_habit (member, refuels, spent_fen, volume_ml, first_at, last_at)",
		"ON DUPLICATE KEY UPDATE refuels = refuels", rows)
}

// habitEpoch stands in a row that is there only to be locked.
const habitEpoch = "2000-01-01 00:00:00"

// ErasedAmong is who of these members was erased. There has to be one at least.
func ErasedAmong(ctx context.Context, q sqlx.QueryerContext, ms []id.Member) ([]id.Member, error) {
	query, args, err := sqlx.In("SELECT id FROM member WHERE id IN (?) AND erased_at IS NOT NULL", ms)
	if err != nil {
		return nil, fmt.Errorf("asking who was erased: %w", err)
	}
	var gone []id.Member
	if err := sqlx.SelectContext(ctx, q, &gone, query, args...); err != nil {
		return nil, fmt.Errorf("asking who was erased: %w", err)
	}
	return gone, nil
}

// insertHabits writes the tallies of members who have none.
func insertHabits(ctx context.Context, tx *mysql.Tx, ms []id.Member, tallies map[id.Member]Tally) error {
	var sums, grades, times [][]any
	for _, m := range ms {
		t := tallies[m]
		if t.refuels == 0 {
			continue
		}
		sums = append(sums, []any{m, t.refuels, t.spent, t.volume, t.first, t.last})
		for code, g := range t.grades {
			grades = append(grades, []any{m, code, g.refuels, g.last})
		}
		for at, n := range t.times {
			times = append(times, []any{m, at.weekday, at.hour, n})
		}
	}
	err := insertMany(ctx, tx, "member_habit (member, refuels, spent_fen, volume_ml, first_at, last_at)", "", sums)
	if err == nil {
		err = insertMany(ctx, tx, "member_habit_grade (member, grade, refuels, last_at)", "", grades)
	}
	if err == nil {
		err = insertMany(ctx, tx, "member_habit_time (member, weekday, hour, refuels)", "", times)
	}
	return err
}

// insertMany adds rows, so many at a time that a statement stays small.
func insertMany(ctx context.Context, tx *mysql.Tx, into, end string, rows [][]any) error {
	const atOnce = 1000
	for part := range slices.Chunk(rows, atOnce) {
		one := "(?" + strings.Repeat(", ?", len(part[0])-1) + ")"
		query := "INSERT INTO " + into + " VALUES " + one + strings.Repeat(", "+one, len(part)-1) + " " + end
		if _, err := tx.ExecContext(ctx, query, slices.Concat(part...)...); err != nil {
			return fmt.Errorf("writing members' habits: %w", err)
		}
	}
	return nil
}
