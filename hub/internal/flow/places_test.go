package flow_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// another sets a further station up: its name, where it is and what it charges.
func (h *house) another(site wire.Site, grades ...station.Grade) id.Station {
	h.t.Helper()
	l := station.Layout{
		Station: station.Station{
			ID: id.New[id.Station](h.ids), Name: site.Name, Zone: station.DefaultZone, PriceSet: id.New[id.PriceSet](h.ids), CreatedAt: h.now(),
		},
		Site: site, Grades: grades, Prices: station.Prices{},
	}
	for i, g := range grades {
		l.Prices[g.Code] = unit.FenPerLitre(g.Place) // see priced
		l.Grades[i].Place = i + 1
	}
	if err := station.Install(h.t.Context(), h.db, l); err != nil {
		h.t.Fatal(err)
	}
	return l.Station.ID
}

// priced is a grade at a price, for another.
func priced(code string, p unit.FenPerLitre) station.Grade {
	return station.Grade{Code: code, Name: code, Place: int(p)}
}

func (h *house) cards() []wire.StationCard {
	h.t.Helper()
	cards, err := h.flow.StationCards(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return cards
}

// TestS005StationsCarryTheirPlaces: three stations 1.2, 3.4 and 8.0 km from the
// middle of Kunming are told with where they are, to whoever asks; the phone
// works out how far that is, or chooses by city without knowing where it is.
func TestS005StationsCarryTheirPlaces(t *testing.T) {
	h := newHouse(t)
	want := map[string]wire.Site{
		"一环站": {Name: "一环站", City: "昆明", Address: "昆明市五华区一环路1号", Phone: "0871-60000001", Place: &wire.Place{LatitudeE6: 25_051_392, LongitudeE6: 102_712_251}},
		"二环站": {Name: "二环站", City: "昆明", Place: &wire.Place{LatitudeE6: 25_071_177, LongitudeE6: 102_712_251}},
		"呈贡站": {Name: "呈贡站", City: "昆明", Place: &wire.Place{LatitudeE6: 24_968_600, LongitudeE6: 102_712_251}},
	}
	ids := map[string]id.Station{}
	for _, name := range []string{"呈贡站", "一环站", "二环站"} {
		ids[name] = h.another(want[name], priced("92#", 750))
	}
	cards := h.cards()
	if len(cards) != 4 || cards[0].ID != h.station || cards[0].Place != nil || cards[0].City != "" {
		t.Fatalf("%d cards, the first %+v", len(cards), cards[0])
	}
	for _, c := range cards[1:] {
		got := wire.Site{Name: c.Name, City: c.City, Address: c.Address, Phone: c.Phone, Place: c.Place}
		if c.ID != ids[c.Name] || !reflect.DeepEqual(got, want[c.Name]) || c.Offers == nil || c.Pumps == nil || c.Queue.Grades == nil {
			t.Errorf("card %+v", c)
		}
		one, err := h.flow.StationCard(t.Context(), c.ID)
		if err != nil || !reflect.DeepEqual(one, c) {
			t.Errorf("alone it is %+v, %v", one, err)
		}
	}
	_, err := h.flow.StationCard(t.Context(), id.Station{15: 9})
	wantProblem(t, err, wire.ProblemNotFound)
	_, err = h.flow.PriceHistory(t.Context(), id.Station{15: 9}, 5)
	wantProblem(t, err, wire.ProblemNotFound)
}

// TestS020EveryGradeHasItsPrice on the card, in the order of the price board,
// from the first moment on.
func TestS020EveryGradeHasItsPrice(t *testing.T) {
	h := newHouse(t)
	at := h.another(wire.Site{Name: "五油站"}, priced("92#", 750), priced("95#", 798), priced("98#", 895), priced("0#", 716), priced("-10#", 760))
	card, err := h.flow.StationCard(t.Context(), at)
	var got []string
	for _, g := range card.Tariff.Prices {
		got = append(got, g.Grade+" "+g.Price.String())
	}
	if want := "[92# 7.50 95# 7.98 98# 8.95 0# 7.16 -10# 7.60]"; err != nil || fmt.Sprint(got) != want || !card.Tariff.Since.Equal(h.now()) {
		t.Errorf("prices %v since %v, %v", got, card.Tariff.Since, err)
	}
}

// TestS006S026CardsShowWhatTheBoardSees, with its age; the dispenser's own
// price is on its pump, whatever the tariff says.
func TestS006S026CardsShowWhatTheBoardSees(t *testing.T) {
	h := newHouse(t)
	seen := h.now().Add(-300 * time.Millisecond)
	snap := wire.StationSnap{
		Station: "x", Pumps: []wire.Pump{{Number: 3, Grade: "92#", State: wire.PumpBusy, Since: seen, Price: 785}},
		Tariff: wire.Tariff{Since: seen, Prices: []wire.GradePrice{{Grade: "92#", Price: 780}}},
		Queue:  wire.Queue{Grades: []wire.GradeQueue{{Grade: "92#", Busy: 4, WaitMinutes: 4}}, Waiting: 3, CountedAt: seen},
	}
	h.flow.OnForecourt(func(_ context.Context, s id.Station) (wire.StationSnap, time.Time, error) {
		if s != h.station {
			return wire.StationSnap{}, time.Time{}, errors.New("no board")
		}
		return snap, seen, nil
	}, nil)
	blind := h.another(wire.Site{Name: "新站"}, priced("92#", 750))
	cards := h.cards()
	if c := cards[0]; !reflect.DeepEqual(c.Pumps, snap.Pumps) || !reflect.DeepEqual(c.Tariff, snap.Tariff) || !reflect.DeepEqual(c.Queue, snap.Queue) || !c.SeenAt.Equal(seen) {
		t.Errorf("card %+v", c)
	}
	if c := cards[1]; c.ID != blind || !c.SeenAt.IsZero() || len(c.Pumps) != 0 || c.Tariff.Prices[0].Price != 750 {
		t.Errorf("a station without a board: %+v", c)
	}
}

// TestS021TheHistoryIsOfRealChanges, newest first, each with when it took
// effect.
func TestS021TheHistoryIsOfRealChanges(t *testing.T) {
	h := newHouse(t)
	charge := func(prices ...wire.GradePriceRequest) time.Time {
		t.Helper()
		h.later(time.Hour)
		if _, err := h.flow.SetPrices(t.Context(), h.head(), h.key(), wire.PriceRequest{Prices: prices}); err != nil {
			t.Fatal(err)
		}
		return h.now()
	}
	first := charge(wire.GradePriceRequest{Grade: "92#", Price: 755})
	charge(wire.GradePriceRequest{Grade: "92#", Price: 755}) // changes nothing
	second := charge(wire.GradePriceRequest{Grade: "95#", Price: 780}, wire.GradePriceRequest{Grade: "92#", Price: 750})
	want := []wire.PriceChange{
		{At: second, Grade: "92#", Price: 750},
		{At: second, Grade: "95#", Price: 780},
		{At: first, Grade: "92#", Price: 755},
		{At: start, Grade: "92#", Price: 750},
		{At: start, Grade: "95#", Price: 798},
	}
	for limit, n := range map[int]int{0: 5, 1000: 5, 5: 5, 2: 2} {
		got, err := h.flow.PriceHistory(t.Context(), h.station, limit)
		if err != nil || !reflect.DeepEqual(got.Changes, want[:n]) {
			t.Errorf("the last %d: %+v, %v", limit, got.Changes, err)
		}
	}
}

// TestS025TwoStationsAreCompared by what is on their cards: 95# is 0.20 cheaper
// at A, which also has a recharge offer now.
func TestS025TwoStationsAreCompared(t *testing.T) {
	h := newHouse(t)
	a := h.another(wire.Site{Name: "A"}, priced("95#", 780))
	h.another(wire.Site{Name: "B"}, priced("95#", 800))
	head := h.head()
	head.Station = a
	recharge := wire.OfferRequest{Kind: wire.OfferRecharge, Title: "充500送30", From: h.now(), Until: h.now().Add(time.Hour)}
	later := wire.OfferRequest{Kind: wire.OfferNews, Title: "明日停业", From: h.now().Add(24 * time.Hour), Until: h.now().Add(48 * time.Hour)}
	for _, o := range []wire.OfferRequest{recharge, later} {
		if _, err := h.flow.AddOffer(t.Context(), head, h.key(), o); err != nil {
			t.Fatal(err)
		}
	}
	cards := h.cards()
	cheap, dear := cards[1], cards[2]
	if diff := dear.Tariff.Prices[0].Price - cheap.Tariff.Prices[0].Price; diff != 20 {
		t.Errorf("A is %s cheaper", diff)
	}
	if len(cheap.Offers) != 1 || cheap.Offers[0].Kind != wire.OfferRecharge || cheap.Offers[0].Title != "充500送30" || len(dear.Offers) != 0 {
		t.Errorf("A offers %+v, B %+v", cheap.Offers, dear.Offers)
	}
	h.later(time.Hour)
	if one, err := h.flow.StationCard(t.Context(), a); err != nil || len(one.Offers) != 0 {
		t.Errorf("an hour later A offers %+v, %v", one.Offers, err)
	}
}

// TestS026AMispricedNozzleIsAnAlert on the security channel and in the list,
// one that counts up.
func TestS026AMispricedNozzleIsAnAlert(t *testing.T) {
	o := newBackroom(t)
	raise := func(nozzle int, shown unit.FenPerLitre) {
		t.Helper()
		if err := o.flow.Mispriced(t.Context(), flow.Mispriced{Station: o.station, Nozzle: nozzle, Shown: shown, InForce: 780, At: o.now()}); err != nil {
			t.Fatal(err)
		}
	}
	raise(3, 785)
	o.later(time.Hour)
	raise(3, 785)
	raise(5, 700)
	alerts := o.alerts()
	if len(alerts) != 2 {
		t.Fatalf("alerts %+v", alerts)
	}
	a := alerts[1]
	if a.Rule != wire.AlertPrice || a.Object != "nozzle" || a.ObjectID != "3" || a.Count != 2 || a.Note != "shows 7.85, in force 7.80" || !a.At.Equal(o.now()) {
		t.Errorf("alert %+v", a)
	}
	told := o.told(wire.Position{Ch: wire.Security(o.station)})
	if len(told) != 3 || told[1].ID != a.ID || told[1].Count != 2 {
		t.Fatalf("told %+v", told)
	}
	if _, err := o.flow.NoteAlert(t.Context(), o.boss, o.key(), a.ID); err != nil {
		t.Fatal(err)
	}
	raise(3, 785)
	if alerts = o.alerts(); len(alerts) != 3 || alerts[0].Count != 1 {
		t.Errorf("after somebody took note: %+v", alerts)
	}
}

func TestTheSiteIsSetAndOnRecord(t *testing.T) {
	o := newBackroom(t)
	var renamed []string
	o.flow.OnSite(func(s id.Station, name string) { renamed = append(renamed, s.String()+" "+name) })
	site := wire.Site{Name: " 新名加油站 ", City: "昆明", Address: "人民中路1号", Phone: "0871-60000000", Place: &wire.Place{LatitudeE6: 25_040_600, LongitudeE6: 102_712_251}}
	want := site
	want.Name = "新名加油站"
	key := o.key()
	for range 2 {
		if got, err := o.flow.SetSite(t.Context(), o.boss, key, site); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("set to %+v, %v", got, err)
		}
	}
	if got, err := o.flow.Site(t.Context(), o.station); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is %+v, %v", got, err)
	}
	if len(renamed) != 1 || renamed[0] != o.station.String()+" 新名加油站" {
		t.Errorf("told %q", renamed)
	}
	if card := o.cards()[0]; card.Name != want.Name || card.Address != want.Address || *card.Place != *want.Place {
		t.Errorf("card %+v", card)
	}
	want.Place = nil
	o.later(time.Second)
	if got, err := o.flow.SetSite(t.Context(), o.boss, o.key(), want); err != nil || got.Place != nil {
		t.Errorf("without a place: %+v, %v", got, err)
	}
	o.later(time.Second)
	_, err := o.flow.SetSite(t.Context(), o.boss, o.key(), wire.Site{Name: "x", Phone: "call me"})
	wantProblem(t, err, wire.ProblemBadRequest)
	_, err = o.flow.SetSite(t.Context(), o.till, o.key(), want)
	wantProblem(t, err, wire.ProblemForbidden)
	rows := o.search(wire.LogQuery{Action: "site."})
	if len(rows) != 3 || rows[2].Action != "site.set" || rows[2].Object != "station" || rows[2].ObjectID != o.station.String() || rows[2].Note != "新名加油站" || rows[0].Result != string(wire.ProblemForbidden) {
		t.Errorf("the log has %+v", rows)
	}
	_, err = o.flow.Site(t.Context(), id.Station{15: 9})
	wantProblem(t, err, wire.ProblemNotFound)
}

