package staff_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

// cells is the permission table as it is meant, written out cell by cell so
// that a change of the product's is seen as the change of rights that it is.
const cells = `
action              head  group  cashier  attendant  agent
see-board           yes   yes    yes      yes        yes
see-sales           yes   yes    yes      no         yes
see-refuels         no    no     no       yes        no
take-payment        yes   yes    yes      no         no
resolve-sale        yes   yes    yes      no         no
hold-nozzle         yes   yes    yes      yes        no
stop-all            yes   yes    yes      yes        no
set-mode            yes   yes    no       no         no
authorize           yes   yes    yes      yes        no
set-prices          yes   yes    no       no         no
see-proof           yes   yes    yes      no         yes
answer-chat         yes   yes    no       no         yes
manage-support      yes   yes    no       no         no
see-member          yes   yes    no       no         yes
see-member-refuels  yes   yes    yes      no         no
see-members         yes   yes    no       no         no
reveal-member       yes   yes    no       no         no
erase-member        yes   yes    no       no         no
manage-segments     yes   yes    no       no         no
edit-offers         yes   yes    no       no         no
edit-site           yes   yes    no       no         no
count-queue         yes   yes    yes      yes        no
own-account         yes   yes    yes      yes        yes
manage-staff        yes   yes    no       no         no
assign-nozzles      yes   yes    no       no         no
see-log             yes   yes    no       no         no
see-keys            yes   yes    no       no         no
rotate-keys         yes   yes    no       no         no
see-backups         yes   yes    no       no         no
make-backups        yes   yes    no       no         no
restore-backups     yes   yes    no       no         no
`

// expected reads cells.
func expected(t *testing.T) map[staff.Action]map[wire.Role]bool {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(cells), "\n")
	roles := strings.Fields(lines[0])[1:]
	table := map[staff.Action]map[wire.Role]bool{}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		row := map[wire.Role]bool{}
		for i, role := range roles {
			may := map[string]bool{"yes": true, "no": false}
			value, ok := may[fields[i+1]]
			if !ok {
				t.Fatalf("a cell of %s says %q", fields[0], fields[i+1])
			}
			row[wire.Role(role)] = value
		}
		table[staff.Action(fields[0])] = row
	}
	return table
}

func TestPermissionTable(t *testing.T) {
	table := expected(t)
	for _, action := range staff.Actions() {
		row, ok := table[action]
		if !ok {
			t.Errorf("action %s is not in the test's table", action)
		}
		if len(row) != len(staff.Roles()) {
			t.Errorf("the row of %s has %d cells, there are %d roles", action, len(row), len(staff.Roles()))
		}
		for _, role := range staff.Roles() {
			want := row[role]
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

// TestTableShowsWhatIsDecided: what screens show is what May answers.
func TestTableShowsWhatIsDecided(t *testing.T) {
	table := staff.Table()
	if !slices.Equal(table.Roles, staff.Roles()) || len(table.Rows) != len(staff.Actions()) {
		t.Fatalf("the table has %d roles and %d rows", len(table.Roles), len(table.Rows))
	}
	for _, row := range table.Rows {
		for _, role := range table.Roles {
			if slices.Contains(row.Roles, role) != staff.May(role, staff.Action(row.Action)) {
				t.Errorf("the table and May differ about %s and %s", role, row.Action)
			}
		}
	}
}
