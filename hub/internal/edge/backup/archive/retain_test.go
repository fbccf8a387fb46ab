package archive_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

var shanghai = time.FixedZone("CST", 8*3600)

// kept is a good full set of a moment in Shanghai, called by it: the shortest
// way to write a calendar down.
func kept(moment string) archive.Kept {
	at, err := time.ParseInLocation("2006-01-02 15:04", moment, shanghai)
	if err != nil {
		panic(err)
	}
	return archive.Kept{ID: moment, At: at, Kind: wire.BackupFull, Good: true, Stored: true}
}

func bad(moment string) archive.Kept {
	k := kept(moment)
	k.Good = false
	return k
}

func elsewhere(moment string) archive.Kept {
	k := kept(moment)
	k.Stored = false
	return k
}

func logical(k archive.Kept) archive.Kept {
	k.Kind, k.ID = wire.BackupLogical, "logical "+k.ID
	return k
}

var late = kept("2030-01-01 00:00").At

func TestAYearOfSets(t *testing.T) {
	var sets []archive.Kept
	for day := kept("2025-01-01 03:30").At; day.Before(kept("2026-03-30 00:00").At); day = day.AddDate(0, 0, 1) {
		sets = append(sets, kept(day.Format("2006-01-02 15:04")))
	}
	gone := archive.Expired(sets, archive.Policy{Daily: 7, Weekly: 5, Monthly: 12}, shanghai, kept("2026-03-30 00:00").At)
	var stay []string
	for _, s := range sets {
		if !slices.Contains(gone, s.ID) {
			stay = append(stay, s.ID[:10])
		}
	}
	want := []string{
		"2025-04-30", "2025-05-31", "2025-06-30", "2025-07-31", "2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30",
		"2025-12-31", "2026-01-31", "2026-02-28", // months, the twelfth is March
		"2026-03-01", "2026-03-08", "2026-03-15", "2026-03-22", // Sundays, which end weeks; the fifth is the 29th
		"2026-03-23", "2026-03-24", "2026-03-25", "2026-03-26", "2026-03-27", "2026-03-28", "2026-03-29",
	}
	if !slices.Equal(stay, want) {
		t.Errorf("stay %s\nwant %s", stay, want)
	}
	if len(gone)+len(stay) != len(sets) || !slices.IsSorted(gone) {
		t.Errorf("%d of %d go: %v", len(gone), len(sets), gone)
	}
}

