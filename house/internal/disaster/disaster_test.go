package disaster_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/house/internal/disaster"
	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A station sells while everything the hub has is destroyed. It comes back from
// its backups to less than a second before, and every litre is there; then it is
// taken back to a second of the office's choosing, and to a backup, with the hub
// killed at every step. What lies in the backups says nothing of anybody.
func TestS073S082S083I004TheMachineIsLostAndComesBack(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-race", "-o", bin+"/", "forecourt/hub/cmd/hub", "forecourt/pumpd/cmd/pumpd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the programs: %v\n%s", err, out)
	}
	dir, err := os.MkdirTemp("", "fc-") // short enough for the database's socket
	if err != nil {
		t.Fatal(err)
	}
	report, err := disaster.Run(t.Context(), disaster.Options{
		House: house.Options{Bin: bin, Dir: dir, Lines: plan.Varied(), Speed: 40, Seed: 11}, Sell: 5 * time.Second,
	})
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		t.Fatalf("%v (everything is kept in %s)", err, dir)
	}
	_ = os.RemoveAll(dir) // a temporary directory left behind harms nobody
}
