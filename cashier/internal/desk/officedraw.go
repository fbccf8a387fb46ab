package desk

import (
	"fmt"
	"strings"
	"time"
)

// tabWords name the tabs.
var tabWords = map[Tab]Word{
	TabMembers: WordTabMembers, TabSegments: WordTabSegments, TabStaff: WordTabStaff, TabPosts: WordTabPosts,
	TabSessions: WordTabSessions, TabOffers: WordTabOffers, TabSite: WordTabSite, TabLog: WordTabLog, TabAlerts: WordTabAlerts, TabKeys: WordTabKeys, TabBackups: WordTabBackups, TabAccount: WordTabAccount,
}

// officeScreen draws the open tab of the members page or the office; nil for
// who has none.
func (s *State) officeScreen() *Office {
	if s.office.tab == "" {
		return nil
	}
	out := &Office{Title: s.text(pageWords[s.page])}
	for _, t := range s.offeredTabs(s.page) {
		item := TabItem{Tab: t, Label: s.text(tabWords[t]), Chosen: t == s.office.tab}
		if n := len(s.security.Alerts()); t == TabAlerts && n > 0 {
			item.Badge = fmt.Sprint(n)
		}
		out.Tabs = append(out.Tabs, item)
	}
	if s.office.tab != TabPosts && (s.office.tab != TabMembers || s.leads()) {
		out.Acts = []Act{s.actOf("reload", "", WordReload)}
	}
	s.drawTab(out)
	out.Form = s.officeForm()
	return out
}

func (s *State) drawTab(out *Office) {
	switch s.office.tab {
	case TabMembers:
		s.drawMembers(out)
	case TabSegments:
		s.drawSegments(out)
	case TabStaff:
		s.drawStaff(out)
	case TabPosts:
		s.drawPosts(out)
	case TabSessions:
		s.drawSessions(out)
	case TabOffers:
		s.drawOffers(out)
	case TabSite:
		s.drawSite(out)
	case TabAlerts:
		s.drawAlerts(out)
	case TabLog:
		s.drawLog(out)
	case TabKeys:
		s.drawKeys(out)
	case TabBackups:
		s.drawBackups(out)
	case TabAccount:
		s.drawAccount(out)
	}
}

// officeTable is the list of the open tab.
func (s *State) officeTable() Table {
	var out Office
	s.drawTab(&out)
	return out.Table
}

// officeAct presses a button.
func (s *State) officeAct(e OfficeAct) []Effect {
	if f := s.office.form; f != nil {
		switch {
		case s.formBusy():
			return nil
		case e.ID == "ok":
			return s.submit()
		case f.id == formSegment:
			return s.segmentExtra(f, e)
		}
		return nil
	}
	if e.ID == "reload" {
		return s.reload()
	}
	switch s.office.tab {
	case TabMembers:
		return s.membersAct(e)
	case TabSegments:
		return s.segmentsAct(e)
	case TabStaff:
		return s.staffAct(e)
	case TabPosts:
		return s.postsAct(e)
	case TabSessions:
		return s.sessionsAct(e)
	case TabOffers:
		return s.offersAct(e)
	case TabSite:
		return s.siteAct(e)
	case TabAlerts:
		return s.alertsAct(e)
	case TabLog:
		return s.logAct(e)
	case TabKeys:
		return s.keysAct(e)
	case TabBackups:
		return s.backupsAct(e)
	case TabAccount:
		return s.accountAct(e)
	}
	return nil
}

// officeForm draws the open form.
func (s *State) officeForm() *Form {
	f := s.office.form
	if f == nil {
		return nil
	}
	out := s.formOf(f)
	out.ID, out.Problem, out.Busy = f.id+"/"+f.object, f.problem, s.formBusy()
	out.Cancel = Button{Label: s.text(WordCancel), Hint: "Esc", On: !out.Busy || f.harmless(), Hidden: f.id == formCodes}
	out.OK.Busy, out.OK.On = out.Busy, !out.Busy
	for i := range out.Extra {
		out.Extra[i].On = !out.Busy
	}
	for i := range out.Fields {
		out.Fields[i].Off = out.Fields[i].Off || out.Busy
	}
	return &out
}

func (s *State) formOf(f *form) Form {
	switch f.id {
	case formReveal:
		return s.revealForm(f)
	case formErase:
		return s.eraseForm(f)
	case formSegment:
		return s.segmentForm(f)
	case formStaffAdd:
		return s.staffAddForm(f)
	case formStaffEdit:
		return s.staffEditForm(f)
	case formPassword:
		return s.passwordForm(f)
	case formAssign:
		return s.assignForm(f)
	case formOwnPassword:
		return s.ownPasswordForm(f)
	case formFactor:
		return s.factorForm(f)
	case formCodes:
		return s.codesForm(f)
	case formDropFactor:
		return s.dropFactorForm(f)
	case formRotate:
		return s.rotateForm()
	case formOfferAdd:
		return s.offerForm(f)
	case formSite:
		return s.siteForm(f)
	case formSchedule:
		return s.scheduleForm(f)
	case formRestore:
		return s.restoreForm(f)
	case formSwitch:
		return s.switchForm(f)
	}
	return s.sureForm(f)
}

