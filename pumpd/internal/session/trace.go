package session

import (
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	// traceStepMS is the least time between two points of a trace that is
	// not thinned out yet: about as often as a dispenser is looked at.
	traceStepMS = 200
	// maxTraceMS bounds the time of a point, a day, as wire.TracePoint does.
	maxTraceMS = 24 * 60 * 60 * 1000
)

// trace is what a nozzle showed while a delivery ran. It is kept in memory
// only, so that the journal stays small: after a restart it begins anew, with
// times from the delivery's start all the same.
type trace struct {
	sale   id.Sale
	stepMS int64
	points []wire.TracePoint
}

// watch notes what the look shows of the delivery that runs.
func (s *Session) watch() {
	n := s.nozzle(s.look.Nozzle)
	flows := s.look.State == driver.Fuelling || s.look.State == driver.Paused
	if !flows || n == nil || n.saved.Open == nil || !n.saved.Open.Started {
		return
	}
	n.trace.note(*n.saved.Open, s.now, s.look.Volume)
}

// note adds what open showed at a time. Another delivery begins a new trace.
func (t *trace) note(open Open, at time.Time, volume unit.Millilitre) {
	if t.sale != open.Sale {
		*t = trace{sale: open.Sale, stepMS: traceStepMS}
	}
	after := min(max(0, at.Sub(open.At).Milliseconds()), maxTraceMS)
	t.points, t.stepMS = extend(t.points, t.stepMS, wire.TracePoint{AfterMS: after, Volume: volume})
}

// end is the trace of a delivery that ends with these figures, nil if nobody
// watched it. It changes nothing: the end may have to be journaled again.
func (t trace) end(open Open, ended wire.SaleEnded) []wire.TracePoint {
	if t.sale != open.Sale || len(t.points) == 0 {
		return nil
	}
	t.points = slices.Clone(t.points)
	// What ran cannot be more than what was shown at the end; a point that
	// says so was misread.
	for len(t.points) > 1 && t.points[len(t.points)-1].Volume > ended.Volume {
		t.points = t.points[:len(t.points)-1]
	}
	t.note(open, ended.EndedAt, ended.Volume)
	if t.points[len(t.points)-1].Volume != ended.Volume {
		return nil
	}
	return t.points
}

// extend adds a point to a trace whose points are stepMS apart, but for the
// last, and gives the trace and its step as they are then. The last point
// moves along until it is a step from the one before; when there are too many,
// the step is doubled. So a trace holds at most wire.MaxTrace points, the first
// and the last always among them, times rise and volumes do not fall. A point
// that would break that is left out. The list given is used up.
func extend(points []wire.TracePoint, stepMS int64, p wire.TracePoint) ([]wire.TracePoint, int64) {
	n := len(points)
	switch {
	case n == 0:
		return append(points, p), stepMS
	case p.AfterMS <= points[n-1].AfterMS && (n == 1 || p.AfterMS < points[n-1].AfterMS), p.Volume < points[n-1].Volume:
		return points, stepMS
	case n > 1 && (p.AfterMS == points[n-1].AfterMS || points[n-1].AfterMS-points[n-2].AfterMS < stepMS):
		points[n-1] = p
	default:
		points = append(points, p)
	}
	for len(points) > wire.MaxTrace {
		stepMS *= 2
		points = spaced(points, stepMS)
	}
	return points, stepMS
}

// spaced keeps the first point, those that are at least stepMS after the one
// kept before, and the last.
func spaced(points []wire.TracePoint, stepMS int64) []wire.TracePoint {
	last := points[len(points)-1]
	kept := points[:1]
	for _, p := range points[1 : len(points)-1] {
		if p.AfterMS-kept[len(kept)-1].AfterMS >= stepMS {
			kept = append(kept, p)
		}
	}
	return append(kept, last)
}
