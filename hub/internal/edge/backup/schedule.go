package backup

import (
	"fmt"
	"time"

	"forecourt/shared/wire"
)

const (
	// missedAfter is how late a backup may begin before it counts as missed.
	missedAfter = 15 * time.Minute
	// retryAfter is how long a failed one waits before it is tried again.
	retryAfter = 30 * time.Minute
)

// CheckSchedule refuses a schedule that makes no sense.
func CheckSchedule(s wire.BackupSchedule) error {
	if _, err := time.Parse("15:04", s.At); err != nil || len(s.At) != len("15:04") {
		return fmt.Errorf("backup: %q is not a time of day such as 03:30", s.At)
	}
	switch s.Every {
	case wire.BackupDaily, wire.BackupWeekly, wire.BackupOff:
	default:
		return fmt.Errorf("backup: %q is not daily, weekly or off", s.Every)
	}
	if s.Weekday < int(time.Sunday) || s.Weekday > int(time.Saturday) {
		return fmt.Errorf("backup: there is no weekday %d", s.Weekday)
	}
	return nil
}

// due is the last planned time that is not after now; zero when none is planned.
func due(s wire.BackupSchedule, zone *time.Location, now time.Time) time.Time {
	return planned(s, zone, now, 0)
}

// next is the first planned time after now; zero when none is planned.
func next(s wire.BackupSchedule, zone *time.Location, now time.Time) time.Time {
	return planned(s, zone, now, 1)
}

// planned looks for the planned time just before now, or just after. A time of
// day that a change of the clock leaves out is the one Go makes of it.
func planned(s wire.BackupSchedule, zone *time.Location, now time.Time, after int) time.Time {
	clock, err := time.Parse("15:04", s.At)
	if err != nil || s.Every == wire.BackupOff {
		return time.Time{}
	}
	today := now.In(zone)
	const week = 7
	var before time.Time
	for day := -week; day <= week; day++ {
		at := time.Date(today.Year(), today.Month(), today.Day()+day, clock.Hour(), clock.Minute(), 0, 0, zone)
		if s.Every == wire.BackupWeekly && int(at.Weekday()) != s.Weekday {
			continue
		}
		if at.After(now) {
			if after == 0 {
				return before
			}
			return at
		}
		before = at
	}
	return before
}

// duty is what the schedule asks for.
type duty struct {
	make   bool
	missed time.Time // the planned time that was missed; zero for none
}

// overdue reports whether nothing was made for a planned time that has come.
func overdue(at time.Time, s wire.BackupSchedule, zone *time.Location, now time.Time, st state) bool {
	if at.IsZero() {
		return false
	}
	// A clock may have run far ahead, as one without a battery does, and been
	// set back since: what was noted by it counts only as far as the next
	// planned time, or no backup would be made for years.
	ahead := next(s, zone, now)
	began := !st.Begun.After(ahead) && at.Before(st.Begun)
	made := !st.Made.After(ahead) && !st.Made.Before(at)
	return !began && !made
}

// owed is what is to be done now, as far as st tells what was done. A time that
// is still to come says that the clock was set back: what was tried then does
// not keep from trying again.
func owed(s wire.BackupSchedule, zone *time.Location, now time.Time, st state) (d duty) {
	if !st.Restored.IsZero() {
		d.make = again(st.Restored, now, st)
		return d
	}
	at := due(s, zone, now)
	if !overdue(at, s, zone, now, st) {
		return d
	}
	if now.Sub(at) >= missedAfter && !st.Told.Equal(at) {
		d.missed = at
	}
	d.make = again(at, now, st)
	return d
}

// again reports whether what is owed since some time was not tried yet, or long
// enough ago.
func again(since, now time.Time, st state) bool {
	return st.Tried.Before(since) || st.Tried.After(now) || now.Sub(st.Tried) >= retryAfter
}
