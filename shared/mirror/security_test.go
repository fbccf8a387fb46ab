package mirror_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// guard is a hub's alerts in small.
type guard struct {
	channel[wire.SecuritySnap]
	ids    *id.Maker
	alerts []wire.Alert // oldest first
}

func newGuard() *guard {
	g := &guard{ids: newMaker()}
	g.ch, g.epoch, g.seq = wire.Security(id.New[id.Station](g.ids)), id.New[id.Epoch](g.ids), 2
	g.state = func() wire.SecuritySnap {
		open := []wire.Alert{}
		for _, a := range slices.Backward(g.alerts) {
			if a.SeenAt.IsZero() && len(open) < wire.MaxAlertsInSnap {
				open = append(open, a)
			}
		}
		return wire.SecuritySnap{Alerts: open}
	}
	return g
}

func (g *guard) raise() {
	a := wire.Alert{ID: id.New[id.Alert](g.ids), Rule: wire.AlertPersonal, At: noon, Number: "2001", Count: 1}
	g.alerts = append(g.alerts, a)
	g.add(wire.KindAlert, a)
}

func (g *guard) note(i int) {
	a := &g.alerts[i]
	a.SeenBy, a.SeenAt = "1001", noon.Add(time.Minute)
	g.add(wire.KindAlert, *a)
}

func TestSecurityOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGuard()
		start := g.snap()
		for range rapid.IntRange(1, wire.MaxAlertsInSnap).Draw(t, "steps") {
			switch i := len(g.alerts) - 1; {
			case i >= 0 && rapid.Bool().Draw(t, "note"):
				g.note(rapid.IntRange(0, i).Draw(t, "which"))
			case i >= 0 && rapid.Bool().Draw(t, "again"):
				g.alerts[i].Count++
				g.add(wire.KindAlert, g.alerts[i])
			default:
				g.raise()
			}
		}
		from := rapid.IntRange(0, len(g.frames)).Draw(t, "from")
		if from > 0 {
			start = g.snaps[from-1]
		}
		m := mirror.NewSecurity()
		feed(t, m, start)
		feed(t, m, g.disturbed(t, from)...)
		if diff := cmp.Diff(g.state(), m.Snap()); diff != "" || m.Seq() != g.seq {
			t.Fatal(diff, m.Seq(), g.seq)
		}
	})
}

func TestSecurityKeepsTheNewestAlerts(t *testing.T) {
	g := newGuard()
	m := mirror.NewSecurity()
	if _, err := m.Apply(g.snap()); err != nil {
		t.Fatal(err)
	}
	for range wire.MaxAlertsInSnap + 3 {
		g.raise()
		if _, err := m.Apply(g.frames[len(g.frames)-1]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(g.state(), m.Snap()); diff != "" {
		t.Error(diff)
	}
	if _, ok := m.Alert(g.alerts[0].ID); ok {
		t.Error("the oldest is still held")
	}
}

func securityVectors() []vector {
	g := newGuard()
	start := g.snap()
	g.raise()
	g.raise()
	g.note(0)
	return []vector{
		tell("two alerts, one of them noted", "security", append([]wire.Frame{start}, g.frames...)...),
		tell("a missing alert, then a snapshot", "security", start, g.frames[0], g.frames[2], g.snap()),
		tell("an alert that was noted before it was known", "security", start, alter(g.frames[2], func(f *wire.Frame) { f.Seq = 3 })),
	}
}
