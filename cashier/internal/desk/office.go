package desk

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// RevealFor is how long a revealed field of a member stays on the screen.
	RevealFor = 30 * time.Second
	// keysEvery is how often the keys are looked at while they are changed.
	keysEvery = 2 * time.Second
)

// office is the state behind the open tab of the members page or the office.
// Turning to another tab or page forgets all of it.
type office struct {
	tab      Tab
	row      string            // the key of the chosen row
	fields   map[string]string // the filters
	wrong    map[string]string // what is wrong with a filter
	revision int               // of the filters' values
	waits    map[topic]waiting
	failed   map[topic]string
	loaded   map[topic]bool
	form     *form
	export   Effect // waits for the name of its file
	must     bool   // opened because something had to be done

	members    []wire.MemberRow
	nextMember id.Member
	record     *wire.MemberRecord
	shown      *shown
	refuels    []wire.Refuel
	nextSale   id.Sale
	refuelsOf  string // the member number they belong to

	segments []wire.Segment
	preview  *wire.SegmentPreview

	staff       []wire.StaffMember
	stations    []wire.StationName
	permissions *wire.Permissions
	sessions    []wire.StaffSession

	alerts    []wire.Alert
	nextAlert id.Alert
	log       []wire.LogEntry
	nextLog   id.LogRow
	query     wire.LogQuery // that the list was asked with
	logState  *wire.LogState
	keys      *wire.KeyRing
	keysAt    time.Time
	account   *wire.Account

	offers []wire.Offer
	site   *wire.Site

	backups   *wire.Backups
	backupsAt time.Time
}

func newOffice() *office {
	return &office{
		fields: map[string]string{}, wrong: map[string]string{},
		waits: map[topic]waiting{}, failed: map[topic]string{}, loaded: map[topic]bool{},
	}
}

// openOffice begins the page that was turned to, with its first tab, if it is
// one of the office's; it forgets what was open in any case.
func (s *State) openOffice() []Effect {
	s.office = newOffice()
	tabs := s.offeredTabs(s.page)
	if len(tabs) == 0 {
		return nil
	}
	return s.openTab(tabs[0])
}

// openTab begins a tab that is for the person.
func (s *State) openTab(t Tab) []Effect {
	if s.holdsCodes() {
		return nil
	}
	for _, offered := range s.offeredTabs(s.page) {
		if offered == t {
			s.office = newOffice()
			s.office.tab, s.office.must = t, s.must()
			return s.load()
		}
	}
	return nil
}

// load asks for what the tab shows.
func (s *State) load() []Effect {
	switch s.office.tab {
	case TabMembers:
		return s.loadMembers()
	case TabSegments:
		return s.ask(topicList, AskSegments{})
	case TabStaff:
		return append(s.ask(topicList, AskStaff{}), s.ask(topicSide, AskPermissions{})...)
	case TabSessions:
		return s.ask(topicList, AskSessions{})
	case TabOffers:
		return s.ask(topicList, AskOffers{})
	case TabSite:
		return s.ask(topicSide, AskSite{})
	case TabAlerts:
		return s.ask(topicList, AskAlerts{})
	case TabLog:
		return append(s.searchLog(), s.ask(topicSide, AskLogState{})...)
	case TabKeys:
		return s.ask(topicSide, AskKeys{})
	case TabBackups:
		return s.ask(topicSide, AskBackups{})
	case TabAccount:
		return s.ask(topicSide, AskAccount{})
	}
	return nil
}

// officeEvent takes what happens on the members page and the office.
func (s *State) officeEvent(e Event) []Effect {
	if saved, ok := e.(FileSaved); ok && s.session != nil {
		return s.fileSaved(saved) // wherever the person is by now
	}
	if s.session == nil || s.office.tab == "" {
		return nil
	}
	switch e := e.(type) {
	case OfficeTab:
		return s.openTab(e.Tab)
	case OfficeFilter:
		s.filter(e.Field, e.Value)
	case OfficeSearch:
		return s.searchList()
	case OfficeRow:
		return s.chooseRow(e.Key)
	case OfficeMore:
		return s.officeMore()
	case OfficeAct:
		return s.officeAct(e)
	case OfficeEdit:
		s.edit(e)
	case OfficeSubmit:
		return s.submit()
	case OfficeCancel:
		return s.cancel()
	case FilePicked:
		return s.filePicked(e)
	case OfficeAnswer:
		return s.officeAnswer(e)
	}
	return nil
}

