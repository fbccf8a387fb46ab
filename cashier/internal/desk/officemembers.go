package desk

import (
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The filters of the members tab.
const (
	fieldBy      = "by"
	fieldValue   = "value"
	fieldSegment = "segment"
)

// What a member is searched by.
const (
	byNumber   = "number"
	byPhone    = "phone"
	byPlate    = "plate"
	byIDNumber = "id_number"
)

// shown is a field of the chosen member in clear.
type shown struct {
	field   wire.PersonalField
	account id.PaymentAccount
	value   string
	until   time.Time
}

// loadMembers asks for the members that the filters select; a cashier's list
// begins with a member number.
func (s *State) loadMembers() []Effect {
	if !s.leads() {
		return s.searchRefuels()
	}
	out := s.ask(topicList, AskMembers{s.memberSearch()})
	if s.office.segments == nil && !s.asking(topicSide) {
		out = append(out, s.ask(topicSide, AskSegments{})...)
	}
	return out
}

// searchRefuels asks for the fuellings of the member whose number was typed.
func (s *State) searchRefuels() []Effect {
	o := s.office
	o.refuels, o.nextSale, o.refuelsOf = nil, id.Sale{}, ""
	delete(o.loaded, topicList)
	s.unask(topicList)
	number := strings.TrimSpace(o.fields[fieldValue])
	if number == "" {
		return nil
	}
	return s.ask(topicList, AskMemberRefuels{Number: number})
}

// memberSearch is what the filters ask for.
func (s *State) memberSearch() wire.MemberSearch {
	f := s.office.fields
	value := strings.TrimSpace(f[fieldValue])
	var search wire.MemberSearch
	switch {
	case value == "":
		search.Segment, _ = id.Parse[id.Segment](f[fieldSegment])
	case f[fieldBy] == byPhone:
		search.Phone = value
	case f[fieldBy] == byPlate:
		search.Plate = value
	case f[fieldBy] == byIDNumber:
		search.IDNumber = value
	default:
		search.Number = value
	}
	return search
}

// memberFilter keeps to one of the two ways to choose members: what was typed,
// or a segment.
func (s *State) memberFilter(field, value string) {
	f := s.office.fields
	switch {
	case field == fieldSegment && value != "" && f[fieldValue] != "":
		s.setFilter(fieldValue, "")
	case field == fieldValue && value != "" && f[fieldSegment] != "":
		s.setFilter(fieldSegment, "")
	}
}

// look asks for the chosen member; it goes on record at the hub.
func (s *State) look() []Effect {
	member, err := id.Parse[id.Member](s.office.row)
	if err != nil || !s.leads() {
		return nil
	}
	return s.ask(topicCard, AskMember{member})
}

// membersAct does what the buttons of the members tab say.
func (s *State) membersAct(e OfficeAct) []Effect {
	r := s.office.record
	switch {
	case e.ID == "look":
		return s.look()
	case !s.leads() || r == nil:
		return nil
	case e.ID == "reveal":
		s.openReveal(e.Arg)
	case e.ID == "hide":
		s.office.shown = nil
	case e.ID == "export":
		s.office.export = SaveMember{Member: r.ID}
		return []Effect{PickFile{Name: r.Number + ".json"}}
	case e.ID == "erase":
		s.openForm(formErase, r.ID.String())
	}
	return nil
}

// openReveal asks why a field is to be shown: "phone", "id_number", or an
// account by its id.
func (s *State) openReveal(what string) {
	switch wire.PersonalField(what) {
	case wire.FieldPhone, wire.FieldIDNumber:
		s.openForm(formReveal, what)
		return
	}
	for _, a := range s.office.record.Accounts {
		if a.ID.String() == what {
			s.openForm(formReveal, what)
		}
	}
}

// The bounds of a reason, in characters, as the hub takes them.
const (
	shortestReason = 2
	longestReason  = 200
)

// reason checks why something is done, and says so at the field if it will not do.
func (s *State) reason(f *form) (string, bool) {
	reason := f.value("reason")
	if n := utf8.RuneCountInString(reason); n < shortestReason || n > longestReason {
		f.wrong["reason"] = s.text(WordReasonNeeded)
		return "", false
	}
	return reason, true
}

func (s *State) submitReveal(f *form) []Effect {
	reason, ok := s.reason(f)
	if !ok || s.office.record == nil {
		return nil
	}
	s.office.shown = nil
	return s.ask(topicForm, AskReveal{Member: s.office.record.ID, Reveal: revealOf(f.object, reason)})
}

func revealOf(what, reason string) wire.RevealRequest {
	request := wire.RevealRequest{Field: wire.PersonalField(what), Reason: reason}
	if account, err := id.Parse[id.PaymentAccount](what); err == nil {
		request.Field, request.Account = wire.FieldAccount, account
	}
	return request
}

// revealed shows a field for a moment: RevealFor, or less if the hub says so.
func (s *State) revealed(r wire.Revealed) {
	f := s.office.form
	if f == nil || f.id != formReveal || s.office.record == nil {
		return
	}
	asked := revealOf(f.object, "")
	s.closeForm()
	until := s.now.Add(RevealFor)
	if left := r.Until.Sub(s.hubNow()); !r.Until.IsZero() && left > 0 && left < RevealFor {
		until = s.now.Add(left)
	}
	s.office.shown = &shown{field: asked.Field, account: asked.Account, value: r.Value, until: until}
}

func (s *State) submitErase(f *form) []Effect {
	r := s.office.record
	if r == nil || r.ID.String() != f.object {
		return nil
	}
	reason, ok := s.reason(f)
	if !strings.EqualFold(f.value("number"), r.Number) {
		f.wrong["number"], ok = s.text(WordEraseNumberWrong), false
	}
	if !ok {
		return nil
	}
	return s.sendForm(Command{Kind: CommandErase, Object: f.object, Office: OfficeBody{
		Erase: &wire.EraseRequest{Number: r.Number, Reason: reason},
	}})
}

// filePicked goes on with an export that waited for its file.
func (s *State) filePicked(e FilePicked) []Effect {
	export := s.office.export
	s.office.export = nil
	if e.Path == "" || export == nil {
		return nil
	}
	s.say(TonePlain, s.text(WordExporting))
	switch save := export.(type) {
	case SaveMember:
		save.Path = e.Path
		export = save
	case SaveLog:
		save.Path = e.Path
		export = save
	}
	return []Effect{export}
}

// fileSaved says what became of an export.
func (s *State) fileSaved(e FileSaved) []Effect {
	switch {
	case e.Failed:
		s.say(ToneBad, s.text(WordExportNotWritten, e.Path))
	case e.Problem != nil:
		s.say(ToneBad, s.problemText(e.Problem, WordNoAnswer))
	default:
		s.say(ToneGood, s.text(WordExported, e.Path))
	}
	return nil
}
