package desk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"forecourt/shared/wire"
)

// logLate is how far the log may be behind at a place before that is worth a
// word: it is shipped every few seconds, and a place may be slow for a while.
const logLate = 5 * time.Minute

// trouble is something about the backups that needs a hand.
type trouble struct {
	text string
	tone Tone
}

// troubles lists what needs a hand, worst first.
func (s *State) troubles() []trouble {
	var out []trouble
	bad := func(w Word, args ...any) { out = append(out, trouble{s.text(w, args...), ToneBad}) }
	b := s.office.backups
	newest, last := newestWhole(b.Sets), newestOf(b.Sets)
	switch {
	case len(b.Places) == 0:
		bad(WordTroubleNoPlace)
	case len(b.Sets) == 0:
		bad(WordTroubleNone)
	case newest == nil:
		bad(WordTroubleUnreadable)
	}
	if b.Missed {
		bad(WordTroubleMissed)
	}
	for _, p := range b.Places {
		if p.Problem != "" {
			bad(WordTroublePlace, p.Name, s.clockShort(p.ProblemSince))
		}
	}
	if last != nil {
		for _, c := range last.Copies {
			if c.State == wire.CopyDamaged {
				bad(WordTroubleDamaged, s.clockShort(last.At), c.Place)
			}
		}
	}
	if len(b.Drills) > 0 && !b.Drills[0].OK {
		bad(WordTroubleDrill)
	}
	return append(out, s.worries()...)
}

// worries lists what is well today and may not be tomorrow.
func (s *State) worries() []trouble {
	var out []trouble
	warn := func(when bool, w Word, args ...any) {
		if when {
			out = append(out, trouble{s.text(w, args...), ToneWarn})
		}
	}
	b := s.office.backups
	same, good, log := len(b.Places) > 0, false, time.Time{}
	for _, p := range b.Places {
		same = same && p.SameDevice
		if p.LogAt.After(log) {
			log = p.LogAt
		}
	}
	for _, set := range b.Sets {
		good = good || set.Good
	}
	if same {
		out = append(out, trouble{s.text(WordTroubleSameDevice), ToneBad})
	}
	warn(len(b.Sets) > 0 && !good, WordTroubleNotDrilled)
	warn(!log.IsZero() && s.hubNow().Sub(log) > logLate, WordTroubleLog, s.clockShort(log))
	warn(!b.KeyAway, WordTroubleKey)
	warn(len(b.Places) == 1 && !same, WordTroubleOnePlace)
	warn(b.Schedule.Every == wire.BackupOff, WordTroubleOff)
	return out
}

// newestOf is the newest backup, newestWhole the newest that is whole
// somewhere; nil for none. They come newest first.
func newestOf(sets []wire.BackupSet) *wire.BackupSet {
	if len(sets) == 0 {
		return nil
	}
	return &sets[0]
}

func newestWhole(sets []wire.BackupSet) *wire.BackupSet {
	for i, b := range sets {
		if wholeAt(b) > 0 {
			return &sets[i]
		}
	}
	return nil
}

// backupNote says in plain words whether the data is safe: what is wrong comes
// first, and then what could be brought back all the same.
func (s *State) backupNote() (string, Tone) {
	b := s.office.backups
	if r := b.Restore; r != nil && r.State == wire.RestoreSwitching {
		return s.text(WordRestoreSwitching) + s.text(WordColon) + s.text(WordRestoreSwitchingText), ToneWarn
	}
	wrong, newest := s.troubles(), newestWhole(b.Sets)
	if len(wrong) == 0 {
		text := s.text(WordSafe, s.clockShort(newest.At), wholeAt(*newest))
		if !b.Until.IsZero() {
			text += s.text(WordSafeNow, s.clockSeconds(b.Until))
		}
		return text, ToneGood
	}
	words := []string{wrong[0].text}
	if len(wrong) > 1 {
		words = append(words, s.text(WordTroubleMore, len(wrong)-1))
	}
	if newest != nil {
		words = append(words, s.text(WordSafeLast, s.clockShort(newest.At), wholeAt(*newest)))
	}
	return strings.Join(words, " · "), wrong[0].tone
}

// clockSeconds prints the time of day for today, the day as well for others, and
// the year too for other years, to the second.
func (s *State) clockSeconds(t time.Time) string {
	now := s.hubNow()
	switch {
	case s.day(t) == s.day(now):
		return s.written(t, time.TimeOnly)
	case t.In(s.zone).Year() == now.In(s.zone).Year():
		return s.written(t, "01-02 15:04:05")
	}
	return s.dateTimeSeconds(t)
}

// bytesText prints a size as people say it: "163 MB", "4.2 GB"; thousands, as
// those who sell disks count.
func bytesText(n int64) string {
	const kilo, mega, giga, tera = 1_000, 1_000_000, 1_000_000_000, 1_000_000_000_000
	tenths := func(unit int64, name string) string {
		t := n / (unit / 10)
		if t >= 1000 { // three digits say enough
			return fmt.Sprintf("%d %s", t/10, name)
		}
		return fmt.Sprintf("%d.%d %s", t/10, t%10, name)
	}
	switch {
	case n < 0:
		return "—"
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < mega:
		return tenths(kilo, "kB")
	case n < giga:
		return tenths(mega, "MB")
	case n < tera:
		return tenths(giga, "GB")
	}
	return tenths(tera, "TB")
}

// grouped prints a count in groups of three: "1,204,118".
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// tookText prints a duration in two units at most: "4.4 秒", "2 分 10 秒".
func (s *State) tookText(ms int64) string {
	const second, minute, hour, day = 1_000, 60_000, 3_600_000, 86_400_000
	switch {
	case ms < minute:
		return s.text(WordTookSeconds, fmt.Sprintf("%d.%d", ms/second, ms%second/100))
	case ms < hour:
		return s.text(WordTookMinutes, ms/minute, ms%minute/second)
	case ms < day:
		return s.text(WordTookHours, ms/hour, ms%hour/minute)
	}
	return s.text(WordTookDays, ms/day, ms%day/hour)
}