func TestExpired(t *testing.T) {
	days := func(n int) []archive.Kept {
		var all []archive.Kept
		for i := range n {
			all = append(all, kept(fmt.Sprintf("2026-03-%02d 03:30", i+1)))
		}
		return all
	}
	two := archive.Policy{Daily: 2}
	for name, c := range map[string]struct {
		sets   []archive.Kept
		policy archive.Policy
		now    time.Time
		want   []string
	}{
		"nothing there":                {nil, two, late, nil},
		"the newest of a day":          {append(days(2), kept("2026-03-02 12:00"), kept("2026-03-02 09:00")), two, late, []string{"2026-03-02 03:30", "2026-03-02 09:00"}},
		"a long holiday":               {[]archive.Kept{kept("2024-01-01 03:30"), kept("2025-01-01 03:30")}, two, late, nil},
		"the station's day, not UTC's": {[]archive.Kept{kept("2026-03-01 07:00"), kept("2026-03-01 09:00"), kept("2026-02-28 23:00")}, two, late, []string{"2026-03-01 07:00"}},
		"keeping nothing keeps one":    {days(3), archive.Policy{}, late, []string{"2026-03-01 03:30", "2026-03-02 03:30"}},
		"below zero keeps one":         {days(3), archive.Policy{Daily: -1, Weekly: -1, Monthly: -1}, late, []string{"2026-03-01 03:30", "2026-03-02 03:30"}},
		"no good one":                  {[]archive.Kept{bad("2025-01-01 03:30"), bad("2026-01-01 03:30"), elsewhere("2026-01-02 03:30")}, two, late, nil},
		"a newer bad one":              {append(days(2), bad("2026-03-03 03:30"), bad("2026-03-04 03:30")), two, late, nil},
		"bad ones among the days":      {[]archive.Kept{kept("2026-03-01 03:30"), bad("2026-03-02 03:30"), kept("2026-03-03 03:30")}, two, late, nil},
		"a bad one before the days":    {append(days(3), bad("2026-03-01 04:00")), two, late, []string{"2026-03-01 03:30", "2026-03-01 04:00"}},
		"good, but not complete here":  {[]archive.Kept{kept("2026-03-01 03:30"), kept("2026-03-02 03:30"), elsewhere("2026-03-03 03:30")}, archive.Policy{Daily: 1}, late, []string{"2026-03-01 03:30"}},
		"leftovers before the days":    {append(days(3), elsewhere("2026-02-01 04:00")), archive.Policy{Daily: 3}, late, []string{"2026-02-01 04:00"}},
		"from the future":              {append(days(3), kept("2027-01-01 03:30"), kept("2027-01-02 03:30"), bad("2027-01-02 03:30")), two, kept("2026-03-04 00:00").At, []string{"2026-03-01 03:30"}},
		"the clock went back":          {days(9), two, kept("1970-01-01 00:00").At, nil},
		"a good one from the future":   {[]archive.Kept{bad("2026-01-01 03:30"), kept("2027-01-01 03:30")}, two, kept("2026-03-04 00:00").At, nil},
		"another kind":                 {append(days(3), archive.Kept{ID: "x", Kind: "half", Good: true, Stored: true}), two, late, []string{"2026-03-01 03:30"}},
		"statements have no days": {
			[]archive.Kept{logical(kept("2026-03-01 03:30")), logical(kept("2026-03-02 03:30")), logical(kept("2026-03-03 03:30")), kept("2026-03-01 03:30")},
			archive.Policy{Daily: 9, Weekly: 1},
			late,
			[]string{"logical 2026-03-01 03:30", "logical 2026-03-02 03:30"},
		},
		"a good full set is no reason for statements": {append(days(3), logical(bad("2026-01-01 03:30"))), archive.Policy{Daily: 3}, late, nil},
		"bad statements go by weeks": {
			[]archive.Kept{logical(kept("2026-03-01 03:30")), logical(kept("2026-03-08 03:30")), logical(bad("2026-02-28 03:30")), logical(bad("2026-03-05 03:30"))},
			archive.Policy{Weekly: 2},
			late,
			[]string{"logical 2026-02-28 03:30"},
		},
	} {
		if got := archive.Expired(c.sets, c.policy, shanghai, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v go, want %v", name, got, c.want)
		}
	}
}

// The week around a new year belongs to one year.
func TestWeeksAreThoseOfISO(t *testing.T) {
	sets := []archive.Kept{kept("2026-12-28 03:30"), kept("2026-12-31 03:30"), kept("2027-01-01 03:30"), kept("2027-01-04 03:30")}
	got := archive.Expired(sets, archive.Policy{Weekly: 2}, shanghai, late)
	if want := []string{"2026-12-28 03:30", "2026-12-31 03:30"}; !slices.Equal(got, want) {
		t.Errorf("%v go, want %v", got, want)
	}
}

// anySets are sets of three years, of which some are bad, elsewhere or from the
// future.
func anySets(t *rapid.T) ([]archive.Kept, archive.Policy, time.Time) {
	start := kept("2024-01-01 00:00").At
	now := start.Add(time.Duration(rapid.IntRange(0, 900*24).Draw(t, "now")) * time.Hour)
	var sets []archive.Kept
	for i := range rapid.IntRange(0, 60).Draw(t, "sets") {
		sets = append(sets, archive.Kept{
			ID: fmt.Sprintf("set %02d", i), At: start.Add(time.Duration(rapid.IntRange(0, 1000*24).Draw(t, "hour")) * time.Hour),
			Kind: rapid.SampledFrom([]wire.BackupKind{wire.BackupFull, wire.BackupFull, wire.BackupLogical}).Draw(t, "kind"),
			Good: rapid.IntRange(0, 3).Draw(t, "good") > 0, Stored: rapid.IntRange(0, 5).Draw(t, "stored") > 0,
		})
	}
	count := rapid.IntRange(0, 8)
	return sets, archive.Policy{Daily: count.Draw(t, "daily"), Weekly: count.Draw(t, "weekly"), Monthly: count.Draw(t, "monthly")}, now
}

