package mirror_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

var update = flag.Bool("update", false, "write testdata/*.json anew")

// vector is one story for every implementation of the mirrors: frames, what
// each changes or why it is refused, and the state after the last.
type vector struct {
	Name   string `json:"name"`
	Mirror string `json:"mirror"` // "forecourt", "desk", "chat", "support", "driver", "public", "post" or "security"
	Steps  []step `json:"steps"`
	State  any    `json:"state"`
}

type step struct {
	Frame  wire.Frame `json:"frame"`
	Change change     `json:"change"`
	Error  string     `json:"error,omitempty"` // "gap", "epoch", "frame" or "snapshot"
}

// change is mirror.Change as the vectors write it.
type change struct {
	All     bool      `json:"all,omitempty"`
	Nozzles []int     `json:"nozzles,omitempty"`
	Beat    bool      `json:"beat,omitempty"`
	Sales   []id.Sale `json:"sales,omitempty"`
	Prices  bool      `json:"prices,omitempty"`
	Proofs  []int     `json:"proofs,omitempty"`

	Thread   bool         `json:"thread,omitempty"`
	Messages []id.Message `json:"messages,omitempty"`
	Typing   bool         `json:"typing,omitempty"`
	Presence bool         `json:"presence,omitempty"`
	Cases    []id.Thread  `json:"cases,omitempty"`
	Threads  []id.Thread  `json:"threads,omitempty"`
	Canned   bool         `json:"canned,omitempty"`
	Support  bool         `json:"support,omitempty"`
	Agents   bool         `json:"agents,omitempty"`
	Audience bool         `json:"audience,omitempty"`
	Orders   []id.Sale    `json:"orders,omitempty"`
	Notices  []id.Notice  `json:"notices,omitempty"`
	Fuelling bool         `json:"fuelling,omitempty"`
	Pumps    []int        `json:"pumps,omitempty"`
	Tariff   bool         `json:"tariff,omitempty"`
	Queue    bool         `json:"queue,omitempty"`
	Roster   bool         `json:"roster,omitempty"`
	Post     bool         `json:"post,omitempty"`
	Alerts   []id.Alert   `json:"alerts,omitempty"`
}

func errorWord(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, mirror.ErrGap):
		return "gap"
	case errors.Is(err, mirror.ErrEpoch):
		return "epoch"
	case errors.Is(err, wire.ErrFrame):
		return "frame"
	case errors.Is(err, mirror.ErrSnapshot):
		return "snapshot"
	}
	return "unexpected: " + err.Error()
}

// blank makes a fresh mirror of a kind, and what to write down of it.
func blank(kind string) (folder, func() any) {
	switch kind {
	case "desk":
		m := mirror.NewDesk()
		return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap()} }
	case "chat":
		m := mirror.NewChat()
		return m, func() any {
			return map[string]any{
				"position": m.Position(), "snap": m.Snap(), "first": m.First(), "older": m.Older(),
				"typing": map[wire.Party]bool{
					wire.PartyDriver: m.Typing(wire.PartyDriver, noon), wire.PartyAgent: m.Typing(wire.PartyAgent, noon),
				},
			}
		}
	case "support":
		m := mirror.NewSupport()
		return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap()} }
	case "driver":
		m := mirror.NewDriver()
		return m, func() any {
			return map[string]any{"position": m.Position(), "snap": m.Snap(), "notices": m.Notices()}
		}
	case "public":
		m := mirror.NewPublic()
		return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap()} }
	case "post":
		m := mirror.NewPost()
		return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap()} }
	case "security":
		m := mirror.NewSecurity()
		return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap()} }
	}
	m := mirror.NewForecourt()
	return m, func() any { return map[string]any{"position": m.Position(), "snap": m.Snap(), "beat": m.Beat()} }
}

// tell applies frames to a fresh mirror and writes down what it said.
func tell(name, kind string, frames ...wire.Frame) vector {
	v := vector{Name: name, Mirror: kind}
	m, state := blank(kind)
	for _, f := range frames {
		c, err := m.Apply(f)
		v.Steps = append(v.Steps, step{f, change(c), errorWord(err)})
	}
	v.State = state()
	return v
}

// alter changes a copy of a frame.
func alter(f wire.Frame, change func(*wire.Frame)) wire.Frame {
	change(&f)
	return f
}

