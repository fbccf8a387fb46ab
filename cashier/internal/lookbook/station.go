package lookbook

import (
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// prices of the made-up station.
var prices = []wire.GradePrice{
	{Grade: "92#", Name: "92号汽油", Price: 750},
	{Grade: "95#", Name: "95号汽油", Price: 798},
	{Grade: "98#", Name: "98号汽油", Price: 895},
	{Grade: "0#", Name: "0号柴油", Price: 716},
}

// grades of a dispenser's two nozzles, by the station's layout.
func grades(dispenser int) [2]string {
	switch {
	case dispenser == 2 || dispenser == 6:
		return [2]string{"92#", "98#"}
	case dispenser%4 == 0:
		return [2]string{"0#", "0#"}
	default:
		return [2]string{"92#", "95#"}
	}
}

func priceOf(grade string) unit.FenPerLitre {
	for _, p := range prices {
		if p.Grade == grade {
			return p.Price
		}
	}
	return 0
}

// Idle is a station where nothing happens.
func Idle(nozzles int) wire.ForecourtSnap {
	var snap wire.ForecourtSnap
	for n := 1; n <= nozzles; n++ {
		dispenser := (n + 1) / 2
		grade := grades(dispenser)[(n-1)%2]
		volume := unit.Millilitre(12_480 + 1_730*n)
		amount, err := unit.Amount(volume, priceOf(grade))
		if err != nil {
			panic(err)
		}
		snap.Nozzles = append(snap.Nozzles, wire.Nozzle{
			Number: n, Dispenser: dispenser, Grade: grade, State: wire.NozzleIdle,
			Mode: wire.ModeAttended, Hold: wire.HoldNone, Volume: volume, Amount: amount,
			Price: priceOf(grade), Totalizer: unit.Millilitre(1_204_553_000 + 7_001_230*n), Since: Now().Add(-9 * time.Minute),
		})
	}
	return snap
}

// PriceBoard is the prices, taken by all nozzles but those named.
func (s *Stage) PriceBoard(forecourt wire.ForecourtSnap, late ...int) wire.PriceBoard {
	board := wire.PriceBoard{Set: id.New[id.PriceSet](s.IDs), Since: Now().Add(-7 * time.Hour), Prices: prices}
	for _, n := range forecourt.Nozzles {
		p := wire.NozzlePrice{Nozzle: n.Number, Applied: board.Set, Price: n.Price, Acked: true}
		for _, l := range late {
			if l == n.Number {
				p = wire.NozzlePrice{Nozzle: l, Price: n.Price - 12}
			}
		}
		board.Nozzles = append(board.Nozzles, p)
	}
	return board
}

// Proofs is the totalizer proof of every nozzle, without a difference.
func Proofs(forecourt wire.ForecourtSnap) []wire.NozzleProof {
	var out []wire.NozzleProof
	for _, n := range forecourt.Nozzles {
		booked := unit.Millilitre(2_318_440 + 91_370*n.Number)
		out = append(out, wire.NozzleProof{
			Nozzle: n.Number, First: n.Totalizer - booked, Last: n.Totalizer, Booked: booked, Sales: int64(60 + 3*n.Number),
		})
	}
	return out
}

// SaleOf is a finished sale of a nozzle; ago is how long it has been hung up.
func (s *Stage) SaleOf(n wire.Nozzle, state wire.SaleState, volume unit.Millilitre, ago time.Duration) wire.Sale {
	amount, err := unit.Amount(volume, n.Price)
	if err != nil {
		panic(err)
	}
	sale := wire.Sale{
		ID: id.New[id.Sale](s.IDs), Number: fmt.Sprintf("%04d", 312+len(s.Effects)%7+n.Number*3), Nozzle: n.Number, Grade: n.Grade,
		State: state, Volume: volume, Amount: amount, Price: n.Price,
		Before: n.Totalizer - volume, After: n.Totalizer,
		StartedAt: s.at.Add(-ago - 2*time.Minute), EndedAt: s.at.Add(-ago),
	}
	if state == wire.SaleUnpaid {
		sale.Due = amount
	}
	return sale
}

// Chengdu is the sale that this system exists to stop: the dispenser shows
// the litres of the sale before it on top of its own.
func (s *Stage) Chengdu(n wire.Nozzle) wire.Sale {
	sale := s.SaleOf(n, wire.SaleQuarantined, 67_960, 3*time.Minute)
	sale.Reasons = []wire.Reason{wire.ReasonTotalizer}
	sale.Before = sale.After - 43_210
	return sale
}

// Missing is a movement of the totalizer without a sale.
func (s *Stage) Missing(n wire.Nozzle) wire.Sale {
	sale := s.SaleOf(n, wire.SaleMissing, 0, 12*time.Minute)
	sale.Price, sale.Before = 0, sale.After-18_350
	return sale
}

// Paid is a sale that was paid in cash.
func (s *Stage) Paid(n wire.Nozzle, volume unit.Millilitre, tendered unit.Fen, ago time.Duration) wire.Sale {
	sale := s.SaleOf(n, wire.SalePaid, volume, ago)
	sale.Payment = &wire.Payment{
		Attempt: id.New[id.Attempt](s.IDs), Tender: wire.TenderCash, Paid: sale.Amount,
		Tendered: tendered, Change: tendered - sale.Amount, At: s.at.Add(-ago + time.Minute), By: "2001",
	}
	return sale
}
