package session

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// sound says what is wrong with a trace, "" if nothing.
func sound(points []wire.TracePoint) string {
	if len(points) > wire.MaxTrace {
		return "too many points"
	}
	for i := 1; i < len(points); i++ {
		if points[i].AfterMS <= points[i-1].AfterMS {
			return "times do not rise"
		}
		if points[i].Volume < points[i-1].Volume {
			return "volumes fall"
		}
	}
	return ""
}

func TestC005TraceIsBoundedAndKeepsBothEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []wire.TracePoint
		step, at, volume := int64(traceStepMS), int64(0), unit.Millilitre(0)
		first := wire.TracePoint{}
		for i := range rapid.IntRange(1, 400).Draw(t, "looks") {
			if i > 0 {
				at += rapid.Int64Range(1, 5_000).Draw(t, "ms")
				volume += unit.Millilitre(rapid.Int64Range(0, 3_000).Draw(t, "ml"))
			}
			p := wire.TracePoint{AfterMS: at, Volume: volume}
			points, step = extend(points, step, p)
			if what := sound(points); what != "" {
				t.Fatalf("%s: %v", what, points)
			}
			if points[0] != first || points[len(points)-1] != p {
				t.Fatalf("an end is lost at look %d: %v", i, points)
			}
		}
	})
}

func TestC005TraceOfNonsenseIsStillATrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []wire.TracePoint
		step := int64(traceStepMS)
		for range rapid.IntRange(1, 200).Draw(t, "looks") {
			points, step = extend(points, step, wire.TracePoint{
				AfterMS: rapid.Int64Range(0, maxTraceMS).Draw(t, "ms"),
				Volume:  unit.Millilitre(rapid.Int64Range(0, 99_000).Draw(t, "ml")),
			})
			if what := sound(points); what != "" {
				t.Fatalf("%s: %v", what, points)
			}
		}
	})
}

// An hour of looking five times a second leaves points spread over the hour.
func TestC005LongDeliveryIsThinnedEvenly(t *testing.T) {
	var points []wire.TracePoint
	step := int64(traceStepMS)
	for i := range int64(5 * 60 * 60) {
		points, step = extend(points, step, wire.TracePoint{AfterMS: i * 200, Volume: unit.Millilitre(i)})
	}
	if len(points) < wire.MaxTrace/2 || step != traceStepMS<<9 {
		t.Fatalf("%d points, %d ms apart", len(points), step)
	}
	for i := 1; i < len(points)-1; i++ {
		if gap := points[i].AfterMS - points[i-1].AfterMS; gap != step {
			t.Errorf("%d ms between points %d and %d", gap, i-1, i)
		}
	}
}

// run lets fuel flow for some looks, 200 ms and 100 ml each.
func (r *rig) run(looks int) {
	for range looks {
		r.pump.flow(100)
		r.tick()
	}
}

func TestC005SaleCarriesWhatTheDispenserShowed(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.pump.lift(1)
		r.ticks(2)
		r.run(20)
		r.pump.hang()
		r.ticks(2)
		sale := only[wire.SaleEnded](t, r.facts)
		if len(sale.Trace) != 21 || sale.Trace[0] != (wire.TracePoint{Volume: 100}) || sale.Trace[1] != (wire.TracePoint{AfterMS: 200, Volume: 200}) {
			t.Errorf("trace %v", sale.Trace)
		}
		end := sale.EndedAt.Sub(sale.StartedAt).Milliseconds()
		if last := sale.Trace[len(sale.Trace)-1]; last != (wire.TracePoint{AfterMS: end, Volume: 2_000}) {
			t.Errorf("it ends with %v after %d ms", last, end)
		}
	})
}

// The litres of the sale before, added at the very end, are a jump in the curve.
func TestC005ChengduShowsInTheTrace(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sell(1, 27_180)
		r.pump.add = 27_180
		r.pump.lift(1)
		r.ticks(2)
		for range 40 {
			r.pump.flow(1_000)
			r.tick()
		}
		r.pump.flow(780)
		r.tick()
		r.pump.hang()
		r.ticks(2)
		trace := of[wire.SaleEnded](r.facts)[1].Trace
		n := len(trace)
		if n < 3 || trace[n-1].Volume != 67_960 || trace[n-2].Volume != 40_780 {
			t.Errorf("trace %v", trace)
		}
	})
}

func TestC005RestartBeginsTheTraceAnew(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.pump.lift(1)
	r.ticks(2)
	r.run(5)
	for _, data := range r.saved {
		if slices.Contains(keysOf(t, data), "trace") {
			t.Fatalf("the journal holds the trace: %s", data)
		}
	}
	r.restart()
	r.run(5)
	r.pump.hang()
	r.ticks(2)
	sale := only[wire.SaleEnded](t, r.facts)
	if len(sale.Trace) < 2 || sale.Trace[0] != (wire.TracePoint{AfterMS: 1_000, Volume: 600}) || sale.Trace[len(sale.Trace)-1].Volume != 1_000 {
		t.Errorf("trace %v", sale.Trace)
	}
}

// keysOf lists what a saved delivery in hand is made of.
func keysOf(t *testing.T, data []byte) []string {
	t.Helper()
	var v struct {
		Open map[string]any `json:"open"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for k := range v.Open {
		keys = append(keys, k)
	}
	return keys
}

// What could not be journaled is told again, with its trace.
func TestC005TraceOutlivesAJournalThatFails(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.pump.lift(1)
	r.ticks(2)
	r.run(5)
	r.fail = func(e Effect) (error, error) {
		if _, ok := e.(Append); ok {
			return errTest, nil
		}
		return nil, nil
	}
	r.pump.hang()
	r.ticks(2)
	r.fail = nil
	r.ticks(2)
	if sale := only[wire.SaleEnded](t, r.facts); len(sale.Trace) != 6 || sale.Trace[5].Volume != 500 {
		t.Errorf("trace %v", sale.Trace)
	}
}

func TestC005BackfilledSaleHasNoTrace(t *testing.T) {
	r := newRig(t, true)
	r.tick()
	r.sell(1, 10_000)
	m := &machine{rig: r}
	r.pump.away = true
	r.tick()
	m.alone(1, 20_000)
	r.pump.away = false
	r.ticks(5)
	sales := of[wire.SaleEnded](r.facts)
	if len(sales) != 2 || !sales[1].Backfilled || sales[1].Trace != nil {
		t.Errorf("sales %+v", sales)
	}
}

// A dispenser that shows less at the end than while it ran has no trace of its own.
func TestC005MisreadPointsAreLeftOut(t *testing.T) {
	open := Open{At: start}
	var tr trace
	tr.sale = open.Sale
	for i, v := range []unit.Millilitre{100, 200, 900} {
		tr.note(open, start.Add(time.Duration(i)*time.Second), v)
	}
	got := tr.end(open, wire.SaleEnded{EndedAt: start.Add(5 * time.Second), Volume: 300})
	if want := []wire.TracePoint{{AfterMS: 0, Volume: 100}, {AfterMS: 1_000, Volume: 200}, {AfterMS: 5_000, Volume: 300}}; !slices.Equal(got, want) {
		t.Errorf("trace %v", got)
	}
	if got := tr.end(open, wire.SaleEnded{EndedAt: start.Add(5 * time.Second), Volume: 50}); got != nil {
		t.Errorf("trace %v", got)
	}
}
