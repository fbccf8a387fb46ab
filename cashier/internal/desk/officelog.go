package desk

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"forecourt/shared/wire"
)

// The filters of the log tab.
const (
	fieldPerson  = "person"
	fieldFamily  = "family"
	fieldKind    = "kind"   // of what it was done to
	fieldObject  = "object" // which one
	fieldRefused = "refused"
	fieldFrom    = "from"
	fieldUntil   = "until"
)

// logPage is how many rows of the log are read at a time.
const logPage = 50

// memberNumber is how a member's number is written.
var memberNumber = regexp.MustCompile(`^[Mm]\d+$`)

// searchLog asks for the rows that the filters select, if they can be read.
func (s *State) searchLog() []Effect {
	query, ok := s.logQuery()
	if !ok {
		return nil
	}
	s.office.query = query
	return s.ask(topicList, AskLog{query})
}

// logQuery reads the filters; what is wrong is said at its field.
func (s *State) logQuery() (wire.LogQuery, bool) {
	o := s.office
	clear(o.wrong)
	value := func(field string) string { return strings.TrimSpace(o.fields[field]) }
	query := wire.LogQuery{
		Number: value(fieldPerson), Action: value(fieldFamily), Refused: value(fieldRefused) != "", Limit: logPage,
	}
	switch about := value(fieldObject); {
	case memberNumber.MatchString(about):
		query.Member = strings.ToUpper(about)
	case about != "" && value(fieldKind) == "":
		o.wrong[fieldKind] = s.text(WordLogKindNeeded)
	default:
		query.Object, query.ObjectID = value(fieldKind), about
	}
	query.From = s.readTime(fieldFrom, value(fieldFrom), false)
	query.Until = s.readTime(fieldUntil, value(fieldUntil), true)
	if !query.From.IsZero() && !query.Until.IsZero() && !query.Until.After(query.From) {
		o.wrong[fieldUntil] = s.text(WordTimesWrong)
	}
	return query, len(o.wrong) == 0
}

// readTime reads a day or a minute by the station's clock: "2026-11-23",
// "2026-11-23 07:12". As an end a day is included, and so is a minute.
func (s *State) readTime(field, text string, end bool) time.Time {
	if text == "" {
		return time.Time{}
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, s.zone); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return day
	}
	minute, err := time.ParseInLocation(minuteLayout, text, s.zone)
	if err != nil {
		s.office.wrong[field] = s.text(WordTimeWrong)
		return time.Time{}
	}
	if end {
		minute = minute.Add(time.Minute)
	}
	return minute
}

// logAct does what the buttons of the log tab say.
func (s *State) logAct(e OfficeAct) []Effect {
	switch e.ID {
	case "log.export":
		return s.exportLog()
	case "log.person", "log.object":
		return s.narrowLog(e.ID == "log.person")
	}
	return nil
}

// narrowLog asks for the other rows of whoever did it, or of what it was done to.
func (s *State) narrowLog(person bool) []Effect {
	row := s.entry()
	if row == nil {
		return nil
	}
	s.dropRow()
	clear(s.office.fields)
	if person {
		s.setFilter(fieldPerson, row.Number)
	} else {
		s.setFilter(fieldKind, row.Object)
		s.setFilter(fieldObject, row.ObjectID)
	}
	return s.searchLog()
}

// exportLog asks where the rows that the filters select are to be saved.
func (s *State) exportLog() []Effect {
	query, ok := s.logQuery()
	if !ok {
		return nil
	}
	query.Limit = 0
	s.office.export = SaveLog{Query: query}
	return []Effect{PickFile{Name: fmt.Sprintf("log-%s.csv", s.hubNow().In(s.zone).Format("20060102-1504"))}}
}

// entry is the chosen row of the log; nil if none is.
func (s *State) entry() *wire.LogEntry {
	for i, e := range s.office.log {
		if e.ID.String() == s.office.row {
			return &s.office.log[i]
		}
	}
	return nil
}

