// Package post knows which attendant is responsible for which nozzles, and
// what of a station's desk an attendant may see.
//
// # What it promises
//
//   - A post ends by itself at its time, whether or not anybody ends it.
//   - A View turns the station's desk events into those of one attendant's
//     channel, with the same numbers and none left out: a delivery at one of
//     their nozzles as a wire.Refuel, prices as they are, everything else as a
//     skip. No event for an attendant carries how a sale was paid, by whom it
//     was taken, a totalizer proof, or anything of another's nozzles.
//   - It opens nothing and keeps no clock of its own.
//
// post.go is the rules, view.go the events, store.go the SQL.
package post

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Post is the nozzles one attendant is responsible for.
type Post struct {
	Staff   id.Staff
	Station id.Station
	// Nozzles holds the numbers, ascending.
	Nozzles Nozzles
	// By is who assigned them (staff number), Since when, Until when it ends.
	By    string `db:"assigned_by"`
	Since time.Time
	Until time.Time
}

// Nozzles is nozzle numbers, ascending, none twice.
type Nozzles []int

// MaxNozzles bounds a post: a station has no more.
const MaxNozzles = 512

// NozzlesOf sorts numbers and drops repeats.
func NozzlesOf(numbers []int) Nozzles {
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Has reports whether a nozzle is among them.
func (n Nozzles) Has(nozzle int) bool {
	_, found := slices.BinarySearch(n, nozzle)
	return found
}

// text is the numbers as stored: "1,2,3".
func (n Nozzles) text() string {
	parts := make([]string, len(n))
	for i, number := range n {
		parts[i] = strconv.Itoa(number)
	}
	return strings.Join(parts, ",")
}

// Scan reads what text wrote.
func (n *Nozzles) Scan(value any) error {
	var text string
	switch v := value.(type) {
	case []byte:
		text = string(v)
	case string:
		text = v
	default:
		return errors.New("post: nozzles are no text")
	}
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		number, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("post: reading nozzles: %w", err)
		}
		*n = append(*n, number)
	}
	return nil
}

// Wire is the post of somebody as screens show it; without any it is empty.
func (p Post) Wire(who id.Staff, number, name string) wire.Post {
	w := wire.Post{Staff: who, Number: number, Name: name, Nozzles: []int{}}
	if len(p.Nozzles) > 0 {
		w.Nozzles, w.By, w.Since, w.Until = slices.Clone(p.Nozzles), p.By, p.Since, p.Until
	}
	return w
}
