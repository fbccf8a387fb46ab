package desk

import (
	"strings"

	"forecourt/shared/wire"
)

// The forms.
const (
	formReveal      = "reveal"
	formErase       = "erase"
	formSegment     = "segment"
	formDropSegment = "segment.drop"
	formStaffAdd    = "staff.add"
	formStaffEdit   = "staff.edit"
	formPassword    = "staff.password"
	formAssign      = "post.assign"
	formEndPost     = "post.end"
	formEndSession  = "session.end"
	formRotate      = "keys.rotate"
	formOwnPassword = "account.password"
	formFactor      = "factor"
	formCodes       = "codes"
	formDropFactor  = "factor.drop"
	formOfferAdd    = "offer.add"
	formOfferEnd    = "offer.end"
	formSite        = "site"
	formSchedule    = "backup.schedule"
	formRestore     = "backup.restore"
	formSwitch      = "restore.switch"
	formPutAway     = "restore.away"
)

// form is the form that is open over an office page.
type form struct {
	id       string
	object   string // the id of what it is about
	values   map[string]string
	wrong    map[string]string // what is wrong with a field
	revision int               // of the values
	problem  string            // why the last try did not work
	sent     slot              // the command it waits for; none has no kind

	conditions int // of a segment's rule
	factor     wire.SecondFactor
	codes      []string
}

// openForm opens a form with what its fields begin with: name and value by
// turns.
func (s *State) openForm(name, object string, values ...string) *form {
	f := &form{id: name, object: object, values: map[string]string{}, wrong: map[string]string{}}
	for i := 0; i+1 < len(values); i += 2 {
		f.values[values[i]] = values[i+1]
	}
	s.office.form = f
	s.unask(topicForm)
	return f
}

// closeForm closes the open form; what was typed into it is gone.
func (s *State) closeForm() {
	s.office.form, s.office.preview = nil, nil
	s.unask(topicForm)
}

// formBusy reports whether the open form waits for an answer.
func (s *State) formBusy() bool {
	f := s.office.form
	return f != nil && (s.asking(topicForm) || f.sent.kind != "" && s.flights[f.sent].busy())
}

// value is what a field of the form holds, without the space around it.
func (f *form) value(field string) string { return strings.TrimSpace(f.values[field]) }

// edit notes what a field of the open form holds.
func (s *State) edit(e OfficeEdit) {
	f := s.office.form
	if f == nil || s.formBusy() {
		return
	}
	f.values[e.Field] = e.Value
	delete(f.wrong, e.Field)
	f.problem = ""
	if f.id == formSegment {
		s.office.preview = nil // it was of another rule
	}
}

// cancel closes the open form, unless what it asked for is on its way.
func (s *State) cancel() []Effect {
	f := s.office.form
	switch {
	case f == nil:
		return nil
	case s.formBusy() && !f.harmless():
		return nil // the answer says what became of it
	case f.id == formCodes:
		return s.codesRead()
	}
	s.closeForm()
	return nil
}

// harmless reports whether what the form waits for changes nothing, so that it
// may be closed meanwhile.
func (f *form) harmless() bool {
	return f.sent.kind == "" && (f.id == formReveal || f.id == formSegment)
}

// holdsCodes reports whether recovery codes are on the screen or on their way:
// they come only once, so nobody turns away from them by a slip of the hand.
func (s *State) holdsCodes() bool {
	f := s.office.form
	return f != nil && (f.id == formCodes || f.id == formFactor && s.formBusy())
}

// submit does what the open form is for, once.
func (s *State) submit() []Effect {
	f := s.office.form
	if f == nil || s.formBusy() {
		return nil
	}
	f.problem = ""
	clear(f.wrong)
	switch f.id {
	case formReveal:
		return s.submitReveal(f)
	case formErase:
		return s.submitErase(f)
	case formSegment:
		return s.submitSegment(f)
	case formStaffAdd:
		return s.submitStaffAdd(f)
	case formStaffEdit:
		return s.submitStaffEdit(f)
	case formPassword:
		return s.submitPassword(f)
	case formAssign:
		return s.submitAssign(f)
	case formOwnPassword:
		return s.submitOwnPassword(f)
	case formFactor, formDropFactor:
		return s.submitCode(f)
	case formOfferAdd:
		return s.submitOffer(f)
	case formSite:
		return s.submitSite(f)
	case formSchedule:
		return s.submitSchedule(f)
	case formRestore:
		return s.submitRestore(f)
	case formSwitch:
		return s.submitSwitch(f)
	case formCodes:
		return s.codesRead()
	}
	return s.submitSure(f)
}

