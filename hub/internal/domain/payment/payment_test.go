package payment

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
)

func TestCash(t *testing.T) {
	for _, c := range []struct {
		due, tendered, change unit.Fen
		err                   error
	}{
		{15000, 15000, 0, nil},
		{15000, 20000, 5000, nil},
		{1, unit.Max, unit.Max - 1, nil},
		{15000, 14999, 0, ErrTooLittle},
		{15000, 0, 0, ErrTooLittle},
		{0, 0, 0, ErrAmount},
		{-1, 10, 0, ErrAmount},
		{15000, -1, 0, ErrAmount},
		{15000, unit.Max + 1, 0, ErrAmount},
	} {
		change, err := Cash(c.due, c.tendered)
		if change != c.change || !errors.Is(err, c.err) {
			t.Errorf("%s for %s: change %s, %v", c.tendered, c.due, change, err)
		}
	}
}

func TestCashIsNeverLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := unit.Fen(rapid.Int64().Draw(t, "due"))
		tendered := unit.Fen(rapid.Int64().Draw(t, "tendered"))
		change, err := Cash(due, tendered)
		if err == nil && (change < 0 || tendered-change != due) {
			t.Fatalf("%s for %s gives %s back", tendered, due, change)
		}
	})
}
