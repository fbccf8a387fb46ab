package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// hire enters somebody and has them signed in at a till.
func (h *house) hire(number string, role wire.Role) (staff.Actor, wire.Session) {
	h.t.Helper()
	err := h.db.InTx(h.t.Context(), "hiring", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := h.flow.Staff.Add(ctx, tx, staff.NewPerson{Station: h.station, Number: number, Name: "王晓燕", Role: role, Password: "correct horse"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	session, err := h.enter(number, "correct horse")
	if err != nil {
		h.t.Fatal(err)
	}
	actor, err := h.flow.Staff.Resolve(h.t.Context(), session.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	return actor, session
}

func (h *house) enter(number, password string) (wire.Session, error) {
	till := staff.DeviceActor{Device: id.New[id.Device](h.ids), Station: h.station}
	return h.flow.Staff.Login(h.t.Context(), till, wire.LoginRequest{Number: number, Password: password})
}

// acts is what the log has of an action, sorted: "object result note".
func (h *house) acts(action string) []string {
	h.t.Helper()
	entries, err := audit.Find(h.t.Context(), h.db, audit.Query{Station: h.station, Action: action})
	if err != nil {
		h.t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSpace(e.Object+" "+e.Result+" "+e.Note))
	}
	slices.Sort(list)
	return list
}

// TestAHeadLooksAfterStaff is a head's morning: somebody new, their password
// forgotten, their role changed, their access ended; each once, and each on
// record without a name.
func TestAHeadLooksAfterStaff(t *testing.T) {
	h := newHouse(t)
	head, _ := h.hire("1001", wire.RoleHead)
	key, add := h.key(), wire.NewStaffRequest{Number: "2001", Name: "李建国", Role: wire.RoleCashier, Password: "x7k2p9mz"}
	made, err := h.flow.AddStaff(t.Context(), head, key, add)
	if err != nil || made.Name != "李建国" || !made.Active || made.Number != "2001" {
		t.Fatalf("entered %+v, %v", made, err)
	}
	again, err := h.flow.AddStaff(t.Context(), head, key, add)
	if err != nil || again.ID != made.ID {
		t.Errorf("the repeat: %+v, %v", again, err)
	}
	add.Password = "another-one"
	_, err = h.flow.AddStaff(t.Context(), head, key, add)
	wantProblem(t, err, wire.ProblemKeyReused)
	_, err = h.flow.AddStaff(t.Context(), head, h.key(), add)
	wantProblem(t, err, wire.ProblemNumberTaken)

	h.later(time.Second)
	session, err := h.enter("2001", "x7k2p9mz")
	if err != nil || !slices.Equal(session.Must, []wire.Must{wire.MustPassword}) {
		t.Fatalf("signed in: %v, %v", session.Must, err)
	}
	if done, err := h.flow.GivePassword(t.Context(), head, h.key(), made.ID, wire.PasswordRequest{Password: "third-one", DropSecondFactor: true}); err != nil || done.Repeat {
		t.Errorf("giving a password: %+v, %v", done, err)
	}
	_, err = h.flow.Staff.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	changed, err := h.flow.ChangeStaff(t.Context(), head, h.key(), made.ID, wire.StaffRequest{Name: "李建国", Role: wire.RoleAttendant})
	if err != nil || changed.Active || changed.Role != wire.RoleAttendant {
		t.Errorf("changed %+v, %v", changed, err)
	}
	_, err = h.enter("2001", "third-one")
	wantProblem(t, err, wire.ProblemLoginRefused)
	_, err = h.flow.ChangeStaff(t.Context(), head, h.key(), head.Staff, wire.StaffRequest{Name: "x", Role: wire.RoleAgent, Active: true})
	wantProblem(t, err, wire.ProblemLastHead)

	for action, want := range map[string][]string{
		"staff.add":      {"staff ok as cashier", "staff " + string(wire.ProblemKeyReused) + " as cashier", "staff " + string(wire.ProblemNumberTaken) + " as cashier"},
		"staff.password": {"staff ok second factor dropped"},
		"staff.change":   {"staff ok attendant, may not sign in", "staff " + string(wire.ProblemLastHead) + " agent"},
	} {
		slices.Sort(want)
		if got := h.acts(action); !slices.Equal(got, want) {
			t.Errorf("%s is on record as %q, want %q", action, got, want)
		}
	}
	var results []string
	if err := h.db.SelectContext(t.Context(), &results, "SELECT response FROM command_result"); err != nil || len(results) != 3 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	if text := strings.Join(results, ""); strings.Contains(text, "李建国") || strings.Contains(text, "x7k2") {
		t.Errorf("results of commands hold a name or a password: %s", text)
	}
}

func TestOnlyAHeadLooksAfterStaff(t *testing.T) {
	h := newHouse(t)
	person, session := h.hire("2001", wire.RoleCashier)
	for _, role := range []wire.Role{wire.RoleCashier, wire.RoleAttendant, wire.RoleAgent} {
		who := h.actor(role)
		_, err := h.flow.AddStaff(t.Context(), who, h.key(), wire.NewStaffRequest{Number: "2002", Name: "x", Role: wire.RoleHead, Password: "x7k2p9mz"})
		wantProblem(t, err, wire.ProblemForbidden)
		_, err = h.flow.ChangeStaff(t.Context(), who, h.key(), person.Staff, wire.StaffRequest{Name: "x", Role: wire.RoleHead, Active: true})
		wantProblem(t, err, wire.ProblemForbidden)
		_, err = h.flow.GivePassword(t.Context(), who, h.key(), person.Staff, wire.PasswordRequest{Password: "x7k2p9mz"})
		wantProblem(t, err, wire.ProblemForbidden)
		_, err = h.flow.EndSession(t.Context(), who, h.key(), person.Session)
		wantProblem(t, err, wire.ProblemForbidden)
	}
	if _, err := h.flow.Staff.Resolve(t.Context(), session.Token); err != nil {
		t.Errorf("the session: %v", err)
	}
}

func TestAHeadEndsASession(t *testing.T) {
	h := newHouse(t)
	head, _ := h.hire("1001", wire.RoleHead)
	cashier, session := h.hire("2001", wire.RoleCashier)
	told := make(chan id.Staff, 4)
	h.flow.Staff.OnEnded(func(till id.Device, person id.Staff) {
		if till == cashier.Device {
			told <- person
		}
	})
	list, err := h.flow.StaffSessions(t.Context(), head)
	if err != nil || len(list.Sessions) != 2 {
		t.Fatalf("sessions %+v, %v", list, err)
	}
	for _, s := range list.Sessions {
		if s.Own != (s.Staff == head.Staff) || s.Name != "王晓燕" {
			t.Errorf("listed %+v", s)
		}
	}
	if _, err := h.flow.EndSession(t.Context(), head, h.key(), cashier.Session); err != nil {
		t.Fatal(err)
	}
	_, err = h.flow.Staff.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	if len(told) != 1 || <-told != cashier.Staff {
		t.Error("its sockets were not told of")
	}
	_, err = h.flow.EndSession(t.Context(), head, h.key(), cashier.Session)
	wantProblem(t, err, wire.ProblemNotFound)
	if got := h.acts("session.end"); len(got) != 2 || got[0] != "session ok" {
		t.Errorf("on record as %q", got)
	}
}

// TestThoseWhoAnswerAreListedByName also when names are sealed, and a group's
// manager is among them.
func TestThoseWhoAnswerAreListedByName(t *testing.T) {
	h := newHouse(t)
	people := h.flow.Staff
	o := newOfficeIn(t, h)
	manager := o.hire("5001", wire.RoleGroup)
	if n, err := people.SealNames(t.Context()); err != nil || n != 4 {
		t.Fatalf("sealed %d names, %v", n, err)
	}
	snap, _, err := o.flow.SupportSnapshot(t.Context(), o.station)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range snap.Agents {
		names = append(names, a.Number+" "+a.Name)
	}
	want := []string{"1001 员工1001", "4001 员工4001", "4002 员工4002", manager.Number + " 员工5001"}
	if !slices.Equal(names, want) {
		t.Errorf("listed %q, want %q", names, want)
	}
}
