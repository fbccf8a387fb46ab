package flow_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// wangOdometer is a reading that no other number looks like.
const wangOdometer = 8_675_309

// owner is a member with two vehicles.
func (h *house) owner(phone string) (member.Actor, id.Vehicle, id.Vehicle) {
	h.t.Helper()
	who := h.driver(phone)
	var me wire.Member
	for _, plate := range []string{"云A12345", "云A67890"} {
		me = must[wire.Member](h.t)(h.members.AddVehicle(h.t.Context(), who, wire.VehicleRequest{Plate: plate}))
		h.later(time.Second) // the list is in the order of adding
	}
	return who, me.Vehicles[0].ID, me.Vehicles[1].ID
}

// note notes a trip and fails the test if it cannot.
func (h *house) note(who member.Actor, which id.Sale, noted wire.Trip) wire.Order {
	h.t.Helper()
	return must[wire.Order](h.t)(h.flow.NoteTrip(h.t.Context(), who, which, noted))
}

// fuelled is a member who fuels, a day later, with what they note.
func (h *house) fuelled(who member.Actor, volume unit.Millilitre, noted wire.Trip) wire.SaleEnded {
	h.t.Helper()
	h.later(24 * time.Hour)
	s := h.refuel(who, 3, volume)
	h.settle(s)
	if noted != (wire.Trip{}) {
		h.note(who, s.Sale, noted)
	}
	return s
}

func (h *house) consumption(who member.Actor, ask flow.ConsumptionQuery) wire.Consumption {
	h.t.Helper()
	return must[wire.Consumption](h.t)(h.flow.Consumption(h.t.Context(), who, ask))
}

// TestS031ATripIsNoted beside a sale, shows everywhere, is replaced and taken
// away, and is on record without what it says.
func TestS031ATripIsNoted(t *testing.T) {
	h := newHouse(t)
	who, car, van := h.owner("13800000001")
	s := h.refuel(who, 3, 20_000)
	h.settle(s)
	events := len(h.orders(who))
	noted := wire.Trip{Vehicle: car, Odometer: wangOdometer, Full: true}
	for _, step := range []struct {
		noted   wire.Trip
		changes bool
	}{
		{wire.Trip{}, false}, // there is nothing to take away
		{noted, true},
		{noted, false}, // said twice
		{wire.Trip{Vehicle: van, Full: false}, true},
		{noted, true},
		{wire.Trip{}, true},
		{noted, true},
	} {
		h.later(time.Second)
		got := h.note(who, s.Sale, step.noted)
		if step.noted == (wire.Trip{}) && got.Trip != nil || step.noted != (wire.Trip{}) && (got.Trip == nil || *got.Trip != step.noted) {
			t.Errorf("noted %+v: %+v", step.noted, got.Trip)
		}
		if got.Sale != s.Sale || got.Tender != wire.TenderCash || got.Paid != s.Amount {
			t.Errorf("the order is %+v", got)
		}
		same(t, "the list", h.records(who, flow.OrderQuery{}).Orders, []wire.Order{got})
		snap, _, err := h.flow.DriverSnapshot(t.Context(), who.Member)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the snapshot", snap.Orders, []wire.Order{got})
		told := h.orders(who)
		if step.changes {
			events++
			same(t, "the event", told[len(told)-1], got)
		}
		if len(told) != events {
			t.Errorf("%d events, want %d", len(told), events)
		}
	}
	rows := h.logged("trip.note")
	if len(rows) != 5 {
		t.Fatalf("%d rows in the log", len(rows))
	}
	for _, row := range rows {
		if row.Member != who.Member || row.Object != "sale" || row.ObjectID != s.Sale.String() || row.Result != audit.OK || strings.Contains(row.Note, fmt.Sprint(wangOdometer)) {
			t.Errorf("the log says %+v", row)
		}
	}
}

