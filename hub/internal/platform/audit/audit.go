// Package audit is the security log: who did what to which thing, when, and
// what came of it.
//
// # What it promises
//
//   - A row is written by the business transaction it tells of: both stand or
//     neither. What was refused, and so has no transaction, is written by
//     Record on its own.
//   - Rows are only ever added. The application's user on the hub's own server
//     may neither change nor remove one.
//   - Rows are found by person, action, thing and time, newest first.
//
// A row names people and things by their ids. It never holds a phone number,
// a plate, a name, a text somebody wrote or a secret: the log outlives the
// right to know those.
package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// Row is one act.
type Row struct {
	// At is when.
	At time.Time
	// Station is where, zero if at none.
	Station id.Station
	// Staff or Member is who; both are zero when the hub acted by itself.
	Staff  id.Staff
	Member id.Member
	// Action is what was done: "member.view", "chat.take".
	Action string
	// Object says what kind of thing it was done to ("member", "sale",
	// "thread"), ObjectID which: the text form of its id.
	Object, ObjectID string
	// Result is OK, or the type of the problem that refused it.
	Result string
	// Note says more, in words or figures; it is cut after 400 characters.
	Note string
}

// OK is the Result of what was done.
const OK = "ok"

// ID names a row of the log.
type ID [16]byte

// Entry is a row of the log as it was written.
type Entry struct {
	ID ID
	Row
}

// Limits of the fields, in bytes but for the note's characters.
const (
	maxAction   = 40
	maxObject   = 24
	maxObjectID = 64
	maxResult   = 80
	maxNote     = 400
)

// Write adds a row as part of tx. It belongs before outbox.Append, whose lock
// comes last.
func Write(ctx context.Context, tx *mysql.Tx, row Row) error {
	if err := row.check(); err != nil {
		return err
	}
	key := id.New[ID](id.NewMaker(func() time.Time { return row.At }, clock.Random()))
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (id, at, station, staff, member, action, object, object_id, result, note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, key[:], row.At, row.Station, row.Staff, row.Member,
		row.Action, row.Object, row.ObjectID, row.Result, cut(row.Note))
	if err != nil {
		return fmt.Errorf("writing the log of %s: %w", row.Action, err)
	}
	return nil
}

// Record adds a row in a transaction of its own: for what was refused, and for
// looking, which changes nothing else.
func Record(ctx context.Context, db *mysql.DB, row Row) error {
	return db.InTx(ctx, "writing the log", func(ctx context.Context, tx *mysql.Tx) error {
		return Write(ctx, tx, row)
	})
}

// check refuses a row that could not be found again. These are mistakes of the
// program, never of a user.
func (r Row) check() error {
	switch {
	case r.At.IsZero() || r.Action == "" || r.Result == "":
		return errors.New("audit: a row needs its time, action and result")
	case len(r.Action) > maxAction || len(r.Object) > maxObject || len(r.ObjectID) > maxObjectID || len(r.Result) > maxResult:
		return fmt.Errorf("audit: a field of %.40q is too long", r.Action)
	case (r.Object == "") != (r.ObjectID == ""):
		return fmt.Errorf("audit: %q has half an object", r.Action)
	}
	return nil
}

// cut shortens a note: a long one must not stop the act it tells of.
func cut(note string) string {
	note = strings.ToValidUTF8(note, "?")
	if utf8.RuneCountInString(note) <= maxNote {
		return note
	}
	return string([]rune(note)[:maxNote-1]) + "…"
}

// Query says which rows are asked for. Zero fields ask for any.
type Query struct {
	Station id.Station
	// Staff or Member is who did it.
	Staff  id.Staff
	Member id.Member
	Action string
	// Object and ObjectID name what it was done to; an id needs its kind.
	Object, ObjectID string
	// From is the earliest time, Until the first that is too late.
	From, Until time.Time
	// Before is the last entry of the page before, for the page after it.
	Before *Entry
	// Limit bounds the page, at most MaxPage, which zero means too.
	Limit int
}

// MaxPage bounds one answer of Find.
const MaxPage = 500

// Find lists what a query asks for, newest first.
func Find(ctx context.Context, q sqlx.QueryerContext, ask Query) ([]Entry, error) {
	where, args := ask.where()
	limit := MaxPage
	if ask.Limit > 0 {
		limit = min(ask.Limit, MaxPage)
	}
	var rows []stored
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT id, at, station, staff, member, action, object, object_id, result, note
		FROM audit `+where+` ORDER BY at DESC, id DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	return entries, nil
}

// where is the query's condition and its values.
func (ask Query) where() (condition string, args []any) {
	var parts []string
	need := func(wanted bool, part string, values ...any) {
		if wanted {
			parts, args = append(parts, part), append(args, values...)
		}
	}
	need(!ask.Station.IsZero(), "station = ?", ask.Station)
	need(!ask.Staff.IsZero(), "staff = ?", ask.Staff)
	need(!ask.Member.IsZero(), "member = ?", ask.Member)
	need(ask.Action != "", "action = ?", ask.Action)
	need(ask.Object != "", "object = ?", ask.Object)
	need(ask.ObjectID != "", "object_id = ?", ask.ObjectID)
	need(!ask.From.IsZero(), "at >= ?", ask.From)
	need(!ask.Until.IsZero(), "at < ?", ask.Until)
	if b := ask.Before; b != nil {
		need(true, "at <= ? AND (at < ? OR id < ?)", b.At, b.At, b.ID[:])
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "WHERE " + strings.Join(parts, " AND "), args
}

// stored is a row of table audit.
type stored struct {
	ID       []byte
	At       time.Time
	Station  id.Station
	Staff    id.Staff
	Member   id.Member
	Action   string
	Object   string
	ObjectID string `db:"object_id"`
	Result   string
	Note     string
}

func (s stored) entry() Entry {
	return Entry{ID: ID(s.ID), Row: Row{
		At: s.At, Station: s.Station, Staff: s.Staff, Member: s.Member, Action: s.Action,
		Object: s.Object, ObjectID: s.ObjectID, Result: s.Result, Note: s.Note,
	}}
}
