package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

var everything = Abilities{Authorize: true, Stop: true, Suspend: true, Prices: true, Total: true, Recall: true}

// pump is a model of a fuelling point, as simple as can be: what it dispensed
// is what its totalizers moved.
type pump struct {
	keyed  bool // gives transaction numbers and keeps every sale until released
	state  driver.State
	lifted int
	order  driver.Order
	total  []unit.Millilitre // true totalizers
	moved  unit.Millilitre   // of the delivery in hand
	add    unit.Millilitre   // added to the next sale shown: the Chengdu case
	held   []driver.Sale
	past   []driver.Sale // what Recall lists
	prices []unit.FenPerLitre
	serial int
	orders []driver.Order
	away   bool // answers nothing
}

func newPump(keyed bool) *pump {
	return &pump{
		keyed: keyed, state: driver.Idle,
		total: []unit.Millilitre{1_000_000, 2_000_000}, prices: []unit.FenPerLitre{750, 798},
	}
}

func (p *pump) lift(n int) {
	if p.lifted == 0 && (p.state == driver.Idle || p.state == driver.Authorized || p.state == driver.Finished) {
		p.lifted = n
		if p.state == driver.Idle {
			p.state = driver.Calling
		}
	}
}

// flow lets ml run if the pump may; the first drop makes it fuelling.
func (p *pump) flow(ml unit.Millilitre) {
	if p.lifted == 0 || p.lifted != p.order.Nozzle || (p.state != driver.Authorized && p.state != driver.Fuelling) {
		return
	}
	p.state = driver.Fuelling
	p.total[p.lifted-1] += ml
	p.moved += ml
}

// finish ends the delivery and shows its figures.
func (p *pump) finish() {
	if p.state != driver.Authorized && p.state != driver.Fuelling && p.state != driver.Paused {
		return
	}
	n := p.order.Nozzle
	p.serial++
	volume := p.moved + p.add
	p.moved, p.add = 0, 0
	shown := (volume + 5) / 10 * 10
	amount, _ := unit.Amount(shown, p.prices[n-1])
	sale := driver.Sale{Nozzle: n, Volume: shown, Amount: amount, Price: p.prices[n-1], EndedAt: start.Add(time.Duration(p.serial) * time.Minute)}
	if p.keyed {
		sale.Key = fmt.Sprintf("pts:x:1:%d", p.serial)
		sale.TotalAfter, sale.HasTotal = p.total[n-1], true
		p.held = append(p.held, sale)
	} else {
		p.held = []driver.Sale{sale}
	}
	p.past = append(p.past, sale)
	p.state = driver.Finished
}

func (p *pump) hang() {
	p.finish()
	p.lifted = 0
	if p.state == driver.Calling {
		p.state = driver.Idle
	}
}

func (p *pump) release(sale driver.Sale) {
	p.held = slices.DeleteFunc(p.held, func(h driver.Sale) bool { return h == sale })
	if len(p.held) == 0 && p.state == driver.Finished {
		p.state = driver.Idle
		if p.lifted != 0 {
			p.state = driver.Calling
		}
	}
}

func (p *pump) reading() driver.Reading {
	r := driver.Reading{State: p.state, Nozzle: p.lifted, Volume: p.moved, Finished: slices.Clone(p.held)}
	if p.lifted != 0 {
		r.Price = p.prices[p.lifted-1]
	}
	return r
}

