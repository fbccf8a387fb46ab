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