func forecourtVectors() []vector {
	p := newPumps()
	start := p.snap()
	p.event(0, wire.NozzleCalling, 0)
	p.event(0, wire.NozzleFuelling, 0)
	p.tick(0, 1500)
	p.tick(0, 3200)
	p.event(1, wire.NozzleFuelling, 0)
	p.add(wire.KindBeat, wire.Beat{Now: noon, DeviceSeenAt: noon, OldestUnackedMS: 12, Waiting: 3, CountedAt: noon})
	p.event(0, wire.NozzleFinished, 25480)
	calling, fuelling, early, later, second, beat, finished := p.frames[0], p.frames[1], p.frames[2], p.frames[3], p.frames[4], p.frames[5], p.frames[6]
	end := p.snap()
	other := alter(start, func(f *wire.Frame) {
		f.Ep, f.Seq = id.New[id.Epoch](id.NewMaker(func() time.Time { return noon }, bytes.NewReader(make([]byte, 64)))), 1
	})
	novel := wire.Frame{K: "novelty", Ch: p.ch, Seq: 41, D: []byte(`{"what":"nobody knows"}`)}
	return []vector{
		tell("a delivery", "forecourt", start, calling, fuelling, early, later, second, beat, finished),
		tell("a tick that comes after the event that ended it", "forecourt", start, calling, fuelling, second, finished, later, early),
		tell("a tick that comes after another nozzle's event", "forecourt", start, calling, fuelling, second, early),
		tell("ticks of a nozzle that is not there, and before a snapshot", "forecourt", early, beat, start, alter(early, func(f *wire.Frame) { f.D = wire.Body(wire.Reading{Number: 99, Volume: 1}) })),
		tell("a repeated event", "forecourt", start, calling, calling, fuelling, calling),
		tell("a missing event, then a snapshot", "forecourt", start, calling, second, finished, end),
		tell("an event before a snapshot", "forecourt", calling),
		tell("an event of another epoch", "forecourt", start, alter(calling, func(f *wire.Frame) { f.Ep = other.Ep })),
		tell("a new epoch", "forecourt", start, calling, fuelling, other, alter(calling, func(f *wire.Frame) { f.Seq = 2 })),
		tell("a snapshot older than what is known", "forecourt", start, calling, fuelling, start),
		tell("a kind that a newer hub invented", "forecourt", start, novel, alter(calling, func(f *wire.Frame) { f.Seq = 42 }), alter(novel, func(f *wire.Frame) { f.K, f.Seq = "tick", 42 }), alter(novel, func(f *wire.Frame) { f.Seq = 44 })),
		tell("a body that cannot be read", "forecourt", start, alter(calling, func(f *wire.Frame) { f.D = []byte(`{"number":"one"}`) }), calling),
		tell("fields and a state that a newer hub invented", "forecourt", start, alter(calling, func(f *wire.Frame) {
			f.D = []byte(`{"number":1,"state":"singing","tune":"x","since":"2026-11-23T04:00:00Z"}`)
		})),
		tell("other channels", "forecourt", alter(start, func(f *wire.Frame) { f.Ch = "desk/01KAQ00000000000000000000" }), start, alter(calling, func(f *wire.Frame) { f.Ch = "forecourt/01KAQ00000000000000000000" }), calling),
	}
}

func deskVectors() []vector {
	c := newTill()
	start := c.snap()
	c.sell(wire.SaleOpen)
	c.move(0, wire.SaleUnpaid)
	c.sell(wire.SaleQuarantined)
	c.move(0, wire.SalePaid)
	c.prices = wire.PriceBoard{Since: noon, Prices: []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: 750}}, Nozzles: []wire.NozzlePrice{{Nozzle: 1, Price: 750, Acked: true}}}
	c.add(wire.KindPrices, c.prices)
	c.proofs[1] = wire.NozzleProof{Nozzle: 2, First: 1000, Last: 26480, Booked: 25480, Sales: 1}
	c.add(wire.KindProof, c.proofs[1])
	day := slices.Clone(c.frames)
	c.roster = wire.Roster{Posts: []wire.Post{{Number: "3001", Name: "李建国", Nozzles: []int{1, 2}, Since: noon, By: "1001", Until: noon.Add(8 * time.Hour)}}}
	c.add(wire.KindRoster, c.roster)
	full := newTill()
	for range wire.MaxSettledInSnap + 2 {
		full.sell(wire.SalePaid)
	}
	return []vector{
		tell("a day", "desk", append([]wire.Frame{start}, day...)...),
		tell("who is responsible for what", "desk", append([]wire.Frame{start}, c.frames...)...),
		tell("from the middle", "desk", append([]wire.Frame{c.snaps[2]}, day[3:]...)...),
		tell("a missing event", "desk", start, day[0], day[2], c.snap()),
		tell("more settled sales than are kept", "desk", append([]wire.Frame{full.snaps[wire.MaxSettledInSnap-1]}, full.frames[wire.MaxSettledInSnap:]...)...),
		tell("a state that a newer hub invented is not waiting", "desk", start, alter(day[2], func(f *wire.Frame) { f.Seq = 8 }), alter(day[0], func(f *wire.Frame) {
			f.Seq = 9
			f.D = wire.Body(wire.Sale{ID: id.New[id.Sale](c.ids), State: "refunded", Amount: unit.Fen(1), StartedAt: noon})
		})),
	}
}

