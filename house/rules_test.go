package house_test

import (
	"testing"

	"forecourt/shared/houserules"
)

func TestHouseRules(t *testing.T) {
	houserules.Check(t, houserules.Rules{
		Root: ".",
		Layers: []houserules.Layer{
			{
				Packages: []string{"internal/process", "internal/plan", "internal/truth", "internal/tap", "internal/wechat"},
				Reason:   "each watches or starts one thing and knows nothing of the whole",
			},
			{
				Packages: []string{"internal/robot", "internal/reckon"},
				Reason:   "a till and a count work with any hub, however it was started",
			},
			{
				Packages: []string{"internal/house"},
				Reason:   "the house starts programs; what is done with them is not its business",
			},
			{
				Packages: []string{"internal/talk", "internal/privacy"},
				Reason:   "a conversation needs a house, and somebody to time it",
			},
			{
				Packages: []string{"internal/scenario"},
				Reason:   "a scenario uses a house and those who watch it",
			},
			{
				Packages: []string{"internal/disaster"},
				Reason:   "a disaster befalls a station that sells, and is counted as a scenario is",
			},
			{
				Packages: []string{"cmd/..."},
				Reason:   "only a program knows everything, because it puts it together",
			},
		},
		Imports: []houserules.Import{
			{
				Path: "os/exec", Only: []string{"internal/process", "cmd/acceptance"},
				Reason: "whoever starts a program has to end it; one package does both",
			},
		},
		// The whole module stands outside: it times, kills and draws lots.
		Outside: []string{"cmd/...", "internal/..."},
	})
}
