package flow_test

import (
	"slices"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// want reads what is asked of one nozzle, and the revision.
func (h *house) want(nozzle int) (wire.WantNozzle, uint64) {
	h.t.Helper()
	w, err := h.flow.Want(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, n := range w.Nozzles {
		if n.Nozzle == nozzle {
			return n, w.Rev
		}
	}
	h.t.Fatalf("nothing is wanted of nozzle %d", nozzle)
	return wire.WantNozzle{}, 0
}

func TestHoldAndModeRaiseTheRevision(t *testing.T) {
	h := newHouse(t)
	var told []id.Station
	h.flow.OnWant(func(s id.Station) { told = append(told, s) })
	_, rev := h.want(3)
	if _, err := h.flow.SetHold(t.Context(), h.cashier(), h.key(), 3, wire.HoldRequest{Hold: wire.HoldPause}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.flow.SetMode(t.Context(), h.head(), h.key(), 3, wire.ModeRequest{Mode: wire.ModeClosed}); err != nil {
		t.Fatal(err)
	}
	n, after := h.want(3)
	if n.Hold != wire.HoldPause || n.Mode != wire.ModeClosed || after != rev+2 {
		t.Errorf("wanted %+v at %d, was %d", n, after, rev)
	}
	key := h.key()
	done, err := h.flow.SetHoldAll(t.Context(), h.cashier(), key, wire.HoldRequest{Hold: wire.HoldStop})
	if err != nil || done.Repeat || done.Command != key {
		t.Errorf("stop all: %+v, %v", done, err)
	}
	for number := 1; number <= 8; number++ {
		if n, _ := h.want(number); n.Hold != wire.HoldStop {
			t.Errorf("nozzle %d is not stopped", number)
		}
	}
	done, err = h.flow.SetHoldAll(t.Context(), h.cashier(), key, wire.HoldRequest{Hold: wire.HoldStop})
	if err != nil || !done.Repeat {
		t.Errorf("the repeat: %+v, %v", done, err)
	}
	if len(told) != 3 {
		t.Errorf("told %d times", len(told))
	}
	_, err = h.flow.SetHold(t.Context(), h.cashier(), h.key(), 99, wire.HoldRequest{Hold: wire.HoldStop})
	wantProblem(t, err, wire.ProblemNotFound)
	_, err = h.flow.SetMode(t.Context(), h.cashier(), h.key(), 3, wire.ModeRequest{Mode: wire.ModeAttended})
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = h.flow.SetHold(t.Context(), h.cashier(), h.key(), 3, wire.HoldRequest{Hold: "squeeze"})
	wantProblem(t, err, wire.ProblemBadRequest)
}

func TestAuthorizationWaitsOnceAndIsWithdrawn(t *testing.T) {
	h := newHouse(t)
	req := wire.AuthorizeRequest{Preset: wire.Preset{Kind: wire.PresetMoney, Money: 20000}, ValidSeconds: 60}
	_, err := h.flow.Authorize(t.Context(), h.cashier(), h.key(), 1, req)
	wantProblem(t, err, wire.ProblemNozzleMode)
	if _, err := h.flow.SetMode(t.Context(), h.head(), h.key(), 1, wire.ModeRequest{Mode: wire.ModeControlled}); err != nil {
		t.Fatal(err)
	}
	key := h.key()
	auth, err := h.flow.Authorize(t.Context(), h.cashier(), key, 1, req)
	if err != nil || auth.Preset != req.Preset || !auth.ExpiresAt.Equal(start.Add(time.Minute)) {
		t.Fatalf("authorized %+v, %v", auth, err)
	}
	if again, err := h.flow.Authorize(t.Context(), h.cashier(), key, 1, req); err != nil || again != auth {
		t.Errorf("the repeat: %+v, %v", again, err)
	}
	if n, _ := h.want(1); n.Authorization == nil || *n.Authorization != auth {
		t.Errorf("wanted %+v", n)
	}
	_, err = h.flow.Authorize(t.Context(), h.cashier(), h.key(), 1, req)
	wantProblem(t, err, wire.ProblemNozzleBusy)

	_, rev := h.want(1)
	h.take(wire.AuthorizationUsed{Authorization: auth.ID, Nozzle: 1, Outcome: wire.AuthorizationSpent, At: h.now()})
	if n, after := h.want(1); n.Authorization != nil || after != rev+1 {
		t.Errorf("after it was spent: %+v at %d", n, after)
	}
	if _, err := h.flow.Authorize(t.Context(), h.cashier(), h.key(), 1, req); err != nil {
		t.Errorf("the next one: %v", err)
	}
	h.later(time.Minute)
	if n, _ := h.want(1); n.Authorization != nil {
		t.Error("an expired authorization is still wanted")
	}
	if _, err := h.flow.Authorize(t.Context(), h.cashier(), h.key(), 1, req); err != nil {
		t.Errorf("after one expired: %v", err)
	}
}

func TestAuthorizeRefusesNonsense(t *testing.T) {
	h := newHouse(t)
	for _, req := range []wire.AuthorizeRequest{
		{Preset: wire.Preset{Kind: wire.PresetNone}, ValidSeconds: 4},
		{Preset: wire.Preset{Kind: wire.PresetNone}, ValidSeconds: 901},
		{Preset: wire.Preset{Kind: wire.PresetMoney}, ValidSeconds: 60},
		{Preset: wire.Preset{Kind: wire.PresetVolume, Volume: -1}, ValidSeconds: 60},
		{Preset: wire.Preset{Kind: wire.PresetVolume, Volume: 1, Money: 1}, ValidSeconds: 60},
		{Preset: wire.Preset{Kind: "barrel"}, ValidSeconds: 60},
	} {
		_, err := h.flow.Authorize(t.Context(), h.cashier(), h.key(), 1, req)
		wantProblem(t, err, wire.ProblemBadRequest)
	}
}

// board reads the price board and how many nozzles have acknowledged it.
func (h *house) board() (wire.PriceBoard, int) {
	h.t.Helper()
	b, err := h.flow.Prices(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	acked := 0
	for _, n := range b.Nozzles {
		if n.Acked {
			acked++
		}
	}
	return b, acked
}

func TestS020PricesAreOnTheBoard(t *testing.T) {
	h := newHouse(t)
	b, _ := h.board()
	want := []wire.GradePrice{{Grade: "92#", Name: "92号汽油", Price: 750}, {Grade: "95#", Name: "95号汽油", Price: 798}}
	if !slices.Equal(b.Prices, want) || b.Set != h.set || !b.Since.Equal(start) {
		t.Errorf("board %+v", b)
	}
	snap, _, err := h.flow.DeskSnapshot(t.Context(), h.station)
	if err != nil || !slices.Equal(snap.Prices.Prices, want) {
		t.Errorf("a till sees %+v, %v", snap.Prices, err)
	}
}

// TestD011BusyNozzleFollowsWhenIdle changes the price while nozzle 4 fuels:
// the others acknowledge, its sale keeps the old price, then it follows.
func TestD011BusyNozzleFollowsWhenIdle(t *testing.T) {
	h := newHouse(t)
	acknowledge := func(nozzle int, set id.PriceSet, price unit.FenPerLitre) {
		h.take(wire.PriceApplied{Nozzle: nozzle, PriceSet: set, Price: price, AppliedAt: h.now()})
	}
	for n := 1; n <= 8; n++ {
		acknowledge(n, h.set, []unit.FenPerLitre{798, 750}[n%2])
	}
	if _, acked := h.board(); acked != 8 {
		t.Fatalf("%d/8 at first", acked)
	}
	busy := h.sale(4, 30_000)
	h.take(wire.SaleStarted{Sale: busy.Sale, Nozzle: 4, StartedAt: h.now(), Price: 798, PriceSet: h.set})
	req := wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "95#", Price: 818}}}
	if _, err := h.flow.SetPrices(t.Context(), h.head(), h.key(), req); err != nil {
		t.Fatal(err)
	}
	next, _ := h.board()
	if next.Set == h.set || next.Prices[0].Price != 750 || next.Prices[1].Price != 818 {
		t.Fatalf("board %+v", next)
	}
	if n, _ := h.want(4); n.Price != 818 || n.PriceSet != next.Set {
		t.Errorf("wanted of nozzle 4: %+v", n)
	}
	for n := 1; n <= 8; n++ {
		if n != 4 {
			acknowledge(n, next.Set, []unit.FenPerLitre{818, 750}[n%2])
		}
	}
	if _, acked := h.board(); acked != 7 {
		t.Errorf("%d/8 while nozzle 4 is busy", acked)
	}
	h.take(busy)
	if s := h.stored(busy.Sale); s.State != wire.SaleUnpaid || s.Price != 798 || s.PriceSet != h.set {
		t.Errorf("the sale in progress is %+v", s)
	}
	acknowledge(4, next.Set, 818)
	if _, acked := h.board(); acked != 8 {
		t.Errorf("%d/8 at the end", acked)
	}
	if last := h.events[len(h.events)-1]; last.K != wire.KindPrices {
		t.Errorf("the last event is %s", last.K)
	}
	h.sound()
}

func TestC013PricesChangeWithoutAllPumpsIdle(t *testing.T) {
	h := newHouse(t)
	for n := 1; n <= 8; n++ {
		h.take(wire.SaleStarted{Sale: id.New[id.Sale](h.ids), Nozzle: n, StartedAt: h.now(), PriceSet: h.set})
	}
	req := wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: 755}}}
	if _, err := h.flow.SetPrices(t.Context(), h.head(), h.key(), req); err != nil {
		t.Errorf("with every nozzle busy: %v", err)
	}
	if b, acked := h.board(); b.Prices[0].Price != 755 || acked != 0 {
		t.Errorf("board %+v", b)
	}
}

