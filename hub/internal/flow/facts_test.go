package flow_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestSaleFromStartToUnpaid(t *testing.T) {
	h := newHouse(t)
	e := h.sale(3, 20_000)
	h.take(wire.SaleStarted{Sale: e.Sale, Nozzle: 3, StartedAt: e.StartedAt, Before: e.Before, Price: e.Price, PriceSet: h.set})
	if s := h.stored(e.Sale); s.State != wire.SaleOpen || s.Number != "0312-0001" || s.Grade != "92#" {
		t.Errorf("after the start: %+v", s)
	}
	h.later(time.Minute)
	h.take(e)
	s := h.stored(e.Sale)
	if s.State != wire.SaleUnpaid || s.Due != 15000 || s.Number != "0312-0001" || s.After != 20_000 {
		t.Errorf("after the end: %+v", s)
	}
	var kinds []wire.Kind
	for i, f := range h.events {
		kinds = append(kinds, f.K)
		if f.Seq != uint64(i+1) || f.Ch != wire.Desk(h.station) {
			t.Errorf("event %d is %d of %s", i, f.Seq, f.Ch)
		}
	}
	if want := []wire.Kind{wire.KindSale, wire.KindProof, wire.KindSale, wire.KindProof}; !slices.Equal(kinds, want) {
		t.Errorf("events %v", kinds)
	}
	h.sound()
}

func TestD004ChengduSaleIsNeverCharged(t *testing.T) {
	h := newHouse(t)
	earlier := h.sale(1, 27_180)
	lied := h.figures(1, 27_180, 67_960, 67_960, 750)
	h.take(earlier, lied)
	s := h.stored(lied.Sale)
	if s.State != wire.SaleQuarantined || s.Due != 0 || !slices.Contains(s.Reasons, wire.ReasonTotalizer) {
		t.Errorf("stored as %+v", s)
	}
	_, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), lied.Sale, cash(s.Amount, s.Amount))
	wantProblem(t, err, wire.ProblemSaleQuarantined)
	p := h.proof(1)
	if p.Booked != 27_180 || p.Quarantined != 40_780 || p.Last != 67_960 {
		t.Errorf("proof %+v", p)
	}
	h.sound()

	// A person charges what was really delivered.
	accept := wire.ResolveRequest{Act: wire.ResolveAccept, Note: "泵码核实 40.78 升", Volume: 40_780, Amount: 30585}
	s, err = h.flow.Resolve(t.Context(), h.cashier(), h.key(), lied.Sale, accept)
	if err != nil || s.State != wire.SaleUnpaid || s.Due != 30585 || s.Volume != 40_780 {
		t.Fatalf("accepted as %+v, %v", s, err)
	}
	if p := h.proof(1); p.Booked != 67_960 || p.Quarantined != 0 {
		t.Errorf("proof after accepting %+v", p)
	}
	h.sound()
}

func TestD005GapOpensAMissingSale(t *testing.T) {
	h := newHouse(t)
	h.take(h.sale(2, 10_000))
	h.totals[2] += 27_180 // delivered while nobody listened
	e := h.sale(2, 15_000)
	h.take(e)
	all := h.all()
	if len(all) != 3 {
		t.Fatalf("%d sales", len(all))
	}
	i := slices.IndexFunc(all, func(s wire.Sale) bool { return s.State == wire.SaleMissing })
	if i < 0 {
		t.Fatal("no missing sale was opened")
	}
	draft := all[i]
	if draft.Before != 10_000 || draft.After != 37_180 || draft.Volume != 27_180 || draft.Due != 0 || draft.Number == "" {
		t.Errorf("draft %+v", draft)
	}
	if s := h.stored(e.Sale); s.State != wire.SaleUnpaid {
		t.Errorf("the sale after the gap is %s %v", s.State, s.Reasons)
	}
	h.sound()
	accept := wire.ResolveRequest{Act: wire.ResolveAccept, Note: "补录", Volume: draft.Volume, Amount: draft.Amount}
	s, err := h.flow.Resolve(t.Context(), h.cashier(), h.key(), draft.ID, accept)
	if err != nil || s.State != wire.SaleUnpaid || s.Due != 21690 {
		t.Errorf("entered as %+v, %v", s, err)
	}
	h.sound()
}

func TestD005GapFactIsAMissingSale(t *testing.T) {
	h := newHouse(t)
	h.take(h.sale(2, 10_000))
	g := wire.Gap{Sale: id.New[id.Sale](h.ids), Nozzle: 2, FoundAt: h.now(), Before: 10_000, After: 37_180}
	h.take(g)
	if s := h.stored(g.Sale); s.State != wire.SaleMissing || s.Volume != 27_180 {
		t.Errorf("stored as %+v", s)
	}
	h.sound()
}

