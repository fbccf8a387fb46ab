package desk

import (
	"cmp"
	"fmt"

	"forecourt/shared/wire"
)

// shownDrills is how many rehearsals the trend shows.
const shownDrills = 10

var (
	placeKindWords  = map[string]Word{"dir": WordPlaceDir, "s3": WordPlaceS3, "sftp": WordPlaceSFTP}
	backupJobWords  = map[wire.BackupJob]Word{wire.BackupMaking: WordJobMaking, wire.BackupVerifying: WordJobVerifying, wire.BackupDrilling: WordJobDrilling, wire.BackupRestoring: WordJobRestoring}
	backupStepWords = map[wire.BackupStep]Word{
		wire.StepCopy: WordStepCopy, wire.StepSums: WordStepSums, wire.StepStore: WordStepStore, wire.StepFetch: WordStepFetch,
		wire.StepPrepare: WordStepPrepare, wire.StepReplay: WordStepReplay, wire.StepProve: WordStepProve, wire.StepSwitch: WordStepSwitch,
	}
	proofWords = map[wire.BackupProof]Word{
		wire.ProofTables: WordProofTables, wire.ProofLedger: WordProofLedger, wire.ProofAudit: WordProofAudit,
		wire.ProofSales: WordProofSales, wire.ProofMedia: WordProofMedia, wire.ProofErasures: WordProofErasures,
	}
	copyWords = map[wire.BackupCopyState]Word{
		wire.CopyStored: WordCopyStored, wire.CopyVerified: WordCopyVerified, wire.CopyDamaged: WordCopyDamaged, wire.CopyMissing: WordCopyMissing,
	}
	copyTones = map[wire.BackupCopyState]Tone{wire.CopyVerified: ToneGood, wire.CopyDamaged: ToneBad, wire.CopyMissing: ToneWarn}
)

// backupsCard is about all backups: what is under way, a restore, what needs a
// hand, the schedule, the places, and how long rehearsals took.
func (s *State) backupsCard() *Card {
	b := s.office.backups
	c := &Card{Title: s.text(WordBackupsCard)}
	c.Loading = b == nil && s.asking(topicSide)
	if failed := s.office.failed[topicSide]; failed != "" {
		c.Failed, c.Retry = failed, s.actOf("reload", "", WordSideRetry)
	}
	if b == nil {
		return c
	}
	if b.Work != nil {
		c.Sections = append(c.Sections, s.workSection(*b.Work))
	}
	if b.Restore != nil {
		s.restoreCard(c, *b.Restore)
	} else {
		moment := s.actOf("backup.moment", "", WordRestoreMoment)
		moment.On = s.restorable(nil)
		c.Acts = []Act{moment}
		if !b.RestoresHere {
			c.Note = s.text(WordRestoresElsewhere)
		}
	}
	if wrong := s.troubles(); len(wrong) > 0 {
		part := Section{Title: s.text(WordTroubles)}
		for _, t := range wrong {
			part.Lines = append(part.Lines, CardLine{Value: t.text, Tone: t.tone})
		}
		c.Sections = append(c.Sections, part)
	} else if b.Restore == nil {
		c.Subtitle, c.Tone = s.text(WordNothingWrong), ToneGood
	}
	c.Sections = append(c.Sections, s.planSection(*b))
	c.Sections = append(c.Sections, s.placeSections(b.Places)...)
	c.Sections = append(c.Sections, s.trendSection(b.Drills))
	return c
}

func (s *State) workSection(w wire.BackupWork) Section {
	percent := min(max(w.Done/10, 0), 100)
	value := s.text(WordWorkDone, percent)
	if w.LeftMS > 0 {
		value = s.text(WordWorkLeft, percent, s.roughly(w.LeftMS))
	}
	return Section{
		Title: known(s, backupJobWords, w.Job) + " · " + s.clockShort(w.Began),
		Bars:  []Bar{{Label: known(s, backupStepWords, w.Step), Value: value, Percent: percent}},
	}
}

// roughly prints what is left of a job: an estimate needs no tenths.
func (s *State) roughly(ms int64) string {
	const second, minute = 1_000, 60_000
	if ms < minute {
		return s.text(WordSeconds, max(1, (ms+second/2)/second))
	}
	return s.text(WordMinutes, (ms+minute-1)/minute)
}

