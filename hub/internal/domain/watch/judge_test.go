package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/domain/watch"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	morning = time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)
	station = id.Station{15: 1}
	cashier = id.Staff{15: 2}
	head    = id.Staff{15: 3}
	till    = id.Device{15: 4}
)

// log is rows as they are sealed.
type log struct {
	judge *watch.Judge
	n     uint64
}

func (l *log) take(at time.Duration, row audit.Row, ofHead ...bool) []watch.Raise {
	l.n++
	row.At, row.Station = morning.Add(at), station
	if row.Result == "" {
		row.Result = audit.OK
	}
	key := id.LogRow{}
	copy(key[:], fmt.Sprintf("%016d", l.n))
	return l.judge.Take(watch.Act{Entry: audit.Entry{ID: key, Row: row, N: l.n}, OfHead: len(ofHead) > 0})
}

func newLog() *log { return &log{judge: watch.NewJudge()} }

func look(n int) audit.Row {
	return audit.Row{Staff: cashier, Action: "member.look", Object: "member", ObjectID: fmt.Sprint(n)}
}

// count adds up what was raised under a rule.
func count(t *testing.T, raised []watch.Raise, rule wire.AlertRule) int {
	t.Helper()
	sum := 0
	for _, r := range raised {
		if r.Rule != rule || r.Station != station || r.Subject == "" || r.Upto == 0 {
			t.Errorf("raised %+v, want rule %s", r, rule)
		}
		sum += r.Count
	}
	return sum
}

// TestS086RefusedPersonalDataIsRaisedAtOnce, and other refusals are not.
func TestS086RefusedPersonalDataIsRaisedAtOnce(t *testing.T) {
	for action, want := range map[string]int{
		"member.look": 1, "member.reveal": 1, "member.search": 1, "member.export": 1, "segment.preview": 1, "fee.look": 1,
		"sale.pay": 0, "prices.set": 0, "log.read": 0, "keys.see": 0,
	} {
		raised := newLog().take(0, audit.Row{Staff: cashier, Action: action, Result: string(wire.ProblemForbidden)})
		if got := count(t, raised, wire.AlertPersonal); got != want || want > 0 && raised[0].Staff != cashier {
			t.Errorf("%s: raised %+v, want %d", action, raised, want)
		}
	}
	l := newLog()
	for _, row := range []audit.Row{
		{Staff: head, Action: "member.reveal", Result: string(wire.ProblemNotFound)},
		{Member: id.Member{15: 1}, Action: "member.export", Result: string(wire.ProblemForbidden)},
		{Action: "alert.raised", Object: "alert", ObjectID: "x"},
	} {
		if raised := l.take(0, row); raised != nil {
			t.Errorf("%+v raised %+v", row, raised)
		}
	}
}

// TestS086ManyMembersInAShortTime: thirty are work, the thirty-first is not;
// the same one again is nothing new, and slowly is nothing at all.
func TestS086ManyMembersInAShortTime(t *testing.T) {
	l := newLog()
	for n := range 30 {
		for range 2 {
			if raised := l.take(time.Duration(n)*time.Second, look(n)); raised != nil {
				t.Fatalf("member %d raised %+v", n, raised)
			}
		}
	}
	if got := count(t, l.take(31*time.Second, look(30)), wire.AlertManyRead); got != 31 {
		t.Errorf("the thirty-first raised %d, want 31", got)
	}
	if got := count(t, l.take(32*time.Second, look(7)), wire.AlertManyRead); got != 0 {
		t.Errorf("a member already counted raised %d", got)
	}
	if got := count(t, l.take(33*time.Second, look(31)), wire.AlertManyRead); got != 1 {
		t.Errorf("the thirty-second raised %d, want 1", got)
	}
	other := look(32)
	other.Staff = head
	if raised := l.take(34*time.Second, other); raised != nil {
		t.Errorf("somebody else raised %+v", raised)
	}
	slow := newLog()
	for n := range 200 {
		if raised := slow.take(time.Duration(n)*21*time.Second, look(n)); raised != nil {
			t.Fatalf("slowly, member %d raised %+v", n, raised)
		}
	}
}

// TestS086AClockThatJumpsBlindsNoRule for longer than its window.
func TestS086AClockThatJumpsBlindsNoRule(t *testing.T) {
	l := newLog()
	l.take(10000*time.Hour, look(-1))
	var got int
	for n := range 31 {
		got = count(t, l.take(time.Duration(n)*time.Second, look(n)), wire.AlertManyRead)
	}
	if got != 31 {
		t.Errorf("after the clock was set back, the thirty-first raised %d", got)
	}
}

// TestS086ManyReveals: ten in an hour are work.
func TestS086ManyReveals(t *testing.T) {
	l := newLog()
	reveal := audit.Row{Staff: head, Action: "member.reveal", Object: "member", ObjectID: "1"}
	for n := range 12 {
		got := count(t, l.take(time.Duration(n)*5*time.Minute, reveal), wire.AlertReveals)
		want := map[int]int{10: 11, 11: 1}[n]
		if got != want {
			t.Errorf("reveal %d raised %d, want %d", n+1, got, want)
		}
	}
}

