package backup

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/wire"
)

// zones are one without a change of the clock and two with.
func zones(t interface{ Fatal(args ...any) }) []*time.Location {
	list := []*time.Location{time.FixedZone("+08", 8*3600)}
	for _, name := range []string{"Europe/Berlin", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, zone)
	}
	return list
}

func parse(t *testing.T, zone *time.Location, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func daily(at string) wire.BackupSchedule {
	return wire.BackupSchedule{Every: wire.BackupDaily, At: at}
}

func weekly(at string, day time.Weekday) wire.BackupSchedule {
	return wire.BackupSchedule{Every: wire.BackupWeekly, At: at, Weekday: int(day)}
}

// TestS080WhenBackupsAreMade: the planned times just before and after a moment.
func TestS080WhenBackupsAreMade(t *testing.T) {
	berlin := zones(t)[1]
	east := zones(t)[0]
	for name, c := range map[string]struct {
		schedule        wire.BackupSchedule
		zone            *time.Location
		now, last, then string // "" for never
	}{
		"before the time of day":        {daily("03:30"), east, "2026-03-12 03:29", "2026-03-11 03:30", "2026-03-12 03:30"},
		"at the time of day":            {daily("03:30"), east, "2026-03-12 03:30", "2026-03-12 03:30", "2026-03-13 03:30"},
		"a year ends":                   {daily("00:00"), east, "2026-12-31 23:59", "2026-12-31 00:00", "2027-01-01 00:00"},
		"a day of the week":             {weekly("03:30", time.Sunday), east, "2026-03-12 12:00", "2026-03-08 03:30", "2026-03-15 03:30"},
		"that day, before":              {weekly("03:30", time.Thursday), east, "2026-03-12 03:00", "2026-03-05 03:30", "2026-03-12 03:30"},
		"that day, after":               {weekly("03:30", time.Thursday), east, "2026-03-12 04:00", "2026-03-12 03:30", "2026-03-19 03:30"},
		"never":                         {wire.BackupSchedule{Every: wire.BackupOff, At: "03:30"}, east, "2026-03-12 12:00", "", ""},
		"a time that the clock skips":   {daily("02:30"), berlin, "2026-03-29 12:00", "2026-03-29 03:30", "2026-03-30 02:30"},
		"a time that there is twice":    {daily("02:30"), berlin, "2026-10-25 12:00", "2026-10-25 02:30", "2026-10-26 02:30"},
		"the day before the clock goes": {daily("03:30"), berlin, "2026-03-28 12:00", "2026-03-28 03:30", "2026-03-29 03:30"},
	} {
		t.Run(name, func(t *testing.T) {
			now := parse(t, c.zone, c.now)
			for _, want := range []struct {
				text string
				got  time.Time
			}{{c.last, due(c.schedule, c.zone, now)}, {c.then, next(c.schedule, c.zone, now)}} {
				if want.text == "" {
					if !want.got.IsZero() {
						t.Errorf("planned for %v", want.got)
					}
				} else if !want.got.Equal(parse(t, c.zone, want.text)) {
					t.Errorf("planned for %v, want %s", want.got, want.text)
				}
			}
		})
	}
}

// TestS080PlannedTimesFollowOneAnother in whatever zone: now lies between two of
// them, they are a day or a week apart but for the change of a clock, and the
// next of the last is the next.
func TestS080PlannedTimesFollowOneAnother(t *testing.T) {
	list := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(list).Draw(t, "zone")
		s := wire.BackupSchedule{
			Every:   rapid.SampledFrom([]wire.BackupEvery{wire.BackupDaily, wire.BackupWeekly}).Draw(t, "every"),
			At:      time.Date(2026, 1, 1, 0, rapid.IntRange(0, 24*60-1).Draw(t, "minute"), 0, 0, time.UTC).Format("15:04"),
			Weekday: rapid.IntRange(0, 6).Draw(t, "weekday"),
		}
		now := time.Unix(rapid.Int64Range(1_760_000_000, 1_860_000_000).Draw(t, "now"), 0)
		last, then := due(s, zone, now), next(s, zone, now)
		if last.After(now) || !then.After(now) {
			t.Fatalf("%v is not between %v and %v", now, last, then)
		}
		apart := 24 * time.Hour
		if s.Every == wire.BackupWeekly {
			apart *= 7
		}
		if off := (then.Sub(last) - apart).Abs(); off > time.Hour {
			t.Fatalf("%v and %v are %v apart", last, then, then.Sub(last))
		}
		if again := next(s, zone, last); !again.Equal(then) {
			t.Fatalf("after %v comes %v, and after %v it is %v", last, again, now, then)
		}
		if again := due(s, zone, then); !again.Equal(then) {
			t.Fatalf("at %v the last is %v", then, again)
		}
	})
}

