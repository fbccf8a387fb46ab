// Package segment chooses members by rules over how they fuel (会员分组):
// who often comes on a Saturday and spends 300 yuan each time, who has not been
// seen for a month.
//
// # What it promises
//
//   - A rule is checked before it is kept or used (Check), and says what is
//     wrong with it.
//   - Choose is a function of what it is given: the same members, fuellings and
//     moment give the same answer, in the order of the members.
//   - Every bound is exact: an amount of the bound is enough, a member whose
//     last fuelling is exactly so many days ago has been away so long, and a
//     fuelling of exactly so long ago is not within those days any more. A day
//     back is 24 hours; weekdays and hours are those of the station's clock.
//   - A rule without a condition chooses nobody.
//
// Whoever asks gives the members who may be chosen: this package knows nobody,
// and what it keeps (store.go) is names and rules.
package segment

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// MaxSegments bounds the segments of a station: a list that a person can read.
const MaxSegments = 100

// maxName bounds a segment's name, in characters; it is the column's width.
const maxName = 60

// Facts is what rules look at of one member.
type Facts struct {
	// Member is who, Joined since when.
	Member id.Member
	Joined time.Time
	// LastAt is the last fuelling ever, zero if there was none.
	LastAt time.Time
	// Usual is the grade fuelled most, "" if there is none.
	Usual string
	// Fuellings holds the paid fuellings that the rule may look at, in any
	// order: all since Since says, and it does no harm if there are more.
	Fuellings []Fuelling
}

// Fuelling is one paid fuelling.
type Fuelling struct {
	// At is when the delivery ended.
	At time.Time
	// Amount is what was paid, Grade what was fuelled.
	Amount unit.Fen
	Grade  string
}

// Clean is a request as it is kept, or the problem with it.
func Clean(req wire.SegmentRequest) (wire.SegmentRequest, error) {
	req.Name = strings.TrimSpace(req.Name)
	n := utf8.RuneCountInString(req.Name)
	if n == 0 || n > maxName || !utf8.ValidString(req.Name) || strings.ContainsFunc(req.Name, unicode.IsControl) {
		return req, wire.NewProblem(wire.ProblemBadRequest, "a segment's name is 1 to 60 characters that can be shown")
	}
	return req, Check(req.Rule)
}
