package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

const (
	// pulse is the smallest volume a dispenser counts: one display digit.
	pulse unit.Millilitre = 10
	// maxDelivery is where a dispenser stops by itself, the largest figure
	// a full-tank order can reach.
	maxDelivery unit.Millilitre = 990_000
	// maxFlow bounds the configured flow so that a long step cannot
	// overflow: a thousand times a fast truck pump.
	maxFlow = 2_000_000
	// maxStep bounds one Advance; a longer pause counts as this much.
	maxStep = time.Hour
	// maxHistory is how many deliveries a pump remembers, as a PTS-2 does.
	maxHistory = 1000
	// maxTotal is where a totalizer of ten digits, two of them decimals, rolls over.
	maxTotal unit.Millilitre = 100_000_000_00 * pulse
)

// ErrNotNow says that a command does not fit the pump's state.
var ErrNotNow = errors.New("simulator: not possible in this state")

// NozzleConfig describes one nozzle of a pump.
type NozzleConfig struct {
	// Nozzle is the station's number of the nozzle.
	Nozzle int
	// Price is what the dispenser is programmed with; 0 is not programmed.
	Price unit.FenPerLitre
	// Total is the volume totalizer at the start.
	Total unit.Millilitre
}

// PumpConfig describes one fuelling point.
type PumpConfig struct {
	// Number is the pump's number in its Station.
	Number int
	// Nozzles in the order of the protocol: the first is nozzle 1.
	Nozzles []NozzleConfig
	// FlowMLPerSecond is how fast it dispenses; real ones do 580 to 830.
	FlowMLPerSecond int64
	// StartDelay is the time from permission and lifted nozzle to the
	// first drop: the motor, and the hand on the trigger.
	StartDelay time.Duration
}

// phase is what the hydraulics do; what a face shows also depends on the
// nozzle and on the sale that is held.
type phase int

const (
	resting phase = iota
	authorized
	flowing
	paused
)

// Pump is one fuelling point: one nozzle at a time, as many nozzles as its
// config lists. It is not safe for concurrent use; Station guards it.
type Pump struct {
	config   PumpConfig
	prices   []unit.FenPerLitre
	totals   []unit.Millilitre
	money    []unit.Fen
	counts   []int
	now      time.Time
	phase    phase
	dark     bool
	backAt   time.Time // when the mains come back by themselves; zero is never
	boots    int
	lifted   int
	order    driver.Order
	preset   driver.Order
	held     bool
	last     driver.Sale
	serial   int
	history  []Delivery
	repeat   bool
	addTo    bool
	keeps    bool // its price memory takes nothing new
	dearer   bool
	flow     flow
	limitHit bool
}

// NewPump makes a pump with all nozzles in and nothing to tell.
func NewPump(config PumpConfig) *Pump {
	config.FlowMLPerSecond = min(max(config.FlowMLPerSecond, 1), maxFlow)
	p := &Pump{
		config: config,
		money:  make([]unit.Fen, len(config.Nozzles)),
		counts: make([]int, len(config.Nozzles)),
	}
	for _, n := range config.Nozzles {
		p.prices = append(p.prices, n.Price)
		p.totals = append(p.totals, n.Total)
	}
	return p
}

// Lift takes nozzle n, 1-based, out of its holster. A number the pump does
// not have, or a second nozzle, is ignored as the mechanics would.
func (p *Pump) Lift(n int) {
	if p.lifted == 0 && n >= 1 && n <= len(p.prices) {
		p.lifted = n
		p.flow.ready = p.now
	}
}

// Hang puts the lifted nozzle back: what flows ends, and a permission that
// was not used lapses if its nozzle was out.
func (p *Pump) Hang() {
	if p.lifted != 0 && !p.dark && p.phase != resting {
		p.finish()
	}
	p.lifted = 0
}

