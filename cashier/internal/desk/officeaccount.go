package desk

import (
	"fmt"
	"slices"
	"strings"

	"forecourt/shared/wire"
)

// accountLoaded takes the person's own account: asked for by the tab, or by the
// form that changed it. When nothing is left of what had to be done first, the
// till goes on as after any other login.
func (s *State) accountLoaded(about topic, a wire.Account) []Effect {
	if f := s.office.form; about == topicForm && f != nil {
		if w := accountDone[f.id]; w != WordNone {
			s.say(ToneGood, s.text(w))
		}
		s.closeForm()
	}
	had := s.must()
	s.office.account, s.session.Must = &a, a.Must
	switch {
	case s.must():
		return s.beginDuty()
	case had:
		s.say(ToneGood, s.text(WordDutiesDone))
		s.page = s.firstPage()
		return append([]Effect{Proceed{}, Record{"duties done", nil}}, s.openOffice()...)
	}
	return nil
}

var accountDone = map[string]Word{formOwnPassword: WordDoneOwnPassword, formDropFactor: WordDoneDropFactor}

// beginDuty opens what has to be done first.
func (s *State) beginDuty() []Effect {
	switch {
	case s.office.form != nil || s.office.tab != TabAccount:
		return nil
	case slices.Contains(s.session.Must, wire.MustPassword):
		s.openForm(formOwnPassword, "")
	case slices.Contains(s.session.Must, wire.MustSecondFactor):
		return s.ask(topicForm, AskFactor{})
	}
	return nil
}

// accountAct does what the buttons of the account tab say.
func (s *State) accountAct(e OfficeAct) []Effect {
	switch e.ID {
	case "account.password":
		s.openForm(formOwnPassword, "")
	case "factor.begin":
		if !s.asking(topicForm) {
			return s.ask(topicForm, AskFactor{})
		}
	case "factor.drop":
		s.openForm(formDropFactor, "")
	}
	return nil
}

func (s *State) submitOwnPassword(f *form) []Effect {
	if f.values["old"] == "" {
		f.wrong["old"] = s.text(WordFieldNeeded)
	}
	if !s.newPassword(f, "new", "again") || len(f.wrong) > 0 {
		return nil
	}
	return s.ask(topicForm, AskPassword{wire.OwnPasswordRequest{Old: f.values["old"], New: f.values["new"]}})
}

// submitCode gives a code of the authenticator: the first one, or the one with
// which the second factor is taken away.
func (s *State) submitCode(f *form) []Effect {
	code := strings.ReplaceAll(f.value("code"), " ", "")
	const digits = 6
	if len(code) < digits {
		f.wrong["code"] = s.text(WordCodeNeeded)
		return nil
	}
	request := wire.CodeRequest{Code: code}
	if f.id == formFactor {
		return s.ask(topicForm, AskConfirm{request})
	}
	return s.ask(topicForm, AskDropFactor{request})
}

// factorBegun shows the second factor that is to be set up.
func (s *State) factorBegun(a wire.SecondFactor) {
	if s.office.tab == TabAccount && s.office.form == nil {
		s.openForm(formFactor, "").factor = a
	}
}

// factorConfirmed shows the recovery codes, this one time.
func (s *State) factorConfirmed(a wire.RecoveryCodes) {
	if s.office.tab == TabAccount {
		s.openForm(formCodes, "").codes = a.Codes
		s.say(ToneGood, s.text(WordDoneFactor))
	}
}

// codesRead puts the recovery codes away, and looks at the account anew.
func (s *State) codesRead() []Effect {
	s.closeForm()
	return s.ask(topicSide, AskAccount{})
}

// drawAccount draws the account tab.
func (s *State) drawAccount(out *Office) {
	out.Card = s.accountCard()
	switch {
	case s.office.failed[topicForm] != "":
		out.Note, out.NoteTone = s.office.failed[topicForm], ToneBad
	case s.must():
		out.Note, out.NoteTone = s.text(WordDuties), ToneWarn
	}
}

