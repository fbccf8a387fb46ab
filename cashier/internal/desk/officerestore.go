package desk

import (
	"time"

	"forecourt/shared/wire"
)

// What the form of a restore brings back.
const (
	whichOwn   = "own"   // the backup's own moment
	whichTyped = "typed" // a moment that is typed
)

// submitSchedule says when backups are made.
func (s *State) submitSchedule(f *form) []Effect {
	was := s.office.backups.Schedule
	next := wire.BackupSchedule{Every: wire.BackupEvery(f.value("every")), At: was.At, Weekday: was.Weekday}
	if next.Every != wire.BackupOff {
		at, err := time.Parse("15:04", typedSigns.Replace(f.value("at")))
		if err != nil {
			f.wrong["at"] = s.text(WordScheduleAtWrong)
			return nil
		}
		next.At = at.Format("15:04")
	}
	if next.At == "" {
		next.At = "03:30" // it counts once they are made again
	}
	if day := f.value("day"); len(day) == 1 && day >= "0" && day <= "6" {
		next.Weekday = int(day[0] - '0')
	}
	return s.sendForm(Command{Kind: CommandSchedule, Office: OfficeBody{Schedule: &next}})
}

// formSet is the backup that an open form is about; nil if it is about a
// moment, or if the backup is gone meanwhile.
func (s *State) formSet(f *form) *wire.BackupSet {
	for i, b := range s.office.backups.Sets {
		if b.ID == f.object && f.object != "" {
			return &s.office.backups.Sets[i]
		}
	}
	return nil
}

// moments bounds what can be typed into the form of a restore, to the second;
// ok says whether there is anything at all. What a backup can be brought on to
// begins at its own moment.
func (s *State) moments(set *wire.BackupSet) (from, until time.Time, ok bool) {
	b := s.office.backups
	from, until = b.From.Truncate(time.Second), b.Until.Truncate(time.Second)
	if set != nil && set.At.After(from) {
		from = set.At.Truncate(time.Second)
	}
	ok = !b.Until.IsZero() && !until.Before(from)
	return from, until, ok && (set == nil || set.Kind == wire.BackupFull && set.At.Add(time.Second).After(b.From))
}

// submitRestore asks for a restore beside the live data.
func (s *State) submitRestore(f *form) []Effect {
	set := s.formSet(f)
	if set == nil && f.object != "" {
		f.problem = s.text(WordRestoreGone)
		return nil
	}
	ask := wire.RestoreAsk{Set: f.object, Place: f.value("place")}
	if f.value("which") == whichTyped {
		ask.At = s.readSecond(f, set)
	}
	if len(f.wrong) > 0 {
		return nil
	}
	return s.sendForm(Command{Kind: CommandRestore, Object: f.object, Office: OfficeBody{Restore: &ask}})
}

// readSecond reads the moment that is to be brought back, by the station's
// clock.
func (s *State) readSecond(f *form, set *wire.BackupSet) time.Time {
	text := typedSigns.Replace(f.value("moment"))
	at, err := time.ParseInLocation(time.DateTime, text, s.zone)
	if err != nil {
		at, err = time.ParseInLocation(minuteLayout, text, s.zone)
	}
	from, until, some := s.moments(set)
	wrong := func(w Word, args ...any) time.Time {
		f.wrong["moment"] = s.text(w, args...)
		return time.Time{}
	}
	switch {
	case text == "":
		return wrong(WordMomentNeeded)
	case err != nil:
		return wrong(WordMomentWrong)
	case set != nil && at.Before(from):
		return wrong(WordMomentBefore)
	case !some || at.Before(from) || at.After(until):
		return wrong(WordMomentOutside, s.dateTimeSeconds(from), s.dateTimeSeconds(until))
	}
	for _, g := range s.office.backups.Gaps {
		// From a backup it goes through all that came after it.
		through := set != nil && g.Until.After(set.At) && at.After(g.From)
		if through || at.After(g.From) && at.Before(g.Until) {
			return wrong(WordMomentGap, s.dateTimeSeconds(g.From), s.dateTimeSeconds(g.Until))
		}
	}
	return at
}