// drawLog draws the log tab.
func (s *State) drawLog(out *Office) {
	family := s.filterChoice(fieldFamily, WordLogAction, Pick{"", s.text(WordAllActions)})
	for _, f := range families {
		family.Choices = append(family.Choices, Pick{f.prefix, s.text(f.word)})
	}
	kind := s.filterChoice(fieldKind, WordObject, Pick{"", s.text(WordAllObjects)})
	for _, o := range objects {
		kind.Choices = append(kind.Choices, Pick{o.name, s.text(o.word)})
	}
	out.Filters = []Field{
		s.filterText(fieldPerson, WordStaffNumber, WordNone), family, kind, s.filterText(fieldObject, WordLogAbout, WordLogAboutHint),
		s.filterText(fieldFrom, WordLogFrom, WordTimeHint), s.filterText(fieldUntil, WordLogUntil, WordTimeHint),
		s.filterCheck(fieldRefused, WordLogRefused),
	}
	out.Acts = append(out.Acts, s.actOf("log.export", "", WordLogExport))
	s.logStateNote(out)
	out.Table = s.table(WordTabLog, WordLogEmpty,
		Column{Title: s.text(WordColumnTime), Weight: 17},
		Column{Title: s.text(WordLogPerson), Weight: 16},
		Column{Title: s.text(WordLogAction), Weight: 20},
		Column{Title: s.text(WordObject), Weight: 20, Spare: true},
		Column{Title: s.text(WordLogResult), Weight: 16},
	)
	s.more(&out.Table, !s.office.nextLog.IsZero(), WordMoreLog)
	for _, e := range s.office.log {
		result, tone := s.resultText(e.Result)
		out.Table.Rows = append(out.Table.Rows, s.officeRow(e.ID.String(),
			Cell{Text: s.dateTimeSeconds(e.At), Tone: ToneSoft}, Cell{Text: s.logPerson(e)}, Cell{Text: s.actionText(e.Action), Bold: true},
			Cell{Text: s.objectText(e.Object, e.ObjectID, e.ObjectName)}, Cell{Text: result, Tone: tone},
		))
	}
	e := s.entry()
	out.Wide = e == nil
	if e != nil {
		out.Card = s.logCard(*e)
	}
}

// logStateNote says how well the log is kept; what is wrong with it comes first.
func (s *State) logStateNote(out *Office) {
	l := s.office.logState
	switch {
	case l == nil && s.office.failed[topicSide] != "":
		out.Note, out.NoteTone = s.office.failed[topicSide], ToneWarn
	case l == nil:
	case l.Problem != "":
		out.Note, out.NoteTone = s.text(WordLogBroken, l.Problem), ToneBad
	default:
		words := []string{s.text(WordLogSealed, l.Rows, orElse(s.clockOrDay(l.SealedAt), s.text(WordNever)))}
		if l.Waiting > 0 {
			words = append(words, s.text(WordLogWaiting, l.Waiting))
		}
		if l.Anchor != "" {
			words = append(words, s.text(WordLogAnchor, l.Anchor, orElse(s.clockOrDay(l.AnchoredAt), s.text(WordNever))))
		}
		if !l.Verified.IsZero() {
			words = append(words, s.text(WordLogVerified, s.clockOrDay(l.Verified)))
		}
		out.Note, out.NoteTone = strings.Join(words, " · "), ToneGood
	}
}

// logPerson is who did it.
func (s *State) logPerson(e wire.LogEntry) string {
	switch {
	case e.Number != "":
		return strings.TrimSpace(e.Number + " " + e.Name)
	case e.Member != "":
		return s.text(WordLogMember, e.Member)
	}
	return s.text(WordLogHub)
}

// resultText is what came of it, in words.
func (s *State) resultText(result string) (string, Tone) {
	if result == "ok" {
		return s.text(WordResultOK), ToneGood
	}
	info, known := wire.Problems[wire.ProblemType(result)]
	switch {
	case !known:
		return s.text(WordResultRefused, result), ToneBad
	case s.prefs.Lang == English:
		return info.Title, ToneBad
	}
	return info.Chinese, ToneBad
}

func (s *State) logCard(e wire.LogEntry) *Card {
	result, tone := s.resultText(e.Result)
	c := &Card{Title: s.actionText(e.Action), Subtitle: result, Tone: tone}
	var lines []CardLine
	line := func(label Word, value string) {
		if value != "" {
			lines = append(lines, CardLine{Label: s.text(label), Value: value})
		}
	}
	line(WordColumnTime, s.dateTimeSeconds(e.At))
	line(WordLogPerson, s.logPerson(e))
	if e.Role != "" {
		line(WordRole, s.roleText(e.Role))
	}
	line(WordObject, s.objectText(e.Object, e.ObjectID, e.ObjectName))
	line(WordObjectID, e.ObjectID)
	line(WordNote, s.noteText(e.Note))
	line(WordLogCode, e.Action)
	line(WordLogRow, e.ID.String())
	if e.N == 0 {
		line(WordLogSeal, s.text(WordLogUnsealed))
	} else {
		line(WordLogSeal, s.text(WordLogNumber, e.N))
	}
	c.Sections = []Section{{Lines: lines}}
	if e.Number != "" {
		c.Acts = append(c.Acts, s.actOf("log.person", "", WordLogSamePerson))
	}
	if e.Object != "" && e.ObjectID != "" {
		c.Acts = append(c.Acts, s.actOf("log.object", "", WordLogSameObject))
	}
	return c
}
