package staff_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// head adds a head of the rig's station and answers with them.
func (r *rig) head(t *testing.T, number string) staff.Actor {
	t.Helper()
	who := r.add(t, staff.NewPerson{Station: r.till.Station, Number: number, Name: "李站长", Role: wire.RoleHead, Password: "correct horse"})
	return staff.Actor{Staff: who, Number: number, Role: wire.RoleHead, Station: r.till.Station}
}

func (r *rig) change(ctx context.Context, by staff.Actor, who id.Staff, req wire.StaffRequest) error {
	return r.db.InTx(ctx, "changing", func(ctx context.Context, tx *mysql.Tx) error { return r.Change(ctx, tx, by, who, req) })
}

func (r *rig) give(ctx context.Context, by staff.Actor, who id.Staff, password string, drop bool) error {
	hash, err := r.GivenPassword(ctx, who, password)
	if err != nil {
		return err
	}
	return r.db.InTx(ctx, "giving", func(ctx context.Context, tx *mysql.Tx) error { return r.GivePassword(ctx, tx, by, who, hash, drop) })
}

// dump is everything the staff tables and the log hold, as bytes.
func (r *rig) dump(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, table := range []string{"staff", "staff_session", "staff_recovery", "staff_station", "login_failure", "audit"} {
		rows, err := r.db.QueryxContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, err := rows.SliceScan()
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range cells {
				if raw, ok := cell.([]byte); ok {
					text.Write(raw)
				} else {
					fmt.Fprint(&text, cell)
				}
				text.WriteByte('\n')
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func TestNamesAreSealed(t *testing.T) {
	r := newRig(t)
	by := r.head(t, "1001")
	if err := r.change(t.Context(), by, r.cashID, wire.StaffRequest{Name: "王小燕", Role: wire.RoleAgent, Active: true}); err != nil {
		t.Fatal(err)
	}
	r.mustLogin(t)
	stored := r.dump(t)
	for _, name := range []string{"王晓燕", "王小燕", "李站长"} {
		if strings.Contains(stored, name) {
			t.Errorf("the database holds the name %s", name)
		}
	}
	if !strings.Contains(stored, "2001") || !strings.Contains(stored, "login.ok") {
		t.Error("the search finds nothing, not even what is there")
	}
	people, err := r.Members(t.Context(), r.db, r.till.Station)
	if err != nil || len(people) != 2 || people[1].Name != "王小燕" || people[1].Role != wire.RoleAgent {
		t.Errorf("listed %+v, %v", people, err)
	}
}

// TestClearNamesAreAdopted: those entered before names were sealed.
func TestClearNamesAreAdopted(t *testing.T) {
	r := newRig(t)
	if _, err := r.db.ExecContext(t.Context(), "UPDATE staff SET name = ?", "王晓燕"); err != nil {
		t.Fatal(err)
	}
	if session := r.mustLogin(t); session.Name != "王晓燕" {
		t.Errorf("before: %q", session.Name)
	}
	for _, want := range []int64{1, 0} {
		if n, err := r.SealNames(t.Context()); err != nil || n != want {
			t.Errorf("sealed %d names, %v; want %d", n, err, want)
		}
	}
	if strings.Contains(r.dump(t), "王晓燕") {
		t.Error("the name is still in clear")
	}
	if session := r.mustLogin(t); session.Name != "王晓燕" {
		t.Errorf("after: %q", session.Name)
	}
	// A name belongs to its row.
	other := r.head(t, "1001")
	if _, err := r.db.ExecContext(t.Context(), "UPDATE staff a JOIN staff b ON b.id = ? SET a.name = b.name WHERE a.id = ?", r.cashID, other.Staff); err != nil {
		t.Fatal(err)
	}
	if _, err := r.List(t.Context(), r.till.Station); err == nil {
		t.Error("a name moved to another row was read there")
	}
}

func TestChangesOfPeople(t *testing.T) {
	for name, c := range map[string]struct {
		req  wire.StaffRequest
		ends bool
		want wire.ProblemType
	}{
		"name":        {req: wire.StaffRequest{Name: "王小燕", Role: wire.RoleCashier, Active: true}},
		"role":        {req: wire.StaffRequest{Name: "王晓燕", Role: wire.RoleAttendant, Active: true}, ends: true},
		"deactivated": {req: wire.StaffRequest{Name: "王晓燕", Role: wire.RoleCashier}, ends: true},
		"no name":     {req: wire.StaffRequest{Role: wire.RoleCashier, Active: true}, want: wire.ProblemBadRequest},
		"no role":     {req: wire.StaffRequest{Name: "王晓燕", Role: "owner", Active: true}, want: wire.ProblemBadRequest},
		"stations":    {req: wire.StaffRequest{Name: "王晓燕", Role: wire.RoleCashier, Active: true, Stations: []id.Station{{1}}}, want: wire.ProblemBadRequest},
		"beyond": {
			req:  wire.StaffRequest{Name: "王晓燕", Role: wire.RoleGroup, Active: true, Stations: []id.Station{{1}}},
			want: wire.ProblemNotFound,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			by := r.head(t, "1001")
			ended := 0
			r.OnEnded(func(till id.Device, person id.Staff) {
				if till == r.till.Device && person == r.cashID {
					ended++
				}
			})
			session := r.mustLogin(t)
			err := r.change(t.Context(), by, r.cashID, c.req)
			if c.want != "" {
				wantProblem(t, err, c.want)
			} else if err != nil {
				t.Fatal(err)
			}
			_, err = r.Resolve(t.Context(), session.Token)
			if (err != nil) != c.ends || (ended == 1) != c.ends {
				t.Errorf("the session: %v; told %d times", err, ended)
			}
		})
	}
}

func TestAStationKeepsAHead(t *testing.T) {
	r := newRig(t)
	one := r.head(t, "1001")
	for name, req := range map[string]wire.StaffRequest{
		"demoted":     {Name: "李站长", Role: wire.RoleCashier, Active: true},
		"as manager":  {Name: "李站长", Role: wire.RoleGroup, Active: true},
		"deactivated": {Name: "李站长", Role: wire.RoleHead},
	} {
		if err := r.change(t.Context(), one, one.Staff, req); err == nil {
			t.Errorf("the last head was %s", name)
		} else {
			wantProblem(t, err, wire.ProblemLastHead)
		}
	}
	wantProblem(t, r.SetActive(t.Context(), r.till.Station, "1001", false), wire.ProblemLastHead)
	two := r.head(t, "1002")
	if err := r.change(t.Context(), two, two.Staff, wire.StaffRequest{Name: "李站长", Role: wire.RoleHead}); err != nil {
		t.Errorf("one of two heads: %v", err)
	}
	// Somebody who may not sign in is no head that counts.
	wantProblem(t, r.change(t.Context(), one, one.Staff, wire.StaffRequest{Name: "李站长", Role: wire.RoleHead}), wire.ProblemLastHead)
}

// TestTwoHeadsAtOnce has two heads take each other's role away at the same
// moment, again and again: one of them always stays.
func TestTwoHeadsAtOnce(t *testing.T) {
	r := newRig(t)
	heads := []staff.Actor{r.head(t, "1001"), r.head(t, "1002")}
	for range 10 {
		var wg sync.WaitGroup
		var errs [2]error
		for i := range heads {
			wg.Go(func() {
				errs[i] = r.change(t.Context(), heads[i], heads[1-i].Staff, wire.StaffRequest{Name: "李站长", Role: wire.RoleCashier, Active: true})
			})
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("they answered %v and %v", errs[0], errs[1])
		}
		for i, err := range errs {
			if err != nil {
				wantProblem(t, err, wire.ProblemLastHead)
				continue
			}
			if err := r.change(t.Context(), heads[i], heads[1-i].Staff, wire.StaffRequest{Name: "李站长", Role: wire.RoleHead, Active: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTwoPeopleOneNumber enters two people with one number at the same moment.
func TestTwoPeopleOneNumber(t *testing.T) {
	r := newRig(t)
	var wg sync.WaitGroup
	var errs [3]error
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = r.tryAdd(t.Context(), staff.NewPerson{
				Station: r.till.Station, Number: "3001", Name: "新人", Role: wire.RoleCashier, Password: "x7k2p9mz",
			})
		})
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else {
			wantProblem(t, err, wire.ProblemNumberTaken)
		}
	}
	if good != 1 {
		t.Errorf("%d were entered", good)
	}
}

// group is a manager who works at the rig's station and may come to another.
func (r *rig) group(t *testing.T, number string, further ...id.Station) staff.Actor {
	t.Helper()
	who := r.add(t, staff.NewPerson{Station: r.till.Station, Number: number, Name: "赵经理", Role: wire.RoleGroup, Password: "correct horse"})
	if err := r.SetStations(t.Context(), r.till.Station, number, further); err != nil {
		t.Fatal(err)
	}
	return staff.Actor{Staff: who, Number: number, Role: wire.RoleGroup, Station: r.till.Station}
}

func TestAManagerOfSeveralStations(t *testing.T) {
	r := newRig(t)
	second, third := r.station(t, "第二加油站"), r.station(t, "第三加油站")
	manager := r.group(t, "5001", second)
	at := func(s id.Station) (wire.Session, error) {
		till := staff.DeviceActor{Device: id.New[id.Device](r.IDs), Station: s}
		return r.Login(t.Context(), till, wire.LoginRequest{Number: "5001", Password: "correct horse"})
	}
	session, err := at(second)
	if err != nil || session.Station != second || session.StationName != "第二加油站" || session.Role != wire.RoleGroup {
		t.Errorf("at the second station: %+v, %v", session, err)
	}
	if actor, err := r.Resolve(t.Context(), session.Token); err != nil || actor.Station != second {
		t.Errorf("resolved at %v, %v", actor.Station, err)
	}
	_, err = at(third)
	wantProblem(t, err, wire.ProblemLoginRefused)

	list, err := r.Members(t.Context(), r.db, second)
	if err != nil || len(list) != 1 || list[0].ID != manager.Staff || len(list[0].Stations) != 1 || list[0].Stations[0].Name != "第二加油站" {
		t.Errorf("the second station lists %+v, %v", list, err)
	}
	sessions, err := r.Sessions(t.Context(), r.db, second, id.Session{})
	if err != nil || len(sessions.Sessions) != 1 || sessions.Sessions[0].Staff != manager.Staff {
		t.Errorf("its sessions %+v, %v", sessions, err)
	}
	if err := r.SetStations(t.Context(), r.till.Station, "5001", nil); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resolve(t.Context(), session.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	_, err = at(second)
	wantProblem(t, err, wire.ProblemLoginRefused)
}

// TestANumberIsOnePersonsAtAStation whoever comes first.
func TestANumberIsOnePersonsAtAStation(t *testing.T) {
	r := newRig(t)
	second := r.station(t, "第二加油站")
	r.add(t, staff.NewPerson{Station: second, Number: "5001", Name: "别人", Role: wire.RoleCashier, Password: "x7k2p9mz"})
	r.add(t, staff.NewPerson{Station: r.till.Station, Number: "5001", Name: "赵经理", Role: wire.RoleGroup, Password: "correct horse"})
	wantProblem(t, r.SetStations(t.Context(), r.till.Station, "5001", []id.Station{second}), wire.ProblemNumberTaken)
	r.group(t, "5002", second)
	_, err := r.tryAdd(t.Context(), staff.NewPerson{Station: second, Number: "5002", Name: "别人", Role: wire.RoleCashier, Password: "x7k2p9mz"})
	wantProblem(t, err, wire.ProblemNumberTaken)
}

// TestNobodyReachesBeyondTheirStations: a head's rights end at the gate.
func TestNobodyReachesBeyondTheirStations(t *testing.T) {
	r := newRig(t)
	second, third := r.station(t, "第二加油站"), r.station(t, "第三加油站")
	head := r.head(t, "1001")
	manager := r.group(t, "5001", second)
	group := func(s ...id.Station) wire.StaffRequest {
		return wire.StaffRequest{Name: "赵经理", Role: wire.RoleGroup, Active: true, Stations: s}
	}
	wantProblem(t, r.change(t.Context(), head, r.cashID, group(second)), wire.ProblemForbidden)
	wantProblem(t, r.change(t.Context(), head, manager.Staff, group()), wire.ProblemForbidden)
	wantProblem(t, r.give(t.Context(), head, manager.Staff, "x7k2p9mz", true), wire.ProblemForbidden)
	wantProblem(t, r.change(t.Context(), manager, r.cashID, group(third)), wire.ProblemForbidden)
	if err := r.change(t.Context(), manager, r.cashID, group(second)); err != nil {
		t.Errorf("a manager giving what is theirs: %v", err)
	}
	elsewhere := staff.Actor{Staff: head.Staff, Role: wire.RoleHead, Station: third}
	wantProblem(t, r.change(t.Context(), elsewhere, r.cashID, group()), wire.ProblemNotFound)
	wantProblem(t, r.give(t.Context(), elsewhere, r.cashID, "x7k2p9mz", false), wire.ProblemNotFound)
}

func TestAGivenPasswordIsChanged(t *testing.T) {
	r := newRig(t)
	by := r.head(t, "1001")
	_, _ = r.withFactor(t)
	r.now = r.now.Add(time.Minute)
	for range 6 {
		_, _ = r.login(t.Context(), "2001", "wrong")
	}
	if people, err := r.Members(t.Context(), r.db, r.till.Station); err != nil || !people[1].LockedUntil.After(r.now) || !people[1].SecondFactor {
		t.Errorf("locked: %+v, %v", people, err)
	}
	wantProblem(t, r.give(t.Context(), by, r.cashID, "correct horse", false), wire.ProblemPasswordWeak) // the old one
	wantProblem(t, r.give(t.Context(), by, r.cashID, "my2001pw", false), wire.ProblemPasswordWeak)
	wantProblem(t, r.give(t.Context(), by, by.Staff, "x7k2p9mz", false), wire.ProblemBadRequest) // one's own
	if err := r.give(t.Context(), by, r.cashID, "x7k2p9mz", true); err != nil {
		t.Fatal(err)
	}
	session, err := r.login(t.Context(), "2001", "x7k2p9mz") // no wait and no code any more
	if err != nil || !slices.Equal(session.Must, []wire.Must{wire.MustPassword}) {
		t.Fatalf("signed in: %v, %v", session.Must, err)
	}
	people, err := r.Members(t.Context(), r.db, r.till.Station)
	if err != nil || !people[1].LockedUntil.IsZero() || people[1].SecondFactor || !people[1].SeenAt.Equal(r.now) {
		t.Errorf("afterwards: %+v, %v", people, err)
	}
}

func TestOwnPassword(t *testing.T) {
	r := newRig(t)
	other := r.mustLogin(t)
	own := r.mustLogin(t)
	who, err := r.Resolve(t.Context(), own.Token)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(old, next string) error {
		_, err := r.ChangeOwnPassword(t.Context(), who, wire.OwnPasswordRequest{Old: old, New: next})
		return err
	}
	wantProblem(t, ask("wrong", "x7k2p9mz"), wire.ProblemLoginRefused)
	wantProblem(t, ask("correct horse", "correct horse"), wire.ProblemPasswordWeak)
	for range 10 { // a weak choice is no guess at the old one
		wantProblem(t, ask("correct horse", "123456"), wire.ProblemPasswordWeak)
	}
	if err := ask("correct horse", "x7k2p9mz"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resolve(t.Context(), own.Token); err != nil {
		t.Errorf("the own session: %v", err)
	}
	_, err = r.Resolve(t.Context(), other.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	for range 5 {
		wantProblem(t, ask("wrong", "another-one"), wire.ProblemLoginRefused)
	}
	wantProblem(t, ask("x7k2p9mz", "another-one"), wire.ProblemTooMany)
}

// TestAHigherRoleNeedsAnotherPassword: the old one may be too short for it.
func TestAHigherRoleNeedsAnotherPassword(t *testing.T) {
	r := newRig(t)
	by := r.head(t, "1001")
	if err := r.change(t.Context(), by, r.cashID, wire.StaffRequest{Name: "王晓燕", Role: wire.RoleHead, Active: true}); err != nil {
		t.Fatal(err)
	}
	if session := r.mustLogin(t); !slices.Equal(session.Must, []wire.Must{wire.MustPassword}) {
		t.Errorf("must %v", session.Must)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	r := newRig(t)
	first := r.actor(t)
	r.now = r.now.Add(time.Minute)
	second := r.mustLogin(t)
	list, err := r.Sessions(t.Context(), r.db, r.till.Station, first.Session)
	if err != nil || len(list.Sessions) != 2 || list.Sessions[0].Own || !list.Sessions[1].Own || list.Sessions[1].ID != first.Session ||
		list.Sessions[0].Name != "王晓燕" || !list.Sessions[0].Since.Equal(r.now) {
		t.Fatalf("listed %+v, %v", list, err)
	}
	end := func(by staff.Actor, session id.Session) error {
		return r.db.InTx(t.Context(), "ending", func(ctx context.Context, tx *mysql.Tx) error { return r.EndSession(ctx, tx, by, session) })
	}
	elsewhere := staff.Actor{Role: wire.RoleHead, Station: r.station(t, "别的站")}
	wantProblem(t, end(elsewhere, first.Session), wire.ProblemNotFound)
	if err := end(r.head(t, "1001"), list.Sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Resolve(t.Context(), second.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	if list, err = r.Sessions(t.Context(), r.db, r.till.Station, id.Session{}); err != nil || len(list.Sessions) != 1 {
		t.Errorf("left %+v, %v", list, err)
	}
}