// restoreForm asks what is to be brought back, and from where.
func (s *State) restoreForm(f *form) Form {
	out := Form{Title: s.text(WordRestoreMoment), Text: s.text(WordRestoreText), Tone: ToneSoft, OK: s.main(s.actOf("ok", "", WordRestoreBegin))}
	set := s.formSet(f)
	from, until, some := s.moments(set)
	if set != nil {
		own := s.text(WordRestoreOwn, s.dateTimeSeconds(set.At))
		out.Title = s.text(WordRestoreTitle)
		if some {
			which := s.formField(f, "which", FieldChoice, WordRestoreWhich, WordNone)
			which.Choices = []Pick{{whichOwn, own}, {whichTyped, s.text(WordRestoreTyped)}}
			out.Fields = append(out.Fields, which)
		} else {
			out.Lines = []CardLine{{Label: s.text(WordRestoreWhich), Value: own, Tone: ToneSoft}}
		}
	}
	if some {
		moment := s.formField(f, "moment", FieldText, WordMoment, WordMomentHint)
		moment.Help = s.text(WordMomentRange, s.dateTimeSeconds(from), s.dateTimeSeconds(until))
		moment.Off = f.value("which") != whichTyped
		out.Fields = append(out.Fields, moment)
	}
	place := s.formField(f, "place", FieldChoice, WordFromPlace, WordNone)
	place.Choices = append([]Pick{{"", s.text(WordFromAny)}}, s.placePicks(set)...)
	out.Fields = append(out.Fields, place)
	return out
}

// placePicks are the places that a restore can be taken from: those that can be
// reached, and hold the backup if one is named.
func (s *State) placePicks(set *wire.BackupSet) (out []Pick) {
	for _, p := range s.office.backups.Places {
		holds := set == nil
		if set != nil {
			for _, c := range set.Copies {
				holds = holds || c.Place == p.Name && (c.State == wire.CopyStored || c.State == wire.CopyVerified)
			}
		}
		if holds && p.Problem == "" {
			out = append(out, Pick{p.Name, p.Name + " · " + known(s, placeKindWords, p.Kind)})
		}
	}
	return out
}

var (
	restoreWords = map[wire.RestoreState]Word{
		wire.RestoreWorking: WordRestoreWorking, wire.RestoreReady: WordRestoreReady, wire.RestoreSwitching: WordRestoreSwitching,
		wire.RestoreDone: WordRestoreDone, wire.RestoreFailed: WordRestoreFailed,
	}
	restoreTones = map[wire.RestoreState]Tone{
		wire.RestoreWorking: ToneBusy, wire.RestoreReady: ToneWarn, wire.RestoreSwitching: ToneBusy, wire.RestoreDone: ToneGood, wire.RestoreFailed: ToneBad,
	}
	restoreNotes = map[wire.RestoreState]Word{
		wire.RestoreWorking: WordRestoreBeside, wire.RestoreReady: WordRestoreBeside, wire.RestoreSwitching: WordRestoreSwitchingText,
		wire.RestoreDone: WordRestoreAfter, wire.RestoreFailed: WordRestoreUntouched,
	}
)

// restoreCard has a card tell of a restore: how far it is, what was proved, what
// a switch would lose, and what can be done.
func (s *State) restoreCard(c *Card, r wire.BackupRestore) {
	c.Title = s.text(WordRestoreTo, s.clockSeconds(r.At))
	c.Subtitle, c.Tone = known(s, restoreWords, r.State), restoreTones[r.State]
	if w, ok := restoreNotes[r.State]; ok {
		c.Note = s.text(w)
	}
	about := Section{Lines: []CardLine{{Label: s.text(WordMoment), Value: s.dateTimeSeconds(r.At)}, {Label: s.text(WordRestoreBegan), Value: s.dateTime(r.Began)}}}
	if r.Place != "" {
		about.Lines = append(about.Lines, CardLine{Label: s.text(WordRestoreFrom), Value: r.Place})
	}
	if r.Problem != "" {
		about.Lines = append(about.Lines, CardLine{Value: r.Problem, Tone: ToneBad})
	}
	c.Sections = append(c.Sections, about)
	if r.Lost != nil && (r.State == wire.RestoreReady || r.State == wire.RestoreSwitching) {
		c.Sections = append(c.Sections, Section{Title: s.text(WordLost), Lines: s.lostLines(*r.Lost)})
	}
	if len(r.Checks) > 0 {
		c.Sections = append(c.Sections, Section{Title: s.text(WordChecks), Lines: s.checkLines(r.Checks)})
	}
	c.Acts = s.restoreActs(r)
}

