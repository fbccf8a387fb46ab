// Package setup sets a station up: from a file that describes it, or the
// demonstration station that the hub carries with it.
//
// It writes the station, its first prices and its staff in one transaction, so
// that a station is there whole or not at all, and it says everything that is
// wrong with a description before it writes anything.
package setup

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"forecourt/hub/internal/domain/station"
	petrolsql "forecourt/sql"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// MaxPlanBytes bounds a station's file.
const MaxPlanBytes = 1 << 20

// Bounds of what a plan may hold, far above any station.
const (
	maxNozzles = 512
	maxNumber  = 9999
	maxText    = 40
)

// Plan describes a station to be set up.
type Plan struct {
	// Name is the station's; Zone and MinimumML may be left out, then the
	// hub's configuration decides.
	Name      string          `yaml:"name"`
	Zone      string          `yaml:"zone"`
	MinimumML unit.Millilitre `yaml:"minimum_ml"`
	// City, Address and Phone are for drivers, and may be left out. Latitude
	// and Longitude are degrees as maps in China show them (GCJ-02), with at
	// most six decimals: "25.040600", "102.712251"; both or none.
	City      string `yaml:"city"`
	Address   string `yaml:"address"`
	Phone     string `yaml:"phone"`
	Latitude  string `yaml:"latitude"`
	Longitude string `yaml:"longitude"`
	// Grades are what it sells, in the order of the price board.
	Grades []Grade `yaml:"grades"`
	// Tanks, Dispensers and Staff are what and who is there.
	Tanks      []Tank      `yaml:"tanks"`
	Dispensers []Dispenser `yaml:"dispensers"`
	Staff      []Person    `yaml:"staff"`
}

// Grade is something sold.
type Grade struct {
	// Code is "92#", Name "92号汽油", Price yuan per litre: "7.50".
	Code  string `yaml:"code"`
	Name  string `yaml:"name"`
	Price string `yaml:"price"`
}

// Tank is a tank.
type Tank struct {
	// Number names it, Grade is the code of what is in it, CapacityL litres.
	Number    int    `yaml:"number"`
	Grade     string `yaml:"grade"`
	CapacityL string `yaml:"capacity_l"`
}

// Dispenser is a machine and the nozzles that hang on it.
type Dispenser struct {
	Number  int      `yaml:"number"`
	Name    string   `yaml:"name"`
	Nozzles []Nozzle `yaml:"nozzles"`
}

// Nozzle is a nozzle and the tank it draws from.
type Nozzle struct {
	Number int `yaml:"number"`
	Tank   int `yaml:"tank"`
	// Mode is who lets it dispense; left out it is attended.
	Mode wire.Mode `yaml:"mode"`
}

// Person is somebody who works there; their password is made when they are
// entered.
type Person struct {
	Number string    `yaml:"number"`
	Name   string    `yaml:"name"`
	Role   wire.Role `yaml:"role"`
}

// Parse reads a plan from YAML. An unknown key is an error.
func Parse(text []byte) (Plan, error) {
	var p Plan
	if len(text) > MaxPlanBytes {
		return p, errors.New("setup: the file is too large for a station")
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&p); err != nil {
		return p, fmt.Errorf("reading a station's description: %w", err)
	}
	return p, nil
}

// Demo is the demonstration station.
func Demo() (Plan, error) {
	text, err := petrolsql.Demo.ReadFile(petrolsql.DemoFile)
	if err != nil {
		return Plan{}, fmt.Errorf("opening the demonstration station: %w", err)
	}
	return Parse(text)
}

// layout turns a plan into what the station's domain installs. Everything
// wrong with the plan is in the error.
func (p Plan) layout(d Defaults, ids *id.Maker, now time.Time) (station.Layout, error) {
	c := checker{plan: p}
	l := station.Layout{
		Station: station.Station{
			ID: id.New[id.Station](ids), Name: p.Name, Zone: p.Zone, Minimum: p.MinimumML,
			PriceSet: id.New[id.PriceSet](ids), CreatedAt: now,
		},
		Prices: station.Prices{},
	}
	if l.Station.Zone == "" {
		l.Station.Zone = d.Zone
	}
	if l.Station.Minimum == 0 {
		l.Station.Minimum = d.Minimum
	}
	c.station(l.Station)
	l.Site = c.site()
	c.grades(&l)
	c.tanks(&l)
	c.dispensers(&l)
	return l, errors.Join(c.errs...)
}