// written is the file's text: a step a line, so that a change reads well.
func written(t *testing.T, vectors []vector) []byte {
	t.Helper()
	var text bytes.Buffer
	line := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i, v := range vectors {
		fmt.Fprintf(&text, "%s{\"name\": %s, \"mirror\": %s, \"steps\": [\n", []string{"[", ", "}[min(i, 1)], line(v.Name), line(v.Mirror))
		for j, s := range v.Steps {
			fmt.Fprintf(&text, "  %s%s\n", line(s), []string{",", ""}[(j+1)/len(v.Steps)])
		}
		fmt.Fprintf(&text, "  ],\n  \"state\": %s}\n", line(v.State))
	}
	text.WriteString("]\n")
	return text.Bytes()
}

// Vectors say to every implementation what this one does. After a change that
// is meant, write them anew with: go test ./mirror -update
func TestVectors(t *testing.T) {
	for name, vectors := range map[string][]vector{
		"forecourt": forecourtVectors(), "desk": deskVectors(), "chat": chatVectors(), "support": supportVectors(),
		"driver": driverVectors(), "public": publicVectors(), "post": postVectors(), "security": securityVectors(),
	} {
		text := written(t, vectors)
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(golden, text) {
			t.Errorf("%s is not what the mirrors do now; if that is meant, run: go test ./mirror -update", path)
		}
	}
}

// The vectors alone, without this package's generator, can be replayed.
func TestVectorsReplay(t *testing.T) {
	for _, name := range []string{"forecourt", "desk", "chat", "support", "driver", "public", "post", "security"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var vectors []vector
		if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
			t.Fatal(len(vectors), err)
		}
		for _, want := range vectors {
			var frames []wire.Frame
			for _, s := range want.Steps {
				frames = append(frames, s.Frame)
			}
			got := tell(want.Name, want.Mirror, frames...)
			if a, b := mustJSON(t, got), mustJSON(t, want); !bytes.Equal(a, b) {
				t.Errorf("%s: replayed\n%s\nwant\n%s", want.Name, a, b)
			}
		}
	}
}

// mustJSON writes any value in one canonical form.
func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(first, &plain); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What a reader gets is its own.
func TestReadersCannotReachInside(t *testing.T) {
	c := newTill()
	start := c.snap()
	c.sell(wire.SaleOpen)
	c.move(0, wire.SalePaid)
	c.prices = wire.PriceBoard{Prices: []wire.GradePrice{{Grade: "92#"}}, Nozzles: []wire.NozzlePrice{{Nozzle: 1}}}
	c.add(wire.KindPrices, c.prices)
	c.roster = wire.Roster{Posts: []wire.Post{{Nozzles: []int{1}}}}
	c.add(wire.KindRoster, c.roster)
	m := mirror.NewDesk()
	for _, f := range append([]wire.Frame{start}, c.frames...) {
		if _, err := m.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	before := mustJSON(t, m.Snap())
	snap := m.Snap()
	snap.Sales[0].Payment.Paid, snap.Sales[0].Reasons[0] = 1, "x"
	snap.Roster.Posts[0].Nozzles[0] = 9
	snap.Prices.Prices[0].Price, snap.Prices.Nozzles[0].Acked, snap.Proofs[0].Last = 1, true, 1
	if sale, ok := m.Sale(snap.Sales[0].ID); !ok || sale.Payment.Paid == 1 || sale.Reasons[0] == "x" {
		t.Errorf("got %+v", sale)
	}
	if !bytes.Equal(before, mustJSON(t, m.Snap())) {
		t.Error("a reader changed the state")
	}
	if _, ok := m.Sale(id.Sale{}); ok || m.Station() == "" {
		t.Error("no such sale, and a name over the door")
	}
	if n, ok := mirror.NewForecourt().Nozzle(1); ok || n.Number != 0 {
		t.Error("no nozzle before a snapshot")
	}
}