// Authorize permits one delivery, before or after the nozzle is lifted. An
// order without a price runs at the dispenser's own.
func (p *Pump) Authorize(o driver.Order) error {
	if p.dark || p.held || p.phase != resting || p.inoperative() {
		return fmt.Errorf("authorizing pump %d: %w", p.config.Number, ErrNotNow)
	}
	if o.Nozzle < 0 || o.Nozzle > len(p.prices) {
		return fmt.Errorf("authorizing pump %d: it has no nozzle %d", p.config.Number, o.Nozzle)
	}
	if o.Limit == driver.FullTank && p.preset.Limit != driver.FullTank {
		o.Limit, o.Money, o.Volume = p.preset.Limit, p.preset.Money, p.preset.Volume
	}
	p.preset = driver.Order{}
	p.order, p.phase = o, authorized
	p.flow = flow{ready: p.now}
	p.limitHit = false
	return nil
}

// Preset is what an attendant types on the dispenser's own keys before the
// nozzle is lifted; it bounds the next order that has no bound of its own.
func (p *Pump) Preset(limit driver.Limit, money unit.Fen, volume unit.Millilitre) {
	p.preset = driver.Order{Limit: limit, Money: money, Volume: volume}
}

// Stop ends what flows and withdraws what was permitted.
func (p *Pump) Stop() {
	if !p.dark && p.phase != resting {
		p.finish()
	}
}

// Suspend pauses a delivery.
func (p *Pump) Suspend() {
	if !p.dark && p.phase == flowing {
		p.phase = paused
	}
}

// Resume lets a paused delivery go on.
func (p *Pump) Resume() {
	if !p.dark && p.phase == paused {
		p.phase = flowing
	}
}

// SetPrices programs the price of every nozzle, in nozzle order. A list that
// does not cover all nozzles is refused, and so is any list once fuel flows.
func (p *Pump) SetPrices(prices []unit.FenPerLitre) error {
	if len(prices) != len(p.prices) {
		return fmt.Errorf("setting prices of pump %d: %d prices for %d nozzles", p.config.Number, len(prices), len(p.prices))
	}
	if p.dark || p.phase == flowing || p.phase == paused {
		return fmt.Errorf("setting prices of pump %d: %w", p.config.Number, ErrNotNow)
	}
	if p.keeps {
		return nil
	}
	p.prices = slices.Clone(prices)
	if p.inoperative() && p.phase == authorized {
		p.finish() // there is no price any more to sell at
	}
	return nil
}

// Release forgets the finished sale that is held, and what was typed on the
// dispenser's keys, as a reset does.
func (p *Pump) Release() {
	if p.dark {
		return
	}
	p.held, p.limitHit = false, false
	p.preset = driver.Order{}
	if p.repeat && p.last.Nozzle != 0 {
		p.repeat, p.held = false, true
	}
}

// PowerCut takes the mains away: the pump is silent and nothing flows.
// Figures, totalizers and a held sale survive, as in real dispensers.
func (p *Pump) PowerCut() {
	if p.dark {
		return
	}
	if p.phase != resting {
		p.finish()
	}
	p.dark = true
}

// PowerCutUntil is PowerCut until a moment, when the mains come back.
func (p *Pump) PowerCutUntil(t time.Time) {
	p.PowerCut()
	p.backAt = t
}

// PowerBack gives the mains back. What was flowing is a finished sale.
func (p *Pump) PowerBack() {
	if p.dark {
		p.dark, p.backAt = false, time.Time{}
		p.boots++
	}
}

// RepeatLastSale makes the pump report its last sale once more: now if it is
// at rest, otherwise when its present sale is released.
func (p *Pump) RepeatLastSale() {
	if p.last.Nozzle != 0 && p.phase == resting && !p.held {
		p.held = true
		return
	}
	p.repeat = true
}

// AddPreviousSale makes the pump add its previous sale's figures to those it
// reports for the next one, as in Chengdu in 2025. The totalizer stays true.
func (p *Pump) AddPreviousSale() { p.addTo = true }

// KeepPrice makes the pump say yes to new prices and go on with those it has,
// until TakePrice.
func (p *Pump) KeepPrice() { p.keeps = true }

// TakePrice ends KeepPrice.
func (p *Pump) TakePrice() { p.keeps = false }

// dearerBy is what SellDearer adds.
const dearerBy unit.FenPerLitre = 5

// SellDearer makes the pump sell its next delivery at 0.05 yuan a litre more
// than it was permitted at, and show so.
func (p *Pump) SellDearer() { p.dearer = true }

// inoperative says that a price is missing, so the pump cannot work.
func (p *Pump) inoperative() bool { return slices.Contains(p.prices, 0) }
