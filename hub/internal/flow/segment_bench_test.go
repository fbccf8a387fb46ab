package flow_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Figures of BenchmarkSegment.
const (
	benchMembers = 20_000
	benchSales   = 200_000
	benchDays    = 365
)

// BenchmarkSegment previews rules over a year of 200,000 paid sales of 20,000
// members, all of whom agreed: reading what the rule looks at, choosing, asking
// who agreed, the first rows and the log.
func BenchmarkSegment(b *testing.B) {
	h := newHouse(b)
	h.fill()
	h.later(benchDays * 24 * time.Hour)
	begin := time.Now()
	if n, err := h.flow.FillHabits(b.Context()); err != nil || n != benchMembers {
		b.Fatalf("habits of %d members were made, %v", n, err)
	}
	b.Logf("making the habits of %d members out of %d sales took %v", benchMembers, benchSales, time.Since(begin).Round(time.Millisecond))
	for name, c := range map[string]wire.SegmentCondition{
		"idle 30 days":        {Kind: wire.SegmentIdle, Days: 30},
		"saturdays, 90 days":  {Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 30000, AtLeast: 2},
		"saturdays, 365 days": {Kind: wire.SegmentRefuels, Days: 365, Weekdays: []int{6}, Each: 30000, AtLeast: 4},
		"usual grade":         {Kind: wire.SegmentUsual, Grade: "95#"},
	} {
		b.Run(name, func(b *testing.B) {
			chosen := 0
			for b.Loop() {
				preview, err := h.flow.PreviewSegment(b.Context(), h.head(), wire.SegmentRequest{Name: "x", Rule: ruleOf(c)})
				if err != nil {
					b.Fatal(err)
				}
				chosen = preview.Members
			}
			if chosen == 0 {
				b.Error("nobody was chosen")
			}
		})
	}
}

// fill writes the members and their paid sales, spread over a year and over the
// hours, straight into the tables.
func (h *house) fill() {
	h.t.Helper()
	members := make([]id.Member, benchMembers)
	for i := range members {
		members[i] = id.New[id.Member](h.ids)
	}
	const atOnce = 500
	for from := 0; from < benchMembers; from += atOnce {
		var people, consents []any
		for _, m := range members[from : from+atOnce] {
			people = append(people, m, m.String()[6:], []byte{1}, m[:], start, start)
			consents = append(consents, m, wire.ConsentMarketing, start)
		}
		h.exec("INSERT INTO member (id, number, phone, phone_index, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"+
			strings.Repeat(", (?, ?, ?, ?, ?, ?)", atOnce-1), people...)
		h.exec("INSERT INTO consent (member, purpose, version, given, at) VALUES (?, ?, 1, 1, ?)"+
			strings.Repeat(", (?, ?, 1, 1, ?)", atOnce-1), consents...)
	}
	for from := 0; from < benchSales; from += atOnce {
		sales := make([]sale.Sale, atOnce)
		for i := range sales {
			n := from + i
			at := start.Add(time.Duration(n) * (benchDays * 24 * time.Hour / benchSales)).Truncate(time.Millisecond)
			sales[i] = sale.Sale{
				ID: id.New[id.Sale](h.ids), Station: h.station, Day: sale.Day(at, time.UTC), Ordinal: n + 1, Nozzle: 1 + n%8,
				Grade: []string{"92#", "92#", "95#"}[n%3], Tank: 1, State: wire.SalePaid, Bucket: sale.BucketBooked,
				Booked: 40_000, Charge: unit.Fen(20000 + (n*7919)%20000), StartedAt: at, EndedAt: at,
				Member: members[(n*7907+n/977)%benchMembers],
			}
		}
		if err := sale.Insert(h.t.Context(), h.db, sales); err != nil {
			h.t.Fatal(err)
		}
	}
}
