package mirror_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// newMaker makes the same ids in every run.
func newMaker() *id.Maker {
	return id.NewMaker(func() time.Time { return noon }, rand.NewChaCha8([32]byte{7}))
}

// channel is the hub's side of a channel: it numbers events and remembers
// every frame and the snapshot after each event.
type channel[S any] struct {
	ch     wire.Channel
	epoch  id.Epoch
	seq    uint64
	frames []wire.Frame
	state  func() S
	snaps  []wire.Frame // by the number of frames before them
}

func (c *channel[S]) snap() wire.Frame {
	return wire.Frame{K: wire.KindSnap, Ch: c.ch, Ep: c.epoch, Seq: c.seq, D: wire.Body(c.state())}
}

func (c *channel[S]) add(k wire.Kind, body any) {
	if wire.Kinds[k].Class == wire.ClassEvent {
		c.seq++
	}
	c.frames = append(c.frames, wire.Frame{K: k, Ch: c.ch, Seq: c.seq, D: wire.Body(body)})
	c.snaps = append(c.snaps, c.snap())
}

// disturbed is the frames from the n-th on as a bad line might give them:
// events in order but perhaps twice, ticks lost, twice, or late.
func (c *channel[S]) disturbed(t *rapid.T, n int) []wire.Frame {
	var out, late []wire.Frame
	for _, f := range c.frames[n:] {
		if wire.Kinds[f.K].Class == wire.ClassEvent {
			out = append(out, f)
			if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
				out = append(out, f)
			}
		} else {
			switch rapid.IntRange(0, 4).Draw(t, "tick") {
			case 0: // lost
			case 1:
				out = append(out, f, f)
			case 2:
				late = append(late, f)
			default:
				out = append(out, f)
			}
		}
		if len(late) > 0 && rapid.Bool().Draw(t, "arrives") {
			out, late = append(out, late[0]), late[1:]
		}
	}
	return append(out, late...)
}

// pumps is a hub's board in small.
type pumps struct {
	channel[wire.ForecourtSnap]
	nozzles []wire.Nozzle
	figures []map[[2]int64]bool // what each nozzle may show: its last event's figures or a later tick's
}

var states = []wire.NozzleState{
	wire.NozzleIdle, wire.NozzleCalling, wire.NozzleFuelling, wire.NozzleFinished, wire.NozzleOffline, "novel",
}

func newPumps() *pumps {
	ids := newMaker()
	p := &pumps{nozzles: make([]wire.Nozzle, 4), figures: make([]map[[2]int64]bool, 4)}
	p.ch, p.epoch, p.seq = wire.Forecourt(id.New[id.Station](ids)), id.New[id.Epoch](ids), 40
	p.state = func() wire.ForecourtSnap { return wire.ForecourtSnap{Nozzles: slices.Clone(p.nozzles)} }
	for i := range p.nozzles {
		p.nozzles[i] = wire.Nozzle{Number: i + 1, Dispenser: i/2 + 1, Grade: "92#", State: wire.NozzleIdle, Since: noon}
		p.shows(i, true)
	}
	return p
}

func (p *pumps) shows(i int, alone bool) {
	if alone {
		p.figures[i] = map[[2]int64]bool{}
	}
	p.figures[i][[2]int64{int64(p.nozzles[i].Volume), int64(p.nozzles[i].Amount)}] = true
}

func (p *pumps) event(i int, state wire.NozzleState, volume unit.Millilitre) {
	n := &p.nozzles[i]
	n.State, n.Volume, n.Amount, n.Since = state, volume, unit.Fen(volume), n.Since.Add(time.Second)
	p.shows(i, true)
	p.add(wire.KindNozzle, *n)
}

func (p *pumps) tick(i int, volume unit.Millilitre) {
	p.nozzles[i].Volume, p.nozzles[i].Amount = volume, unit.Fen(volume)
	p.shows(i, false)
	p.add(wire.KindReading, wire.Reading{Number: i + 1, Volume: volume, Amount: unit.Fen(volume)})
}

func (p *pumps) live(t *rapid.T) {
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		i := rapid.IntRange(0, len(p.nozzles)-1).Draw(t, "nozzle")
		volume := unit.Millilitre(rapid.Int64Range(0, 50_000).Draw(t, "ml"))
		switch rapid.IntRange(0, 4).Draw(t, "what") {
		case 0, 1:
			p.event(i, rapid.SampledFrom(states).Draw(t, "state"), volume)
		case 2:
			p.add(wire.KindBeat, wire.Beat{Now: noon})
		default:
			p.tick(i, volume)
		}
	}
}

type folder interface {
	Apply(wire.Frame) (mirror.Change, error)
}

// feed applies frames that all fit.
func feed(t *rapid.T, m folder, frames ...wire.Frame) {
	t.Helper()
	for _, f := range frames {
		if _, err := m.Apply(f); err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
	}
}

func TestForecourtOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPumps()
		start := p.snap()
		p.live(t)
		from := rapid.IntRange(0, len(p.frames)).Draw(t, "from")
		if from > 0 {
			start = p.snaps[from-1]
		}
		m := mirror.NewForecourt()
		feed(t, m, start)
		feed(t, m, p.disturbed(t, from)...)

		// Running figures may be those of any tick since the nozzle's last
		// event, never older ones; everything else is exact.
		got, want := m.Nozzles(), p.state().Nozzles
		for i := range got {
			if shown := [2]int64{int64(got[i].Volume), int64(got[i].Amount)}; !p.figures[i][shown] {
				t.Fatalf("nozzle %d shows %v, which is older than its last event", i+1, shown)
			}
			got[i].Volume, got[i].Amount = want[i].Volume, want[i].Amount
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}

		// Once every nozzle has come to rest there is no difference at all.
		n := len(p.frames)
		for i := range p.nozzles {
			p.event(i, wire.NozzleIdle, unit.Millilitre(i))
		}
		feed(t, m, p.disturbed(t, n)...)
		if diff := cmp.Diff(p.state(), m.Snap()); diff != "" || m.Seq() != p.seq {
			t.Fatal(diff, m.Seq(), p.seq)
		}
	})
}