// TestS031WhatIsNoTripIsRefused, changes nothing, and is on record.
func TestS031WhatIsNoTripIsRefused(t *testing.T) {
	h := newHouse(t)
	who, car, _ := h.owner("13800000001")
	other, foreign, _ := h.owner("13800000002")
	theirs := h.refuel(other, 5, 20_000)
	first := h.fuelled(who, 20_000, wire.Trip{Vehicle: car, Odometer: 10_000, Full: true})
	middle := h.fuelled(who, 20_000, wire.Trip{})
	last := h.fuelled(who, 20_000, wire.Trip{Vehicle: car, Odometer: 10_750, Full: true})
	h.claim(who, 7)
	runs := h.sale(7, 10_000)
	h.take(begin(runs))
	events := len(h.orders(who))
	for name, test := range map[string]struct {
		sale   id.Sale
		noted  wire.Trip
		want   wire.ProblemType
		detail []string
	}{
		"another's sale":            {theirs.Sale, wire.Trip{Vehicle: car, Full: true}, wire.ProblemNotFound, nil},
		"no sale at all":            {id.New[id.Sale](h.ids), wire.Trip{Vehicle: car, Full: true}, wire.ProblemNotFound, nil},
		"a delivery that runs":      {runs.Sale, wire.Trip{Vehicle: car, Full: true}, wire.ProblemBadRequest, nil},
		"another's vehicle":         {middle.Sale, wire.Trip{Vehicle: foreign, Full: true}, wire.ProblemNotFound, nil},
		"no vehicle":                {middle.Sale, wire.Trip{Full: true}, wire.ProblemBadRequest, nil},
		"a reading of no vehicle":   {middle.Sale, wire.Trip{Odometer: 5}, wire.ProblemBadRequest, nil},
		"a reading below zero":      {middle.Sale, wire.Trip{Vehicle: car, Odometer: -1}, wire.ProblemBadRequest, nil},
		"a reading beyond all":      {middle.Sale, wire.Trip{Vehicle: car, Odometer: 10_000_000}, wire.ProblemBadRequest, nil},
		"lower than before":         {middle.Sale, wire.Trip{Vehicle: car, Odometer: 9_999}, wire.ProblemTripRefused, []string{"10000 km", "10750 km"}},
		"higher than after":         {middle.Sale, wire.Trip{Vehicle: car, Odometer: 10_751}, wire.ProblemTripRefused, []string{"10000 km", "10750 km"}},
		"replaced, and then higher": {first.Sale, wire.Trip{Vehicle: car, Odometer: 10_751}, wire.ProblemTripRefused, []string{"10750 km"}},
		"replaced, and then lower":  {last.Sale, wire.Trip{Vehicle: car, Odometer: 9_000}, wire.ProblemTripRefused, []string{"10000 km"}},
	} {
		t.Run(name, func(t *testing.T) {
			h.later(time.Second)
			before := len(h.logged("trip.note"))
			_, err := h.flow.NoteTrip(t.Context(), who, test.sale, test.noted)
			wantProblem(t, err, test.want)
			for _, want := range test.detail {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			rows := h.logged("trip.note")
			if len(rows) != before+1 || rows[0].Result != string(test.want) || rows[0].Member != who.Member || strings.Contains(rows[0].Note, "km") {
				t.Errorf("the log says %+v", rows[0])
			}
		})
	}
	_, err := h.flow.NoteTrip(t.Context(), who, id.Sale{}, wire.Trip{Vehicle: car, Full: true})
	wantProblem(t, err, wire.ProblemBadRequest)
	if n := len(h.orders(who)); n != events {
		t.Errorf("%d events of what was refused", n-events)
	}
	if o := h.records(who, flow.OrderQuery{}).Orders; o[1].Trip.Odometer != 10_750 || o[2].Trip != nil || o[3].Trip.Odometer != 10_000 {
		t.Errorf("the records are %+v", o)
	}
	h.note(who, middle.Sale, wire.Trip{Vehicle: car, Odometer: 10_300}) // and what fits is taken
}

// TestATripComesWithEveryChangeOfItsOrder: money and resolutions tell the
// member's screens what was noted before.
func TestATripComesWithEveryChangeOfItsOrder(t *testing.T) {
	h := newHouse(t)
	who, car, _ := h.owner("13800000001")
	noted := wire.Trip{Vehicle: car, Odometer: 10_000, Full: true}
	last := func() wire.Order {
		told := h.orders(who)
		return told[len(told)-1]
	}
	s := h.refuel(who, 3, 20_000)
	if o := h.note(who, s.Sale, noted); o.State != wire.SaleUnpaid || o.Tender != "" {
		t.Errorf("unpaid: %+v", o)
	}
	h.settle(s)
	if o := last(); o.State != wire.SalePaid || o.Tender != wire.TenderCash || o.Trip == nil || *o.Trip != noted {
		t.Errorf("paid: %+v", o)
	}
	h.later(time.Minute)
	h.claim(who, 5)
	odd := h.figures(5, 0, 20_000, 20_000, 700) // at another price
	h.take(odd)
	noted.Odometer = 0
	if o := h.note(who, odd.Sale, noted); o.State != wire.SaleQuarantined {
		t.Errorf("in doubt: %+v", o)
	}
	must[wire.Sale](t)(h.flow.Resolve(t.Context(), h.head(), h.key(), odd.Sale, wire.ResolveRequest{Act: wire.ResolveDismiss, Note: "价格不符"}))
	if o := last(); o.Sale != odd.Sale || o.State == wire.SaleQuarantined || o.Trip == nil || *o.Trip != noted {
		t.Errorf("resolved: %+v", o)
	}
}

// TestStaffDoNotSeeTrips: what members note is theirs. An agent sees how it was
// paid, as a till does.
func TestStaffDoNotSeeTrips(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	me := must[wire.Member](t)(h.members.Me(t.Context(), who))
	h.note(who, s.Sale, wire.Trip{Vehicle: me.Vehicles[0].ID, Odometer: wangOdometer, Full: true})
	agent := h.actor(wire.RoleAgent)
	thread := h.talk(who, agent, false)
	card := must[wire.MemberCard](t)(h.flow.MemberCard(t.Context(), agent, thread))
	fee := must[wire.Fee](t)(h.flow.Fee(t.Context(), agent, thread, s.Sale))
	record := must[wire.MemberRecord](t)(h.flow.MemberRecord(t.Context(), h.head(), who.Member))
	for what, answer := range map[string]any{"the card": card, "the fee": fee, "the record": record, "the sale": h.stored(s.Sale)} {
		if text := fmt.Sprintf("%+v", answer); strings.Contains(text, fmt.Sprint(wangOdometer)) {
			t.Errorf("%s tells the odometer: %s", what, text)
		}
	}
	if card.Orders[0].Trip != nil || fee.Order.Trip != nil || card.Orders[0].Tender != wire.TenderCash {
		t.Errorf("the card has %+v, the fee %+v", card.Orders[0], fee.Order)
	}
}

// TestANoteOutlivesItsVehicle: what was noted stays among the member's records,
// of no vehicle, works nothing out any more and may be given to another.
func TestANoteOutlivesItsVehicle(t *testing.T) {
	h := newHouse(t)
	who, car, van := h.owner("13800000001")
	s := h.fuelled(who, 20_000, wire.Trip{Vehicle: car, Odometer: 10_000, Full: true})
	h.fuelled(who, 40_000, wire.Trip{Vehicle: car, Odometer: 10_500, Full: true})
	bare := h.fuelled(who, 10_000, wire.Trip{Vehicle: car})
	if c := h.consumption(who, flow.ConsumptionQuery{}); c.Vehicle != car || c.Average != 80 {
		t.Errorf("before: %+v", c)
	}
	must[wire.Member](t)(h.members.DropVehicle(t.Context(), who, car))
	o := h.records(who, flow.OrderQuery{}).Orders[2]
	if o.Sale != s.Sale || o.Trip == nil || *o.Trip != (wire.Trip{Odometer: 10_000, Full: true}) {
		t.Errorf("the record is %+v with %+v", o, o.Trip)
	}
	if c := h.consumption(who, flow.ConsumptionQuery{}); c.Vehicle != van || c.Enough || c.Missing != wire.GapVehicle || c.Refuels != 3 {
		t.Errorf("after: %+v", c)
	}
	_, err := h.flow.Consumption(t.Context(), who, flow.ConsumptionQuery{Vehicle: car})
	wantProblem(t, err, wire.ProblemNotFound)
	h.note(who, s.Sale, wire.Trip{Vehicle: van, Odometer: 90_000, Full: true})
	if o := h.note(who, bare.Sale, wire.Trip{}); o.Trip != nil { // it says nothing any more, and goes
		t.Errorf("left is %+v", o.Trip)
	}
}

// TestS029ConsumptionOfRealSales: what is booked counts, by vehicle, by time and
// by month; tests do not, and a delivery in doubt breaks the interval.
func TestS029ConsumptionOfRealSales(t *testing.T) {
	h := newHouse(t) // the morning of 12 March in Shanghai; 92# at 7.50
	who, car, van := h.owner("13800000001")
	none := h.consumption(who, flow.ConsumptionQuery{})
	if none.Vehicle != car || none.Enough || none.Missing != wire.GapVehicle || none.Intervals == nil || none.Months == nil {
		t.Errorf("nothing yet: %+v", none)
	}
	h.fuelled(who, 35_000, wire.Trip{Vehicle: car, Odometer: 10_000, Full: true})
	if c := h.consumption(who, flow.ConsumptionQuery{}); c.Enough || c.Missing != wire.GapFull || c.Refuels != 1 {
		t.Errorf("S032, one record: %+v", c)
	}
	h.fuelled(who, 20_000, wire.Trip{Vehicle: car, Odometer: 10_300})
	h.fuelled(who, 50_000, wire.Trip{Vehicle: van, Odometer: 70_000, Full: true})
	h.fuelled(who, 11_000, wire.Trip{}) // into a can
	h.later(20 * 24 * time.Hour)        // April
	april := h.now()
	h.later(24 * time.Hour)
	unpaid := h.refuel(who, 3, 40_000)
	h.note(who, unpaid.Sale, wire.Trip{Vehicle: car, Odometer: 10_750, Full: true})
	c := h.consumption(who, flow.ConsumptionQuery{})
	want := wire.Consumption{
		Vehicle: car, Refuels: 5, Volume: 156_000, Spent: 117_000, Enough: true,
		Distance: 750, Burnt: 60_000, Cost: 45_000, Average: 80, CostPer100: 6000,
		Intervals: c.Intervals,
		Months: []wire.MonthOfFuel{
			{Month: "2026-04", Refuels: 1, Volume: 40_000, Spent: 30_000},
			{Month: "2026-03", Refuels: 4, Volume: 116_000, Spent: 87_000},
		},
	}
	same(t, "of all", c, want)
	want.Refuels, want.Volume, want.Spent = 3, 95_000, 71_250
	want.Months[1] = wire.MonthOfFuel{Month: "2026-03", Refuels: 2, Volume: 55_000, Spent: 41_250}
	same(t, "of the car", h.consumption(who, flow.ConsumptionQuery{Vehicle: car}), want)
	want.Refuels, want.Volume, want.Spent, want.Months = 1, 40_000, 30_000, want.Months[:1]
	same(t, "since April", h.consumption(who, flow.ConsumptionQuery{From: april}), want)
	if c := h.consumption(who, flow.ConsumptionQuery{Until: april}); c.Enough || c.Missing != wire.GapFull || c.Refuels != 4 || len(c.Months) != 1 {
		t.Errorf("until April: %+v", c)
	}
	if c := h.consumption(who, flow.ConsumptionQuery{Vehicle: van}); c.Vehicle != van || c.Missing != wire.GapFull || c.Refuels != 1 || c.Volume != 50_000 {
		t.Errorf("of the van: %+v", c)
	}
	other := h.driver("13800000003")
	if c := h.consumption(other, flow.ConsumptionQuery{}); !c.Vehicle.IsZero() || c.Missing != wire.GapVehicle || c.Refuels != 0 {
		t.Errorf("of somebody without a vehicle: %+v", c)
	}
	_, err := h.flow.Consumption(t.Context(), other, flow.ConsumptionQuery{Vehicle: car})
	wantProblem(t, err, wire.ProblemNotFound)
}

// TestS029DoubtfulDeliveriesDoNotCount: a quarantined one breaks the interval, a
// pump test is as if it had not been.
func TestS029DoubtfulDeliveriesDoNotCount(t *testing.T) {
	for state, test := range map[wire.SaleState]struct {
		act  wire.ResolveAct
		want wire.ConsumptionGap
	}{
		wire.SaleTest:        {act: wire.ResolveTest},
		wire.SaleDriveOff:    {act: wire.ResolveDriveOff, want: wire.GapOdometer},
		wire.SaleQuarantined: {want: wire.GapOdometer},
	} {
		t.Run(string(state), func(t *testing.T) {
			h := newHouse(t)
			who, car, _ := h.owner("13800000001")
			h.fuelled(who, 35_000, wire.Trip{Vehicle: car, Odometer: 10_000, Full: true})
			h.later(time.Hour)
			h.claim(who, 5)
			odd := h.figures(5, 0, 20_000, 20_000, 750)
			if state == wire.SaleQuarantined {
				odd = h.figures(5, 0, 20_000, 20_000, 700)
			}
			h.take(odd)
			h.note(who, odd.Sale, wire.Trip{Vehicle: car})
			if test.act != "" {
				must[wire.Sale](t)(h.flow.Resolve(t.Context(), h.head(), h.key(), odd.Sale, wire.ResolveRequest{Act: test.act, Note: "核对"}))
			}
			if got := h.stored(odd.Sale); got.State != state {
				t.Fatalf("the sale is %s", got.State)
			}
			h.fuelled(who, 40_000, wire.Trip{Vehicle: car, Odometer: 10_500, Full: true})
			c := h.consumption(who, flow.ConsumptionQuery{Vehicle: car})
			if c.Missing != test.want || c.Enough != (test.want == "") || c.Refuels != 2 || c.Volume != 75_000 || c.Enough && c.Average != 80 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestNotesMeetEachOther: of readings that do not go together, noted at once,
// only such stay as do; and money that comes at the same moment loses nothing.
func TestNotesMeetEachOther(t *testing.T) {
	h := newHouse(t)
	who, car, _ := h.owner("13800000001")
	var sales []wire.SaleEnded
	for range 6 {
		h.later(time.Minute)
		sales = append(sales, h.refuel(who, 3, 20_000))
	}
	snap, pos, err := h.flow.DriverSnapshot(t.Context(), who.Member)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, s := range sales {
		all.Go(func() { // every other reading runs backwards
			km := int64(10_000 + 100*i)
			if i%2 == 1 {
				km = int64(10_000 - 100*i)
			}
			_, err := h.flow.NoteTrip(t.Context(), who, s.Sale, wire.Trip{Vehicle: car, Odometer: km, Full: true})
			var p *wire.Problem
			if err != nil && (!errors.As(err, &p) || p.Type != wire.ProblemTripRefused) {
				t.Errorf("noting: %v", err)
			}
		})
		all.Go(func() {
			if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), s.Sale, cash(s.Amount, s.Amount)); err != nil {
				t.Errorf("paying: %v", err)
			}
		})
	}
	all.Wait()
	page := h.records(who, flow.OrderQuery{})
	last := int64(1 << 62)
	for _, o := range page.Orders { // newest first
		if o.State != wire.SalePaid || o.Tender != wire.TenderCash {
			t.Errorf("%+v", o)
		}
		if o.Trip != nil && o.Trip.Odometer > last {
			t.Errorf("%d km come before %d km", o.Trip.Odometer, last)
		}
		if o.Trip != nil {
			last = o.Trip.Odometer
		}
	}
	if last == 1<<62 {
		t.Error("nothing was noted")
	}
	m := mirror.NewDriver()
	frames := []wire.Frame{{K: wire.KindSnap, Ch: pos.Ch, Ep: pos.Ep, Seq: pos.Seq, D: wire.Body(snap)}}
	for _, f := range h.events {
		if f.Ch == pos.Ch && f.Seq > pos.Seq {
			f.Ep = pos.Ep
			frames = append(frames, f)
		}
	}
	for _, f := range frames {
		if _, err := m.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "what the events come to", m.Orders(), page.Orders)
}
