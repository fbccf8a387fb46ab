package board

import (
	"time"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	// PriceSettles is how long an idle nozzle may show another price than the
	// one in force: a change is pushed within seconds and read back, and tried
	// again every five.
	PriceSettles = time.Minute
	// MispricedAgain is how often a nozzle that still shows another price is
	// told of again.
	MispricedAgain = time.Hour
)

// Mispriced is a nozzle that shows another price than the one in force, for
// longer than a change of prices takes.
type Mispriced struct {
	// Nozzle is its number, Grade what it sells.
	Nozzle int
	Grade  string
	// Shown is what the dispenser shows, InForce what it should.
	Shown, InForce unit.FenPerLitre
	// At is when it was found.
	At time.Time
}

// OnMispriced has fn told of every nozzle that shows another price than the
// one in force. fn is called by the board's own goroutine and must return at
// once. Call it before Run.
func (b *Board) OnMispriced(fn func(Mispriced)) { b.mispriced = fn }

// odd is a nozzle that shows another price than the one in force.
type odd struct {
	shown, inForce unit.FenPerLitre
	// idle is for how long it has been idle so, up to seen; a busy nozzle keeps
	// its price, and its time does not count.
	idle time.Duration
	seen time.Time // zero while it is not idle
	told time.Time
}

// comparePrices looks whether every nozzle shows the price in force, and tells
// of those that do not. It is called with every beat.
func (b *Board) comparePrices(now time.Time) {
	for number, n := range b.nozzles {
		inForce := b.public.price(n.Grade)
		if n.Price == 0 || inForce == 0 || n.Price == inForce {
			delete(b.odd, number)
			continue
		}
		o := b.odd[number]
		if o.shown != n.Price || o.inForce != inForce {
			o = odd{shown: n.Price, inForce: inForce} // another mistake
		}
		o = o.beat(now, n.State == wire.NozzleIdle)
		if o.due(now) {
			o.told = now
			if b.mispriced != nil {
				b.mispriced(Mispriced{Nozzle: number, Grade: n.Grade, Shown: o.shown, InForce: o.inForce, At: now})
			}
		}
		b.odd[number] = o
	}
}

// beat counts the time since the last beat, if the nozzle was idle then and is.
func (o odd) beat(now time.Time, idle bool) odd {
	if !idle {
		o.seen = time.Time{}
		return o
	}
	if !o.seen.IsZero() {
		// A beat that comes late says nothing of the time it was away.
		o.idle += min(max(now.Sub(o.seen), 0), 2*BeatEvery)
	}
	o.seen = now
	return o
}

// due reports whether somebody is to be told.
func (o odd) due(now time.Time) bool {
	return !o.seen.IsZero() && o.idle >= PriceSettles && (o.told.IsZero() || now.Sub(o.told) >= MispricedAgain)
}

// price is what a litre of a grade costs now, zero if that is not known.
func (p public) price(grade string) unit.FenPerLitre {
	for _, g := range p.tariff.Prices {
		if g.Grade == grade {
			return g.Price
		}
	}
	return 0
}
