package segment_test

import (
	"testing"
	"time"

	"forecourt/hub/internal/domain/segment"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// crowd is many members with twelve fuellings each over the last 90 days, all
// different and the same each time.
func crowd(members int) []segment.Facts {
	const each = 12
	all := make([]segment.Facts, members)
	grades := []string{"92#", "95#", "98#"}
	for i := range all {
		fuellings := make([]segment.Fuelling, each)
		for j := range fuellings {
			fuellings[j] = segment.Fuelling{
				At:     now.Add(-time.Duration(j*173+i%173) * time.Hour),
				Amount: unit.Fen(20000 + (i*37+j*911)%20000), Grade: grades[(i+j/8)%len(grades)],
			}
		}
		all[i] = segment.Facts{
			Member: id.Member{byte(i >> 16), byte(i >> 8), byte(i)}, Joined: now.AddDate(-1, 0, 0),
			LastAt: fuellings[0].At, Usual: grades[i%len(grades)], Fuellings: fuellings,
		}
	}
	return all
}

// BenchmarkChoose chooses among 100,000 members with 1.2 million fuellings.
func BenchmarkChoose(b *testing.B) {
	zone, members := shanghai(b), crowd(100_000)
	for name, r := range map[string]wire.SegmentRule{
		"idle": rule(wire.SegmentCondition{Kind: wire.SegmentIdle, Days: 3}),
		"saturdays": rule(wire.SegmentCondition{
			Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 30000, AtLeast: 2,
		}),
		"spent and hours": rule(wire.SegmentCondition{Kind: wire.SegmentSpent, Days: 30, Each: 100000},
			wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 60, FromHour: 17, UntilHour: 20, AtLeast: 1}),
	} {
		b.Run(name, func(b *testing.B) {
			chosen := 0
			for b.Loop() {
				chosen = len(segment.Choose(r, members, now, zone))
			}
			if chosen == 0 || chosen == len(members) {
				b.Fatalf("the rule chose %d", chosen)
			}
			b.ReportMetric(float64(b.N*len(members))/b.Elapsed().Seconds(), "members/s")
		})
	}
}