func TestSaleAtAPriceOfNoSetIsQuarantined(t *testing.T) {
	h := newHouse(t)
	wrong := h.figures(1, 0, 20_000, 20_000, 725)
	none := h.figures(1, 20_000, 40_000, 20_000, 750)
	none.PriceSet = id.PriceSet{}
	h.take(wrong, none)
	if s := h.stored(wrong.Sale); s.State != wire.SaleQuarantined || !slices.Contains(s.Reasons, wire.ReasonPrice) {
		t.Errorf("sold at 7.25: %s %v", s.State, s.Reasons)
	}
	if s := h.stored(none.Sale); s.State != wire.SaleUnpaid {
		t.Errorf("sold at the price in force without its set: %s %v", s.State, s.Reasons)
	}
}

func TestSetPricesRefusesNonsense(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		prices []wire.GradePriceRequest
		want   wire.ProblemType
	}{
		{nil, wire.ProblemBadRequest},
		{[]wire.GradePriceRequest{{Grade: "93#", Price: 700}}, wire.ProblemPriceUnknown},
		{[]wire.GradePriceRequest{{Grade: "92#", Price: 0}}, wire.ProblemBadRequest},
		{[]wire.GradePriceRequest{{Grade: "92#", Price: 100000}}, wire.ProblemBadRequest},
		{[]wire.GradePriceRequest{{Grade: "92#", Price: 700}, {Grade: "92#", Price: 710}}, wire.ProblemBadRequest},
	} {
		_, err := h.flow.SetPrices(t.Context(), h.head(), h.key(), wire.PriceRequest{Prices: c.prices})
		wantProblem(t, err, c.want)
	}
	if b, _ := h.board(); b.Set != h.set {
		t.Error("a refused change changed the set")
	}
}
