package desk

import (
	"fmt"
	"strconv"
	"strings"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// maxConditions is how many conditions the form offers; the hub takes more, and
// a rule that has more keeps them.
const maxConditions = 4

// The bounds of a condition's figures, as the hub takes them.
const (
	longestDays = 3650
	mostTimes   = 100_000
)

// segment is the chosen segment; nil if none is.
func (s *State) segment() *wire.Segment {
	for i, g := range s.office.segments {
		if g.ID.String() == s.office.row {
			return &s.office.segments[i]
		}
	}
	return nil
}

// segmentsAct does what the buttons of the segments tab say.
func (s *State) segmentsAct(e OfficeAct) []Effect {
	g := s.segment()
	switch {
	case e.ID == "segment.new":
		s.editSegment(nil)
	case g == nil:
	case e.ID == "segment.edit":
		s.editSegment(g)
	case e.ID == "segment.drop":
		s.openForm(formDropSegment, g.ID.String())
	case e.ID == "segment.members":
		which := g.ID.String()
		s.office = newOffice()
		s.office.tab = TabMembers
		s.setFilter(fieldSegment, which)
		return s.loadMembers()
	}
	return nil
}

// segmentExtra does what the buttons inside the form say.
func (s *State) segmentExtra(f *form, e OfficeAct) []Effect {
	switch e.ID {
	case "condition.add":
		if f.conditions < maxConditions {
			f.fill(f.conditions, wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30, AtLeast: 1})
			f.conditions++
			f.revision++
			s.office.preview = nil
		}
	case "condition.remove":
		if at, err := strconv.Atoi(e.Arg); err == nil && at >= 0 && at < f.conditions && f.conditions > 1 {
			f.removeCondition(at)
			s.office.preview = nil
		}
	case "preview":
		request, ok := s.segmentRequest(f)
		if !ok {
			return nil
		}
		if request.Name == "" {
			request.Name = "-" // a preview needs none, the hub's type does
		}
		return s.ask(topicForm, AskPreview{request})
	}
	return nil
}

// editSegment opens the rule builder on a segment, or on a new one.
func (s *State) editSegment(g *wire.Segment) {
	if g == nil {
		f := s.openForm(formSegment, "")
		f.fill(0, wire.SegmentCondition{Kind: wire.SegmentRefuels, Days: 30, AtLeast: 1})
		f.conditions = 1
		return
	}
	f := s.openForm(formSegment, g.ID.String(), "name", g.Name)
	for i, c := range g.Rule.Conditions {
		f.fill(i, c)
	}
	f.conditions = len(g.Rule.Conditions)
}

// at names a field of the n-th condition.
func at(n int, field string) string { return fmt.Sprintf("c%d.%s", n, field) }

// conditionFields are the fields of a condition in the form.
var conditionFields = [...]string{"kind", "days", "weekdays", "from", "until", "grade", "each", "least", "most"}

// fill writes a condition into the form's n-th.
func (f *form) fill(n int, c wire.SegmentCondition) {
	set := func(field, value string) { f.values[at(n, field)] = value }
	set("kind", string(c.Kind))
	set("days", figure(c.Days))
	var days []string
	for _, d := range c.Weekdays {
		days = append(days, strconv.Itoa(d))
	}
	set("weekdays", strings.Join(days, ","))
	set("from", figure(c.FromHour))
	set("until", figure(c.UntilHour))
	set("grade", c.Grade)
	set("each", "")
	if c.Each > 0 {
		set("each", c.Each.String())
	}
	set("least", figure(c.AtLeast))
	set("most", figure(c.AtMost))
	if c.Kind == wire.SegmentRefuels && c.AtLeast == 0 && c.AtMost == 0 {
		set("most", "0") // nobody who ever matched
	}
}

