package archive

import (
	"cmp"
	"slices"
	"time"

	"forecourt/shared/wire"
)

// Kept is a set as it lies at one place.
type Kept struct {
	// ID names it, At is the moment that it holds.
	ID string
	At time.Time
	// Kind says how it holds the data.
	Kind wire.BackupKind
	// Good says that a rehearsal proved it. Stored says that all of it lies at
	// this place. Only a set that is both is a reason to remove another here.
	Good, Stored bool
}

// Policy is how many sets are kept for each reason: usually of 7 days, 5 weeks
// and 12 months. A set may be kept for several. Sets of statements have no daily ones.
type Policy struct {
	// Daily, Weekly and Monthly count the days, weeks and months.
	Daily, Weekly, Monthly int
}

// Expired are the ids of the sets that may be removed at a place, oldest first.
// Each kind is judged by itself:
//
//   - Of the good sets the newest of each of the last Daily days that have one
//     stay, of Weekly weeks and of Monthly months, by the calendar of zone;
//     weeks are those of ISO 8601. A station that was off for a month loses
//     nothing by it.
//   - The newest good set stays, and whatever is newer.
//   - A set that is not good goes only when it is older than the oldest set that
//     stays for a day (for a week, for sets of statements). So there is time to
//     look at it, and to rehearse it again.
//   - Without a good set nothing goes.
//   - A set from after now stays, and counts for nothing: a clock that jumped
//     makes no set go.
//
// What is left has none to remove: asking again answers nothing.
func Expired(sets []Kept, p Policy, zone *time.Location, now time.Time) []string {
	if zone == nil {
		zone = time.UTC
	}
	var gone []Kept
	for _, kind := range []wire.BackupKind{wire.BackupFull, wire.BackupLogical} {
		var own []Kept
		for _, s := range sets {
			if s.Kind == kind && !s.At.After(now) {
				own = append(own, s)
			}
		}
		reasons := []reason{{p.Daily, day}, {p.Weekly, week}, {p.Monthly, month}}
		if kind == wire.BackupLogical {
			reasons = reasons[1:]
		}
		gone = append(gone, expired(own, reasons, zone)...)
	}
	slices.SortFunc(gone, older)
	ids := make([]string, len(gone))
	for i, s := range gone {
		ids[i] = s.ID
	}
	return ids
}

// reason is one to keep sets: of so many spans the newest set each.
type reason struct {
	spans int
	span  func(time.Time) [2]int
}

// older orders sets by their moment; of the same moment by id.
func older(a, b Kept) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

// expired judges sets of one kind. The first reason is the one that tells how
// long sets that are not good stay.
func expired(sets []Kept, reasons []reason, zone *time.Location) []Kept {
	var good []Kept
	for _, s := range sets {
		if s.Good && s.Stored {
			good = append(good, s)
		}
	}
	if len(good) == 0 {
		return nil
	}
	slices.SortFunc(good, func(a, b Kept) int { return older(b, a) })
	stay := map[string]bool{good[0].ID: true}
	oldest := good[0] // of those that stay for the first reason
	for i, r := range reasons {
		for _, s := range r.kept(good, zone) {
			stay[s.ID] = true
			if i == 0 {
				oldest = s
			}
		}
	}
	var gone []Kept
	for _, s := range sets {
		proved := s.Good && s.Stored
		if !stay[s.ID] && (proved || older(s, oldest) < 0) {
			gone = append(gone, s)
		}
	}
	return gone
}

// kept are the sets that stay for a reason, of good ones from the newest on.
func (r reason) kept(good []Kept, zone *time.Location) []Kept {
	var stay []Kept
	seen := map[[2]int]bool{}
	for _, s := range good {
		span := r.span(s.At.In(zone))
		if len(seen) >= r.spans || seen[span] {
			continue
		}
		seen[span] = true
		stay = append(stay, s)
	}
	return stay
}

func day(t time.Time) [2]int { return [2]int{t.Year(), t.YearDay()} }

func week(t time.Time) [2]int {
	year, week := t.ISOWeek()
	return [2]int{year, week}
}

func month(t time.Time) [2]int { return [2]int{t.Year(), int(t.Month())} }
