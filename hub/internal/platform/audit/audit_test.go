package audit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
)

// morning is when the tests' acts begin.
func morning() time.Time { return time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC) }

// station, agent, head and driver are who and where.
func station(n byte) id.Station { return id.Station{15: n} }
func person(n byte) id.Staff    { return id.Staff{15: n} }
func driver(n byte) id.Member   { return id.Member{15: n} }

// looked is a person looking at a member n seconds after morning.
func looked(who byte, n int) audit.Row {
	return audit.Row{
		At: morning().Add(time.Duration(n) * time.Second), Station: station(1), Staff: person(who),
		Action: "member.view", Object: "member", ObjectID: driver(9).String(), Result: audit.OK, Note: "card",
	}
}

func write(t *testing.T, db *mysql.DB, rows ...audit.Row) {
	t.Helper()
	for _, row := range rows {
		if err := audit.Record(t.Context(), db, row); err != nil {
			t.Fatal(err)
		}
	}
}

func find(t *testing.T, db *mysql.DB, ask audit.Query) []audit.Entry {
	t.Helper()
	entries, err := audit.Find(t.Context(), db, ask)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestARowIsReadAsItWasWritten(t *testing.T) {
	db := mysqltest.New(t)
	rows := []audit.Row{
		looked(1, 0),
		{
			At: morning().Add(time.Minute), Station: station(1), Member: driver(9),
			Action: "chat.open", Object: "thread", ObjectID: id.Thread{15: 4}.String(), Result: audit.OK,
		},
		{At: morning().Add(2 * time.Minute), Action: "sweep", Result: "urn:forecourt:problem:forbidden"},
	}
	write(t, db, rows...)
	entries := find(t, db, audit.Query{})
	if len(entries) != len(rows) {
		t.Fatalf("%d rows, want %d", len(entries), len(rows))
	}
	for i, e := range entries {
		if want := rows[len(rows)-1-i]; e.Row != want {
			t.Errorf("row %d is %+v, want %+v", i, e.Row, want)
		}
	}
}

// TestTheLogStandsWithItsTransaction: both stand or neither.
func TestTheLogStandsWithItsTransaction(t *testing.T) {
	db := mysqltest.New(t)
	refused := errors.New("refused")
	for _, outcome := range []error{refused, nil} {
		err := db.InTx(t.Context(), "looking", func(ctx context.Context, tx *mysql.Tx) error {
			if err := audit.Write(ctx, tx, looked(1, 0)); err != nil {
				return err
			}
			return outcome
		})
		if !errors.Is(err, outcome) {
			t.Fatal(err)
		}
		want := 0
		if outcome == nil {
			want = 1
		}
		if n := len(find(t, db, audit.Query{})); n != want {
			t.Errorf("after %v there are %d rows, want %d", outcome, n, want)
		}
	}
}

func TestFindNarrows(t *testing.T) {
	db := mysqltest.New(t)
	other := looked(2, 5)
	other.Station = station(2)
	write(t, db, looked(1, 1), looked(2, 2), other)
	write(t, db,
		audit.Row{At: morning().Add(3 * time.Second), Station: station(1), Member: driver(9), Action: "chat.open", Object: "thread", ObjectID: "T", Result: audit.OK},
		audit.Row{At: morning().Add(4 * time.Second), Station: station(1), Staff: person(1), Action: "chat.take", Object: "thread", ObjectID: "T", Result: "refused"},
	)
	for name, c := range map[string]struct {
		ask  audit.Query
		want []int // seconds after morning
	}{
		"everything":            {audit.Query{}, []int{5, 4, 3, 2, 1}},
		"a station":             {audit.Query{Station: station(1)}, []int{4, 3, 2, 1}},
		"a person":              {audit.Query{Staff: person(2)}, []int{5, 2}},
		"a person at a station": {audit.Query{Staff: person(2), Station: station(1)}, []int{2}},
		"a member":              {audit.Query{Member: driver(9)}, []int{3}},
		"who viewed a member":   {audit.Query{Action: "member.view", Object: "member", ObjectID: driver(9).String()}, []int{5, 2, 1}},
		"a thread":              {audit.Query{Object: "thread", ObjectID: "T"}, []int{4, 3}},
		"from":                  {audit.Query{From: morning().Add(4 * time.Second)}, []int{5, 4}},
		"until":                 {audit.Query{Until: morning().Add(2 * time.Second)}, []int{1}},
		"limited":               {audit.Query{Limit: 2}, []int{5, 4}},
		"nobody":                {audit.Query{Staff: person(7)}, nil},
	} {
		var got []int
		for _, e := range find(t, db, c.ask) {
			got = append(got, int(e.At.Sub(morning())/time.Second))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestPagesJoinWithoutAGap also where many rows share a millisecond.
func TestPagesJoinWithoutAGap(t *testing.T) {
	db := mysqltest.New(t)
	for n := range 30 {
		write(t, db, looked(1, n/10))
	}
	whole := find(t, db, audit.Query{})
	var joined []audit.Entry
	ask := audit.Query{Staff: person(1), Limit: 7}
	for {
		page := find(t, db, ask)
		if len(page) == 0 {
			break
		}
		joined = append(joined, page...)
		ask.Before = page[len(page)-1].ID
	}
	if !slices.Equal(joined, whole) || len(whole) != 30 {
		t.Errorf("%d rows in pages, %d at once", len(joined), len(whole))
	}
}

func TestRowsThatCannotBeFoundAgainAreRefused(t *testing.T) {
	db := mysqltest.New(t)
	for name, spoil := range map[string]func(*audit.Row){
		"no time":        func(r *audit.Row) { r.At = time.Time{} },
		"no action":      func(r *audit.Row) { r.Action = "" },
		"no result":      func(r *audit.Row) { r.Result = "" },
		"half an object": func(r *audit.Row) { r.ObjectID = "" },
		"long action":    func(r *audit.Row) { r.Action = strings.Repeat("x", 41) },
		"long id":        func(r *audit.Row) { r.ObjectID = strings.Repeat("x", 65) },
	} {
		row := looked(1, 0)
		spoil(&row)
		if err := audit.Record(t.Context(), db, row); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	row := looked(1, 0)
	row.Note = strings.Repeat("长", 1000) + "\xff"
	write(t, db, row)
	note := find(t, db, audit.Query{})[0].Note
	if utf8.RuneCountInString(note) != 400 || !strings.HasSuffix(note, "长…") {
		t.Errorf("a long note became %d characters ending in %q", utf8.RuneCountInString(note), note[len(note)-6:])
	}
}

// TestTheLogIsOnlyAddedTo holds the rights of the user the hub works as.
func TestTheLogIsOnlyAddedTo(t *testing.T) {
	db := mysqltest.New(t)
	write(t, db, looked(1, 0))
	for _, statement := range []string{"UPDATE audit SET result = 'x'", "DELETE FROM audit", "TRUNCATE TABLE audit"} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("%s: %v, want that it is denied", statement, err)
		}
	}
}
