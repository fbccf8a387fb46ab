package sale

import (
	"strings"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Order is the sale as its member sees it: what a till sees, without what is
// the station's own business.
func (s Sale) Order(stationName string, p *wire.Payment) wire.Order {
	w := s.Wire(p)
	o := wire.Order{
		Sale: w.ID, Number: w.Number, Station: s.Station, StationName: stationName, Nozzle: w.Nozzle, Grade: w.Grade,
		State: w.State, Volume: w.Volume, Amount: w.Amount, Price: w.Price, Due: w.Due,
		StartedAt: w.StartedAt, EndedAt: w.EndedAt,
	}
	if p != nil {
		o.Paid, o.PaidAt, o.Tender = p.Paid, p.At, p.Tender
	}
	return o
}

// owed is what a sale comes to for its driver, paid or not. A sale that is
// doubtful, was a test or came to nothing costs nothing.
func (s Sale) owed() unit.Fen {
	switch s.State {
	case wire.SaleUnpaid, wire.SalePaid, wire.SaleDriveOff:
		return s.Charge
	}
	return 0
}

// Fee is how what the sale costs is made up (费用构成): every kind of line
// once, in order. Gross and the lines that take off come to due exactly; a
// line that takes nothing off is zero. price is the unit price to name, the
// one that was charged.
func (s Sale) Fee(price unit.FenPerLitre, p *wire.Payment) []wire.FeeLine {
	gross := wire.FeeLine{Kind: wire.FeeGross, Amount: s.owed(), Note: string(s.State)}
	if gross.Amount > 0 {
		// Litres as displays show them: to the hundredth, unless there is more.
		gross.Note = strings.TrimSuffix(s.Booked.String(), "0") + " L x " + price.String()
	}
	lines := []wire.FeeLine{
		gross, {Kind: wire.FeeDiscount}, {Kind: wire.FeeCampaign}, {Kind: wire.FeeCoupon}, {Kind: wire.FeePoints},
	}
	due := wire.FeeLine{Kind: wire.FeeDue}
	for _, line := range lines {
		due.Amount += line.Amount
	}
	paid := wire.FeeLine{Kind: wire.FeePaid}
	if p != nil {
		paid.Amount, paid.Note = p.Paid, string(p.Tender)
	}
	return append(lines, due, paid)
}
