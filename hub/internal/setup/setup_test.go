package setup_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) { os.Exit(mysqltest.Main(m)) }

func deps(t *testing.T) setup.Deps {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC) }
	d := setup.Deps{
		DB: mysqltest.New(t), Now: now, IDs: id.NewMaker(now, rand.Reader),
		Defaults: setup.Defaults{Zone: "Asia/Shanghai", Minimum: 5000},
	}
	store, err := staff.NewStore(staff.Deps{
		DB: d.DB, Vault: vaulttest.ForTest(), Now: now, Random: rand.Reader, IDs: d.IDs,
		Cost: staff.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}, Rules: staff.Rules{Idle: 4 * time.Hour, Lifetime: 16 * time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Staff = store
	return d
}

func TestTheDemonstrationStation(t *testing.T) {
	d := deps(t)
	plan, err := setup.Demo()
	if err != nil {
		t.Fatal(err)
	}
	key, accounts, err := setup.Install(t.Context(), d, plan, setup.FixedPassword(setup.DemoPassword))
	if err != nil {
		t.Fatal(err)
	}
	stations, err := setup.Stations(t.Context(), d.DB)
	if err != nil || len(stations) != 1 || stations[0].ID != key || stations[0].Name != "昆明示范加油站" ||
		stations[0].Zone != "Asia/Shanghai" || stations[0].Minimum != 5000 {
		t.Fatalf("stations %+v, %v", stations, err)
	}
	checkNozzles(t, d, key)
	site, err := station.SiteOf(t.Context(), d.DB, key)
	if err != nil || site.Name != stations[0].Name || site.City != "昆明" || site.Address == "" || site.Phone == "" ||
		site.Place == nil || *site.Place != (wire.Place{LatitudeE6: 25_040_600, LongitudeE6: 102_712_251}) {
		t.Errorf("site %+v, %v", site, err)
	}
	prices, err := station.PricesOf(t.Context(), d.DB, key, stations[0].PriceSet)
	if err != nil || prices["92#"] != 750 || prices["95#"] != 798 || prices["98#"] != 895 || prices["0#"] != 716 || len(prices) != 4 {
		t.Errorf("prices %v, %v", prices, err)
	}
	if tanks, err := station.Tanks(t.Context(), d.DB, key); err != nil || len(tanks) != 4 {
		t.Errorf("tanks %v, %v", tanks, err)
	}
	roles := map[wire.Role]int{}
	for _, a := range accounts {
		roles[a.Role]++
		till := staff.DeviceActor{Device: id.New[id.Device](d.IDs), Station: key}
		session, err := d.Staff.Login(t.Context(), till, wire.LoginRequest{Number: a.Number, Password: a.Password})
		if err != nil || session.Name != a.Name || session.Role != a.Role || len(session.Must) != 0 {
			t.Errorf("signing in as %s: %+v, %v", a.Number, session, err)
		}
	}
	if roles[wire.RoleHead] != 1 || roles[wire.RoleCashier] != 1 || roles[wire.RoleAttendant] != 2 || roles[wire.RoleAgent] != 1 {
		t.Errorf("roles %v", roles)
	}
}

// TestFirstPasswordsAreChanged sets a station up as an operator does.
func TestFirstPasswordsAreChanged(t *testing.T) {
	d := deps(t)
	d.MustChange = true
	plan, err := setup.Demo()
	if err != nil {
		t.Fatal(err)
	}
	// The first password holds the head's number; another is made.
	made := 0
	key, accounts, err := setup.Install(t.Context(), d, plan, func() (string, error) {
		made++
		return []string{"x7" + plan.Staff[0].Number + "kpq", "x7kpq-2mz9"}[min(made, 2)-1], nil
	})
	if err != nil || made != len(plan.Staff)+1 {
		t.Fatalf("%d passwords were made for %d people: %v", made, len(plan.Staff), err)
	}
	till := staff.DeviceActor{Device: id.New[id.Device](d.IDs), Station: key}
	for _, a := range accounts {
		session, err := d.Staff.Login(t.Context(), till, wire.LoginRequest{Number: a.Number, Password: a.Password})
		if err != nil || len(session.Must) != 1 || session.Must[0] != wire.MustPassword {
			t.Errorf("signing in as %s: %v, %v", a.Number, session.Must, err)
		}
	}
}

// checkNozzles holds the map that the simulator and pumpd's demonstration
// configuration rely on.
func checkNozzles(t *testing.T, d setup.Deps, key id.Station) {
	t.Helper()
	nozzles, err := station.Nozzles(t.Context(), d.DB, key)
	if err != nil || len(nozzles) != 16 {
		t.Fatalf("%d nozzles, %v", len(nozzles), err)
	}
	grades := map[int][2]string{
		1: {"92#", "95#"}, 2: {"92#", "98#"}, 3: {"92#", "95#"}, 4: {"0#", "0#"},
		5: {"92#", "95#"}, 6: {"92#", "98#"}, 7: {"92#", "95#"}, 8: {"0#", "0#"},
	}
	for i, n := range nozzles {
		dispenser := i/2 + 1
		if n.Number != i+1 || n.Dispenser != dispenser || n.Grade != grades[dispenser][i%2] || n.Mode != wire.ModeAttended {
			t.Errorf("nozzle %+v, want number %d of dispenser %d with %s", n, i+1, dispenser, grades[dispenser][i%2])
		}
	}
}

func TestAWrongPlanIsRefusedAndNothingWritten(t *testing.T) {
	d := deps(t)
	for name, c := range map[string]struct {
		spoil func(*setup.Plan)
		want  string
	}{
		"no name":        {func(p *setup.Plan) { p.Name = "" }, "name:"},
		"zone":           {func(p *setup.Plan) { p.Zone = "Nowhere/Land" }, "zone:"},
		"price":          {func(p *setup.Plan) { p.Grades[0].Price = "7.505" }, "7.505"},
		"free fuel":      {func(p *setup.Plan) { p.Grades[0].Price = "0" }, "no price"},
		"grade twice":    {func(p *setup.Plan) { p.Grades[1].Code = "92#" }, "twice"},
		"tank of what":   {func(p *setup.Plan) { p.Tanks[0].Grade = "93#" }, "93#"},
		"capacity":       {func(p *setup.Plan) { p.Tanks[0].CapacityL = "-1" }, "capacity"},
		"nozzle twice":   {func(p *setup.Plan) { p.Dispensers[1].Nozzles[0].Number = 1 }, "nozzle 1 is there twice"},
		"nozzle no tank": {func(p *setup.Plan) { p.Dispensers[1].Nozzles[0].Tank = 9 }, "tank 9"},
		"mode":           {func(p *setup.Plan) { p.Dispensers[1].Nozzles[0].Mode = "open" }, "open"},
		"no nozzle":      {func(p *setup.Plan) { p.Dispensers = nil }, "has a nozzle"},
		"half a place":   {func(p *setup.Plan) { p.Longitude = "" }, "longitude"},
		"a place":        {func(p *setup.Plan) { p.Latitude = "91" }, "latitude"},
		"an address":     {func(p *setup.Plan) { p.Address = strings.Repeat("x", 121) }, "address"},
		"a phone":        {func(p *setup.Plan) { p.Phone = "none" }, "phone"},
		"staff role":     {func(p *setup.Plan) { p.Staff[4].Role = "owner" }, "role"},
		"staff twice":    {func(p *setup.Plan) { p.Staff[4].Number = "1001" }, "1001"},
	} {
		plan, err := setup.Demo()
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(&plan)
		_, _, err = setup.Install(t.Context(), d, plan, setup.FixedPassword(setup.DemoPassword))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
	if stations, err := setup.Stations(t.Context(), d.DB); err != nil || len(stations) != 0 {
		t.Errorf("stations were left behind: %+v, %v", stations, err)
	}
}

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, text := range []string{"name: x\ncolour: red\n", "name: [", "grades: 3\n", strings.Repeat(" ", setup.MaxPlanBytes+1)} {
		if _, err := setup.Parse([]byte(text)); err == nil {
			t.Errorf("accepted %.40q", text)
		}
	}
}

func TestRandomPasswordsDiffer(t *testing.T) {
	make := setup.RandomPassword(rand.Reader)
	a, err1 := make()
	b, err2 := make()
	if err1 != nil || err2 != nil || a == b || len(a) != 10 {
		t.Errorf("passwords %q and %q (%v, %v)", a, b, err1, err2)
	}
}
