package simulator

import (
	"math/rand/v2"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// Waits of a car, in life's own pace, as ranges.
var (
	betweenCars = [2]time.Duration{20 * time.Second, 150 * time.Second}
	tillLift    = [2]time.Duration{4 * time.Second, 12 * time.Second}
	tillHang    = [2]time.Duration{1 * time.Second, 5 * time.Second}
	tillGone    = [2]time.Duration{15 * time.Second, 60 * time.Second}
)

// patience is how long a driver waits with the nozzle in the hand.
const patience = 3 * time.Minute

// wish is what a driver wants: money, or the tank full.
type wish struct {
	money  unit.Fen
	volume unit.Millilitre
	keyed  bool // typed on the dispenser by an attendant
}

// typicalMoney is what people in China ask for at a pump.
var typicalMoney = [...]unit.Fen{10000, 20000, 30000, 20000}

// stage is where a car is.
type stage int

const (
	away stage = iota
	arrived
	waiting // nozzle in hand
	filling
	done // tank served, nozzle still out
	paying
)

// car is the visitor of one pump, one at a time.
type car struct {
	dice   *rand.Rand
	stage  stage
	until  time.Time
	nozzle int
	wish   wish
}

// traffic moves one car per pump. Each pump has dice of its own, so what one
// pump's cars do does not depend on the others.
type traffic struct {
	config StationConfig
	open   bool
	cars   map[*Pump]*car
}

func newTraffic(config StationConfig) *traffic {
	return &traffic{config: config, open: config.Cars, cars: make(map[*Pump]*car)}
}

// move lets the pump's car do what it would do by now.
func (t *traffic) move(p *Pump, now time.Time) {
	c := t.cars[p]
	if c == nil {
		c = &car{dice: rand.New(rand.NewPCG(t.config.Seed, uint64(p.config.Number)))}
		c.until = now.Add(t.within(c, [2]time.Duration{0, betweenCars[0]}))
		t.cars[p] = c
	}
	switch c.stage {
	case away:
		t.arrive(c, p, now)
	case arrived:
		t.lift(c, p, now)
	case waiting:
		t.wait(c, p, now)
	case filling:
		t.fill(c, p, now)
	case done:
		if !now.Before(c.until) {
			p.Hang()
			c.stage, c.until = paying, now.Add(t.within(c, tillGone))
		}
	case paying:
		if !now.Before(c.until) {
			c.stage, c.until = away, now.Add(t.within(c, betweenCars))
		}
	}
}

func (t *traffic) arrive(c *car, p *Pump, now time.Time) {
	if !t.open {
		c.until = now.Add(t.within(c, [2]time.Duration{0, betweenCars[0]}))
		return
	}
	if now.Before(c.until) || p.lifted != 0 {
		return
	}
	c.nozzle = 1 + c.dice.IntN(len(p.prices))
	c.wish = c.wants()
	c.stage, c.until = arrived, now.Add(t.within(c, tillLift))
}

// wants rolls what the driver asks for: three in five by money, half of them
// keyed in by the attendant.
func (c *car) wants() wish {
	if c.dice.IntN(5) < 3 {
		return wish{money: typicalMoney[c.dice.IntN(len(typicalMoney))], keyed: c.dice.IntN(2) == 0}
	}
	const least, most = 8_000, 58_000
	return wish{volume: least + unit.Millilitre(c.dice.IntN(most-least))}
}

func (t *traffic) lift(c *car, p *Pump, now time.Time) {
	if now.Before(c.until) || p.dark || p.held || p.lifted != 0 {
		return
	}
	if c.wish.keyed {
		p.Preset(driver.ByMoney, c.wish.money, 0)
	}
	p.Lift(c.nozzle)
	c.stage, c.until = waiting, now.Add(t.paced(patience))
}

func (t *traffic) wait(c *car, p *Pump, now time.Time) {
	switch {
	case p.phase == flowing:
		c.stage = filling
	case p.lifted == 0:
		c.stage, c.until = away, now.Add(t.within(c, betweenCars))
	case !now.Before(c.until) && p.phase == resting:
		p.Hang()
		p.Preset(driver.FullTank, 0, 0)
		c.stage, c.until = away, now.Add(t.within(c, betweenCars))
	}
}

func (t *traffic) fill(c *car, p *Pump, now time.Time) {
	satisfied := c.wish.volume > 0 && p.flow.volume >= c.wish.volume ||
		c.wish.money > 0 && p.amount() >= c.wish.money
	switch {
	case p.phase == resting: // stopped by its bound, by the till or by a power cut
		c.stage, c.until = done, now.Add(t.within(c, tillHang))
	case p.phase == flowing && satisfied: // the trigger is let go, then the nozzle goes in
		p.Hang()
		c.stage, c.until = paying, now.Add(t.within(c, tillGone))
	}
}

// within rolls a wait out of a range and paces it.
func (t *traffic) within(c *car, r [2]time.Duration) time.Duration {
	return t.paced(r[0] + time.Duration(c.dice.Int64N(int64(r[1]-r[0])+1)))
}

func (t *traffic) paced(d time.Duration) time.Duration { return d / time.Duration(t.config.Pace) }