func TestD007NothingDispensedIsLoggedAndNotCharged(t *testing.T) {
	h := newHouse(t)
	empty, small := h.sale(1, 0), h.sale(1, 2_000)
	h.take(empty, small)
	if s := h.stored(empty.Sale); s.State != wire.SaleVoid || s.Due != 0 {
		t.Errorf("0.00 L is %+v", s)
	}
	if s := h.stored(small.Sale); s.State != wire.SaleUnpaid || !slices.Contains(s.Reasons, wire.ReasonSmall) {
		t.Errorf("2.00 L is %+v", s)
	}
	h.sound()
}

func TestD013SaleKeepsItsPriceSet(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	if s := h.stored(e.Sale); s.PriceSet != h.set {
		t.Errorf("price set %s, want %s", s.PriceSet, h.set)
	}
	var price unit.FenPerLitre
	err := h.db.GetContext(t.Context(), &price, `SELECT p.price_fen_per_l FROM sale s
		JOIN price p ON p.price_set = s.price_set AND p.grade = s.grade WHERE s.id = ?`, e.Sale)
	if err != nil || price != 750 {
		t.Errorf("joined to a price of %s, %v", price, err)
	}
}

func TestFactsAreTakenInOrder(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.fact(h.sale(1, 10_000)), h.fact(h.sale(2, 10_000)), h.fact(h.sale(3, 10_000))
	acked, err := h.flow.TakeFacts(t.Context(), h.src, []flow.Fact{a, c})
	if acked != 1 || !errors.Is(err, flow.ErrFactOrder) {
		t.Errorf("with a hole: %d, %v", acked, err)
	}
	acked, err = h.flow.TakeFacts(t.Context(), h.src, []flow.Fact{c})
	if acked != 1 || !errors.Is(err, flow.ErrFactOrder) {
		t.Errorf("after a hole: %d, %v", acked, err)
	}
	acked, err = h.flow.TakeFacts(t.Context(), h.src, []flow.Fact{a, b, c})
	if acked != 3 || err != nil {
		t.Errorf("replayed: %d, %v", acked, err)
	}
	if got, err := h.flow.Acked(t.Context(), h.src); got != 3 || err != nil {
		t.Errorf("acknowledged %d, %v", got, err)
	}
	if n := len(h.all()); n != 3 {
		t.Errorf("%d sales", n)
	}
	h.sound()
}

// TestC002DeliveriesAreCountedOnce tells the same 40 sales 200 times: repeated,
// out of order, in batches of any size, and by a second journal whose pumpd
// gave them ids of its own.
func TestC002DeliveriesAreCountedOnce(t *testing.T) {
	h := newHouse(t)
	random := rand.New(rand.NewPCG(7, 11))
	var facts []flow.Fact
	for i := range 40 {
		facts = append(facts, h.fact(h.sale(1+i%8, unit.Millilitre(5_000+random.IntN(60_000)))))
	}
	again := slices.Clone(facts)
	for i := range again {
		e := again[i].Body.(wire.SaleEnded)
		e.Sale = id.New[id.Sale](h.ids)
		again[i].Body = e
	}
	other := h.src
	other.Journal = id.New[id.Journal](h.ids)
	for i := range 200 {
		src, told := h.src, facts
		if i%5 == 4 {
			src, told = other, again
		}
		from := random.IntN(len(told))
		if i > 190 {
			from = 0
		}
		batch := slices.Clone(told[from:min(len(told), from+1+random.IntN(40))])
		if i > 190 {
			batch = told
		}
		_, err := h.flow.TakeFacts(t.Context(), src, batch)
		if err != nil && !errors.Is(err, flow.ErrFactOrder) {
			t.Fatal(err)
		}
	}
	all := h.all()
	if len(all) != 40 {
		t.Errorf("%d sales of 40", len(all))
	}
	for _, s := range all {
		if s.State != wire.SaleUnpaid {
			t.Errorf("sale %s is %s %v", s.Number, s.State, s.Reasons)
		}
	}
	for nozzle, total := range h.totals {
		if p := h.proof(nozzle); p.Booked != total || p.Sales != 5 {
			t.Errorf("nozzle %d: booked %s of %s in %d sales", nozzle, p.Booked, total, p.Sales)
		}
	}
	if got := h.flow.Counts().Duplicates; got != 40 {
		t.Errorf("%d duplicates counted", got)
	}
	h.sound()
}

