package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// records reads a page of a member's orders and fails the test if it cannot.
func (h *house) records(who member.Actor, ask flow.OrderQuery) wire.OrderList {
	h.t.Helper()
	return must[wire.OrderList](h.t)(h.flow.Orders(h.t.Context(), who, ask))
}

// listed is the sales of a page, in its order.
func listed(page wire.OrderList) []id.Sale {
	var list []id.Sale
	for _, o := range page.Orders {
		list = append(list, o.Sale)
	}
	return list
}

// TestS027ARecordHasAllSevenFieldsOfTheDispenser: time, station name, grade,
// amount, volume, unit price and payment, as the dispenser told them, in the
// list, in the event and in the snapshot.
func TestS027ARecordHasAllSevenFieldsOfTheDispenser(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	h.claim(who, 4)
	told := h.sale(4, 25_480)
	h.later(3 * time.Minute)
	told.EndedAt = h.now()
	h.take(begin(told))
	h.take(told)
	h.later(time.Minute)
	h.settle(told)
	page := h.records(who, flow.OrderQuery{})
	if len(page.Orders) != 1 {
		t.Fatalf("%d records", len(page.Orders))
	}
	r := page.Orders[0]
	if !r.StartedAt.Equal(told.StartedAt) || !r.EndedAt.Equal(told.EndedAt) || r.StationName != "示范加油站" || r.Grade != "95#" ||
		r.Amount != told.Amount || r.Volume != told.Volume || r.Price != told.Price || r.Tender != wire.TenderCash {
		t.Errorf("the record is %+v, the dispenser said %+v", r, told)
	}
	if r.Sale != told.Sale || r.Nozzle != 4 || r.State != wire.SalePaid || r.Paid != told.Amount || r.Due != 0 || !r.PaidAt.Equal(h.now()) || r.Trip != nil {
		t.Errorf("the record is %+v", r)
	}
	events := h.orders(who)
	same(t, "the event", events[len(events)-1], r)
	snap, _, err := h.flow.DriverSnapshot(t.Context(), who.Member)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the snapshot", snap.Orders, page.Orders)
	if before := events[len(events)-2]; before.State != wire.SaleUnpaid || before.Tender != "" {
		t.Errorf("before it was paid: %+v", before)
	}
}

// TestS028RecordsAreFilteredByTime: of records 20, 70 and 100 days old the last
// month has one and the last three months have two.
func TestS028RecordsAreFilteredByTime(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	var sales []id.Sale // newest first
	for _, later := range []time.Duration{0, 30, 50} {
		h.later(later * 24 * time.Hour)
		s := h.refuel(who, 3, 20_000)
		h.settle(s)
		sales = slices.Insert(sales, 0, s.Sale)
	}
	h.refuel(h.driver("13800000002"), 5, 20_000) // somebody else's
	h.later(20 * 24 * time.Hour)
	now := h.now()
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for name, test := range map[string]struct {
		from, until time.Time
		want        []id.Sale
	}{
		"one month":                   {from: now.AddDate(0, -1, 0), want: sales[:1]},
		"three months":                {from: now.AddDate(0, -3, 0), want: sales[:2]},
		"all":                         {want: sales},
		"a range of one's own":        {from: day(71), until: day(69), want: sales[1:2]},
		"until alone":                 {until: day(60), want: sales[1:]},
		"from its very end":           {from: day(20), want: sales[:1]},
		"from a moment after it":      {from: day(20).Add(time.Millisecond), want: nil},
		"until its very end":          {from: day(100), until: day(70), want: sales[2:]},
		"until a moment after it":     {from: day(100), until: day(70).Add(time.Millisecond), want: sales[1:]},
		"in another zone":             {from: day(20).In(time.FixedZone("", -11*3600)), want: sales[:1]},
		"nothing":                     {from: day(60), until: day(30), want: nil},
		"from a phone's beginning":    {from: time.Unix(0, 0), want: sales},
		"until the end of all phones": {until: time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC), want: sales},
	} {
		t.Run(name, func(t *testing.T) {
			page := h.records(who, flow.OrderQuery{From: test.from, Until: test.until})
			if got := listed(page); !slices.Equal(got, test.want) || page.Orders == nil {
				t.Errorf("found %v, want %v", got, test.want)
			}
		})
	}
	for name, ask := range map[string]flow.OrderQuery{
		"backwards":   {From: day(1), Until: day(2)},
		"empty":       {From: day(1), Until: day(1)},
		"before time": {From: time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		"after time":  {Until: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -12*3600))},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.flow.Orders(t.Context(), who, ask)
			wantProblem(t, err, wire.ProblemBadRequest)
			_, err = h.flow.Consumption(t.Context(), who, flow.ConsumptionQuery{From: ask.From, Until: ask.Until})
			wantProblem(t, err, wire.ProblemBadRequest)
		})
	}
}