// TestS080WhatIsOwed: what is made when, what counts as missed, and that a clock
// that was wrong for a while stops nothing.
func TestS080WhatIsOwed(t *testing.T) {
	zone := zones(t)[0]
	at := parse(t, zone, "2026-03-12 03:30")
	day := 24 * time.Hour
	begun := at.Add(-30 * day)
	for name, c := range map[string]struct {
		st     state
		after  time.Duration
		make   bool
		missed bool
	}{
		"in time":                        {state{Begun: begun, Made: at.Add(-day)}, 0, true, false},
		"made":                           {state{Begun: begun, Made: at.Add(time.Minute), Tried: at}, time.Hour, false, false},
		"tried just now":                 {state{Begun: begun, Made: at.Add(-day), Tried: at}, 10 * time.Minute, false, false},
		"failed half an hour ago":        {state{Begun: begun, Made: at.Add(-day), Tried: at}, 30 * time.Minute, true, true},
		"told of once":                   {state{Begun: begun, Made: at.Add(-day), Tried: at, Told: at}, 31 * time.Minute, true, false},
		"the hub was off":                {state{Begun: begun, Made: at.Add(-day), Tried: at.Add(-day)}, 9 * time.Hour, true, true},
		"a new hub":                      {state{Begun: at.Add(time.Hour)}, 2 * time.Hour, false, false},
		"a new hub, the next time":       {state{Begun: at.Add(-time.Hour)}, 0, true, false},
		"never made":                     {state{Begun: begun}, time.Hour, true, true},
		"the clock was set back an hour": {state{Begun: begun, Made: at.Add(50 * time.Minute), Tried: at.Add(45 * time.Minute)}, 0, false, false},
		"made when the clock was wrong":  {state{Begun: begun, Made: at.AddDate(40, 0, 0), Tried: at.AddDate(40, 0, 0)}, 0, true, false},
		"begun when the clock was wrong": {state{Begun: at.AddDate(40, 0, 0)}, 0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := owed(daily("03:30"), zone, at.Add(c.after), c.st)
			if d.make != c.make || d.missed.IsZero() == c.missed {
				t.Errorf("owed is %+v, want make %v, missed %v", d, c.make, c.missed)
			}
		})
	}
}

func TestS080ScheduleThatMakesNoSenseIsRefused(t *testing.T) {
	for name, s := range map[string]wire.BackupSchedule{
		"no time":     daily(""),
		"no minutes":  daily("3:30"),
		"25 o'clock":  daily("25:00"),
		"hourly":      {Every: "hourly", At: "03:30"},
		"nothing":     {At: "03:30"},
		"an 8th day":  {Every: wire.BackupWeekly, At: "03:30", Weekday: 7},
		"a day of -1": {Every: wire.BackupWeekly, At: "03:30", Weekday: -1},
	} {
		if CheckSchedule(s) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for _, s := range []wire.BackupSchedule{daily("00:00"), weekly("23:59", time.Saturday), {Every: wire.BackupOff, At: "03:30"}} {
		if err := CheckSchedule(s); err != nil {
			t.Error(err)
		}
	}
}
