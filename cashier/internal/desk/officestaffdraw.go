package desk

import (
	"slices"
	"strings"

	"forecourt/shared/wire"
)

// drawStaff draws the staff tab; while nobody is chosen the permission table
// stands beside the list.
func (s *State) drawStaff(out *Office) {
	out.Acts = append([]Act{s.main(s.actOf("staff.add", "", WordStaffAdd))}, out.Acts...)
	out.Table = s.staffTable()
	if p := s.person(); p != nil {
		out.Card = s.staffCard(*p)
		return
	}
	out.Card = s.permissionCard()
}

func (s *State) staffTable() Table {
	t := s.table(WordTabStaff, WordStaffEmpty,
		Column{Title: s.text(WordStaffNumber), Weight: 10},
		Column{Title: s.text(WordSideName), Weight: 14},
		Column{Title: s.text(WordRole), Weight: 14},
		Column{Title: s.text(WordColumnState), Weight: 14},
		Column{Title: s.text(WordSecondFactor), Weight: 12, Spare: true},
		Column{Title: s.text(WordLastSeen), Weight: 14, Right: true, Spare: true},
	)
	for _, p := range s.office.staff {
		state, tone := s.staffState(p)
		t.Rows = append(t.Rows, s.officeRow(p.ID.String(),
			Cell{Text: p.Number, Bold: true}, Cell{Text: p.Name}, Cell{Text: s.roleText(p.Role)}, Cell{Text: state, Tone: tone},
			Cell{Text: s.yesNo(p.SecondFactor), Tone: ToneSoft}, Cell{Text: s.dateOf(p.SeenAt), Tone: ToneSoft},
		))
	}
	return t
}

// staffState says whether somebody may sign in.
func (s *State) staffState(p wire.StaffMember) (string, Tone) {
	switch {
	case !p.Active:
		return s.text(WordStaffInactive), ToneSoft
	case p.LockedUntil.After(s.hubNow()):
		return s.text(WordStaffLocked, s.clockShort(p.LockedUntil)), ToneBad
	}
	return s.text(WordStaffActive), ToneGood
}

// roleText is a role in words; one of a newer hub stands as it is.
func (s *State) roleText(r wire.Role) string {
	if w, ok := roleWords[r]; ok {
		return s.text(w)
	}
	return string(r)
}

func (s *State) yesNo(yes bool) string {
	if yes {
		return s.text(WordYes)
	}
	return s.text(WordNo)
}

func (s *State) staffCard(p wire.StaffMember) *Card {
	state, tone := s.staffState(p)
	about := Section{Lines: []CardLine{
		{Label: s.text(WordRole), Value: s.roleText(p.Role)},
		{Label: s.text(WordSecondFactor), Value: s.yesNo(p.SecondFactor)},
		{Label: s.text(WordLastSeen), Value: orElse(s.dateTime(p.SeenAt), s.text(WordNever))},
	}}
	var stations []string
	for _, card := range p.Stations {
		stations = append(stations, card.Name)
	}
	if len(stations) > 0 {
		about.Lines = append(about.Lines, CardLine{Label: s.text(WordStations), Value: strings.Join(stations, s.text(WordComma))})
	}
	return &Card{
		Title: p.Number + " " + p.Name, Subtitle: state, Tone: tone, Sections: []Section{about, s.maySection(p.Role)},
		Acts: []Act{s.main(s.actOf("staff.edit", "", WordEdit)), s.actOf("staff.password", "", WordGivePassword)},
	}
}

// maySection lists what a role may do.
func (s *State) maySection(r wire.Role) Section {
	out := Section{Title: s.text(WordMayDo), Empty: s.text(WordChatLoading)}
	if s.office.permissions == nil {
		return out
	}
	var may []string
	for _, row := range s.office.permissions.Rows {
		if slices.Contains(row.Roles, r) {
			may = append(may, s.permissionText(row.Action))
		}
	}
	out.Lines = []CardLine{{Value: strings.Join(may, s.text(WordComma))}}
	return out
}

