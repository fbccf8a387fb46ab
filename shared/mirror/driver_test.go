package mirror_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// phone is a hub's view of one member in small.
type phone struct {
	channel[wire.DriverSnap]
	ids      *id.Maker
	member   wire.Member
	threads  []wire.Thread
	orders   []wire.Order
	fuelling *wire.Fuelling
	clock    time.Time
}

func newPhone() *phone {
	p := &phone{ids: newMaker(), clock: noon}
	p.member = wire.Member{ID: id.New[id.Member](p.ids), Number: "M000001", Name: "王磊", Vehicles: []wire.Vehicle{{ID: id.New[id.Vehicle](p.ids), Plate: "云A12345", Kind: wire.PlateFuel}}, Since: noon}
	p.ch, p.epoch, p.seq = wire.DriverOf(p.member.ID), id.New[id.Epoch](p.ids), 20
	p.state = p.snapshot
	return p
}

// snapshot is what the hub would read from its tables.
func (p *phone) snapshot() wire.DriverSnap {
	threads := append([]wire.Thread{}, p.threads...)
	slices.SortFunc(threads, func(a, b wire.Thread) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), bytes.Compare(b.ID[:], a.ID[:]))
	})
	orders := append([]wire.Order{}, p.orders...)
	slices.Reverse(orders)
	orders = orders[:min(len(orders), wire.MaxOrdersInSnap)]
	return wire.DriverSnap{Member: p.member, Threads: threads[:min(len(threads), wire.MaxThreadsInSnap)], Orders: orders, Fuelling: p.fuelling}
}

// talk opens a conversation, or closes an open one for good.
func (p *phone) talk(i int) {
	p.clock = p.clock.Add(time.Second)
	if i >= len(p.threads) {
		p.threads = append(p.threads, wire.Thread{ID: id.New[id.Thread](p.ids), State: wire.ThreadClosed, OpenedAt: p.clock})
	}
	t := &p.threads[i]
	t.Last, t.LastAt = t.Last+1, p.clock
	p.add(wire.KindThread, *t)
}

func (p *phone) order(i int, state wire.SaleState) {
	if i >= len(p.orders) {
		p.orders = append(p.orders, wire.Order{Sale: id.New[id.Sale](p.ids), Number: "0001", Nozzle: 3, Grade: "92#", StartedAt: noon})
	}
	o := &p.orders[i]
	o.State = state
	if state == wire.SalePaid {
		o.Tender = wire.TenderCash
	}
	if p.fuelling != nil && p.fuelling.Sale == o.Sale && state != wire.SaleOpen {
		p.fuelling = nil
	}
	p.add(wire.KindOrder, *o)
}

// noted is an order with what its member noted beside it; nil takes that away.
func (p *phone) noted(i int, trip *wire.Trip) {
	p.orders[i].Trip = trip
	p.add(wire.KindOrder, p.orders[i])
}

func (p *phone) fuel(i int, volume unit.Millilitre, over bool) {
	run := wire.Fuelling{Nozzle: 3, Grade: "92#", State: wire.NozzleFuelling, Sale: p.orders[i].Sale, Volume: volume, Over: over}
	p.fuelling = &run
	if over {
		p.fuelling = nil
	}
	p.add(wire.KindFuelling, run)
}

func (p *phone) tell(text string) {
	p.add(wire.KindNotice, wire.Notice{ID: id.New[id.Notice](p.ids), Kind: wire.NoticeChatMessage, Title: text, At: noon})
}

func TestDriverOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPhone()
		start := p.snap()
		for range rapid.SampledFrom([]int{0, 2, wire.MaxOrdersInSnap + 3}).Draw(t, "past") {
			p.talk(len(p.threads))
			p.order(len(p.orders), wire.SalePaid)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			last := len(p.orders) - 1
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 5:
				if last >= 0 && p.orders[last].State != wire.SaleOpen {
					p.noted(last, rapid.SampledFrom([]*wire.Trip{nil, {Full: true}, {Odometer: 10_000}}).Draw(t, "trip"))
				}
			case 0:
				// Only what a snapshot still lists comes again.
				p.talk(max(0, len(p.threads)-rapid.IntRange(0, 5).Draw(t, "thread")))
			case 1:
				p.tell("x")
			case 2:
				p.order(len(p.orders), wire.SaleOpen)
			default:
				if last >= 0 && p.orders[last].State == wire.SaleOpen {
					p.fuel(last, unit.Millilitre(rapid.IntRange(1, 50_000).Draw(t, "ml")), false)
				}
			}
		}
		for i, o := range p.orders { // and everything comes to rest
			if o.State == wire.SaleOpen {
				p.order(i, wire.SalePaid)
			}
		}
		from := rapid.IntRange(0, len(p.frames)).Draw(t, "from")
		if from > 0 {
			start = p.snaps[from-1]
		}
		m := mirror.NewDriver()
		feed(t, m, start)
		feed(t, m, p.disturbed(t, from)...)
		if diff := gocmp.Diff(p.state(), m.Snap()); diff != "" || m.Seq() != p.seq {
			t.Fatal(diff, m.Seq(), p.seq)
		}
		if len(m.Notices()) > mirror.MaxNotices {
			t.Fatal(len(m.Notices()), "notices")
		}
	})
}

func TestOpenConversationsAreNeverForgotten(t *testing.T) {
	p := newPhone()
	m := mirror.NewDriver()
	start := p.snap()
	p.talk(0)
	p.threads[0].State = wire.ThreadActive
	p.talk(0)
	for i := range wire.MaxThreadsInSnap + 5 {
		p.talk(i + 1)
	}
	for _, f := range append([]wire.Frame{start}, p.frames...) {
		if _, err := m.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	list := m.Threads()
	if len(list) != wire.MaxThreadsInSnap || list[len(list)-1].ID != p.threads[0].ID {
		t.Errorf("%d conversations, and the open one is not the last of them", len(list))
	}
}

func driverVectors() []vector {
	p := newPhone()
	start := p.snap()
	p.talk(0)
	p.order(0, wire.SaleOpen)
	p.fuel(0, 1200, false)
	p.tell("客服回复了您")
	p.fuel(0, 5200, false)
	p.order(0, wire.SaleUnpaid)
	p.order(0, wire.SalePaid)
	p.talk(0)
	day := slices.Clone(p.frames)
	paid := p.snap()
	p.noted(0, &wire.Trip{Vehicle: p.member.Vehicles[0].ID, Odometer: 10_300, Full: false})
	p.noted(0, &wire.Trip{Vehicle: p.member.Vehicles[0].ID, Odometer: 10_300, Full: true})
	noted := slices.Clone(p.frames[len(day):])
	full := p.snap()
	p.noted(0, nil)
	return []vector{
		tell("a morning", "driver", append([]wire.Frame{start}, day...)...),
		tell("from the middle of a delivery", "driver", append([]wire.Frame{p.snaps[4]}, day[5:]...)...),
		tell("figures that come after the order that ended them", "driver", start, day[0], day[1], day[2], day[3], day[5], day[4]),
		tell("figures without a number, as a board sends them", "driver", start, day[0], day[1], bare(day[2]), day[3], bare(day[4]), day[5], bare(day[4])),
		tell("the delivery is over", "driver", start, day[0], day[1], day[2], alter(day[2], func(f *wire.Frame) {
			f.D = wire.Body(wire.Fuelling{Nozzle: 3, Sale: p.orders[0].Sale, Over: true})
		})),
		tell("a missing event, then a snapshot", "driver", start, day[0], day[3], paid),
		tell("a snapshot keeps the notices that came", "driver", start, day[0], day[1], day[3], paid),
		tell("what was noted beside an order", "driver", append([]wire.Frame{paid}, noted...)...),
		tell("and is taken away", "driver", full, p.frames[len(p.frames)-1]),
	}
}

// bare is a tick without the number of the channel's last event.
func bare(f wire.Frame) wire.Frame {
	f.Seq = 0
	return f
}

// A board does not know how many events a member's channel has had.
func TestFiguresWithoutANumberAreTaken(t *testing.T) {
	p := newPhone()
	p.talk(0)
	p.order(0, wire.SaleOpen)
	m := mirror.NewDriver()
	if _, err := m.Apply(p.snap()); err != nil {
		t.Fatal(err)
	}
	p.fuel(0, 1200, false)
	change, err := m.Apply(bare(p.frames[len(p.frames)-1]))
	if run, ok := m.Fuelling(); err != nil || !change.Fuelling || !ok || run.Volume != 1200 {
		t.Errorf("%+v, %v: %+v", change, err, run)
	}
}

// door is a hub's public station in small.
type door struct {
	channel[wire.StationSnap]
	pumps  []wire.Pump
	tariff wire.Tariff
	queue  wire.Queue
}

func newDoor() *door {
	ids := newMaker()
	d := &door{
		pumps:  []wire.Pump{{Number: 1, Grade: "92#", State: wire.PumpFree, Since: noon}, {Number: 2, Grade: "95#", State: wire.PumpOff, Since: noon}},
		tariff: wire.Tariff{Since: noon, Prices: []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: 750}}},
		queue:  wire.Queue{Grades: []wire.GradeQueue{{Grade: "92#", Free: 1}, {Grade: "95#", Off: 1}}},
	}
	d.ch, d.epoch, d.seq = wire.PublicStation(id.New[id.Station](ids)), id.New[id.Epoch](ids), 5
	d.state = func() wire.StationSnap {
		return wire.StationSnap{Station: "昆明示范加油站", Pumps: slices.Clone(d.pumps), Tariff: d.tariff, Queue: d.queue}
	}
	return d
}

