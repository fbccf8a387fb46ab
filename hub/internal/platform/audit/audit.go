// Package audit is the security log: who did what to which thing, when, and
// what came of it; and the proof that nobody has changed it since.
//
// # What it promises
//
//   - A row is written by the business transaction it tells of: both stand or
//     neither. What was refused, and so has no transaction, is written by
//     Record on its own.
//   - Rows are only ever added. The application's user on the hub's own server
//     may neither change nor remove one.
//   - Rows are found by person, action, thing and time, newest first, from
//     indexes alone: a million of them in well under a second.
//   - A Sealer numbers the rows without a hole, once they are committed, and
//     grows a hash tree over them (RFC 6962). It signs what the tree is, and
//     has that written down in a second place (Anchors). It never makes a
//     writer wait.
//   - Verify works all of it out again from the rows: a row that was changed,
//     removed, put in or moved is named, and a tail that was cut off is missed
//     by the second place. Whoever can write to the database cannot make a tree
//     that the signatures fit.
//
// What it does not promise: that what is written is true. Whoever writes as
// the hub writes rows like the hub's, and they are sealed as such, dated when
// they say and numbered when they came (Report.Late).
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

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// Row is one act.
type Row struct {
	// At is when, to the millisecond.
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
	// Digest is the SHA-256 of what the object's figures were after the act,
	// zero if there is none.
	Digest [32]byte
}

// OK is the Result of what was done.
const OK = "ok"

// Entry is a row of the log as it was written.
type Entry struct {
	ID id.LogRow
	Row
	// N is the row's number in the sealed log, from 1; zero while it waits for
	// its seal, and where it was not asked for.
	N uint64
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
func Write(ctx context.Context, tx *mysql.Tx, row Row) error { return WriteAll(ctx, tx, row) }

// WriteAll is Write of several rows at once.
func WriteAll(ctx context.Context, tx *mysql.Tx, rows ...Row) error {
	if len(rows) == 0 {
		return nil
	}
	const one = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	args := make([]any, 0, len(rows)*strings.Count(one, "?"))
	for _, row := range rows {
		if err := row.Check(); err != nil {
			return err
		}
		// The id and the time are of one moment: a row whose two differ was
		// not written here.
		row.At = row.At.UTC().Truncate(time.Millisecond)
		key := id.New[id.LogRow](id.NewMaker(func() time.Time { return row.At }, clock.Random()))
		args = append(args, key, row.At, row.Station, row.Staff, row.Member,
			row.Action, row.Object, row.ObjectID, row.Result, cut(row.Note), row.digest())
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (id, at, station, staff, member, action, object, object_id, result, note, digest)
		VALUES `+one+strings.Repeat(", "+one, len(rows)-1), args...)
	if err != nil {
		return fmt.Errorf("writing the log of %s: %w", rows[0].Action, err)
	}
	return nil
}

// digest is the digest as it is stored.
func (r Row) digest() any {
	if r.Digest == ([32]byte{}) {
		return nil
	}
	return r.Digest[:]
}

// Record adds a row in a transaction of its own: for what was refused, and for
// looking, which changes nothing else.
func Record(ctx context.Context, db *mysql.DB, row Row) error {
	return db.InTx(ctx, "writing the log", func(ctx context.Context, tx *mysql.Tx) error {
		return Write(ctx, tx, row)
	})
}

// Check refuses a row that could not be found again. These are mistakes of the
// program, never of a user.
func (r Row) Check() error {
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