// till is a hub's desk in small.
type till struct {
	channel[wire.DeskSnap]
	ids    *id.Maker
	sales  []wire.Sale
	prices wire.PriceBoard
	proofs []wire.NozzleProof
	roster wire.Roster
}

func newTill() *till {
	c := &till{ids: newMaker(), proofs: []wire.NozzleProof{{Nozzle: 1}, {Nozzle: 2}}}
	c.ch, c.epoch, c.seq = wire.Desk(id.New[id.Station](c.ids)), id.New[id.Epoch](c.ids), 7
	c.state = c.snapshot
	return c
}

// snapshot is what the hub would read from its tables.
func (c *till) snapshot() wire.DeskSnap {
	var waiting, settled []wire.Sale
	for _, s := range c.sales {
		if mirror.Waiting(s.State) {
			waiting = append(waiting, s)
		} else {
			settled = append(settled, s)
		}
	}
	byID := func(a, b wire.Sale) int { return bytes.Compare(a.ID[:], b.ID[:]) }
	slices.SortFunc(waiting, byID)
	slices.SortFunc(settled, byID)
	if n := len(settled) - wire.MaxSettledInSnap; n > 0 {
		settled = settled[n:]
	}
	return wire.DeskSnap{
		Station: "昆明示范加油站", Sales: append(append([]wire.Sale{}, waiting...), settled...),
		Prices: c.prices, Proofs: slices.Clone(c.proofs), Roster: c.roster,
	}
}

func (c *till) sell(state wire.SaleState) {
	s := wire.Sale{ID: id.New[id.Sale](c.ids), Nozzle: 1, Grade: "92#", State: state, StartedAt: noon}
	c.sales = append(c.sales, s)
	c.add(wire.KindSale, s)
}

// move changes a sale that still waits; what is settled stays so.
func (c *till) move(i int, state wire.SaleState) {
	s := &c.sales[i]
	if !mirror.Waiting(s.State) {
		return
	}
	s.State, s.EndedAt, s.Reasons = state, noon.Add(time.Minute), []wire.Reason{wire.ReasonSmall}
	if state == wire.SalePaid {
		s.Payment = &wire.Payment{Paid: 100, Tendered: 200, Change: 100, At: noon, By: "2001"}
	}
	c.add(wire.KindSale, *s)
}

func (c *till) live(t *rapid.T) {
	all := []wire.SaleState{
		wire.SaleOpen, wire.SaleUnpaid, wire.SalePaid, wire.SaleQuarantined,
		wire.SaleMissing, wire.SaleTest, wire.SaleDriveOff, wire.SaleVoid,
	}
	// Some stations have a long past: more settled sales than are kept.
	for range rapid.SampledFrom([]int{0, 3, wire.MaxSettledInSnap - 1, wire.MaxSettledInSnap + 20}).Draw(t, "past") {
		c.sell(wire.SalePaid)
	}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 6).Draw(t, "what") {
		case 6:
			c.roster = wire.Roster{Posts: []wire.Post{{Number: "3001", Nozzles: []int{int(c.seq % 16)}}}}
			c.add(wire.KindRoster, c.roster)
		case 0:
			c.prices.Prices = []wire.GradePrice{{Grade: "92#", Price: unit.FenPerLitre(700 + c.seq)}}
			c.add(wire.KindPrices, c.prices)
		case 1:
			p := &c.proofs[rapid.IntRange(0, 1).Draw(t, "proof")]
			p.Last += 1000
			c.add(wire.KindProof, *p)
		case 2, 3:
			c.sell(rapid.SampledFrom(all).Draw(t, "state"))
		default:
			if len(c.sales) > 0 {
				c.move(rapid.IntRange(0, len(c.sales)-1).Draw(t, "sale"), rapid.SampledFrom(all).Draw(t, "state"))
			}
		}
	}
}

func TestDeskOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTill()
		start := c.snap()
		c.live(t)
		from := rapid.IntRange(0, len(c.frames)).Draw(t, "from")
		if from > 0 {
			start = c.snaps[from-1]
		}
		m := mirror.NewDesk()
		feed(t, m, start)
		feed(t, m, c.disturbed(t, from)...)
		if diff := cmp.Diff(c.state(), m.Snap()); diff != "" || m.Seq() != c.seq {
			t.Fatal(diff, m.Seq(), c.seq)
		}
	})
}

// A hole is seen wherever it is, and changes nothing.
func TestAHoleIsNeverFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTill()
		start := c.snap()
		c.live(t)
		if len(c.frames) < 2 {
			return
		}
		m := mirror.NewDesk()
		feed(t, m, start)
		missing := rapid.IntRange(0, len(c.frames)-2).Draw(t, "missing")
		feed(t, m, c.frames[:missing]...)
		before := m.Snap()
		for _, f := range c.frames[missing+1:] {
			if change, err := m.Apply(f); !errors.Is(err, mirror.ErrGap) || !cmp.Equal(change, mirror.Change{}) {
				t.Fatalf("%d after a hole at %d: %+v, %v", f.Seq, missing, change, err)
			}
		}
		if diff := cmp.Diff(before, m.Snap()); diff != "" {
			t.Fatal(diff)
		}
		feed(t, m, c.snap())
		if diff := cmp.Diff(c.state(), m.Snap()); diff != "" {
			t.Fatal(diff)
		}
	})
}
