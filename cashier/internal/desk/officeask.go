package desk

import (
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Question is something that an office page asks the hub. Only the types below
// are questions; behind each stands what it is answered with.
type Question interface{ question() }

// The questions.
type (
	AskMembers       struct{ Search wire.MemberSearch } // wire.MemberPage
	AskMember        struct{ Member id.Member }         // wire.MemberRecord
	AskMemberRefuels struct {
		Number string
		Before id.Sale
	} // wire.MemberRefuels
	AskReveal struct {
		Member id.Member
		Reveal wire.RevealRequest
	} // wire.Revealed
	AskSegments    struct{}                                   // wire.SegmentList
	AskPreview     struct{ Segment wire.SegmentRequest }      // wire.SegmentPreview
	AskStaff       struct{}                                   // wire.StaffList
	AskPermissions struct{}                                   // wire.Permissions
	AskSessions    struct{}                                   // wire.StaffSessionList
	AskAlerts      struct{ Before id.Alert }                  // wire.AlertList
	AskLog         struct{ Query wire.LogQuery }              // wire.LogPage
	AskLogState    struct{}                                   // wire.LogState
	AskKeys        struct{}                                   // wire.KeyRing
	AskAccount     struct{}                                   // wire.Account
	AskPassword    struct{ Password wire.OwnPasswordRequest } // wire.Account
	AskFactor      struct{}                                   // wire.SecondFactor
	AskConfirm     struct{ Code wire.CodeRequest }            // wire.RecoveryCodes
	AskDropFactor  struct{ Code wire.CodeRequest }            // wire.Account
	AskOffers      struct{}                                   // wire.OfferList
	AskSite        struct{}                                   // wire.Site
	AskBackups     struct{}                                   // wire.Backups
)

func (AskMembers) question()       {}
func (AskMember) question()        {}
func (AskMemberRefuels) question() {}
func (AskReveal) question()        {}
func (AskSegments) question()      {}
func (AskPreview) question()       {}
func (AskStaff) question()         {}
func (AskPermissions) question()   {}
func (AskSessions) question()      {}
func (AskAlerts) question()        {}
func (AskLog) question()           {}
func (AskLogState) question()      {}
func (AskKeys) question()          {}
func (AskAccount) question()       {}
func (AskPassword) question()      {}
func (AskFactor) question()        {}
func (AskConfirm) question()       {}
func (AskDropFactor) question()    {}
func (AskOffers) question()        {}
func (AskSite) question()          {}
func (AskBackups) question()       {}

// What the members page and the office ask of the outside. Acts that carry a
// key go as Commands.
type (
	// OfficeAsk asks the hub; the answer comes as an OfficeAnswer with the same
	// number.
	OfficeAsk struct {
		N        int
		Question Question
	}
	// SaveMember writes everything that is kept of a member into a file, SaveLog
	// the rows of the log that a query asks for; FileSaved tells.
	SaveMember struct {
		Path   string
		Member id.Member
	}
	SaveLog struct {
		Path  string
		Query wire.LogQuery
	}
)

func (OfficeAsk) effect()  {}
func (SaveMember) effect() {}
func (SaveLog) effect()    {}

// What the outside answers on an office page.
type (
	// OfficeAnswer answers a question: Answer is what stands behind it, or
	// Problem says why there is none.
	OfficeAnswer struct {
		N       int
		Answer  any
		Problem *wire.Problem
	}
	// FileSaved says that a file was written, or why not: the hub's Problem, or
	// Failed when the file itself could not be written.
	FileSaved struct {
		Path    string
		Problem *wire.Problem
		Failed  bool
	}
)

func (OfficeAnswer) event() {}
func (FileSaved) event()    {}

// topic is what a question fills.
type topic string

// The topics. Of each one question is under way at most: a later one replaces
// an earlier one, whose answer is then not taken.
const (
	topicList topic = "list" // the table
	topicCard topic = "card" // what stands beside it
	topicForm topic = "form" // the open form waits for it
	topicSide topic = "side" // what the tab says of itself
)

// waiting is a question under way.
type waiting struct {
	n    int
	more bool // the answer goes on where the list ends
}

// ask puts a question.
func (s *State) ask(about topic, q Question) []Effect {
	s.asked++
	s.office.waits[about] = waiting{n: s.asked}
	delete(s.office.failed, about)
	return []Effect{OfficeAsk{N: s.asked, Question: q}}
}

// askMore puts a question for the next page of the list.
func (s *State) askMore(q Question) []Effect {
	if s.asking(topicList) {
		return nil
	}
	out := s.ask(topicList, q)
	s.office.waits[topicList] = waiting{n: s.asked, more: true}
	return out
}

// asking reports whether a question about a topic is under way.
func (s *State) asking(about topic) bool {
	_, ok := s.office.waits[about]
	return ok
}

// unask lets go of a question: its answer will not be taken.
func (s *State) unask(about topic) {
	delete(s.office.waits, about)
	delete(s.office.failed, about)
}

// officeAnswer takes the answer to a question that is still wanted.
func (s *State) officeAnswer(e OfficeAnswer) []Effect {
	for about, w := range s.office.waits {
		if w.n != e.N {
			continue
		}
		delete(s.office.waits, about)
		if e.Problem != nil || e.Answer == nil {
			s.officeFailed(about, s.problemText(e.Problem, WordNoAnswer))
			return nil
		}
		return s.take(about, e.Answer, w.more)
	}
	return nil
}

// officeFailed says why there is no answer where it would have stood.
func (s *State) officeFailed(about topic, problem string) {
	if about == topicForm && s.office.form != nil {
		s.office.form.problem = problem
		return
	}
	s.office.failed[about] = problem
}

// take puts an answer where it belongs.
func (s *State) take(about topic, answer any, more bool) []Effect {
	o := s.office
	switch a := answer.(type) {
	case wire.MemberPage:
		o.members, o.nextMember = onto(o.members, a.Members, more), a.Next
	case wire.MemberRefuels:
		o.refuels, o.nextSale, o.refuelsOf = onto(o.refuels, a.Refuels, more), a.Next, a.Member.Number
	case wire.MemberRecord:
		o.record = &a
	case wire.Revealed:
		s.revealed(a)
	case wire.SegmentList:
		o.segments = a.Segments
		o.revision++ // a filter has its choices now
	case wire.SegmentPreview:
		o.preview = &a
	case wire.StaffList:
		o.staff, o.stations = a.Staff, stationsOf(a)
	case wire.Permissions:
		o.permissions = &a
	case wire.StaffSessionList:
		o.sessions = a.Sessions
	default:
		return s.takeMore(about, answer, more)
	}
	o.loaded[about] = true
	return nil
}

// takeMore takes the other half of the answers.
func (s *State) takeMore(about topic, answer any, more bool) []Effect {
	o := s.office
	switch a := answer.(type) {
	case wire.AlertList:
		o.alerts, o.nextAlert = onto(o.alerts, a.Alerts, more), a.Next
		o.loaded[topicList] = true
	case wire.LogPage:
		o.log, o.nextLog = onto(o.log, a.Entries, more), a.Next
		o.loaded[topicList] = true
	case wire.LogState:
		o.logState = &a
	case wire.KeyRing:
		o.keys, o.keysAt = &a, s.now
	case wire.OfferList:
		o.offers, o.loaded[topicList] = a.Offers, true
	case wire.Site:
		o.site = &a
	case wire.Backups:
		s.backupsLoaded(a)
	case wire.Account:
		return s.accountLoaded(about, a)
	case wire.SecondFactor:
		s.factorBegun(a)
	case wire.RecoveryCodes:
		s.factorConfirmed(a)
	}
	return nil
}

// onto adds a page to a list, or begins the list with it.
func onto[T any](list, page []T, more bool) []T {
	if !more {
		list = nil
	}
	return append(list, page...)
}
