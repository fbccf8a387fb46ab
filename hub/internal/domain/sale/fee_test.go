package sale

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// feeKinds is every kind of line, in order.
var feeKinds = [...]wire.FeeKind{
	wire.FeeGross, wire.FeeDiscount, wire.FeeCampaign, wire.FeeCoupon, wire.FeePoints, wire.FeeDue, wire.FeePaid,
}

// Gross and what takes off come to what is due, to the fen; a paid sale was
// paid just that; and every line is there.
func TestS057TheLinesOfAFeeAddUp(t *testing.T) {
	states := []wire.SaleState{
		wire.SaleOpen, wire.SaleUnpaid, wire.SalePaid, wire.SaleQuarantined, wire.SaleMissing, wire.SaleTest,
		wire.SaleDriveOff, wire.SaleVoid,
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Sale{
			State: rapid.SampledFrom(states).Draw(t, "state"), Bucket: BucketBooked,
			Volume: unit.Millilitre(rapid.Int64Range(1, 900_000).Draw(t, "volume")),
			Amount: unit.Fen(rapid.Int64Range(1, 900_000).Draw(t, "amount")),
			Price:  750,
		}
		s.Booked, s.Charge = s.Volume, s.Amount
		var p *wire.Payment
		if s.State == wire.SalePaid {
			p = &wire.Payment{Tender: wire.TenderCash, Paid: s.Charge, Tendered: s.Charge + 1, Change: 1, At: time.Unix(1, 0)}
		}
		lines, order := s.Fee(s.Price, p), s.Order("", p)
		if len(lines) != len(feeKinds) {
			t.Fatalf("%d lines", len(lines))
		}
		amount := map[wire.FeeKind]unit.Fen{}
		for i, line := range lines {
			if line.Kind != feeKinds[i] {
				t.Fatalf("line %d is %s, want %s", i, line.Kind, feeKinds[i])
			}
			amount[line.Kind] = line.Amount
		}
		sum := amount[wire.FeeGross] + amount[wire.FeeDiscount] + amount[wire.FeeCampaign] + amount[wire.FeeCoupon] + amount[wire.FeePoints]
		due, paid := amount[wire.FeeDue], amount[wire.FeePaid]
		if sum != due || paid != order.Paid || paid > due {
			t.Fatalf("the lines come to %s, due %s, paid %s", sum, due, paid)
		}
		owes := s.State == wire.SaleUnpaid || s.State == wire.SalePaid
		if owes && due != order.Due+order.Paid || s.State == wire.SalePaid && paid != due {
			t.Fatalf("due %s, paid %s; the order owes %s and paid %s", due, paid, order.Due, order.Paid)
		}
		if doubtful := s.State == wire.SaleQuarantined || s.State == wire.SaleMissing || s.State == wire.SaleOpen; doubtful && due != 0 {
			t.Fatalf("%s costs %s", s.State, due)
		}
	})
}

func TestS057AFeeSaysHowItCame(t *testing.T) {
	s := Sale{State: wire.SalePaid, Bucket: BucketBooked, Booked: 26_670, Charge: 20_003, Price: 750}
	lines := s.Fee(s.Price, &wire.Payment{Tender: wire.TenderCash, Paid: 20_003})
	if lines[0].Note != "26.67 L x 7.50" || lines[0].Amount != 20_003 {
		t.Errorf("gross: %+v", lines[0])
	}
	if last := lines[len(lines)-1]; last.Note != "cash" || last.Amount != 20_003 {
		t.Errorf("paid: %+v", last)
	}
	s.Booked = 26_675
	if note := s.Fee(s.Price, nil)[0].Note; note != "26.675 L x 7.50" {
		t.Errorf("gross: %s", note)
	}
	s.State = wire.SaleQuarantined
	if line := s.Fee(s.Price, nil)[0]; line.Amount != 0 || line.Note != "quarantined" {
		t.Errorf("quarantined: %+v", line)
	}
}

// What a member sees of a sale is what a till sees of it.
func TestAnOrderIsTheSaleForItsMember(t *testing.T) {
	began := time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)
	s := Sale{
		State: wire.SaleUnpaid, Bucket: BucketBooked, Nozzle: 3, Grade: "92#", Ordinal: 47, Day: began,
		Volume: 67_960, Amount: 50_019, Price: 736, Booked: 40_780, Charge: 30_014,
		StartedAt: began, EndedAt: began.Add(time.Minute), Note: "for the station only",
	}
	o := s.Order("示范加油站", nil)
	if o.Volume != 40_780 || o.Amount != 30_014 || o.Due != 30_014 || o.Paid != 0 || o.Tender != "" || o.Number != "0312-0047" || o.StationName != "示范加油站" {
		t.Errorf("unpaid: %+v", o)
	}
	s.State = wire.SalePaid
	o = s.Order("", &wire.Payment{Tender: wire.TenderCash, Paid: 30_014, At: began.Add(2 * time.Minute)})
	if o.Due != 0 || o.Paid != 30_014 || o.Tender != wire.TenderCash || !o.PaidAt.Equal(began.Add(2*time.Minute)) {
		t.Errorf("paid: %+v", o)
	}
}
