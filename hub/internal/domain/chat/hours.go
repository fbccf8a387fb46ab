package chat

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"forecourt/shared/wire"
)

const daysInWeek = 7

// opensMark is where an away text says when support opens again; without it
// a sentence follows the text.
const opensMark = "{opens}"

// span is an Office in minutes of its day.
type span struct{ day, from, to int }

func spanOf(o wire.Office) (span, error) {
	from, err := minutes(o.From)
	if err != nil {
		return span{}, err
	}
	to, err := minutes(o.To)
	if err != nil {
		return span{}, err
	}
	if o.Day < 0 || o.Day >= daysInWeek || from >= to {
		return span{}, fmt.Errorf("chat: office hours %s to %s of day %d", o.From, o.To, o.Day)
	}
	return span{o.Day, from, to}, nil
}

// minutes reads "08:00" as minutes of the day; "24:00" is its end.
func minutes(clock string) (int, error) {
	h, m, ok := strings.Cut(clock, ":")
	hour, errH := strconv.Atoi(h)
	minute, errM := strconv.Atoi(m)
	whole := len(h) == 2 && len(m) == 2
	total := hour*60 + minute
	if !ok || !whole || errH != nil || errM != nil || hour < 0 || minute < 0 || minute > 59 || total > 24*60 {
		return 0, fmt.Errorf("chat: %q is not a time of day", clock)
	}
	return total, nil
}

// Open reports whether support answers at now, by office hours in zone. A span
// that crosses midnight is two entries. No hours mean always; entries that
// make no sense are left out.
func Open(hours []wire.Office, now time.Time, zone *time.Location) bool {
	if len(hours) == 0 {
		return true
	}
	local := now.In(zone)
	at := local.Hour()*60 + local.Minute()
	for _, o := range hours {
		s, err := spanOf(o)
		if err == nil && s.day == int(local.Weekday()) && s.from <= at && at < s.to {
			return true
		}
	}
	return false
}

// Opens is when support answers next, after now, by office hours in zone;
// false if it never does.
func Opens(hours []wire.Office, now time.Time, zone *time.Location) (time.Time, bool) {
	local := now.In(zone)
	var next time.Time
	for _, o := range hours {
		s, err := spanOf(o)
		if err != nil {
			continue
		}
		ahead := (s.day - int(local.Weekday()) + daysInWeek) % daysInWeek
		for _, days := range []int{ahead, ahead + daysInWeek} {
			at := time.Date(local.Year(), local.Month(), local.Day()+days, 0, s.from, 0, 0, zone)
			if at.After(now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next, !next.IsZero()
}

// AwayText is the first automatic answer outside office hours: the station's
// words and when support opens.
func AwayText(s wire.SupportSettings, now time.Time, zone *time.Location) string {
	next, ok := Opens(s.Hours, now, zone)
	if !ok {
		return strings.ReplaceAll(s.Away, opensMark, "")
	}
	opens := dayWord(now.In(zone), next) + " " + next.Format("15:04")
	if strings.Contains(s.Away, opensMark) {
		return strings.ReplaceAll(s.Away, opensMark, opens)
	}
	return s.Away + "客服将于" + opens + "上线。"
}

// dayWord is how people call the day of next, seen from now.
func dayWord(now, next time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	switch int(day(next).Sub(day(now)) / (24 * time.Hour)) {
	case 0:
		return "今天"
	case 1:
		return "明天"
	}
	return [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[next.Weekday()]
}
