package evidence

import (
	"testing"
	"time"

	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// began is a morning in Kunming.
var began = time.Date(2026, 3, 12, 1, 0, 0, 120_000_000, time.UTC)

// testKey is a key of tests.
func testKey() Key { return NewKey([32]byte{1, 2, 3}) }

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// ramp is a trace up to a volume, a point every two seconds.
func ramp(to unit.Millilitre) []wire.TracePoint {
	var points []wire.TracePoint
	for i := range int64(60) {
		points = append(points, wire.TracePoint{AfterMS: i * 2000, Volume: to * unit.Millilitre(i) / 60})
	}
	return append(points, wire.TracePoint{AfterMS: 131_000, Volume: to})
}

// honest is a delivery of 40.78 L at which everything agrees, paid.
func honest() Case {
	s := sale.Sale{
		ID: id.Sale{1}, Station: id.Station{2}, Day: sale.Day(began, time.UTC), Ordinal: 47, Nozzle: 3, Grade: "92#",
		State: wire.SalePaid, Volume: 40_780, Amount: 30_585, Price: 750, PriceSet: id.PriceSet{3},
		Before: 123_456_780, After: 123_497_560, Counted: 40_780, Bucket: sale.BucketBooked, Booked: 40_780, Charge: 30_585,
		StartedAt: began, EndedAt: began.Add(131 * time.Second), DeviceKey: "pts:0012:1:4711:1773277200",
	}
	previous := s.Before
	return caseOf(s, &wire.Payment{Tender: wire.TenderCash, Paid: 30_585, At: began.Add(3 * time.Minute)}, &previous, ramp(s.Volume))
}

// chengdu is the delivery to which 27.18 L of the one before were added
// (domain rules, section 3).
func chengdu() Case {
	s := honest().Sale
	s.State, s.Bucket, s.Booked, s.Charge = wire.SaleQuarantined, sale.BucketQuarantined, 0, 0
	s.Volume, s.Amount = 67_960, 50_970
	s.Reasons = sale.Reasons{wire.ReasonTotalizer}
	previous := s.Before
	points := append(ramp(40_780), wire.TracePoint{AfterMS: 131_200, Volume: 67_960})
	return caseOf(s, nil, &previous, points)
}

func caseOf(s sale.Sale, p *wire.Payment, previous *unit.Millilitre, points []wire.TracePoint) Case {
	return Case{
		Sale: s, Order: s.Order("昆明示范加油站", p), Lines: s.Fee(s.Price, p), Dispenser: 2,
		Listed: 750, Since: began.Add(-72 * time.Hour), Run: Run{Sale: s.ID, Previous: previous, Points: points},
	}
}