func (d *door) pump(i int, state wire.PumpState) {
	d.pumps[i].State, d.pumps[i].Since = state, d.pumps[i].Since.Add(time.Second)
	d.add(wire.KindPump, d.pumps[i])
}

func (d *door) price(p unit.FenPerLitre) {
	d.tariff = wire.Tariff{Since: d.tariff.Since.Add(time.Hour), Prices: []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: p}}}
	d.add(wire.KindTariff, d.tariff)
}

func (d *door) crowd(busy int) {
	d.queue = wire.Queue{Grades: []wire.GradeQueue{{Grade: "92#", Busy: busy}}}
	d.add(wire.KindQueue, d.queue)
}

// wait is a crowd with somebody's count of those who wait, until which the
// next car waits some minutes.
func (d *door) wait(busy, waiting, minutes int) {
	d.queue = wire.Queue{
		Grades:  []wire.GradeQueue{{Grade: "92#", Busy: busy, WaitMinutes: minutes}, {Grade: "95#", Off: 1}},
		Waiting: waiting, CountedAt: noon.Add(time.Duration(waiting) * time.Minute),
	}
	d.add(wire.KindQueue, d.queue)
}

// shows has a pump show a price.
func (d *door) shows(i int, p unit.FenPerLitre) {
	d.pumps[i].Price = p
	d.add(wire.KindPump, d.pumps[i])
}

func TestPublicOfASnapshotAndWhatFollowsIsTheLaterSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDoor()
		start := d.snap()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 4:
				d.wait(rapid.IntRange(0, 4).Draw(t, "busy"), rapid.IntRange(0, 9).Draw(t, "waiting"), rapid.IntRange(0, 60).Draw(t, "minutes"))
			case 5:
				d.shows(rapid.IntRange(0, 1).Draw(t, "pump"), unit.FenPerLitre(rapid.IntRange(0, 900).Draw(t, "shown")))
			case 0:
				d.price(unit.FenPerLitre(rapid.IntRange(600, 900).Draw(t, "price")))
			case 1:
				d.crowd(rapid.IntRange(0, 9).Draw(t, "busy"))
			default:
				d.pump(rapid.IntRange(0, 1).Draw(t, "pump"), rapid.SampledFrom([]wire.PumpState{wire.PumpFree, wire.PumpBusy, wire.PumpOff, "novel"}).Draw(t, "state"))
			}
		}
		from := rapid.IntRange(0, len(d.frames)).Draw(t, "from")
		if from > 0 {
			start = d.snaps[from-1]
		}
		m := mirror.NewPublic()
		feed(t, m, start)
		feed(t, m, d.disturbed(t, from)...)
		if diff := gocmp.Diff(d.state(), m.Snap()); diff != "" || m.Seq() != d.seq || m.Station() == "" {
			t.Fatal(diff, m.Seq(), d.seq)
		}
	})
}

