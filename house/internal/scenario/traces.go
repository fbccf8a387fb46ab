package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"forecourt/house/internal/house"
	"forecourt/house/internal/plan"
)

// Traces is how the deliveries of one way to a dispenser were watched.
type Traces struct {
	// Way is the protocol, and who dials whom.
	Way string
	// Sales carry fuel; Traced of them carry the figures as they ran, in Points
	// points altogether.
	Sales, Traced, Points int
}

// watched lists the sales with the number of points of their traces. It is the
// second byte of what package evidence packs: there are at most 64.
const watched = `SELECT s.nozzle, IFNULL(ASCII(SUBSTRING(t.points, 2, 1)), 0)
	FROM sale s LEFT JOIN sale_trace t ON t.sale = s.id WHERE s.after_ml > s.before_ml`

// traces counts what was watched, by way.
func traces(ctx context.Context, h *house.House) ([]Traces, error) {
	rows, err := h.SQL(ctx, watched)
	if err != nil {
		return nil, fmt.Errorf("counting traces: %w", err)
	}
	var all []Traces
	for row := range strings.Lines(rows) {
		var nozzle, points int
		if _, err := fmt.Sscan(row, &nozzle, &points); err != nil {
			return nil, fmt.Errorf("counting traces: %q: %w", row, err)
		}
		way := wayTo(h.Lines(), nozzle)
		i := slices.IndexFunc(all, func(t Traces) bool { return t.Way == way })
		if i < 0 {
			i, all = len(all), append(all, Traces{Way: way})
		}
		all[i].add(points)
	}
	slices.SortFunc(all, func(a, b Traces) int { return strings.Compare(a.Way, b.Way) })
	return all, nil
}

func (t *Traces) add(points int) {
	t.Sales++
	t.Points += points
	if points > 0 {
		t.Traced++
	}
}

// watchedAtLeast is the part of the sales that has to carry a trace, one in so
// many: what ends while pumpd is dead has none, and pumpd is killed here.
const watchedAtLeast = 3

// Err says if too few were watched, or one only at its end.
func (t Traces) Err() error {
	if t.Traced*watchedAtLeast < t.Sales || t.Points < 2*t.Traced {
		return fmt.Errorf("%s: %d of %d sales carry a trace, of %d points altogether", t.Way, t.Traced, t.Sales, t.Points)
	}
	return nil
}

// wayTo is the way to a nozzle.
func wayTo(lines []plan.Line, nozzle int) string {
	for _, l := range lines {
		for _, p := range l.Points {
			if slices.Contains(p.Nozzles, nozzle) {
				return l.Way()
			}
		}
	}
	return "nowhere"
}
