package scenario_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
	"forecourt/house/internal/robot"
	"forecourt/house/internal/scenario"
	"forecourt/house/internal/truth"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// programs builds the real programs with the race detector and returns where
// they are.
func programs(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-race", "-o", bin+"/", "forecourt/hub/cmd/hub", "forecourt/pumpd/cmd/pumpd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the programs: %v\n%s", err, out)
	}
	return bin
}

// shortDir is a directory whose path is short enough for the database's
// socket, removed when the test passes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fc-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("everything is kept in %s", dir)
			return
		}
		_ = os.RemoveAll(dir) // a temporary directory left behind harms nobody
	})
	return dir
}

// The whole house sells while pumpd, the hub and its database are killed. Every
// litre that left a nozzle is in one sale, every payment that was acknowledged
// is there, and no program reported a race.
func TestC001C002KillingAnyProgramLosesAndInventsNothing(t *testing.T) {
	dir := shortDir(t)
	report, err := scenario.Run(t.Context(), scenario.Options{
		House: house.Options{Bin: programs(t), Dir: dir, Lines: plan.Varied(), Speed: 30, Seed: 11},
		Kills: 9, Seed: 11, BetweenMin: 400 * time.Millisecond, BetweenMax: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	if report.Dispensed == 0 || report.Dispensed != report.Stored || report.Stored != report.Paid {
		t.Errorf("dispensed %d, stored %d, paid %d", report.Dispensed, report.Stored, report.Paid)
	}
	if len(report.Traces) != 3 {
		t.Errorf("deliveries came in the ways %+v", report.Traces)
	}
	for _, traces := range report.Traces {
		if err := traces.Err(); err != nil {
			t.Error(err)
		}
	}
	for _, victim := range []string{"pumpd", "hub", "mariadbd"} {
		if report.Kills[victim] == 0 {
			t.Errorf("%s was never killed", victim)
		}
	}
}

// Chengdu, 2025: a dispenser added the previous sale to the next, and the
// driver was billed 67.96 L into a 50 L tank. Here that sale stands
// quarantined at the till, nothing can be charged from it, and the nozzle's
// proof still closes to the millilitre.
func TestD004I012TheChengduSaleStopsItself(t *testing.T) {
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	client, session, err := h.Till(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, nozzle := range []int{1, 9} { // one of each protocol
		fuel(t, h, nozzle)
		if err := h.Truth.Fault(t.Context(), nozzle, "add-previous-sale"); err != nil {
			t.Fatal(err)
		}
		fuel(t, h, nozzle)
	}
	till := robot.New(client, session, h.IDs(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- till.Follow(ctx) }()
	await(t, "two quarantined sales at the till", func() bool { return len(till.Sales(wire.SaleQuarantined)) == 2 })
	for _, s := range till.Sales(wire.SaleQuarantined) {
		if s.Volume == s.After-s.Before || s.Due != 0 {
			t.Errorf("nozzle %d: %s L of a totalizer's %s L, due %s", s.Nozzle, s.Volume, s.After-s.Before, s.Due)
		}
		_, err := client.Pay(t.Context(), till.NewKey(), s.ID, wire.PayRequest{Tender: wire.TenderCash, Due: s.Amount, Tendered: s.Amount})
		if problem := robot.Refusal(err); problem == nil || problem.Type != wire.ProblemSaleQuarantined {
			t.Errorf("paying a quarantined sale: %v", err)
		}
	}
	proofs, err := client.Proofs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proofs {
		if p.Difference != 0 {
			t.Errorf("nozzle %d: the proof is off by %s L", p.Nozzle, p.Difference)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	noRaces(t, dir)
}

// fuel lets a driver fuel some litres and hang up. They do so themselves: what
// was typed on the dispenser's keys goes with the reset of a first delivery.
func fuel(t *testing.T, h *house.House, nozzle int) {
	t.Helper()
	const some unit.Millilitre = 10_000
	before := dispenser(t, h, nozzle)
	if err := h.Truth.Lift(t.Context(), nozzle, 50_000); err != nil {
		t.Fatal(err)
	}
	await(t, "fuel", func() bool { return dispenser(t, h, nozzle).Totalizer >= before.Totalizer+some })
	if err := h.Truth.Hang(t.Context(), nozzle); err != nil {
		t.Fatal(err)
	}
	await(t, "the sale to be taken", func() bool {
		nozzles, err := h.Truth.Nozzles(t.Context())
		return err == nil && truth.Quiet(nozzles)
	})
}

// dispenser is what truly left a nozzle.
func dispenser(t *testing.T, h *house.House, nozzle int) truth.Nozzle {
	t.Helper()
	nozzles, err := h.Truth.Nozzles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nozzles {
		if n.Nozzle == nozzle {
			return n
		}
	}
	t.Fatalf("there is no nozzle %d", nozzle)
	return truth.Nozzle{}
}

// await asks again and again, for what other processes do in their own time.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	awaitFor(t, time.Minute, what, ok)
}

func awaitFor(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// noRaces looks for the race detector's reports, and for panics.
func noRaces(t *testing.T, dir string) {
	t.Helper()
	if err := scenario.Alarms(dir); err != nil {
		t.Error(err)
	}
}
