package simulator

import (
	"slices"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// View is everything a face may want to know of a pump, copied.
type View struct {
	// State in the drivers' vocabulary. A held sale makes it Finished,
	// whether the nozzle is in or out.
	State driver.State
	// Nozzle is the one lifted or in use, 1-based; 0 when all are in.
	Nozzle int
	// Lifted says that a nozzle is out.
	Lifted bool
	// Dark says that the pump has no power and does not answer.
	Dark bool
	// Boots counts how often power came back: a face forgets then.
	Boots int
	// LimitHit says that the held sale ended by its own bound.
	LimitHit bool
	// Volume, Amount and Price are on the display: of the running delivery
	// or of the last sale; zero when the pump has been authorized anew.
	Volume unit.Millilitre
	Amount unit.Fen
	Price  unit.FenPerLitre
	// Prices, Totals, MoneyTotals and Counts (of deliveries) by nozzle.
	Prices      []unit.FenPerLitre
	Totals      []unit.Millilitre
	MoneyTotals []unit.Fen
	Counts      []int
	// Last is the last finished sale as reported; Held says that it waits
	// for Release; Serial counts the deliveries, so it numbers Last.
	Last   driver.Sale
	Held   bool
	Serial int
	// Order is the permission that is open, zero if none.
	Order driver.Order
	// History lists the last deliveries, oldest first.
	History []Delivery
}

// View copies the pump.
func (p *Pump) View() View {
	v := View{
		State: p.state(), Nozzle: p.lifted, Lifted: p.lifted != 0, Dark: p.dark, Boots: p.boots, LimitHit: p.limitHit && p.held,
		Prices: slices.Clone(p.prices), Totals: slices.Clone(p.totals),
		MoneyTotals: slices.Clone(p.money), Counts: slices.Clone(p.counts),
		Last: p.last, Held: p.held, Serial: p.serial, Order: p.order,
		History: slices.Clip(p.history), // its entries never change
	}
	switch {
	case p.phase == flowing || p.phase == paused:
		v.Volume, v.Amount, v.Price = p.flow.volume, p.amount(), p.flow.price
	case p.phase == authorized:
		v.Price = p.priceShown()
	default:
		v.Volume, v.Amount, v.Price = p.last.Volume, p.last.Amount, p.last.Price
		if !p.held && p.lifted != 0 {
			v.Price = p.prices[p.lifted-1]
		}
	}
	return v
}

// priceShown is the price of the nozzle that is out or ordered.
func (p *Pump) priceShown() unit.FenPerLitre {
	if p.lifted != 0 {
		return p.prices[p.lifted-1]
	}
	return p.prices[max(p.order.Nozzle, 1)-1]
}

func (p *Pump) state() driver.State {
	switch {
	case p.held:
		return driver.Finished
	case p.inoperative():
		return driver.Inoperative
	case p.phase == authorized:
		return driver.Authorized
	case p.phase == flowing:
		return driver.Fuelling
	case p.phase == paused:
		return driver.Paused
	case p.lifted != 0:
		return driver.Calling
	default:
		return driver.Idle
	}
}
