package flow_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// talk is a conversation of a member that an agent has in hand, closed or not.
func (h *house) talk(who member.Actor, with staff.Actor, closed bool) id.Thread {
	h.t.Helper()
	t := chat.NewThread(id.New[id.Thread](h.ids), h.station, "示范加油站", who.Member, h.now())
	if _, err := t.Take(chat.Agent{Staff: with.Staff, Number: with.Number}, h.now()); err != nil {
		h.t.Fatal(err)
	}
	if closed {
		t.Close(h.now())
	}
	if err := chat.NewStore(h.keys).Insert(h.t.Context(), h.db, t); err != nil {
		h.t.Fatal(err)
	}
	return t.ID
}

// logged is the log of one action, newest first.
func (h *house) logged(action string) []audit.Entry {
	h.t.Helper()
	found, err := audit.Find(h.t.Context(), h.db, audit.Query{Action: action})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// bought is a member with a vehicle and one paid sale.
func (h *house) bought() (member.Actor, wire.SaleEnded) {
	h.t.Helper()
	who := h.driver("13800000001")
	if _, err := h.members.Rename(h.t.Context(), who, wire.ProfileRequest{Name: "王小明"}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.members.AddVehicle(h.t.Context(), who, wire.VehicleRequest{Plate: "云A12345", Model: "大众朗逸"}); err != nil {
		h.t.Fatal(err)
	}
	h.claim(who, 3)
	s := h.sale(3, 26_670)
	h.take(s)
	if _, err := h.flow.Pay(h.t.Context(), h.cashier(), h.key(), s.Sale, cash(s.Amount, 30_000)); err != nil {
		h.t.Fatal(err)
	}
	return who, s
}

func TestS057AnAgentSeesTheMemberMaskedAndTheLookIsOnRecord(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	h.claim(who, 5)
	h.take(h.sale(5, 10_000)) // not paid
	h.take(h.sale(5, 10_000)) // not theirs
	agent := h.actor(wire.RoleAgent)
	thread := h.talk(who, agent, false)
	card, err := h.flow.MemberCard(t.Context(), agent, thread)
	if err != nil {
		t.Fatal(err)
	}
	if card.Member.ID != who.Member || card.Member.Number != who.Number || card.Member.Name != "王**" || card.Phone != "138****0001" {
		t.Errorf("member %+v, phone %s", card.Member, card.Phone)
	}
	if len(card.Vehicles) != 1 || card.Vehicles[0].Plate != member.MaskPlate("云A12345") || card.Vehicles[0].Model != "大众朗逸" {
		t.Errorf("vehicles %+v", card.Vehicles)
	}
	if card.Fuellings != 2 || card.Spent != s.Amount || len(card.Orders) != 2 || card.Orders[1].Sale != s.Sale || card.Orders[1].Paid != s.Amount {
		t.Errorf("%d fuellings for %s: %+v", card.Fuellings, card.Spent, card.Orders)
	}
	text, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"13800000001", "12345", "小明"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the agent is told %s: %s", secret, text)
		}
	}
	got := h.logged("member.look")
	want := audit.Row{
		At: h.now(), Station: h.station, Staff: agent.Staff, Action: "member.look",
		Object: "member", ObjectID: who.Member.String(), Result: audit.OK, Note: "thread " + thread.String(),
	}
	if len(got) != 1 || got[0].Row != want {
		t.Errorf("the log says %+v, want %+v", got, want)
	}
}

func TestS057AFeeListsHowItIsMadeUpAndTheLookIsOnRecord(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	agent := h.actor(wire.RoleAgent)
	fee, err := h.flow.Fee(t.Context(), agent, h.talk(who, agent, false), s.Sale)
	if err != nil {
		t.Fatal(err)
	}
	want := []wire.FeeLine{
		{Kind: wire.FeeGross, Amount: s.Amount, Note: "26.67 L x 7.50"},
		{Kind: wire.FeeDiscount},
		{Kind: wire.FeeCampaign},
		{Kind: wire.FeeCoupon},
		{Kind: wire.FeePoints},
		{Kind: wire.FeeDue, Amount: s.Amount},
		{Kind: wire.FeePaid, Amount: s.Amount, Note: "cash"},
	}
	if !slices.Equal(fee.Lines, want) {
		t.Errorf("lines %+v", fee.Lines)
	}
	if fee.Before != s.Before || fee.After != s.After || fee.Order.Sale != s.Sale || fee.Order.Paid != s.Amount {
		t.Errorf("fee %+v", fee)
	}
	got := h.logged("fee.look")
	if len(got) != 1 || got[0].Object != "sale" || got[0].ObjectID != s.Sale.String() || got[0].Staff != agent.Staff || got[0].Result != audit.OK {
		t.Errorf("the log says %+v", got)
	}
}

