package trip

import (
	"errors"
	"strings"
	"testing"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestAnOdometerNeverRunsBackwards(t *testing.T) {
	car, van := id.Vehicle{1}, id.Vehicle{2}
	note := func(day int, km int64, v id.Vehicle) Note {
		return Note{Sale: id.Sale{15: byte(day)}, Vehicle: v, Odometer: km, At: noon.AddDate(0, 0, day)}
	}
	others := []Note{note(20, 10_750, car), note(5, 0, car), note(1, 10_000, car), note(10, 10_300, car), note(9, 99_000, van), note(2, 1, id.Vehicle{})}
	for name, test := range map[string]struct {
		note Note
		want []string // in the detail; none: it fits
	}{
		"between":                    {note(7, 10_150, car), nil},
		"as before":                  {note(7, 10_000, car), nil},
		"as after":                   {note(7, 10_300, car), nil},
		"nobody looked":              {note(7, 0, car), nil},
		"the first":                  {note(0, 1, car), nil},
		"the last":                   {note(30, 9_999_999, car), nil},
		"too low":                    {note(7, 9_999, car), []string{"9999 km", "10000 km at 2026-03-13T04:00:00Z", "10300 km at 2026-03-22T04:00:00Z"}},
		"too high":                   {note(7, 10_301, car), []string{"10301 km", "10000 km", "10300 km"}},
		"too high before the first":  {note(0, 10_001, car), []string{"after: 10000 km"}},
		"too low after the last":     {note(30, 10_749, car), []string{"before: 10750 km"}},
		"another vehicle's":          {note(8, 50, van), nil},
		"the one that is replaced":   {note(10, 10_700, car), nil},
		"replaced, and yet too high": {note(10, 10_751, car), []string{"10000 km", "10750 km"}},
		"at the same moment, later":  {Note{Sale: id.Sale{15: 11}, Vehicle: car, Odometer: 10_299, At: noon.AddDate(0, 0, 10)}, []string{"before: 10300 km"}},
		"of no vehicle any more":     {note(3, 5, id.Vehicle{3}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.note.Fits(others)
			var p *wire.Problem
			if errors.As(err, &p) != (test.want != nil) || p != nil && p.Type != wire.ProblemTripRefused {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(p.Detail, want) {
					t.Errorf("%q does not say %q", p.Detail, want)
				}
			}
		})
	}
	if others[0].Odometer != 10_750 {
		t.Error("what was asked with is not as it was")
	}
}