// A page within a range goes on within it, and a delivery that runs is found by
// when it began.
func TestRecordsOfATimeArePaged(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	h.refuel(who, 3, 10_000)
	h.later(time.Hour)
	from := h.now()
	var want []id.Sale
	for range 4 {
		want = slices.Insert(want, 0, h.refuel(who, 3, 10_000).Sale)
		h.later(time.Minute)
	}
	h.claim(who, 5)
	runs := h.sale(5, 10_000)
	h.take(begin(runs))
	want = slices.Insert(want, 0, runs.Sale)
	h.later(time.Hour)
	until := h.now()
	h.refuel(who, 7, 10_000)
	ask := flow.OrderQuery{From: from, Until: until, Limit: 2}
	var got []id.Sale
	for range 3 {
		page := h.records(who, ask)
		got = append(got, listed(page)...)
		ask.Before = page.Next
	}
	if !slices.Equal(got, want) || !ask.Before.IsZero() {
		t.Errorf("paged %v to %v, want %v", got, ask.Before, want)
	}
}

// TestAMembersRecordsAreReadFromTheirIndex: whatever is asked, no more than the
// member's own entries are walked, and nothing is sorted.
func TestAMembersRecordsAreReadFromTheirIndex(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	other := h.driver("13800000002")
	for range 200 {
		h.refuel(other, 5, 1_000)
	}
	for name, ask := range map[string]sale.MemberQuery{
		"all":     {},
		"a page":  {Before: s.Sale},
		"a time":  {From: start, Until: start.Add(time.Hour)},
		"both":    {Before: s.Sale, From: start, Until: start.Add(time.Hour)},
		"a month": {From: start},
	} {
		ask.Member, ask.Limit = who.Member, 51
		query, args := ask.Page()
		var plan []struct {
			Type  string  `db:"type"`
			Key   *string `db:"key"`
			Rows  int     `db:"rows"`
			Extra string  `db:"Extra"`
		}
		if err := h.db.Unsafe().SelectContext(t.Context(), &plan, "EXPLAIN "+query, args...); err != nil {
			t.Fatal(err)
		}
		if len(plan) != 1 || plan[0].Key == nil || *plan[0].Key != "sale_member" || strings.Contains(plan[0].Extra, "filesort") || plan[0].Rows > 2 {
			t.Errorf("%s is answered by %s", name, fmt.Sprintf("%+v", plan))
		}
	}
}

// What a member was told lately, newest first, and nobody else's.
func TestNoticesAreListed(t *testing.T) {
	o := newOffice(t)
	if list := must[wire.NoticeList](t)(o.flow.MyNotices(t.Context(), o.wang)); list.Notices == nil || len(list.Notices) != 0 {
		t.Errorf("nothing was told: %+v", list)
	}
	o.come(o.anna)
	th := o.open(o.wang)
	must[wire.Thread](t)(o.flow.Take(t.Context(), o.anna, o.key(), th.ID))
	o.say(asStaff(o.anna), th.ID, "您好")
	o.later(time.Minute)
	must[wire.Thread](t)(o.flow.CloseThread(t.Context(), asStaff(o.anna), o.key(), th.ID))
	list := must[wire.NoticeList](t)(o.flow.MyNotices(t.Context(), o.wang))
	if len(list.Notices) != 2 || list.Notices[0].Kind != wire.NoticeChatClosed || list.Notices[1].Kind != wire.NoticeChatMessage ||
		list.Notices[0].Thread != th.ID || !list.Notices[0].At.Equal(o.now()) || list.Notices[1].Text == "" {
		t.Errorf("told was %+v", list)
	}
	o.later(time.Minute)
	if other := must[wire.NoticeList](t)(o.flow.MyNotices(t.Context(), o.driver("13800000002"))); len(other.Notices) != 0 {
		t.Errorf("another is told %+v", other)
	}
}