// A sale that was accepted at the price of its set, not the one on display,
// says so.
func TestAFeeNamesThePriceThatWasCharged(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	h.claim(who, 3)
	s := h.figures(3, 0, 20_000, 20_000, 700)
	h.take(s)
	_, err := h.flow.Resolve(t.Context(), h.head(), h.key(), s.Sale, wire.ResolveRequest{
		Act: wire.ResolveAccept, Volume: 20_000, Amount: 15_000, Note: "the set says 7.50",
	})
	if err != nil {
		t.Fatal(err)
	}
	fee, err := h.flow.Fee(t.Context(), h.head(), h.talk(who, h.actor(wire.RoleAgent), false), s.Sale)
	if err != nil || fee.Lines[0].Note != "20.00 L x 7.50" || fee.Lines[0].Amount != 15_000 {
		t.Errorf("fee %+v, %v", fee.Lines, err)
	}
}

func TestS057WhoMayLookAtAMember(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	h.claim(h.stranger(), 5)
	another := h.sale(5, 10_000)
	h.take(another)
	agent := h.actor(wire.RoleAgent)
	colleague := agent
	colleague.Staff, colleague.Number = id.New[id.Staff](h.ids), "4002"
	abroad := h.head()
	abroad.Station = id.New[id.Station](h.ids)
	closed, thread := h.talk(who, agent, true), h.talk(who, agent, false)
	none := id.New[id.Thread](h.ids)
	for name, test := range map[string]struct {
		actor  staff.Actor
		thread id.Thread
		want   wire.ProblemType
		object string
	}{
		"who has it":             {agent, thread, "", "member"},
		"who had it last":        {agent, closed, "", "member"},
		"the head":               {h.head(), thread, "", "member"},
		"another agent":          {colleague, thread, wire.ProblemNotYourThread, "member"},
		"another agent, closed":  {colleague, closed, wire.ProblemNotYourThread, "member"},
		"a cashier":              {h.cashier(), thread, wire.ProblemForbidden, "member"},
		"an attendant":           {h.actor(wire.RoleAttendant), thread, wire.ProblemForbidden, "member"},
		"another station's head": {abroad, thread, wire.ProblemNotFound, "thread"},
		"of no thread":           {agent, none, wire.ProblemNotFound, "thread"},
	} {
		t.Run(name, func(t *testing.T) {
			_, cardErr := h.flow.MemberCard(t.Context(), test.actor, test.thread)
			_, feeErr := h.flow.Fee(t.Context(), test.actor, test.thread, s.Sale)
			result := audit.OK
			if test.want == "" {
				if cardErr != nil || feeErr != nil {
					t.Fatalf("refused: %v, %v", cardErr, feeErr)
				}
			} else {
				result = string(test.want)
				wantProblem(t, cardErr, test.want)
				wantProblem(t, feeErr, test.want)
			}
			looks, fees := h.logged("member.look"), h.logged("fee.look")
			find := func(list []audit.Entry, object string) bool {
				return slices.ContainsFunc(list, func(e audit.Entry) bool {
					return e.Staff == test.actor.Staff && e.Station == test.actor.Station && e.Result == result &&
						e.Object == object && e.Note == "thread "+test.thread.String()
				})
			}
			if !find(looks, test.object) || !find(fees, "sale") {
				t.Errorf("not on record: %+v, %+v", looks, fees)
			}
		})
	}
	for name, sale := range map[string]id.Sale{"another member's sale": another.Sale, "no sale": id.New[id.Sale](h.ids)} {
		t.Run(name, func(t *testing.T) {
			_, err := h.flow.Fee(t.Context(), agent, thread, sale)
			wantProblem(t, err, wire.ProblemNotFound)
		})
	}
	_, err := h.flow.MemberCard(t.Context(), agent, id.Thread{})
	wantProblem(t, err, wire.ProblemBadRequest)
	_, err = h.flow.Fee(t.Context(), agent, thread, id.Sale{})
	wantProblem(t, err, wire.ProblemBadRequest)
}