func (s *State) planSection(b wire.Backups) Section {
	edit := s.actOf("backup.schedule", "", WordEdit)
	out := Section{Title: s.text(WordPlan), Lines: []CardLine{{Label: s.text(WordPlanAt), Value: s.scheduleText(b.Schedule), Act: &edit}}}
	line := func(label Word, value string, tone Tone) {
		out.Lines = append(out.Lines, CardLine{Label: s.text(label), Value: value, Tone: tone})
	}
	if b.NextAt.IsZero() {
		line(WordPlanNext, s.text(WordPlanNone), ToneSoft)
	} else {
		line(WordPlanNext, s.dateTime(b.NextAt), TonePlain)
	}
	if b.Until.IsZero() {
		line(WordRange, s.text(WordRangeNone), ToneSoft)
	} else {
		line(WordRange, s.text(WordRangeBetween, s.clockSeconds(b.From), s.clockSeconds(b.Until)), TonePlain)
	}
	for _, g := range b.Gaps {
		line(WordRangeGap, s.text(WordRangeBetween, s.clockSeconds(g.From), s.clockSeconds(g.Until)), ToneWarn)
	}
	if len(b.Drills) > 0 && b.Drills[0].OK {
		line(WordDrillUp, s.text(WordTookLast, s.tookText(b.Drills[0].UpMS), s.clockShort(b.Drills[0].At)), TonePlain)
	}
	if b.KeyAway {
		line(WordKeyElsewhere, s.text(WordKeyElsewhereYes), ToneGood)
	} else {
		line(WordKeyElsewhere, s.text(WordKeyElsewhereNo), ToneWarn)
	}
	return out
}

// scheduleText says when backups are made by themselves.
func (s *State) scheduleText(p wire.BackupSchedule) string {
	switch {
	case p.Every == wire.BackupDaily:
		return s.text(WordPlanDaily, p.At)
	case p.Every == wire.BackupWeekly && p.Weekday >= 0 && p.Weekday < len(weekdayWords):
		return s.text(WordPlanWeekly, s.text(weekdayWords[p.Weekday]), p.At)
	}
	return s.text(WordPlanOff)
}

// placeSections tell of each place.
func (s *State) placeSections(places []wire.BackupPlace) []Section {
	if len(places) == 0 {
		return []Section{{Title: s.text(WordBackupPlaces), Empty: s.text(WordPlacesNone)}}
	}
	var out []Section
	for _, p := range places {
		out = append(out, s.placeSection(p))
	}
	return out
}

func (s *State) placeSection(p wire.BackupPlace) Section {
	out := Section{Title: p.Name + " · " + known(s, placeKindWords, p.Kind)}
	say := func(text string, tone Tone) { out.Lines = append(out.Lines, CardLine{Value: text, Tone: tone}) }
	line := func(label Word, value string, tone Tone) {
		out.Lines = append(out.Lines, CardLine{Label: s.text(label), Value: value, Tone: tone})
	}
	if p.Problem != "" {
		say(s.text(WordPlaceAway, s.clockShort(p.ProblemSince), p.Problem), ToneBad)
	}
	if p.SameDevice {
		say(s.text(WordPlaceSameDevice), ToneWarn)
	}
	line(WordPlaceWhere, p.Where, TonePlain)
	line(WordPlaceHolds, s.text(WordPlaceHoldsText, p.Sets, bytesText(p.Bytes)), TonePlain)
	if p.FreeBytes >= 0 {
		line(WordPlaceFree, bytesText(p.FreeBytes), TonePlain)
	}
	if p.LogAt.IsZero() {
		line(WordPlaceLog, s.text(WordPlaceLogNone), ToneSoft)
	} else {
		tone := TonePlain
		if s.hubNow().Sub(p.LogAt) > logLate {
			tone = ToneWarn
		}
		line(WordPlaceLog, s.clockSeconds(p.LogAt), tone)
	}
	if p.Locked {
		line(WordPlaceLocked, s.text(WordPlaceLockedYes), ToneGood)
	}
	return out
}

// trendSection shows how long it took to recover, one bar a rehearsal, newest
// first; the longest fills its track.
func (s *State) trendSection(drills []wire.BackupDrill) Section {
	out := Section{Title: s.text(WordTrend), Empty: s.text(WordTrendNone)}
	drills = drills[:min(len(drills), shownDrills)]
	longest := int64(1)
	for _, d := range drills {
		if d.OK {
			longest = max(longest, d.UpMS)
		}
	}
	for _, d := range drills {
		bar := Bar{Label: s.written(d.At, "01-02 15:04"), Value: s.tookText(d.UpMS), Percent: int(d.UpMS * 100 / longest)}
		if !d.OK {
			bar.Value, bar.Percent = s.text(WordTrendFailed), 0
		}
		out.Bars = append(out.Bars, bar)
	}
	return out
}

