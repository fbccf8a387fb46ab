package desk

import "forecourt/shared/wire"

// What a role is offered on the screen. The hub alone decides what it may do;
// a button that would only be refused is not worth a place.

// takesMoney reports whether the person takes money and settles sales.
func (s *State) takesMoney() bool {
	return s.session != nil && (s.session.Role == wire.RoleHead || s.session.Role == wire.RoleCashier)
}

// laysHand reports whether the person may pause, stop, release and authorize.
func (s *State) laysHand() bool { return s.session != nil && s.session.Role != wire.RoleAgent }

// answersChats reports whether the person answers drivers.
func (s *State) answersChats() bool {
	return s.session != nil && (s.session.Role == wire.RoleHead || s.session.Role == wire.RoleAgent)
}

// firstPage is where the person begins.
func (s *State) firstPage() Page {
	if s.session.Role == wire.RoleAgent {
		return PageSupport
	}
	return PageBoard
}

// offers reports whether a page is for the person.
func (s *State) offers(p Page) bool { return p != PageSupport || s.answersChats() }
