package sale

import (
	"slices"
	"testing"
	"time"

	"forecourt/shared/wire"
)

func TestNumberIsOfTheStationsDay(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	// 16:30 UTC on the 11th is half past midnight on the 12th in Shanghai.
	day := Day(time.Date(2026, 3, 11, 16, 30, 0, 0, time.UTC), shanghai)
	if got := (Sale{Day: day, Ordinal: 47}).Number(); got != "0312-0047" {
		t.Errorf("number %q", got)
	}
}

func TestReasonsSurviveTheTable(t *testing.T) {
	for _, r := range []Reasons{nil, {wire.ReasonSmall}, {wire.ReasonTotalizer, wire.ReasonAmount, wire.ReasonChain}} {
		if got := reasonsOf(r.Text()); !slices.Equal(got, r) {
			t.Errorf("%v came back as %v", r, got)
		}
	}
}

func TestWireShowsWhatIsOwed(t *testing.T) {
	s := Sale{State: wire.SaleQuarantined, Bucket: BucketQuarantined, Volume: 67960, Amount: 50019}
	if w := s.Wire(nil); w.Due != 0 || w.Volume != 67960 || w.Amount != 50019 {
		t.Errorf("quarantined: %+v", w)
	}
	s.State, s.Bucket, s.Booked, s.Charge = wire.SaleUnpaid, BucketBooked, 40780, 30014
	if w := s.Wire(nil); w.Due != 30014 || w.Volume != 40780 || w.Amount != 30014 {
		t.Errorf("accepted: %+v", w)
	}
	s.State = wire.SalePaid
	if w := s.Wire(nil); w.Due != 0 {
		t.Errorf("paid, and still %s due", w.Due)
	}
}