func TestOpenSaleOfARepeatIsVoid(t *testing.T) {
	h := newHouse(t)
	first := h.sale(1, 20_000)
	h.take(first)
	repeat := first
	repeat.Sale = id.New[id.Sale](h.ids)
	h.take(wire.SaleStarted{Sale: repeat.Sale, Nozzle: 1, StartedAt: h.now(), Before: 20_000, Price: 750, PriceSet: h.set})
	h.take(repeat)
	if s := h.stored(repeat.Sale); s.State != wire.SaleVoid || s.Note == "" {
		t.Errorf("the repeat is %+v", s)
	}
	if p := h.proof(1); p.Booked != 20_000 || p.Sales != 1 {
		t.Errorf("proof %+v", p)
	}
	h.take(h.sale(1, 10_000))
	h.sound()
}

func TestSaleThatNeverEndsIsSuperseded(t *testing.T) {
	h := newHouse(t)
	lost := h.sale(1, 8_000) // power cut: the dispenser forgot it
	h.take(wire.SaleStarted{Sale: lost.Sale, Nozzle: 1, StartedAt: h.now(), Before: 0, Price: 750, PriceSet: h.set})
	next := h.sale(1, 20_000)
	h.take(wire.SaleStarted{Sale: next.Sale, Nozzle: 1, StartedAt: h.now(), Before: 8_000, Price: 750, PriceSet: h.set}, next)
	if s := h.stored(lost.Sale); s.State != wire.SaleVoid {
		t.Errorf("the lost sale is %s", s.State)
	}
	if p := h.proof(1); p.Missing != 8_000 || p.Booked != 20_000 {
		t.Errorf("proof %+v", p)
	}
	// If its figures come after all they are judged, and not lost.
	h.take(lost)
	if s := h.stored(lost.Sale); s.State != wire.SaleQuarantined || !slices.Contains(s.Reasons, wire.ReasonChain) {
		t.Errorf("the late sale is %s %v", s.State, s.Reasons)
	}
	h.sound()
}

func TestHostileFiguresNeverBlockAJournal(t *testing.T) {
	h := newHouse(t)
	worst := wire.SaleEnded{
		Sale: id.New[id.Sale](h.ids), Nozzle: -5, Volume: -1 << 62, Amount: 1<<63 - 1, Price: -1,
		Before: 1<<63 - 1, After: -1 << 63, DeviceKey: string(make([]byte, 500)) + "\xff",
		StartedAt: time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	nameless := h.figures(77, 0, 10_000, 10_000, 750)
	nameless.Sale, nameless.DeviceKey, nameless.PriceSet = id.Sale{}, "", id.New[id.PriceSet](h.ids)
	h.take(worst, nameless, wire.Gap{Nozzle: 1 << 40, Before: -1, After: 1 << 62},
		wire.PriceApplied{Nozzle: -1, Price: -1}, wire.AuthorizationUsed{Nozzle: 1 << 40}, "not a fact at all",
		wire.SaleStarted{Nozzle: 9999, Before: -1 << 63})
	for _, s := range h.all() {
		if s.State != wire.SaleQuarantined && s.State != wire.SaleOpen || s.Due != 0 {
			t.Errorf("%+v", s)
		}
	}
	if p := h.proof(77); p.Quarantined != 10_000 {
		t.Errorf("litres of a nozzle nobody configured: %+v", p)
	}
	h.sound()
}

func TestNumbersBeginAnewEachDay(t *testing.T) {
	h := newHouse(t)
	a, b := h.sale(1, 10_000), h.sale(1, 10_000)
	h.take(a, b)
	h.later(15*time.Hour + time.Minute) // past midnight in Shanghai
	c := h.sale(1, 10_000)
	h.take(c)
	got := []string{h.stored(a.Sale).Number, h.stored(b.Sale).Number, h.stored(c.Sale).Number}
	if want := []string{"0312-0001", "0312-0002", "0313-0001"}; !slices.Equal(got, want) {
		t.Errorf("numbers %v", got)
	}
}

// TestC001WhatIsAcknowledgedIsStored stops in the middle of everything and
// goes on with a new Flow, as a hub does after a kill.
func TestC001WhatIsAcknowledgedIsStored(t *testing.T) {
	h := newHouse(t)
	for i := range 12 {
		h.take(h.sale(1+i%3, 10_000))
		h.flow = flow.New(flow.Deps{DB: h.db, Feed: h.feed, Now: h.now, IDs: h.ids, Log: h.flow.Log})
		acked, err := h.flow.Acked(t.Context(), h.src)
		if err != nil || acked != h.seq {
			t.Fatalf("a new hub knows of %d facts of %d, %v", acked, h.seq, err)
		}
	}
	if n := len(h.all()); n != 12 {
		t.Errorf("%d sales", n)
	}
	h.sound()
}