// sureForm asks once whether something is meant.
func (s *State) sureForm(f *form) Form {
	out := Form{Tone: ToneWarn}
	switch f.id {
	case formDropSegment:
		out.Text, out.OK = s.text(WordSegmentDropText), s.actOf("ok", "", WordSegmentDrop)
		if g := s.segment(); g != nil {
			out.Title = g.Name
		}
	case formEndPost:
		out.Text, out.OK = s.text(WordEndPostText), s.actOf("ok", "", WordEndPost)
		if p := s.post(); p != nil {
			out.Title = p.Number + " " + p.Name
		}
	case formOfferEnd:
		out.Text, out.OK = s.text(WordOfferEndText), s.actOf("ok", "", WordOfferEnd)
		if o := s.offer(); o != nil {
			out.Title = o.Title
		}
	case formEndSession:
		out.Text, out.OK = s.text(WordEndSessionText), s.actOf("ok", "", WordEndSession)
		if p := s.chosenSession(); p != nil {
			out.Title = p.Number + " " + p.Name + " · " + p.DeviceName
		}
	case formPutAway:
		s.putAwayForm(&out)
	}
	out.OK = s.danger(out.OK)
	return out
}

// table begins the list of a tab: what is said when it has no rows, and why
// there are none.
func (s *State) table(title, empty Word, columns ...Column) Table {
	t := Table{Title: s.text(title), Empty: s.text(empty), Columns: columns, More: Button{Hidden: true}}
	switch failed := s.office.failed[topicList]; {
	case failed != "":
		t.Note, t.NoteTone, t.Empty = failed, ToneBad, failed
	case s.asking(topicList):
		t.Empty = s.text(WordSalesLoading)
	}
	return t
}

// more offers the next page of a list.
func (s *State) more(t *Table, there bool, label Word) {
	busy := s.asking(topicList)
	t.More = Button{Label: s.text(label), Hidden: !there, On: !busy, Busy: busy}
}

// officeRow is a row of the list; a key makes it one that can be chosen.
func (s *State) officeRow(key string, cells ...Cell) Row {
	return Row{Key: key, Chosen: key == s.office.row, Cells: cells}
}

// actOf is a button by name.
func (s *State) actOf(name, arg string, label Word) Act {
	return Act{ID: name, Arg: arg, Button: Button{Label: s.text(label), On: true}}
}

func (s *State) main(a Act) Act   { a.Style = ActMain; return a }
func (s *State) danger(a Act) Act { a.Style = ActDanger; return a }

// filterField is a filter over the list.
func (s *State) filterField(name string, kind FieldKind, label, hint Word) Field {
	return Field{
		ID: name, Kind: kind, Label: s.text(label), Hint: s.text(hint), Value: s.office.fields[name],
		Revision: s.office.revision, Problem: s.office.wrong[name],
	}
}

func (s *State) filterText(name string, label, hint Word) Field {
	return s.filterField(name, FieldText, label, hint)
}

func (s *State) filterCheck(name string, label Word) Field {
	return s.filterField(name, FieldCheck, label, WordNone)
}

func (s *State) filterChoice(name string, label Word, choices ...Pick) Field {
	f := s.filterField(name, FieldChoice, label, WordNone)
	f.Choices = choices
	return f
}

// formField is a field of the open form. What was typed unseen is not handed
// back to the screen.
func (s *State) formField(f *form, name string, kind FieldKind, label, hint Word) Field {
	out := Field{
		ID: name, Kind: kind, Label: s.text(label), Hint: s.text(hint), Value: f.values[name],
		Revision: f.revision, Problem: f.wrong[name],
	}
	if kind == FieldSecret {
		out.Value = ""
	}
	return out
}

// minuteLayout is how a moment is written and read.
const minuteLayout = "2006-01-02 15:04"

// dateTime, dateTimeSeconds and dateOf print a moment by the station's clock;
// "" for none.
func (s *State) dateTime(t time.Time) string        { return s.written(t, minuteLayout) }
func (s *State) dateTimeSeconds(t time.Time) string { return s.written(t, time.DateTime) }
func (s *State) dateOf(t time.Time) string          { return s.written(t, time.DateOnly) }

// clockShort prints the time of day for today, and the day as well for others.
func (s *State) clockShort(t time.Time) string {
	if !t.IsZero() && s.day(t) == s.day(s.hubNow()) {
		return s.written(t, "15:04")
	}
	return s.written(t, "01-02 15:04")
}

func (s *State) written(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone).Format(layout)
}

// orElse is a text, or another where it is empty.
func orElse(text, other string) string {
	if strings.TrimSpace(text) == "" {
		return other
	}
	return text
}

// orTime is a moment, or another where there is none.
func orTime(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
