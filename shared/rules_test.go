package shared_test

import (
	"testing"

	"forecourt/shared/houserules"
)

func TestHouseRules(t *testing.T) {
	const pure = "what two processes agree on is plain: it must compile anywhere and mean the same"
	houserules.Check(t, houserules.Rules{
		Root: ".",
		Layers: []houserules.Layer{
			{Packages: []string{"unit", "houserules", "settings"}, Reason: "they know nothing of the station"},
			{Packages: []string{"id"}, Reason: "an id names things, it does not measure them"},
			{Packages: []string{"wire"}, Reason: "messages are made of units and ids"},
			{Packages: []string{"mirror", "link"}, Reason: "a mirror folds messages, a link carries them; neither needs the other"},
		},
		Closed: []houserules.Closed{
			{Packages: []string{"unit", "wire", "mirror"}, Reason: pure},
			{Packages: []string{"id"}, Allow: []string{"github.com/oklog/ulid/v2"}, Reason: pure},
			{Packages: []string{"settings"}, Allow: []string{"github.com/goccy/go-yaml/..."}, Reason: "settings read YAML and nothing else"},
			{Packages: []string{"link"}, Allow: []string{"github.com/coder/websocket"}, Reason: "a link needs a socket and nothing else"},
			{Packages: []string{"houserules"}, Reason: "the rules are read with the standard library"},
		},
		Imports: []houserules.Import{
			{Path: "github.com/coder/websocket/...", Only: []string{"link"}, Tests: true, Reason: "only link knows sockets"},
			{Path: "net/http/...", Only: []string{"link"}, Tests: true, Reason: "only link speaks to the network"},
			{Path: "database/sql", Reason: "no message knows a database; an id only prints itself for one, by database/sql/driver"},
			{Path: "database/sql/...", Only: []string{"id"}, Tests: true, Reason: "no message knows a database; an id only prints itself for one"},
			{Path: "testing", Only: []string{"houserules"}, Reason: "products do not carry the test framework"},
		},
	})
}
