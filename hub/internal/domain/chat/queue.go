package chat

import (
	"cmp"
	"slices"
	"time"

	"forecourt/shared/id"
)

// Bounds of the expected wait that a driver is told: shorter sounds like a
// promise, longer like a refusal.
const (
	minWait     = 10 * time.Second
	maxWait     = 30 * time.Minute
	defaultWait = time.Minute
)

// ExpectedWait estimates how long a driver waits: their position in the queue,
// from 1, times the median of how long the last conversations took, shared by
// the agents on duty.
func ExpectedWait(position int, handled []time.Duration, agents int) time.Duration {
	if len(handled) == 0 {
		return defaultWait
	}
	sorted := slices.Sorted(slices.Values(handled))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	// What is beyond the bound is cut first, so that no product overflows.
	median = min(max(median, 0), maxWait)
	wait := time.Duration(min(max(position, 1), maxQueue)) * median / time.Duration(max(agents, 1))
	return min(max(wait, minWait), maxWait).Truncate(time.Second)
}

// maxQueue is beyond any queue that is worth estimating.
const maxQueue = 10_000

// Duty is one who answers and how busy they are.
type Duty struct {
	Agent
	Name string
	// Online and OnDuty together mean that they take conversations.
	Online, OnDuty bool
	// Active counts what they have in hand; GivenAt is when they were last
	// given one, zero if never.
	Active  int
	GivenAt time.Time `db:"given_at"`
}

// LeastBusy is who a waiting conversation goes to: the one with the fewest in
// hand, fewer than most, among those online and on duty; then who was given
// one longest ago; then the lowest number. leftBy does not get it back. nil
// means nobody.
func LeastBusy(duties []Duty, most int, leftBy id.Staff) *Duty {
	var best *Duty
	for i := range duties {
		d := &duties[i]
		if !d.Online || !d.OnDuty || d.Active >= most || d.Staff == leftBy {
			continue
		}
		if best == nil || less(*d, *best) {
			best = d
		}
	}
	return best
}

func less(a, b Duty) bool {
	return cmp.Or(
		cmp.Compare(a.Active, b.Active),
		a.GivenAt.Compare(b.GivenAt),
		cmp.Compare(a.Number, b.Number),
	) < 0
}

// Ready counts who takes conversations now.
func Ready(duties []Duty) int {
	n := 0
	for _, d := range duties {
		if d.Online && d.OnDuty {
			n++
		}
	}
	return n
}
