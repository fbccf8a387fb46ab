package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"forecourt/hub/bench/internal/measure"
)

// off is no coalescing window at all.
const off = time.Nanosecond

// contender is a column of a comparison: a server in one setting.
type contender struct {
	name string
	trial
}

// results are the outcomes of a comparison by contender, one a repetition.
type results map[string][]outcome

// line is one comparison of the benchmark and what it has to show.
type line struct {
	name, title string
	contenders  []contender
	judge       func(results, io.Writer) []verdict
}

// verdict is one goal and whether it was met.
type verdict struct {
	goal, seen string
	met        bool
}

// everyone is the hub and its peers, under one load.
func everyone(load trial) []contender {
	var all []contender
	for _, kind := range []string{"rawtcp", "naive", "hub", "centrifuge", "nats", "socketio"} {
		t := load
		t.Kind, t.Pumps = kind, 8
		if kind == "hub" && t.Window == 0 {
			t.Window = off
		}
		all = append(all, contender{kind, t})
	}
	return all
}

// hub is the hub in one setting.
func hub(name string, window time.Duration, pumps int, load trial) contender {
	load.Kind, load.Window, load.Pumps = "hub", window, pumps
	return contender{name, load}
}

// raw is the floor under a load.
func raw(name string, load trial) contender {
	load.Kind = "rawtcp"
	return contender{name, load}
}

// lines are the comparisons.
func lines() []line {
	const window = 20 * time.Millisecond
	single := trial{Clients: 2000, PerSecond: 20, Bytes: 200, For: 5 * time.Second}
	busy := trial{Clients: 1000, PerSecond: 200, Bytes: 200, For: 5 * time.Second}
	closed := trial{Clients: 2000, Bytes: 200, For: 4 * time.Second, Outstanding: 8}
	few := trial{Clients: 100, PerSecond: 400, Bytes: 200, For: 6 * time.Second}
	many := trial{Clients: 10000, PerSecond: 4, Bytes: 200, For: 6 * time.Second}
	pumps := trial{Clients: 200, PerSecond: 100, Bytes: 200, For: 4 * time.Second}
	stalled := trial{Clients: 200, Stalled: 1, PerSecond: 50, Bytes: 6000, For: 20 * time.Second}
	return []line{
		{"single", "one message a write: 2,000 clients, 20 messages a second, 200 bytes", everyone(single), judgeSingle},
		{"window", "coalescing: 1,000 clients, 200 messages a second", []contender{
			hub("no window", off, 8, busy), hub("20 ms", window, 8, busy),
		}, judgeWindow},
		{"most", "as fast as the audience takes it: 2,000 clients, 8 messages outstanding", everyone(closed), judgeMost},
		{"idle", "idle connections: 5,000", everyone(trial{Clients: 5000}), judgeIdle},
		{"growth", "the same 40,000 deliveries a second to 100 and to 10,000 clients", []contender{
			hub("100 clients", off, 8, few), hub("10,000 clients", off, 8, many), raw("rawtcp, 100", few), raw("rawtcp, 10,000", many),
		}, judgeGrowth},
		{"pumps", "100 changes a second at stations of three sizes, 200 clients", []contender{
			hub("8 pumps", off, 8, pumps), hub("64 pumps", off, 64, pumps), hub("1,024 pumps", off, 1024, pumps),
		}, judgePumps},
		{"stalled", "one client of 200 that never reads: 50 messages of 6 KB a second for 20 s", []contender{
			{"hub", stalledBy(stalled, "hub")}, {"naive", stalledBy(stalled, "naive")},
		}, judgeStalled},
	}
}

func stalledBy(t trial, kind string) trial {
	t.Kind, t.Pumps, t.Window = kind, 8, off
	return t
}

// compare runs the lines and prints what they came to.
func compare(only, scripts string, repeats int, out io.Writer) error {
	if err := machine(out); err != nil {
		return err
	}
	var verdicts []verdict
	for _, l := range lines() {
		if only != "" && only != l.name {
			continue
		}
		_, _ = fmt.Fprintf(out, "\n## %s\n\n", l.title)
		got, err := l.run(scripts, repeats)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		verdicts = append(verdicts, l.judge(got, out)...)
	}
	return conclude(verdicts, out)
}

// run repeats a line's trials, each repetition beginning with another.
func (l line) run(scripts string, repeats int) (results, error) {
	got := results{}
	for r := range repeats {
		for i := range l.contenders {
			c := l.contenders[(i+r)%len(l.contenders)]
			c.scripts = scripts
			fmt.Fprintf(os.Stderr, "%s %d/%d %s\n", l.name, r+1, repeats, c.name)
			o, err := c.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			got[c.name] = append(got[c.name], o)
		}
	}
	return got, nil
}

// of is the spread of a figure over a contender's repetitions.
func (r results) of(name string, figure func(outcome) float64) measure.Spread {
	var values []float64
	for _, o := range r[name] {
		values = append(values, figure(o))
	}
	return measure.Of(values)
}

// ratio is the spread of a figure against another contender's, each within
// its own repetition.
func (r results) ratio(name, to string, figure func(outcome) float64) measure.Spread {
	var values []float64
	for i, o := range r[name] {
		values = append(values, figure(o)/figure(r[to][i]))
	}
	return measure.Of(values)
}
