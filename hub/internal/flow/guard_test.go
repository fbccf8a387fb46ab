package flow_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// day is a house with a day's honest work behind it: sales paid, resolved in
// every way, and unpaid.
type day struct {
	*backroom
	paid, driveOff, test, unpaid, dismissed wire.SaleEnded
}

func newDay(t *testing.T) *day {
	d := &day{backroom: newBackroom(t)}
	sell := func(nozzle int) wire.SaleEnded {
		e := d.sale(nozzle, 20_000)
		d.take(e)
		return e
	}
	d.paid, d.driveOff, d.test, d.unpaid = sell(1), sell(1), sell(3), sell(5)
	if _, err := d.flow.Pay(t.Context(), d.till, d.key(), d.paid.Sale, cash(d.paid.Amount, 20_000)); err != nil {
		t.Fatal(err)
	}
	bad := d.figures(7, d.totals[7], d.totals[7]+20_000, 21_000, 750)
	d.take(bad)
	d.dismissed = bad
	for which, act := range map[id.Sale]wire.ResolveAct{
		d.driveOff.Sale: wire.ResolveDriveOff, d.test.Sale: wire.ResolveTest, bad.Sale: wire.ResolveDismiss,
	} {
		if _, err := d.flow.Resolve(t.Context(), d.till, d.key(), which, wire.ResolveRequest{Act: act, Note: "查过"}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// guard runs the guard and returns its alerts.
func (d *day) guard() []wire.Alert {
	d.t.Helper()
	if err := d.flow.Guard(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	return d.alerts()
}

func (d *day) as(admin *mysql.DB, statement string, args ...any) {
	d.t.Helper()
	result, err := admin.ExecContext(d.t.Context(), statement, args...)
	if err != nil {
		d.t.Fatalf("%s: %v", statement, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		d.t.Fatalf("%s: %d rows (%v)", statement, n, err)
	}
}

func (d *day) admin() *mysql.DB {
	d.t.Helper()
	var name string
	err := d.db.GetContext(d.t.Context(), &name, "SELECT DATABASE()")
	if err != nil {
		d.t.Fatal(err)
	}
	admin, err := mysql.OpenAdmin(d.t.Context(), mysqltest.Server(d.t).AdminDSN(name), mysqltest.Log(d.t))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = admin.Close() })
	return admin
}

// TestS086AChangedSaleIsNamed: what is changed past the hub, by whoever has the
// database, is found and named; what people did honestly is not.
func TestS086AChangedSaleIsNamed(t *testing.T) {
	d := newDay(t)
	if got := d.guard(); len(got) != 0 {
		t.Fatalf("honest work raises %+v", got)
	}
	report, err := d.flow.GuardAll(t.Context())
	if err != nil || report.Count != 0 || report.Sales != 5 || report.Witnessed != 4 {
		t.Fatalf("honest work: %+v, %v", report, err)
	}
	admin := d.admin()
	for name, c := range map[string]struct {
		sale      id.Sale
		set, back string
	}{
		"what was charged":                {d.paid.Sale, "booked_fen = booked_fen - 100", "booked_fen = booked_fen + 100"},
		"what was delivered":              {d.paid.Sale, "volume_ml = volume_ml - 1", "volume_ml = volume_ml + 1"},
		"who left":                        {d.driveOff.Sale, "state = 'paid'", "state = 'drive_off'"},
		"a note":                          {d.test.Sale, "note = 'x'", "note = '查过'"},
		"a sale nobody has settled":       {d.unpaid.Sale, "booked_fen = booked_fen - 100", "booked_fen = booked_fen + 100"},
		"a sale that nobody paid is paid": {d.unpaid.Sale, "state = 'paid'", "state = 'unpaid'"},
		"a dismissed one":                 {d.dismissed.Sale, "counted_ml = counted_ml + 1", "counted_ml = counted_ml - 1"},
	} {
		d.as(admin, "UPDATE sale SET "+c.set+" WHERE id = ?", c.sale)
		report, err := d.flow.GuardAll(t.Context())
		if err != nil || report.Count == 0 || report.Found[0].ObjectID != c.sale.String() || report.Found[0].Number != d.stored(c.sale).Number {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		d.as(admin, "UPDATE sale SET "+c.back+" WHERE id = ?", c.sale)
	}
	if report, err := d.flow.GuardAll(t.Context()); err != nil || report.Count != 0 {
		t.Errorf("all is as it was: %+v, %v", report, err)
	}
	// Erasing the member is no change of the sale.
	d.as(admin, "UPDATE sale SET member = X'00000000000000000000000000000009' WHERE id = ?", d.paid.Sale)
	if got := d.guard(); len(got) != 0 {
		t.Errorf("another member raises %+v", got)
	}
}

// TestS086TamperingIsAnAlertOnce and goes on being found.
func TestS086TamperingIsAnAlertOnce(t *testing.T) {
	d := newDay(t)
	admin := d.admin()
	d.as(admin, "UPDATE sale SET booked_fen = booked_fen - 100 WHERE id = ?", d.paid.Sale)
	d.guard()
	d.later(time.Hour)
	got := d.guard()
	if len(got) != 1 || got[0].Rule != wire.AlertTampered || got[0].Object != "sale" || got[0].ObjectID != d.paid.Sale.String() ||
		!strings.HasPrefix(got[0].Note, d.stored(d.paid.Sale).Number) {
		t.Fatalf("alerts %+v", got)
	}
	d.as(admin, "UPDATE nozzle_chain SET sales = sales + 1 WHERE nozzle = 1")
	d.as(admin, "UPDATE ledger_account SET debit_fen = debit_fen + 1, credit_fen = credit_fen + 1 WHERE code = 'cash.drawer'")
	objects := map[string]bool{}
	for _, a := range d.guard() {
		objects[a.Object] = true
	}
	if len(objects) != 3 || !objects["nozzle"] || !objects["ledger"] {
		t.Errorf("alerts about %v", objects)
	}
	// The guard of the last days does not look at a sale of last week; the
	// whole one does.
	d.later(8 * 24 * time.Hour)
	d.as(admin, "UPDATE sale SET note = 'x' WHERE id = ?", d.test.Sale)
	before := len(d.alerts())
	if got := d.guard(); len(got) != before {
		t.Errorf("%d alerts, want %d", len(got), before)
	}
	report, err := d.flow.GuardAll(t.Context())
	if err != nil || !found(report, d.test.Sale) {
		t.Errorf("%+v, %v", report, err)
	}
}

func found(r flow.GuardReport, which id.Sale) bool {
	for _, t := range r.Found {
		if t.ObjectID == which.String() {
			return true
		}
	}
	return false
}

// TestS086AChangedLogIsAnAlert at every station.
func TestS086AChangedLogIsAnAlert(t *testing.T) {
	d := newDay(t)
	if err := d.sealer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.flow.VerifyLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.alerts(); len(got) != 0 {
		t.Fatalf("an honest log raises %+v", got)
	}
	d.as(d.admin(), "UPDATE audit SET note = 'cash 1.00' WHERE action = 'sale.pay'")
	for range 2 {
		d.later(time.Hour)
		if err := d.flow.VerifyLog(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := d.alerts()
	if len(got) != 1 || got[0].Rule != wire.AlertTampered || got[0].Object != "log" || !strings.Contains(got[0].Note, "row 1 ") {
		t.Errorf("alerts %+v", got)
	}
	st, err := d.flow.LogState(t.Context())
	if err != nil || !strings.Contains(st.Problem, "row 1 ") {
		t.Errorf("state %+v, %v", st, err)
	}
}
