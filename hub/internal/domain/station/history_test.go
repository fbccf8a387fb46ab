package station

import (
	"reflect"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

var dawn = time.Date(2026, 11, 1, 16, 0, 0, 0, time.UTC)

// sets is rows of price sets, a day apart, each of the prices of 92# and 95#.
func sets(prices ...[2]unit.FenPerLitre) []priceRow {
	var rows []priceRow
	for i, p := range prices {
		set, at := id.PriceSet{0: 1, 14: byte(i >> 8), 15: byte(i)}, dawn.AddDate(0, 0, i)
		rows = append(rows, priceRow{set, at, "92#", p[0]}, priceRow{set, at, "95#", p[1]})
	}
	return rows
}

func change(day int, grade string, p unit.FenPerLitre) wire.PriceChange {
	return wire.PriceChange{At: dawn.AddDate(0, 0, day), Grade: grade, Price: p}
}

func TestS021OnlyRealChangesAreHistory(t *testing.T) {
	rows := sets([2]unit.FenPerLitre{750, 798}, [2]unit.FenPerLitre{750, 798}, [2]unit.FenPerLitre{755, 798}, [2]unit.FenPerLitre{750, 810})
	want := []wire.PriceChange{
		change(3, "92#", 750), change(3, "95#", 810), change(2, "92#", 755), change(0, "92#", 750), change(0, "95#", 798),
	}
	if got := changes(rows, 100); !reflect.DeepEqual(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if got := changes(rows, 3); !reflect.DeepEqual(got, want[:3]) {
		t.Errorf("the last three: %v", got)
	}
	if got := changes(nil, 3); got == nil || len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// With as many sets as are read at most, the oldest is no change: what was
// before it is not known.
func TestS021WhatWasBeforeIsNotMadeUp(t *testing.T) {
	prices := make([][2]unit.FenPerLitre, maxSets)
	for i := range prices {
		prices[i] = [2]unit.FenPerLitre{750, 798}
	}
	prices[maxSets-1][0] = 760
	if got := changes(sets(prices...), 100); len(got) != 1 || got[0] != change(maxSets-1, "92#", 760) {
		t.Errorf("changes %v", got)
	}
	if got := changes(sets(prices[1:]...), 100); len(got) != 3 {
		t.Errorf("with one set less: %v", got)
	}
}
