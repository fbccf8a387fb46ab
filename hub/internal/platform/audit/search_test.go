package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/audit/audittest"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// TestS086EverySearchIsAnsweredByAnIndex: the log grows for years, and an
// answer takes less than a second. At a million rows it is measured by
// cmd/auditbench; here it is held that no search reads more than an index.
func TestS086EverySearchIsAnsweredByAnIndex(t *testing.T) {
	const rows = 50_000
	db := mysqltest.New(t)
	if err := audittest.Fill(t.Context(), db, rows, morning(), time.Second); err != nil {
		t.Fatal(err)
	}
	for _, q := range audittest.Questions(rows, morning(), time.Second) {
		q.Ask.Limit = 100
		statement, args := q.Ask.Page()
		var plan []struct {
			Key   *string `db:"key"`
			Extra *string `db:"Extra"`
		}
		if err := db.Unsafe().SelectContext(t.Context(), &plan, "EXPLAIN "+statement, args...); err != nil {
			t.Fatal(err)
		}
		if len(plan) != 1 || plan[0].Key == nil || *plan[0].Key != q.Ask.Index() || plan[0].Extra == nil ||
			!strings.Contains(*plan[0].Extra, "Using index") || strings.Contains(*plan[0].Extra, "filesort") {
			t.Errorf("%s is answered by %s, want index %s alone", q.Name, describe(plan), q.Ask.Index())
		}
		if _, err := audit.Find(t.Context(), db, q.Ask); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		}
	}
}

func describe[P any](plan []P) string {
	var b strings.Builder
	for _, p := range plan {
		fmt.Fprintf(&b, "%+v", p)
	}
	return b.String()
}

// TestFindByFamilyAndResult narrows as words say: a dot at the end is a family,
// and a sign of LIKE is only itself.
func TestFindByFamilyAndResult(t *testing.T) {
	db := mysqltest.New(t)
	for n, action := range []string{"member.look", "member.reveal", "memberx.y", "mem_er.look", "login.refused"} {
		row := looked(1, n)
		row.Action = action
		if action == "login.refused" {
			row.Result = "urn:forecourt:problem:login-refused"
		}
		write(t, db, row)
	}
	for name, c := range map[string]struct {
		ask  audit.Query
		want int
	}{
		"a family":              {audit.Query{Action: "member."}, 2},
		"no family":             {audit.Query{Action: "member"}, 0},
		"signs of LIKE":         {audit.Query{Action: "mem_er."}, 1},
		"a percent":             {audit.Query{Action: "%."}, 0},
		"refused":               {audit.Query{Refused: true}, 1},
		"refused in the family": {audit.Query{Action: "login.", Refused: true, Station: station(1)}, 1},
	} {
		if got := find(t, db, c.ask); len(got) != c.want {
			t.Errorf("%s: %d rows, want %d", name, len(got), c.want)
		}
	}
}