// setCard is about one backup.
func (s *State) setCard(b wire.BackupSet) *Card {
	good, tone := s.goodText(b)
	c := &Card{Title: s.dateTimeSeconds(b.At), Subtitle: s.text(WordBackupDrilled) + s.text(WordColon) + good, Tone: tone, Note: s.text(WordDrillHow)}
	line := func(label Word, value string) CardLine { return CardLine{Label: s.text(label), Value: value} }
	c.Sections = []Section{{Lines: []CardLine{
		line(WordBackupKind, known(s, backupKindWords, b.Kind)), line(WordBackupSize, bytesText(b.Bytes)),
		line(WordBackupSales, grouped(b.Sales)), line(WordSetTook, s.tookText(b.TookMS)),
		line(WordSetVersion, s.text(WordSetVersionText, b.Version, b.Server)), line(WordSetNumber, b.ID),
	}}, s.copySection(b), s.drillSection(b.Drill)}
	restore := s.main(s.actOf("backup.restore", "", WordRestore))
	restore.On = s.restorable(&b)
	drill := s.beginAct("backup.drill", WordDrill, CommandDrill, b.ID)
	drill.Arg, drill.On = "", drill.On && s.drillable(b)
	c.Acts = []Act{restore, drill}
	switch {
	case b.Refused != "":
		c.Note = b.Refused
	case !s.office.backups.RestoresHere:
		c.Note = s.text(WordRestoresElsewhere)
	}
	return c
}

// copySection tells how a backup lies at each place.
func (s *State) copySection(b wire.BackupSet) Section {
	out := Section{Title: s.text(WordCopies)}
	for _, c := range b.Copies {
		l := CardLine{Label: c.Place, Value: known(s, copyWords, c.State), Tone: copyTones[c.State]}
		if c.State == wire.CopyVerified && !c.CheckedAt.IsZero() {
			l.Value = s.text(WordCopyVerifiedAt, s.clockShort(c.CheckedAt))
		}
		out.Lines = append(out.Lines, l)
		if c.Problem != "" {
			out.Lines = append(out.Lines, CardLine{Value: c.Problem, Tone: copyTones[c.State]})
		}
	}
	return out
}

// drillSection tells of the last rehearsal and what it proved.
func (s *State) drillSection(d *wire.BackupDrill) Section {
	out := Section{Title: s.text(WordDrillTitle), Empty: s.text(WordDrillNever)}
	if d == nil {
		return out
	}
	out.Lines = []CardLine{{Label: s.text(WordDrillAt), Value: s.dateTime(d.At)}, {Label: s.text(WordDrillFrom), Value: d.Place}}
	if d.UpMS > 0 {
		out.Lines = append(out.Lines, CardLine{Label: s.text(WordDrillUp), Value: s.tookText(d.UpMS)}, CardLine{Label: s.text(WordDrillTook), Value: s.tookText(d.TookMS)})
	}
	if d.Problem != "" {
		out.Lines = append(out.Lines, CardLine{Value: d.Problem, Tone: ToneBad})
	}
	out.Lines = append(out.Lines, s.checkLines(d.Checks)...)
	return out
}

// checkLines tell what was proved.
func (s *State) checkLines(checks []wire.BackupCheck) []CardLine {
	var out []CardLine
	for _, c := range checks {
		l := CardLine{Label: known(s, proofWords, c.Proof), Value: s.text(WordCheckOK, grouped(c.Count)), Tone: ToneGood}
		if !c.OK {
			l.Value, l.Tone = s.text(WordCheckBad, cmp.Or(c.Problem, grouped(c.Count))), ToneBad
		}
		out = append(out, l)
	}
	return out
}

// scheduleForm draws the form for when backups are made.
func (s *State) scheduleForm(f *form) Form {
	every := s.formField(f, "every", FieldChoice, WordScheduleEvery, WordNone)
	every.Choices = []Pick{
		{string(wire.BackupDaily), s.text(WordScheduleDaily)}, {string(wire.BackupWeekly), s.text(WordScheduleWeekly)}, {string(wire.BackupOff), s.text(WordScheduleOff)},
	}
	day := s.formField(f, "day", FieldChoice, WordScheduleDay, WordNone)
	for i := range weekdayWords {
		n := (i + 1) % len(weekdayWords) // Monday first
		day.Choices = append(day.Choices, Pick{fmt.Sprint(n), s.text(weekdayWords[n])})
	}
	at := s.formField(f, "at", FieldText, WordScheduleAt, WordScheduleAtHint)
	out := Form{
		Title: s.text(WordSchedule), Text: s.text(WordScheduleText), Tone: ToneSoft,
		Fields: []Field{every, day, at}, OK: s.main(s.actOf("ok", "", WordSave)),
	}
	chosen := wire.BackupEvery(f.value("every"))
	out.Fields[1].Off = chosen != wire.BackupWeekly
	if chosen == wire.BackupOff {
		out.Fields[2].Off = true
		out.Text, out.Tone = s.text(WordScheduleOffText), ToneWarn
	}
	return out
}
