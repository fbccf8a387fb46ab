package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// Check is a complete check of the log that was made.
type Check struct {
	At   time.Time
	Size int64
	// Problem is what it found, "" if all was well.
	Problem string
}

// NoteCheck writes down that the whole log was checked, and what was found.
func NoteCheck(ctx context.Context, db *mysql.DB, at time.Time, r Report) error {
	at = at.UTC().Truncate(time.Millisecond)
	problem := ""
	if r.Finding != nil {
		problem = cut(r.Finding.Error())
	}
	key := id.New[id.LogRow](id.NewMaker(func() time.Time { return at }, clock.Random()))
	_, err := db.ExecContext(ctx, "INSERT INTO audit_check (id, at, size, problem) VALUES (?, ?, ?, ?)", key, at, r.Size, problem)
	if err != nil {
		return fmt.Errorf("noting a check of the log: %w", err)
	}
	return nil
}

// LastCheck is the last check that was noted, if there is one.
func LastCheck(ctx context.Context, q sqlx.QueryerContext) (c Check, found bool, err error) {
	var list []Check
	err = sqlx.SelectContext(ctx, q, &list, "SELECT at, size, problem FROM audit_check ORDER BY at DESC, id DESC LIMIT 1")
	if err != nil {
		return c, false, fmt.Errorf("reading the last check of the log: %w", err)
	}
	if len(list) == 0 {
		return c, false, nil
	}
	return list[0], true, nil
}