func publicVectors() []vector {
	d := newDoor()
	start := d.snap()
	d.pump(0, wire.PumpBusy)
	d.crowd(1)
	d.price(768)
	d.pump(1, wire.PumpFree)
	day := d.frames
	rush := newDoor()
	rush.pumps[0].Price, rush.pumps[1].Price = 750, 798
	opening := rush.snap()
	rush.pump(0, wire.PumpBusy)
	rush.wait(1, 3, 16)
	rush.shows(0, 785)
	waited := rush.snap()
	rush.crowd(1) // the count was forgotten
	rush.pump(0, wire.PumpFree)
	rush.shows(0, 0)
	return []vector{
		tell("cars wait, and a dispenser shows another price", "public", append([]wire.Frame{opening}, rush.frames[:3]...)...),
		tell("a count is forgotten, and a price is not known", "public", append([]wire.Frame{opening}, rush.frames...)...),
		tell("a snapshot with cars that wait", "public", append([]wire.Frame{waited}, rush.frames[3:]...)...),
		tell("a morning", "public", append([]wire.Frame{start}, day...)...),
		tell("a missing event, then a snapshot", "public", start, day[0], day[2], d.snap()),
		tell("repeated events", "public", start, day[0], day[0], day[1], day[0]),
	}
}

// What a reader gets of a member's orders is its own.
func TestReadersCannotReachInsideAnOrder(t *testing.T) {
	p := newPhone()
	p.order(0, wire.SalePaid)
	p.noted(0, &wire.Trip{Odometer: 10_300})
	m := mirror.NewDriver()
	if _, err := m.Apply(p.snap()); err != nil {
		t.Fatal(err)
	}
	m.Orders()[0].Trip.Odometer = 1
	m.Snap().Orders[0].Trip.Odometer = 1
	if got := m.Orders()[0].Trip.Odometer; got != 10_300 {
		t.Errorf("a reader changed it to %d km", got)
	}
}

// What a reader gets of the newer mirrors is its own as well.
func TestReadersCannotReachInsideAConversation(t *testing.T) {
	c := newTalk()
	for range 6 {
		c.say(wire.PartyDriver)
	}
	c.move(wire.ThreadClosed)
	m := mirror.NewChat()
	if _, err := m.Apply(c.snap()); err != nil {
		t.Fatal(err)
	}
	before := mustJSON(t, m.Snap())
	snap := m.Snap()
	snap.Thread.Rating.Stars, snap.Messages[2].Media.Bytes, snap.Messages[4].Parts[1].Picture.Bytes = 1, 1, 1
	if !bytes.Equal(before, mustJSON(t, m.Snap())) {
		t.Error("a reader changed the conversation")
	}
	k := newCounter()
	k.canned[0].Parts = append(k.canned[0].Parts, wire.Part{Picture: &wire.Media{Bytes: 7}})
	k.open()
	s := mirror.NewSupport()
	if _, err := s.Apply(k.snap()); err != nil {
		t.Fatal(err)
	}
	before = mustJSON(t, s.Snap())
	list := s.Snap()
	list.Cases[0].Last.Text, list.Canned[0].Parts[1].Picture.Bytes, list.Agents[0].Name = "x", 1, "x"
	if !bytes.Equal(before, mustJSON(t, s.Snap())) {
		t.Error("a reader changed the list")
	}
}
