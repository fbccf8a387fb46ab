package scenario_test

import (
	"testing"

	"forecourt/house/internal/house"
	"forecourt/house/internal/privacy"
)

// The head, the cashier, the attendant and the agent ask for the same member
// and each gets exactly their share, in the bytes and not only on the screen;
// nothing of the member is in the files or the logs of the programs while they
// run; then one byte of the log is changed behind the hub's back, and verifying
// names the row.
func TestS073S075S076S078S079I003EachRoleGetsItsShareAndAnAlteredLogIsFound(t *testing.T) {
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 30, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r, err := privacy.Run(t.Context(), h)
	if err != nil {
		t.Fatalf("%v\nverify said before: %s\nand after: %s", err, r.Sound, r.Broken)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	noRaces(t, dir)
}
