package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"forecourt/hub/bench/internal/audience"
	"forecourt/hub/bench/internal/measure"
)

func cost(o outcome) float64    { return o.microsecondsPerMessage() }
func reads(o outcome) float64   { return o.perRead() }
func p50(o outcome) float64     { return o.P50 }
func p99(o outcome) float64     { return o.P99 }
func foreign(o outcome) float64 { return o.Foreign }
func idleKB(o outcome) float64  { return o.IdleBytes / 1024 }
func lost(o outcome) float64    { return 100 * o.missing() }

// perSecond is messages delivered a second of the server's CPU.
func perCPUSecond(o outcome) float64 { return float64(o.Delivered) / o.CPU.Seconds() }

func bytesEach(o outcome) float64 { return float64(o.Bytes) / float64(max(1, o.Delivered)) }

// peerNames are those that a user might pick instead of the hub.
var peerNames = []string{"naive", "centrifuge", "nats", "socketio"}

// column is one figure of a table.
type column struct {
	title  string
	figure func(outcome) float64
}

// table prints a row for each contender, ratios against base if there is one.
func (r results) table(out io.Writer, names []string, base string, columns ...column) {
	titles := []string{"server"}
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	if base != "" {
		titles = append(titles, "/ "+base+", same repetition")
	}
	_, _ = fmt.Fprintf(out, "| %s |\n|%s\n", strings.Join(titles, " | "), strings.Repeat(" --- |", len(titles)))
	for _, name := range names {
		cells := []string{name}
		for _, c := range columns {
			cells = append(cells, text(r.of(name, c.figure)))
		}
		if base != "" {
			cells = append(cells, r.ratio(name, base, columns[0].figure).String())
		}
		_, _ = fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

// text prints a spread; a lateness of what never came is said in words.
func text(s measure.Spread) string {
	if s.High >= audience.Never {
		return "never"
	}
	return s.String()
}

var allNames = []string{"rawtcp", "naive", "hub", "centrifuge", "nats", "socketio"}

func judgeSingle(r results, out io.Writer) []verdict {
	r.table(out, allNames, "rawtcp",
		column{"CPU µs a message", cost}, column{"messages a read", reads}, column{"p50 ms", p50}, column{"p99 ms", p99},
		column{"never came %", lost}, column{"foreign cores", foreign})
	toRaw := r.ratio("hub", "rawtcp", cost)
	v := []verdict{{
		"CPU per message, uncoalesced, at most 1.35 x raw TCP", toRaw.String(), toRaw.Median <= 1.35,
	}}
	for _, peer := range peerNames {
		s := r.ratio("hub", peer, cost)
		v = append(v, verdict{"CPU per message below " + peer, s.String() + " x", s.Median < 1})
	}
	late := r.ratio("hub", "rawtcp", p99)
	return append(v, verdict{"p99 delivery at most 1.5 x raw TCP's (window 0)", late.String() + " x", late.Median <= 1.5})
}

func judgeWindow(r results, out io.Writer) []verdict {
	r.table(out, []string{"no window", "20 ms"}, "no window",
		column{"CPU µs a message", cost}, column{"messages a read", reads}, column{"p50 ms", p50}, column{"p99 ms", p99},
		column{"never came %", lost})
	s := r.ratio("20 ms", "no window", cost)
	return []verdict{{"20 ms window at 200 messages a second costs at most 0.5 x none", s.String(), s.Median <= 0.5}}
}

func judgeMost(r results, out io.Writer) []verdict {
	r.table(out, allNames, "",
		column{"delivered a CPU second", perCPUSecond}, column{"messages a read", reads}, column{"CPU µs a message", cost})
	best, bestName := 0.0, ""
	for _, peer := range peerNames {
		if m := r.of(peer, perCPUSecond).Median; m > best {
			best, bestName = m, peer
		}
	}
	s := r.ratio("hub", bestName, perCPUSecond)
	return []verdict{{"most delivered a CPU second at least 2 x the best peer (" + bestName + ")", s.String(), s.Median >= 2}}
}

func judgeIdle(r results, out io.Writer) []verdict {
	r.table(out, allNames, "", column{"KB a connection", idleKB})
	s := r.of("hub", idleKB)
	return []verdict{{"memory per idle connection at most 16 KB", s.String(), s.Median <= 16}}
}

func judgeGrowth(r results, out io.Writer) []verdict {
	r.table(out, []string{"100 clients", "10,000 clients", "rawtcp, 100", "rawtcp, 10,000"}, "100 clients",
		column{"CPU µs a message", cost}, column{"messages a read", reads}, column{"p99 ms", p99}, column{"never came %", lost})
	s := r.ratio("10,000 clients", "100 clients", cost)
	floor := r.ratio("rawtcp, 10,000", "rawtcp, 100", cost)
	return []verdict{
		{"CPU per message at 10,000 clients at most 1.5 x that at 100", s.String() + "; raw TCP itself grows " + floor.String(), s.Median <= 1.5},
		{"its growth at most 1.5 x raw TCP's own", fmt.Sprintf("%.2f", s.Median/floor.Median), s.Median <= 1.5*floor.Median},
	}
}

func judgePumps(r results, out io.Writer) []verdict {
	names := []string{"8 pumps", "64 pumps", "1,024 pumps"}
	r.table(out, names, "8 pumps",
		column{"CPU µs a message", cost}, column{"bytes a change", bytesEach}, column{"KB a connection", idleKB})
	s := r.ratio("1,024 pumps", "8 pumps", cost)
	return []verdict{{"a change costs the same at 1,024 pumps as at 8 (at most 1.3 x)", s.String(), s.Median <= 1.3}}
}

func judgeStalled(r results, out io.Writer) []verdict {
	r.table(out, []string{"hub", "naive"}, "", column{"never came to the others %", lost}, column{"p99 ms", p99})
	s := r.of("hub", lost)
	return []verdict{{"one stalled client of 200: the others get at least 99.5 %", fmt.Sprintf("%.2f %% missing at most", s.High), s.High <= 0.5}}
}

// machine says where this ran.
func machine(out io.Writer) error {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	model := "unknown"
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	_, err = fmt.Fprintf(out, "%s, %d cores; %s. Server on core %s, audience on core %s, loopback, no TLS, no compression.\n",
		model, runtime.NumCPU(), runtime.Version(), serverCore, audienceCore)
	return err
}

// conclude prints the goals. A miss is an answer, not a failure.
func conclude(verdicts []verdict, out io.Writer) error {
	if len(verdicts) == 0 {
		return fmt.Errorf("there is no line of that name")
	}
	_, _ = fmt.Fprintf(out, "\n## Goals\n\n| goal | seen, median [range] | |\n| --- | --- | --- |\n")
	for _, v := range verdicts {
		word := "MISS"
		if v.met {
			word = "pass"
		}
		_, _ = fmt.Fprintf(out, "| %s | %s | %s |\n", v.goal, v.seen, word)
	}
	return nil
}
