// Package trip is what members note beside their own fuellings (里程, 加满), and
// what their vehicles burn by it (油耗).
//
// # What it promises
//
//   - A note belongs to one fuelling of its member and to one vehicle of
//     theirs. Noting again replaces it.
//   - A vehicle's odometer never runs backwards through its notes (Fits).
//   - Consumption is worked out from litres and kilometres between full tanks,
//     in whole numbers, and never from money. Where that is not possible it is
//     said why (Work).
//
// An odometer tells nobody's name. But a row of readings with their days picks
// one car out of any register of inspections, insurers or used cars, and says
// how far its driver goes; so they are sealed under the member's own key, and
// erasing the member takes them out of every backup as well. Nothing has to
// look for a reading in SQL: a member's notes are few and are read together.
// Whether the tank was full says nothing of anybody and stands open.
//
// trip.go and consumption.go do no I/O; store.go is the SQL.
package trip

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MaxOdometer is the largest reading that is believed, in kilometres: no
// vehicle comes near it.
const MaxOdometer = 9_999_999

// Note is what a member noted beside one fuelling.
type Note struct {
	// Sale is the fuelling, Member whose it is.
	Sale   id.Sale
	Member id.Member
	// Vehicle is what was fuelled; zero if its member dropped it since.
	Vehicle id.Vehicle
	// Odometer is the reading, in whole kilometres; zero if nobody looked.
	Odometer int64
	// Full is whether the tank was filled up.
	Full bool
	// At is when the fuelling ended.
	At time.Time
}

// Trip is the note as its member sees it.
func (n Note) Trip() *wire.Trip {
	return &wire.Trip{Vehicle: n.Vehicle, Odometer: n.Odometer, Full: n.Full}
}

// Fits refuses, with wire.ProblemTripRefused, a note whose odometer is lower
// than an earlier reading of its vehicle among the others, or higher than a
// later one. The nearest readings are in the detail. A note of the same
// fuelling is the one that is replaced and is left out.
func (n Note) Fits(others []Note) error {
	before, after := n.neighbours(others)
	if n.Odometer == 0 || before.Odometer <= n.Odometer && (after.Odometer == 0 || n.Odometer <= after.Odometer) {
		return nil
	}
	detail := fmt.Sprintf("%d km", n.Odometer)
	if before.Odometer != 0 {
		detail += fmt.Sprintf("; before: %d km at %s", before.Odometer, before.At.UTC().Format(time.RFC3339))
	}
	if after.Odometer != 0 {
		detail += fmt.Sprintf("; after: %d km at %s", after.Odometer, after.At.UTC().Format(time.RFC3339))
	}
	return wire.NewProblem(wire.ProblemTripRefused, detail)
}

// neighbours is the last reading of n's vehicle before n, and the first after
// it; the zero Note where there is none.
func (n Note) neighbours(others []Note) (before, after Note) {
	readings := slices.DeleteFunc(slices.Clone(others), func(o Note) bool {
		return o.Sale == n.Sale || o.Vehicle != n.Vehicle || o.Odometer == 0
	})
	slices.SortFunc(readings, func(a, b Note) int { return inTime(a.At, b.At, a.Sale, b.Sale) })
	for _, r := range readings {
		if inTime(r.At, n.At, r.Sale, n.Sale) > 0 {
			return before, r
		}
		before = r
	}
	return before, Note{}
}

// inTime compares two fuellings by when they ended.
func inTime(a, b time.Time, first, second id.Sale) int {
	return cmp.Or(a.Compare(b), bytes.Compare(first[:], second[:]))
}
