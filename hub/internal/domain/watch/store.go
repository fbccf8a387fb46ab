package watch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrNone says that there is no such alert.
var ErrNone = errors.New("watch: no such alert")

// Alert is an alert as it is stored.
type Alert struct {
	ID      id.Alert
	Station id.Station
	Rule    wire.AlertRule
	// Subject is whom or what it is counted by.
	Subject  string
	Staff    id.Staff
	Object   string
	ObjectID string `db:"object_id"`
	Count    int
	// Upto is the number of the last row of the log that is counted.
	Upto uint64
	Note string
	// At is when it began, LastAt when it last happened.
	At     time.Time
	LastAt time.Time `db:"last_at"`
	// SeenBy and SeenAt are who has taken note, and when.
	SeenBy id.Staff     `db:"seen_by"`
	SeenAt sql.NullTime `db:"seen_at"`
}

const alertColumns = "id, station, rule, subject, staff, object, object_id, count, upto, note, at, last_at, seen_by, seen_at"

// maxNote bounds a note, in characters.
const maxNote = 400

// Put makes an alert of a reason, under fresh, or counts it up where it goes
// on. isNew is whether it is an alert that was not there; changed is false for
// what is counted already.
func Put(ctx context.Context, tx *mysql.Tx, fresh id.Alert, r Raise) (a Alert, isNew, changed bool, err error) {
	r.Note = cut(r.Note)
	last, found, err := latest(ctx, tx, r)
	if err != nil {
		return a, false, false, err
	}
	forever := span(r.Rule) == 0
	switch {
	case found && (forever || r.Upto != 0 && r.Upto <= last.Upto):
		return last, false, false, nil
	case found && !last.SeenAt.Valid && r.At.Sub(last.LastAt).Abs() <= span(r.Rule):
		last.Count, last.Upto, last.LastAt, last.Note = last.Count+r.Count, max(last.Upto, r.Upto), r.At, r.Note
		last.Object, last.ObjectID = r.Object, r.ObjectID
		_, err := tx.ExecContext(ctx, "UPDATE alert SET count = ?, upto = ?, last_at = ?, note = ?, object = ?, object_id = ? WHERE id = ?",
			last.Count, last.Upto, last.LastAt, last.Note, last.Object, last.ObjectID, last.ID)
		if err != nil {
			return a, false, false, fmt.Errorf("counting up an alert: %w", err)
		}
		return last, false, true, nil
	}
	a = Alert{
		ID: fresh, Station: r.Station, Rule: r.Rule, Subject: r.Subject, Staff: r.Staff, Object: r.Object, ObjectID: r.ObjectID,
		Count: max(r.Count, 1), Upto: r.Upto, Note: r.Note, At: r.At, LastAt: r.At,
	}
	_, err = tx.NamedExecContext(ctx, "INSERT INTO alert ("+alertColumns+") VALUES (:"+
		strings.ReplaceAll(alertColumns, ", ", ", :")+")", a)
	if err != nil {
		return a, false, false, fmt.Errorf("storing an alert: %w", err)
	}
	return a, true, true, nil
}

// latest reads, with a lock, the last alert of the same rule and subject; of a
// rule that is for ever, the one that says the same.
func latest(ctx context.Context, tx *mysql.Tx, r Raise) (a Alert, found bool, err error) {
	query, args := "SELECT "+alertColumns+" FROM alert WHERE station = ? AND rule = ? AND subject = ?", []any{r.Station, r.Rule, r.Subject}
	if span(r.Rule) == 0 {
		query, args = query+" AND note = ?", append(args, r.Note)
	}
	err = tx.GetContext(ctx, &a, query+" ORDER BY id DESC LIMIT 1 FOR UPDATE", args...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("looking for an alert: %w", err)
	}
	return a, true, nil
}

func cut(note string) string {
	note = strings.ToValidUTF8(note, "?")
	if utf8.RuneCountInString(note) <= maxNote {
		return note
	}
	return string([]rune(note)[:maxNote])
}

// Query asks for a page of alerts.
type Query struct {
	Station id.Station
	// Open asks for those that nobody has taken note of.
	Open bool
	// Before asks for alerts older than this one; zero begins at the newest.
	Before id.Alert
	// Limit bounds the page.
	Limit int
}

// List reads a page of alerts, newest first.
func List(ctx context.Context, q sqlx.QueryerContext, ask Query) ([]Alert, error) {
	query, args := "SELECT "+alertColumns+" FROM alert WHERE station = ?", []any{ask.Station}
	if ask.Open {
		query += " AND seen_at IS NULL"
	}
	if !ask.Before.IsZero() {
		query, args = query+" AND id < ?", append(args, ask.Before)
	}
	var list []Alert
	if err := sqlx.SelectContext(ctx, q, &list, query+" ORDER BY id DESC LIMIT ?", append(args, ask.Limit)...); err != nil {
		return nil, fmt.Errorf("listing alerts: %w", err)
	}
	return list, nil
}

// See notes that somebody has taken note of an alert of their station. Who was
// first stays. ErrNone says that there is no such alert.
func See(ctx context.Context, tx *mysql.Tx, station id.Station, which id.Alert, by id.Staff, at time.Time) (Alert, error) {
	var a Alert
	_, err := tx.ExecContext(ctx, "UPDATE alert SET seen_by = ?, seen_at = ? WHERE id = ? AND station = ? AND seen_at IS NULL",
		by, at, which, station)
	if err != nil {
		return a, fmt.Errorf("taking note of an alert: %w", err)
	}
	return One(ctx, tx, station, which)
}

// One reads an alert of a station, or answers ErrNone.
func One(ctx context.Context, q sqlx.QueryerContext, station id.Station, which id.Alert) (Alert, error) {
	var a Alert
	err := sqlx.GetContext(ctx, q, &a, "SELECT "+alertColumns+" FROM alert WHERE id = ? AND station = ?", which, station)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("%w: %s", ErrNone, which)
	}
	if err != nil {
		return a, fmt.Errorf("reading an alert: %w", err)
	}
	return a, nil
}

// Wire is the alert as screens see it; who it names is filled in by who knows
// names.
func (a Alert) Wire() wire.Alert {
	return wire.Alert{
		ID: a.ID, Rule: a.Rule, At: a.LastAt, Staff: a.Staff, Object: a.Object, ObjectID: a.ObjectID,
		Count: a.Count, Note: a.Note, SeenAt: a.SeenAt.Time,
	}
}
