package pumpd_test

import (
	"testing"

	"forecourt/shared/houserules"
)

func TestHouseRules(t *testing.T) {
	const own = "one protocol knows nothing of another, nor of what is done with its news"
	houserules.Check(t, houserules.Rules{
		Root: ".",
		Layers: []houserules.Layer{
			{
				Packages: []string{"internal/driver"},
				Reason:   "the contract of a driver stands alone, so that anyone can write one",
			},
			{
				Packages: []string{"internal/driver/dart", "internal/driver/pts", "internal/port"},
				Reason:   "a driver imports the contract and nothing else of pumpd's; it is given its line",
			},
			{
				Packages: []string{"internal/journal"},
				Reason:   "the journal keeps bytes and knows no dispenser",
			},
			{
				Packages: []string{"internal/session"},
				Reason:   "what to do next is decided on the contract's words alone: no I/O, no journal, no protocol",
			},
			{
				Packages: []string{"internal/line", "internal/bridge", "internal/config", "internal/simulator"},
				Reason:   "a line and the bridge meet in the journal, not in each other; the simulator is the other end of the wire",
			},
			{
				Packages: []string{"internal/driver/drivertest"},
				Reason:   "the conformance suite joins drivers to the simulator",
			},
			{
				Packages: []string{"cmd/..."},
				Reason:   "only a program knows everything, because it puts it together",
			},
		},
		Imports: []houserules.Import{
			{
				Path: "forecourt/pumpd/internal/driver/dart", Only: []string{"internal/driver/dart", "internal/simulator", "cmd/..."},
				Tests: true, Reason: own,
			},
			{
				Path: "forecourt/pumpd/internal/driver/pts", Only: []string{"internal/driver/pts", "internal/simulator", "cmd/..."},
				Tests: true, Reason: own,
			},
			{
				Path: "forecourt/pumpd/internal/port", Only: []string{"internal/config", "internal/driver/dart", "internal/driver/drivertest", "internal/simulator", "internal/port", "cmd/..."},
				Tests: true, Reason: "lines are opened in cmd; whoever polls is given one",
			},
			{
				Path: "forecourt/pumpd/internal/journal", Only: []string{"internal/line", "internal/bridge", "cmd/..."},
				Reason: "only the owner of a line writes facts, and only the bridge reads them",
			},
			{
				Path: "forecourt/pumpd/internal/session", Only: []string{"internal/line"},
				Reason: "a session belongs to the line that steps it",
			},
			{
				Path: "forecourt/pumpd/internal/simulator", Only: []string{"internal/driver/drivertest", "cmd/..."},
				Reason: "no product code depends on dispensers that are not there",
			},
			{
				Path: "forecourt/shared/link", Only: []string{"cmd/..."},
				Tests: true, Reason: "the bridge is a handler of frames; cmd gives it the connection",
			},
			{
				Path: "forecourt/shared/wire", Only: []string{"internal/journal", "internal/session", "internal/line", "internal/bridge", "cmd/..."},
				Reason: "a driver does not know the hub",
			},
			{
				Path: "net/http", Only: []string{"internal/driver/pts", "internal/simulator", "cmd/..."},
				Reason: "only jsonPTS is spoken over HTTP",
			},
			{
				Path: "github.com/prometheus/...", Only: []string{"cmd/..."},
				Reason: "lines count through a small interface; the program exposes it",
			},
			{
				Path: "go.bug.st/serial", Only: []string{"internal/port"},
				Reason: "serial ports are opened in one place",
			},
			{
				Path: "testing", Only: []string{"internal/driver/drivertest"},
				Reason: "products do not carry the test framework",
			},
		},
		Closed: []houserules.Closed{
			{
				Packages: []string{"internal/driver", "internal/driver/dart", "internal/session", "internal/journal", "internal/line", "internal/bridge", "internal/config"},
				Allow:    []string{"forecourt/shared/..."},
				Reason:   "the core runs on the standard library",
			},
		},
		// The simulator's dice are seeded by its configuration, and the
		// conformance suite is a test in all but its file name.
		Outside: []string{"cmd/...", "internal/simulator", "internal/driver/drivertest"},
	})
}
