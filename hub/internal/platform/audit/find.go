package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
)

// Query says which rows are asked for. Zero fields ask for any.
type Query struct {
	Station id.Station
	// Nowhere asks for what was done at no station: to the hub, or by members.
	Nowhere bool
	// Staff or Member is who did it.
	Staff  id.Staff
	Member id.Member
	// Action is one action, or with a dot at its end a family of them:
	// "member.".
	Action string
	// Object and ObjectID name what it was done to; an id needs its kind.
	Object, ObjectID string
	// Refused asks for what was refused only.
	Refused bool
	// From is the earliest time, Until the first that is too late.
	From, Until time.Time
	// Before is the last entry of the page before, for the page after it.
	Before id.LogRow
	// Limit bounds the page, at most MaxPage, which zero means too.
	Limit int
}

// MaxPage bounds one answer of Find.
const MaxPage = 500

// Find lists what a query asks for, newest first, with the numbers of the
// rows that are sealed.
//
// The page is found in an index that holds all the query narrows by, and only
// its rows are read: a search for what is rare among a million rows reads one
// index and no rows.
func Find(ctx context.Context, q sqlx.QueryerContext, ask Query) ([]Entry, error) {
	page, args := ask.page()
	var rows []stored
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+columns+`, COALESCE(s.seq, 0) AS seq
		FROM (`+page+`) p JOIN audit a ON a.id = p.id LEFT JOIN audit_seal s ON s.row_id = a.id
		ORDER BY a.at DESC, a.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	return entries, nil
}

// columns is a row, in the order of the fields of stored.
const columns = "a.id, a.at, a.station, a.staff, a.member, a.action, a.object, a.object_id, a.result, a.note, a.digest"

// page is the statement that finds the ids of a page, and its values.
func (ask Query) page() (statement string, args []any) {
	where, args := ask.where()
	limit := MaxPage
	if ask.Limit > 0 {
		limit = min(ask.Limit, MaxPage)
	}
	return "SELECT id FROM audit FORCE INDEX (" + ask.index() + ") " + where + " ORDER BY at DESC, id DESC LIMIT ?", append(args, limit)
}

// index is the key that answers the query. The server would guess, and after
// an hour of one busy till guess wrong.
func (ask Query) index() string {
	family := strings.HasSuffix(ask.Action, ".")
	switch {
	case ask.Object != "" && ask.ObjectID != "":
		return "audit_object"
	case !ask.Staff.IsZero():
		return "audit_staff"
	case !ask.Member.IsZero():
		return "audit_member"
	case ask.Station.IsZero() && !ask.Nowhere:
		return "audit_at"
	case ask.Action != "" && !family && ask.Object == "":
		return "audit_action"
	}
	return "audit_station"
}

// where is the query's condition and its values.
func (ask Query) where() (condition string, args []any) {
	var parts []string
	need := func(wanted bool, part string, values ...any) {
		if wanted {
			parts, args = append(parts, part), append(args, values...)
		}
	}
	family := strings.HasSuffix(ask.Action, ".")
	need(!ask.Station.IsZero(), "station = ?", ask.Station)
	need(ask.Nowhere, "station IS NULL")
	need(!ask.Staff.IsZero(), "staff = ?", ask.Staff)
	need(!ask.Member.IsZero(), "member = ?", ask.Member)
	need(ask.Action != "" && !family, "action = ?", ask.Action)
	need(family, "action LIKE ?", literal(ask.Action)+"%")
	need(ask.Object != "", "object = ?", ask.Object)
	need(ask.ObjectID != "", "object_id = ?", ask.ObjectID)
	need(ask.Refused, "result <> ?", OK)
	need(!ask.From.IsZero(), "at >= ?", ask.From.UTC())
	need(!ask.Until.IsZero(), "at < ?", ask.Until.UTC())
	if b := ask.Before; !b.IsZero() {
		at := b.Time() // a row's id is of its moment
		need(true, "at <= ? AND (at < ? OR id < ?)", at, at, b)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "WHERE " + strings.Join(parts, " AND "), args
}

// literal is a text that LIKE takes as it stands.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}

// stored is a row of table audit.
type stored struct {
	ID       id.LogRow
	At       time.Time
	Station  id.Station
	Staff    id.Staff
	Member   id.Member
	Action   string
	Object   string
	ObjectID string `db:"object_id"`
	Result   string
	Note     string
	Digest   []byte
	Seq      uint64
}

func (s stored) entry() Entry {
	e := Entry{ID: s.ID, N: s.Seq, Row: Row{
		At: s.At, Station: s.Station, Staff: s.Staff, Member: s.Member, Action: s.Action,
		Object: s.Object, ObjectID: s.ObjectID, Result: s.Result, Note: s.Note,
	}}
	copy(e.Digest[:], s.Digest)
	return e
}
