package desk

import (
	"slices"

	"forecourt/shared/wire"
)

// What a role is offered on the screen. The hub alone decides what it may do;
// a button that would only be refused is not worth a place.

// is reports whether the person signed in has one of the roles.
func (s *State) is(roles ...wire.Role) bool {
	return s.session != nil && slices.Contains(roles, s.session.Role)
}

// leads reports whether the person is head here: of the station, or of the
// group it belongs to.
func (s *State) leads() bool { return s.is(wire.RoleHead, wire.RoleGroup) }

// attends reports whether the person works at nozzles of their own.
func (s *State) attends() bool { return s.is(wire.RoleAttendant) }

// takesMoney reports whether the person takes money and settles sales.
func (s *State) takesMoney() bool { return s.leads() || s.is(wire.RoleCashier) }

// laysHand reports whether the person may pause, stop, release and authorize.
func (s *State) laysHand() bool {
	return s.session != nil && !s.is(wire.RoleAgent) && !s.must()
}

// answersChats reports whether the person answers drivers.
func (s *State) answersChats() bool { return s.leads() || s.is(wire.RoleAgent) }

// countsQueue reports whether the person counts the cars that wait.
func (s *State) countsQueue() bool { return s.laysHand() }

// must reports whether the person has to do something before anything else.
func (s *State) must() bool { return s.session != nil && len(s.session.Must) > 0 }

// firstPage is where the person begins.
func (s *State) firstPage() Page {
	switch {
	case s.must():
		return PageOffice
	case s.is(wire.RoleAgent):
		return PageSupport
	}
	return PageBoard
}

// offers reports whether a page is for the person.
func (s *State) offers(p Page) bool {
	switch {
	case s.must():
		return p == PageOffice
	case p == PageSupport:
		return s.answersChats()
	case p == PageProof:
		return !s.attends()
	case p == PageMembers:
		return s.takesMoney()
	}
	return true
}

// offeredTabs lists the tabs of a page that are for the person, in order.
func (s *State) offeredTabs(p Page) []Tab {
	switch {
	case !s.offers(p):
		return nil
	case p == PageMembers && s.leads():
		return []Tab{TabMembers, TabSegments}
	case p == PageMembers:
		return []Tab{TabMembers}
	case p == PageOffice && s.leads() && !s.must():
		return []Tab{TabStaff, TabPosts, TabSessions, TabOffers, TabSite, TabAlerts, TabLog, TabKeys, TabBackups, TabAccount}
	case p == PageOffice:
		return []Tab{TabAccount}
	}
	return nil
}