func proved(s archive.Kept) bool { return s.Good && s.Stored }

func without(sets []archive.Kept, ids []string) []archive.Kept {
	return slices.DeleteFunc(slices.Clone(sets), func(s archive.Kept) bool { return slices.Contains(ids, s.ID) })
}

func TestWhatAlwaysHoldsOfExpired(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, policy, now := anySets(t)
		gone := archive.Expired(sets, policy, shanghai, now)
		if again := archive.Expired(without(sets, gone), policy, shanghai, now); len(again) > 0 {
			t.Fatalf("%v go, then %v", gone, again)
		}
		newest := map[wire.BackupKind]archive.Kept{}
		for _, s := range sets {
			if best, ok := newest[s.Kind]; proved(s) && !s.At.After(now) && (!ok || !s.At.Before(best.At)) { // of one moment the later id
				newest[s.Kind] = s
			}
		}
		for _, s := range sets {
			if !slices.Contains(gone, s.ID) {
				continue
			}
			best, ok := newest[s.Kind]
			switch {
			case !ok:
				t.Fatalf("%s goes, and there is no good one", s.ID)
			case s.ID == best.ID || s.At.After(best.At):
				t.Fatalf("%s goes, the newest good one is %s", s.ID, best.ID)
			case s.At.After(now):
				t.Fatalf("%s is of the future and goes", s.ID)
			}
		}
		for kind, best := range newest {
			if slices.Contains(gone, best.ID) && !slices.ContainsFunc(without(sets, gone), func(s archive.Kept) bool { return s.Kind == kind && proved(s) }) {
				t.Fatalf("no good set of kind %s stays", kind)
			}
		}
	})
}

// Whatever bad sets, sets elsewhere and sets of the future there are: the same
// good ones go and stay.
func TestABadSetNeverEvictsAGoodOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, policy, now := anySets(t)
		good := slices.DeleteFunc(slices.Clone(sets), func(s archive.Kept) bool { return !proved(s) || s.At.After(now) })
		alone := archive.Expired(good, policy, shanghai, now)
		var among []string
		for _, id := range archive.Expired(sets, policy, shanghai, now) {
			if slices.ContainsFunc(good, func(s archive.Kept) bool { return s.ID == id }) {
				among = append(among, id)
			}
		}
		if !slices.Equal(alone, among) {
			t.Fatalf("alone %v go, among others %v", alone, among)
		}
	})
}

// In whatever order the sets are told, the same go.
func TestTheOrderOfSetsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, policy, now := anySets(t)
		want := archive.Expired(sets, policy, shanghai, now)
		other := rapid.Permutation(sets).Draw(t, "order")
		if got := archive.Expired(other, policy, shanghai, now); !slices.Equal(got, want) {
			t.Fatalf("%v and %v", got, want)
		}
	})
}

// A bound on what is kept: retention works at all.
func TestGoodSetsDoNotPileUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets, policy, now := anySets(t)
		stay := map[wire.BackupKind]int{}
		for _, s := range without(sets, archive.Expired(sets, policy, shanghai, now)) {
			if proved(s) && !s.At.After(now) {
				stay[s.Kind]++
			}
		}
		most := max(1, policy.Daily+policy.Weekly+policy.Monthly)
		for _, kind := range slices.Sorted(maps.Keys(stay)) {
			if stay[kind] > most {
				t.Fatalf("%d of %s stay, at most %d", stay[kind], strings.ToUpper(string(kind)), most)
			}
		}
	})
}