// figure prints a number that counts; zero is an empty field.
func figure(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// removeCondition takes a condition out; those behind it move up.
func (f *form) removeCondition(n int) {
	for i := n; i < f.conditions; i++ {
		for _, field := range conditionFields {
			f.values[at(i, field)] = f.values[at(i+1, field)]
			delete(f.wrong, at(i, field))
		}
	}
	f.conditions--
	for _, field := range conditionFields {
		delete(f.values, at(f.conditions, field))
	}
	f.revision++
}

// uses reports whether a condition of a kind has a field.
func uses(kind wire.SegmentKind, field string) bool {
	switch kind {
	case wire.SegmentRefuels:
		return true
	case wire.SegmentIdle:
		return field == "days"
	case wire.SegmentSpent, wire.SegmentAverage:
		return field == "days" || field == "each"
	case wire.SegmentUsual:
		return field == "grade"
	}
	return false
}

// segmentRequest reads the form; what is wrong is said at its field.
func (s *State) segmentRequest(f *form) (wire.SegmentRequest, bool) {
	request := wire.SegmentRequest{Name: f.value("name")}
	for n := range f.conditions {
		request.Rule.Conditions = append(request.Rule.Conditions, s.condition(f, n))
	}
	return request, len(f.wrong) == 0
}

// condition reads the n-th condition. What its kind does not use is left out.
func (s *State) condition(f *form, n int) wire.SegmentCondition {
	c := wire.SegmentCondition{Kind: wire.SegmentKind(f.value(at(n, "kind")))}
	use := func(field string) bool { return uses(c.Kind, field) }
	if use("days") {
		c.Days = s.readFigure(f, at(n, "days"), 1, longestDays)
	}
	if use("grade") {
		c.Grade = f.value(at(n, "grade"))
		if c.Kind == wire.SegmentUsual {
			s.needs(f, at(n, "grade"))
		}
	}
	if use("each") {
		c.Each = s.readMoney(f, at(n, "each"), c.Kind != wire.SegmentRefuels)
	}
	if c.Kind == wire.SegmentRefuels {
		s.readMatches(f, n, &c)
	}
	return c
}

// readMatches reads what only a condition about fuellings has.
func (s *State) readMatches(f *form, n int, c *wire.SegmentCondition) {
	for day := range strings.SplitSeq(f.value(at(n, "weekdays")), ",") {
		if d, err := strconv.Atoi(day); err == nil && d >= 0 && d < len(weekdayWords) {
			c.Weekdays = append(c.Weekdays, d)
		}
	}
	const lastHour, endOfDay = 23, 24
	c.FromHour = s.readFigure(f, at(n, "from"), 0, lastHour)
	c.UntilHour = s.readFigure(f, at(n, "until"), 0, endOfDay)
	if c.FromHour > 0 && c.UntilHour == 0 {
		c.UntilHour = endOfDay
	}
	if c.UntilHour > 0 && c.UntilHour <= c.FromHour {
		f.wrong[at(n, "until")] = s.text(WordHoursWrong)
	}
	c.AtLeast = s.readFigure(f, at(n, "least"), 0, mostTimes)
	c.AtMost = s.readFigure(f, at(n, "most"), 0, mostTimes)
	most := f.value(at(n, "most"))
	switch {
	case c.AtLeast == 0 && most == "":
		f.wrong[at(n, "least")] = s.text(WordCountNeeded)
	case c.AtMost > 0 && c.AtMost < c.AtLeast, c.AtLeast > 0 && most == "0":
		f.wrong[at(n, "most")] = s.text(WordCountWrong)
	}
}

// readFigure reads a whole number between two bounds. An empty field is zero,
// unless zero is out of bounds.
func (s *State) readFigure(f *form, field string, least, most int) int {
	text := f.value(field)
	if text == "" && least == 0 {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		f.wrong[field] = s.text(WordFigureBetween, least, most)
		return 0
	}
	return n
}

// readMoney reads an amount; an empty field is none, unless one is needed.
func (s *State) readMoney(f *form, field string, needed bool) unit.Fen {
	text := f.value(field)
	if text == "" && !needed {
		return 0
	}
	amount, err := unit.ParseFen(text)
	if err != nil || amount <= 0 || amount > maxAmount {
		f.wrong[field] = s.text(WordMoneyNeeded)
		return 0
	}
	return amount
}

func (s *State) submitSegment(f *form) []Effect {
	s.needs(f, "name")
	request, ok := s.segmentRequest(f)
	if !ok {
		return nil
	}
	return s.sendForm(Command{Kind: CommandSegmentPut, Object: f.object, Office: OfficeBody{Segment: &request}})
}
