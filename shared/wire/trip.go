package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Trip is what a member notes beside a fuelling, so that what the vehicle
// burns can be worked out: dispensers know neither the distance nor whether
// the tank is full.
type Trip struct {
	// Vehicle is the one that was fuelled.
	Vehicle id.Vehicle `json:"vehicle,omitzero"`
	// Odometer is what the vehicle's odometer shows, in whole kilometres; zero
	// if nobody looked.
	Odometer int64 `json:"odometer_km,omitempty" minimum:"0" maximum:"9999999"`
	// Full is whether the tank was filled up.
	Full bool `json:"full"`
}

// Consumption is what a vehicle burns, from one full tank to a later one:
// litres put in after the first up to and with the second, by the kilometres
// between them. It is never worked out from money.
type Consumption struct {
	// Vehicle is the one it is about; zero while the member has none.
	Vehicle id.Vehicle `json:"vehicle,omitzero"`
	// Refuels counts the fuellings of the time asked for, Volume and Spent add
	// them up.
	Refuels int             `json:"refuels"`
	Volume  unit.Millilitre `json:"volume_ml"`
	Spent   unit.Fen        `json:"spent_fen"`
	// Enough is whether there are two full tanks with a distance between them.
	// Without that the next four are zero and Missing says what is not there.
	Enough bool `json:"enough"`
	// Distance is that of all intervals that count, Burnt and Cost are what
	// was put in over them and what it cost.
	Distance int64           `json:"distance_km"`
	Burnt    unit.Millilitre `json:"burnt_ml"`
	Cost     unit.Fen        `json:"cost_fen"`
	// Average is Burnt over Distance, in tenths of a litre for 100 km, rounded
	// half up; CostPer100 is Cost over Distance, in fen for 100 km.
	Average    int64    `json:"average_per_100km_dl"`
	CostPer100 unit.Fen `json:"cost_per_100km_fen"`
	// Missing says what is not there.
	Missing ConsumptionGap `json:"missing,omitempty"`
	// Intervals holds them, newest first, at most MaxTripIntervals; Months what
	// was bought, newest first.
	Intervals []TripInterval `json:"intervals"`
	Months    []MonthOfFuel  `json:"months"`
}

// MaxTripIntervals bounds the intervals that a Consumption lists, not those it
// is worked out from: a page of a phone shows no more.
const MaxTripIntervals = 200

// ConsumptionGap says why nothing can be worked out.
type ConsumptionGap string

// The gaps.
const (
	GapVehicle  ConsumptionGap = "vehicle"  // no fuelling is noted for the vehicle
	GapFull     ConsumptionGap = "full"     // fewer than two full tanks
	GapOdometer ConsumptionGap = "odometer" // no distance between two full tanks
	GapOutlier  ConsumptionGap = "outlier"  // what comes out cannot be: a reading is wrong
)

// TripInterval is from one full tank to the next one.
type TripInterval struct {
	// From and To are the two fuellings, FromAt and ToAt when they ended.
	From   id.Sale   `json:"from"`
	To     id.Sale   `json:"to"`
	FromAt time.Time `json:"from_at"`
	ToAt   time.Time `json:"to_at"`
	// Distance is the kilometres between, Volume and Cost what was put in.
	Distance int64           `json:"distance_km"`
	Volume   unit.Millilitre `json:"volume_ml"`
	Cost     unit.Fen        `json:"cost_fen"`
	// Average is in tenths of a litre for 100 km.
	Average int64 `json:"average_per_100km_dl"`
	// Outlier is whether that cannot be; then it does not count.
	Outlier bool `json:"outlier,omitempty"`
}

// MonthOfFuel is what was bought in one calendar month of the station's zone.
type MonthOfFuel struct {
	// Month is "2026-11".
	Month string `json:"month"`
	// Refuels counts the fuellings, Volume and Spent add them up.
	Refuels int             `json:"refuels"`
	Volume  unit.Millilitre `json:"volume_ml"`
	Spent   unit.Fen        `json:"spent_fen"`
}