func (s *State) restoreActs(r wire.BackupRestore) []Act {
	away := s.actOf("restore.away", "", WordRestoreDismiss)
	away.Busy = s.flights[slot{kind: CommandPutAway, object: r.ID}].busy()
	away.On = !away.Busy
	switch r.State {
	case wire.RestoreWorking:
		away.Label = s.text(WordRestoreCancel)
	case wire.RestoreReady:
		away.Label = s.text(WordPutAway)
		return []Act{s.danger(s.actOf("restore.switch", "", WordSwitch)), away}
	case wire.RestoreSwitching:
		return nil
	}
	return []Act{away}
}

// lostLines tell what a switch would lose; money that does not come back is
// said loudest. Each has a tone: in a form what has none is to be copied.
func (s *State) lostLines(l wire.RestoreLoss) []CardLine {
	const second = 1_000
	line := func(label Word, n int64, text string, tone Tone) CardLine {
		if n == 0 {
			text, tone = s.text(WordLostNone), ToneSoft
		}
		return CardLine{Label: s.text(label), Value: text, Tone: tone}
	}
	return []CardLine{
		{Label: s.text(WordLostTime), Value: s.tookText(l.Seconds * second), Tone: ToneSoft},
		line(WordLostSales, l.Sales, s.text(WordLostSalesText, l.Sales), ToneSoft),
		line(WordLostPayments, l.Payments, s.text(WordLostPaymentsText, l.Payments, l.Amount.Symbol()), ToneBad),
		line(WordLostMessages, l.Messages, s.text(WordLostCount, l.Messages), ToneWarn),
		line(WordLostMembers, l.Members, s.text(WordLostCount, l.Members), ToneWarn),
	}
}

// switchForm asks for the moment's time once more, and says what is lost.
func (s *State) switchForm(f *form) Form {
	out := Form{Tone: ToneBad, Text: s.text(WordSwitchText), OK: s.danger(s.actOf("ok", "", WordSwitchNow))}
	r := s.restoring()
	if r == nil || r.ID != f.object {
		return out
	}
	out.Title = s.text(WordSwitchTitle, s.dateTimeSeconds(r.At))
	if r.Lost != nil {
		out.Lines = s.lostLines(*r.Lost)
	}
	sure := s.formField(f, "sure", FieldText, WordNone, WordNone)
	sure.Label = s.text(WordSwitchSure, s.written(r.At, time.TimeOnly))
	out.Fields = []Field{sure}
	return out
}

func (s *State) submitSwitch(f *form) []Effect {
	r := s.restoring()
	if r == nil || r.ID != f.object || r.State != wire.RestoreReady {
		f.problem = s.text(WordRestoreGone)
		return nil
	}
	sure := typedSigns.Replace(f.value("sure"))
	if sure != s.written(r.At, time.TimeOnly) && sure != s.dateTimeSeconds(r.At) {
		f.wrong["sure"] = s.text(WordSwitchSureWrong)
		return nil
	}
	return s.sendForm(Command{Kind: CommandSwitch, Object: r.ID})
}

// putAwayForm asks once whether what is or was restored is to go.
func (s *State) putAwayForm(out *Form) {
	out.Text, out.OK = s.text(WordPutAwayText), s.actOf("ok", "", WordPutAway)
	r := s.restoring()
	if r == nil {
		return
	}
	out.Title = s.text(WordRestoreTo, s.dateTimeSeconds(r.At))
	if r.State == wire.RestoreWorking {
		out.Text, out.OK = s.text(WordRestoreCancelText), s.actOf("ok", "", WordRestoreCancel)
	}
}
