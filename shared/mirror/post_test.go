package mirror_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// pump is a hub's view of one attendant in small: every delivery of the
// station, and which nozzles are theirs.
type pump struct {
	channel[wire.PostSnap]
	ids     *id.Maker
	refuels []wire.Refuel
	post    wire.Post
	prices  wire.PriceBoard
}

func newPump() *pump {
	p := &pump{ids: newMaker()}
	p.post = wire.Post{Staff: id.New[id.Staff](p.ids), Number: "3001", Name: "李建国", Nozzles: []int{1, 2}}
	p.ch, p.epoch, p.seq = wire.PostOf(p.post.Staff), id.New[id.Epoch](p.ids), 11
	p.state = p.snapshot
	return p
}

// snapshot is what the hub would read from its tables.
func (p *pump) snapshot() wire.PostSnap {
	var waiting, settled []wire.Refuel
	for _, r := range p.refuels {
		switch {
		case !slices.Contains(p.post.Nozzles, r.Nozzle):
		case mirror.Waiting(r.State):
			waiting = append(waiting, r)
		default:
			settled = append(settled, r)
		}
	}
	byID := func(a, b wire.Refuel) int { return bytes.Compare(a.Sale[:], b.Sale[:]) }
	slices.SortFunc(waiting, byID)
	slices.SortFunc(settled, byID)
	if n := len(settled) - wire.MaxSettledInSnap; n > 0 {
		settled = settled[n:]
	}
	post := p.post
	post.Nozzles = slices.Clone(post.Nozzles)
	return wire.PostSnap{Station: "昆明示范加油站", Post: post, Refuels: append(append([]wire.Refuel{}, waiting...), settled...), Prices: p.prices}
}

// tell sends a delivery to who may see it, and a skip in its place otherwise.
func (p *pump) tell(r wire.Refuel) {
	if slices.Contains(p.post.Nozzles, r.Nozzle) {
		p.add(wire.KindRefuel, r)
		return
	}
	p.add(wire.KindSkip, nil)
}

func (p *pump) sell(nozzle int, state wire.SaleState) {
	r := wire.Refuel{Sale: id.New[id.Sale](p.ids), Nozzle: nozzle, Grade: "92#", State: state, Volume: 1000, StartedAt: noon}
	p.refuels = append(p.refuels, r)
	p.tell(r)
}

func (p *pump) move(i int, state wire.SaleState) {
	if r := &p.refuels[i]; mirror.Waiting(r.State) {
		r.State = state
		p.tell(*r)
	}
}

func (p *pump) assign(nozzles ...int) {
	p.post.Nozzles = nozzles
	p.add(wire.KindPost, p.snapshot().Post)
}

func (p *pump) live(t *rapid.T) {
	all := []wire.SaleState{wire.SaleOpen, wire.SaleUnpaid, wire.SalePaid, wire.SaleQuarantined, wire.SaleTest}
	for range rapid.SampledFrom([]int{0, 3, wire.MaxSettledInSnap + 5}).Draw(t, "past") {
		p.sell(1, wire.SalePaid)
	}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 7).Draw(t, "what") {
		case 0:
			p.prices.Prices = []wire.GradePrice{{Grade: "92#", Price: unit.FenPerLitre(700 + p.seq)}}
			p.add(wire.KindPrices, p.prices)
		case 1:
			p.assign(rapid.SampledFrom([][]int{nil, {1}, {2, 3}, {1, 2, 3}}).Draw(t, "nozzles")...)
		case 2:
			p.add(wire.KindSkip, nil)
		case 3, 4:
			p.sell(rapid.IntRange(1, 3).Draw(t, "nozzle"), rapid.SampledFrom(all).Draw(t, "state"))
		default:
			if len(p.refuels) > 0 {
				p.move(rapid.IntRange(0, len(p.refuels)-1).Draw(t, "delivery"), rapid.SampledFrom(all).Draw(t, "state"))
			}
		}
	}
}

func TestPostOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPump()
		start := p.snap()
		p.live(t)
		from := rapid.IntRange(0, len(p.frames)).Draw(t, "from")
		if from > 0 {
			start = p.snaps[from-1]
		}
		m := mirror.NewPost()
		feed(t, m, start)
		for i, f := range p.frames[from:] {
			for range rapid.IntRange(1, 2).Draw(t, "times") {
				_, err := m.Apply(f)
				switch {
				case errors.Is(err, mirror.ErrSnapshot) && f.K == wire.KindPost:
					feed(t, m, p.snaps[from+i]) // as the hub answers
				case err != nil:
					t.Fatalf("%+v: %v", f, err)
				}
			}
		}
		if diff := cmp.Diff(p.state(), m.Snap()); diff != "" || m.Seq() != p.seq {
			t.Fatal(diff, m.Seq(), p.seq)
		}
	})
}

// Whatever arrives, in whatever order, nothing of a nozzle that is not theirs
// is held.
func TestPostHoldsNothingOfOtherNozzles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPump()
		m := mirror.NewPost()
		feed(t, m, p.snap())
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			r := wire.Refuel{Sale: id.New[id.Sale](p.ids), Nozzle: rapid.IntRange(1, 4).Draw(t, "nozzle"), State: wire.SaleUnpaid}
			if rapid.Bool().Draw(t, "post") {
				p.assign(rapid.SampledFrom([][]int{{}, {1}, {2, 3}}).Draw(t, "nozzles")...)
			} else {
				p.add(wire.KindRefuel, r) // a hub that says too much
			}
			if _, err := m.Apply(p.frames[len(p.frames)-1]); err != nil && !errors.Is(err, mirror.ErrSnapshot) {
				t.Fatal(err)
			}
			for _, r := range m.Refuels() {
				if !m.Has(r.Nozzle) {
					t.Fatalf("nozzle %d is held by who has %v", r.Nozzle, m.Post().Nozzles)
				}
			}
		}
	})
}

func postVectors() []vector {
	p := newPump()
	start := p.snap()
	p.sell(1, wire.SaleOpen)
	p.move(0, wire.SaleUnpaid)
	p.sell(3, wire.SaleUnpaid)
	p.prices = wire.PriceBoard{Since: noon, Prices: []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: 750}}}
	p.add(wire.KindPrices, p.prices)
	p.assign(2, 3)
	after := p.snap()
	p.sell(3, wire.SalePaid)
	day := p.frames
	return []vector{
		tell("a day, with a new post", "post", start, day[0], day[1], day[2], day[3], day[4], after, day[5]),
		tell("what comes between the new post and its snapshot", "post", start, day[0], day[1], day[2], day[3], day[4], day[5]),
		tell("a repeated post asks for no second snapshot", "post", start, day[0], day[1], day[2], day[3], day[4], day[4]),
		tell("a missing skip is a hole", "post", start, day[0], day[1], day[3], p.snap()),
		tell("a delivery that is not theirs is not kept", "post", start, alter(day[0], func(f *wire.Frame) {
			f.D = wire.Body(wire.Refuel{Sale: id.New[id.Sale](p.ids), Nozzle: 9, State: wire.SaleUnpaid, StartedAt: noon})
		})),
	}
}
