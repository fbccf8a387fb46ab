package flow

import (
	"cmp"
	"context"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What the log calls what is done to itself.
const (
	actionLogRead   = "log.read"
	actionLogExport = "log.export"
	objectLog       = "log"
)

const (
	// maxLogPage bounds a page of the log, and is its length unless asked.
	maxLogPage = 200
	// maxExport bounds the rows of one export; more are asked for by time.
	maxExport = 100_000
	// readEvery is how often it is written down that somebody reads the log: a
	// page further is no other act.
	readEvery = time.Minute
)

// SearchLog reads a page of the station's security log, newest first, with what
// was done at no station. A member's number finds what the member did and what
// was done to them. That the log is read is on record itself, once a minute.
func (f *Flow) SearchLog(ctx context.Context, who staff.Actor, ask wire.LogQuery) (wire.LogPage, error) {
	page := wire.LogPage{Entries: []wire.LogEntry{}}
	limit := ask.Limit
	if limit <= 0 || limit > maxLogPage {
		limit = maxLogPage
	}
	err := f.read(ctx, "reading the log", func(ctx context.Context, q reader) error {
		s, found, err := f.logSearch(ctx, q, who.Station, ask)
		if err != nil || !found {
			return err
		}
		rows, err := s.page(ctx, q, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			page.Next = rows[limit-1].ID
		}
		page.Entries, err = f.logEntries(ctx, q, rows)
		return err
	})
	if err != nil {
		return page, err
	}
	return page, f.noteReading(ctx, who, ask)
}

// noteReading writes down that somebody reads the log.
func (f *Flow) noteReading(ctx context.Context, who staff.Actor, ask wire.LogQuery) error {
	now := f.now()
	if !f.guards.reads(who.Staff, now) {
		return nil
	}
	return audit.Record(ctx, f.DB, logRow(who, actionLogRead, now, ask))
}

// logRow is a row about the log.
func logRow(who staff.Actor, action string, at time.Time, ask wire.LogQuery) audit.Row {
	return audit.Row{
		At: at, Station: who.Station, Staff: who.Staff, Action: action, Object: objectLog, ObjectID: who.Station.String(),
		Result: audit.OK, Note: searchNote(ask),
	}
}

// searchNote is what the log says of a search in it.
func searchNote(ask wire.LogQuery) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("staff", ask.Number)
	add("member", ask.Member)
	add("action", ask.Action)
	add("object", strings.TrimSpace(ask.Object+" "+ask.ObjectID))
	if ask.Refused {
		add("only", "refused")
	}
	for name, at := range map[string]time.Time{"from": ask.From, "until": ask.Until} {
		if !at.IsZero() {
			add(name, at.UTC().Format(time.RFC3339))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// logSearch is a search in the log: by query, and for a member also by what
// was done to them.
type logSearch struct {
	audit.Query
	about id.Member
}

// logSearch makes a search of what was asked; found is false when it names
// somebody there is not.
func (f *Flow) logSearch(ctx context.Context, q reader, at id.Station, ask wire.LogQuery) (s logSearch, found bool, err error) {
	if ask.ObjectID != "" && ask.Object == "" {
		return s, false, bad("an object's id needs its kind")
	}
	s.Query = audit.Query{
		Station: at, Action: ask.Action, Object: ask.Object, ObjectID: ask.ObjectID, Refused: ask.Refused,
		From: ask.From, Until: ask.Until, Before: ask.Before,
	}
	if ask.Number != "" {
		if s.Staff, found, err = f.staffOf(ctx, q, at, ask.Number); err != nil || !found {
			return s, false, err
		}
	}
	if ask.Member != "" {
		if f.Members == nil {
			return s, false, nil
		}
		s.about, found, err = f.Members.FindByNumber(ctx, q, ask.Member)
		return s, found, err
	}
	return s, true, nil
}

// staffOf is who has a staff number at a station.
func (f *Flow) staffOf(ctx context.Context, q reader, at id.Station, number string) (id.Staff, bool, error) {
	if f.Staff == nil {
		return id.Staff{}, false, nil
	}
	people, err := f.Staff.At(ctx, q, at)
	if err != nil {
		return id.Staff{}, false, err
	}
	i := slices.IndexFunc(people, func(p staff.Person) bool { return p.Number == number })
	if i < 0 {
		return id.Staff{}, false, nil
	}
	return people[i].Staff, true, nil
}

// page reads at most limit rows: of the station, and of what was done at none.
func (s logSearch) page(ctx context.Context, q reader, limit int) ([]audit.Entry, error) {
	var all []audit.Entry
	for _, ask := range s.questions() {
		for _, nowhere := range []bool{false, true} {
			ask.Limit = limit
			if nowhere {
				ask.Station, ask.Nowhere = id.Station{}, true
			}
			rows, err := audit.Find(ctx, q, ask)
			if err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
	}
	return newest(all, limit), nil
}

// questions is what is to be asked of the log.
func (s logSearch) questions() []audit.Query {
	if s.about.IsZero() {
		return []audit.Query{s.Query}
	}
	by, to := s.Query, s.Query
	by.Member = s.about
	if s.Object != "" {
		return []audit.Query{by}
	}
	to.Object, to.ObjectID = "member", s.about.String()
	return []audit.Query{by, to}
}

// newest is the newest of some rows, each once.
func newest(rows []audit.Entry, limit int) []audit.Entry {
	slices.SortFunc(rows, func(a, b audit.Entry) int {
		return cmp.Or(b.At.Compare(a.At), slices.Compare(b.ID[:], a.ID[:]))
	})
	rows = slices.CompactFunc(rows, func(a, b audit.Entry) bool { return a.ID == b.ID })
	return rows[:min(len(rows), limit)]
}

// logEntries is rows as the office sees them, with what people call who and
// what they name.
func (f *Flow) logEntries(ctx context.Context, q reader, rows []audit.Entry) ([]wire.LogEntry, error) {
	n, err := f.namesFor(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	list := make([]wire.LogEntry, len(rows))
	for i, r := range rows {
		p := n.staff[r.Staff]
		list[i] = wire.LogEntry{
			ID: r.ID, N: r.N, At: r.At, Staff: r.Staff, Number: p.Number, Name: p.Name, Role: p.Role,
			Member: n.members[r.Member], Action: r.Action, Object: r.Object, ObjectID: r.ObjectID, ObjectName: n.objects[r.ObjectID],
			Result: r.Result, Note: r.Note,
		}
	}
	return list, nil
}

// names is what people call what the log names by ids.
type names struct {
	staff   map[id.Staff]staff.Person
	members map[id.Member]string
	objects map[string]string
}

// namesFor looks up every name that rows need, each kind in one question.
func (f *Flow) namesFor(ctx context.Context, q reader, rows []audit.Entry) (names, error) {
	n := names{map[id.Staff]staff.Person{}, map[id.Member]string{}, map[string]string{}}
	var people []id.Staff
	var members []id.Member
	var sales []id.Sale
	for _, r := range rows {
		if !r.Staff.IsZero() {
			people = append(people, r.Staff)
		}
		if !r.Member.IsZero() {
			members = append(members, r.Member)
		}
		people = appendID(people, r, "staff")
		members = appendID(members, r, "member")
		sales = appendID(sales, r, "sale")
	}
	if f.Staff != nil && len(people) > 0 {
		found, err := f.Staff.Names(ctx, q, unique(people)...)
		if err != nil {
			return n, err
		}
		n.staff = found
		for key, p := range found {
			n.objects[key.String()] = p.Number + " " + p.Name
		}
	}
	if f.Members != nil && len(members) > 0 {
		briefs, err := f.Members.Brief(ctx, q, unique(members)...)
		if err != nil {
			return n, err
		}
		for key, brief := range briefs {
			n.members[key], n.objects[key.String()] = brief.Number, brief.Number
		}
	}
	numbers, err := sale.Numbers(ctx, q, unique(sales))
	for key, number := range numbers {
		n.objects[key.String()] = number
	}
	return n, err
}

// appendID appends the id of a row's object, if it is of a kind.
func appendID[I ~[16]byte](list []I, r audit.Entry, kind string) []I {
	if r.Object != kind {
		return list
	}
	key, err := id.Parse[I](r.ObjectID)
	if err != nil {
		return list
	}
	return append(list, key)
}

// unique is a list with each id once.
func unique[I ~[16]byte](list []I) []I {
	slices.SortFunc(list, func(a, b I) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// LogState tells how well the log is kept.
func (f *Flow) LogState(ctx context.Context) (wire.LogState, error) {
	if f.Sealer == nil {
		return wire.LogState{}, nil
	}
	st, err := f.Sealer.State(ctx)
	return wire.LogState{
		Rows: uint64(st.Size), Root: hex.EncodeToString(st.Root[:]), SealedAt: st.SealedAt, AnchoredAt: st.AnchoredAt, Anchor: st.Anchor,
		Waiting: st.Waiting, Verified: st.Verified, Problem: st.Problem,
	}, err
}

// ExportLog answers a search of the log as a table, newest first, at most
// 100,000 rows: a line of names, then a line for each row, its time in the
// station's zone. Every export is on record before its first row.
func (f *Flow) ExportLog(ctx context.Context, who staff.Actor, ask wire.LogQuery) (iter.Seq2[[]string, error], error) {
	var s logSearch
	var found bool
	st, err := station.Load(ctx, f.DB, who.Station)
	if err != nil {
		return nil, problemOf(err)
	}
	zone, err := st.Location()
	if err != nil {
		return nil, err
	}
	if s, found, err = f.logSearch(ctx, f.DB, who.Station, ask); err != nil {
		return nil, err
	}
	if err := audit.Record(ctx, f.DB, logRow(who, actionLogExport, f.now(), ask)); err != nil {
		return nil, err
	}
	return func(yield func([]string, error) bool) {
		if !yield(exportHead(), nil) || !found {
			return
		}
		f.exportRows(ctx, s, zone, yield)
	}, nil
}

// exportRows yields the rows of an export, page by page.
func (f *Flow) exportRows(ctx context.Context, s logSearch, zone *time.Location, yield func([]string, error) bool) {
	for left := maxExport; left > 0; {
		var entries []wire.LogEntry
		err := f.read(ctx, "exporting the log", func(ctx context.Context, q reader) error {
			rows, err := s.page(ctx, q, min(left, audit.MaxPage))
			if err != nil {
				return err
			}
			entries, err = f.logEntries(ctx, q, rows)
			return err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range entries {
			if !yield(exportRow(e, zone), nil) {
				return
			}
		}
		if len(entries) < min(left, audit.MaxPage) {
			return
		}
		left -= len(entries)
		s.Before = entries[len(entries)-1].ID
	}
}

// exportHead names the columns of an export.
func exportHead() []string {
	return []string{"n", "at", "staff", "name", "role", "member", "action", "object", "object_id", "object_name", "result", "note"}
}

func exportRow(e wire.LogEntry, zone *time.Location) []string {
	n := ""
	if e.N > 0 {
		n = strconv.FormatUint(e.N, 10)
	}
	row := []string{
		n, e.At.In(zone).Format("2006-01-02 15:04:05.000"), e.Number, e.Name, string(e.Role), e.Member, e.Action, e.Object, e.ObjectID,
		e.ObjectName, strings.TrimPrefix(e.Result, "urn:forecourt:problem:"), e.Note,
	}
	for i, cell := range row {
		// A spreadsheet would work out what begins like a formula.
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
}