// rig is a session on a pump, with a journal that survives it.
type rig struct {
	t      fataler
	cfg    Config
	pump   *pump
	s      *Session
	now    time.Time
	facts  []Fact
	saved  map[int][]byte
	want   map[int]wire.WantNozzle
	notes  []string
	status map[int]wire.NozzleStatus
	log    []string
	fail   func(e Effect) (before, after error) // how an effect goes wrong; nil: it does not
	crash  func(e Effect) bool                  // cut the power before this effect
	handed map[id.Authorization]int
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

var start = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// counter makes ids that are easy to tell apart in a failure.
func counter() func() id.Sale {
	n := byte(0)
	return func() id.Sale { n++; return id.Sale{0: 1, 14: n / 200, 15: n%200 + 1} }
}

func newRig(t fataler, keyed bool) *rig {
	can := everything
	can.Recall = keyed
	r := &rig{
		t: t, pump: newPump(keyed), now: start, saved: map[int][]byte{}, status: map[int]wire.NozzleStatus{},
		want: map[int]wire.WantNozzle{}, handed: map[id.Authorization]int{},
		cfg: Config{Nozzles: []int{9, 10}, Can: can, TotalKeys: !keyed, KeyPrefix: "dart:50", NewSale: counter()},
	}
	for i, number := range r.cfg.Nozzles {
		r.want[number] = wire.WantNozzle{
			Nozzle: number, Mode: wire.ModeAttended, Hold: wire.HoldNone,
			Price: r.pump.prices[i], PriceSet: id.PriceSet{1},
		}
	}
	r.restart()
	return r
}

// restart is what a crash leaves: only what was appended.
func (r *rig) restart() {
	saved := map[int]Saved{}
	for number, data := range r.saved {
		var v Saved
		if err := json.Unmarshal(data, &v); err != nil {
			r.t.Fatalf("reading saved state: %v", err)
		}
		saved[number] = v
	}
	r.s = New(r.cfg, saved)
	r.step(Wanted{r.want})
}

// tick lets time pass and looks at the pump.
func (r *rig) tick() {
	r.now = r.now.Add(200 * time.Millisecond)
	if r.pump.away {
		r.step(Offline{})
		return
	}
	r.step(Looked{r.pump.reading()})
}

func (r *rig) ticks(n int) {
	for range n {
		r.tick()
	}
}

// set changes what is wanted of every nozzle.
func (r *rig) set(change func(w *wire.WantNozzle)) {
	next := map[int]wire.WantNozzle{}
	for number, w := range r.want {
		change(&w)
		next[number] = w
	}
	r.want = next
	r.step(Wanted{r.want})
}

// step performs an event to its end, as the line does.
func (r *rig) step(ev Event) {
	queue := r.s.Step(r.now, ev)
	for steps := 0; len(queue) > 0; steps++ {
		if steps > 500 {
			r.t.Fatalf("no end: %v", r.log[len(r.log)-20:])
		}
		e := queue[0]
		queue = queue[1:]
		switch e := e.(type) {
		case Publish:
			for _, v := range e.Nozzles {
				r.status[v.Nozzle] = v
			}
			continue
		case Note:
			r.notes = append(r.notes, e.Text)
			continue
		}
		if r.crash != nil && r.crash(e) {
			r.log = append(r.log, "crash")
			r.restart()
			return
		}
		queue = append(queue, r.s.Step(r.now, r.perform(e))...)
	}
}

// perform carries out one effect, or fails it before or after it took effect.
func (r *rig) perform(e Effect) Answer {
	r.log = append(r.log, fmt.Sprintf("%T", e)[len("session."):])
	var before, after error
	if r.fail != nil {
		before, after = r.fail(e)
	}
	if before != nil {
		return Answer{Err: before}
	}
	answer := r.do(e)
	if after != nil {
		answer = Answer{Err: after}
	}
	return answer
}

func (r *rig) do(e Effect) Answer {
	if a, ok := e.(Append); ok {
		r.append(a)
		return Answer{}
	}
	if r.pump.away {
		return Answer{Err: driver.ErrNoAnswer}
	}
	p := r.pump
	switch e := e.(type) {
	case Authorize:
		return Answer{Err: r.authorize(e.Order)}
	case Stop:
		if p.state == driver.Calling || p.state == driver.Idle {
			return Answer{}
		}
		p.finish()
	case Suspend:
		if p.state == driver.Fuelling {
			p.state = driver.Paused
		}
	case Resume:
		if p.state == driver.Paused {
			p.state = driver.Fuelling
		}
	case SetPrices:
		// A lift may come between the look and the command, no delivery may.
		if p.state != driver.Idle && p.state != driver.Calling && p.state != driver.Finished {
			r.t.Fatalf("prices set in state %v\n%s", p.state, r.history())
		}
		p.prices = slices.Clone(e.Prices)
	case ReadPrices:
		return Answer{Prices: slices.Clone(p.prices)}
	case ReadTotal:
		return Answer{Total: p.total[e.Nozzle-1]}
	case Recall:
		return Answer{Sales: slices.Clone(p.past)}
	case Release:
		r.checkJournaled(e.Sale)
		p.release(e.Sale)
	}
	return Answer{}
}

func (r *rig) append(a Append) {
	r.facts = append(r.facts, a.Facts...)
	for _, v := range a.Save {
		data, err := json.Marshal(v)
		if err != nil {
			r.t.Fatalf("saving: %v", err)
		}
		r.saved[v.Nozzle] = data
	}
}

func (r *rig) authorize(o driver.Order) error {
	if r.pump.state != driver.Calling || r.pump.lifted != o.Nozzle {
		return driver.ErrRefused
	}
	for _, n := range r.s.nozzles {
		if open := n.saved.Open; n.index == o.Nozzle && open != nil && !open.Authorization.IsZero() {
			r.handed[open.Authorization]++
		}
	}
	if o.Price != r.pump.prices[o.Nozzle-1] {
		r.t.Fatalf("permitted at %v, the pump shows %v", o.Price, r.pump.prices[o.Nozzle-1])
	}
	r.pump.order = o
	r.pump.orders = append(r.pump.orders, o)
	r.pump.state = driver.Authorized
	return nil
}

// checkJournaled fails when a sale is released that no fact tells of.
func (r *rig) checkJournaled(sale driver.Sale) {
	if sale.Key == "" && sale.Volume == 0 {
		return // nothing was dispensed, and nobody was permitted to
	}
	for _, f := range r.facts {
		if s, ok := f.Body.(wire.SaleEnded); ok && s.Volume == sale.Volume && s.Nozzle == r.cfg.Nozzles[sale.Nozzle-1] && (sale.Key == "" || sale.Key == s.DeviceKey) {
			return
		}
	}
	for _, data := range r.saved { // known by its key: within a gap
		var v Saved
		if json.Unmarshal(data, &v) == nil && sale.Key != "" && v.knows(sale.Key) {
			return
		}
	}
	r.t.Fatalf("released before it was journaled: %+v\n%s", sale, r.history())
}

// checkFacts holds the promises over everything journaled so far.
func (r *rig) checkFacts() {
	r.t.Helper()
	end := map[int]unit.Millilitre{}
	ids, keys, spent := map[id.Sale]bool{}, map[string]bool{}, map[id.Authorization]bool{}
	link := func(nozzle int, sale id.Sale, before, after unit.Millilitre) {
		if at, ok := end[nozzle]; ok && at != before {
			r.t.Fatalf("nozzle %d: a fact begins at %d, the one before ended at %d\n%s", nozzle, before, at, r.history())
		}
		if ids[sale] {
			r.t.Fatalf("two facts of sale %v\n%s", sale, r.history())
		}
		end[nozzle], ids[sale] = after, true
	}
	for _, f := range r.facts {
		switch b := f.Body.(type) {
		case wire.SaleEnded:
			if keys[b.DeviceKey] {
				r.t.Fatalf("sale %s journaled twice\n%s", b.DeviceKey, r.history())
			}
			keys[b.DeviceKey] = true
			if what := sound(b.Trace); what != "" || b.Trace != nil && (b.Backfilled || b.Trace[len(b.Trace)-1].Volume != b.Volume) {
				r.t.Fatalf("the trace of %+v: %s\n%s", b, what, r.history())
			}
			link(b.Nozzle, b.Sale, b.Before, b.After)
		case wire.Gap:
			link(b.Nozzle, b.Sale, b.Before, b.After)
		case wire.AuthorizationUsed:
			if b.Outcome != wire.AuthorizationRefused {
				if spent[b.Authorization] {
					r.t.Fatalf("authorization %v used twice\n%s", b.Authorization, r.history())
				}
				spent[b.Authorization] = true
			}
		}
	}
	for a, n := range r.handed {
		if n > 1 || !spent[a] {
			r.t.Fatalf("authorization %v was handed over %d times, journaled %v\n%s", a, n, spent[a], r.history())
		}
	}
}

// checkTotals says that the facts cover the totalizers to the millilitre,
// but for what is too little to be told from rounding.
func (r *rig) checkTotals() {
	r.t.Helper()
	for i, number := range r.cfg.Nozzles {
		first, last, any := unit.Millilitre(0), unit.Millilitre(0), false
		for _, f := range r.facts {
			var before, after unit.Millilitre
			switch b := f.Body.(type) {
			case wire.SaleEnded:
				if b.Nozzle != number {
					continue
				}
				before, after = b.Before, b.After
			case wire.Gap:
				if b.Nozzle != number {
					continue
				}
				before, after = b.Before, b.After
			default:
				continue
			}
			if !any {
				first, any = before, true
			}
			last = after
		}
		if any && (apart(last, r.pump.total[i]) || first != newPump(false).total[i]) {
			r.t.Fatalf("nozzle %d: facts from %d to %d, totalizer from %d to %d\n%s", number, first, last, newPump(false).total[i], r.pump.total[i], r.history())
		}
		if !any && apart(r.pump.total[i], newPump(false).total[i]) {
			r.t.Fatalf("nozzle %d moved and no fact says so\n%s", number, r.history())
		}
	}
}

func (r *rig) history() string {
	out := ""
	for _, f := range r.facts {
		out += fmt.Sprintf("%s %+v\n", f.Kind, f.Body)
	}
	return out + fmt.Sprint(r.log)
}

// of lists the bodies of one type among the facts.
func of[T any](facts []Fact) (list []T) {
	for _, f := range facts {
		if b, ok := f.Body.(T); ok {
			list = append(list, b)
		}
	}
	return list
}

// only is the one body of a type.
func only[T any](t *testing.T, facts []Fact) T {
	t.Helper()
	list := of[T](facts)
	if len(list) != 1 {
		t.Fatalf("%d facts of %T: %+v", len(list), *new(T), facts)
	}
	return list[0]
}

// sell lifts, fuels and hangs up, looking in between.
func (r *rig) sell(nozzle int, ml unit.Millilitre) {
	r.pump.lift(nozzle)
	r.ticks(2)
	r.pump.flow(ml)
	r.tick()
	r.pump.hang()
	r.ticks(2)
}

var errTest = errors.New("failed on purpose")