func TestS006ACountReachesTheBoardOnce(t *testing.T) {
	o := newBackroom(t)
	var counts []int
	now := func() wire.Queue { return wire.Queue{Waiting: counts[len(counts)-1], CountedAt: o.now()} }
	o.flow.OnForecourt(func(context.Context, id.Station) (wire.StationSnap, time.Time, error) {
		return wire.StationSnap{Queue: now()}, time.Time{}, nil
	}, func(_ context.Context, s id.Station, waiting int) (wire.Queue, error) {
		if s != o.station {
			t.Errorf("counted at %s", s)
		}
		counts = append(counts, waiting)
		return now(), nil
	})
	key := o.key()
	for range 2 {
		if q, err := o.flow.CountQueue(t.Context(), o.till, key, wire.QueueCount{Waiting: 3}); err != nil || q.Waiting != 3 {
			t.Errorf("queue %+v, %v", q, err)
		}
	}
	o.later(time.Second)
	if q, err := o.flow.CountQueue(t.Context(), o.boss, o.key(), wire.QueueCount{}); err != nil || q.Waiting != 0 || len(counts) != 2 {
		t.Errorf("queue %+v, %v; counted %v", q, err, counts)
	}
	o.later(time.Second)
	for _, waiting := range []int{-1, 100} {
		_, err := o.flow.CountQueue(t.Context(), o.till, o.key(), wire.QueueCount{Waiting: waiting})
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	_, err := o.flow.CountQueue(t.Context(), o.aide, o.key(), wire.QueueCount{Waiting: 1})
	wantProblem(t, err, wire.ProblemForbidden)
	rows := o.search(wire.LogQuery{Action: "queue.count"})
	if len(rows) != 3 || rows[2].Note != "waiting 3" || rows[2].Number != "2001" || rows[2].Object != "station" || len(counts) != 2 {
		t.Errorf("the log has %+v, counted %v", rows, counts)
	}
}
