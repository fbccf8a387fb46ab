package desk

import (
	"slices"
	"strconv"
	"time"

	"forecourt/shared/wire"
)

const (
	// workEvery is how often the backups are looked at while something is under
	// way, backupsEvery otherwise.
	workEvery    = 2 * time.Second
	backupsEvery = 30 * time.Second
)

// backupsLoaded takes how the backups stand.
func (s *State) backupsLoaded(b wire.Backups) {
	s.office.backups, s.office.backupsAt = &b, s.now
	delete(s.office.failed, topicSide) // it was kept on the screen until now
	if s.office.tab == TabBackups && s.office.row != "" && s.backupSet() == nil {
		s.dropRow() // it was removed meanwhile
	}
}

// tendBackups looks again when it is time. What is said stays on the screen
// meanwhile, and so does why there was no answer.
func (s *State) tendBackups() []Effect {
	o := s.office
	if o.tab != TabBackups || s.asking(topicSide) || o.backups == nil && o.failed[topicSide] == "" {
		return nil
	}
	every := backupsEvery
	if s.backupsBusy() || o.failed[topicSide] != "" {
		every = workEvery
	}
	if s.now.Sub(o.backupsAt) < every {
		return nil
	}
	o.backupsAt = s.now // an answer that does not come is not asked for at every tick
	failed := o.failed[topicSide]
	out := s.ask(topicSide, AskBackups{})
	if failed != "" {
		o.failed[topicSide] = failed
	}
	return out
}

// backupsBusy reports whether something is under way that is worth watching.
func (s *State) backupsBusy() bool {
	b := s.office.backups
	if b == nil {
		return false
	}
	r := b.Restore
	return b.Work != nil || r != nil && (r.State == wire.RestoreWorking || r.State == wire.RestoreSwitching)
}

// backupSet is the chosen backup; nil if none is.
func (s *State) backupSet() *wire.BackupSet {
	if s.office.backups == nil {
		return nil
	}
	for i, b := range s.office.backups.Sets {
		if b.ID == s.office.row {
			return &s.office.backups.Sets[i]
		}
	}
	return nil
}

// restoring is the restore that was begun and not put away; nil for none.
func (s *State) restoring() *wire.BackupRestore {
	if s.office.backups == nil {
		return nil
	}
	return s.office.backups.Restore
}

// backupsAct does what the buttons of the backups tab say.
func (s *State) backupsAct(e OfficeAct) []Effect {
	b := s.office.backups
	if b == nil {
		return nil
	}
	switch e.ID {
	case "backup.overview":
		return s.chooseRow("")
	case "backup.schedule":
		p := b.Schedule
		s.openForm(formSchedule, "", "every", string(p.Every), "day", strconv.Itoa(p.Weekday), "at", orElse(p.At, "03:30"))
	case "backup.moment":
		if s.restorable(nil) {
			s.openForm(formRestore, "", "which", whichTyped)
		}
	case "backup.restore":
		if set := s.backupSet(); set != nil && s.restorable(set) {
			s.openForm(formRestore, set.ID, "which", whichOwn)
		}
	case "restore.switch":
		if r := b.Restore; r != nil && r.State == wire.RestoreReady {
			s.openForm(formSwitch, r.ID)
		}
	case "restore.away":
		return s.putAway()
	}
	return s.backupWork(e)
}

// backupWork begins what needs no question first: nothing of it changes the
// live data.
func (s *State) backupWork(e OfficeAct) []Effect {
	if !s.mayBegin() {
		return nil
	}
	switch e.ID {
	case "backup.make":
		return s.send(Command{Kind: CommandBackup})
	case "backup.verify":
		return s.send(Command{Kind: CommandVerify})
	case "backup.drill":
		if set := s.backupSet(); set != nil && s.drillable(*set) {
			return s.send(Command{Kind: CommandDrill, Object: set.ID})
		}
	}
	return nil
}

// mayBegin reports whether something can be begun: one thing is done at a time.
func (s *State) mayBegin() bool {
	b := s.office.backups
	return b != nil && b.Work == nil && !s.backupsBusy()
}

// drillable reports whether a backup can be rehearsed here.
func (s *State) drillable(set wire.BackupSet) bool {
	return s.office.backups.RestoresHere && set.Refused == "" && wholeAt(set) > 0
}

// restorable reports whether a restore of a backup, or of a moment, can be
// begun now.
func (s *State) restorable(set *wire.BackupSet) bool {
	b := s.office.backups
	switch {
	case !s.mayBegin() || !b.RestoresHere || b.Restore != nil:
		return false
	case set != nil:
		return set.Refused == "" && wholeAt(*set) > 0
	}
	return !b.Until.IsZero()
}

