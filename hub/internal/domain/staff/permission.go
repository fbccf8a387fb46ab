package staff

import (
	"slices"

	"forecourt/shared/wire"
)

// Action is something a person may or may not do.
type Action string

// The actions.
const (
	SeeBoard    Action = "see-board"    // watch the pumps, the sales and the prices
	TakePayment Action = "take-payment" // take money for a sale
	ResolveSale Action = "resolve-sale" // let a sale leave the open list without money
	HoldNozzle  Action = "hold-nozzle"  // pause or stop one nozzle, and lift that again
	StopAll     Action = "stop-all"     // stop every nozzle of the station, and lift that again
	SetMode     Action = "set-mode"     // choose who lets a nozzle dispense, or close it
	Authorize   Action = "authorize"    // permit one delivery
	SetPrices   Action = "set-prices"   // change the prices
	SeeProof    Action = "see-proof"    // see the totalizer proofs

	AnswerChat    Action = "answer-chat"    // talk with drivers, and see who waits and who answers
	ManageSupport Action = "manage-support" // say how support works, and what replies it keeps ready
	SeeMember     Action = "see-member"     // see the member one talks to, masked, and how a fee is made up
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		SeeBoard, TakePayment, ResolveSale, HoldNozzle, StopAll, SetMode, Authorize, SetPrices, SeeProof,
		AnswerChat, ManageSupport, SeeMember,
	}
}

// May reports whether a role may do an action. There is no other place where
// this is decided. An unknown role may nothing, an unknown action nobody.
func May(role wire.Role, action Action) bool { return slices.Contains(allowed(action), role) }

// allowed is the permission table. Anybody on the forecourt may stop fuel;
// only the head changes what it costs or who lets it flow; an agent answers
// drivers and so sees, and touches nothing on the forecourt. Members are seen
// only by those who talk with them.
func allowed(action Action) []wire.Role {
	const head, cashier, attendant, agent = wire.RoleHead, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent
	switch action {
	case SeeBoard:
		return []wire.Role{head, cashier, attendant, agent}
	case TakePayment, ResolveSale:
		return []wire.Role{head, cashier}
	case HoldNozzle, StopAll, Authorize:
		return []wire.Role{head, cashier, attendant}
	case SetMode, SetPrices, ManageSupport:
		return []wire.Role{head}
	case AnswerChat, SeeMember:
		return []wire.Role{head, agent}
	case SeeProof:
		return []wire.Role{head, cashier, agent}
	}
	return nil
}
