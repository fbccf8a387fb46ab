package board

import (
	"time"

	"forecourt/shared/wire"
)

// How long a nozzle stays busy with one car is learnt from what is seen.
const (
	// shortestSpell and longestSpell bound what counts as a car's stay: shorter
	// is a nozzle lifted and hung up again, longer is one that was forgotten or
	// is being repaired.
	shortestSpell = 30 * time.Second
	longestSpell  = 30 * time.Minute
	// keptSpells is how many of the last stays are averaged: about half an hour
	// of a busy grade, so that the estimate follows the time of day.
	keptSpells = 20
	// enoughSpells is how many it takes to be believed; until then usualSpell
	// stands in for them.
	enoughSpells = 5
	usualSpell   = 4 * time.Minute
	// maxWaitMinutes bounds what is told: nobody waits for an hour, and beyond
	// it the number says nothing.
	maxWaitMinutes = 60
)

// spells is how long nozzles stayed busy lately, by grade, the last one last.
type spells map[string][]time.Duration

// add notes how long a nozzle of a grade was busy with one car.
func (s spells) add(grade string, busy time.Duration) {
	if busy < shortestSpell || busy > longestSpell {
		return
	}
	list := append(s[grade], busy)
	s[grade] = list[max(0, len(list)-keptSpells):]
}

// mean is how long a nozzle of a grade stays busy with one car.
func (s spells) mean(grade string) time.Duration {
	list := s[grade]
	if len(list) < enoughSpells {
		return usualSpell
	}
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(len(list))
}

// waits estimates for each grade how many minutes the next car waits for a
// nozzle, rounded up and at most maxWaitMinutes.
//
// Of the cars that wait, each grade gets the share that its working nozzles
// are of all working nozzles, rounded up. They and the next car go to the
// grade's nozzles one after the other: as many as are free go at once, and
// after that one nozzle of so many becomes free every mean / nozzles. So the
// estimate is
//
//	ceil((share + 1 - free) * mean / working)
//
// and zero if that many are free, or if none works and nothing can be said.
// It never falls when more cars wait.
func waits(grades []wire.GradeQueue, waiting int, mean func(grade string) time.Duration) []int {
	working := 0
	for _, g := range grades {
		working += g.Free + g.Busy
	}
	minutes := make([]int, len(grades))
	for i, g := range grades {
		own := g.Free + g.Busy
		if own == 0 {
			continue
		}
		share := (waiting*own + working - 1) / working
		ahead := share + 1 - g.Free
		if ahead <= 0 {
			continue
		}
		wait := time.Duration(ahead) * mean(g.Grade)
		minutes[i] = min(roundedUp(wait, time.Duration(own)*time.Minute), maxWaitMinutes)
	}
	return minutes
}

// roundedUp is how many whole units hold d.
func roundedUp(d, unit time.Duration) int { return int((d + unit - 1) / unit) }
