package staff_test

import (
	"testing"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

// TestPermissionTable holds every cell: role by action. It is written out so
// that a change of the table is seen as the change of rights that it is.
func TestPermissionTable(t *testing.T) {
	table := map[staff.Action]map[wire.Role]bool{
		staff.SeeBoard:    {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: true, wire.RoleAgent: true},
		staff.TakePayment: {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: false, wire.RoleAgent: false},
		staff.ResolveSale: {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: false, wire.RoleAgent: false},
		staff.HoldNozzle:  {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: true, wire.RoleAgent: false},
		staff.StopAll:     {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: true, wire.RoleAgent: false},
		staff.SetMode:     {wire.RoleHead: true, wire.RoleCashier: false, wire.RoleAttendant: false, wire.RoleAgent: false},
		staff.Authorize:   {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: true, wire.RoleAgent: false},
		staff.SetPrices:   {wire.RoleHead: true, wire.RoleCashier: false, wire.RoleAttendant: false, wire.RoleAgent: false},
		staff.SeeProof:    {wire.RoleHead: true, wire.RoleCashier: true, wire.RoleAttendant: false, wire.RoleAgent: true},

		staff.AnswerChat:    {wire.RoleHead: true, wire.RoleCashier: false, wire.RoleAttendant: false, wire.RoleAgent: true},
		staff.ManageSupport: {wire.RoleHead: true, wire.RoleCashier: false, wire.RoleAttendant: false, wire.RoleAgent: false},
		staff.SeeMember:     {wire.RoleHead: true, wire.RoleCashier: false, wire.RoleAttendant: false, wire.RoleAgent: true},
	}
	for _, action := range staff.Actions() {
		row, ok := table[action]
		if !ok {
			t.Errorf("action %s is not in the test's table", action)
		}
		for role, want := range row {
			if got := staff.May(role, action); got != want {
				t.Errorf("May(%s, %s) = %v, want %v", role, action, got, want)
			}
		}
		for _, stranger := range []wire.Role{"", "root", "HEAD"} {
			if staff.May(stranger, action) {
				t.Errorf("unknown role %q may %s", stranger, action)
			}
		}
	}
	if len(table) != len(staff.Actions()) {
		t.Errorf("the test knows %d actions, the product %d", len(table), len(staff.Actions()))
	}
	if staff.May(wire.RoleCashier, "fly") || staff.May(wire.RoleAttendant, "fly") {
		t.Error("an unknown action is permitted")
	}
}
