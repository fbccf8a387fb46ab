package desk

import (
	"fmt"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// unpaidTable lists the sales that wait, oldest first: unpaid ones, then
// those that need a check.
func (s *State) unpaidTable() Table {
	t := Table{
		Title: s.text(WordUnpaidTitle), Empty: s.text(WordUnpaidEmpty),
		Columns: []Column{
			{Title: s.text(WordColumnNozzle), Weight: 9},
			{Title: s.text(WordColumnGrade), Weight: 8},
			{Title: s.text(WordColumnNumber), Weight: 14, Spare: true},
			{Title: s.text(WordColumnLitres), Weight: 13, Right: true},
			{Title: s.text(WordColumnAmount), Weight: 15, Right: true},
			{Title: s.text(WordColumnWaiting), Weight: 14, Right: true},
			{Title: s.text(WordColumnState), Weight: 13},
		},
	}
	if !s.HubFresh() {
		t.Empty = s.text(WordHiddenOffline)
		return t
	}
	waiting := s.waiting()
	for _, sale := range waiting {
		if sale.State == wire.SaleUnpaid {
			t.Rows = append(t.Rows, s.unpaidRow(sale))
		}
	}
	for _, sale := range waiting {
		if sale.State != wire.SaleUnpaid {
			t.Rows = append(t.Rows, s.unpaidRow(sale))
		}
	}
	return t
}

func (s *State) unpaidRow(sale wire.Sale) Row {
	state, tone := s.saleState(sale)
	litres, amount := sale.Volume, sale.Due.Symbol()
	switch sale.State {
	case wire.SaleQuarantined:
		amount = sale.Amount.Symbol()
	case wire.SaleMissing: // only the totalizer knows of it
		litres, amount = sale.After-sale.Before, "—"
	}
	waited := Cell{Text: s.waited(sale), Tone: ToneSoft}
	if s.isOverdue(sale) {
		waited.Tone = ToneBad
	}
	return Row{Sale: sale.ID, Chosen: s.sameSale(sale.ID), Cells: []Cell{
		{Text: fmt.Sprint(sale.Nozzle), Bold: true},
		{Text: sale.Grade},
		{Text: sale.Number, Tone: ToneSoft},
		{Text: s.text(WordLitreUnit, litres.Display())},
		{Text: amount, Bold: true},
		waited,
		{Text: state, Tone: tone},
	}}
}

// saleState names where a sale stands, a payment on its way included.
func (s *State) saleState(sale wire.Sale) (string, Tone) {
	if f := s.flight(sale.ID); f.busy() {
		if f.phase == PhaseUnknown {
			return s.text(WordPayUnknownShort), ToneWarn
		}
		return s.text(WordPaying), ToneBusy
	}
	if s.paidAhead(s.flight(sale.ID)) {
		return s.text(WordSalePaid), ToneGood
	}
	switch sale.State {
	case wire.SaleOpen:
		return s.text(WordSaleOpen), ToneSoft
	case wire.SaleUnpaid:
		return s.text(WordUnpaid), ToneWarn
	case wire.SalePaid:
		return s.text(WordSalePaid), ToneGood
	case wire.SaleQuarantined:
		return s.text(WordQuarantined), ToneBad
	case wire.SaleMissing:
		return s.text(WordMissing), ToneBad
	case wire.SaleTest:
		return s.text(WordSaleTest), ToneSoft
	case wire.SaleDriveOff:
		return s.text(WordSaleDriveOff), ToneBad
	default:
		return s.text(WordSaleVoid), ToneSoft
	}
}

// salesTable lists sales as the hub pages them, newest first; what has
// changed since is taken from the live channel.
func (s *State) salesTable() Table {
	t := Table{
		Title: s.text(WordPageSales), Empty: s.text(WordSalesEmpty),
		Columns: []Column{
			{Title: s.text(WordColumnTime), Weight: 14},
			{Title: s.text(WordColumnNumber), Weight: 13},
			{Title: s.text(WordColumnNozzle), Weight: 9},
			{Title: s.text(WordColumnGrade), Weight: 8},
			{Title: s.text(WordColumnLitres), Weight: 12, Right: true},
			{Title: s.text(WordColumnPrice), Weight: 9, Right: true, Spare: true},
			{Title: s.text(WordColumnAmount), Weight: 14, Right: true},
			{Title: s.text(WordColumnState), Weight: 13},
		},
		More: Button{Label: s.text(WordMore), On: !s.sales.loading, Busy: s.sales.loading, Hidden: s.sales.next.IsZero()},
	}
	switch {
	case s.sales.problem != "":
		t.Note, t.NoteTone = s.sales.problem, ToneBad
	case s.sales.loading && len(s.sales.sales) == 0:
		t.Empty = s.text(WordSalesLoading)
	}
	for _, listed := range s.sales.sales {
		sale, _ := s.findSale(listed.ID)
		t.Rows = append(t.Rows, s.saleRow(sale))
	}
	return t
}

// saleRow is one sale of the list; one that still runs has no figures yet.
func (s *State) saleRow(sale wire.Sale) Row {
	state, tone := s.saleState(sale)
	when, litres, amount := sale.EndedAt, s.text(WordLitreUnit, sale.Volume.Display()), sale.Amount.Symbol()
	switch sale.State {
	case wire.SaleOpen:
		when, litres, amount = sale.StartedAt, "—", "—"
	case wire.SaleMissing:
		litres, amount = s.text(WordLitreUnit, (sale.After-sale.Before).Display()), "—"
	}
	return Row{Sale: sale.ID, Chosen: s.sameSale(sale.ID), Cells: []Cell{
		{Text: s.clockOrDay(when), Tone: ToneSoft},
		{Text: sale.Number, Tone: ToneSoft},
		{Text: fmt.Sprint(sale.Nozzle), Bold: true},
		{Text: sale.Grade},
		{Text: litres},
		{Text: sale.Price.String(), Tone: ToneSoft},
		{Text: amount, Bold: true},
		{Text: state, Tone: tone},
	}}
}

// proofTable is the live proof per nozzle: what its totalizer moved against
// what was booked, held back and found missing. The difference must be zero.
func (s *State) proofTable() Table {
	t := Table{
		Title: s.text(WordProofTitle), Empty: s.text(WordProofEmpty),
		Columns: []Column{
			{Title: s.text(WordColumnNozzle), Weight: 9},
			{Title: s.text(WordColumnFirst), Weight: 14, Right: true, Spare: true},
			{Title: s.text(WordColumnLast), Weight: 14, Right: true, Spare: true},
			{Title: s.text(WordColumnMoved), Weight: 13, Right: true},
			{Title: s.text(WordColumnBooked), Weight: 13, Right: true},
			{Title: s.text(WordColumnQuarantined), Weight: 11, Right: true},
			{Title: s.text(WordColumnMissing), Weight: 11, Right: true},
			{Title: s.text(WordColumnDifference), Weight: 12, Right: true},
			{Title: s.text(WordColumnSales), Weight: 8, Right: true},
		},
	}
	if !s.HubFresh() {
		t.Empty = s.text(WordHiddenOffline)
		return t
	}
	proofs := s.mirrors.proofs()
	if len(proofs) == 0 {
		return t
	}
	wrong, total := 0, wire.NozzleProof{}
	for _, p := range proofs {
		if p.Difference != 0 {
			wrong++
		}
		total = addProof(total, p)
		t.Rows = append(t.Rows, proofRow(fmt.Sprint(p.Nozzle), p.First.Display(), p.Last.Display(), p))
	}
	t.Rows = append([]Row{proofRow(s.text(WordTotal), "", "", total)}, t.Rows...)
	t.Note, t.NoteTone = s.text(WordProofGood), ToneGood
	if wrong > 0 {
		t.Note, t.NoteTone = s.text(WordProofBad, wrong), ToneBad
	}
	return t
}

// addProof sums what can be summed: first and last are set so that their
// difference is what all nozzles moved.
func addProof(a, b wire.NozzleProof) wire.NozzleProof {
	return wire.NozzleProof{
		Last: a.Last + (b.Last - b.First), Booked: a.Booked + b.Booked, Quarantined: a.Quarantined + b.Quarantined,
		Missing: a.Missing + b.Missing, Difference: a.Difference + b.Difference, Sales: a.Sales + b.Sales,
	}
}

func proofRow(name, first, last string, p wire.NozzleProof) Row {
	difference := Cell{Text: p.Difference.Display(), Tone: ToneGood, Bold: true}
	if p.Difference != 0 {
		difference = Cell{Text: p.Difference.String(), Tone: ToneBad, Bold: true}
	}
	return Row{Cells: []Cell{
		{Text: name, Bold: true},
		{Text: first, Tone: ToneSoft},
		{Text: last, Tone: ToneSoft},
		{Text: (p.Last - p.First).Display()},
		{Text: p.Booked.Display()},
		held(p.Quarantined),
		held(p.Missing),
		difference,
		{Text: fmt.Sprint(p.Sales), Tone: ToneSoft},
	}}
}

// held prints litres that are not booked: loud only when there are any.
func held(v unit.Millilitre) Cell {
	if v == 0 {
		return Cell{Text: "0.00", Tone: ToneSoft}
	}
	return Cell{Text: v.Display(), Tone: ToneWarn}
}

// pricesTable shows each grade's price and which nozzles have taken it.
func (s *State) pricesTable() Table {
	t := Table{
		Title: s.text(WordPricesTitle), Empty: s.text(WordPricesEmpty),
		Columns: []Column{
			{Title: s.text(WordColumnGrade), Weight: 10},
			{Title: s.text(WordColumnName), Weight: 18},
			{Title: s.text(WordColumnPrice), Weight: 12, Right: true},
			{Title: s.text(WordColumnAcked), Weight: 26},
			{Title: "", Weight: 10},
		},
	}
	if !s.HubFresh() {
		t.Empty = s.text(WordHiddenOffline)
		return t
	}
	board := s.mirrors.prices()
	acked, all := s.ackedByGrade()
	for _, p := range board.Prices {
		t.Rows = append(t.Rows, s.gradeRow(p, acked[p.Grade], all[p.Grade]))
	}
	for _, p := range board.Nozzles {
		if !p.Acked {
			t.Rows = append(t.Rows, s.lateNozzleRow(p))
		}
	}
	return t
}

func (s *State) gradeRow(p wire.GradePrice, acked, all int) Row {
	row := Row{Cells: []Cell{
		{Text: p.Grade, Bold: true},
		{Text: p.Name},
		{Text: p.Price.String(), Bold: true},
		{Text: s.text(WordPricesAcked, acked, all), Tone: ToneGood},
		{},
	}}
	if acked < all {
		row.Cells[3].Tone = ToneWarn
	}
	if s.leads() {
		row.Grade = p.Grade
		row.Cells[4] = Cell{Text: s.text(WordChangePrice), Bold: true}
	}
	return row
}

// lateNozzleRow names a nozzle that does not sell at the price in force.
func (s *State) lateNozzleRow(p wire.NozzlePrice) Row {
	n, _ := s.mirrors.nozzle(p.Nozzle)
	state := ""
	if s.PumpsFresh() {
		state = s.text(faceWords[s.faceOf(n)])
	}
	return Row{Cells: []Cell{
		{Text: s.text(WordNozzleTitle, p.Nozzle), Bold: true},
		{Text: n.Grade + " " + state, Tone: ToneSoft},
		{Text: p.Price.String()},
		{Text: s.text(WordAckedNo), Tone: ToneWarn},
		{},
	}}
}
