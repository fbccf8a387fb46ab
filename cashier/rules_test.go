package cashier_test

import (
	"testing"

	"forecourt/shared/houserules"
)

func TestHouseRules(t *testing.T) {
	const fyne = "fyne.io/fyne/v2"
	houserules.Check(t, houserules.Rules{
		Root: ".",
		Layers: []houserules.Layer{
			{Packages: []string{"internal/desk"}, Reason: "the screen's state knows no screen, no network and no disk"},
			{Packages: []string{"internal/till", "internal/config", "internal/lookbook", "internal/view/theme"}, Reason: "they serve or play the state, or dress it"},
			{Packages: []string{"internal/view/parts"}, Reason: "widgets are dressed by the theme"},
			{Packages: []string{
				"internal/view/board", "internal/view/panel", "internal/view/lists", "internal/view/login", "internal/view/settings",
				"internal/view/chat", "internal/view/office",
			}, Reason: "a page draws the state and knows no other page"},
			{Packages: []string{"internal/view/shell"}, Reason: "the frame puts the pages together"},
			{Packages: []string{"cmd/..."}, Reason: "only cmd knows everything"},
		},
		Imports: []houserules.Import{
			{Path: fyne + "/app", Only: []string{"cmd/..."}, Tests: true, Reason: "only cmd opens a window"},
			{Path: fyne + "/...", Only: []string{"internal/view/...", "cmd/..."}, Tests: true, Reason: "what is not view can be tested without widgets"},
			{Path: "forecourt/shared/link", Only: []string{"internal/till", "cmd/..."}, Tests: true, Reason: "only the till speaks to the hub"},
			{Path: "forecourt/shared/mirror", Only: []string{"internal/desk", "internal/till"}, Reason: "the state folds the live channels, the till knows which sales wait"},
			{Path: "forecourt/shared/wire", Only: []string{"internal/desk", "internal/till", "internal/lookbook"}, Reason: "widgets are drawn from words and figures, not from messages"},
			{Path: "forecourt/cashier/internal/lookbook", Only: []string{"cmd/lookbook"}, Reason: "demo screens are no part of the till"},
			{Path: "github.com/boombuler/barcode/...", Only: []string{"internal/view/parts"}, Reason: "one widget draws codes"},
			{Path: "go.etcd.io/bbolt/...", Only: []string{"internal/till"}, Reason: "one package owns the till's file"},
		},
		Closed: []houserules.Closed{
			{Packages: []string{"internal/desk"}, Allow: []string{"forecourt/shared/..."}, Reason: "pure: it must run anywhere and mean the same"},
		},
		Outside: []string{"cmd/..."},
		Pure:    []string{"internal/view/theme.rgb"},
	})
}
