package flow_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// backroom is a house whose log is sealed, with people who have names.
type backroom struct {
	*house
	sealer           *audit.Sealer
	boss, till, aide staff.Actor
}

func newBackroom(t *testing.T) *backroom {
	o := &backroom{house: newHouse(t)}
	key, err := audit.NewKey(o.keys.Derive("audit/v1"))
	if err != nil {
		t.Fatal(err)
	}
	o.sealer = audit.NewSealer(audit.SealerDeps{
		DB: o.db, Key: key, Anchors: audit.NewAnchors(filepath.Join(t.TempDir(), "anchors")), Now: o.now, Log: mysqltest.Log(t),
	})
	o.flow.Sealer = o.sealer
	o.boss = o.enters("1001", "王站长", wire.RoleHead)
	o.till = o.enters("2001", "李收银", wire.RoleCashier)
	o.aide = o.enters("4001", "赵客服", wire.RoleAgent)
	return o
}

func (o *backroom) enters(number, name string, role wire.Role) staff.Actor {
	o.t.Helper()
	who := staff.Actor{Number: number, Name: name, Role: role, Station: o.station}
	err := o.db.InTx(o.t.Context(), "entering staff", func(ctx context.Context, tx *mysql.Tx) (err error) {
		who.Staff, err = o.flow.Staff.Add(ctx, tx, staff.NewPerson{
			Station: o.station, Number: number, Name: name, Role: role, Password: "correct-horse-9",
		})
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return who
}

func (o *backroom) search(ask wire.LogQuery) []wire.LogEntry {
	o.t.Helper()
	page, err := o.flow.SearchLog(o.t.Context(), o.boss, ask)
	if err != nil {
		o.t.Fatal(err)
	}
	return page.Entries
}

// watch seals what there is and judges it.
func (o *backroom) watch() {
	o.t.Helper()
	if _, err := o.sealer.Seal(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	if err := o.flow.Watch(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *backroom) alerts() []wire.Alert {
	o.t.Helper()
	list, err := o.flow.Alerts(o.t.Context(), o.boss, flow.AlertQuery{})
	if err != nil {
		o.t.Fatal(err)
	}
	return list.Alerts
}

// TestS084TheLogHasTimeOperatorContentAndResult of what was done and of what
// was refused, each once, however often it is asked.
func TestS084TheLogHasTimeOperatorContentAndResult(t *testing.T) {
	o := newBackroom(t)
	e := o.sale(1, 20_000)
	o.take(e)
	key := o.key()
	for range 3 { // a repeat has done nothing
		if _, err := o.flow.Pay(t.Context(), o.till, key, e.Sale, cash(e.Amount, 20_000)); err != nil {
			t.Fatal(err)
		}
	}
	o.later(time.Minute)
	_, err := o.flow.Pay(t.Context(), o.till, o.key(), e.Sale, cash(e.Amount, 20_000))
	wantProblem(t, err, wire.ProblemSaleAlreadyPaid)
	o.later(time.Minute)
	_, err = o.flow.SetPrices(t.Context(), o.till, o.key(), wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: 760}}})
	wantProblem(t, err, wire.ProblemForbidden)
	o.later(time.Minute)
	if _, err := o.flow.SetHold(t.Context(), o.till, o.key(), 3, wire.HoldRequest{Hold: wire.HoldPause}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range o.search(wire.LogQuery{Number: "2001"}) {
		got = append(got, strings.Join([]string{
			r.At.Format("15:04"), r.Number, r.Name, string(r.Role), r.Action, r.Object, r.ObjectName, strings.TrimPrefix(r.Result, "urn:forecourt:problem:"), r.Note,
			fmt.Sprint(r.N > 0),
		}, "|"))
	}
	number := o.stored(e.Sale).Number
	want := []string{
		"01:03|2001|李收银|cashier|nozzle.hold|nozzle||ok|pause|true",
		"01:02|2001|李收银|cashier|prices.set|station||forbidden|92# 7.60|true",
		"01:01|2001|李收银|cashier|sale.pay|sale|" + number + "|sale-already-paid|cash 150.00|true",
		"01:00|2001|李收银|cashier|sale.pay|sale|" + number + "|ok|cash 150.00|true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if refused := o.search(wire.LogQuery{Refused: true}); len(refused) != 2 {
		t.Errorf("%d rows were refused, want 2", len(refused))
	}
	if reads := o.search(wire.LogQuery{Action: "log.read"}); len(reads) != 1 || reads[0].Number != "1001" {
		t.Errorf("reading the log is on record as %+v", reads)
	}
}

// TestS084AnAbandonedRefusalIsWrittenDown: who hangs up before the answer is
// written down all the same.
func TestS084AnAbandonedRefusalIsWrittenDown(t *testing.T) {
	o := newBackroom(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.flow.Refused(ctx, o.till, staff.RevealMember, "")
	if rows := o.search(wire.LogQuery{Number: "2001", Refused: true}); len(rows) != 1 || rows[0].Action != "member.reveal" {
		t.Errorf("on record are %+v", rows)
	}
}

// TestS085TheLogAnswersWhoDidWhat: who viewed a member, who changed stock, who
// created a campaign.
func TestS085TheLogAnswersWhoDidWhat(t *testing.T) {
	o := newBackroom(t)
	driver := o.driver("13800138000")
	if _, err := o.flow.MemberRecord(t.Context(), o.boss, driver.Member); err != nil {
		t.Fatal(err)
	}
	for action, object := range map[string]string{"stock.change": "tank", "campaign.add": "campaign"} {
		err := audit.Record(t.Context(), o.db, audit.Row{
			At: o.now(), Station: o.station, Staff: o.till.Staff, Action: action, Object: object, ObjectID: "1", Result: audit.OK,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	number := o.numberOf(driver.Member)
	for name, c := range map[string]struct {
		ask  wire.LogQuery
		want string
	}{
		"who viewed the member":      {wire.LogQuery{Action: "member.look", Object: "member", ObjectID: driver.Member.String()}, "1001 member.look " + number},
		"by the member's number":     {wire.LogQuery{Action: "member.look", Member: number}, "1001 member.look " + number},
		"who changed stock":          {wire.LogQuery{Action: "stock."}, "2001 stock.change "},
		"who created a campaign":     {wire.LogQuery{Action: "campaign.add"}, "2001 campaign.add "},
		"what the cashier did today": {wire.LogQuery{Number: "2001", Action: "campaign.", From: o.now().Add(-time.Hour)}, "2001 campaign.add "},
	} {
		rows := o.search(c.ask)
		if len(rows) != 1 {
			t.Errorf("%s: %d rows, want 1", name, len(rows))
			continue
		}
		if got := rows[0].Number + " " + rows[0].Action + " " + rows[0].ObjectName; got != c.want || !rows[0].At.Equal(o.now()) {
			t.Errorf("%s: %q at %v, want %q", name, got, rows[0].At, c.want)
		}
	}
	for _, ask := range []wire.LogQuery{{Number: "9999"}, {Member: "999999999"}, {Action: "stock.", Until: o.now()}} {
		if rows := o.search(ask); len(rows) != 0 {
			t.Errorf("%+v finds %d rows", ask, len(rows))
		}
	}
}

func (o *backroom) numberOf(m id.Member) string {
	o.t.Helper()
	briefs, err := o.members.Brief(o.t.Context(), o.db, m)
	if err != nil {
		o.t.Fatal(err)
	}
	return briefs[m].Number
}

// TestS086ACashierWhoTriesForAPhoneIsTraced: the try is a row and an alert at
// once, and a search leads from it to who it was.
func TestS086ACashierWhoTriesForAPhoneIsTraced(t *testing.T) {
	o := newBackroom(t)
	driver := o.driver("13800138000")
	_, err := o.flow.RevealMember(t.Context(), o.till, driver.Member, wire.RevealRequest{Field: wire.FieldPhone, Reason: "想联系车主"})
	wantProblem(t, err, wire.ProblemForbidden)
	o.flow.Refused(t.Context(), o.till, staff.SeeMembers, driver.Member.String())
	o.watch()
	o.watch() // nothing is counted twice
	got := o.alerts()
	if len(got) != 1 || got[0].Rule != wire.AlertPersonal || got[0].Number != "2001" || got[0].Name != "李收银" || got[0].Count != 2 ||
		got[0].ObjectID != driver.Member.String() || !got[0].SeenAt.IsZero() {
		t.Fatalf("alerts %+v", got)
	}
	rows := o.search(wire.LogQuery{Number: "2001", Refused: true, Action: "member."})
	if len(rows) != 2 || rows[0].ObjectID != driver.Member.String() || rows[0].Result != string(wire.ProblemForbidden) {
		t.Errorf("the search finds %+v", rows)
	}
	if raised := o.search(wire.LogQuery{Action: "alert.raised"}); len(raised) != 1 || raised[0].ObjectID != got[0].ID.String() {
		t.Errorf("the alert is on record as %+v", raised)
	}
	// A hub that begins again counts nothing again; what comes then counts.
	again := flow.New(o.flow.Deps)
	if err := again.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got = o.alerts(); len(got) != 1 || got[0].Count != 2 {
		t.Errorf("after a restart: %+v", got)
	}
}

// TestS086AlertsAreToldAndSeen: the screens fold what the snapshot says, and
// who takes note is on record.
func TestS086AlertsAreToldAndSeen(t *testing.T) {
	o := newBackroom(t)
	snap, pos, err := o.flow.SecuritySnapshot(t.Context(), o.station)
	if err != nil || len(snap.Alerts) != 0 {
		t.Fatalf("%+v, %v", snap, err)
	}
	o.flow.Refused(t.Context(), o.till, staff.RevealMember, "")
	o.watch()
	told := o.told(pos)
	if len(told) != 1 || told[0].Number != "2001" || told[0].Rule != wire.AlertPersonal {
		t.Fatalf("told %+v", told)
	}
	key := o.key()
	for range 2 {
		seen, err := o.flow.NoteAlert(t.Context(), o.boss, key, told[0].ID)
		if err != nil || seen.SeenBy != "1001" || seen.SeenAt.IsZero() {
			t.Fatalf("seen %+v, %v", seen, err)
		}
	}
	if told = o.told(pos); len(told) != 2 || told[1].SeenBy != "1001" {
		t.Errorf("told %+v", told)
	}
	if snap, _, err = o.flow.SecuritySnapshot(t.Context(), o.station); err != nil || len(snap.Alerts) != 0 {
		t.Errorf("after it was seen: %+v, %v", snap, err)
	}
	if rows := o.search(wire.LogQuery{Action: "alert.seen"}); len(rows) != 1 || rows[0].Number != "1001" {
		t.Errorf("on record as %+v", rows)
	}
	// It goes on after somebody took note: that is news again.
	o.later(time.Minute)
	o.flow.Refused(t.Context(), o.till, staff.RevealMember, "")
	o.watch()
	if got := o.alerts(); len(got) != 2 || got[0].Count != 1 {
		t.Errorf("alerts %+v", got)
	}
	_, err = o.flow.NoteAlert(t.Context(), o.till, o.key(), told[0].ID)
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = o.flow.NoteAlert(t.Context(), o.boss, o.key(), id.New[id.Alert](o.ids))
	wantProblem(t, err, wire.ProblemNotFound)
}

// told is the alerts told since a position of the security channel.
func (o *backroom) told(pos wire.Position) []wire.Alert {
	o.t.Helper()
	var alerts []wire.Alert
	for _, f := range o.events {
		if f.Ch != pos.Ch || f.Seq <= pos.Seq {
			continue
		}
		a, err := wire.Read[wire.Alert](f.D)
		if err != nil {
			o.t.Fatal(err)
		}
		alerts = append(alerts, a)
	}
	return alerts
}

// TestS086GuessingPasswordsIsAnAlert through the store's own doors.
func TestS086GuessingPasswordsIsAnAlert(t *testing.T) {
	o := newBackroom(t)
	at := staff.DeviceActor{Device: id.New[id.Device](o.ids), Station: o.station}
	for range 5 {
		if _, err := o.flow.Staff.Login(t.Context(), at, wire.LoginRequest{Number: "2001", Password: "wrong"}); err == nil {
			t.Fatal("signed in")
		}
	}
	if _, err := o.flow.Staff.Login(t.Context(), at, wire.LoginRequest{Number: "2001", Password: "wrong"}); err == nil {
		t.Fatal("signed in")
	}
	o.watch()
	got := o.alerts()
	if len(got) != 1 || got[0].Rule != wire.AlertGuessing || got[0].Number != "2001" {
		t.Errorf("alerts %+v", got)
	}
}

// TestTheLogIsExportedAsATable whole, its times in the station's zone, and that
// is on record.
func TestTheLogIsExportedAsATable(t *testing.T) {
	o := newBackroom(t)
	const rows = 1203 // more than a page
	err := o.db.InTx(t.Context(), "filling the log", func(ctx context.Context, tx *mysql.Tx) error {
		for n := range rows {
			row := audit.Row{
				At: start.Add(time.Duration(n) * time.Millisecond), Station: o.station, Staff: o.till.Staff, Action: "nozzle.hold",
				Object: "nozzle", ObjectID: "3", Result: audit.OK, Note: "=1+1",
			}
			if err := audit.Write(ctx, tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	table, err := o.flow.ExportLog(t.Context(), o.boss, wire.LogQuery{Number: "2001"})
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for row, err := range table {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, row)
	}
	if len(lines) != rows+1 || lines[0][1] != "at" {
		t.Fatalf("%d lines, want %d", len(lines), rows+1)
	}
	want := []string{"", "2026-03-12 09:00:00.000", "2001", "李收银", "cashier", "", "nozzle.hold", "nozzle", "3", "", "ok", "'=1+1"}
	if last := lines[rows]; !slices.Equal(last, want) {
		t.Errorf("the first row is %q, want %q", last, want)
	}
	if on := o.search(wire.LogQuery{Action: "log.export"}); len(on) != 1 || on[0].Number != "1001" || on[0].Note != "staff 2001" {
		t.Errorf("on record as %+v", on)
	}
}

// TestLogStateTellsHowWellItIsKept.
func TestLogStateTellsHowWellItIsKept(t *testing.T) {
	o := newBackroom(t)
	o.flow.Refused(t.Context(), o.till, staff.SeeLog, "")
	if st, err := o.flow.LogState(t.Context()); err != nil || st.Waiting != 1 || st.Rows != 0 {
		t.Errorf("before: %+v, %v", st, err)
	}
	if err := o.sealer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.flow.VerifyLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	st, err := o.flow.LogState(t.Context())
	if err != nil || st.Waiting != 0 || st.Rows != 1 || len(st.Root) != 64 || st.AnchoredAt.IsZero() || st.Verified.IsZero() || st.Problem != "" {
		t.Errorf("after: %+v, %v", st, err)
	}
	if _, err := os.Stat(st.Anchor); err != nil {
		t.Error(err)
	}
}
