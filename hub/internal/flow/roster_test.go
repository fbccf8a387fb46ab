package flow_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// attendant enters an attendant at the house's station.
func (h *house) attendant(number string) staff.Actor {
	h.t.Helper()
	who := staff.Actor{Number: number, Role: wire.RoleAttendant, Station: h.station}
	err := h.db.InTx(h.t.Context(), "entering an attendant", func(ctx context.Context, tx *mysql.Tx) (err error) {
		who.Staff, err = h.flow.Staff.Add(ctx, tx, staff.NewPerson{
			Station: h.station, Number: number, Name: "李建国", Role: wire.RoleAttendant, Password: "on-the-island",
		})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return who
}

func (h *house) assign(who staff.Actor, nozzles ...int) {
	h.t.Helper()
	if _, err := h.flow.AssignNozzles(h.t.Context(), h.head(), h.key(), who.Staff, wire.PostRequest{Nozzles: nozzles, Hours: 8}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refuels(who staff.Actor, nozzle int) []int {
	h.t.Helper()
	page, err := h.flow.PostRefuels(h.t.Context(), who, nozzle, id.Sale{}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var at []int
	for _, r := range page.Refuels {
		at = append(at, r.Nozzle)
	}
	slices.Sort(at)
	return at
}

// An attendant who is responsible for nozzles 3 and 4 sees the deliveries
// there and is refused those of nozzle 5; a post ends at its time; and neither
// the list nor the snapshot says how anything was paid.
func TestS079AnAttendantSeesTheDeliveriesOfOwnNozzles(t *testing.T) {
	h := newHouse(t)
	li := h.attendant("3101")
	for _, nozzle := range []int{3, 4, 4, 5} {
		e := h.sale(nozzle, 10_000)
		h.take(e)
		if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(e.Amount, e.Amount)); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.refuels(li, 0); got != nil {
		t.Errorf("without a post: %v", got)
	}
	h.assign(li, 4, 3, 4)
	if got := h.refuels(li, 0); !slices.Equal(got, []int{3, 4, 4}) {
		t.Errorf("of 3 and 4: %v", got)
	}
	if got := h.refuels(li, 3); !slices.Equal(got, []int{3}) {
		t.Errorf("of 3: %v", got)
	}
	_, err := h.flow.PostRefuels(t.Context(), li, 5, id.Sale{}, 0)
	wantProblem(t, err, wire.ProblemNotYourNozzle)

	snap, pos, err := h.flow.PostSnapshot(t.Context(), li.Staff)
	if err != nil {
		t.Fatal(err)
	}
	if pos.Ch != wire.PostOf(li.Staff) || len(snap.Refuels) != 3 || !slices.Equal(snap.Post.Nozzles, []int{3, 4}) {
		t.Errorf("at %v: %+v", pos, snap)
	}
	desk, at, err := h.flow.DeskSnapshot(t.Context(), h.station)
	if err != nil || at.Ep != pos.Ep || at.Seq != pos.Seq {
		t.Errorf("the post stands at %v, its desk at %v (%v)", pos, at, err)
	}
	if len(desk.Roster.Posts) != 1 || !slices.Equal(desk.Roster.Posts[0].Nozzles, []int{3, 4}) {
		t.Errorf("the roster is %+v", desk.Roster)
	}
	text, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"payment", "tender", "paid_fen", `"by":"2`, "before_ml"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the snapshot says %q: %s", secret, text)
		}
	}

	h.later(9 * time.Hour)
	if got := h.refuels(li, 0); got != nil {
		t.Errorf("after the shift: %v", got)
	}
}

func TestAPostIsRefusedToWhoIsNoAttendantAndAtWhatIsNoNozzle(t *testing.T) {
	h := newHouse(t)
	li := h.attendant("3101")
	for name, c := range map[string]struct {
		who  staff.Actor
		to   id.Staff
		req  wire.PostRequest
		want wire.ProblemType
	}{
		"by a cashier":    {h.cashier(), li.Staff, wire.PostRequest{Nozzles: []int{3}, Hours: 8}, wire.ProblemForbidden},
		"of nobody":       {h.head(), id.New[id.Staff](h.ids), wire.PostRequest{Nozzles: []int{3}, Hours: 8}, wire.ProblemNotFound},
		"at no nozzle":    {h.head(), li.Staff, wire.PostRequest{Nozzles: []int{3, 999}, Hours: 8}, wire.ProblemNotFound},
		"for two days":    {h.head(), li.Staff, wire.PostRequest{Nozzles: []int{3}, Hours: 48}, wire.ProblemBadRequest},
		"for no time":     {h.head(), li.Staff, wire.PostRequest{Nozzles: []int{3}}, wire.ProblemBadRequest},
		"of a zero staff": {h.head(), id.Staff{}, wire.PostRequest{Nozzles: []int{3}, Hours: 1}, wire.ProblemBadRequest},
	} {
		_, err := h.flow.AssignNozzles(t.Context(), c.who, h.key(), c.to, c.req)
		if err == nil {
			t.Errorf("%s: assigned", name)
			continue
		}
		wantProblem(t, err, c.want)
	}
	h.assign(li, 3)
	h.assign(li)
	if p, err := h.flow.Post(t.Context(), li); err != nil || len(p.Nozzles) != 0 {
		t.Errorf("an ended post is %+v, %v", p, err)
	}
}
