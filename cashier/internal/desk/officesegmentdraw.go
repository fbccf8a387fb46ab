package desk

import (
	"fmt"
	"strconv"
	"strings"

	"forecourt/shared/wire"
)

// drawSegments draws the segments tab.
func (s *State) drawSegments(out *Office) {
	out.Acts = append([]Act{s.main(s.actOf("segment.new", "", WordSegmentNew))}, out.Acts...)
	out.Table = s.segmentsTable()
	if g := s.segment(); g != nil {
		out.Card = s.segmentCard(*g)
	}
	out.Wide = out.Card == nil
}

func (s *State) segmentsTable() Table {
	t := s.table(WordTabSegments, WordSegmentsEmpty,
		Column{Title: s.text(WordColumnName), Weight: 24},
		Column{Title: s.text(WordMembersCount), Weight: 12, Right: true},
		Column{Title: s.text(WordCountedAt), Weight: 16, Right: true},
		Column{Title: s.text(WordMadeBy), Weight: 10, Spare: true},
	)
	for _, g := range s.office.segments {
		t.Rows = append(t.Rows, s.officeRow(g.ID.String(),
			Cell{Text: g.Name, Bold: true}, Cell{Text: fmt.Sprint(g.Members)}, Cell{Text: s.dateTime(g.CountedAt), Tone: ToneSoft},
			Cell{Text: g.By, Tone: ToneSoft},
		))
	}
	return t
}

func (s *State) segmentCard(g wire.Segment) *Card {
	rule := Section{Title: s.text(WordRuleTitle), Empty: s.text(WordRuleNobody)}
	for i, c := range g.Rule.Conditions {
		rule.Lines = append(rule.Lines, CardLine{Label: s.text(WordConditionN, i+1), Value: s.conditionText(c)})
	}
	return &Card{
		Title: g.Name, Subtitle: s.text(WordSegmentCount, g.Members, s.dateTime(g.CountedAt)), Sections: []Section{rule},
		Acts: []Act{
			s.main(s.actOf("segment.members", "", WordSegmentMembers)), s.actOf("segment.edit", "", WordEdit),
			s.danger(s.actOf("segment.drop", "", WordSegmentDrop)),
		},
		Note: s.text(WordSegmentConsent),
	}
}

// conditionText says a condition in words.
func (s *State) conditionText(c wire.SegmentCondition) string {
	switch c.Kind {
	case wire.SegmentIdle:
		return s.text(WordRuleIdle, c.Days)
	case wire.SegmentSpent:
		return s.text(WordRuleSpent, c.Days, c.Each.Symbol())
	case wire.SegmentAverage:
		return s.text(WordRuleAverage, c.Days, c.Each.Symbol())
	case wire.SegmentUsual:
		return s.text(WordRuleUsual, c.Grade)
	case wire.SegmentRefuels:
		return s.matchText(c)
	}
	return s.text(WordRuleOther)
}

// matchText says a condition about fuellings: how far back, when, what, how
// much each, how often.
func (s *State) matchText(c wire.SegmentCondition) string {
	words := []string{s.text(WordRuleWithin, c.Days)}
	var days []string
	for _, d := range c.Weekdays {
		if d >= 0 && d < len(weekdayWords) {
			days = append(days, s.text(weekdayWords[d]))
		}
	}
	if len(days) > 0 {
		words = append(words, strings.Join(days, s.text(WordComma)))
	}
	if c.FromHour != 0 || c.UntilHour != 0 {
		words = append(words, s.text(WordRuleHours, c.FromHour, c.UntilHour))
	}
	if c.Grade != "" {
		words = append(words, c.Grade)
	}
	if c.Each > 0 {
		words = append(words, s.text(WordRuleEach, c.Each.Symbol()))
	}
	switch {
	case c.AtLeast == 0 && c.AtMost == 0:
		words = append(words, s.text(WordRuleNever))
	case c.AtMost == 0:
		words = append(words, s.text(WordRuleAtLeast, c.AtLeast))
	case c.AtLeast == 0:
		words = append(words, s.text(WordRuleAtMost, c.AtMost))
	default:
		words = append(words, s.text(WordRuleBetween, c.AtLeast, c.AtMost))
	}
	return strings.Join(words, " ")
}

