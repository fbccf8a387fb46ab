package desk_test

import (
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
)

// press plays keys, "3 F1 2 00 F8", and returns the commands the till sent.
func press(s *lookbook.Stage, keys string) []desk.Command {
	s.Effects = nil
	for _, k := range strings.Fields(keys) {
		s.Do(desk.Press{Key: desk.Key(k)})
	}
	return sent(s)
}

func sent(s *lookbook.Stage) []desk.Command {
	var out []desk.Command
	for _, e := range s.Effects {
		if c, ok := e.(desk.Send); ok {
			out = append(out, c.Command)
		}
	}
	return out
}

func played(s *lookbook.Stage) (out []desk.Sound) {
	for _, e := range s.Effects {
		if p, ok := e.(desk.Play); ok {
			out = append(out, p.Sound)
		}
	}
	return out
}

func tile(t *testing.T, s *lookbook.Stage, nozzle int) desk.Tile {
	t.Helper()
	for _, tile := range s.State.Screen().Tiles {
		if tile.Nozzle == nozzle {
			return tile
		}
	}
	t.Fatalf("no tile %d", nozzle)
	return desk.Tile{}
}

func said(s *lookbook.Stage) string {
	var all []string
	for _, t := range s.State.Screen().Toasts {
		all = append(all, t.Text)
	}
	return strings.Join(all, "|")
}

func chosen(s *lookbook.Stage) int {
	for _, t := range s.State.Screen().Tiles {
		if t.Chosen {
			return t.Nozzle
		}
	}
	return 0
}
