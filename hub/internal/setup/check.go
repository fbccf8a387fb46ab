package setup

import (
	"fmt"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/domain/station"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// checker turns a plan's parts into a layout and keeps what is wrong.
type checker struct {
	plan Plan
	errs []error
}

func (c *checker) wrong(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// need notes a problem unless ok.
func (c *checker) need(ok bool, format string, args ...any) {
	if !ok {
		c.wrong(format, args...)
	}
}

func (c *checker) station(s station.Station) {
	n := utf8.RuneCountInString(s.Name)
	c.need(n > 0 && n <= 60, "name: a station's name has 1 to 60 characters")
	_, err := time.LoadLocation(s.Zone)
	c.need(err == nil && s.Zone != "", "zone: %q is not a time zone", s.Zone)
	c.need(s.Minimum >= 0 && s.Minimum <= 1_000_000, "minimum_ml: %d is out of range", s.Minimum)
}

// site is where the station is.
func (c *checker) site() wire.Site {
	s := wire.Site{Name: c.plan.Name, City: c.plan.City, Address: c.plan.Address, Phone: c.plan.Phone}
	north, east := c.plan.Latitude, c.plan.Longitude
	if north != "" || east != "" {
		latitude, err := station.Degrees(north, station.MaxLatitudeE6)
		c.need(err == nil, "latitude: %q is no latitude in degrees with at most six decimals", north)
		longitude, err := station.Degrees(east, station.MaxLongitudeE6)
		c.need(err == nil, "longitude: %q is no longitude in degrees with at most six decimals", east)
		s.Place = &wire.Place{LatitudeE6: latitude, LongitudeE6: longitude}
	}
	clean, err := station.CleanSite(s)
	if err != nil && s.Name != "" { // a missing name is told once
		c.wrong("site: %w", err)
	}
	return clean
}

func (c *checker) grades(l *station.Layout) {
	c.need(len(c.plan.Grades) > 0, "grades: a station sells something")
	for i, g := range c.plan.Grades {
		_, twice := l.Prices[g.Code]
		c.need(!twice, "grades: %s is there twice", g.Code)
		c.need(g.Code != "" && utf8.RuneCountInString(g.Code) <= 10, "grades: %q is no code of 1 to 10 characters", g.Code)
		c.need(utf8.RuneCountInString(g.Name) <= maxText, "grades: the name of %s is too long", g.Code)
		price, err := unit.ParseFenPerLitre(g.Price)
		c.need(err == nil && price > 0 && price <= station.MaxPrice, "grades: %q is no price of %s in yuan per litre", g.Price, g.Code)
		l.Prices[g.Code] = price
		l.Grades = append(l.Grades, station.Grade{Code: g.Code, Name: g.Name, Place: i + 1})
	}
}

func (c *checker) tanks(l *station.Layout) {
	seen := map[int]bool{}
	for _, t := range c.plan.Tanks {
		c.number("tank", t.Number, seen)
		_, sold := l.Prices[t.Grade]
		c.need(sold, "tanks: tank %d holds %q, which is no grade", t.Number, t.Grade)
		capacity, err := unit.ParseMillilitre(t.CapacityL)
		c.need(err == nil && capacity > 0, "tanks: %q is no capacity of tank %d in litres", t.CapacityL, t.Number)
		l.Tanks = append(l.Tanks, station.Tank{Number: t.Number, Grade: t.Grade, Capacity: capacity})
	}
}

func (c *checker) dispensers(l *station.Layout) {
	machines, nozzles, tanks := map[int]bool{}, map[int]bool{}, map[int]bool{}
	for _, t := range l.Tanks {
		tanks[t.Number] = true
	}
	for _, d := range c.plan.Dispensers {
		c.number("dispenser", d.Number, machines)
		c.need(utf8.RuneCountInString(d.Name) <= maxText, "dispensers: the name of %d is too long", d.Number)
		l.Dispensers = append(l.Dispensers, station.Dispenser{Number: d.Number, Name: d.Name})
		for _, n := range d.Nozzles {
			c.number("nozzle", n.Number, nozzles)
			c.need(tanks[n.Tank], "dispensers: nozzle %d draws from tank %d, which is not there", n.Number, n.Tank)
			l.Nozzles = append(l.Nozzles, station.Nozzle{
				Number: n.Number, Dispenser: d.Number, Tank: n.Tank, Mode: c.mode(n), Hold: wire.HoldNone,
			})
		}
	}
	c.need(len(l.Nozzles) > 0, "dispensers: a station has a nozzle")
	c.need(len(l.Nozzles) <= maxNozzles, "dispensers: more than %d nozzles", maxNozzles)
}

func (c *checker) mode(n Nozzle) wire.Mode {
	switch n.Mode {
	case "":
		return wire.ModeAttended
	case wire.ModeAttended, wire.ModeControlled, wire.ModeClosed:
	default:
		c.wrong("dispensers: nozzle %d has mode %q; attended, controlled and closed are known", n.Number, n.Mode)
	}
	return n.Mode
}

// number checks that n names a thing, and no other of its kind.
func (c *checker) number(what string, n int, seen map[int]bool) {
	c.need(n > 0 && n <= maxNumber, "%ss: %d is no number of a %s", what, n, what)
	c.need(!seen[n], "%ss: %s %d is there twice", what, what, n)
	seen[n] = true
}
