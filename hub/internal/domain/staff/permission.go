package staff

import (
	"slices"

	"forecourt/shared/wire"
)

// Action is something a person may or may not do.
type Action string

// The actions.
const (
	SeeBoard    Action = "see-board"    // watch the pumps and the prices
	SeeSales    Action = "see-sales"    // see every sale and how it was paid
	SeeRefuels  Action = "see-refuels"  // see the deliveries at the nozzles one is responsible for
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

	SeeMemberRefuels Action = "see-member-refuels" // see what a member fuelled, by the member's number
	SeeMembers       Action = "see-members"        // find members and see who they are and how they fuel
	RevealMember     Action = "reveal-member"      // see a masked field of a member in clear, with a reason
	EraseMember      Action = "erase-member"       // erase a member, and give a member what is kept of them
	ManageSegments   Action = "manage-segments"    // choose members by rules

	EditOffers Action = "edit-offers" // say what the station offers every driver
	EditSite   Action = "edit-site"   // say what the station's name is and where it is
	CountQueue Action = "count-queue" // say how many cars wait on the forecourt

	OwnAccount    Action = "own-account"    // change one's own password and second factor
	ManageStaff   Action = "manage-staff"   // enter staff, change roles and passwords, end sessions
	AssignNozzles Action = "assign-nozzles" // say which attendant is responsible for which nozzles
	SeeLog        Action = "see-log"        // read the security log and take note of alerts
	SeeKeys       Action = "see-keys"       // see the keys and their state
	RotateKeys    Action = "rotate-keys"    // begin to seal with a new key

	SeeBackups     Action = "see-backups"     // see the backups, their places and their rehearsals
	MakeBackups    Action = "make-backups"    // make, check and rehearse a backup, and say when they are made
	RestoreBackups Action = "restore-backups" // take the data back to a backup
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		SeeBoard, SeeSales, SeeRefuels, TakePayment, ResolveSale, HoldNozzle, StopAll, SetMode, Authorize, SetPrices, SeeProof,
		AnswerChat, ManageSupport, SeeMember,
		SeeMemberRefuels, SeeMembers, RevealMember, EraseMember, ManageSegments,
		EditOffers, EditSite, CountQueue,
		OwnAccount, ManageStaff, AssignNozzles, SeeLog, SeeKeys, RotateKeys,
		SeeBackups, MakeBackups, RestoreBackups,
	}
}

// Roles lists every role, in the order of the table's columns.
func Roles() []wire.Role {
	return []wire.Role{wire.RoleHead, wire.RoleGroup, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent}
}

// May reports whether a role may do an action. There is no other place where
// this is decided. An unknown role may nothing, an unknown action nobody.
func May(role wire.Role, action Action) bool { return slices.Contains(allowed(action), role) }

// allowed is the permission table. Anybody on the forecourt may stop fuel;
// only a head changes what it costs, who lets it flow and who works there, and
// sees who the members are. A cashier knows a member by number alone, an
// attendant knows the nozzles they are responsible for, an agent those who
// talk with them. The manager of a group is head at each of their stations.
func allowed(action Action) []wire.Role {
	const head, group, cashier, attendant, agent = wire.RoleHead, wire.RoleGroup, wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent
	switch action {
	case SeeBoard, OwnAccount:
		return []wire.Role{head, group, cashier, attendant, agent}
	case SeeSales, SeeProof:
		return []wire.Role{head, group, cashier, agent}
	case TakePayment, ResolveSale, SeeMemberRefuels:
		return []wire.Role{head, group, cashier}
	case HoldNozzle, StopAll, Authorize, CountQueue:
		return []wire.Role{head, group, cashier, attendant}
	case AnswerChat, SeeMember:
		return []wire.Role{head, group, agent}
	case SetMode, SetPrices, ManageSupport, SeeMembers, RevealMember, EraseMember, ManageSegments,
		EditOffers, EditSite, ManageStaff, AssignNozzles, SeeLog, SeeKeys, RotateKeys,
		SeeBackups, MakeBackups, RestoreBackups:
		return []wire.Role{head, group}
	case SeeRefuels:
		return []wire.Role{attendant}
	}
	return nil
}