// wholeAt counts the places where a backup is whole, as far as is known.
func wholeAt(set wire.BackupSet) (n int) {
	for _, c := range set.Copies {
		if c.State == wire.CopyStored || c.State == wire.CopyVerified {
			n++
		}
	}
	return n
}

// putAway puts a restore away: at once if nothing is lost by it, otherwise
// after asking.
func (s *State) putAway() []Effect {
	r := s.restoring()
	if r == nil || r.State == wire.RestoreSwitching {
		return nil
	}
	if r.State == wire.RestoreDone || r.State == wire.RestoreFailed {
		return s.send(Command{Kind: CommandPutAway, Object: r.ID})
	}
	s.openForm(formPutAway, r.ID)
	return nil
}

// drawBackups draws the backups tab: the backups in the list; beside it the
// chosen one, or everything else.
func (s *State) drawBackups(out *Office) {
	b := s.office.backups
	out.Table = s.backupsTable()
	set := s.backupSet()
	if set != nil {
		out.Card = s.setCard(*set)
	} else {
		out.Card = s.backupsCard()
	}
	if b == nil {
		return
	}
	out.Note, out.NoteTone = s.backupNote()
	acts := []Act{s.main(s.beginAct("backup.make", WordBackupMake, CommandBackup, "")), s.beginAct("backup.verify", WordBackupVerify, CommandVerify, "")}
	acts[1].On = acts[1].On && len(b.Sets) > 0
	if set != nil {
		acts = append(acts, s.actOf("backup.overview", "", WordBackupOverview))
	}
	out.Acts = append(acts, out.Acts...)
}

// beginAct is a button that begins something.
func (s *State) beginAct(name string, label Word, kind CommandKind, object string) Act {
	a := s.actOf(name, object, label)
	a.Busy = s.flights[slot{kind: kind, object: object}].busy()
	a.On = s.mayBegin() && !a.Busy
	return a
}

// backupsTable lists the backups, newest first.
func (s *State) backupsTable() Table {
	t := s.table(WordTabBackups, WordBackupsEmpty,
		Column{Title: s.text(WordBackupMoment), Weight: 22},
		Column{Title: s.text(WordBackupKind), Weight: 11, Spare: true},
		Column{Title: s.text(WordBackupSize), Weight: 11, Right: true},
		Column{Title: s.text(WordBackupSales), Weight: 12, Right: true, Spare: true},
		Column{Title: s.text(WordBackupPlaces), Weight: 20},
		Column{Title: s.text(WordBackupDrilled), Weight: 14},
	)
	if s.office.backups == nil {
		t.Empty = "" // the card says why
		return t
	}
	for _, b := range s.office.backups.Sets {
		copies, tone := s.copiesText(b)
		good, mark := s.goodText(b)
		t.Rows = append(t.Rows, s.officeRow(b.ID,
			Cell{Text: s.dateTime(b.At), Bold: true}, Cell{Text: known(s, backupKindWords, b.Kind), Tone: ToneSoft},
			Cell{Text: bytesText(b.Bytes)}, Cell{Text: grouped(b.Sales)}, Cell{Text: copies, Tone: tone}, Cell{Text: good, Tone: mark},
		))
	}
	return t
}

// goodText says whether a rehearsal has proved a backup.
func (s *State) goodText(b wire.BackupSet) (string, Tone) {
	switch {
	case b.Refused != "":
		return s.text(WordSetRefused), ToneWarn
	case b.Drill != nil && !b.Drill.OK:
		return s.text(WordSetDrillFailed), ToneBad
	case b.Good:
		return s.text(WordSetGood), ToneGood
	}
	return s.text(WordSetNotDrilled), ToneSoft
}

// copiesText says where a backup lies and how; what is wrong comes first.
func (s *State) copiesText(b wire.BackupSet) (string, Tone) {
	whole, verified := wholeAt(b), 0
	for _, c := range b.Copies {
		switch c.State {
		case wire.CopyDamaged:
			return s.text(WordCopiesDamaged, c.Place), ToneBad
		case wire.CopyVerified:
			verified++
		}
	}
	missing := slices.IndexFunc(b.Copies, func(c wire.BackupCopy) bool { return c.State == wire.CopyMissing })
	switch {
	case missing >= 0:
		return s.text(WordCopiesMissing, whole, len(b.Copies), b.Copies[missing].Place), ToneWarn
	case verified == len(b.Copies):
		return s.text(WordCopiesVerified, verified), ToneGood
	}
	return s.text(WordCopiesStored, whole), TonePlain
}

var backupKindWords = map[wire.BackupKind]Word{wire.BackupFull: WordBackupFull, wire.BackupLogical: WordBackupLogical}
