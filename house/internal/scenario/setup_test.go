package scenario_test

import (
	"testing"

	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
	"forecourt/shared/link"
)

// A station that is not the demonstration's gives first passwords, which their
// owners must change before anything else. The benchmarks' cashier did not, and
// so heard nothing; nobody saw it but the benchmark.
func TestAStationSetUpFromAFileIsWorkedAt(t *testing.T) {
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Lines: plan.Even(2), Speed: 30, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, till := range []string{"till 1", "till 2"} {
		client, session, err := h.Till(t.Context(), till)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Sales(t.Context(), link.SaleQuery{}); err != nil {
			t.Errorf("%s, signed in as %s: %v", till, session.Number, err)
		}
	}
	noRaces(t, dir)
}