// A look that cannot be written down does not happen.
func TestNobodyLooksOffTheRecord(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	agent := h.actor(wire.RoleAgent)
	thread := h.talk(who, agent, false)
	h.clock = time.Time{} // the log refuses a row without its time
	card, err := h.flow.MemberCard(t.Context(), agent, thread)
	if err == nil || !strings.Contains(err.Error(), "audit") {
		t.Errorf("a look without a record: %+v, %v", card, err)
	}
	fee, err := h.flow.Fee(t.Context(), agent, thread, s.Sale)
	if err == nil || !strings.Contains(err.Error(), "audit") {
		t.Errorf("a look at a fee without a record: %+v, %v", fee, err)
	}
}

func TestOrders(t *testing.T) {
	h := newHouse(t)
	who, first := h.bought()
	var sales []id.Sale
	sales = append(sales, first.Sale)
	for range 4 {
		h.claim(who, 5)
		s := h.sale(5, 10_000)
		h.take(s, h.sale(7, 1_000))
		sales = append(sales, s.Sale)
	}
	slices.Reverse(sales)
	var got []id.Sale
	var before id.Sale
	for range 3 {
		page, err := h.flow.Orders(t.Context(), who, flow.OrderQuery{Before: before, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Orders {
			got = append(got, o.Sale)
		}
		before = page.Next
	}
	if !slices.Equal(got, sales) || !before.IsZero() {
		t.Errorf("paged %v to %v, want %v", got, before, sales)
	}
	page, err := h.flow.Orders(t.Context(), h.stranger(), flow.OrderQuery{})
	if err != nil || len(page.Orders) != 0 {
		t.Errorf("a stranger has %+v, %v", page, err)
	}
}

// A driver's snapshot is exact at its position: what was told up to there is
// in it, and nothing after.
func TestDriverSnapshot(t *testing.T) {
	h := newHouse(t)
	who, s := h.bought()
	thread := h.talk(who, h.actor(wire.RoleAgent), false)
	fuelling := wire.Fuelling{Station: h.station, Nozzle: 3, State: wire.NozzleFuelling, Volume: unit.Millilitre(5)}
	h.flow.OnFuelling(func(_ context.Context, m id.Member) *wire.Fuelling {
		if m != who.Member {
			t.Errorf("asked for %s", m)
		}
		return &fuelling
	})
	snap, at, err := h.flow.DriverSnapshot(t.Context(), who.Member)
	if err != nil {
		t.Fatal(err)
	}
	told := h.orders(who)
	if at.Ch != wire.DriverOf(who.Member) || at.Ep.IsZero() || at.Seq != uint64(len(told)) {
		t.Errorf("at %+v after %d events", at, len(told))
	}
	if snap.Member.ID != who.Member || snap.Member.Name != "王小明" || snap.Member.Phone != "138****0001" || len(snap.Member.Vehicles) != 1 {
		t.Errorf("member %+v", snap.Member)
	}
	if len(snap.Orders) != 1 || snap.Orders[0] != told[len(told)-1] || snap.Orders[0].Sale != s.Sale {
		t.Errorf("orders %+v, told %+v", snap.Orders, told)
	}
	if len(snap.Threads) != 1 || snap.Threads[0].ID != thread || *snap.Fuelling != fuelling {
		t.Errorf("threads %+v, fuelling %+v", snap.Threads, snap.Fuelling)
	}
	_, _, err = h.flow.DriverSnapshot(t.Context(), h.stranger().Member)
	wantProblem(t, err, wire.ProblemNotFound)
}
