// Package station keeps what a petrol station is: its grades, tanks,
// dispensers and nozzles, its prices, and what it asks of each nozzle.
//
// # What it promises
//
//   - A price set is never changed. New prices are a new set with an id of
//     its own, and every sale names the set it was sold under.
//   - Whatever changes what pumpd should make true raises the station's want
//     revision in the same transaction (Raise), so that a Want with a smaller
//     revision is known to be old.
//   - A nozzle has at most one authorization waiting to be spent.
//
// Lock order inside a transaction: nozzle rows by number, then the station's
// row, then what the station's row guards (nozzle_price).
package station

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // a station's day must not depend on the machine's zone files

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Defaults of a new station.
const (
	// DefaultZone decides days and shifts.
	DefaultZone = "Asia/Shanghai"
	// DefaultMinimum is the usual minimum measured quantity of a dispenser,
	// 5 L, to be confirmed on its plate (domain rules, section 19).
	DefaultMinimum unit.Millilitre = 5000
)

// MaxPrice bounds a unit price, as dispensers show four digits and a half.
const MaxPrice unit.FenPerLitre = 99999

// Errors of this package.
var (
	// ErrNone says that there is no such station or nozzle.
	ErrNone = errors.New("station: no such station or nozzle")
	// ErrGrade says that the station does not sell that grade.
	ErrGrade = errors.New("station: grade not sold here")
)

// Station is one petrol station.
type Station struct {
	ID   id.Station
	Name string
	// Zone is the IANA name of its time zone.
	Zone string
	// Minimum is the minimum measured quantity; a smaller sale is flagged.
	Minimum unit.Millilitre `db:"minimum_ml"`
	// WantRev is the revision of what is asked of pumpd.
	WantRev uint64 `db:"want_rev"`
	// PriceSet is the set in force; zero before the first.
	PriceSet id.PriceSet `db:"price_set"`
	// CreatedAt is when it was set up.
	CreatedAt time.Time `db:"created_at"`
}

// Location is the station's time zone.
func (s Station) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("station zone %q: %w", s.Zone, err)
	}
	return loc, nil
}

// Grade is what is sold (油品).
type Grade struct {
	// Code is "92#", Name "92号汽油".
	Code string
	Name string
	// Place is its place on the price board.
	Place int
}

// Tank holds one grade.
type Tank struct {
	Number   int
	Grade    string
	Capacity unit.Millilitre `db:"capacity_ml"`
}

// Dispenser is a machine on the forecourt.
type Dispenser struct {
	Number int
	Name   string
}

// Nozzle is a nozzle and what is asked of it.
type Nozzle struct {
	// Number is the station's nozzle number (枪号).
	Number int
	// Dispenser and Tank are what it hangs on and draws from; Grade is the tank's.
	Dispenser int
	Tank      int
	Grade     string
	// Mode and Hold are what the station asks.
	Mode wire.Mode
	Hold wire.Hold
	// Authorization is the permission that waits to be spent, expired or not.
	Authorization *wire.Authorization
}

// Waiting is the authorization that may still be spent at now.
func (n Nozzle) Waiting(now time.Time) *wire.Authorization {
	if n.Authorization == nil || !now.Before(n.Authorization.ExpiresAt) {
		return nil
	}
	return n.Authorization
}

// Prices is what one set charges, by grade.
type Prices map[string]unit.FenPerLitre

// Layout is a whole station to be set up. Nozzles give their Tank; their
// Grade is not read.
type Layout struct {
	Station Station
	// Site is where it is; its Name is not read.
	Site       wire.Site
	Grades     []Grade
	Tanks      []Tank
	Dispensers []Dispenser
	Nozzles    []Nozzle
	// Prices are the first prices, under Station.PriceSet.
	Prices Prices
}

// Want is what should be true of every nozzle at now.
func Want(s Station, nozzles []Nozzle, prices Prices, now time.Time) wire.Want {
	w := wire.Want{Rev: s.WantRev, Nozzles: make([]wire.WantNozzle, len(nozzles))}
	for i, n := range nozzles {
		w.Nozzles[i] = wire.WantNozzle{
			Nozzle: n.Number, Mode: n.Mode, Hold: n.Hold,
			Price: prices[n.Grade], PriceSet: s.PriceSet,
			Authorization: n.Waiting(now),
		}
	}
	return w
}

// Change lays changed prices over the ones in force. Grades that are not
// named keep their price.
func (p Prices) Change(changed []wire.GradePriceRequest) (Prices, error) {
	next := make(Prices, len(p))
	for grade, price := range p {
		next[grade] = price
	}
	seen := map[string]bool{}
	for _, c := range changed {
		if _, sold := p[c.Grade]; !sold {
			return nil, fmt.Errorf("%w: %q", ErrGrade, c.Grade)
		}
		if seen[c.Grade] {
			return nil, fmt.Errorf("station: grade %q is named twice", c.Grade)
		}
		if c.Price < 1 || c.Price > MaxPrice {
			return nil, fmt.Errorf("station: price %s of %q is out of range", c.Price, c.Grade)
		}
		seen[c.Grade] = true
		next[c.Grade] = c.Price
	}
	return next, nil
}