// submitSure does what was only asked once whether it is meant.
func (s *State) submitSure(f *form) []Effect {
	switch f.id {
	case formDropSegment:
		return s.sendForm(Command{Kind: CommandSegmentDrop, Object: f.object})
	case formEndPost:
		return s.sendForm(Command{Kind: CommandAssign, Object: f.object, Office: OfficeBody{
			Assign: &wire.PostRequest{Nozzles: []int{}, Hours: 1},
		}})
	case formEndSession:
		return s.sendForm(Command{Kind: CommandSessionEnd, Object: f.object})
	case formRotate:
		return s.sendForm(Command{Kind: CommandRotate})
	case formOfferEnd:
		return s.sendForm(Command{Kind: CommandOfferEnd, Object: f.object})
	case formPutAway:
		return s.sendForm(Command{Kind: CommandPutAway, Object: f.object})
	}
	return nil
}

// sendForm sends a command that the form waits for.
func (s *State) sendForm(c Command) []Effect {
	out := s.send(c)
	if out != nil {
		s.office.form.sent = c.slot()
	}
	return out
}

// needs says of a field that it must be filled in, and reports whether it is.
func (s *State) needs(f *form, fields ...string) bool {
	for _, name := range fields {
		if f.value(name) == "" {
			f.wrong[name] = s.text(WordFieldNeeded)
		}
	}
	return len(f.wrong) == 0
}

// officeDone ends an act with the hub's yes: its form closes, and the lists
// show what is true now.
func (s *State) officeDone(c Command) []Effect {
	if s.flights[c.slot()].command.Key != c.Key {
		return nil // of an earlier session, or a second answer
	}
	s.land(c)
	s.renamed(c)
	out := s.record("confirmed", c)
	if w := doneWords[c.Kind]; w != WordNone {
		s.say(ToneGood, s.text(w))
	}
	if f := s.office.form; f != nil && f.sent == c.slot() {
		s.closeForm()
	}
	if !officeTabs[c.Kind][s.office.tab] {
		return out
	}
	if goneAfter[c.Kind] {
		s.dropRow() // it is there no more
	}
	return append(out, s.reload()...)
}

// goneAfter are the acts after which what they were about is not in the list.
var goneAfter = map[CommandKind]bool{
	CommandSegmentDrop: true, CommandSessionEnd: true, CommandErase: true, CommandOfferEnd: true,
}

// doneWords say that an act was done.
var doneWords = map[CommandKind]Word{
	CommandStaffAdd: WordDoneStaffAdd, CommandStaffSet: WordDoneStaffSet, CommandStaffPassword: WordDonePassword,
	CommandSessionEnd: WordDoneSessionEnd, CommandAssign: WordDoneAssign, CommandSegmentPut: WordDoneSegment,
	CommandSegmentDrop: WordDoneSegmentDrop, CommandErase: WordDoneErase, CommandAlertSeen: WordDoneAlert,
	CommandRotate: WordDoneRotate, CommandOfferAdd: WordDoneOfferAdd, CommandOfferEnd: WordDoneOfferEnd, CommandSite: WordDoneSite,
	CommandSchedule: WordDoneSchedule, CommandBackup: WordDoneBackup, CommandVerify: WordDoneVerify, CommandDrill: WordDoneDrill,
	CommandRestore: WordDoneRestore, CommandSwitch: WordDoneSwitch, CommandPutAway: WordDonePutAway,
}

// officeTabs are the tabs that show what an act changed.
var officeTabs = map[CommandKind]map[Tab]bool{
	CommandStaffAdd: {TabStaff: true}, CommandStaffSet: {TabStaff: true}, CommandStaffPassword: {TabStaff: true},
	CommandSessionEnd: {TabSessions: true}, CommandAssign: {TabPosts: true}, CommandSegmentPut: {TabSegments: true},
	CommandSegmentDrop: {TabSegments: true}, CommandErase: {TabMembers: true}, CommandAlertSeen: {TabAlerts: true},
	CommandRotate: {TabKeys: true}, CommandOfferAdd: {TabOffers: true}, CommandOfferEnd: {TabOffers: true}, CommandSite: {TabSite: true},
	CommandSchedule: {TabBackups: true}, CommandBackup: {TabBackups: true}, CommandVerify: {TabBackups: true}, CommandDrill: {TabBackups: true},
	CommandRestore: {TabBackups: true}, CommandSwitch: {TabBackups: true}, CommandPutAway: {TabBackups: true},
}

// officeRefused ends an act with the hub's no: in its form, if that is open.
func (s *State) officeRefused(c Command, problem *wire.Problem) []Effect {
	s.officeOver(c, s.problemText(problem, WordUnknownProblem))
	return s.record("refused", c, "problem", problemName(problem))
}

// officeGivenUp ends an act that was not answered in time. It may have been
// done all the same, so the lists are read again.
func (s *State) officeGivenUp(c Command) []Effect {
	s.officeOver(c, s.text(WordToastGivenUp))
	out := s.record("given up", c)
	if officeTabs[c.Kind][s.office.tab] {
		out = append(out, s.load()...)
	}
	return out
}

func (s *State) officeOver(c Command, problem string) {
	s.land(c)
	if f := s.office.form; f != nil && f.sent == c.slot() {
		f.sent, f.problem = slot{}, problem
		return
	}
	s.say(ToneBad, problem)
}