// TestS086Guessing: a lock at once, and many failures at one till.
func TestS086Guessing(t *testing.T) {
	l := newLog()
	locked := audit.Row{
		Action: "login.locked", Object: "staff", ObjectID: cashier.String(), Result: string(wire.ProblemTooMany), Note: "device " + till.String(),
	}
	if raised := l.take(0, locked); count(t, raised, wire.AlertGuessing) != 1 || raised[0].Staff != cashier {
		t.Errorf("a lock raised %+v", raised)
	}
	locked.Object, locked.ObjectID = "station", station.String()
	if raised := l.take(0, locked); count(t, raised, wire.AlertGuessing) != 1 || raised[0].Object != "device" || raised[0].ObjectID != till.String() {
		t.Errorf("a till's lock raised %+v", raised)
	}
	refused := locked
	refused.Action = "login.refused"
	for n := range 22 {
		raised := l.take(time.Duration(n)*20*time.Second, refused)
		want := map[int]int{20: 21, 21: 1}[n]
		if got := count(t, raised, wire.AlertGuessing); got != want || want > 0 && raised[0].ObjectID != till.String() {
			t.Errorf("failure %d raised %+v, want %d", n+1, raised, want)
		}
	}
}

// TestS086Keys: what is done to keys, and to how a head signs in.
func TestS086Keys(t *testing.T) {
	keys := func(action string) audit.Row { return audit.Row{Action: action, Object: "keys", ObjectID: "2"} }
	account := func(action string) audit.Row {
		return audit.Row{Staff: cashier, Action: action, Object: "staff", ObjectID: head.String()}
	}
	for _, c := range []struct {
		row    audit.Row
		ofHead bool
		want   int
	}{
		{keys("keys.rotate"), false, 1},
		{keys("keys.rekey"), false, 1},
		{keys("keys.sheet"), false, 1},
		{account("staff.factor"), true, 1},
		{account("staff.password"), true, 1},
		{account("account.factor"), true, 1},
		{account("staff.password"), false, 0},
		{account("account.password"), true, 0},
		{account("staff.change"), true, 0},
	} {
		l := newLog()
		var raised []watch.Raise
		if c.ofHead {
			raised = l.take(0, c.row, true)
		} else {
			raised = l.take(0, c.row)
		}
		if got := count(t, raised, wire.AlertKeys); got != c.want {
			t.Errorf("%s (of a head: %t) raised %+v", c.row.Action, c.ofHead, raised)
		}
	}
}

// TestS080WhatFailsOfABackupIsRaised, each place and each set by itself, and
// what is well is not.
func TestS080WhatFailsOfABackupIsRaised(t *testing.T) {
	const failed = string(wire.ProblemStorage)
	row := func(action, which, result string) audit.Row {
		return audit.Row{Action: action, Object: "backup", ObjectID: which, Result: result, Note: "no route to host"}
	}
	for _, c := range []struct {
		row  audit.Row
		want int
	}{
		{row("backup.missed", "2026-03-12", audit.OK), 1},
		{row("backup.failed", "01JD", failed), 1},
		{row("backup.place", "nas", failed), 1},
		{row("backup.place", "nas", audit.OK), 0}, // it is back
		{row("backup.drill", "01JD", "failed"), 1},
		{row("backup.drill", "01JD", audit.OK), 0},
		{row("backup.verified", "01JD", failed), 1},
		{row("backup.restored", "01JD", failed), 1},
		{row("backup.made", "01JD", audit.OK), 0},
		{row("backup.restore", "01JD", string(wire.ProblemBackupBusy)), 0},
	} {
		raised := newLog().take(0, c.row)
		if got := count(t, raised, wire.AlertBackup); got != c.want {
			t.Errorf("%s %s raised %+v, want %d", c.row.Action, c.row.Result, raised, c.want)
		}
		if c.want > 0 && (raised[0].ObjectID != c.row.ObjectID || raised[0].Note != c.row.Action+": no route to host") {
			t.Errorf("%s raised %+v", c.row.Action, raised)
		}
	}
	l := newLog()
	a, b, again := l.take(0, row("backup.place", "nas", failed)), l.take(0, row("backup.place", "cloud", failed)), l.take(time.Hour, row("backup.place", "nas", failed))
	if a[0].Subject == b[0].Subject || a[0].Subject != again[0].Subject {
		t.Errorf("two places are counted as %q, %q, and the first again as %q", a[0].Subject, b[0].Subject, again[0].Subject)
	}
	long := newLog().take(0, row("backup.place", strings.Repeat("位", 21), failed))
	if n := len(long[0].Subject); n > 64 || !utf8.ValidString(long[0].Subject) {
		t.Errorf("a subject of %d bytes: %q", n, long[0].Subject)
	}
}

// TestS082ARestoreIsRaised, and by whom; a rehearsal that somebody asked for
// at the wrong time is not.
func TestS082ARestoreIsRaised(t *testing.T) {
	l := newLog()
	raised := l.take(0, audit.Row{Staff: head, Action: "backup.restored", Object: "backup", ObjectID: "01JD", Note: "2026-03-11 23:10:00"})
	if count(t, raised, wire.AlertRestored) != 1 || raised[0].Staff != head || raised[0].Note != "2026-03-11 23:10:00" {
		t.Errorf("a restore raised %+v", raised)
	}
	for _, refused := range []wire.ProblemType{wire.ProblemBackupBusy, wire.ProblemNoBackup, wire.ProblemForbidden} {
		if raised := l.take(0, audit.Row{Staff: head, Action: "backup.drill", Object: "backup", ObjectID: "01JD", Result: string(refused)}); raised != nil {
			t.Errorf("what was refused as %s raised %+v", refused, raised)
		}
	}
	if raised := l.take(0, audit.Row{Staff: head, Action: "backup.drill", Object: "backup", ObjectID: "01JD", Result: string(wire.ProblemInternal)}); count(t, raised, wire.AlertBackup) != 1 {
		t.Errorf("a rehearsal that failed raised %+v", raised)
	}
}
