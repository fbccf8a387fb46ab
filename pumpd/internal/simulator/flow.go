package simulator

import (
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// flow is the delivery that runs.
type flow struct {
	ready  time.Time // permission and nozzle were both there
	began  time.Time // first Advance at which fuel moved
	nozzle int
	price  unit.FenPerLitre
	volume unit.Millilitre // what flowed, in whole pulses
	before unit.Millilitre // the totalizer when it began
	carry  int64           // millilitre-nanoseconds not yet a pulse
}

// Delivery is one delivery as it truly was, and as it was reported.
type Delivery struct {
	// Serial counts the pump's deliveries from 1.
	Serial int
	// Sale is what the pump reported; its Key is empty, its totals true.
	Sale driver.Sale
	// Volume and Amount are what truly flowed.
	Volume unit.Millilitre
	Amount unit.Fen
	// Before and After are the nozzle's totalizer.
	Before, After unit.Millilitre
}

// Advance tells the pump the time; what may flow, flows up to it. A time
// that went back is ignored.
func (p *Pump) Advance(now time.Time) {
	if p.now.IsZero() {
		p.now, p.flow.ready = now, now
	}
	from := p.now
	if !now.After(from) {
		return
	}
	p.now = now
	if p.dark && !p.backAt.IsZero() && !now.Before(p.backAt) {
		p.PowerBack()
	}
	if p.dark {
		return
	}
	if p.phase == authorized {
		from = p.begin(from, now)
	}
	if p.phase == flowing {
		p.pour(min(now.Sub(from), maxStep))
	}
}

// begin starts the flow once the ordered nozzle is out and the delay is over,
// and answers when it started.
func (p *Pump) begin(from, now time.Time) time.Time {
	if p.lifted == 0 || (p.order.Nozzle != 0 && p.order.Nozzle != p.lifted) {
		return from
	}
	start := p.flow.ready.Add(p.config.StartDelay)
	if start.After(now) {
		return from
	}
	if start.Before(from) {
		start = from
	}
	price := p.prices[p.lifted-1]
	if p.order.Price > 0 {
		price = p.order.Price
	}
	if p.dearer {
		price += dearerBy
		p.dearer = false
	}
	p.flow = flow{ready: p.flow.ready, began: start, nozzle: p.lifted, price: price, before: p.totals[p.lifted-1]}
	p.phase = flowing
	return start
}

// pour adds whole pulses for the time, up to the order's bound.
func (p *Pump) pour(d time.Duration) {
	const perPulse = int64(pulse) * int64(time.Second)
	p.flow.carry += p.config.FlowMLPerSecond * int64(d)
	add := unit.Millilitre(p.flow.carry/perPulse) * pulse
	p.flow.carry %= perPulse
	bound := p.bound()
	if p.flow.volume+add >= bound {
		add = bound - p.flow.volume
		p.limitHit = true
	}
	p.flow.volume += add
	n := p.flow.nozzle - 1
	p.totals[n] = (p.totals[n] + add) % maxTotal
	if p.limitHit {
		p.finish()
	}
}

// bound is the volume at which the delivery ends by itself. For money it is
// the display digit nearest to money / price.
func (p *Pump) bound() unit.Millilitre {
	switch p.order.Limit {
	case driver.ByVolume:
		return min(p.order.Volume-p.order.Volume%pulse, maxDelivery)
	case driver.ByMoney:
		const millilitresPerLitre = 1000
		exact := int64(p.order.Money) * millilitresPerLitre
		step := int64(p.flow.price) * int64(pulse)
		return min(unit.Millilitre((exact+step/2)/step)*pulse, maxDelivery)
	default:
		return maxDelivery
	}
}

// amount is what the display shows for what flowed so far.
func (p *Pump) amount() unit.Fen {
	a, err := unit.Amount(p.flow.volume, p.flow.price)
	if err != nil {
		return 0
	}
	if p.order.Limit == driver.ByMoney && (a > p.order.Money || p.flow.volume >= p.bound()) {
		return p.order.Money
	}
	return a
}

// finish ends the delivery. One that never moved a pulse is no sale.
func (p *Pump) finish() {
	if p.phase == authorized || p.flow.volume == 0 {
		p.phase, p.order, p.limitHit = resting, driver.Order{}, false
		p.flow = flow{ready: p.now}
		return
	}
	n := p.flow.nozzle - 1
	amount := p.amount()
	sale := driver.Sale{
		Nozzle: p.flow.nozzle, Volume: p.flow.volume, Amount: amount, Price: p.flow.price,
		TotalAfter: p.totals[n], HasTotal: true, StartedAt: p.flow.began, EndedAt: p.now,
	}
	if p.addTo && p.last.Nozzle != 0 {
		sale.Volume += p.last.Volume
		sale.Amount += p.last.Amount
		p.addTo = false
	}
	p.serial++
	p.counts[n]++
	p.money[n] += amount
	p.remember(Delivery{
		Serial: p.serial, Sale: sale, Volume: p.flow.volume, Amount: amount,
		Before: p.flow.before, After: p.totals[n],
	})
	p.last, p.held = sale, true
	p.phase, p.order = resting, driver.Order{}
	p.flow = flow{ready: p.now}
}

func (p *Pump) remember(d Delivery) {
	if len(p.history) == maxHistory {
		p.history = p.history[1:] // entries are shared with views, so never moved
	}
	p.history = append(p.history, d)
}
