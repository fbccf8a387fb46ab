package desk

import (
	"fmt"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// drawMembers draws the members tab.
func (s *State) drawMembers(out *Office) {
	if !s.leads() {
		s.drawMemberRefuels(out)
		return
	}
	out.Filters = []Field{
		s.filterChoice(fieldBy, WordMemberBy, Pick{byNumber, s.text(WordByNumber)}, Pick{byPhone, s.text(WordByPhone)},
			Pick{byPlate, s.text(WordByPlate)}, Pick{byIDNumber, s.text(WordByIDNumber)}),
		s.filterText(fieldValue, WordMemberValue, WordMemberValueHint),
		s.segmentFilter(),
	}
	out.Filters[0].Value = orElse(s.office.fields[fieldBy], byNumber)
	out.Table = s.membersTable()
	out.Card = s.memberCard()
	out.Wide = s.office.row == ""
}

func (s *State) segmentFilter() Field {
	f := s.filterChoice(fieldSegment, WordSegment, Pick{"", s.text(WordAllMembers)})
	for _, g := range s.office.segments {
		f.Choices = append(f.Choices, Pick{g.ID.String(), g.Name})
	}
	return f
}

func (s *State) membersTable() Table {
	t := s.table(WordPageMembers, WordMembersEmpty,
		Column{Title: s.text(WordMemberNumber), Weight: 12},
		Column{Title: s.text(WordSideName), Weight: 14},
		Column{Title: s.text(WordSidePhone), Weight: 16},
		Column{Title: s.text(WordPlates), Weight: 20, Spare: true},
		Column{Title: s.text(WordSideFuellings), Weight: 10, Right: true, Spare: true},
		Column{Title: s.text(WordLastVisit), Weight: 14, Right: true},
	)
	s.more(&t, !s.office.nextMember.IsZero(), WordMoreMembers)
	for _, m := range s.office.members {
		t.Rows = append(t.Rows, s.officeRow(m.ID.String(),
			Cell{Text: m.Number, Bold: true}, Cell{Text: m.Name}, Cell{Text: m.Phone}, Cell{Text: strings.Join(m.Plates, " ")},
			Cell{Text: fmt.Sprint(m.Refuels)}, Cell{Text: s.dateOf(m.LastAt), Tone: ToneSoft},
		))
	}
	return t
}

// drawMemberRefuels draws what a cashier knows of a member: a number, and what
// was fuelled here.
func (s *State) drawMemberRefuels(out *Office) {
	o := s.office
	out.Filters = []Field{s.filterText(fieldValue, WordMemberNumber, WordMemberNumberHint)}
	out.Wide = true
	out.Note, out.NoteTone = s.text(WordRefuelsOnly), ToneSoft
	if o.refuelsOf != "" {
		out.Note, out.NoteTone = s.text(WordRefuelsOf, o.refuelsOf), TonePlain
	}
	t := s.table(WordSideOrders, WordRefuelsHow)
	t.Columns = s.refuelColumns()
	if o.loaded[topicList] {
		t.Empty = s.text(WordSideNoOrders)
	}
	s.more(&t, !o.nextSale.IsZero(), WordMore)
	t.Rows = s.refuelRows(o.refuels)
	out.Table = t
}

func (s *State) refuelColumns() []Column {
	return []Column{
		{Title: s.text(WordColumnTime), Weight: 16},
		{Title: s.text(WordColumnNumber), Weight: 12, Spare: true},
		{Title: s.text(WordColumnNozzle), Weight: 8},
		{Title: s.text(WordColumnGrade), Weight: 9},
		{Title: s.text(WordColumnLitres), Weight: 13, Right: true},
		{Title: s.text(WordColumnPrice), Weight: 10, Right: true, Spare: true},
		{Title: s.text(WordColumnAmount), Weight: 14, Right: true},
		{Title: s.text(WordColumnState), Weight: 12},
	}
}

func (s *State) refuelRows(refuels []wire.Refuel) []Row {
	var rows []Row
	for _, r := range refuels {
		row := s.saleRow(saleOf(r))
		row.Sale = id.Sale{} // nothing is chosen here
		row.Cells[0].Text = s.dateTime(orTime(r.EndedAt, r.StartedAt))
		rows = append(rows, row)
	}
	return rows
}

// memberCard draws the chosen member; nil while none is.
func (s *State) memberCard() *Card {
	o := s.office
	if o.row == "" {
		return nil
	}
	c := &Card{Title: s.text(WordMemberCard), Note: s.text(WordMemberAudited)}
	c.Loading = s.asking(topicCard) && o.record == nil
	if c.Failed = o.failed[topicCard]; c.Failed != "" {
		c.Retry = s.actOf("look", "", WordSideRetry)
	}
	if o.record == nil || c.Failed != "" {
		return c
	}
	r := *o.record
	c.Title = strings.TrimSpace(r.Number + " " + r.Name)
	c.Subtitle = s.text(WordMemberSince, s.dateOf(r.Since))
	c.Sections = []Section{s.whoSection(r), s.vehicleSection(r), s.habitSection(r.Habits), s.consentSection(r), s.refuelSection(r)}
	c.Acts = []Act{s.actOf("export", "", WordExportMember), s.danger(s.actOf("erase", "", WordEraseMember))}
	return c
}

// whoSection is who the member is; what is masked can be shown for a moment.
func (s *State) whoSection(r wire.MemberRecord) Section {
	out := Section{Title: s.text(WordSectionWho)}
	line := func(label Word, value string, field wire.PersonalField, account id.PaymentAccount) {
		l := CardLine{Label: s.text(label), Value: value}
		switch shown := s.office.shown; {
		case value == "":
			l.Value, l.Tone = s.text(WordNotGiven), ToneSoft
		case field == "":
		case shown != nil && shown.field == field && shown.account == account:
			l.Value, l.Tone = shown.value, ToneWarn
			act := s.actOf("hide", "", WordHide)
			act.Hint = s.text(WordSeconds, int((shown.until.Sub(s.now)+time.Second-1)/time.Second))
			l.Act = &act
		default:
			act := s.actOf("reveal", orElse(account.String(), string(field)), WordReveal)
			l.Act = &act
		}
		out.Lines = append(out.Lines, l)
	}
	line(WordSideName, r.Name, "", id.PaymentAccount{})
	line(WordSidePhone, r.Phone, wire.FieldPhone, id.PaymentAccount{})
	line(WordByIDNumber, r.IDNumber, wire.FieldIDNumber, id.PaymentAccount{})
	for _, a := range r.Accounts {
		line(accountWords[a.Kind], a.Account, wire.FieldAccount, a.ID)
	}
	return out
}

var accountWords = map[wire.AccountKind]Word{
	wire.AccountWeChat: WordAccountWeChat, wire.AccountAlipay: WordAccountAlipay, wire.AccountBank: WordAccountBank,
}

func (s *State) vehicleSection(r wire.MemberRecord) Section {
	out := Section{Title: s.text(WordSideVehicles), Empty: s.text(WordSideNoVehicles)}
	for _, v := range r.Vehicles {
		var about []string
		if v.Model != "" {
			about = append(about, v.Model)
		}
		if v.Tank > 0 {
			about = append(about, s.text(WordTank, v.Tank.Display()))
		}
		if v.Kind == wire.PlateNewEnergy {
			about = append(about, s.text(WordNewEnergy))
		}
		out.Lines = append(out.Lines, CardLine{Label: v.Plate, Value: orElse(strings.Join(about, " · "), s.text(WordNotGiven))})
	}
	return out
}

// habitSection is how the member fuels.
func (s *State) habitSection(h wire.Habits) Section {
	out := Section{Title: s.text(WordSectionHabits), Empty: s.text(WordNoHabits)}
	if h.Refuels == 0 {
		return out
	}
	line := func(label Word, value string) {
		if value != "" {
			out.Lines = append(out.Lines, CardLine{Label: s.text(label), Value: value})
		}
	}
	line(WordUsualGrade, h.Usual)
	line(WordInterval, s.days(h.IntervalMS))
	line(WordAverage, h.Average.Symbol())
	line(WordLastVisit, s.dateTime(h.LastAt))
	line(WordFavourite, s.favourites(h.Times))
	line(WordSpentInAll, s.text(WordSpentLine, h.Refuels, h.Volume.Display(), h.Spent.Symbol()))
	for _, g := range h.Grades {
		out.Bars = append(out.Bars, Bar{
			Label: g.Grade, Value: s.text(WordTimes, g.Refuels), Percent: int(min(100, (g.Refuels*100+h.Refuels/2)/h.Refuels)),
		})
	}
	return out
}

// days prints a mean time between fuellings with one decimal: "7.0 天"; "" for
// none.
func (s *State) days(ms int64) string {
	const tenth = int64(24 * time.Hour / time.Millisecond / 10)
	if ms <= 0 {
		return ""
	}
	n := (ms + tenth/2) / tenth
	return s.text(WordDays, fmt.Sprintf("%d.%d", n/10, n%10))
}

// favourites says when the member comes: "周六 8 点（6 次）".
func (s *State) favourites(times []wire.HabitTime) string {
	var out []string
	for _, t := range times {
		if t.Weekday >= 0 && t.Weekday < len(weekdayWords) {
			out = append(out, s.text(WordFavouriteTime, s.text(weekdayWords[t.Weekday]), t.Hour, t.Refuels))
		}
	}
	return strings.Join(out, s.text(WordComma))
}

// weekdayWords name the days of the week; 0 is Sunday.
var weekdayWords = [7]Word{WordSunday, WordMonday, WordTuesday, WordWednesday, WordThursday, WordFriday, WordSaturday}

var consentWords = map[wire.ConsentPurpose]Word{
	wire.ConsentIDNumber: WordConsentIDNumber, wire.ConsentAccount: WordConsentAccount,
	wire.ConsentLocation: WordConsentLocation, wire.ConsentPlate: WordConsentPlate, wire.ConsentMarketing: WordConsentMarketing,
}

func (s *State) consentSection(r wire.MemberRecord) Section {
	out := Section{Title: s.text(WordSectionConsents), Empty: s.text(WordNoConsents)}
	for _, c := range r.Consents {
		word, known := consentWords[c.Purpose]
		if !known {
			continue // of a newer hub
		}
		l := CardLine{Label: s.text(word), Value: s.text(WordConsentNone), Tone: ToneSoft}
		switch {
		case c.Given:
			l.Value, l.Tone = s.text(WordConsentGiven, s.dateOf(c.At), c.Version), ToneGood
		case !c.At.IsZero():
			l.Value = s.text(WordConsentWithdrawn, s.dateOf(c.At))
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

func (s *State) refuelSection(r wire.MemberRecord) Section {
	t := Table{Columns: s.refuelColumns(), Rows: s.refuelRows(r.Refuels)}
	out := Section{Title: s.text(WordSideOrders), Empty: s.text(WordSideNoOrders)}
	if len(t.Rows) > 0 {
		out.Table = &t
	}
	return out
}

// revealForm asks why a field is to be shown.
func (s *State) revealForm(f *form) Form {
	what := map[wire.PersonalField]Word{
		wire.FieldPhone: WordRevealPhone, wire.FieldIDNumber: WordRevealIDNumber, wire.FieldAccount: WordRevealAccount,
	}[revealOf(f.object, "").Field]
	return Form{
		Title: s.text(what), Text: s.text(WordRevealText, int(RevealFor/time.Second)), Tone: ToneWarn,
		Fields: []Field{s.formField(f, "reason", FieldText, WordReason, WordRevealReasonHint)},
		OK:     s.actOf("ok", "", WordReveal),
	}
}

// eraseForm asks for the number once more, and why.
func (s *State) eraseForm(f *form) Form {
	number := ""
	if r := s.office.record; r != nil {
		number = r.Number
	}
	return Form{
		Title: s.text(WordEraseTitle, number), Text: s.text(WordEraseText), Tone: ToneBad,
		Fields: []Field{
			s.formField(f, "number", FieldText, WordEraseNumber, WordNone),
			s.formField(f, "reason", FieldText, WordReason, WordEraseReasonHint),
		},
		OK: s.danger(s.actOf("ok", "", WordEraseMember)),
	}
}