// filter notes what a filter holds; the list follows when it is asked for.
func (s *State) filter(field, value string) {
	if s.office.form != nil {
		return
	}
	s.office.fields[field] = value
	delete(s.office.wrong, field)
	if s.office.tab == TabMembers {
		s.memberFilter(field, value)
	}
}

// setFilter changes what a filter holds and has its widget follow.
func (s *State) setFilter(field, value string) {
	s.office.fields[field] = value
	s.office.revision++
}

// searchList asks for the list with the filters.
func (s *State) searchList() []Effect {
	if s.office.form != nil {
		return nil
	}
	switch s.office.tab {
	case TabMembers:
		s.dropRow()
		return s.loadMembers()
	case TabLog:
		s.dropRow()
		return s.searchLog()
	}
	return nil
}

// officeMore asks for the next page of the list.
func (s *State) officeMore() []Effect {
	o := s.office
	switch {
	case o.tab == TabMembers && !s.leads() && !o.nextSale.IsZero():
		return s.askMore(AskMemberRefuels{Number: o.refuelsOf, Before: o.nextSale})
	case o.tab == TabMembers && !o.nextMember.IsZero():
		search := s.memberSearch()
		search.Before = o.nextMember
		return s.askMore(AskMembers{search})
	case o.tab == TabAlerts && !o.nextAlert.IsZero():
		return s.askMore(AskAlerts{Before: o.nextAlert})
	case o.tab == TabLog && !o.nextLog.IsZero():
		query := o.query
		query.Before = o.nextLog
		return s.askMore(AskLog{query})
	}
	return nil
}

// dropRow lets go of the chosen row and of what was shown of it.
func (s *State) dropRow() {
	o := s.office
	o.row, o.record, o.shown, o.export = "", nil, nil, nil
	s.unask(topicCard)
}

// chooseRow chooses a row of the list, "" none.
func (s *State) chooseRow(key string) []Effect {
	if s.office.form != nil || key == s.office.row {
		return nil
	}
	s.dropRow()
	if !s.hasRow(key) {
		return nil
	}
	s.office.row = key
	if s.office.tab == TabMembers {
		return s.look()
	}
	return nil
}

// rowKeys lists the keys of the rows, from the top.
func (s *State) rowKeys() []string {
	var keys []string
	for _, r := range s.officeTable().Rows {
		if r.Key != "" {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

func (s *State) hasRow(key string) bool {
	for _, k := range s.rowKeys() {
		if k == key {
			return key != ""
		}
	}
	return false
}

// officePress is where keys have their meaning on an office page. Digits are
// writing here, never a pump.
func (s *State) officePress(p Press) []Effect {
	switch p.Key {
	case KeyEscape:
		return s.officeBack()
	case KeyEnter:
		if s.office.form != nil {
			return s.submit()
		}
	case KeyF5:
		return s.reload()
	case KeyUp:
		return s.stepRow(-1)
	case KeyDown:
		return s.stepRow(+1)
	}
	return nil
}

// officeBack closes what is open, one thing at a time.
func (s *State) officeBack() []Effect {
	switch {
	case s.office.form != nil:
		return s.cancel()
	case s.office.row != "":
		s.dropRow()
	case !s.must():
		return s.goTo(PageBoard)
	}
	return nil
}

// stepRow chooses the row above or below.
func (s *State) stepRow(by int) []Effect {
	keys := s.rowKeys()
	if len(keys) == 0 || s.office.form != nil {
		return nil
	}
	at := -1
	for i, k := range keys {
		if k == s.office.row {
			at = i
		}
	}
	switch {
	case at < 0 && by < 0:
		at = len(keys) - 1
	case at < 0:
		at = 0
	default:
		at = min(max(at+by, 0), len(keys)-1)
	}
	return s.chooseRow(keys[at])
}

// reload asks for everything on the tab anew.
func (s *State) reload() []Effect {
	if s.office.form != nil {
		return nil
	}
	out := s.load()
	if s.office.tab == TabMembers && s.office.row != "" && s.leads() {
		s.office.shown = nil
		out = append(out, s.look()...)
	}
	return out
}

// tendOffice does what time has made due on the office pages.
func (s *State) tendOffice() []Effect {
	o := s.office
	if o.shown != nil && !s.now.Before(o.shown.until) {
		o.shown = nil
	}
	if o.tab == TabKeys && o.keys != nil && o.keys.Rotation != nil && !s.asking(topicSide) && s.now.Sub(o.keysAt) >= keysEvery {
		o.keysAt = s.now // an answer that does not come is not asked for at every tick
		return s.ask(topicSide, AskKeys{})
	}
	return s.tendBackups()
}