// segmentForm draws the rule builder.
func (s *State) segmentForm(f *form) Form {
	out := Form{
		Title: s.text(WordSegmentNew), Text: s.text(WordSegmentText),
		Fields: []Field{s.formField(f, "name", FieldText, WordSegmentName, WordSegmentNameHint)},
		OK:     s.main(s.actOf("ok", "", WordSave)),
	}
	if f.object != "" {
		out.Title = s.text(WordSegmentEdit)
	}
	for n := range f.conditions {
		out.Fields = append(out.Fields, s.conditionForm(f, n)...)
		if f.conditions > 1 {
			act := s.actOf("condition.remove", strconv.Itoa(n), WordConditionRemove)
			act.Label = s.text(WordConditionRemove, n+1)
			out.Extra = append(out.Extra, act)
		}
	}
	if f.conditions < maxConditions {
		out.Extra = append([]Act{s.actOf("condition.add", "", WordConditionAdd)}, out.Extra...)
	}
	out.Extra = append(out.Extra, s.actOf("preview", "", WordPreview))
	if p := s.office.preview; p != nil {
		out.Lines = append(out.Lines, CardLine{Label: s.text(WordPreview), Value: s.text(WordPreviewCount, p.Members), Tone: ToneGood})
		for _, m := range p.Some {
			out.Lines = append(out.Lines, CardLine{Label: m.Number, Value: strings.TrimSpace(m.Name + " " + strings.Join(m.Plates, " ")), Tone: ToneSoft})
		}
	}
	return out
}

// kindWords name the kinds of conditions, in the order of the choice.
var kindWords = [...]struct {
	kind wire.SegmentKind
	word Word
}{
	{wire.SegmentRefuels, WordKindRefuels},
	{wire.SegmentIdle, WordKindIdle},
	{wire.SegmentSpent, WordKindSpent},
	{wire.SegmentAverage, WordKindAverage},
	{wire.SegmentUsual, WordKindUsual},
}

// conditionForm draws the fields that the n-th condition uses.
func (s *State) conditionForm(f *form, n int) []Field {
	kind := s.formField(f, at(n, "kind"), FieldChoice, WordConditionN, WordNone)
	kind.Label = s.text(WordConditionN, n+1)
	for _, k := range kindWords {
		kind.Choices = append(kind.Choices, Pick{string(k.kind), s.text(k.word)})
	}
	out := []Field{kind}
	for _, p := range []struct {
		field string
		label Word
		hint  Word
		kind  FieldKind
	}{
		{"days", WordConditionDays, WordNone, FieldText},
		{"weekdays", WordConditionWeekdays, WordNone, FieldMany},
		{"from", WordConditionFrom, WordHintAllDay, FieldText},
		{"until", WordConditionUntil, WordHintAllDay, FieldText},
		{"grade", WordColumnGrade, WordNone, FieldChoice},
		{"each", WordConditionEach, WordNone, FieldText},
		{"least", WordConditionLeast, WordNone, FieldText},
		{"most", WordConditionMost, WordHintNoBound, FieldText},
	} {
		if !uses(wire.SegmentKind(f.value(at(n, "kind"))), p.field) {
			continue
		}
		field := s.formField(f, at(n, p.field), p.kind, p.label, p.hint)
		field.Choices = s.conditionChoices(p.field, f.value(at(n, p.field)))
		out = append(out, field)
	}
	return out
}

// conditionChoices are the values of a field of a condition.
func (s *State) conditionChoices(field, held string) []Pick {
	var out []Pick
	switch field {
	case "weekdays":
		for i := range weekdayWords {
			d := (i + 1) % len(weekdayWords) // Monday first
			out = append(out, Pick{strconv.Itoa(d), s.text(weekdayWords[d])})
		}
	case "grade":
		out = append(out, Pick{"", s.text(WordAnyGrade)})
		for _, p := range s.mirrors.prices().Prices {
			out = append(out, Pick{p.Grade, p.Grade})
		}
		for _, p := range out {
			if p.Value == held {
				return out
			}
		}
		out = append(out, Pick{held, held}) // no longer sold
	}
	return out
}
