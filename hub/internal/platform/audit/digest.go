package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Witnesses reads, for each of some objects of one kind, the last row of the
// log that holds a digest of it, by the object's id. Those without one are not
// in it.
func Witnesses(ctx context.Context, q sqlx.QueryerContext, object string, ids []string) (map[string]Entry, error) {
	found := make(map[string]Entry, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	query, args, err := sqlx.In("SELECT "+columns+` FROM audit a FORCE INDEX (audit_object)
		WHERE a.object = ? AND a.object_id IN (?) AND a.digest IS NOT NULL ORDER BY a.n`, object, ids)
	if err != nil {
		return nil, fmt.Errorf("reading digests of the log: %w", err)
	}
	var rows []stored
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading digests of the log: %w", err)
	}
	for _, r := range rows {
		found[r.ObjectID] = r.entry() // the last one stays
	}
	return found, nil
}

// WitnessedSince is when the log began to hold digests of objects of a kind;
// found is false if it has none.
func WitnessedSince(ctx context.Context, q sqlx.QueryerContext, object string) (since time.Time, found bool, err error) {
	var list []time.Time
	err = sqlx.SelectContext(ctx, q, &list, "SELECT at FROM audit FORCE INDEX (audit_n) WHERE object = ? AND digest IS NOT NULL ORDER BY n LIMIT 1", object)
	if err != nil {
		return since, false, fmt.Errorf("reading the first digest of the log: %w", err)
	}
	if len(list) == 0 {
		return since, false, nil
	}
	return list[0], true, nil
}