func (s *State) accountCard() *Card {
	c := &Card{Title: s.session.Number + " " + s.session.Name, Subtitle: s.roleText(s.session.Role), Tone: ToneSoft}
	a := s.office.account
	c.Loading = a == nil && s.asking(topicSide)
	if failed := s.office.failed[topicSide]; failed != "" {
		c.Failed, c.Retry = failed, s.actOf("reload", "", WordSideRetry)
	}
	if a == nil {
		return c
	}
	lines := []CardLine{
		{Label: s.text(WordStaffNumber), Value: a.Number},
		{Label: s.text(WordSideName), Value: a.Name},
		{Label: s.text(WordRole), Value: s.roleText(a.Role)},
		s.factorLine(*a),
	}
	c.Acts = []Act{s.actOf("account.password", "", WordChangePassword)}
	if a.SecondFactor {
		left := CardLine{Label: s.text(WordRecoveryLeft), Value: fmt.Sprint(a.Recovery)}
		const few = 3
		if a.Recovery < few {
			left.Tone = ToneWarn
		}
		lines = append(lines, left)
		c.Acts = append(c.Acts, s.danger(s.actOf("factor.drop", "", WordDropFactor)))
	} else {
		c.Acts = append(c.Acts, s.main(s.actOf("factor.begin", "", WordBeginFactor)))
	}
	c.Sections = []Section{{Lines: lines}}
	return c
}

func (s *State) factorLine(a wire.Account) CardLine {
	if a.SecondFactor {
		return CardLine{Label: s.text(WordSecondFactor), Value: s.text(WordFactorOn), Tone: ToneGood}
	}
	return CardLine{Label: s.text(WordSecondFactor), Value: s.text(WordFactorOff), Tone: ToneWarn}
}

func (s *State) ownPasswordForm(f *form) Form {
	out := Form{
		Title: s.text(WordChangePassword), Text: s.text(WordOwnPasswordText),
		Fields: []Field{
			s.formField(f, "old", FieldSecret, WordOldPassword, WordNone), s.formField(f, "new", FieldSecret, WordNewPassword, WordNone),
			s.formField(f, "again", FieldSecret, WordPasswordAgain, WordNone),
		},
		OK: s.main(s.actOf("ok", "", WordSave)),
	}
	if s.must() {
		out.Text, out.Tone = s.text(WordMustPassword), ToneWarn
	}
	return out
}

func (s *State) factorForm(f *form) Form {
	out := Form{
		Title: s.text(WordBeginFactor), Text: s.text(WordFactorText), Code: f.factor.URI,
		Lines:  []CardLine{{Label: s.text(WordFactorSecret), Value: inFours(f.factor.Secret)}},
		Fields: []Field{s.formField(f, "code", FieldText, WordCode, WordCodeHint)},
		OK:     s.main(s.actOf("ok", "", WordConfirm)),
	}
	if s.must() {
		out.Text = s.text(WordMustFactor)
	}
	return out
}

// inFours parts a secret so that it can be typed off.
func inFours(secret string) string {
	var out []string
	for chunk := range slices.Chunk([]byte(secret), 4) {
		out = append(out, string(chunk))
	}
	return strings.Join(out, " ")
}

func (s *State) codesForm(f *form) Form {
	out := Form{
		Title: s.text(WordCodesTitle), Text: s.text(WordCodesText), Tone: ToneWarn,
		OK: s.main(s.actOf("ok", "", WordCodesRead)),
	}
	for i, code := range f.codes {
		out.Lines = append(out.Lines, CardLine{Label: fmt.Sprint(i + 1), Value: code})
	}
	return out
}

func (s *State) dropFactorForm(f *form) Form {
	return Form{
		Title: s.text(WordDropFactor), Text: s.text(WordDropFactorText), Tone: ToneWarn,
		Fields: []Field{s.formField(f, "code", FieldText, WordCode, WordCodeHint)},
		OK:     s.danger(s.actOf("ok", "", WordDropFactor)),
	}
}