// permissionCard is the permission table.
func (s *State) permissionCard() *Card {
	c := &Card{Title: s.text(WordPermissions), Subtitle: s.text(WordPermissionsText), Tone: ToneSoft}
	c.Loading = s.asking(topicSide) && s.office.permissions == nil
	if c.Failed = s.office.failed[topicSide]; c.Failed != "" {
		c.Retry = s.actOf("reload", "", WordSideRetry)
	}
	if s.office.permissions == nil {
		return c
	}
	t := &Table{Columns: []Column{{Title: s.text(WordPermission), Weight: 30}}}
	for _, r := range s.office.permissions.Roles {
		title := s.roleText(r)
		if r == wire.RoleGroup {
			title = s.text(WordRoleGroupShort)
		}
		t.Columns = append(t.Columns, Column{Title: title, Weight: 11})
	}
	for _, row := range s.office.permissions.Rows {
		cells := []Cell{{Text: s.permissionText(row.Action)}}
		for _, r := range s.office.permissions.Roles {
			cell := Cell{Text: "—", Tone: ToneSoft}
			if slices.Contains(row.Roles, r) {
				cell = Cell{Text: s.text(WordYes), Tone: ToneGood}
			}
			cells = append(cells, cell)
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
	c.Sections = []Section{{Table: t}}
	return c
}

// permissionWords say the actions of the permission table.
var permissionWords = map[string]Word{
	"see-board": WordMaySeeBoard, "see-sales": WordMaySeeSales, "see-refuels": WordMaySeeRefuels, "take-payment": WordMayTakePayment,
	"resolve-sale": WordMayResolveSale, "hold-nozzle": WordMayHoldNozzle, "stop-all": WordMayStopAll, "set-mode": WordMaySetMode,
	"authorize": WordMayAuthorize, "set-prices": WordMaySetPrices, "see-proof": WordMaySeeProof, "answer-chat": WordMayAnswerChat,
	"manage-support": WordMayManageSupport, "see-member": WordMaySeeMember, "see-member-refuels": WordMaySeeMemberRefuels,
	"see-members": WordMaySeeMembers, "reveal-member": WordMayRevealMember, "erase-member": WordMayEraseMember,
	"manage-segments": WordMayManageSegments, "own-account": WordMayOwnAccount, "manage-staff": WordMayManageStaff,
	"assign-nozzles": WordMayAssignNozzles, "see-log": WordMaySeeLog, "see-keys": WordMaySeeKeys, "rotate-keys": WordMayRotateKeys,
	"edit-offers": WordMayEditOffers, "edit-site": WordMayEditSite, "count-queue": WordMayCountQueue,
	"see-backups": WordMaySeeBackups, "make-backups": WordMayMakeBackups, "restore-backups": WordMayRestoreBackups,
}

// permissionText is an action in words; one of a newer hub stands as it is.
func (s *State) permissionText(action string) string {
	if w, ok := permissionWords[action]; ok {
		return s.text(w)
	}
	return action
}

func (s *State) roleField(f *form) Field {
	out := s.formField(f, "role", FieldChoice, WordRole, WordNone)
	for _, r := range rolesInOrder {
		out.Choices = append(out.Choices, Pick{string(r), s.roleText(r)})
	}
	return out
}

func (s *State) staffAddForm(f *form) Form {
	password := s.formField(f, "password", FieldSecret, WordFirstPassword, WordNone)
	password.Help = s.text(WordFirstPasswordHelp)
	return Form{
		Title: s.text(WordStaffAdd),
		Fields: []Field{
			s.formField(f, "number", FieldText, WordStaffNumber, WordNone), s.formField(f, "name", FieldText, WordSideName, WordNone),
			s.roleField(f), password, s.formField(f, "again", FieldSecret, WordPasswordAgain, WordNone),
		},
		OK: s.main(s.actOf("ok", "", WordSave)),
	}
}

func (s *State) staffEditForm(f *form) Form {
	out := Form{
		Title: s.text(WordStaffEdit), Text: s.text(WordStaffEditText),
		Fields: []Field{
			s.formField(f, "name", FieldText, WordSideName, WordNone), s.roleField(f),
			s.formField(f, "active", FieldCheck, WordStaffMaySignIn, WordNone),
		},
		OK: s.main(s.actOf("ok", "", WordSave)),
	}
	if wire.Role(f.value("role")) == wire.RoleGroup {
		stations := s.formField(f, "stations", FieldMany, WordStations, WordNone)
		for _, card := range s.office.stations {
			stations.Choices = append(stations.Choices, Pick{card.ID.String(), card.Name})
		}
		if len(stations.Choices) == 0 {
			stations.Help, stations.Off = s.text(WordNoOtherStation), true
		}
		out.Fields = append(out.Fields, stations)
	}
	return out
}

func (s *State) passwordForm(f *form) Form {
	out := Form{
		Title: s.text(WordGivePassword), Text: s.text(WordGivePasswordText),
		Fields: []Field{
			s.formField(f, "password", FieldSecret, WordNewPassword, WordNone),
			s.formField(f, "again", FieldSecret, WordPasswordAgain, WordNone),
		},
		OK: s.main(s.actOf("ok", "", WordSave)),
	}
	if p := s.person(); p != nil {
		out.Title = s.text(WordGivePasswordTo, p.Number, p.Name)
		if p.SecondFactor {
			out.Fields = append(out.Fields, s.formField(f, "drop", FieldCheck, WordDropFactorLost, WordNone))
		}
	}
	return out
}

// drawSessions draws the sessions tab.
func (s *State) drawSessions(out *Office) {
	out.Table = s.table(WordTabSessions, WordSessionsEmpty,
		Column{Title: s.text(WordStaffNumber), Weight: 10},
		Column{Title: s.text(WordSideName), Weight: 14},
		Column{Title: s.text(WordRole), Weight: 12, Spare: true},
		Column{Title: s.text(WordDevice), Weight: 16},
		Column{Title: s.text(WordOpenSince), Weight: 14, Right: true},
		Column{Title: s.text(WordLastUsed), Weight: 14, Right: true},
	)
	for _, p := range s.office.sessions {
		name := p.Name
		if p.Own {
			name = s.text(WordOwnSession, p.Name)
		}
		out.Table.Rows = append(out.Table.Rows, s.officeRow(p.ID.String(),
			Cell{Text: p.Number, Bold: true}, Cell{Text: name}, Cell{Text: s.roleText(p.Role)}, Cell{Text: p.DeviceName},
			Cell{Text: s.clockOrDay(p.Since), Tone: ToneSoft}, Cell{Text: s.clockOrDay(p.SeenAt), Tone: ToneSoft},
		))
	}
	p := s.chosenSession()
	out.Wide = p == nil
	if p == nil {
		return
	}
	out.Card = &Card{Title: p.Number + " " + p.Name, Subtitle: s.roleText(p.Role), Sections: []Section{{Lines: []CardLine{
		{Label: s.text(WordDevice), Value: p.DeviceName},
		{Label: s.text(WordOpenSince), Value: s.dateTime(p.Since)},
		{Label: s.text(WordLastUsed), Value: s.dateTime(p.SeenAt)},
	}}}}
	if p.Own {
		out.Card.Note = s.text(WordOwnSessionNote)
		return
	}
	out.Card.Acts = []Act{s.danger(s.actOf("session.end", "", WordEndSession))}
}
